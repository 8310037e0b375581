/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An emulated NIC, and a driver of it that is a scripted client of vfio-user, on one thread: what is said waits in the socket until the
 * card is polled. The driver's memory is one file, at whatever addresses a case maps it.
 */
#ifndef PLX_TESTS_UNIT_NICEMU_NICEMU_CLIENT_H
#define PLX_TESTS_UNIT_NICEMU_NICEMU_CLIENT_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "patience.h"
#include "plx_e1000_spec.h"
#include "plx_nicemu.h"
#include "plx_unixsock.h"
#include "plx_vfio_user.h"
#include "own.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS	    PATIENCE_MS
#define BUDGET	    32
#define MEMORY_LEN  0x40000u
#define MEMORY_AT   0x10000000ull /* where it is mapped, unless a case says otherwise */
#define RX_RING	    0x0000u	  /* in the memory */
#define TX_RING	    0x1000u
#define RX_BUFFERS  0x10000u
#define TX_BUFFERS  0x20000u
#define RING_SIZE   32u
#define BUFFER_LEN  2048u
#define FRAMES_MAX  256u
#define COMMAND_ALL 0x0007 /* ports, memory, bus master */

#define REGS   PLX_E1000_MODEL_BAR_REGS
#define READS  VFIO_USER_DMA_READABLE
#define WRITES VFIO_USER_DMA_WRITEABLE

static const uint8_t card_mac[6] = {0x02, 0, 0, 0x12, 0x34, 0x56};

/* A driver. */
struct client {
	int sock, twin;
	uint16_t id;
	struct vfio_user_msg msg; /* the last answer */
	uint8_t body[8192];
	int bell_fd;
	uint8_t *bells; /* BAR 0's pages 2 and 3; NULL: by message */
	uint32_t rx_tail, tx_tail, rx_next;
};

/* The wire and the card. */
struct nic {
	struct plx_nicemu *nic;
	char path[64];
	unsigned n; /* frames that went out */
	size_t len[FRAMES_MAX];
	uint8_t last[PLX_E1000_MODEL_FRAME_MAX];
	bool stuck; /* the wire takes nothing */
	unsigned changes;
	bool connected;
	char why[256];
	uint64_t skipped_ns; /* of the card's time */
};

static struct nic card;
static int memory_fd = -1;
static uint8_t *memory;

static bool
wire_takes(void *arg, const struct plx_e1000_model_frame *frame)
{
	struct nic *nic = arg;
	size_t at = 0;

	if (nic->stuck)
		return false;
	assert_true(frame->len <= sizeof(nic->last));
	for (unsigned i = 0; i < frame->nb_parts; i++) {
		memcpy(nic->last + at, frame->parts[i].iov_base, frame->parts[i].iov_len);
		at += frame->parts[i].iov_len;
	}
	assert_int_equal(at, frame->len);
	nic->len[nic->n++ % FRAMES_MAX] = frame->len;
	return true;
}

static void
note_change(void *arg, bool connected, const char *why)
{
	struct nic *nic = arg;

	assert_int_not_equal(connected, nic->connected);
	nic->changes++;
	nic->connected = connected;
	snprintf(nic->why, sizeof(nic->why), "%s", why);
}

static uint64_t
skipping_clock(void *arg)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec +
	       ((struct nic *)arg)->skipped_ns;
}

static inline int
make_card(struct nic *nic, const char *name, bool doorbells)
{
	struct plx_nicemu_options options = {.path = nic->path,
					     .doorbells = doorbells,
					     .arg = nic,
					     .send = wire_takes,
					     .now_ns = skipping_clock,
					     .changed = note_change};
	struct plx_why why = {""};
	int ret;

	memset(nic, 0, sizeof(*nic));
	memcpy(options.mac, card_mac, sizeof(card_mac));
	own_name(nic->path, sizeof(nic->path));
	ret = plx_nicemu_create(&options, &nic->nic, &why);
	if (ret != 0)
		print_error("%s\n", why.text);
	return ret;
}

static inline int
make_memory(void)
{
	memory_fd = memfd_create("driver", MFD_CLOEXEC);
	if (memory_fd < 0 || ftruncate(memory_fd, MEMORY_LEN) != 0)
		return -1;
	memory = mmap(NULL, MEMORY_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
	return memory != MAP_FAILED ? 0 : -1;
}

static inline int
setup(void **state)
{
	return make_memory() == 0 ? make_card(&card, "a", false) : -1;
}

static inline int
setup_bells(void **state)
{
	return make_memory() == 0 ? make_card(&card, "a", true) : -1;
}

static inline int
teardown(void **state)
{
	plx_nicemu_destroy(card.nic);
	card.nic = NULL;
	munmap(memory, MEMORY_LEN);
	close(memory_fd);
	return access(card.path, F_OK) != 0 ? 0 : -1;
}

/* -- messages ------------------------------------------------------------------------------------------------------ */

static inline uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What was written to memory before is seen by whoever passes here later: messages order memory, too, but no sanitizer knows. */
static inline void
hand_over(void)
{
	static unsigned turns;

	__atomic_fetch_add(&turns, 1, __ATOMIC_ACQ_REL);
}

/* Whatever is there to be done, doorbells and messages that are looked for now and then included. */
static inline void
settle(struct nic *nic)
{
	unsigned idle = 0;

	hand_over();
	for (unsigned turn = 0; turn < 100000 && idle < 40; turn++) {
		nic->skipped_ns += 1000;
		idle = plx_nicemu_poll(nic->nic, BUDGET) > 0 ? 0 : idle + 1;
	}
	hand_over();
}

static inline void
say(struct client *client, uint16_t command, uint32_t flags, const void *body, size_t len,
    const int *fds, unsigned nb_fds)
{
	const struct vfio_user_head head = {.id = ++client->id, .command = command, .flags = flags};

	hand_over();
	assert_int_equal(vfio_user_send(client->sock, head, (struct vfio_user_piece){NULL, 0},
					(struct vfio_user_piece){body, len}, fds, nb_fds, WAIT_MS),
			 0);
}

/* Its answer: 0, an errno, or -ECONNRESET when there is none to come. */
static inline int
hear(struct client *client)
{
	const uint64_t deadline = now_ms() + WAIT_MS;
	int ret;

	while (!plx_unixsock_readable(client->sock) && now_ms() < deadline)
		settle(&card);
	ret = vfio_user_recv_head(client->sock, &client->msg, 0, NULL);
	if (ret == 0 && client->msg.len > 0) {
		assert_true(client->msg.len <= sizeof(client->body));
		ret = vfio_user_recv_body(client->sock, &client->msg, client->body, client->msg.len,
					  WAIT_MS, NULL);
	}
	if (ret != 0)
		return -ECONNRESET;
	assert_int_equal(client->msg.head.id, client->id);
	return (client->msg.head.flags & VFIO_USER_ERROR) != 0 ? (int)client->msg.head.error : 0;
}

static inline int
ask_fds(struct client *client, uint16_t command, const void *body, size_t len, const int *fds,
	unsigned nb_fds)
{
	say(client, command, 0, body, len, fds, nb_fds);
	return hear(client);
}

static inline int
ask(struct client *client, uint16_t command, const void *body, size_t len)
{
	return ask_fds(client, command, body, len, NULL, 0);
}

static inline void
call_in(struct client *client)
{
	memset(client, 0, sizeof(*client));
	client->twin = client->bell_fd = -1;
	client->sock = plx_unixsock_connect(card.path, NULL);
	assert_true(client->sock >= 0);
}

static inline int
greet(struct client *client, uint16_t major, const char *text)
{
	struct {
		struct vfio_user_version version;
		char text[256];
	} hello = {{major, 0}, ""};

	snprintf(hello.text, sizeof(hello.text), "%s", text);
	return ask(client, VFIO_USER_VERSION, &hello, sizeof(hello.version) + strlen(text) + 1);
}

static inline void
connect_client(struct client *client)
{
	call_in(client);
	assert_int_equal(greet(client, 0, "{\"capabilities\":{\"max_msg_fds\":8}}"), 0);
	assert_true(plx_nicemu_connected(card.nic));
}

static inline void
unmap_bells(struct client *client)
{
	if (client->bells != NULL)
		munmap(client->bells, 2 * PLX_E1000_MODEL_PAGE_LEN);
	client->bells = NULL;
	plx_unixsock_close_fds(&client->bell_fd, 1);
}

static inline void
hang_up(struct client *client)
{
	unmap_bells(client);
	plx_unixsock_close_fds(&client->sock, 1);
	plx_unixsock_close_fds(&client->twin, 1);
	settle(&card);
}

/* We were sent away, for this reason, and the next client is served. */
static inline void
was_sent_away(struct client *client, const char *says)
{
	struct client next;

	settle(&card);
	assert_false(plx_nicemu_connected(card.nic));
	if (strstr(card.why, says) == NULL)
		fail_msg("'%s' lacks '%s'", card.why, says);
	hang_up(client);
	connect_client(&next);
	hang_up(&next);
}

/* -- the driver ---------------------------------------------------------------------------------------------------- */

static inline int
access_region(struct client *client, uint32_t region, uint64_t offset, void *data, uint32_t len,
	      bool write)
{
	struct {
		struct vfio_user_region_access access;
		uint8_t data[256];
	} body = {{offset, region, len}, {0}};
	int ret;

	assert_true(len <= sizeof(body.data));
	if (write)
		memcpy(body.data, data, len);
	ret = ask(client, write ? VFIO_USER_REGION_WRITE : VFIO_USER_REGION_READ, &body,
		  sizeof(body.access) + (write ? len : 0));
	if (ret == 0 && !write)
		memcpy(data, client->body + sizeof(body.access), len);
	return ret;
}

static inline uint32_t *
bell_at(const struct client *client, uint32_t reg)
{
	const uint32_t at = reg - PLX_E1000_MODEL_RX_PAGE;

	return client->bells != NULL && at < 2 * PLX_E1000_MODEL_PAGE_LEN
		       ? (uint32_t *)(void *)(client->bells + at)
		       : NULL;
}

static inline uint32_t
get_reg(struct client *client, uint32_t reg)
{
	uint32_t value = 0;

	if (bell_at(client, reg) != NULL)
		return le32toh(__atomic_load_n(bell_at(client, reg), __ATOMIC_ACQUIRE));
	assert_int_equal(access_region(client, REGS, reg, &value, 4, false), 0);
	return le32toh(value);
}

static inline void
set_reg(struct client *client, uint32_t reg, uint32_t value)
{
	uint32_t bytes = htole32(value);

	if (bell_at(client, reg) != NULL)
		__atomic_store_n(bell_at(client, reg), bytes, __ATOMIC_RELEASE);
	else
		assert_int_equal(access_region(client, REGS, reg, &bytes, 4, true), 0);
}

static inline void
set_command(struct client *client, uint16_t command)
{
	assert_int_equal(access_region(client, VFIO_USER_REGION_CONFIG, 4, &command, 2, true), 0);
}

static inline int
map_file(struct client *client, uint64_t address, uint64_t len, uint32_t flags, uint64_t offset,
	 int fd)
{
	const struct vfio_user_dma_map map = {sizeof(map), flags, offset, address, len};

	return ask_fds(client, VFIO_USER_DMA_MAP, &map, sizeof(map), &fd, fd >= 0 ? 1 : 0);
}

static inline int
unmap_range(struct client *client, uint64_t address, uint64_t len)
{
	const struct vfio_user_dma_unmap unmap = {sizeof(unmap), 0, address, len};

	return ask(client, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap));
}

/* Maps the pages of the rings, as the areas that the server tells of allow. */
static inline void
map_bells(struct client *client)
{
	const struct vfio_user_region_info asked = {.argsz = 4096, .index = REGS};
	struct vfio_user_region_info told;

	assert_int_equal(ask(client, VFIO_USER_DEVICE_GET_REGION_INFO, &asked, sizeof(asked)), 0);
	memcpy(&told, client->body, sizeof(told));
	assert_int_equal(client->msg.nb_fds, 1);
	client->bell_fd = client->msg.fds[0];
	client->bells = mmap(NULL, 2 * PLX_E1000_MODEL_PAGE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
			     client->bell_fd, (off_t)told.offset + PLX_E1000_MODEL_RX_PAGE);
	assert_ptr_not_equal(client->bells, MAP_FAILED);
}

/* The eventfd of INTx. */
static inline int
catch_line(struct client *client)
{
	const struct vfio_user_irq_set set = {
		sizeof(set), VFIO_USER_SET_EVENTFD | VFIO_USER_SET_TRIGGER, 0, 0, 1};
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	assert_int_equal(ask_fds(client, VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set), &fd, 1), 0);
	return fd;
}

static inline void
unmask_line(struct client *client)
{
	const struct vfio_user_irq_set set = {sizeof(set),
					      VFIO_USER_SET_NONE | VFIO_USER_SET_UNMASK, 0, 0, 1};

	assert_int_equal(ask(client, VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set)), 0);
}

static inline uint64_t
told(int fd)
{
	eventfd_t n = 0;

	return eventfd_read(fd, &n) == 0 ? n : 0;
}

static inline void
wait_for_link(struct client *client)
{
	const uint64_t deadline = now_ms() + WAIT_MS;

	set_reg(client, E1000_CTRL, E1000_CTRL_SLU | E1000_CTRL_ASDE);
	while ((get_reg(client, E1000_STATUS) & E1000_STATUS_LU) == 0) {
		assert_true(now_ms() < deadline);
		card.skipped_ns += 10000000;
	}
}

/* Rings at their place in the memory, wherever that is mapped; all rx descriptors but one are the card's. */
static inline void
start_rings(struct client *client, uint64_t base)
{
	struct e1000_rx_desc *rx = (struct e1000_rx_desc *)(void *)(memory + RX_RING);

	memset(memory, 0, RX_BUFFERS);
	for (uint32_t i = 0; i < RING_SIZE; i++)
		rx[i].addr = htole64(base + RX_BUFFERS + i * BUFFER_LEN);
	set_reg(client, E1000_TDBAL, (uint32_t)(base + TX_RING));
	set_reg(client, E1000_TDBAH, (uint32_t)((base + TX_RING) >> 32));
	set_reg(client, E1000_TDLEN, RING_SIZE * 16);
	set_reg(client, E1000_TDH, 0);
	set_reg(client, E1000_TDT, 0);
	set_reg(client, E1000_TCTL, E1000_TCTL_EN | E1000_TCTL_PSP);
	set_reg(client, E1000_RDBAL, (uint32_t)(base + RX_RING));
	set_reg(client, E1000_RDBAH, (uint32_t)((base + RX_RING) >> 32));
	set_reg(client, E1000_RDLEN, RING_SIZE * 16);
	set_reg(client, E1000_RDH, 0);
	set_reg(client, E1000_RDT, 0);
	set_reg(client, E1000_RCTL,
		E1000_RCTL_EN | E1000_RCTL_UPE | E1000_RCTL_BAM | E1000_RCTL_SECRC);
	client->rx_tail = RING_SIZE - 1;
	client->tx_tail = client->rx_next = 0;
	set_reg(client, E1000_RDT, client->rx_tail);
	settle(&card);
}

/* Everything that a driver does before its first frame. */
static inline void
drive(struct client *client)
{
	connect_client(client);
	assert_int_equal(map_file(client, MEMORY_AT, MEMORY_LEN, READS | WRITES, 0, memory_fd), 0);
	set_command(client, COMMAND_ALL);
	wait_for_link(client);
	start_rings(client, MEMORY_AT);
}

static inline void
put_tx_desc(struct client *client, uint64_t address, uint16_t len)
{
	struct e1000_tx_desc *tx = (struct e1000_tx_desc *)(void *)(memory + TX_RING);

	tx[client->tx_tail] = (struct e1000_tx_desc){.addr = htole64(address),
						     .length = htole16(len),
						     .cmd = E1000_TXD_CMD_EOP | E1000_TXD_CMD_IFCS |
							    E1000_TXD_CMD_RS};
	client->tx_tail = (client->tx_tail + 1) % RING_SIZE;
}

static inline void
make_frame(uint8_t *frame, size_t len, uint8_t mark)
{
	memset(frame, mark, len);
	memcpy(frame, card_mac, 6);
	memset(frame + 6, 0x04, 6);
	frame[12] = 0x88;
	frame[13] = 0xb5;
}

/* A frame of so many bytes, from the buffer of its descriptor. */
static inline void
send_frame(struct client *client, uint16_t len, uint8_t mark)
{
	const uint32_t at = TX_BUFFERS + client->tx_tail * BUFFER_LEN;

	make_frame(memory + at, len, mark);
	put_tx_desc(client, MEMORY_AT + at, len);
	set_reg(client, E1000_TDT, client->tx_tail);
	settle(&card);
}

/* Frames go both ways: n each, every byte. */
static inline void
exchange(struct client *client, unsigned n)
{
	const struct e1000_rx_desc *rx = (struct e1000_rx_desc *)(void *)(memory + RX_RING);
	uint8_t frame[100];

	for (unsigned i = 0; i < n; i++) {
		const unsigned before = card.n;
		const uint32_t next = client->rx_next;

		send_frame(client, 64 + (uint16_t)i, (uint8_t)(i + 1));
		assert_int_equal(card.n, before + 1);
		assert_int_equal(card.len[before % FRAMES_MAX], 64 + i);
		assert_int_equal(card.last[63], (uint8_t)(i + 1));
		make_frame(frame, sizeof(frame), (uint8_t)(i + 101));
		assert_int_equal(plx_nicemu_receive(card.nic, frame, sizeof(frame)),
				 PLX_E1000_MODEL_TAKEN);
		settle(&card);
		assert_int_equal(rx[next].status & E1000_RXD_STAT_DD, E1000_RXD_STAT_DD);
		assert_int_equal(le16toh(rx[next].length), sizeof(frame));
		assert_memory_equal(memory + RX_BUFFERS + next * BUFFER_LEN, frame, sizeof(frame));
		((struct e1000_rx_desc *)(void *)(memory + RX_RING))[next].status = 0;
		client->rx_next = (next + 1) % RING_SIZE;
		client->rx_tail = (client->rx_tail + 1) % RING_SIZE;
		set_reg(client, E1000_RDT, client->rx_tail);
	}
}

static inline int
lowest_free_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

#endif
