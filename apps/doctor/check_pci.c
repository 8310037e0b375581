/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network cards on PCI: who drives them and what hangs on them. Looked at, never touched: this version has no driver for
 * PCI devices, so each is reached through its kernel interface.
 */
#include "check.h"

#include "route.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEVICES	      "/sys/bus/pci/devices"
#define CLASS_NETWORK 0x02

/* The names of its interfaces joined by blanks. */
static void
interfaces_of(const struct machine *m, const char *folder, char *text, size_t size)
{
	struct names names;
	size_t len = 0;

	text[0] = '\0';
	machine_list(m, &names, "%s/net", folder);
	for (unsigned i = 0; i < names.n && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i > 0 ? " " : "",
					names.name[i]);
	names_free(&names);
}

/* virtio network cards have their interface below the virtio device. */
static void
find_interfaces(const struct machine *m, const char *address, char *text, size_t size)
{
	struct names below;
	char folder[512];

	snprintf(folder, sizeof(folder), DEVICES "/%.64s", address);
	interfaces_of(m, folder, text, size);
	if (text[0] != '\0')
		return;
	machine_list(m, &below, "%s", folder);
	for (unsigned i = 0; i < below.n && text[0] == '\0'; i++) {
		if (strncmp(below.name[i], "virtio", 6) != 0)
			continue;
		snprintf(folder, sizeof(folder), DEVICES "/%.64s/%.64s", address, below.name[i]);
		interfaces_of(m, folder, text, size);
	}
	names_free(&below);
}

static void
tell_card(const struct exam *exam, const char *address, struct report *report)
{
	const struct machine *m = &exam->machine;
	char driver[64], interfaces[128];
	uint64_t vendor = 0, device = 0;

	machine_number(m, &vendor, DEVICES "/%s/vendor", address);
	machine_number(m, &device, DEVICES "/%s/device", address);
	machine_target(m, driver, sizeof(driver), DEVICES "/%s/driver", address);
	find_interfaces(m, address, interfaces, sizeof(interfaces));
	if (interfaces[0] == '\0') {
		report_add(
			report, exam_lack(exam, FOR_PCI),
			"%s (%04llx:%04llx) is bound to %s and has no interface: this version of "
			"Pollux has no driver for PCI devices",
			address, (unsigned long long)vendor, (unsigned long long)device,
			driver[0] != '\0' ? driver : "no driver");
		report_mend(report,
			    "give it back to its kernel driver, then --vdev net_af_xdp0,iface=...: "
			    "echo %s | sudo tee /sys/bus/pci/drivers_probe",
			    address);
		return;
	}
	report_add(
		report, exam_lack(exam, FOR_PCI),
		"%s (%04llx:%04llx) is %s, by the kernel's %s%s: this version of Pollux takes it through "
		"the kernel only",
		address, (unsigned long long)vendor, (unsigned long long)device, interfaces,
		driver[0] != '\0' ? driver : "own driver",
		route_uses(m, interfaces) ? ", and carries a route: do not unbind it" : "");
	report_mend(report, "--vdev net_af_packet0,iface=%.*s (copies), or net_af_xdp0 (takes)",
		    (int)strcspn(interfaces, " "), interfaces);
}

void
check_pci(const struct exam *exam, struct report *report)
{
	struct names devices;
	unsigned n = 0;

	machine_list(&exam->machine, &devices, DEVICES);
	for (unsigned i = 0; i < devices.n; i++) {
		uint64_t class;

		if (!machine_number(&exam->machine, &class, DEVICES "/%s/class", devices.name[i]) ||
		    class >> 16 != CLASS_NETWORK)
			continue;
		tell_card(exam, devices.name[i], report);
		n++;
	}
	if (n == 0)
		report_add(report, LEVEL_OK, "no network card on PCI");
	report_fact(report, "cards", json_count(n));
	names_free(&devices);
}

void
check_iommu(const struct exam *exam, struct report *report)
{
	struct names groups;
	char unsafe[16];

	machine_list(&exam->machine, &groups, "/sys/kernel/iommu_groups");
	report_fact(report, "groups", json_count(groups.n));
	if (groups.n != 0) {
		report_add(report, LEVEL_OK, "on, %u groups", groups.n);
	} else if (machine_read(&exam->machine, unsafe, sizeof(unsafe),
				"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode") == 0 &&
		   (unsafe[0] == 'Y' || unsafe[0] == '1')) {
		report_add(report, LEVEL_NOTE,
			   "none; VFIO runs without (a device may write anywhere)");
	} else {
		report_add(report, LEVEL_NOTE,
			   "none, or switched off: devices cannot be lent to a program safely");
		report_mend(
			report,
			"intel_iommu=on or amd_iommu=on on the kernel's command line, and in the "
			"firmware; or, unsafe: modprobe vfio enable_unsafe_noiommu_mode=1");
	}
	names_free(&groups);
}

static void
tell_group(const struct exam *exam, const char *name, struct report *report)
{
	char path[128];

	snprintf(path, sizeof(path), "/dev/vfio/%.64s", name);
	if (machine_may_use(&exam->machine, path) == 0) {
		report_add(report, LEVEL_OK, "%s may be opened", path);
		return;
	}
	report_add(report, LEVEL_NOTE, "%s may not be opened by you", path);
	report_mend(report, "sudo chown $USER %s", path);
}

void
check_vfio(const struct exam *exam, struct report *report)
{
	struct names groups;

	if (!machine_has(&exam->machine, "/dev/vfio/vfio")) {
		report_add(report, LEVEL_NOTE,
			   "not loaded; nothing of this version of Pollux needs it");
		report_mend(report, "sudo modprobe vfio-pci");
		report_fact(report, "loaded", json_false());
		return;
	}
	report_fact(report, "loaded", json_true());
	machine_list(&exam->machine, &groups, "/dev/vfio");
	for (unsigned i = 0; i < groups.n; i++)
		tell_group(exam, groups.name[i], report);
	names_free(&groups);
}
