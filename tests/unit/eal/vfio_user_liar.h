/* SPDX-License-Identifier: BSD-3-Clause */
/* A vfio-user server on a thread that answers well, but for one command, which it answers as the case says. */
#ifndef PLX_TESTS_UNIT_EAL_VFIO_USER_LIAR_H
#define PLX_TESTS_UNIT_EAL_VFIO_USER_LIAR_H

#include "eal_fixture.h"
#include "fds.h"
#include "pci/pci_priv.h"
#include "plx_clock.h"
#include "plx_unixsock.h"
#include "plx_vfio_user.h"
#include "plx_zone.h"
#include "own.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define BAR_LEN	 0x3000
#define VECTORS	 40
#define WAIT_MS	 20000 /* longer than the client */
#define TRIES	 5
#define NS_S	 UINT64_C(1000000000)
#define ZONE_LEN 0x10000

enum fault {
	NONE,
	HANGS_UP,
	SAYS_NOTHING,
	GARBAGE,
	BREAKS_OFF,
	OVERSIZE,
	WRONG_ID,
	WRONG_COMMAND,
	REFUSES,
	REFUSES_AT_LENGTH,
	TOO_SHORT,
	TOO_LONG,
	BRINGS_FILES,
	ASKS, /* for our memory before it answers, as liar.ask says */
	ANSWERS_POSTED,
	ANSWERS_BY_TWIN,
};

/* A command of the server. */
struct asking {
	uint16_t command;
	uint32_t flags;
	uint64_t address, count;
	uint32_t sent; /* bytes behind what DMA_READ and DMA_WRITE begin with */
	bool cut;      /* ... of which some are missing */
	bool file, by_wrong_socket;
};

static struct {
	char path[PLX_DEVICE_NAME_MAX];
	int listener, sock, twin;
	pthread_t thread;
	bool joined;
	const char *text; /* of the version */
	uint16_t major, minor;
	bool twins; /* offers a twin socket */
	uint32_t info_flags, config_len;
	int bar_fd;		       /* of BAR 0; -1: by message */
	struct vfio_user_area area[2]; /* ... that may be mapped */
	uint16_t command;	       /* that the fault is about */
	enum fault fault;
	struct asking ask;
	uint32_t asked_error; /* what came of it: errno, or 0 and data; UINT32_MAX: nothing */
	uint8_t asked_data[8];
	/* What is wrong with the regions that it tells of. */
	bool no_file, more_areas, other_region;
	/* What the client said. */
	unsigned maps, unmaps, posted, vectors, irq_messages, resets;
	unsigned strays; /* answers to what wanted none */
	uint8_t bar[BAR_LEN];
} liar;

static struct plx_pci pci;
static struct plx_device device;
static struct plx_why why;

/* -- the server -------------------------------------------------------------------------------------------------------- */

struct message {
	struct vfio_user_head head;
	uint8_t body[8192];
	unsigned nb_fds;
	int fds[4];
};

static void
answer(const struct vfio_user_msg *msg, const struct message *out, size_t len)
{
	struct vfio_user_head head = {.id = msg->head.id,
				      .command = msg->head.command,
				      .flags = VFIO_USER_TYPE_REPLY | out->head.flags,
				      .error = out->head.error};

	vfio_user_send(liar.sock, head, (struct vfio_user_piece){NULL, 0},
		       (struct vfio_user_piece){out->body, len}, out->fds, out->nb_fds, WAIT_MS);
}

static size_t
tell_region(const uint8_t *body, struct message *out)
{
	struct vfio_user_region_info info;
	struct {
		struct vfio_user_region_info info;
		struct { /* vfio_user_sparse_mmap, of two areas */
			uint16_t id, version;
			uint32_t next, nr_areas, reserved;
		} cap;
		struct vfio_user_area area[2];
	} told = {.info = {.argsz = sizeof(info), .flags = 3}};

	memcpy(&info, body, sizeof(info));
	told.info.index = info.index + liar.other_region;
	told.info.size = info.index == 0			 ? BAR_LEN
			 : info.index == VFIO_USER_REGION_CONFIG ? liar.config_len
								 : 0;
	if (info.index != 0 || liar.bar_fd < 0) {
		memcpy(out->body, &told, sizeof(told.info));
		return sizeof(told.info);
	}
	told.info.argsz = sizeof(told) + (liar.more_areas ? 0x10000 : 0);
	told.info.flags |= VFIO_USER_REGION_MMAP | VFIO_USER_REGION_CAPS;
	told.info.cap_offset = sizeof(told.info);
	told.cap.id = told.cap.version = 1;
	told.cap.nr_areas = 2;
	memcpy(told.area, liar.area, sizeof(told.area));
	memcpy(out->body, &told, sizeof(told));
	if (!liar.no_file)
		out->fds[out->nb_fds++] = liar.bar_fd;
	return sizeof(told);
}

static size_t
tell_version(struct message *out)
{
	const struct vfio_user_version version = {liar.major, liar.minor};
	int pair[2];

	memcpy(out->body, &version, sizeof(version));
	strcpy((char *)out->body + sizeof(version), liar.text);
	if (liar.twins && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
		liar.twin = pair[0];
		out->fds[out->nb_fds++] = pair[1];
	}
	return sizeof(version) + strlen(liar.text) + 1;
}

/* What a good server says: how many bytes. */
static size_t
tell(const struct vfio_user_msg *msg, const uint8_t *body, struct message *out)
{
	struct vfio_user_device_info info = {sizeof(info), liar.info_flags, 9, 5};
	struct vfio_user_irq_info irq = {sizeof(irq), VFIO_USER_IRQ_EVENTFD, 0, VECTORS};
	struct vfio_user_region_access access = {0};

	switch (msg->head.command) {
	case VFIO_USER_VERSION:
		return tell_version(out);
	case VFIO_USER_DEVICE_GET_INFO:
		memcpy(out->body, &info, sizeof(info));
		return sizeof(info);
	case VFIO_USER_DEVICE_GET_REGION_INFO:
		return tell_region(body, out);
	case VFIO_USER_DEVICE_GET_IRQ_INFO:
		memcpy(out->body, &irq, sizeof(irq));
		return sizeof(irq);
	case VFIO_USER_REGION_READ:
		memcpy(&access, body, sizeof(access));
		memcpy(out->body, body, sizeof(access));
		memcpy(out->body + sizeof(access), liar.bar + access.offset % BAR_LEN,
		       access.count);
		return sizeof(access) + access.count;
	case VFIO_USER_REGION_WRITE:
		memcpy(&access, body, sizeof(access));
		if (access.region == 0)
			memcpy(liar.bar + access.offset % BAR_LEN, body + sizeof(access),
			       access.count);
		memcpy(out->body, body, sizeof(access));
		return sizeof(access);
	case VFIO_USER_DMA_UNMAP:
		liar.unmaps++;
		memcpy(out->body, body, sizeof(struct vfio_user_dma_unmap));
		return sizeof(struct vfio_user_dma_unmap);
	case VFIO_USER_DMA_MAP:
		liar.maps += msg->nb_fds == 1;
		return 0;
	case VFIO_USER_DEVICE_RESET:
		liar.resets++;
		return 0;
	case VFIO_USER_DEVICE_SET_IRQS:
		liar.vectors += msg->nb_fds;
		liar.irq_messages++;
		return 0;
	default:
		return 0;
	}
}

/* Asks, and keeps what comes. */
static void
ask_memory(void)
{
	const struct asking *ask = &liar.ask;
	const struct vfio_user_head head = {.id = 77, .command = ask->command, .flags = ask->flags};
	const struct vfio_user_dma_access access = {ask->address, ask->count};
	const int sock = liar.twin >= 0 && !ask->by_wrong_socket ? liar.twin : liar.sock;
	static uint8_t bytes[VFIO_USER_BODY_MAX];
	struct vfio_user_msg msg;
	uint8_t body[64];

	memset(bytes, 0x77, sizeof(bytes));
	vfio_user_send(
		sock, head, (struct vfio_user_piece){&access, sizeof(access) - (ask->cut ? 1 : 0)},
		(struct vfio_user_piece){bytes, ask->sent}, &liar.listener, ask->file, WAIT_MS);
	liar.asked_error = UINT32_MAX;
	if ((ask->flags & VFIO_USER_NO_REPLY) != 0 ||
	    vfio_user_recv_head(sock, &msg, WAIT_MS, NULL) != 0 || msg.head.id != 77)
		return;
	if (msg.len > 0 && vfio_user_recv_body(sock, &msg, body, msg.len, WAIT_MS, NULL) != 0)
		return;
	liar.asked_error = msg.head.error;
	if (msg.len == sizeof(access) + 8)
		memcpy(liar.asked_data, body + sizeof(access), 8);
}

/* False: the conversation is over. */
static bool
lie(const struct vfio_user_msg *msg, struct message *out, size_t len)
{
	struct vfio_user_msg other = *msg;
	uint8_t garbage[64];

	switch (liar.fault) {
	case HANGS_UP:
		return false;
	case SAYS_NOTHING:
		return true;
	case GARBAGE:
		memset(garbage, 0xa5, sizeof(garbage));
		return write(liar.sock, garbage, sizeof(garbage)) > 0;
	case BREAKS_OFF:
		other.head.size = 64;
		other.head.flags = VFIO_USER_TYPE_REPLY;
		return write(liar.sock, &other.head, sizeof(other.head)) < 0;
	case OVERSIZE:
		other.head.size = UINT32_MAX;
		other.head.flags = VFIO_USER_TYPE_REPLY;
		return write(liar.sock, &other.head, sizeof(other.head)) > 0;
	case WRONG_ID:
		other.head.id++;
		break;
	case WRONG_COMMAND:
		other.head.command++;
		break;
	case REFUSES:
	case REFUSES_AT_LENGTH:
		out->head.flags = VFIO_USER_ERROR;
		out->head.error = EACCES;
		len = liar.fault == REFUSES ? 0 : 8;
		break;
	case TOO_SHORT:
		len = len > 0 ? len - 1 : 0;
		break;
	case TOO_LONG:
		len += 5000;
		break;
	case BRINGS_FILES:
		while (out->nb_fds < 3)
			out->fds[out->nb_fds++] = liar.listener;
		break;
	case ANSWERS_BY_TWIN:
		other.head.flags = VFIO_USER_TYPE_REPLY;
		return write(liar.twin, &other.head, sizeof(other.head)) > 0;
	default:
		ask_memory();
	}
	answer(&other, out, len);
	return true;
}

static void *
serve(void *arg)
{
	struct vfio_user_msg msg;
	static uint8_t body[65536];
	bool more = true;

	while (more && vfio_user_recv_head(liar.sock, &msg, WAIT_MS, NULL) == 0) {
		struct message out = {.nb_fds = 0};
		const bool posted = (msg.head.flags & VFIO_USER_NO_REPLY) != 0;
		size_t len;

		if (msg.len > sizeof(body) ||
		    (msg.len > 0 &&
		     vfio_user_recv_body(liar.sock, &msg, body, msg.len, WAIT_MS, NULL) != 0))
			break;
		if ((msg.head.flags & VFIO_USER_TYPE_MASK) == VFIO_USER_TYPE_REPLY) {
			liar.strays++;
			continue;
		}
		liar.posted += posted;
		len = tell(&msg, body, &out);
		if (msg.head.command == liar.command && liar.fault != NONE &&
		    (liar.fault != ANSWERS_POSTED || posted))
			more = liar.fault == ANSWERS_POSTED ? (answer(&msg, &out, len), true)
							    : lie(&msg, &out, len);
		else if (!posted)
			answer(&msg, &out, len);
		if (msg.head.command == VFIO_USER_VERSION && liar.twins)
			close(out.fds[0]);
		plx_unixsock_close_fds(msg.fds, msg.nb_fds);
	}
	close(liar.sock);
	return NULL;
}

static void *
take_one(void *arg)
{
	while ((liar.sock = plx_unixsock_accept(liar.listener)) == -EAGAIN)
		usleep(500);
	return liar.sock >= 0 ? serve(NULL) : NULL;
}

static int
setup(void **state)
{
	memset(&liar, 0, sizeof(liar));
	memset(&pci, 0, sizeof(pci));
	liar.text = "{\"capabilities\":{\"max_msg_fds\":8}}";
	liar.info_flags = VFIO_USER_DEVICE_PCI | VFIO_USER_DEVICE_RESETS;
	liar.config_len = 256;
	liar.bar_fd = liar.twin = -1;
	/* The page in the middle is the MSI-X table's. */
	liar.area[0] = (struct vfio_user_area){0, 0x1000};
	liar.area[1] = (struct vfio_user_area){0x2000, 0x1000};
	own_name(liar.path, sizeof(liar.path));
	liar.listener = plx_unixsock_listen(liar.path, NULL);
	pci.device = &device;
	pci.transport = &plx_pci_vfio_user;
	why.text[0] = '\0';
	return liar.listener >= 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	if (!liar.joined)
		pthread_join(liar.thread, NULL);
	close(liar.listener);
	unlink(liar.path);
	if (liar.bar_fd >= 0)
		close(liar.bar_fd);
	if (liar.twin >= 0)
		close(liar.twin);
	return 0;
}

static inline int
open_device(void)
{
	assert_int_equal(pthread_create(&liar.thread, NULL, take_one, NULL), 0);
	return plx_pci_vfio_user.open(&pci, liar.path, &why);
}

static inline void
opens(void)
{
	if (open_device() != 0)
		fail_msg("%s", why.text);
}

static inline void
does_not_open(const char *says)
{
	const unsigned before = open_fds();

	assert_int_not_equal(open_device(), 0);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, says);
	pthread_join(liar.thread, NULL);
	liar.joined = true;
	assert_int_equal(open_fds(), before);
}

static inline uint32_t
read_bar(uint64_t off)
{
	struct plx_pci_window window;

	assert_int_equal(plx_pci_window(&pci, 0, 0, BAR_LEN, &window, &why), 0);
	return plx_pci_read32(&window, off);
}

static inline bool
fails_at_once(void)
{
	const uint64_t from = plx_clock_monotonic_ns();
	uint32_t value;
	int fd = 0;

	assert_int_equal(plx_pci_config_read(&pci, 0, &value, 4), -EIO);
	assert_int_equal(plx_pci_config_write(&pci, 4, &value, 4), -EIO);
	assert_int_equal(plx_pci_vfio_user.bar_write(&pci, 0, 0, &value, 4), -EIO);
	assert_int_equal(plx_pci_vfio_user.reset(&pci), -EIO);
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_MSIX, &fd, 1, &why), -EIO);
	assert_int_equal(read_bar(0x1000), UINT32_MAX);
	return plx_clock_monotonic_ns() - from < NS_S;
}

/* Everything is an error or all ones, at once, unless this program had to wait for a processor each time; and closing works. */
static inline void
is_dead(void)
{
	unsigned tries = 1;

	while (!fails_at_once() && tries < TRIES)
		tries++;
	assert_in_range(tries, 1, TRIES - 1);
	plx_pci_vfio_user.close(&pci);
}

#endif
