/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport vfio-user against a server that answers well, but for one command. */
#include "vfio_user_liar.h"

/* -- a good server -------------------------------------------------------------------------------------------------------- */

static void
a_device_is_opened_read_and_closed(void **state)
{
	const struct plx_zone *zone;
	uint32_t value = 0x12345678;
	unsigned maps;

	opens();
	assert_int_equal(pci.bar[0].size, BAR_LEN);
	assert_int_equal(pci.msix_vectors, VECTORS);
	assert_true(pci.intx && pci.transport->virtual_addresses);
	maps = liar.maps;
	assert_int_equal(plx_zone_reserve_dma("later", ZONE_LEN, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &zone, &why),
			 0);
	assert_int_equal(liar.maps, maps + 1);
	assert_int_equal(plx_pci_vfio_user.bar_write(&pci, 0, 8, &value, 4), 0);
	assert_int_equal(read_bar(8), 0x12345678);
	assert_int_equal(liar.posted, 1);
	assert_int_equal(plx_pci_vfio_user.bar_write(&pci, 0, BAR_LEN - 2, &value, 4), -EINVAL);
	assert_int_equal(plx_pci_vfio_user.bar_read(&pci, 6, 0, &value, 4), -EINVAL);
	assert_int_equal(plx_pci_vfio_user.reset(&pci), 0);
	plx_zone_free(zone);
	assert_int_equal(liar.unmaps, 1);
	plx_pci_vfio_user.close(&pci);
	assert_int_equal(liar.unmaps, liar.maps);
}

static void
vectors_go_in_messages_of_what_the_server_takes(void **state)
{
	int fds[VECTORS];

	opens();
	for (unsigned i = 0; i < VECTORS; i++)
		fds[i] = i == 5 ? -1 : eventfd(0, EFD_CLOEXEC);
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_MSIX, fds, VECTORS, &why), 0);
	assert_int_equal(liar.vectors, VECTORS - 1);
	assert_int_equal(liar.irq_messages, 6); /* 5, and 34 by 8 */
	assert_int_equal(plx_pci_irq_unmask(&pci), 0);
	plx_unixsock_close_fds(fds, VECTORS);
	plx_pci_vfio_user.close(&pci);
}

static void
a_bar_is_mapped_but_for_its_hole(void **state)
{
	uint8_t byte = 0;

	liar.bar_fd = memfd_create("bar", MFD_CLOEXEC);
	assert_int_equal(ftruncate(liar.bar_fd, BAR_LEN), 0);
	assert_int_equal(pwrite(liar.bar_fd, "ab", 2, 0x2000), 2);
	liar.bar[0x1000] = 0x42;
	opens();
	assert_int_equal((uint8_t)read_bar(0x1000), 0x42); /* makes the map */
	assert_int_equal(pci.bar[0].map[0x2001], 'b');
	pci.bar[0].map[0] = 'x';
	assert_int_equal(pread(liar.bar_fd, &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
	/* With a map writes are waited for: stores would overtake them. */
	assert_int_equal(plx_pci_vfio_user.bar_write(&pci, 0, 0x1000, "y", 1), 0);
	assert_int_equal(liar.posted, 0);
	/* And a file that is cut off kills nobody. */
	assert_int_equal(ftruncate(liar.bar_fd, 0), 0);
	byte = ((volatile uint8_t *)pci.bar[0].map)[0x2001];
	plx_pci_vfio_user.close(&pci);
}

/*
 * As a card whose doorbells alone can be mapped. The driver has one window over all of it: what lies in the map is stored there, the
 * rest is a message, and bytes of both kinds are, too.
 */
static void
a_window_over_both_kinds_of_bytes_reaches_each(void **state)
{
	struct plx_pci_window all, bell;
	uint64_t wide = 0;

	liar.bar_fd = memfd_create("bar", MFD_CLOEXEC);
	liar.area[0] = (struct vfio_user_area){0x1000, 0x1000};
	liar.area[1] = (struct vfio_user_area){0, 0};
	assert_int_equal(ftruncate(liar.bar_fd, 0x2000), 0);
	opens();
	assert_int_equal(plx_pci_window(&pci, 0, 0, BAR_LEN, &all, &why), 0);
	assert_int_equal(plx_pci_window(&pci, 0, 0x1ffc, 4, &bell, &why), 0);
	assert_null(all.map);
	assert_non_null(bell.map);
	plx_pci_write32(&bell, 0, 0x11223344);
	/* The wide ones first: none writes more than its bytes. */
	plx_pci_write64(&all, 0x1008, 0xa8a9aaabacadaeaf);
	plx_pci_write32(&all, 0x1004, 0xa4a5a6a7);
	plx_pci_write16(&all, 0x1002, 0xa2a3);
	plx_pci_write8(&all, 0x1000, 0xa1);
	assert_int_equal(pread(liar.bar_fd, &wide, 8, 0x1000), 8);
	assert_int_equal(wide, 0xa4a5a6a7a2a300a1);
	assert_int_equal(plx_pci_read8(&all, 0x1000), 0xa1);
	assert_int_equal(plx_pci_read16(&all, 0x1002), 0xa2a3);
	assert_int_equal(plx_pci_read32(&all, 0x1ffc), 0x11223344);
	assert_int_equal(plx_pci_read64(&all, 0x1008), 0xa8a9aaabacadaeaf);
	/* In front of it, behind it, and across its ends. */
	plx_pci_write32(&all, 0xffc, 0xb1b2b3b4);
	plx_pci_write32(&all, 0x2000, 0xc1c2c3c4);
	assert_int_equal(plx_pci_read32(&all, 0xffc), 0xb1b2b3b4);
	assert_int_equal(plx_pci_read32(&all, 0x2000), 0xc1c2c3c4);
	plx_pci_write32(&all, 0xffe, 0xd1d2d3d4);
	assert_int_equal(pread(liar.bar_fd, &wide, 8, 0x1000), 8);
	assert_int_equal(wide, 0xa4a5a6a7a2a300a1);
	assert_memory_equal(liar.bar + 0x2000, "\xc4\xc3\xc2\xc1", 4);
	assert_memory_equal(liar.bar + 0xffc, "\xb4\xb3\xd4\xd3\xd2\xd1", 6);
	assert_int_equal(liar.posted, 0);
	plx_pci_vfio_user.close(&pci);
}

static void
a_file_too_short_for_its_bar_is_refused(void **state)
{
	struct plx_pci_window window;

	liar.bar_fd = memfd_create("bar", MFD_CLOEXEC);
	assert_int_equal(ftruncate(liar.bar_fd, 0x2000), 0);
	opens();
	assert_int_not_equal(plx_pci_window(&pci, 0, 0, 4, &window, &why), 0);
	assert_non_null(strstr(why.text, "BAR 0: the memory ends at 0x3000"));
	assert_null(pci.bar[0].map);
	plx_pci_vfio_user.close(&pci);
}

/* A server that says so and brings none: each access is a message, and writes are posted, as where nothing can be mapped. */
static void
a_region_without_its_file_is_not_mapped(void **state)
{
	uint32_t value = 0x11223344;

	liar.bar_fd = memfd_create("bar", MFD_CLOEXEC);
	liar.no_file = true;
	opens();
	assert_int_equal(plx_pci_vfio_user.bar_write(&pci, 0, 0x2000, &value, 4), 0);
	assert_int_equal(read_bar(0x2000), value);
	assert_null(pci.bar[0].map);
	assert_int_equal(liar.posted, 1);
	plx_pci_vfio_user.close(&pci);
}

static void
areas_that_are_not_all_told_are_not_mapped(void **state)
{
	liar.bar_fd = memfd_create("bar", MFD_CLOEXEC);
	assert_int_equal(ftruncate(liar.bar_fd, BAR_LEN), 0);
	liar.more_areas = true;
	liar.bar[0] = 0x17;
	opens();
	assert_int_equal((uint8_t)read_bar(0), 0x17);
	assert_null(pci.bar[0].map);
	plx_pci_vfio_user.close(&pci);
}

static void
files_beyond_a_regions_own_are_closed(void **state)
{
	unsigned before;

	liar.bar_fd = memfd_create("bar", MFD_CLOEXEC);
	assert_int_equal(ftruncate(liar.bar_fd, BAR_LEN), 0);
	liar.command = VFIO_USER_DEVICE_GET_REGION_INFO;
	liar.fault = BRINGS_FILES;
	before = open_fds();
	opens();
	plx_pci_vfio_user.close(&pci);
	pthread_join(liar.thread, NULL);
	liar.joined = true;
	assert_int_equal(open_fds(), before);
}

static void
an_answer_about_another_region_is_refused(void **state)
{
	liar.other_region = true;
	does_not_open("configuration space");
}

/* It says no more than that the read failed; what comes next is in step. */
static void
fewer_bytes_than_asked_for_are_none(void **state)
{
	opens();
	liar.bar[0] = 0x17;
	liar.fault = TOO_SHORT;
	liar.command = VFIO_USER_REGION_READ;
	assert_int_equal(read_bar(0), UINT32_MAX);
	liar.fault = NONE;
	assert_int_equal(read_bar(0), 0x17);
	plx_pci_vfio_user.close(&pci);
}

static void
a_device_that_cannot_reset_is_not_asked_to(void **state)
{
	liar.info_flags = VFIO_USER_DEVICE_PCI;
	opens();
	assert_int_equal(plx_pci_vfio_user.reset(&pci), -ENOTSUP);
	plx_pci_vfio_user.close(&pci);
	assert_int_equal(liar.resets, 0);
}

/* -- bad servers --------------------------------------------------------------------------------------------------------------- */

static void
versions_that_are_none_are_refused(void **state)
{
	liar.major = 1;
	does_not_open("the server speaks version 1.0, we 0.0");
}

static void
a_minor_version_beyond_ours_is_refused(void **state)
{
	liar.minor = 1;
	does_not_open("the server speaks version 0.1, we 0.0");
}

static void
a_version_that_is_no_json_is_refused(void **state)
{
	liar.text = "{\"capabilities\":{\"max_msg_fds\":99999}}";
	does_not_open("max_msg_fds is 99999");
}

static void
a_twin_that_is_missing_is_told(void **state)
{
	liar.text = "{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":3}}}";
	does_not_open("says that it gives a twin socket and gives none");
}

static void
what_is_no_pci_device_is_refused(void **state)
{
	liar.info_flags = 0;
	does_not_open("it has no PCI device");
}

static void
a_short_configuration_space_is_refused(void **state)
{
	liar.config_len = 255;
	does_not_open("no configuration space");
}

#define WHILE_OPENING(name, its_command, its_fault, says) \
	static void name(void **state)                    \
	{                                                 \
		liar.command = its_command;               \
		liar.fault = its_fault;                   \
		does_not_open(says);                      \
	}

WHILE_OPENING(no_version_is_told, VFIO_USER_VERSION, REFUSES, "Permission denied")
WHILE_OPENING(a_hang_up_is_told, VFIO_USER_VERSION, HANGS_UP, "the other end has hung up")
WHILE_OPENING(garbage_is_told, VFIO_USER_VERSION, GARBAGE, "does not speak vfio-user")
WHILE_OPENING(
	silence_is_told, VFIO_USER_VERSION, SAYS_NOTHING,
	"no answer to VERSION within 5000 ms: it hangs, or has a driver, which is to go first")
WHILE_OPENING(a_long_text_is_told, VFIO_USER_VERSION, TOO_LONG, "an answer to VERSION of")
WHILE_OPENING(files_with_an_info_are_refused, VFIO_USER_DEVICE_GET_INFO, BRINGS_FILES,
	      "nothing of its device")
WHILE_OPENING(a_region_that_breaks_off, VFIO_USER_DEVICE_GET_REGION_INFO, BREAKS_OFF,
	      "configuration space")
WHILE_OPENING(a_region_too_short, VFIO_USER_DEVICE_GET_REGION_INFO, TOO_SHORT,
	      "configuration space")
WHILE_OPENING(files_with_a_region_are_closed, VFIO_USER_DEVICE_GET_REGION_INFO, TOO_LONG,
	      "configuration space")
WHILE_OPENING(interrupts_that_are_not_told, VFIO_USER_DEVICE_GET_IRQ_INFO, HANGS_UP, "interrupts")

/* The answer to RESET is wrong: the connection is lost, and at once. */
static void
ends(enum fault fault)
{
	opens();
	liar.fault = fault;
	liar.command = VFIO_USER_DEVICE_RESET;
	assert_int_equal(plx_pci_vfio_user.reset(&pci), -EIO);
	is_dead();
}

#define ENDS(name, fault)              \
	static void name(void **state) \
	{                              \
		ends(fault);           \
	}

ENDS(a_server_that_hangs_up_is_gone, HANGS_UP)
ENDS(a_server_that_says_nothing_is_gone, SAYS_NOTHING)
ENDS(a_server_that_says_garbage_is_gone, GARBAGE)
ENDS(an_answer_that_breaks_off_ends_it, BREAKS_OFF)
ENDS(an_answer_too_long_for_any_ends_it, OVERSIZE)
ENDS(an_answer_to_another_question_ends_it, WRONG_ID)
ENDS(an_answer_to_another_command_ends_it, WRONG_COMMAND)
ENDS(an_answer_longer_than_asked_for_ends_it, TOO_LONG)
ENDS(an_error_with_a_payload_ends_it, REFUSES_AT_LENGTH)
ENDS(files_that_were_not_asked_for_end_it, BRINGS_FILES)

static void
an_orderly_error_ends_nothing(void **state)
{
	opens();
	liar.fault = REFUSES;
	liar.command = VFIO_USER_DEVICE_RESET;
	assert_int_equal(plx_pci_vfio_user.reset(&pci), -EACCES);
	liar.fault = NONE;
	assert_int_equal(plx_pci_vfio_user.reset(&pci), 0);
	liar.fault = REFUSES;
	liar.command = VFIO_USER_REGION_READ;
	assert_int_equal(read_bar(0), UINT32_MAX);
	liar.fault = NONE;
	assert_int_equal(read_bar(0), 0);
	plx_pci_vfio_user.close(&pci);
}

static void
an_answer_to_a_posted_write_ends_it(void **state)
{
	uint32_t value = 1;

	opens();
	liar.fault = ANSWERS_POSTED;
	liar.command = VFIO_USER_REGION_WRITE;
	assert_int_equal(plx_pci_vfio_user.bar_write(&pci, 0, 0, &value, 4), 0);
	usleep(20000);
	is_dead();
}

static void
memory_that_the_server_refuses_is_not_reserved(void **state)
{
	const struct plx_zone *zone = NULL;

	opens();
	liar.fault = REFUSES;
	liar.command = VFIO_USER_DMA_MAP;
	assert_int_equal(plx_zone_reserve_dma("later", ZONE_LEN, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &zone, &why),
			 -EACCES);
	assert_non_null(strstr(why.text, "the server does not map"));
	assert_null(zone);
	plx_pci_vfio_user.close(&pci);
}

/* -- a server that is there again -------------------------------------------------------------------------------------------- */

static int
looks_again(void)
{
	pthread_join(liar.thread, NULL);
	liar.fault = NONE;
	assert_int_equal(pthread_create(&liar.thread, NULL, take_one, NULL), 0);
	return plx_pci_again(&pci, &why);
}

static void
finds_another(const char *says)
{
	assert_int_not_equal(looks_again(), 0);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, says);
	assert_int_equal(read_bar(8), UINT32_MAX);
}

/* Another card, other BARs: refused, and asked for again at the next start; memory is told to each. */
static void
who_was_lost_is_taken_again_with_the_same_device_only(void **state)
{
	const struct plx_zone *zone;
	unsigned maps;

	opens();
	assert_int_equal(plx_zone_reserve_dma("later", ZONE_LEN, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &zone, &why),
			 0);
	maps = liar.maps;
	assert_int_equal(plx_pci_again(&pci, &why), 0); /* nothing is lost */
	liar.fault = HANGS_UP;
	liar.command = VFIO_USER_DEVICE_RESET;
	assert_int_equal(plx_pci_vfio_user.reset(&pci), -EIO);
	liar.bar[2] = 0x42; /* its ids are read from there, too */
	finds_another("its server was lost, and another device is there: 0000:0042");
	liar.bar[2] = 0;
	liar.bar_fd = memfd_create("bar", MFD_CLOEXEC);
	assert_int_equal(ftruncate(liar.bar_fd, BAR_LEN), 0);
	finds_another("BAR 0 is not what it was");
	close(liar.bar_fd);
	liar.bar_fd = -1;
	liar.maps = 0;
	liar.bar[8] = 0x17;
	assert_int_equal(looks_again(), 0);
	assert_int_equal(liar.maps, maps);
	assert_int_equal((uint8_t)read_bar(8), 0x17);
	plx_zone_free(zone);
	plx_pci_vfio_user.close(&pci);
}

static int
start(void **state)
{
	return eal_fixture_init("0");
}

static int
stop(void **state)
{
	plx_eal_cleanup();
	return 0;
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_device_is_opened_read_and_closed),
		CASE(vectors_go_in_messages_of_what_the_server_takes),
		CASE(a_bar_is_mapped_but_for_its_hole),
		CASE(a_window_over_both_kinds_of_bytes_reaches_each),
		CASE(who_was_lost_is_taken_again_with_the_same_device_only),
		CASE(a_file_too_short_for_its_bar_is_refused),
		CASE(a_region_without_its_file_is_not_mapped),
		CASE(areas_that_are_not_all_told_are_not_mapped),
		CASE(files_beyond_a_regions_own_are_closed),
		CASE(an_answer_about_another_region_is_refused),
		CASE(fewer_bytes_than_asked_for_are_none),
		CASE(a_device_that_cannot_reset_is_not_asked_to),
		CASE(versions_that_are_none_are_refused),
		CASE(a_minor_version_beyond_ours_is_refused),
		CASE(a_version_that_is_no_json_is_refused),
		CASE(a_twin_that_is_missing_is_told),
		CASE(what_is_no_pci_device_is_refused),
		CASE(a_short_configuration_space_is_refused),
		CASE(no_version_is_told),
		CASE(a_hang_up_is_told),
		CASE(garbage_is_told),
		CASE(silence_is_told),
		CASE(a_long_text_is_told),
		CASE(files_with_an_info_are_refused),
		CASE(a_region_that_breaks_off),
		CASE(a_region_too_short),
		CASE(files_with_a_region_are_closed),
		CASE(interrupts_that_are_not_told),
		CASE(a_server_that_hangs_up_is_gone),
		CASE(a_server_that_says_nothing_is_gone),
		CASE(a_server_that_says_garbage_is_gone),
		CASE(an_answer_that_breaks_off_ends_it),
		CASE(an_answer_too_long_for_any_ends_it),
		CASE(an_answer_to_another_question_ends_it),
		CASE(an_answer_to_another_command_ends_it),
		CASE(an_answer_longer_than_asked_for_ends_it),
		CASE(an_error_with_a_payload_ends_it),
		CASE(files_that_were_not_asked_for_end_it),
		CASE(an_orderly_error_ends_nothing),
		CASE(an_answer_to_a_posted_write_ends_it),
		CASE(memory_that_the_server_refuses_is_not_reserved),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
