/* SPDX-License-Identifier: BSD-3-Clause */
/* A card held by uio_pci_generic, in files: /dev/uio3 is a pipe, interrupts are what the test writes into it. */
#include "eal_fixture.h"
#include "event_marks.h"
#include "fds.h"
#include "patience.h"
#include "sysfs_tree.h"

#include "iova_priv.h"
#include "pci/pci_priv.h"
#include "pci/uio_priv.h"
#include "plx_byteorder.h"
#include "plx_dma_driver.h"
#include "plx_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#define CARD	     "0000:00:08.0"
#define COMMAND	     0x04
#define INTX_DISABLE 0x0400
#define PIN	     0x3d
#define BAR_OFF	     0x100 /* of a small BAR in its page */

static struct plx_why why;
static bool have_pa;
static unsigned fds_before;
static plx_event_id events_before;

static void
file_of_bytes(const char *name, const uint8_t *bytes, size_t len)
{
	char path[PATH_MAX];
	int fd;

	sysfs_path(path, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* BAR 0: 32 ports; BAR 1: a page; BAR 2: 256 bytes in the middle of a page. */
static int
setup(void **state)
{
	uint8_t config[256] = {0xf4, 0x1a, 0x00, 0x10}, zeroes[8192] = {0};
	char path[PATH_MAX];

	fds_before = open_fds();
	if (sysfs_setup(state) != 0)
		return -1;
	config[0x10] = 1;
	config[PIN] = 1;
	sysfs_attribute(CARD, "vendor", "0x1af4");
	sysfs_bind(CARD, "uio_pci_generic");
	sysfs_attribute(CARD, "resource",
			"0x000000000000c000 0x000000000000c01f 0x0000000000040101\n"
			"0x00000000febd1000 0x00000000febd1fff 0x0000000000040200\n"
			"0x00000000febd2100 0x00000000febd21ff 0x0000000000040200\n"
			"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
			"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
			"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
			"0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
	file_of_bytes(SYSFS_DEVICES "/" CARD "/config", config, sizeof(config));
	file_of_bytes(SYSFS_DEVICES "/" CARD "/resource0", zeroes, 32);
	file_of_bytes(SYSFS_DEVICES "/" CARD "/resource1", zeroes, 4096);
	file_of_bytes(SYSFS_DEVICES "/" CARD "/resource2", zeroes, 4096);
	sysfs_attribute(CARD, "uio/uio3/name", "uio_pci_generic\n");
	sysfs_path(path, "/dev/uio3");
	if (mkfifo(path, 0600) != 0)
		return -1;
	if (eal_fixture_init("0@0") != 0)
		return -1;
	events_before = event_mark();
	return 0;
}

static int
teardown(void **state)
{
	const unsigned events = events_left(events_before);

	if (plx_eal_cleanup() != 0 || sysfs_teardown(state) != 0)
		return -1;
	return events == 0 && open_fds() == fds_before && mappings_of("/resource") == 0 ? 0 : -1;
}

/* Physical addresses need rights that a test may not have: then what is refused is all that can be seen. */
static int
find_out_rights(void **state)
{
	have_pa = plx_iova_set_mode(PLX_IOVA_PA, &why) == 0;
	if (!have_pa)
		print_message("no rights to read physical addresses: %s\n", why.text);
	return plx_iova_set_mode(PLX_IOVA_VA, NULL);
}

static bool
opened(struct plx_pci *pci)
{
	int ret;

	*pci = (struct plx_pci){.transport = &plx_pci_uio};
	ret = plx_pci_uio.open(pci, CARD, &why);
	if (!have_pa) {
		assert_true(ret == -EPERM || ret == -EACCES);
		assert_non_null(strstr(why.text, "physical addresses"));
		return false;
	}
	if (ret != 0)
		fail_msg("%s", why.text);
	return true;
}

static uint16_t
command(void)
{
	char path[PATH_MAX];
	uint8_t bytes[2];
	int fd;

	sysfs_path(path, SYSFS_DEVICES "/" CARD "/config");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, bytes, 2, COMMAND), 2);
	close(fd);
	return plx_load_le16(bytes);
}

static uint32_t
stored(const char *resource, off_t off)
{
	char path[PATH_MAX], name[SYSFS_NAME_MAX];
	uint32_t value = 0;
	int fd;

	snprintf(name, sizeof(name), SYSFS_DEVICES "/" CARD "/%s", resource);
	sysfs_path(path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, &value, 4, off), 4);
	close(fd);
	return value;
}

static void
an_open_device_is_silent_answers_and_has_physical_addresses(void **state)
{
	struct plx_pci pci;

	if (!opened(&pci))
		return;
	assert_int_equal(plx_iova_mode(), PLX_IOVA_PA);
	assert_int_equal(pci.bar[0].size, 32);
	assert_true(pci.bar[0].io);
	assert_int_equal(pci.bar[1].size, 4096);
	assert_int_equal(pci.bar[2].size, 256);
	assert_int_equal(pci.bar[3].size, 0);
	assert_int_equal(pci.msix_vectors, 0);
	assert_true(pci.intx);
	assert_int_equal(command(), INTX_DISABLE | 0x0003);
	assert_int_equal(plx_pci_bus_master(&pci, true), 0);
	assert_int_equal(command(), INTX_DISABLE | 0x0007);
	assert_int_equal(plx_pci_reset(&pci), -ENOTSUP);
	/* Or a look without an interrupt would keep the control thread. */
	assert_int_equal(fcntl(((struct plx_uio_device *)pci.handle)->fd, F_GETFL) & O_NONBLOCK,
			 O_NONBLOCK);
	plx_pci_uio.close(&pci);
	assert_int_equal(command(), INTX_DISABLE | 0x0003);
}

static void
memory_is_mapped_and_ports_are_called_in_pieces(void **state)
{
	uint64_t wide = 0x1122334455667788;
	struct plx_pci_window w;
	struct plx_pci pci;

	if (!opened(&pci))
		return;
	assert_int_equal(plx_pci_window(&pci, 1, 16, 16, &w, &why), 0);
	assert_non_null(w.map);
	plx_pci_write32(&w, 4, 0xabad1dea);
	assert_int_equal(stored("resource1", 20), 0xabad1dea);
	/* The kernel maps from the start of the page that the BAR is in. */
	assert_int_equal(plx_pci_window(&pci, 2, 8, 8, &w, &why), 0);
	plx_pci_write32(&w, 0, 0x5eed);
	assert_int_equal(stored("resource2", BAR_OFF + 8), 0x5eed);
	assert_int_equal(plx_pci_window(&pci, 0, 0, 32, &w, &why), 0);
	assert_null(w.map);
	plx_pci_write64(&w, 24, wide);
	assert_true(plx_pci_read64(&w, 24) == wide);
	assert_int_equal(stored("resource0", 28), 0x11223344);
	plx_pci_write16(&w, 2, 7);
	assert_int_equal(plx_pci_read16(&w, 2), 7);
	assert_int_equal(plx_pci_uio.bar_read(&pci, 0, 28, &wide, 8), -EINVAL);
	assert_int_equal(plx_pci_uio.bar_read(&pci, 0, 33, &wide, 1), -EINVAL);
	assert_int_equal(plx_pci_uio.bar_write(&pci, 0, UINT64_MAX, &wide, 1), -EINVAL);
	assert_int_equal(plx_pci_uio.bar_write(&pci, 6, 0, &wide, 1), -EINVAL);
	assert_int_equal(plx_pci_window(&pci, 3, 0, 1, &w, &why), -ERANGE);
	plx_pci_uio.close(&pci);
}

/* The device fires: the kernel sets the bit and counts. */
static void
fire(int uio, struct plx_pci *pci)
{
	const int32_t count = 1;
	uint16_t set = command() | INTX_DISABLE;

	assert_int_equal(plx_pci_config_write(pci, COMMAND, &set, 2), 0);
	assert_int_equal(write(uio, &count, sizeof(count)), sizeof(count));
}

static uint64_t
signalled(int fd, int wait_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint64_t n = 0;

	if (poll(&poll_fd, 1, wait_ms) == 1)
		assert_int_equal(read(fd, &n, sizeof(n)), sizeof(n));
	return n;
}

static void
interrupts_reach_the_drivers_eventfd_until_they_are_taken_back(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), uio;
	char path[PATH_MAX];
	struct plx_pci pci;

	if (opened(&pci)) {
		sysfs_path(path, "/dev/uio3");
		uio = open(path, O_WRONLY | O_CLOEXEC);
		assert_true(uio >= 0);
		assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_INTX, &fd, 1, &why), 0);
		assert_int_equal(command() & INTX_DISABLE, 0);
		for (int i = 0; i < 3; i++) {
			fire(uio, &pci);
			assert_int_equal(signalled(fd, 5000), 1);
			assert_int_equal(command() & INTX_DISABLE, INTX_DISABLE);
			assert_int_equal(plx_pci_irq_unmask(&pci), 0);
			assert_int_equal(command() & INTX_DISABLE, 0);
		}
		assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_NONE, NULL, 0, &why), 0);
		assert_int_equal(command() & INTX_DISABLE, INTX_DISABLE);
		fire(uio, &pci);
		assert_int_equal(signalled(fd, 50), 0);
		/* Without anybody to tell, unmasking is none. */
		assert_int_equal(plx_pci_irq_unmask(&pci), 0);
		assert_int_equal(command() & INTX_DISABLE, INTX_DISABLE);
		plx_pci_uio.close(&pci);
		close(uio);
	}
	close(fd);
}

static void
a_file_that_breaks_is_watched_no_more(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), uio, left = 1;
	char path[PATH_MAX];
	struct plx_pci pci;

	if (opened(&pci)) {
		sysfs_path(path, "/dev/uio3");
		uio = open(path, O_WRONLY | O_CLOEXEC);
		assert_true(uio >= 0);
		assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_INTX, &fd, 1, &why), 0);
		assert_int_equal(write(uio, "ab", 2), 2);
		WAIT_UNTIL(ioctl(((struct plx_uio_device *)pci.handle)->fd, FIONREAD, &left) == 0 &&
			   left == 0);
		assert_int_equal(left, 0);
		fire(uio, &pci);
		assert_int_equal(signalled(fd, 50), 0);
		plx_pci_uio.close(&pci);
		close(uio);
	}
	close(fd);
}

static void
there_is_one_interrupt_of_one_kind(void **state)
{
	int fds[2] = {5, 6};
	struct plx_pci pci;

	if (!opened(&pci))
		return;
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_MSIX, fds, 1, &why), -ENOTSUP);
	assert_int_equal(plx_pci_uio.irq_set(&pci, PLX_PCI_IRQ_MSIX, fds, 2, &why), -ENOTSUP);
	assert_non_null(strstr(why.text, "bind the device to vfio-pci"));
	assert_int_equal(command() & INTX_DISABLE, INTX_DISABLE);
	plx_pci_uio.close(&pci);
}

static void
refused(const char *address, int err, const char *words)
{
	struct plx_pci pci = {.transport = &plx_pci_uio};
	unsigned fds = open_fds();

	assert_int_equal(plx_pci_uio.open(&pci, address, &why), err);
	if (strstr(why.text, words) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, words);
	assert_null(pci.handle);
	assert_int_equal(open_fds(), fds);
}

static void
remove_file(const char *name)
{
	char path[PATH_MAX];

	sysfs_path(path, name);
	assert_int_equal(unlink(path), 0);
}

static void
what_is_missing_is_named_and_nothing_stays_open(void **state)
{
	uint8_t ones[256];

	refused("0000:00:1f.0", -ENODEV, "no such PCI device");
	sysfs_device("0000:00:1e.0", "0x8086", "0x100e", "0x020000", NULL);
	refused("0000:00:1e.0", -ENODEV, "not bound to uio_pci_generic");
	assert_non_null(strstr(why.text, "plx-doctor pci"));
	if (!have_pa)
		return;
	/* The mode keeps a file open. */
	assert_int_equal(plx_iova_set_mode(PLX_IOVA_PA, &why), 0);
	remove_file(SYSFS_DEVICES "/" CARD "/resource1");
	refused(CARD, -ENOENT, "resource1: No such file");
	sysfs_attribute(CARD, "resource1", "");
	memset(ones, 0xff, sizeof(ones));
	file_of_bytes(SYSFS_DEVICES "/" CARD "/config", ones, sizeof(ones));
	refused(CARD, -EIO, "unplugged");
	file_of_bytes(SYSFS_DEVICES "/" CARD "/config", ones, 0);
	refused(CARD, -EIO, "cannot be read");
	sysfs_attribute(CARD, "resource", "0xc000 0xc01f 0x1\n0x2000 0x1fff 0x1\n");
	refused(CARD, -EPROTO, "line 2");
	sysfs_attribute(CARD, "resource", "0xc000 0xc01f 0x1\nmore\n");
	refused(CARD, -EPROTO, "line 2");
	remove_file("/dev/uio3");
	refused(CARD, -ENOENT, "/dev/uio3");
	remove_file(SYSFS_DEVICES "/" CARD "/config");
	refused(CARD, -ENOENT, "/config");
}

/* Not even /dev/uio3 is opened: the kernel would take DMA from the first when the second closes it. */
static void
a_device_belongs_to_one_program(void **state)
{
	char config[PATH_MAX], uio[PATH_MAX], away[PATH_MAX + 8];
	struct plx_pci pci;
	int fd;

	sysfs_path(config, SYSFS_DEVICES "/" CARD "/config");
	fd = open(config, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	sysfs_path(uio, "/dev/uio3");
	snprintf(away, sizeof(away), "%s.away", uio);
	assert_int_equal(rename(uio, away), 0);
	refused(CARD, -EBUSY, "open in another program");
	assert_int_equal(rename(away, uio), 0);
	close(fd);
	if (!opened(&pci))
		return;
	refused(CARD, -EBUSY, "open in another program");
	plx_pci_uio.close(&pci);
	assert_true(opened(&pci));
	plx_pci_uio.close(&pci);
}

static unsigned warnings;

static void
count_warnings(void *arg, enum plx_log_level level, const char *component, const char *text)
{
	warnings += level == PLX_LOG_WARNING && strstr(text, "an IOMMU stands between") != NULL;
}

/* The kernel's default is to translate: what uio does not tell it of is out of reach. */
static void
an_iommu_in_between_is_told(void **state)
{
	static const struct {
		const char *type;
		unsigned warnings;
	} rows[] = {{"DMA-FQ\n", 1}, {"DMA\n", 1}, {"identity\n", 0}, {"blocked\n", 0}};

	plx_log_set_sink(count_warnings, NULL);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct plx_pci pci;

		warnings = 0;
		sysfs_attribute(CARD, "iommu_group/type", rows[i].type);
		if (opened(&pci))
			plx_pci_uio.close(&pci);
		assert_int_equal(warnings, rows[i].warnings);
	}
	plx_log_set_sink(NULL, NULL);
}

static void
who_insists_on_virtual_addresses_cannot_have_the_device(void **state)
{
	plx_iova_keep_mode();
	refused(CARD, -EBUSY, "--iova-mode va");
}

#define UIO_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		UIO_TEST(an_open_device_is_silent_answers_and_has_physical_addresses),
		UIO_TEST(memory_is_mapped_and_ports_are_called_in_pieces),
		UIO_TEST(interrupts_reach_the_drivers_eventfd_until_they_are_taken_back),
		UIO_TEST(a_file_that_breaks_is_watched_no_more),
		UIO_TEST(there_is_one_interrupt_of_one_kind),
		UIO_TEST(what_is_missing_is_named_and_nothing_stays_open),
		UIO_TEST(a_device_belongs_to_one_program),
		UIO_TEST(an_iommu_in_between_is_told),
		UIO_TEST(who_insists_on_virtual_addresses_cannot_have_the_device),
	};

	return cmocka_run_group_tests(tests, find_out_rights, NULL);
}
