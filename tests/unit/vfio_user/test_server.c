/* SPDX-License-Identifier: BSD-3-Clause */
/* The server against scripted clients: commands, and everything that a client may get wrong or do on purpose. */
#include "fds.h"
#include "toy_server.h"

#include <poll.h>

#define RW (VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITEABLE)

struct write {
	struct vfio_user_region_access access;
	uint8_t data[8];
};

/* -- who gets in ---------------------------------------------------------------------------------------------------- */

static void
a_version_is_agreed_on_once(void **state)
{
	connect_toy();
	assert_non_null(strstr((char *)toy.body + 4, "\"max_msg_fds\":16"));
	assert_int_equal(greet(0, "", NULL), EINVAL);
	assert_true(plx_vfio_user_server_connected(toy.server));
}

static void
another_version_is_refused(void **state)
{
	call_in();
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(greet(1, "", NULL), EINVAL);
	was_sent_away("");
	close(toy.sock);
	plx_vfio_user_server_poll(toy.server);
	call_in();
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(greet(0, "{\"capabilities\":{\"max_msg_fds\":-1}}", NULL), EINVAL);
	was_sent_away("");
}

static void
nothing_comes_before_a_version(void **state)
{
	call_in();
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(ask(VFIO_USER_DEVICE_RESET, NULL, 0), EPROTO);
	assert_int_equal(toy.resets, 0);
	was_sent_away("");
}

static void
raw(const void *bytes, size_t len)
{
	assert_int_equal(write(toy.sock, bytes, len), len);
}

static void
garbage_ends_the_conversation(void **state)
{
	static const uint8_t garbage[64] = "GET / HTTP/1.1\r\nHost: pollux.example.org\r\n\r\n";
	struct vfio_user_head head = {.command = VFIO_USER_DEVICE_RESET, .size = 15};

	connect_toy();
	raw(garbage, sizeof(garbage));
	was_sent_away("does not speak vfio-user");
	raw(&head, sizeof(head));
	was_sent_away("of 15 bytes");
	head.size = VFIO_USER_BODY_MAX + 17;
	raw(&head, sizeof(head));
	was_sent_away("does not speak vfio-user");
	head = (struct vfio_user_head){.size = 16, .flags = 2};
	raw(&head, sizeof(head));
	was_sent_away("does not speak vfio-user");
	head = (struct vfio_user_head){.size = 16, .command = 11, .flags = VFIO_USER_TYPE_REPLY};
	raw(&head, sizeof(head));
	was_sent_away("an answer to what was not asked: 11 (DMA_READ)");
	assert_int_equal(toy.resets, 0);
}

static void
a_message_that_breaks_off_is_told(void **state)
{
	const struct vfio_user_head head = {.command = VFIO_USER_REGION_READ, .size = 32};

	connect_toy();
	raw(&head, 7);
	hang_up();
	assert_non_null(strstr(toy.why, "breaks off in its first 16 bytes"));
	connect_toy();
	raw(&head, sizeof(head));
	hang_up();
	assert_non_null(strstr(toy.why, "(REGION_READ) breaks off, the other end has hung up"));
	connect_toy();
	raw(&head, sizeof(head)); /* and then nothing: waited for, not for ever */
	was_sent_away("breaks off, Connection timed out");
}

static void
the_next_client_is_served_when_one_is_gone(void **state)
{
	int first, second;

	connect_toy();
	first = toy.sock;
	toy.bar[0] = 7;
	call_in();
	second = toy.sock;
	assert_true(nothing_is_heard());
	say(1, VFIO_USER_VERSION, 0, "\0\0\0\0", 4, NULL, 0);
	assert_true(nothing_is_heard());
	/* Nor does the server's own thread run in circles meanwhile. */
	assert_false(plx_unixsock_readable(plx_vfio_user_server_fd(toy.server)));
	close(first);
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(toy.gones, 1);
	plx_vfio_user_server_poll(toy.server);
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(hear(second), 0);
	assert_true(plx_vfio_user_server_connected(toy.server));
	assert_int_equal(toy.bar[0], 7); /* the device keeps its state */
}

/* -- what the device is ---------------------------------------------------------------------------------------------- */

static void
the_device_is_described(void **state)
{
	struct vfio_user_device_info info = {.argsz = sizeof(info)};
	struct vfio_user_irq_info irq = {.argsz = sizeof(irq), .index = PLX_VFIO_USER_IRQ_MSIX};
	struct vfio_user_region_info region = {.argsz = sizeof(region)};

	connect_toy();
	assert_int_equal(ask(VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info)), 0);
	memcpy(&info, toy.body, sizeof(info));
	assert_int_equal(info.flags, VFIO_USER_DEVICE_PCI | VFIO_USER_DEVICE_RESETS);
	assert_int_equal(info.num_regions, 9);
	assert_int_equal(info.num_irqs, 5);
	assert_int_equal(ask(VFIO_USER_DEVICE_GET_IRQ_INFO, &irq, sizeof(irq)), 0);
	memcpy(&irq, toy.body, sizeof(irq));
	assert_int_equal(irq.count, TOY_VECTORS);
	assert_int_equal(ask(VFIO_USER_DEVICE_GET_REGION_INFO, &region, sizeof(region)), 0);
	memcpy(&region, toy.body, sizeof(region));
	assert_int_equal(region.size, TOY_BAR);
	assert_int_equal(region.flags, 3);
	region = (struct vfio_user_region_info){.argsz = sizeof(region), .index = 3};
	assert_int_equal(ask(VFIO_USER_DEVICE_GET_REGION_INFO, &region, sizeof(region)), 0);
	memcpy(&region, toy.body, sizeof(region));
	assert_int_equal(region.size, 0);
	assert_int_equal(region.flags, 0);
	region = (struct vfio_user_region_info){.argsz = sizeof(region), .index = 9};
	assert_int_equal(ask(VFIO_USER_DEVICE_GET_REGION_INFO, &region, sizeof(region)), EINVAL);
	irq.index = 5;
	assert_int_equal(ask(VFIO_USER_DEVICE_GET_IRQ_INFO, &irq, sizeof(irq)), EINVAL);
}

static void
areas_come_with_their_file_to_who_has_room(void **state)
{
	struct vfio_user_region_info info = {.argsz = sizeof(info)};
	const size_t full = sizeof(info) + sizeof(struct vfio_user_sparse_mmap) + 16;
	struct plx_vfio_user_area area;
	int fd;

	toy.device.region[0].fd = memory(0x8000, 0);
	toy.device.region[0].fd_offset = 0x4000;
	toy.device.region[0].nb_areas = 1;
	toy.device.region[0].area[0] = (struct plx_vfio_user_area){0x1000, 0x2000};
	connect_toy();
	assert_int_equal(
		ask_fds(VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info), NULL, 0, &fd), 0);
	assert_int_equal(fd, -1);
	memcpy(&info, toy.body, sizeof(info));
	assert_int_equal(toy.msg.len, sizeof(info));
	assert_int_equal(info.argsz, full);
	assert_int_equal(info.flags & VFIO_USER_REGION_CAPS, 0);
	info = (struct vfio_user_region_info){.argsz = (uint32_t)full};
	assert_int_equal(
		ask_fds(VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info), NULL, 0, &fd), 0);
	memcpy(&info, toy.body, sizeof(info));
	assert_int_equal(toy.msg.len, full);
	assert_int_equal(info.flags & 0xc, VFIO_USER_REGION_MMAP | VFIO_USER_REGION_CAPS);
	assert_int_equal(info.cap_offset, sizeof(info));
	assert_int_equal(info.offset, 0x4000);
	memcpy(&area, toy.body + full - sizeof(area), sizeof(area));
	assert_int_equal(area.offset, 0x1000);
	assert_int_equal(area.size, 0x2000);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 0x9000), 0); /* it is the file */
	close(fd);
	close(toy.device.region[0].fd);
}

static void
too_short_is_refused(void **state)
{
	static const uint8_t zeroes[32];

	connect_toy();
	for (uint16_t command = 2; command < VFIO_USER_COMMAND_MAX + 3; command++) {
		const bool known = strcmp(vfio_user_name(command), "?") != 0 && command != 11 &&
				   command != 12 && command != 6;
		int ret = ask(command, zeroes, 3);

		if (command == VFIO_USER_DEVICE_RESET)
			continue;
		assert_int_equal(ret, known ? EINVAL : ENOSYS);
		/* All of it, and argsz says that there is none. */
		if (known && command <= VFIO_USER_DEVICE_SET_IRQS)
			assert_int_equal(ask(command, zeroes, sizeof(zeroes)), EINVAL);
	}
	assert_int_equal(toy.accesses, 0);
}

/* -- accesses ----------------------------------------------------------------------------------------------------------- */

static int
read_region(uint32_t region, uint64_t offset, uint32_t count)
{
	const struct vfio_user_region_access access = {offset, region, count};

	return ask(VFIO_USER_REGION_READ, &access, sizeof(access));
}

static void
regions_are_read_and_written(void **state)
{
	struct write write = {{0x10, 0, 8}, "abcdefg"};

	connect_toy();
	assert_int_equal(ask(VFIO_USER_REGION_WRITE, &write, sizeof(write)), 0);
	assert_int_equal(toy.msg.len, 16);
	assert_memory_equal(toy.bar + 0x10, "abcdefg", 8);
	assert_int_equal(read_region(0, 0x10, 8), 0);
	assert_int_equal(toy.msg.len, 24);
	assert_memory_equal(toy.body + 16, "abcdefg", 8);
	assert_int_equal(read_region(PLX_VFIO_USER_REGION_CONFIG, 0, 256), 0);
}

static void
accesses_stay_inside_their_region(void **state)
{
	struct write write = {{TOY_BAR - 4, 0, 8}, ""};

	connect_toy();
	assert_int_equal(read_region(0, TOY_BAR - 4, 8), EINVAL);
	assert_int_equal(read_region(0, TOY_BAR + 1, 0), EINVAL);
	assert_int_equal(read_region(0, UINT64_MAX - 3, 8), EINVAL);
	assert_int_equal(read_region(0, 0, UINT32_MAX), E2BIG);
	assert_int_equal(read_region(2, 0, 1), EINVAL);
	assert_int_equal(read_region(9, 0, 1), EINVAL);
	assert_int_equal(read_region(UINT32_MAX, 0, 1), EINVAL);
	assert_int_equal(ask(VFIO_USER_REGION_WRITE, &write, sizeof(write)), EINVAL);
	write.access = (struct vfio_user_region_access){0, 0, 9};
	assert_int_equal(ask(VFIO_USER_REGION_WRITE, &write, sizeof(write)), EINVAL);
	write.access = (struct vfio_user_region_access){0, TOY_READ_ONLY, 8};
	assert_int_equal(ask(VFIO_USER_REGION_WRITE, &write, sizeof(write)), EPERM);
	assert_int_equal(toy.accesses, 0);
}

static void
what_wants_no_answer_gets_none(void **state)
{
	struct write write = {{0, 0, 8}, "posted!"};

	connect_toy();
	say(1, VFIO_USER_REGION_WRITE, VFIO_USER_NO_REPLY, &write, sizeof(write), NULL, 0);
	write.access.offset = TOY_BAR; /* not even an error */
	say(2, VFIO_USER_REGION_WRITE, VFIO_USER_NO_REPLY, &write, sizeof(write), NULL, 0);
	say(3, 99, VFIO_USER_NO_REPLY, NULL, 0, NULL, 0);
	assert_true(nothing_is_heard());
	assert_memory_equal(toy.bar, "posted!", 8);
	assert_int_equal(toy.accesses, 1);
	assert_int_equal(read_region(0, 0, 8), 0);
}

/* Nobody hears of them but the books. */
static void
posted_writes_that_fail_are_counted(void **state)
{
	struct write write = {{TOY_BAR, 0, 8}, "nowhere"};
	struct {
		uint64_t count;
		struct vfio_user_write_multi write[3];
	} multi = {3, {{TOY_BAR, 0, 4, "one"}, {8, 0, 4, "two"}, {0, 77, 1, "3"}}};
	struct plx_vfio_user_server_stats stats;

	connect_toy();
	say(1, VFIO_USER_REGION_WRITE, VFIO_USER_NO_REPLY, &write, sizeof(write), NULL, 0);
	say(2, VFIO_USER_REGION_WRITE_MULTI, VFIO_USER_NO_REPLY, &multi, sizeof(multi), NULL, 0);
	assert_true(nothing_is_heard());
	assert_memory_equal(toy.bar + 8, "two", 4); /* one that fails takes no other with it */
	plx_vfio_user_server_stats(toy.server, &stats);
	assert_int_equal(stats.posted_failed, 3);
	assert_int_equal(stats.refused, 0);
	assert_int_equal(stats.commands, 3);
	assert_int_equal(read_region(0, TOY_BAR, 8), EINVAL);
	plx_vfio_user_server_stats(toy.server, &stats);
	assert_int_equal(stats.posted_failed, 3);
	assert_int_equal(stats.refused, 1);
}

static void
clients_are_counted_and_announced(void **state)
{
	struct plx_vfio_user_server_stats stats;
	const uint8_t noise[16] = {0xff, 0xff};
	struct pollfd fd = {.fd = plx_vfio_user_server_fd(toy.server), .events = POLLIN};

	connect_toy();
	assert_int_equal(toy.comes, 1);
	hang_up(); /* which is no fault */
	connect_toy();
	assert_int_equal(write(toy.sock, noise, sizeof(noise)), sizeof(noise));
	was_sent_away("does not speak vfio-user");
	assert_int_equal(toy.comes, 3);
	assert_int_equal(toy.gones, 2);
	/* Who sleeps on the fd can: what was done is not told again. */
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(poll(&fd, 1, 0), 0);
	plx_vfio_user_server_stats(toy.server, &stats);
	assert_int_equal(stats.clients, 3);
	assert_int_equal(stats.sent_away, 1);
}

static void
many_writes_come_in_one_message(void **state)
{
	struct {
		uint64_t count;
		struct vfio_user_write_multi write[3];
	} multi = {3, {{0, 0, 4, "one"}, {8, 0, 8, "twotwot"}, {16, 0, 1, "3"}}};

	connect_toy();
	assert_int_equal(ask(VFIO_USER_REGION_WRITE_MULTI, &multi, sizeof(multi)), 0);
	assert_memory_equal(toy.bar, "one\0\0\0\0\0twotwot\0003", 17);
	multi.write[1].count = 9;
	assert_int_equal(ask(VFIO_USER_REGION_WRITE_MULTI, &multi, sizeof(multi)), EINVAL);
	multi.count = 4;
	assert_int_equal(ask(VFIO_USER_REGION_WRITE_MULTI, &multi, sizeof(multi)), EINVAL);
	multi.count = UINT64_MAX / 8;
	assert_int_equal(ask(VFIO_USER_REGION_WRITE_MULTI, &multi, sizeof(multi)), EINVAL);
}

static void
commands_are_carried_out_in_order_many_at_a_time(void **state)
{
	connect_toy();
	for (uint16_t i = 0; i < 200; i++) {
		struct write write = {{0, 0, 8}, {(uint8_t)i}};

		say(i, VFIO_USER_REGION_WRITE, VFIO_USER_NO_REPLY, &write, sizeof(write), NULL, 0);
	}
	for (unsigned i = 0; i < 4; i++)
		plx_vfio_user_server_poll(toy.server);
	assert_int_equal(toy.accesses, 200);
	assert_int_equal(toy.bar[0], 199);
	assert_int_equal(ask(VFIO_USER_DEVICE_RESET, NULL, 0), 0);
	assert_int_equal(toy.resets, 1);
}

/* -- files ------------------------------------------------------------------------------------------------------------------- */

static void
files_that_do_not_belong_are_closed(void **state)
{
	int before, fds[VFIO_USER_FDS_MAX + 1];

	connect_toy();
	before = lowest_free_fd();
	for (unsigned i = 0; i < PLX_ARRAY_LEN(fds); i++)
		fds[i] = toy.sock;
	assert_int_equal(ask_fds(VFIO_USER_DEVICE_RESET, NULL, 0, fds, VFIO_USER_FDS_MAX, NULL), 0);
	assert_int_equal(map_memory(0, 0x1000, RW, 0, toy.sock), EINVAL);
	assert_int_equal(lowest_free_fd(), before);
	say(1, VFIO_USER_DEVICE_RESET, 0, NULL, 0, fds, PLX_ARRAY_LEN(fds));
	was_sent_away("more than 16 files");
	assert_int_equal(lowest_free_fd(), before);
}

/* Its client is told by the end of the conversation, its device by a sentence. */
static void
a_server_that_ends_leaves_nothing(void **state)
{
	const unsigned before = open_fds();
	int fd = memory(0x1000, MFD_ALLOW_SEALING);

	connect_toy();
	assert_int_equal(map_memory(0x1000, 0x1000, VFIO_USER_DMA_READABLE, 0, fd), 0);
	plx_vfio_user_server_destroy(toy.server);
	toy.server = NULL;
	assert_int_equal(toy.gones, 1);
	assert_string_equal(toy.why, "the server ends");
	assert_int_equal(toy.unmaps, 1);
	assert_int_equal(hear(toy.sock), -ECONNRESET);
	assert_true(access(toy.path, F_OK) != 0);
	plx_unixsock_close_fds(&toy.sock, 1);
	close(fd);
	/* Three of its own: the listener, epoll and what rings. */
	assert_int_equal(open_fds(), before - 3);
}

static void
a_bad_device_is_refused(void **state)
{
	struct plx_vfio_user_device device = toy.device;
	struct plx_vfio_user_server *server = NULL;
	struct plx_why why;

	device.access = NULL;
	assert_int_equal(plx_vfio_user_server_create("/tmp/x", &device, &server, &why), -EINVAL);
	device = toy.device;
	device.irqs[PLX_VFIO_USER_IRQ_MSIX] = PLX_VFIO_USER_SERVER_IRQS_MAX + 1;
	assert_int_equal(plx_vfio_user_server_create("/tmp/x", &device, &server, &why), -EINVAL);
	device = toy.device;
	device.region[0].nb_areas = 1;
	device.region[0].area[0] = (struct plx_vfio_user_area){0x3000, 0x2000};
	assert_int_equal(plx_vfio_user_server_create("/tmp/x", &device, &server, &why), -EINVAL);
	assert_non_null(strstr(why.text, "area 0 of region 0"));
	device.region[0].area[0] = (struct plx_vfio_user_area){0x1000, 0x800};
	assert_int_equal(plx_vfio_user_server_create("/tmp/x", &device, &server, &why), -EINVAL);
	device.region[0].area[0] = (struct plx_vfio_user_area){0x800, 0x1000};
	assert_int_equal(plx_vfio_user_server_create("/tmp/x", &device, &server, &why), -EINVAL);
	device.region[0].area[0] = (struct plx_vfio_user_area){0x1000, 0};
	assert_int_equal(plx_vfio_user_server_create("/tmp/x", &device, &server, &why), -EINVAL);
	assert_int_equal(plx_vfio_user_server_create(toy.path, &toy.device, &server, &why),
			 -EADDRINUSE);
	assert_null(server);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, toy_setup, toy_teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_version_is_agreed_on_once),
		CASE(another_version_is_refused),
		CASE(nothing_comes_before_a_version),
		CASE(garbage_ends_the_conversation),
		CASE(a_message_that_breaks_off_is_told),
		CASE(the_next_client_is_served_when_one_is_gone),
		CASE(the_device_is_described),
		CASE(areas_come_with_their_file_to_who_has_room),
		CASE(too_short_is_refused),
		CASE(regions_are_read_and_written),
		CASE(accesses_stay_inside_their_region),
		CASE(what_wants_no_answer_gets_none),
		CASE(posted_writes_that_fail_are_counted),
		CASE(clients_are_counted_and_announced),
		CASE(many_writes_come_in_one_message),
		CASE(commands_are_carried_out_in_order_many_at_a_time),
		CASE(files_that_do_not_belong_are_closed),
		CASE(a_server_that_ends_leaves_nothing),
		CASE(a_bad_device_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
