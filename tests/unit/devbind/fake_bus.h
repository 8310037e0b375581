/* SPDX-License-Identifier: BSD-3-Clause */
/* A PCI bus in a folder, with a kernel that does what is written into its files, and keeps a journal of it. */
#ifndef PLX_TESTS_UNIT_DEVBIND_FAKE_BUS_H
#define PLX_TESTS_UNIT_DEVBIND_FAKE_BUS_H

#include "fake_files.h"

#include "card.h"

#define NIC	"0000:00:08.0"
#define DEVICES "/sys/bus/pci/devices"
#define DRIVERS "/sys/bus/pci/drivers"

/* What the kernel was told, "unbind 0000:00:08.0; override vfio-pci; ", and how it behaves. */
static char bus_journal[1024];
static char bus_override[64];
static const char *bus_choice;	/* what the kernel itself gives a device to; NULL: nothing */
static const char *bus_refuses; /* a driver that takes no device; NULL: none */
static bool bus_stubborn;	/* a driver does not let go */

static inline void
bus_note(const char *what, const char *text)
{
	size_t len = strlen(bus_journal);
	char line[64] = "";

	strncat(line, text, sizeof(line) - 1);
	line[strcspn(line, "\n")] = '\0';
	snprintf(bus_journal + len, sizeof(bus_journal) - len, "%s %s; ", what, line);
}

static inline void
bus_hold(const char *address, const char *driver)
{
	char name[256], target[256], path[512];

	snprintf(name, sizeof(name), DEVICES "/%s/driver", address);
	snprintf(path, sizeof(path), "%s%s", fake_root, name);
	unlink(path);
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	if (driver[0] != '\0')
		fake_symlink(name, target);
}

static inline void
bus_give(const char *address, const char *driver)
{
	bool meant = bus_override[0] == '\0' || strcmp(bus_override, driver) == 0;

	if (meant && (bus_refuses == NULL || strcmp(bus_refuses, driver) != 0))
		bus_hold(address, driver);
}

/* machine.wrote */
static inline void
bus_wrote(const struct machine *m, const char *path, const char *text)
{
	const char *last = strrchr(path, '/') + 1;
	char driver[64];

	bus_note(last, text);
	if (strcmp(last, "driver_override") == 0) {
		bus_override[0] = '\0';
		strncat(bus_override, text, sizeof(bus_override) - 1);
		bus_override[strcspn(bus_override, "\n")] = '\0';
	} else if (strcmp(last, "unbind") == 0 && !bus_stubborn) {
		bus_hold(text, "");
	} else if (strcmp(last, "bind") == 0) {
		assert_int_equal(sscanf(path, DRIVERS "/%63[^/]/bind", driver), 1);
		bus_give(text, driver);
	} else if (strcmp(last, "drivers_probe") == 0) {
		if (bus_override[0] != '\0')
			bus_give(text, bus_override);
		else if (bus_choice != NULL)
			bus_give(text, bus_choice);
	}
}

static inline void
bus_attribute(const char *address, const char *attribute, const char *text)
{
	char name[256];

	snprintf(name, sizeof(name), DEVICES "/%s/%s", address, attribute);
	fake_file(name, text);
}

static inline void
bus_driver(const char *driver)
{
	char name[256];

	snprintf(name, sizeof(name), DRIVERS "/%s/bind", driver);
	fake_file(name, "");
	snprintf(name, sizeof(name), DRIVERS "/%s/unbind", driver);
	fake_file(name, "");
}

static inline void
bus_group(const char *address, const char *group)
{
	char name[256], target[256];

	snprintf(name, sizeof(name), DEVICES "/%s/iommu_group", address);
	snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%s", group);
	fake_symlink(name, target);
	snprintf(name, sizeof(name), "/sys/kernel/iommu_groups/%s/devices/%s", group, address);
	fake_symlink(name, "somewhere");
}

/* A network device in a group of its own number, that this driver holds ("": none). */
static inline void
bus_card(const char *address, const char *group, const char *driver)
{
	bus_attribute(address, "vendor", "0x1af4\n");
	bus_attribute(address, "device", "0x1000\n");
	bus_attribute(address, "class", "0x020000\n");
	bus_attribute(address, "irq", "11\n");
	bus_attribute(address, "driver_override", "(null)\n");
	if (group[0] != '\0')
		bus_group(address, group);
	bus_hold(address, driver);
}

static inline struct machine
bus_machine(void)
{
	return (struct machine){.root = fake_root, .wrote = bus_wrote};
}

static inline void
bus_is_held_by(const char *address, const char *driver)
{
	const struct machine m = bus_machine();
	char text[64];

	machine_target(&m, text, sizeof(text), DEVICES "/%s/driver", address);
	assert_string_equal(text, driver);
}

static inline int
bus_setup(void **state)
{
	bus_journal[0] = '\0';
	bus_override[0] = '\0';
	bus_choice = "virtio-pci";
	bus_refuses = NULL;
	bus_stubborn = false;
	if (fake_root_make() != 0)
		return -1;
	fake_file("/sys/bus/pci/drivers_probe", "");
	bus_driver("virtio-pci");
	bus_driver("vfio-pci");
	bus_driver("uio_pci_generic");
	return 0;
}

#endif
