/* SPDX-License-Identifier: BSD-3-Clause */
/* Drivers that go wrong in front of an emulated NIC: each costs itself its place at most, is told why, and the next one is served. */
#include "nicemu_client.h"
#include "own.h"

#include <fcntl.h>
#include <sys/socket.h>

static void throw(struct client * client, const void *bytes, size_t len)
{
	assert_int_equal(send(client->sock, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* -- messages that are none ------------------------------------------------------------------------------------------------ */

static void
garbage_costs_the_connection(void **state)
{
	uint8_t bytes[64];
	struct client client;

	memset(bytes, 0xa5, sizeof(bytes));
	connect_client(&client);
	throw(&client, bytes, sizeof(bytes));
	was_sent_away(&client, "does not speak vfio-user");
}

static void
a_message_that_is_too_long_costs_the_connection(void **state)
{
	const struct vfio_user_head head = {1, VFIO_USER_REGION_WRITE,
					    sizeof(head) + VFIO_USER_BODY_MAX + 1, 0, 0};
	struct client client;

	connect_client(&client);
	throw(&client, &head, sizeof(head));
	was_sent_away(&client, "does not speak vfio-user");
}

static void
a_message_that_breaks_off_costs_the_connection(void **state)
{
	const struct vfio_user_head head = {1, VFIO_USER_REGION_READ, sizeof(head) + 16, 0, 0};
	struct client client;

	connect_client(&client);
	throw(&client, &head, sizeof(head));
	shutdown(client.sock, SHUT_WR);
	was_sent_away(&client, "breaks off");
}

static void
another_version_is_refused(void **state)
{
	struct client client, next;

	call_in(&client);
	assert_int_not_equal(greet(&client, 1, "{}"), 0);
	assert_false(plx_nicemu_connected(card.nic));
	hang_up(&client);
	assert_int_equal(card.changes, 0);
	connect_client(&next);
	hang_up(&next);
}

static void
a_command_before_the_version_is_refused(void **state)
{
	const struct vfio_user_region_access access = {0, REGS, 4};
	struct client client, next;

	call_in(&client);
	say(&client, VFIO_USER_REGION_READ, 0, &access, sizeof(access), NULL, 0);
	assert_int_not_equal(hear(&client), 0);
	hang_up(&client);
	connect_client(&next);
	hang_up(&next);
}

static void
an_answer_that_nobody_asked_for_costs_the_connection(void **state)
{
	struct client client;

	connect_client(&client);
	say(&client, VFIO_USER_DMA_READ, VFIO_USER_TYPE_REPLY, NULL, 0, NULL, 0);
	was_sent_away(&client, "what was not asked");
}

/* It is never answered, not even with the error that it is. */
static void
a_posted_write_beyond_its_region_is_counted(void **state)
{
	struct {
		struct vfio_user_region_access access;
		uint32_t data;
	} body = {{PLX_E1000_MODEL_REGS_LEN - 2, REGS, 4}, 0};
	struct plx_nicemu_stats stats;
	struct client client;

	connect_client(&client);
	say(&client, VFIO_USER_REGION_WRITE, VFIO_USER_NO_REPLY, &body, sizeof(body), NULL, 0);
	settle(&card);
	assert_false(plx_unixsock_readable(client.sock));
	plx_nicemu_stats(card.nic, &stats);
	assert_int_equal(stats.server.posted_failed, 1);
	hang_up(&client);
}

static void
accesses_beyond_their_region_are_refused(void **state)
{
	static const struct {
		uint32_t region;
		uint64_t offset;
		uint32_t len;
	} cases[] = {
		{REGS, PLX_E1000_MODEL_REGS_LEN, 1},
		{REGS, PLX_E1000_MODEL_REGS_LEN - 3, 4},
		{REGS, UINT64_MAX - 1, 4},
		{PLX_E1000_MODEL_BAR_FLASH, PLX_E1000_MODEL_FLASH_LEN - 1, 2},
		{PLX_E1000_MODEL_BAR_IO, PLX_E1000_MODEL_IO_LEN, 4},
		{PLX_E1000_MODEL_BAR_IO, PLX_E1000_MODEL_IO_LEN - 4, 8},
		{VFIO_USER_REGION_CONFIG, 254, 4},
		{VFIO_USER_REGION_CONFIG, 4, 256},
		{VFIO_USER_REGION_ROM, 0, 4},
		{8, 0, 4},
		{9, 0, 4},
		{UINT32_MAX, 0, 4},
	};
	struct client client;
	uint8_t data[256] = {0};

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	for (size_t i = 0; i < PLX_ARRAY_LEN(cases); i++)
		for (int write = 0; write < 2; write++)
			if (access_region(&client, cases[i].region, cases[i].offset, data,
					  cases[i].len, write != 0) != EINVAL)
				fail_msg("case %zu, write %d", i, write);
	assert_int_equal(access_region(&client, REGS, PLX_E1000_MODEL_REGS_LEN - 4, data, 4, false),
			 0);
	hang_up(&client);
}

static void
eventfds_that_are_too_few_or_too_many_are_refused(void **state)
{
	const struct vfio_user_irq_set one = {
		sizeof(one), VFIO_USER_SET_EVENTFD | VFIO_USER_SET_TRIGGER, 0, 0, 1};
	const struct vfio_user_irq_set two = {
		sizeof(two), VFIO_USER_SET_EVENTFD | VFIO_USER_SET_TRIGGER, 0, 0, 2};
	const int before = lowest_free_fd();
	int fds[2] = {eventfd(0, 0), eventfd(0, 0)};
	struct client client;

	connect_client(&client);
	assert_int_equal(ask_fds(&client, VFIO_USER_DEVICE_SET_IRQS, &one, sizeof(one), fds, 2),
			 EINVAL);
	assert_int_equal(ask_fds(&client, VFIO_USER_DEVICE_SET_IRQS, &two, sizeof(two), fds, 1),
			 EINVAL);
	assert_int_equal(ask_fds(&client, VFIO_USER_DEVICE_SET_IRQS, &two, sizeof(two), fds, 2),
			 EINVAL);
	plx_unixsock_close_fds(fds, 2);
	hang_up(&client);
	assert_int_equal(lowest_free_fd(), before);
}

/* -- memory that is none ----------------------------------------------------------------------------------------------------- */

static uint64_t
dma_errors(void)
{
	struct plx_e1000_model_stats stats;

	plx_e1000_model_stats(plx_nicemu_model(card.nic), &stats);
	return stats.dma_errors;
}

static void
buffers_outside_of_all_maps_are_errors_of_the_frame(void **state)
{
	static const uint64_t nowhere[] = {
		MEMORY_AT - 60,
		MEMORY_AT + MEMORY_LEN,
		MEMORY_AT + MEMORY_LEN - 59, /* its last byte */
		MEMORY_AT - 1,		     /* its first */
		UINT64_MAX - 59,
		UINT64_MAX - 30, /* over the end of all addresses */
	};
	struct e1000_rx_desc *rx = (struct e1000_rx_desc *)(void *)(memory + RX_RING);
	struct client client;
	uint8_t frame[60];

	drive(&client);
	make_frame(frame, sizeof(frame), 1);
	for (size_t i = 0; i < PLX_ARRAY_LEN(nowhere); i++) {
		const uint64_t before = dma_errors();

		put_tx_desc(&client, nowhere[i], 60);
		set_reg(&client, E1000_TDT, client.tx_tail);
		settle(&card);
		if (card.n != 0)
			fail_msg("case %zu is sent", i);
		if (dma_errors() == before)
			fail_msg("case %zu is no error", i);
	}
	exchange(&client, 1);
	/* To receive into: the frame is lost, the next one is not. */
	rx[client.rx_next].addr = htole64(MEMORY_AT + MEMORY_LEN - 59);
	assert_int_equal(plx_nicemu_receive(card.nic, frame, sizeof(frame)), PLX_E1000_MODEL_BAD);
	settle(&card);
	assert_true(plx_nicemu_connected(card.nic));
	hang_up(&client);
	drive(&client);
	exchange(&client, 2);
	hang_up(&client);
}

static void
rings_outside_of_all_maps_hang_nobody(void **state)
{
	static const uint64_t nowhere[] = {0, MEMORY_AT + MEMORY_LEN - 0x100, UINT64_MAX - 0xff};
	struct client client;
	uint8_t frame[60];

	drive(&client);
	make_frame(frame, sizeof(frame), 1);
	for (size_t i = 0; i < PLX_ARRAY_LEN(nowhere); i++) {
		set_reg(&client, E1000_TDBAL, (uint32_t)nowhere[i]);
		set_reg(&client, E1000_TDBAH, (uint32_t)(nowhere[i] >> 32));
		set_reg(&client, E1000_RDBAL, (uint32_t)nowhere[i]);
		set_reg(&client, E1000_RDBAH, (uint32_t)(nowhere[i] >> 32));
		for (uint32_t tail = 0; tail < RING_SIZE; tail++) {
			set_reg(&client, E1000_TDT, tail);
			settle(&card);
			plx_nicemu_receive(card.nic, frame, sizeof(frame));
		}
	}
	assert_true(plx_nicemu_connected(card.nic));
	hang_up(&client);
	drive(&client);
	exchange(&client, 2);
	hang_up(&client);
}

/* The maps that traffic needs come and go all the time; frames are lost, never anything else. */
static void
storms_of_maps_during_traffic_lose_frames_at_most(void **state)
{
	struct client client;
	uint8_t frame[60];

	drive(&client);
	make_frame(frame, sizeof(frame), 1);
	for (unsigned i = 0; i < 300; i++) {
		put_tx_desc(&client, MEMORY_AT + TX_BUFFERS, 60);
		set_reg(&client, E1000_TDT, client.tx_tail);
		assert_int_equal(unmap_range(&client, MEMORY_AT, MEMORY_LEN), 0);
		plx_nicemu_receive(card.nic, frame, sizeof(frame));
		settle(&card);
		assert_int_equal(map_file(&client, MEMORY_AT + 0x100000 * (1 + i), 0x1000, READS, 0,
					  memory_fd),
				 0);
		assert_int_equal(
			map_file(&client, MEMORY_AT, MEMORY_LEN, READS | WRITES, 0, memory_fd), 0);
	}
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(unmap_range(&client, MEMORY_AT + 0x100000 * (1 + i), 0x1000), 0);
	assert_true(plx_nicemu_connected(card.nic));
	set_reg(&client, E1000_RCTL, 0);
	set_reg(&client, E1000_TCTL, 0);
	start_rings(&client, MEMORY_AT);
	card.n = 0;
	exchange(&client, 5);
	hang_up(&client);
}

/* Unmapped memory is not touched any more, were it that the file is still there. */
static void
memory_that_was_unmapped_is_left_alone(void **state)
{
	struct client client;
	uint8_t frame[60];

	drive(&client);
	exchange(&client, 2);
	make_frame(frame, sizeof(frame), 0x5c);
	assert_int_equal(unmap_range(&client, MEMORY_AT, MEMORY_LEN), 0);
	memset(memory + RX_BUFFERS, 0, TX_BUFFERS - RX_BUFFERS);
	plx_nicemu_receive(card.nic, frame, sizeof(frame));
	settle(&card);
	for (uint32_t i = RX_BUFFERS; i < TX_BUFFERS; i++)
		assert_int_equal(memory[i], 0);
	hang_up(&client);
}

/* Read-only memory is not written to. */
static void
flags_of_a_map_are_kept(void **state)
{
	struct client client;
	uint8_t frame[60];

	make_frame(frame, sizeof(frame), 0x5c);
	connect_client(&client);
	assert_int_equal(map_file(&client, MEMORY_AT, MEMORY_LEN, READS, 0, memory_fd), 0);
	set_command(&client, COMMAND_ALL);
	wait_for_link(&client);
	start_rings(&client, MEMORY_AT);
	plx_nicemu_receive(card.nic, frame, sizeof(frame));
	settle(&card);
	for (uint32_t i = RX_BUFFERS; i < TX_BUFFERS; i++)
		assert_int_equal(memory[i], 0);
	assert_true(dma_errors() > 0);
	assert_true(plx_nicemu_connected(card.nic));
	hang_up(&client);
}

static void
a_file_that_shrinks_during_traffic_costs_the_connection(void **state)
{
	struct client client;
	uint8_t frame[60];

	drive(&client);
	exchange(&client, 2);
	make_frame(frame, sizeof(frame), 1);
	/* The sealed kind cannot; this one is not sealed by its driver, but by us when it was mapped. */
	if (ftruncate(memory_fd, 0) == 0) {
		plx_nicemu_receive(card.nic, frame, sizeof(frame));
		was_sent_away(&client, "shorter");
		return;
	}
	assert_int_equal(errno, EPERM);
	exchange(&client, 2);
	hang_up(&client);
}

/* A file that cannot be sealed is guarded instead. */
static void
a_file_on_disk_that_shrinks_costs_the_connection(void **state)
{
	char name[OWN_PATH + 16];
	const int fd =
		open(own_name(name, sizeof(name)), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct client client;

	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(ftruncate(fd, 0x4000), 0);
	drive(&client);
	assert_int_equal(map_file(&client, MEMORY_AT + 0x100000, 0x4000, READS, 0, fd), 0);
	put_tx_desc(&client, MEMORY_AT + 0x100000 + 0x1000, 60);
	set_reg(&client, E1000_TDT, client.tx_tail);
	settle(&card);
	assert_int_equal(card.n, 1);
	assert_int_equal(ftruncate(fd, 0), 0);
	put_tx_desc(&client, MEMORY_AT + 0x100000 + 0x2000, 60);
	say(&client, VFIO_USER_DEVICE_RESET, VFIO_USER_NO_REPLY, NULL, 0, NULL, 0);
	hang_up(&client);
	close(fd);
	connect_client(&client);
	hang_up(&client);
}

/* -- pages that are none --------------------------------------------------------------------------------------------------------- */

/* Whatever is stored to the doorbells, the card goes on; numbers that a generator of our own makes. */
static void
pages_full_of_nonsense_hang_nobody(void **state)
{
	struct client client;
	uint32_t seed = 1;
	uint8_t frame[60];

	make_frame(frame, sizeof(frame), 1);
	connect_client(&client);
	map_bells(&client);
	assert_int_equal(map_file(&client, MEMORY_AT, MEMORY_LEN, READS | WRITES, 0, memory_fd), 0);
	set_command(&client, COMMAND_ALL);
	wait_for_link(&client);
	for (unsigned round = 0; round < 200; round++) {
		for (uint32_t at = 0; at < 2 * PLX_E1000_MODEL_PAGE_LEN; at += 4) {
			seed = seed * 1664525 + 1013904223;
			memcpy(client.bells + at, &seed, 4);
		}
		if (round % 2 == 0)
			start_rings(&client, MEMORY_AT);
		seed = seed * 1664525 + 1013904223;
		set_reg(&client, round % 3 == 0 ? E1000_TDT : E1000_TDH, seed);
		set_reg(&client, round % 5 == 0 ? E1000_RDH : E1000_RDT, seed >> 7);
		settle(&card);
		plx_nicemu_receive(card.nic, frame, sizeof(frame));
	}
	assert_true(plx_nicemu_connected(card.nic));
	hang_up(&client);
	connect_client(&client);
	hang_up(&client);
}

int
main(void)
{
#define CASE(name)	 cmocka_unit_test_setup_teardown(name, setup, teardown)
#define BELLS_CASE(name) cmocka_unit_test_setup_teardown(name, setup_bells, teardown)
	const struct CMUnitTest tests[] = {
		CASE(garbage_costs_the_connection),
		CASE(a_message_that_is_too_long_costs_the_connection),
		CASE(a_message_that_breaks_off_costs_the_connection),
		CASE(another_version_is_refused),
		CASE(a_command_before_the_version_is_refused),
		CASE(an_answer_that_nobody_asked_for_costs_the_connection),
		CASE(a_posted_write_beyond_its_region_is_counted),
		CASE(accesses_beyond_their_region_are_refused),
		CASE(eventfds_that_are_too_few_or_too_many_are_refused),
		CASE(buffers_outside_of_all_maps_are_errors_of_the_frame),
		CASE(rings_outside_of_all_maps_hang_nobody),
		CASE(storms_of_maps_during_traffic_lose_frames_at_most),
		CASE(memory_that_was_unmapped_is_left_alone),
		CASE(flags_of_a_map_are_kept),
		CASE(a_file_that_shrinks_during_traffic_costs_the_connection),
		CASE(a_file_on_disk_that_shrinks_costs_the_connection),
		BELLS_CASE(pages_full_of_nonsense_hang_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
