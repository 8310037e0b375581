/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages that the server reads many at a time: whose the files are, where one ends in what was read, what is left over. */
#include "toy_server.h"

#include <poll.h>
#include <sys/socket.h>

#define RW     (VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITEABLE)
#define PAGE   0x1000
#define ATONCE 64 /* messages of a poll() */

struct write {
	struct vfio_user_region_access access;
	uint8_t data[8];
};

static void
post_write(uint64_t offset, uint8_t value, uint32_t len)
{
	const struct write write = {{offset, 0, len}, {value, value, value}};

	say(0, VFIO_USER_REGION_WRITE, VFIO_USER_NO_REPLY, &write, sizeof(write.access) + len, NULL,
	    0);
}

static void
post_map(uint64_t address, int fd)
{
	const struct vfio_user_dma_map map = {sizeof(map), RW, 0, address, PAGE};

	say(0, VFIO_USER_DMA_MAP, VFIO_USER_NO_REPLY, &map, sizeof(map), &fd, fd >= 0 ? 1 : 0);
}

static bool
rings(void)
{
	struct pollfd fd = {.fd = plx_vfio_user_server_fd(toy.server), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static bool
has_file_at(uint64_t address)
{
	uint64_t len;

	return plx_vfio_user_server_find(toy.server, address, 1, true, &len) != NULL;
}

/* In front of the message, and behind it, are others that were sent before anything was read. */
static void
files_are_those_of_the_message_they_were_sent_with(void **state)
{
	int fd = memory(PAGE, MFD_ALLOW_SEALING), before;

	connect_toy();
	before = lowest_free_fd();
	post_write(1, 1, 3);
	post_map(1 * PAGE, -1);
	post_write(2, 2, 3);
	post_map(2 * PAGE, fd);
	post_map(3 * PAGE, -1);
	post_map(4 * PAGE, fd);
	post_map(5 * PAGE, fd);
	post_write(3, 3, 3);
	assert_true(nothing_is_heard());
	for (unsigned i = 1; i <= 5; i++)
		assert_int_equal(has_file_at(i * PAGE), i == 2 || i >= 4);
	assert_memory_equal(toy.bar + 1, "\1\2\3\3\3", 5);
	assert_int_equal(toy.accesses, 3);
	assert_int_equal(unmap_memory(0, 0, VFIO_USER_UNMAP_ALL), 0);
	assert_int_equal(lowest_free_fd(), before);
	close(fd);
}

/* Two messages in one call: the files are those of the one that may have some. */
static void
files_of_several_messages_in_one_call_go_to_who_may_have_them(void **state)
{
	const struct {
		struct vfio_user_head head;
		struct vfio_user_dma_map map;
		struct vfio_user_head head2;
		struct write write;
	} said = {{1, VFIO_USER_DMA_MAP, 48, VFIO_USER_NO_REPLY, 0},
		  {sizeof(said.map), RW, 0, PAGE, PAGE},
		  {2, VFIO_USER_REGION_WRITE, 40, VFIO_USER_NO_REPLY, 0},
		  {{0, 0, 8}, "second"}};
	int fd = memory(PAGE, MFD_ALLOW_SEALING);

	connect_toy();
	assert_int_equal(
		plx_unixsock_send(toy.sock, &said, sizeof(said), NULL, 0, &fd, 1, PATIENCE_MS), 0);
	assert_true(nothing_is_heard());
	assert_true(has_file_at(PAGE));
	assert_memory_equal(toy.bar, "second", 7);
	close(fd);
}

/* -- several messages with files, in one call --------------------------------------------------------------------------- */

/* What is to be sent in one call. */
static struct {
	uint8_t bytes[1024];
	size_t len;
} call;

static void
add(uint16_t command, const void *body, size_t len)
{
	const struct vfio_user_head head = {
		.command = command,
		.size = (uint32_t)(sizeof(head) + len),
		.flags = VFIO_USER_NO_REPLY,
	};

	memcpy(call.bytes + call.len, &head, sizeof(head));
	memcpy(call.bytes + call.len + sizeof(head), body, len);
	call.len += sizeof(head) + len;
}

static void
add_map(uint64_t address)
{
	const struct vfio_user_dma_map map = {sizeof(map), RW, 0, address, PAGE};

	add(VFIO_USER_DMA_MAP, &map, sizeof(map));
}

static void
add_write(uint64_t offset, uint8_t value)
{
	const struct write write = {{offset, 0, 1}, {value}};

	add(VFIO_USER_REGION_WRITE, &write, sizeof(write.access) + 1);
}

static void
add_intx(uint32_t data, uint32_t count)
{
	const struct vfio_user_irq_set set = {sizeof(set), data | VFIO_USER_SET_TRIGGER,
					      VFIO_USER_IRQ_INTX, 0, count};

	add(VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set));
}

static void
send_part(size_t len, const int *fds, unsigned nb_fds)
{
	assert_int_equal(
		plx_unixsock_send(toy.sock, call.bytes, len, NULL, 0, fds, nb_fds, PATIENCE_MS), 0);
	call.len -= len;
	memmove(call.bytes, call.bytes + len, call.len);
}

/* Each file has a byte of its own. */
static int
marked_memory(uint8_t mark)
{
	const int fd = memory(PAGE, MFD_ALLOW_SEALING);

	assert_int_equal(pwrite(fd, &mark, 1, 0), 1);
	return fd;
}

static uint8_t
mark_at(uint64_t address)
{
	uint64_t len;
	const uint8_t *at = plx_vfio_user_server_find(toy.server, address, 1, true, &len);

	return at != NULL ? *at : 0;
}

static void
files_of_one_call_are_its_messages_own_in_their_order(void **state)
{
	int fds[3], before, intx = eventfd(0, EFD_NONBLOCK);
	eventfd_t count;

	connect_toy();
	for (uint8_t i = 0; i < 3; i++)
		fds[i] = marked_memory((uint8_t)(i + 1));
	before = lowest_free_fd();
	post_write(9, 9, 1); /* in a call of its own, and not taken yet */
	add_write(0, 7);
	add_map(1 * PAGE);
	add_write(1, 8);
	add_map(2 * PAGE);
	add_intx(VFIO_USER_SET_EVENTFD, 1);
	add_map(3 * PAGE);
	send_part(call.len, (int[]){fds[0], fds[1], intx, fds[2]}, 4);
	post_map(4 * PAGE, -1);
	assert_true(nothing_is_heard());
	for (uint8_t i = 1; i <= 3; i++)
		assert_int_equal(mark_at(i * PAGE), i);
	assert_false(has_file_at(4 * PAGE));
	assert_memory_equal(toy.bar, "\7\10", 2);
	plx_vfio_user_server_intx(toy.server, true);
	assert_int_equal(eventfd_read(intx, &count), 0);
	add_intx(VFIO_USER_SET_NONE, 0); /* gives the eventfd back, and asks for none */
	add_map(5 * PAGE);
	send_part(call.len, fds, 1);
	assert_true(nothing_is_heard());
	assert_int_equal(mark_at(5 * PAGE), 1);
	assert_int_equal(unmap_memory(0, 0, VFIO_USER_UNMAP_ALL), 0);
	assert_int_equal(lowest_free_fd(), before);
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	close(intx);
}

/* One of two has a file, and SCM_RIGHTS does not say which. */
static void
files_that_could_be_of_two_messages_are_refused(void **state)
{
	int fd = marked_memory(1);

	connect_toy();
	add_map(1 * PAGE);
	add_map(2 * PAGE);
	send_part(call.len, &fd, 1);
	was_sent_away("whose they are cannot be told");
	close(fd);
}

/* The first has two, and is refused; of the third, a write, no more than the beginning of its head came with a file. */
static void
a_surplus_file_is_not_the_next_messages(void **state)
{
	int fds[2] = {marked_memory(1), marked_memory(2)}, before;

	connect_toy();
	before = lowest_free_fd();
	add_map(1 * PAGE);
	send_part(call.len, fds, 2);
	post_map(2 * PAGE, -1);
	assert_true(nothing_is_heard());
	add_write(0, 5);
	send_part(5, fds, 1);
	send_part(call.len, NULL, 0);
	post_map(3 * PAGE, -1);
	assert_true(nothing_is_heard());
	assert_int_equal(toy.bar[0], 5);
	assert_false(has_file_at(1 * PAGE));
	assert_false(has_file_at(2 * PAGE));
	assert_false(has_file_at(3 * PAGE));
	assert_int_equal(lowest_free_fd(), before);
	close(fds[0]);
	close(fds[1]);
}

/* With a write came the beginning of another one's head, and a file: it is nobody's, and nobody gets it later. */
static void
a_file_behind_which_a_head_breaks_off_is_not_the_next_messages(void **state)
{
	int fd = marked_memory(1), before;

	connect_toy();
	before = lowest_free_fd();
	add_write(0, 5);
	add_write(1, 6);
	send_part(call.len / 2 + 3, &fd, 1);
	send_part(call.len, NULL, 0);
	post_map(PAGE, -1);
	assert_true(nothing_is_heard());
	assert_memory_equal(toy.bar, "\5\6", 2);
	assert_false(has_file_at(PAGE));
	assert_int_equal(lowest_free_fd(), before);
	close(fd);
}

/* Sizes and numbers such that each place of a message comes to lie where what was read ahead ends. */
static void
messages_may_lie_across_what_is_read_at_once(void **state)
{
	unsigned n = 0;

	connect_toy();
	for (uint32_t len = 1; len <= 8; len++) {
		for (unsigned i = 0; i < 150; i++)
			post_write(n++ % 256, (uint8_t)i, len);
		while (rings())
			plx_vfio_user_server_poll(toy.server);
		assert_int_equal(toy.accesses, n);
		assert_int_equal(toy.bar[(n - 1) % 256], 149);
	}
}

static void
a_long_message_ends_behind_what_was_read(void **state)
{
	static struct {
		struct vfio_user_region_access access;
		uint8_t data[TOY_BAR];
	} write = {{0, 0, TOY_BAR}, {0}};

	for (unsigned i = 0; i < TOY_BAR; i++)
		write.data[i] = (uint8_t)(i * 7 + i / 256);
	connect_toy();
	post_write(0, 1, 8);
	say(0, VFIO_USER_REGION_WRITE, VFIO_USER_NO_REPLY, &write, sizeof(write), NULL, 0);
	say(0, VFIO_USER_DEVICE_RESET, VFIO_USER_NO_REPLY, NULL, 0, NULL, 0);
	assert_true(nothing_is_heard());
	assert_memory_equal(toy.bar, write.data, TOY_BAR);
	assert_int_equal(toy.resets, 1);
}

/* The socket is silent then, but who sleeps on the fd is woken. */
static void
what_was_read_and_not_carried_out_keeps_the_fd_readable(void **state)
{
	connect_toy();
	for (unsigned i = 0; i < ATONCE + 5; i++)
		post_write(i, 1, 1);
	assert_int_equal(plx_vfio_user_server_poll(toy.server), ATONCE);
	assert_true(rings());
	assert_int_equal(plx_vfio_user_server_poll(toy.server), 5);
	assert_false(rings());
	assert_int_equal(plx_vfio_user_server_poll(toy.server), 0);
}

static int
access_and_post(void *arg, unsigned region, uint64_t offset, void *data, uint32_t len, bool write)
{
	toy.accesses++;
	if (toy.accesses == 1)
		post_write(0, 2, 1);
	return 0;
}

/* A look for more would be a system call for each message of a driver that has just written: the fd tells as well. */
static void
what_comes_meanwhile_is_for_the_next_call(void **state)
{
	connect_toy();
	toy.device.access = access_and_post;
	post_write(0, 1, 1);
	assert_int_equal(plx_vfio_user_server_poll(toy.server), 1);
	assert_true(rings());
	assert_int_equal(plx_vfio_user_server_poll(toy.server), 1);
	assert_false(rings());
	assert_int_equal(toy.accesses, 2);
}

/* While an answer was waited for, commands came with it. */
static void
what_comes_behind_an_answer_keeps_the_fd_readable(void **state)
{
	const struct {
		struct vfio_user_head head;
		struct vfio_user_dma_access access;
		uint32_t data;
		struct vfio_user_head reset;
	} said = {{0, VFIO_USER_DMA_READ, 36, VFIO_USER_TYPE_REPLY, 0},
		  {PAGE, 4},
		  77,
		  {9, VFIO_USER_DEVICE_RESET, 16, VFIO_USER_NO_REPLY, 0}};
	uint32_t got = 0;

	connect_toy();
	assert_int_equal(map_memory(PAGE, PAGE, RW, 0, -1), 0);
	assert_int_equal(write(toy.sock, &said, 52), 52);
	assert_int_equal(plx_vfio_user_server_read(toy.server, PAGE, &got, 4), 0);
	assert_int_equal(got, 77);
	assert_int_equal(toy.resets, 0);
	assert_true(rings());
	assert_int_equal(plx_vfio_user_server_poll(toy.server), 1);
	assert_int_equal(toy.resets, 1);
	assert_false(rings());
}

/* Whole ones are carried out; what follows is an end in the middle. */
static void
an_end_behind_messages_comes_after_them(void **state)
{
	const uint8_t part[7] = {0};
	int before;

	connect_toy();
	before = lowest_free_fd();
	post_write(0, 5, 1);
	post_map(PAGE, toy.sock); /* no memory */
	assert_int_equal(write(toy.sock, part, sizeof(part)), sizeof(part));
	shutdown(toy.sock, SHUT_WR);
	while (rings())
		plx_vfio_user_server_poll(toy.server);
	assert_int_equal(toy.bar[0], 5);
	assert_non_null(strstr(toy.why, "breaks off in its first"));
	assert_true(lowest_free_fd() <= before);
}

static void
files_of_a_head_in_two_parts_are_too_many_together(void **state)
{
	const struct vfio_user_head head = {1, VFIO_USER_DEVICE_RESET, 16, 0, 0};
	const uint8_t *part = (const uint8_t *)&head;
	int before, fds[10];

	connect_toy();
	before = lowest_free_fd();
	for (unsigned i = 0; i < PLX_ARRAY_LEN(fds); i++)
		fds[i] = toy.sock;
	assert_int_equal(plx_unixsock_send(toy.sock, part, 5, NULL, 0, fds, 10, PATIENCE_MS), 0);
	assert_int_equal(plx_unixsock_send(toy.sock, part + 5, 11, NULL, 0, fds, 10, PATIENCE_MS),
			 0);
	was_sent_away("more than 16 files");
	assert_int_equal(lowest_free_fd(), before);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, toy_setup, toy_teardown)
	const struct CMUnitTest tests[] = {
		CASE(files_are_those_of_the_message_they_were_sent_with),
		CASE(files_of_several_messages_in_one_call_go_to_who_may_have_them),
		CASE(files_of_one_call_are_its_messages_own_in_their_order),
		CASE(files_that_could_be_of_two_messages_are_refused),
		CASE(a_surplus_file_is_not_the_next_messages),
		CASE(a_file_behind_which_a_head_breaks_off_is_not_the_next_messages),
		CASE(messages_may_lie_across_what_is_read_at_once),
		CASE(a_long_message_ends_behind_what_was_read),
		CASE(what_was_read_and_not_carried_out_keeps_the_fd_readable),
		CASE(what_comes_meanwhile_is_for_the_next_call),
		CASE(what_comes_behind_an_answer_keeps_the_fd_readable),
		CASE(files_of_a_head_in_two_parts_are_too_many_together),
		CASE(an_end_behind_messages_comes_after_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
