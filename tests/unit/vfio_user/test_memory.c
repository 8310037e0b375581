/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's memory and interrupts as the server sees them: maps that lie, shrink, or are none; lines and vectors. */
#include "toy_server.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#define RO   VFIO_USER_DMA_READABLE
#define RW   (VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITEABLE)
#define PAGE 0x1000

/* -- files ------------------------------------------------------------------------------------------------------------ */

static void
maps_are_found_and_forgotten(void **state)
{
	int fd = memory(2 * PAGE, MFD_ALLOW_SEALING);
	uint64_t len;
	uint8_t *at;

	connect_toy();
	assert_int_equal(map_memory(0x10000, PAGE, RW, PAGE, fd), 0);
	assert_int_equal(map_memory(0x10000, PAGE, RW, PAGE, fd), 0); /* again is fine */
	at = plx_vfio_user_server_find(toy.server, 0x10010, 64, true, &len);
	assert_non_null(at);
	assert_int_equal(len, 64);
	at[0] = 'x';
	assert_int_equal(pread(fd, &len, 1, PAGE + 0x10), 1);
	assert_int_equal((char)len, 'x');
	assert_non_null(plx_vfio_user_server_find(toy.server, 0x10ff0, 64, true, &len));
	assert_int_equal(len, 16);
	assert_null(plx_vfio_user_server_find(toy.server, 0xffff, 1, false, &len));
	assert_null(plx_vfio_user_server_find(toy.server, 0x11000, 1, false, &len));
	assert_null(plx_vfio_user_server_find(toy.server, UINT64_MAX, 1, false, &len));
	assert_int_equal(unmap_memory(0x10000, PAGE - 1, 0), ENOENT);
	assert_int_equal(unmap_memory(0x10001, PAGE, 0), ENOENT);
	assert_int_equal(unmap_memory(0x10000, PAGE, 1), EINVAL);
	assert_int_equal(unmap_memory(0x10000, PAGE, VFIO_USER_UNMAP_ALL), EINVAL);
	assert_int_equal(toy.unmaps, 0);
	assert_int_equal(unmap_memory(0x10000, PAGE, 0), 0);
	assert_int_equal(toy.msg.len, sizeof(struct vfio_user_dma_unmap));
	assert_int_equal(toy.unmaps, 1);
	assert_null(plx_vfio_user_server_find(toy.server, 0x10010, 64, true, &len));
	close(fd);
}

static void
maps_that_cannot_be_are_refused(void **state)
{
	int fd = memory(2 * PAGE, MFD_ALLOW_SEALING), before;

	connect_toy();
	before = lowest_free_fd();
	assert_int_equal(map_memory(0x10000, 2 * PAGE, RW, 0, fd), 0);
	assert_int_equal(map_memory(0xf000, 2 * PAGE, RW, 0, fd), EEXIST);
	assert_int_equal(map_memory(0x11000, PAGE, RW, 0, fd), EEXIST);
	assert_int_equal(map_memory(0x10000, 2 * PAGE, RO, 0, fd), EEXIST);
	assert_int_equal(map_memory(0x8000, 0x100000, RW, 0, -1), EEXIST);
	assert_int_equal(map_memory(0x20000, 0, RW, 0, fd), EINVAL);
	assert_int_equal(map_memory(0x20000, PAGE, 0, 0, fd), EINVAL);
	assert_int_equal(map_memory(0x20000, PAGE, RW | 4, 0, fd), EINVAL);
	assert_int_equal(map_memory(UINT64_MAX - 0xffe, PAGE, RW, 0, fd), EINVAL);
	assert_int_equal(map_memory(0x20000, 3 * PAGE, RW, 0, fd), EINVAL);
	assert_int_equal(map_memory(0x20000, PAGE, RW, UINT64_MAX - 1, fd), EINVAL);
	assert_int_equal(map_memory(0x20000, UINT64_MAX - 0x20000, RW, 0, fd), EINVAL);
	assert_int_equal(lowest_free_fd(), before);
	close(fd);
}

static void
storms_of_maps_are_bounded(void **state)
{
	int fd = memory(PAGE, MFD_ALLOW_SEALING), before;
	uint64_t len;

	connect_toy();
	before = lowest_free_fd();
	for (unsigned round = 0; round < 2; round++) {
		/* From both ends to the middle, so that each place of the table is taken. */
		for (unsigned i = 0; i < PLX_VFIO_USER_SERVER_MAPS_MAX; i++) {
			uint64_t place =
				i % 2 == 0 ? i / 2 : PLX_VFIO_USER_SERVER_MAPS_MAX - 1 - i / 2;

			assert_int_equal(map_memory(place * PAGE, PAGE, RW, 0, fd), 0);
		}
		assert_int_equal(map_memory(1ull << 40, PAGE, RW, 0, fd), ENOSPC);
		for (unsigned i = 0; i < PLX_VFIO_USER_SERVER_MAPS_MAX; i++)
			assert_non_null(
				plx_vfio_user_server_find(toy.server, i * PAGE + 5, 1, true, &len));
		assert_int_equal(unmap_memory(0, 0, VFIO_USER_UNMAP_ALL), 0);
		assert_int_equal(toy.unmaps, (round + 1) * PLX_VFIO_USER_SERVER_MAPS_MAX);
	}
	assert_int_equal(lowest_free_fd(), before);
	close(fd);
}

static void
copies_straddle_maps(void **state)
{
	int fd = memory(3 * PAGE, MFD_ALLOW_SEALING);
	char text[32] = "across the border of two maps!", back[32];

	connect_toy();
	/* Neighbours in address that are none in the file. */
	assert_int_equal(map_memory(0x10000, PAGE, RW, 2 * PAGE, fd), 0);
	assert_int_equal(map_memory(0x11000, PAGE, RW, 0, fd), 0);
	assert_int_equal(map_memory(0x12000, PAGE, RO, PAGE, fd), 0);
	assert_int_equal(plx_vfio_user_server_write(toy.server, 0x10ff0, text, 32), 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10ff0, back, 32), 0);
	assert_memory_equal(back, text, 32);
	assert_int_equal(pread(fd, back, 16, 0), 16);
	assert_memory_equal(back, text + 16, 16);
	assert_int_equal(plx_vfio_user_server_write(toy.server, 0x11ff0, text, 32), -EFAULT);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x11ff0, back, 32), 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x12ff0, back, 32), -EFAULT);
	assert_int_equal(plx_vfio_user_server_read(toy.server, UINT64_MAX - 3, back, 32), -EFAULT);
	hang_up();
	assert_int_equal(toy.unmaps, 3);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 32), -ENOTCONN);
	close(fd);
}

static void
a_file_that_shrinks_costs_the_client_its_place(void **state)
{
	struct pollfd ready = {.fd = plx_vfio_user_server_fd(toy.server), .events = POLLIN};
	int fd = memory(4 * PAGE, 0); /* cannot be sealed */
	char byte = 'x';

	connect_toy();
	assert_int_equal(map_memory(0x10000, 4 * PAGE, RW, 0, fd), 0);
	assert_int_equal(plx_vfio_user_server_write(toy.server, 0x13000, &byte, 1), 0);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x13000, &byte, 1), 0);
	assert_int_equal(byte, 0);
	assert_int_equal(poll(&ready, 1, 0), 1);
	was_sent_away("a file of its memory has become shorter");
	close(fd);
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(poll(&ready, 1, 0), 0);
}

/* -- messages ------------------------------------------------------------------------------------------------------------- */

struct dma {
	struct vfio_user_dma_access access;
	char data[8];
};

static void
reply(uint16_t id, uint16_t command, uint32_t flags, const void *body, size_t len)
{
	say(id, command, VFIO_USER_TYPE_REPLY | flags, body, len, NULL, 0);
}

static void
memory_without_a_file_is_asked_for(void **state)
{
	const struct dma answer = {{0x10000, 8}, "from me"};
	char back[8];

	connect_toy();
	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	reply(0, VFIO_USER_DMA_READ, 0, &answer, sizeof(answer));
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), 0);
	assert_string_equal(back, "from me");
	assert_int_equal(hear(toy.sock), 0);
	assert_int_equal(toy.msg.head.command, VFIO_USER_DMA_READ);
	assert_int_equal(toy.msg.len, 16);
	reply(1, VFIO_USER_DMA_WRITE, 0, &answer, 16);
	assert_int_equal(plx_vfio_user_server_write(toy.server, 0x10000, "to you!", 8), 0);
	assert_int_equal(hear(toy.sock), 0);
	assert_memory_equal(toy.body + 16, "to you!", 8);
	/* Some answer a write with a header alone, and any with an error. */
	reply(2, VFIO_USER_DMA_WRITE, 0, NULL, 0);
	assert_int_equal(plx_vfio_user_server_write(toy.server, 0x10000, "to you!", 8), 0);
	assert_int_equal(hear(toy.sock), 0);
	reply(3, VFIO_USER_DMA_READ, VFIO_USER_ERROR, NULL, 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), -EIO);
	assert_true(plx_vfio_user_server_connected(toy.server));
}

static void
commands_that_come_first_wait_their_turn(void **state)
{
	const struct dma answer = {{0x10000, 8}, "from me"};
	struct {
		struct vfio_user_region_access access;
		uint8_t data[1];
	} PLX_PACKED write = {{0, 0, 1}, {0}};
	char back[8];

	connect_toy();
	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	for (uint8_t i = 1; i <= 3; i++) {
		write.data[0] = i;
		say(i, VFIO_USER_REGION_WRITE, 0, &write, sizeof(write), NULL, 0);
	}
	reply(0, VFIO_USER_DMA_READ, 0, &answer, sizeof(answer));
	write.data[0] = 4;
	say(4, VFIO_USER_REGION_WRITE, 0, &write, sizeof(write), NULL, 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), 0);
	assert_int_equal(toy.accesses, 0);
	assert_int_equal(plx_vfio_user_server_poll(toy.server), 4);
	assert_int_equal(toy.bar[0], 4);
	assert_int_equal(hear(toy.sock), 0); /* what was asked */
	for (uint16_t i = 1; i <= 4; i++) {
		assert_int_equal(hear(toy.sock), 0);
		assert_int_equal(toy.msg.head.id, i);
	}
}

static void
a_client_that_only_asks_is_sent_away(void **state)
{
	char back[8];
	int before;

	connect_toy();
	before = lowest_free_fd();
	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	for (uint16_t i = 0; i <= PLX_VFIO_USER_SERVER_QUEUE_MAX; i++)
		say(i, VFIO_USER_DEVICE_RESET, VFIO_USER_NO_REPLY, NULL, 0, &toy.sock, 1);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), -ENOBUFS);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), -ENOTCONN);
	/* What it was asked is still in the socket. */
	assert_int_equal(hear(toy.sock), 0);
	was_sent_away("256 of them wait");
	assert_int_equal(toy.resets, 0);
	assert_int_equal(lowest_free_fd(), before);
}

static void
wrong_answer(uint16_t id, uint16_t command, const void *body, size_t len, const char *says)
{
	char back[8];

	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	reply(id, command, 0, body, len);
	assert_true(plx_vfio_user_server_read(toy.server, 0x10000, back, 8) < 0);
	assert_int_equal(hear(toy.sock), 0);
	was_sent_away(says);
}

static void
answers_that_are_none_end_it(void **state)
{
	struct dma answer = {{0x10000, 8}, ""};

	connect_toy();
	wrong_answer(1, VFIO_USER_DMA_READ, &answer, sizeof(answer), "not asked");
	wrong_answer(0, VFIO_USER_DMA_WRITE, &answer, sizeof(answer), "not asked");
	wrong_answer(0, VFIO_USER_DMA_READ, &answer, 23, "of 23 bytes in place of 24");
	wrong_answer(0, VFIO_USER_DMA_READ, NULL, 0, "of 0 bytes");
	answer.access.address++;
	wrong_answer(0, VFIO_USER_DMA_READ, &answer, sizeof(answer), "about other bytes");
}

static void
an_answer_with_a_file_ends_it(void **state)
{
	struct dma answer = {{0x10000, 8}, ""};
	char back[8];
	int before;

	connect_toy();
	before = lowest_free_fd();
	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	say(0, VFIO_USER_DMA_READ, VFIO_USER_TYPE_REPLY, &answer, sizeof(answer), &toy.sock, 1);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), -EPROTO);
	assert_int_equal(hear(toy.sock), 0);
	was_sent_away("not asked");
	assert_int_equal(lowest_free_fd(), before);
}

/* Nobody is asked for more at a time than he takes. */
static void
long_reads_go_in_messages_of_what_the_client_takes(void **state)
{
	static struct {
		struct vfio_user_dma_access access;
		char data[PAGE];
	} answers[3] = {{{0x10000, PAGE}, "a"}, {{0x11000, PAGE}, "b"}, {{0x12000, 8}, "c"}};
	static char back[2 * PAGE + 8];

	call_in();
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(greet(0, "{\"capabilities\":{\"max_data_xfer_size\":4096}}", NULL), 0);
	assert_int_equal(map_memory(0x10000, 3 * PAGE, RW, 0, -1), 0);
	for (uint16_t i = 0; i < 3; i++)
		reply(i, VFIO_USER_DMA_READ, 0, &answers[i],
		      sizeof(answers[i].access) + answers[i].access.count);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, sizeof(back)), 0);
	assert_int_equal(back[0], 'a');
	assert_int_equal(back[PAGE], 'b');
	assert_int_equal(back[2 * PAGE], 'c');
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(hear(toy.sock), 0);
	hang_up();
}

#define LARGE (1u << 20)

/* Until nobody takes any more. */
static void *
send_large_writes(void *arg)
{
	static struct {
		struct vfio_user_region_access access;
		uint8_t data[LARGE];
	} write = {{0, 0, LARGE}, ""};
	const struct vfio_user_head head = {.command = VFIO_USER_REGION_WRITE,
					    .flags = VFIO_USER_NO_REPLY};
	const struct vfio_user_piece none = {NULL, 0}, piece = {&write, sizeof(write)};

	while (vfio_user_send(toy.sock, head, none, piece, NULL, 0, PATIENCE_MS) == 0)
		;
	return NULL;
}

/* Before there are so many that their number is: what they take is bounded, too. */
static void
commands_that_wait_take_a_bounded_room(void **state)
{
	pthread_t client;
	char back[8];

	connect_toy();
	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	assert_int_equal(pthread_create(&client, NULL, send_large_writes, NULL), 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), -ENOBUFS);
	plx_vfio_user_server_poll(toy.server);
	pthread_join(client, NULL);
	assert_int_equal(toy.gones, 1);
	assert_non_null(strstr(toy.why, "it sends commands and does not answer: 3 of them wait"));
	assert_int_equal(toy.accesses, 0);
	close(toy.sock);
	connect_toy();
}

static void
an_answer_that_never_comes_is_not_waited_for_ever(void **state)
{
	char back[8];

	connect_toy();
	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), -ETIMEDOUT);
	assert_int_equal(hear(toy.sock), 0);
	was_sent_away("timed out");
}

static int
connect_with_a_twin(void)
{
	int twin;

	call_in();
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(greet(0,
			       "{\"capabilities\":{\"max_msg_fds\":1,"
			       "\"twin_socket\":{\"supported\":true}}}",
			       &twin),
			 0);
	assert_true(twin >= 0);
	return twin;
}

/* The socket of answers is for nothing else, and goes with its client. */
static void
a_command_by_the_twin_ends_it(void **state)
{
	const struct vfio_user_head head = {.command = VFIO_USER_DEVICE_RESET};
	const struct vfio_user_piece none = {NULL, 0};
	int twin, before;
	char back[8];

	connect_toy();
	before = lowest_free_fd();
	hang_up();
	twin = connect_with_a_twin();
	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	assert_int_equal(vfio_user_send(twin, head, none, none, &twin, 1, PATIENCE_MS), 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), -EPROTO);
	close(twin);
	was_sent_away("a command came on the socket of answers");
	assert_int_equal(toy.resets, 0);
	assert_int_equal(lowest_free_fd(), before);
}

static void
a_twin_carries_what_the_server_asks(void **state)
{
	struct dma answer = {{0x10000, 8}, "by twin"};
	const struct vfio_user_head head = {.command = VFIO_USER_DMA_READ,
					    .flags = VFIO_USER_TYPE_REPLY};
	char back[8];
	int twin;

	twin = connect_with_a_twin();
	assert_non_null(strstr((char *)toy.body + 4, "\"fd_index\":0"));
	assert_int_equal(map_memory(0x10000, PAGE, RW, 0, -1), 0);
	assert_int_equal(vfio_user_send(twin, head, (struct vfio_user_piece){NULL, 0},
					(struct vfio_user_piece){&answer, sizeof(answer)}, NULL, 0,
					PATIENCE_MS),
			 0);
	assert_int_equal(plx_vfio_user_server_read(toy.server, 0x10000, back, 8), 0);
	assert_string_equal(back, "by twin");
	assert_false(plx_unixsock_readable(toy.sock));
	assert_int_equal(hear(twin), 0);
	assert_int_equal(toy.msg.head.command, VFIO_USER_DMA_READ);
	close(twin);
	assert_true(plx_vfio_user_server_read(toy.server, 0x10000, back, 8) < 0);
	was_sent_away("");
}

/* -- interrupts --------------------------------------------------------------------------------------------------------------- */

static int
set_irqs(uint32_t flags, uint32_t index, uint32_t start, uint32_t count, const int *fds,
	 unsigned nb_fds)
{
	const struct vfio_user_irq_set set = {sizeof(set), flags, index, start, count};

	return ask_fds(VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set), fds, nb_fds, NULL);
}

static uint64_t
fired(int fd)
{
	eventfd_t count = 0;

	return eventfd_read(fd, &count) == 0 ? count : 0;
}

static int
bell(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void
vectors_signal_their_eventfds(void **state)
{
	int fds[2] = {bell(), bell()}, before;

	connect_toy();
	before = lowest_free_fd();
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 1); /* nobody listens */
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 1, 2, fds, 2), 0);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 1);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 3);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, TOY_VECTORS);
	assert_int_equal(fired(fds[0]), 1);
	assert_int_equal(fired(fds[1]), 0);
	/* Masked, it waits. */
	assert_int_equal(set_irqs(0x09, PLX_VFIO_USER_IRQ_MSIX, 2, 1, NULL, 0), 0);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 2);
	assert_int_equal(fired(fds[1]), 0);
	assert_int_equal(set_irqs(0x11, PLX_VFIO_USER_IRQ_MSIX, 2, 1, NULL, 0), 0);
	assert_int_equal(fired(fds[1]), 1);
	/* The client may trigger, take one away, and all. */
	assert_int_equal(set_irqs(0x21, PLX_VFIO_USER_IRQ_MSIX, 1, 2, NULL, 0), 0);
	assert_int_equal(fired(fds[0]) + fired(fds[1]), 2);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 1, 1, NULL, 0), 0);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 1);
	assert_int_equal(fired(fds[0]), 0);
	assert_int_equal(set_irqs(0x21, PLX_VFIO_USER_IRQ_MSIX, 0, 0, NULL, 0), 0);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 2);
	assert_int_equal(fired(fds[1]), 0);
	assert_int_equal(lowest_free_fd(), before);
	plx_unixsock_close_fds(fds, 2);
}

/* A byte a vector says which are meant. */
static void
bytes_choose_vectors(void **state)
{
	const struct {
		struct vfio_user_irq_set set;
		uint8_t meant[2];
	} PLX_PACKED said = {{sizeof(said), VFIO_USER_SET_BOOL | VFIO_USER_SET_TRIGGER,
			      PLX_VFIO_USER_IRQ_MSIX, 1, 2},
			     {0, 1}};
	int fds[2] = {bell(), bell()};

	connect_toy();
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 1, 2, fds, 2), 0);
	assert_int_equal(ask(VFIO_USER_DEVICE_SET_IRQS, &said, sizeof(said)), 0);
	assert_int_equal(fired(fds[0]), 0);
	assert_int_equal(fired(fds[1]), 1);
	plx_unixsock_close_fds(fds, 2);
}

static void
a_line_is_told_once_until_it_is_unmasked(void **state)
{
	int fd = bell();

	connect_toy();
	plx_vfio_user_server_intx(toy.server, true);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_INTX, 0, 1, &fd, 1), 0);
	assert_int_equal(fired(fd), 1); /* it was up already */
	plx_vfio_user_server_intx(toy.server, true);
	assert_int_equal(fired(fd), 0);
	assert_int_equal(set_irqs(0x11, PLX_VFIO_USER_IRQ_INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(fired(fd), 1); /* and still is */
	plx_vfio_user_server_intx(toy.server, false);
	assert_int_equal(set_irqs(0x11, PLX_VFIO_USER_IRQ_INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(fired(fd), 0);
	plx_vfio_user_server_intx(toy.server, true);
	assert_int_equal(fired(fd), 1);
	assert_int_equal(set_irqs(0x09, PLX_VFIO_USER_IRQ_INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(fired(fd), 0);
	hang_up(); /* with it up */
	connect_toy();
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_INTX, 0, 1, &fd, 1), 0);
	assert_int_equal(fired(fd), 1);
	close(fd);
}

static void
a_reset_takes_the_line_down(void **state)
{
	int fd = bell();

	connect_toy();
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_INTX, 0, 1, &fd, 1), 0);
	plx_vfio_user_server_intx(toy.server, true);
	assert_int_equal(fired(fd), 1);
	assert_int_equal(ask(VFIO_USER_DEVICE_RESET, NULL, 0), 0);
	assert_int_equal(set_irqs(0x11, PLX_VFIO_USER_IRQ_INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(fired(fd), 0);
	plx_vfio_user_server_intx(toy.server, true);
	assert_int_equal(fired(fd), 1);
	close(fd);
}

static void
what_was_switched_off_begins_unmasked_with_nothing_pending(void **state)
{
	int fd = bell();

	connect_toy();
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 0, 1, &fd, 1), 0);
	assert_int_equal(set_irqs(0x09, PLX_VFIO_USER_IRQ_MSIX, 0, 1, NULL, 0), 0);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 0);
	assert_int_equal(set_irqs(0x21, PLX_VFIO_USER_IRQ_MSIX, 0, 0, NULL, 0), 0);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 0, 1, &fd, 1), 0);
	assert_int_equal(set_irqs(0x11, PLX_VFIO_USER_IRQ_MSIX, 0, 1, NULL, 0), 0);
	assert_int_equal(fired(fd), 0);
	assert_int_equal(set_irqs(0x09, PLX_VFIO_USER_IRQ_MSIX, 0, 1, NULL, 0), 0);
	assert_int_equal(set_irqs(0x21, PLX_VFIO_USER_IRQ_MSIX, 0, 0, NULL, 0), 0);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 0, 1, &fd, 1), 0);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 0);
	assert_int_equal(fired(fd), 1);
	close(fd);
}

static void
interrupts_that_cannot_be_are_refused(void **state)
{
	int fds[2] = {bell(), bell()}, before;

	connect_toy();
	before = lowest_free_fd();
	assert_int_equal(set_irqs(0x24, 5, 0, 1, fds, 1), EINVAL);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 0, 1, fds, 2), EINVAL);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 0, 2, fds, 1), EINVAL);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, TOY_VECTORS - 1, 2, fds, 2),
			 EINVAL);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, UINT32_MAX, 2, fds, 2), EINVAL);
	assert_int_equal(set_irqs(0x21, PLX_VFIO_USER_IRQ_MSIX, 1, UINT32_MAX, NULL, 0), EINVAL);
	assert_int_equal(set_irqs(0x25, PLX_VFIO_USER_IRQ_MSIX, 0, 1, fds, 1), EINVAL);
	assert_int_equal(set_irqs(0x34, PLX_VFIO_USER_IRQ_MSIX, 0, 1, fds, 1), EINVAL);
	assert_int_equal(set_irqs(0x04, PLX_VFIO_USER_IRQ_MSIX, 0, 1, fds, 1), EINVAL);
	assert_int_equal(set_irqs(0x64, PLX_VFIO_USER_IRQ_MSIX, 0, 1, fds, 1), EINVAL);
	assert_int_equal(set_irqs(0x14, PLX_VFIO_USER_IRQ_INTX, 0, 1, fds, 1), ENOTSUP);
	assert_int_equal(set_irqs(0x21, PLX_VFIO_USER_IRQ_MSIX, 0, 1, fds, 1), EINVAL);
	assert_int_equal(set_irqs(0x22, PLX_VFIO_USER_IRQ_MSIX, 0, 2, NULL, 0),
			 EINVAL); /* no bytes */
	assert_int_equal(lowest_free_fd(), before);
	plx_unixsock_close_fds(fds, 2);
}

static void
an_eventfd_that_is_full_blocks_nobody(void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC); /* blocks */

	connect_toy();
	assert_int_equal(eventfd_write(fd, UINT64_MAX - 1), 0);
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 0, 1, &fd, 1), 0);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 0);
	assert_int_equal(ask(VFIO_USER_DEVICE_RESET, NULL, 0), 0);
	close(fd);
}

/* The signal of a write to one that nobody reads is the end of who does not expect it. */
static void
what_is_no_eventfd_is_refused(void **state)
{
	int before = lowest_free_fd(), ends[2][2];

	assert_int_equal(pipe(ends[0]), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[1]), 0);
	connect_toy();
	for (unsigned i = 0; i < 2; i++) {
		close(ends[i][0]);
		assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_INTX, 0, 1, &ends[i][1], 1),
				 EINVAL);
		plx_vfio_user_server_intx(toy.server, true);
		close(ends[i][1]);
	}
	hang_up();
	assert_int_equal(lowest_free_fd(), before);
}

static void
a_line_that_is_masked_is_told_when_it_is_not_any_more(void **state)
{
	int fd = bell();

	connect_toy();
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_INTX, 0, 1, &fd, 1), 0);
	assert_int_equal(set_irqs(0x09, PLX_VFIO_USER_IRQ_INTX, 0, 1, NULL, 0), 0);
	plx_vfio_user_server_intx(toy.server, true);
	assert_int_equal(fired(fd), 0);
	assert_int_equal(set_irqs(0x11, PLX_VFIO_USER_IRQ_INTX, 0, 1, NULL, 0), 0);
	assert_int_equal(fired(fd), 1);
	close(fd);
}

static void
a_client_may_vanish_with_an_interrupt_pending(void **state)
{
	int before = lowest_free_fd(), fd = bell();

	connect_toy();
	assert_int_equal(set_irqs(0x24, PLX_VFIO_USER_IRQ_MSIX, 0, 1, &fd, 1), 0);
	assert_int_equal(set_irqs(0x09, PLX_VFIO_USER_IRQ_MSIX, 0, 1, NULL, 0), 0);
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 0);
	close(fd);
	hang_up();
	assert_int_equal(toy.gones, 1);
	assert_string_equal(toy.why, "the other end has hung up");
	plx_vfio_user_server_irq(toy.server, PLX_VFIO_USER_IRQ_MSIX, 0);
	assert_int_equal(lowest_free_fd(), before);
	connect_toy();
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, toy_setup, toy_teardown)
	const struct CMUnitTest tests[] = {
		CASE(maps_are_found_and_forgotten),
		CASE(maps_that_cannot_be_are_refused),
		CASE(storms_of_maps_are_bounded),
		CASE(copies_straddle_maps),
		CASE(a_file_that_shrinks_costs_the_client_its_place),
		CASE(memory_without_a_file_is_asked_for),
		CASE(commands_that_come_first_wait_their_turn),
		CASE(a_client_that_only_asks_is_sent_away),
		CASE(answers_that_are_none_end_it),
		CASE(an_answer_with_a_file_ends_it),
		CASE(long_reads_go_in_messages_of_what_the_client_takes),
		CASE(commands_that_wait_take_a_bounded_room),
		CASE(an_answer_that_never_comes_is_not_waited_for_ever),
		CASE(a_command_by_the_twin_ends_it),
		CASE(a_twin_carries_what_the_server_asks),
		CASE(vectors_signal_their_eventfds),
		CASE(bytes_choose_vectors),
		CASE(a_line_is_told_once_until_it_is_unmasked),
		CASE(a_reset_takes_the_line_down),
		CASE(what_was_switched_off_begins_unmasked_with_nothing_pending),
		CASE(interrupts_that_cannot_be_are_refused),
		CASE(an_eventfd_that_is_full_blocks_nobody),
		CASE(what_is_no_eventfd_is_refused),
		CASE(a_line_that_is_masked_is_told_when_it_is_not_any_more),
		CASE(a_client_may_vanish_with_an_interrupt_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
