/* SPDX-License-Identifier: BSD-3-Clause */
/* An emulated NIC from its creation to its end: what drivers see of it, who comes and goes, its line, its timer. */
#include "nicemu_client.h"

static uint32_t
eeprom_word(struct client *client, uint32_t word)
{
	uint32_t eerd;

	set_reg(client, E1000_EERD, word << E1000_EERD_ADDR_SHIFT | E1000_EERD_START);
	eerd = get_reg(client, E1000_EERD);
	assert_true((eerd & E1000_EERD_DONE) != 0);
	return eerd >> E1000_EERD_DATA_SHIFT;
}

static void
the_card_is_described(void **state)
{
	static const uint64_t sizes[VFIO_USER_REGIONS] = {PLX_E1000_MODEL_REGS_LEN,
							  PLX_E1000_MODEL_FLASH_LEN,
							  PLX_E1000_MODEL_IO_LEN,
							  0,
							  0,
							  0,
							  0,
							  256};
	static const uint32_t irqs[VFIO_USER_IRQS] = {1, 0, 0, 1, 1};
	struct client client;
	uint8_t space[256];

	connect_client(&client);
	for (uint32_t i = 0; i < VFIO_USER_REGIONS; i++) {
		struct vfio_user_region_info info = {.argsz = sizeof(info), .index = i};

		assert_int_equal(
			ask(&client, VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info)), 0);
		memcpy(&info, client.body, sizeof(info));
		assert_int_equal(info.size, sizes[i]);
		assert_int_equal(info.flags, sizes[i] > 0 ? 3 : 0);
		assert_int_equal(client.msg.nb_fds, 0);
	}
	for (uint32_t i = 0; i < VFIO_USER_IRQS; i++) {
		struct vfio_user_irq_info info = {.argsz = sizeof(info), .index = i};

		assert_int_equal(ask(&client, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info)),
				 0);
		memcpy(&info, client.body, sizeof(info));
		assert_int_equal(info.count, irqs[i]);
	}
	/* All of it at once, as some ask; and a register of four bytes by any width. */
	assert_int_equal(
		access_region(&client, VFIO_USER_REGION_CONFIG, 0, space, sizeof(space), false), 0);
	assert_memory_equal(space, "\x86\x80\x0e\x10", 4);
	assert_int_equal(space[0x3d], 1); /* pin A */
	set_command(&client, COMMAND_ALL);
	assert_int_equal(access_region(&client, REGS, E1000_STATUS, space, 200, false), 0);
	assert_int_equal(le32toh(*(uint32_t *)(void *)space), get_reg(&client, E1000_STATUS));
	assert_int_equal(access_region(&client, REGS, E1000_STATUS + 1, space, 11, false), 0);
	hang_up(&client);
}

/* A bus has no accesses across words: of the words at either end, which are written in part, nothing is taken. */
static void
a_long_write_is_carried_out_word_by_word(void **state)
{
	const uint32_t words[4] = {0x11111111, 0x22222222, 0x33333333, 0x44444444};
	struct client client;
	uint8_t bytes[12];

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	memcpy(bytes, (const uint8_t *)words + 2, sizeof(bytes));
	assert_int_equal(access_region(&client, REGS, E1000_MTA + 2, bytes, sizeof(bytes), true),
			 0);
	assert_int_equal(get_reg(&client, E1000_MTA), 0);
	assert_int_equal(get_reg(&client, E1000_MTA + 4), 0x22222222);
	assert_int_equal(get_reg(&client, E1000_MTA + 8), 0x33333333);
	assert_int_equal(get_reg(&client, E1000_MTA + 12), 0);
	hang_up(&client);
}

static void
doorbells_are_two_pages_in_a_file_that_cannot_shrink(void **state)
{
	const struct vfio_user_region_info asked = {.argsz = 4096, .index = REGS};
	struct {
		struct vfio_user_region_info info;
		uint16_t id, version;
		uint32_t next, nr_areas, reserved;
		struct vfio_user_area area;
	} told;
	struct client client;

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	map_bells(&client);
	memcpy(&told, client.body, sizeof(told));
	assert_int_equal(asked.argsz, 4096);
	assert_int_equal(told.info.flags, 3 | VFIO_USER_REGION_MMAP | VFIO_USER_REGION_CAPS);
	assert_int_equal(told.nr_areas, 1);
	assert_int_equal(told.area.offset, PLX_E1000_MODEL_RX_PAGE);
	assert_int_equal(told.area.size, 2 * PLX_E1000_MODEL_PAGE_LEN);
	assert_int_equal(ftruncate(client.bell_fd, 0), -1);
	/* A store is what a message would see, and the other way round. */
	set_reg(&client, E1000_TDLEN, 0x1000);
	assert_int_equal(plx_e1000_model_peek(plx_nicemu_model(card.nic), E1000_TDLEN), 0x1000);
	unmap_bells(&client);
	assert_int_equal(get_reg(&client, E1000_TDLEN), 0x1000);
	hang_up(&client);
}

static void
the_eeprom_holds_the_address(void **state)
{
	struct client client;
	uint32_t sum = 0;

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	for (uint32_t i = 0; i < PLX_E1000_MODEL_EEPROM_WORDS; i++)
		sum += eeprom_word(&client, i);
	assert_int_equal(sum & 0xffff, 0xbaba);
	assert_int_equal(eeprom_word(&client, 0), card_mac[0] | card_mac[1] << 8);
	assert_int_equal(eeprom_word(&client, 2), card_mac[4] | card_mac[5] << 8);
	hang_up(&client);
}

static void
what_cannot_be_is_refused_with_the_reason(void **state)
{
	struct plx_nicemu_options options = {
		.path = card.path, .mac = {0x02}, .send = wire_takes, .arg = &card};
	struct plx_nicemu *nic = NULL;
	const int before = lowest_free_fd();
	struct plx_why why;

	assert_int_equal(plx_nicemu_create(&options, &nic, &why), -EADDRINUSE);
	options.doorbells = true;
	assert_int_equal(plx_nicemu_create(&options, &nic, &why), -EADDRINUSE);
	options.mac[0] = 0x01;
	assert_int_equal(plx_nicemu_create(&options, &nic, &why), -EINVAL);
	assert_non_null(strstr(why.text, "01:00:00:00:00:00"));
	options.mac[0] = 0x02;
	options.path = "/nowhere/at/all.sock";
	assert_int_equal(plx_nicemu_create(&options, &nic, &why), -ENOENT);
	options.send = NULL;
	assert_int_equal(plx_nicemu_create(&options, &nic, &why), -EINVAL);
	assert_null(nic);
	assert_int_equal(lowest_free_fd(), before);
}

static void
the_next_driver_finds_a_card_after_reset(void **state)
{
	struct client client;
	uint16_t command = 1;
	uint8_t frame[60];

	make_frame(frame, sizeof(frame), 1);
	plx_e1000_model_eeprom(plx_nicemu_model(card.nic))[0x20] = 0x1234;
	drive(&client);
	set_reg(&client, E1000_IMS, UINT32_MAX);
	hang_up(&client);
	assert_int_equal(plx_nicemu_receive(card.nic, frame, sizeof(frame)), PLX_E1000_MODEL_DOWN);
	connect_client(&client);
	assert_int_equal(access_region(&client, VFIO_USER_REGION_CONFIG, 4, &command, 2, false), 0);
	assert_int_equal(command & 7, 0);
	set_command(&client, COMMAND_ALL);
	assert_int_equal(get_reg(&client, E1000_RCTL) & E1000_RCTL_EN, 0);
	assert_int_equal(get_reg(&client, E1000_IMS), 0);
	assert_int_equal(get_reg(&client, E1000_TDLEN), 0);
	assert_int_equal(get_reg(&client, E1000_STATUS) & E1000_STATUS_LU, 0);
	assert_int_equal(eeprom_word(&client, 0x20), 0x1234);
	hang_up(&client);
	assert_int_equal(card.changes, 4);
}

static void
a_reset_by_message_is_one_of_the_bus(void **state)
{
	struct client client;

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	set_reg(&client, E1000_RDLEN, 0x1000);
	assert_int_equal(ask(&client, VFIO_USER_DEVICE_RESET, NULL, 0), 0);
	set_command(&client, COMMAND_ALL);
	assert_int_equal(get_reg(&client, E1000_RDLEN), 0);
	hang_up(&client);
}

static void
a_second_driver_waits_until_the_first_is_gone(void **state)
{
	struct plx_nicemu_stats stats;
	struct client first, second;

	connect_client(&first);
	call_in(&second);
	say(&second, VFIO_USER_VERSION, 0, "\0\0\0\0", 5, NULL, 0);
	settle(&card);
	assert_false(plx_unixsock_readable(second.sock));
	set_command(&first, COMMAND_ALL);
	hang_up(&first);
	assert_int_equal(hear(&second), 0);
	assert_true(plx_nicemu_connected(card.nic));
	plx_nicemu_stats(card.nic, &stats);
	assert_int_equal(stats.drivers, 2);
	hang_up(&second);
}

/* Who had the pages may keep its map, and reaches nothing any more. */
static void
the_last_driver_cannot_ring_the_next_ones_bells(void **state)
{
	struct client first, second;
	uint8_t *kept;

	connect_client(&first);
	set_command(&first, COMMAND_ALL);
	map_bells(&first);
	kept = first.bells;
	first.bells = NULL;
	hang_up(&first);
	connect_client(&second);
	set_command(&second, COMMAND_ALL);
	map_bells(&second);
	memset(kept, 0xff, 2 * PLX_E1000_MODEL_PAGE_LEN);
	settle(&card);
	assert_int_equal(get_reg(&second, E1000_TDLEN), 0);
	set_reg(&second, E1000_TDLEN, 0x80);
	assert_int_equal(*(uint32_t *)(void *)(kept + E1000_TDLEN - 0x2000), UINT32_MAX);
	munmap(kept, 2 * PLX_E1000_MODEL_PAGE_LEN);
	hang_up(&second);
}

/* -- the line ----------------------------------------------------------------------------------------------------------- */

static void
the_line_is_told_again_after_each_unmask(void **state)
{
	struct client client;
	int fd;

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	fd = catch_line(&client);
	set_reg(&client, E1000_IMS, E1000_INT_LSC);
	assert_int_equal(told(fd), 0);
	set_reg(&client, E1000_ICS, E1000_INT_LSC);
	assert_int_equal(told(fd), 1);
	set_reg(&client, E1000_ICS, E1000_INT_LSC);
	assert_int_equal(told(fd), 0); /* it is up, and that was told */
	unmask_line(&client);
	assert_int_equal(told(fd), 1); /* it still is */
	get_reg(&client, E1000_ICR);
	unmask_line(&client);
	assert_int_equal(told(fd), 0); /* down */
	set_reg(&client, E1000_ICS, E1000_INT_LSC);
	assert_int_equal(told(fd), 1);
	close(fd);
	hang_up(&client);
}

static void
a_driver_may_vanish_with_an_interrupt_pending(void **state)
{
	struct client client;
	int fd, next;

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	fd = catch_line(&client);
	set_reg(&client, E1000_IMS, E1000_INT_LSC);
	set_reg(&client, E1000_ICS, E1000_INT_LSC);
	assert_int_equal(told(fd), 1);
	hang_up(&client);
	connect_client(&client);
	next = catch_line(&client);
	set_command(&client, COMMAND_ALL);
	unmask_line(&client);
	settle(&card);
	assert_int_equal(told(fd) + told(next), 0);
	set_reg(&client, E1000_IMS, E1000_INT_LSC);
	set_reg(&client, E1000_ICS, E1000_INT_LSC);
	assert_int_equal(told(next), 1);
	assert_int_equal(told(fd), 0);
	close(fd);
	close(next);
	hang_up(&client);
}

/* -- time --------------------------------------------------------------------------------------------------------------- */

static bool
is_ready(int fd, int timeout_ms)
{
	struct pollfd wanted = {.fd = fd, .events = POLLIN};

	return poll(&wanted, 1, timeout_ms) == 1;
}

static void
drain(struct plx_nicemu *nic, int fd)
{
	for (unsigned i = 0; i < 100 && is_ready(fd, 0); i++)
		plx_nicemu_poll(nic, BUDGET);
	assert_false(is_ready(fd, 0));
}

/* In place of the card whose clock skips, one that can be waited for: its fd. */
static int
waited_for(void)
{
	struct plx_nicemu_options options = {
		.path = card.path, .mac = {0x02}, .arg = &card, .send = wire_takes};
	int fd;

	assert_int_equal(plx_nicemu_fd(card.nic), -ENOTSUP);
	plx_nicemu_destroy(card.nic);
	assert_int_equal(plx_nicemu_create(&options, &card.nic, NULL), 0);
	fd = plx_nicemu_fd(card.nic);
	assert_true(fd >= 0);
	assert_int_equal(plx_nicemu_fd(card.nic), fd);
	drain(card.nic, fd);
	return fd;
}

/* The fd alone says when to poll: for messages, and for the half second that negotiation takes. */
static void
who_waits_is_woken_for_messages_and_timers(void **state)
{
	const uint64_t deadline = now_ms() + WAIT_MS;
	const int fd = waited_for();
	struct client client;
	uint8_t frame[60];

	call_in(&client);
	assert_true(is_ready(fd, WAIT_MS));
	assert_int_equal(greet(&client, 0, "{}"), 0);
	set_command(&client, COMMAND_ALL);
	assert_int_equal(get_reg(&client, E1000_ICR) & E1000_INT_LSC, 0);
	set_reg(&client, E1000_CTRL, E1000_CTRL_SLU | E1000_CTRL_ASDE);
	drain(card.nic, fd);
	while (!plx_e1000_model_is_up(plx_nicemu_model(card.nic)) && now_ms() < deadline) {
		assert_true(is_ready(fd, WAIT_MS));
		plx_nicemu_poll(card.nic, BUDGET);
	}
	assert_true(plx_e1000_model_is_up(plx_nicemu_model(card.nic)));
	drain(card.nic, fd);
	/* And for what a budget left over. */
	assert_int_equal(map_file(&client, MEMORY_AT, MEMORY_LEN, READS | WRITES, 0, memory_fd), 0);
	start_rings(&client, MEMORY_AT);
	card.stuck = true;
	for (unsigned i = 0; i < 5; i++)
		send_frame(&client, 60, 1);
	card.stuck = false;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(plx_nicemu_poll(card.nic, 2), 2);
		assert_true(is_ready(fd, WAIT_MS));
	}
	drain(card.nic, fd);
	assert_int_equal(card.n, 5);
	/* And for the interrupt of a frame that came between two turns. */
	set_reg(&client, E1000_RDTR, 1000);
	get_reg(&client, E1000_ICR);
	drain(card.nic, fd);
	make_frame(frame, sizeof(frame), 1);
	assert_int_equal(plx_nicemu_receive(card.nic, frame, sizeof(frame)), PLX_E1000_MODEL_TAKEN);
	assert_true(is_ready(fd, WAIT_MS));
	drain(card.nic, fd);
	assert_true((get_reg(&client, E1000_ICR) & E1000_INT_RXT0) != 0);
	hang_up(&client);
}

/* An interrupt is told in the turn that reads what asks for it; one that comes too soon after the last, once that time is over. */
static void
who_waits_is_woken_for_an_interrupt_that_was_held_back(void **state)
{
	const int fd = waited_for();
	struct client client;
	int line;

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	wait_for_link(&client); /* no other timer is left */
	line = catch_line(&client);
	set_reg(&client, E1000_ITR, 0xffff); /* 17 ms */
	set_reg(&client, E1000_IMS, E1000_INT_TXQE);
	set_reg(&client, E1000_ICS, E1000_INT_TXQE);
	assert_int_equal(told(line), 1);
	get_reg(&client, E1000_ICR);
	unmask_line(&client);
	set_reg(&client, E1000_ICS, E1000_INT_TXQE);
	drain(card.nic, fd);
	while (told(line) == 0) {
		assert_true(is_ready(fd, WAIT_MS));
		plx_nicemu_poll(card.nic, BUDGET);
	}
	close(line);
	hang_up(&client);
}

/* Where doorbells are polled, messages are looked for now and then: within 20 us and a few turns. */
static void
messages_are_not_forgotten_over_doorbells(void **state)
{
	struct client client;

	connect_client(&client);
	settle(&card);
	for (unsigned i = 0; i < 3; i++) {
		say(&client, VFIO_USER_DEVICE_RESET, 0, NULL, 0, NULL, 0);
		card.skipped_ns += 20000;
		for (unsigned turn = 0; turn < 16; turn++)
			plx_nicemu_poll(card.nic, BUDGET);
		assert_true(plx_unixsock_readable(client.sock));
		assert_int_equal(hear(&client), 0);
	}
	hang_up(&client);
}

/* What a message sets after a long sleep begins then, not when the card was last awake. */
static void
a_long_sleep_shortens_no_negotiation(void **state)
{
	struct client client;

	connect_client(&client);
	set_command(&client, COMMAND_ALL);
	wait_for_link(&client);
	card.skipped_ns += 10000000000;
	say(&client, VFIO_USER_DEVICE_RESET, 0, NULL, 0, NULL, 0);
	assert_int_equal(hear(&client), 0);
	set_command(&client, COMMAND_ALL);
	set_reg(&client, E1000_CTRL, E1000_CTRL_SLU | E1000_CTRL_ASDE);
	assert_int_equal(get_reg(&client, E1000_STATUS) & E1000_STATUS_LU, 0);
	wait_for_link(&client);
	hang_up(&client);
}

static void
a_card_that_ends_hangs_up_and_leaves_nothing(void **state)
{
	const int before = lowest_free_fd();
	struct client client;
	struct nic other;

	assert_int_equal(make_card(&other, "b", true), 0);
	client.sock = plx_unixsock_connect(other.path, NULL);
	client.id = 0;
	say(&client, VFIO_USER_VERSION, 0, "\0\0\0\0", 5, NULL, 0);
	settle(&other);
	assert_true(other.connected);
	plx_nicemu_destroy(other.nic);
	assert_false(other.connected);
	assert_string_equal(other.why, "the server ends");
	assert_int_equal(access(other.path, F_OK), -1);
	close(client.sock);
	assert_int_equal(lowest_free_fd(), before);
	plx_nicemu_destroy(NULL);
}

int
main(void)
{
#define CASE(name)	 cmocka_unit_test_setup_teardown(name, setup, teardown)
#define BELLS_CASE(name) cmocka_unit_test_setup_teardown(name, setup_bells, teardown)
	const struct CMUnitTest tests[] = {
		CASE(the_card_is_described),
		CASE(a_long_write_is_carried_out_word_by_word),
		BELLS_CASE(doorbells_are_two_pages_in_a_file_that_cannot_shrink),
		CASE(the_eeprom_holds_the_address),
		CASE(what_cannot_be_is_refused_with_the_reason),
		CASE(the_next_driver_finds_a_card_after_reset),
		CASE(a_reset_by_message_is_one_of_the_bus),
		CASE(a_second_driver_waits_until_the_first_is_gone),
		BELLS_CASE(the_last_driver_cannot_ring_the_next_ones_bells),
		CASE(the_line_is_told_again_after_each_unmask),
		CASE(a_driver_may_vanish_with_an_interrupt_pending),
		CASE(who_waits_is_woken_for_messages_and_timers),
		CASE(who_waits_is_woken_for_an_interrupt_that_was_held_back),
		BELLS_CASE(messages_are_not_forgotten_over_doorbells),
		CASE(a_long_sleep_shortens_no_negotiation),
		CASE(a_card_that_ends_hangs_up_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
