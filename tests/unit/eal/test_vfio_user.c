/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport vfio-user against a server on a thread that answers well, but for one command, which it answers as the case says. */
#include "eal_fixture.h"
#include "pci/pci_priv.h"
#include "plx_unixsock.h"
#include "plx_vfio_user.h"
#include "plx_zone.h"

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
#define WAIT_MS	 5000
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
	ASKS_FIRST, /* reads our memory before it answers */
	ASKS_OUTSIDE,
	ASKS_STRADDLING,
	ASKS_NONSENSE,
	ANSWERS_POSTED,
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
	uint64_t ask_address;
	uint32_t asked_error; /* what came of it: errno, or 0 and data */
	uint8_t asked_data[8];
	/* What the client said. */
	unsigned maps, unmaps, posted, vectors, irq_messages;
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
	told.info.index = info.index;
	told.info.size = info.index == 0			 ? BAR_LEN
			 : info.index == VFIO_USER_REGION_CONFIG ? liar.config_len
								 : 0;
	if (info.index != 0 || liar.bar_fd < 0) {
		memcpy(out->body, &told, sizeof(told.info));
		return sizeof(told.info);
	}
	told.info.argsz = sizeof(told);
	told.info.flags |= VFIO_USER_REGION_MMAP | VFIO_USER_REGION_CAPS;
	told.info.cap_offset = sizeof(told.info);
	told.cap.id = told.cap.version = 1;
	told.cap.nr_areas = 2;
	memcpy(told.area, liar.area, sizeof(told.area));
	memcpy(out->body, &told, sizeof(told));
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
	case VFIO_USER_DEVICE_SET_IRQS:
		liar.vectors += msg->nb_fds;
		liar.irq_messages++;
		return 0;
	default:
		return 0;
	}
}

/* Asks for 8 bytes, and keeps what comes. */
static void
ask_memory(uint16_t command)
{
	const struct vfio_user_head head = {.id = 77, .command = command};
	const struct vfio_user_dma_access access = {liar.ask_address, 8};
	const int sock = liar.twin >= 0 ? liar.twin : liar.sock;
	struct vfio_user_msg msg;
	uint8_t body[64];

	vfio_user_send(sock, head, (struct vfio_user_piece){&access, sizeof(access)},
		       (struct vfio_user_piece){NULL, 0}, NULL, 0, WAIT_MS);
	liar.asked_error = UINT32_MAX;
	if (vfio_user_recv_head(sock, &msg, WAIT_MS, NULL) != 0 || msg.head.id != 77)
		return;
	liar.asked_error = msg.head.error;
	if (msg.len == sizeof(access) + 8 &&
	    vfio_user_recv_body(sock, &msg, body, msg.len, WAIT_MS, NULL) == 0)
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
	case ASKS_NONSENSE:
		ask_memory(VFIO_USER_DEVICE_GET_INFO);
		break;
	default:
		ask_memory(VFIO_USER_DMA_READ);
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
	snprintf(liar.path, sizeof(liar.path), "/tmp/plx-liar-%d.sock", (int)getpid());
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

static int
open_device(void)
{
	assert_int_equal(pthread_create(&liar.thread, NULL, take_one, NULL), 0);
	return plx_pci_vfio_user.open(&pci, liar.path, &why);
}

static void
opens(void)
{
	if (open_device() != 0)
		fail_msg("%s", why.text);
}

static void
does_not_open(const char *says)
{
	int fd = dup(0), after;

	assert_int_not_equal(open_device(), 0);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' lacks '%s'", why.text, says);
	pthread_join(liar.thread, NULL);
	liar.joined = true;
	close(fd);
	after = dup(0);
	close(after);
	assert_true(after <= fd);
}

static uint32_t
read_bar(uint64_t off)
{
	struct plx_pci_window window;

	assert_int_equal(plx_pci_window(&pci, 0, 0, BAR_LEN, &window, &why), 0);
	return plx_pci_read32(&window, off);
}

/* Everything is an error or all ones, at once, and closing works. */
static void
is_dead(void)
{
	struct timespec from, to;
	uint32_t value;
	int fd = 0;

	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(plx_pci_config_read(&pci, 0, &value, 4), -EIO);
	assert_int_equal(plx_pci_config_write(&pci, 4, &value, 4), -EIO);
	assert_int_equal(plx_pci_vfio_user.bar_write(&pci, 0, 0, &value, 4), -EIO);
	assert_int_equal(plx_pci_vfio_user.reset(&pci), -EIO);
	assert_int_equal(plx_pci_irq_set(&pci, PLX_PCI_IRQ_MSIX, &fd, 1, &why), -EIO);
	assert_int_equal(read_bar(0x1000), UINT32_MAX);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec <= 1);
	plx_pci_vfio_user.close(&pci);
}

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

/* -- what servers ask ------------------------------------------------------------------------------------------------------- */

static const struct plx_zone *
zone_of(uint8_t fill)
{
	const struct plx_zone *zone;

	assert_int_equal(plx_zone_reserve_dma("asked", ZONE_LEN, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &zone, &why),
			 0);
	memset(zone->addr, fill, zone->len);
	return zone;
}

static void
asked(enum fault fault, uint64_t off, uint32_t expected)
{
	const struct plx_zone *zone = zone_of(0x5a);

	opens();
	liar.ask_address = (uintptr_t)zone->addr + off;
	liar.fault = fault;
	liar.command = VFIO_USER_DEVICE_RESET;
	assert_int_equal(plx_pci_vfio_user.reset(&pci), 0);
	assert_int_equal(liar.asked_error, expected);
	assert_int_equal(liar.asked_data[7], expected == 0 ? 0x5a : 0);
	plx_pci_vfio_user.close(&pci);
	plx_zone_free(zone);
}

static void
a_server_may_ask_for_memory_before_it_answers(void **state)
{
	asked(ASKS_FIRST, 8, 0);
}

static void
a_server_may_ask_by_a_twin(void **state)
{
	liar.twins = true;
	liar.text = "{\"capabilities\":{\"max_msg_fds\":8,\"twin_socket\":{\"supported\":true,"
		    "\"fd_index\":0}}}";
	asked(ASKS_FIRST, 8, 0);
	assert_true(liar.twin >= 0);
}

static void
a_server_gets_no_memory_outside_of_zones(void **state)
{
	asked(ASKS_OUTSIDE, 1ull << 46, EFAULT);
}

static void
a_server_gets_nothing_that_leaves_a_zone(void **state)
{
	asked(ASKS_STRADDLING, ZONE_LEN - 4, EFAULT);
}

static void
a_server_gets_nothing_but_memory(void **state)
{
	asked(ASKS_NONSENSE, 0, ENOSYS);
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
WHILE_OPENING(silence_is_told, VFIO_USER_VERSION, SAYS_NOTHING, "no answer to VERSION within")
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
		CASE(a_file_too_short_for_its_bar_is_refused),
		CASE(a_server_may_ask_for_memory_before_it_answers),
		CASE(a_server_may_ask_by_a_twin),
		CASE(a_server_gets_no_memory_outside_of_zones),
		CASE(a_server_gets_nothing_that_leaves_a_zone),
		CASE(a_server_gets_nothing_but_memory),
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
