/* SPDX-License-Identifier: BSD-3-Clause */
/* A toy PCI device behind a server, and a scripted client on the same thread: what is sent waits in the socket until poll(). */
#ifndef PLX_TESTS_UNIT_VFIO_USER_TOY_SERVER_H
#define PLX_TESTS_UNIT_VFIO_USER_TOY_SERVER_H

#include "patience.h"
#include "plx_unixsock.h"
#include "plx_vfio_user.h"
#include "plx_vfio_user_server.h"
#include "own.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define TOY_BAR	      0x4000
#define TOY_READ_ONLY 1 /* a BAR of 16 bytes */
#define TOY_VECTORS   4

static struct {
	uint8_t config[256], bar[TOY_BAR];
	unsigned accesses, resets, unmaps, comes, gones;
	char why[512];
	struct plx_vfio_user_device device;
	struct plx_vfio_user_server *server;
	char path[64];
	int sock;
	/* What came last. */
	struct vfio_user_msg msg;
	uint8_t body[65536];
} toy;

static int
toy_access(void *arg, unsigned region, uint64_t offset, void *data, uint32_t len, bool write)
{
	uint8_t *at = region == PLX_VFIO_USER_REGION_CONFIG ? toy.config : toy.bar;

	/* The server has checked the bounds; here they are checked again. */
	assert_true(offset + len <= (region == PLX_VFIO_USER_REGION_CONFIG ? 256 : TOY_BAR));
	toy.accesses++;
	if (write)
		memcpy(at + offset, data, len);
	else
		memcpy(data, at + offset, len);
	return 0;
}

static void
toy_reset(void *arg)
{
	toy.resets++;
}

static void
toy_unmapped(void *arg, uint64_t address, uint64_t size)
{
	toy.unmaps++;
}

static void
toy_came(void *arg)
{
	toy.comes++;
}

static void
toy_gone(void *arg, const char *why)
{
	toy.gones++;
	snprintf(toy.why, sizeof(toy.why), "%s", why);
}

static inline int
toy_setup(void **state)
{
	const uint32_t both = PLX_VFIO_USER_REGION_READABLE | PLX_VFIO_USER_REGION_WRITEABLE;
	struct plx_why why = {""};

	memset(&toy, 0, sizeof(toy));
	toy.sock = -1;
	toy.device = (struct plx_vfio_user_device){.access = toy_access,
						   .reset = toy_reset,
						   .unmapped = toy_unmapped,
						   .came = toy_came,
						   .gone = toy_gone,
						   .irqs = {1, 0, TOY_VECTORS, 1, 1}};
	toy.device.region[0] = (struct plx_vfio_user_region){.size = TOY_BAR, .flags = both};
	toy.device.region[TOY_READ_ONLY] =
		(struct plx_vfio_user_region){.size = 16, .flags = PLX_VFIO_USER_REGION_READABLE};
	toy.device.region[PLX_VFIO_USER_REGION_CONFIG] =
		(struct plx_vfio_user_region){.size = 256, .flags = both};
	own_name(toy.path, sizeof(toy.path));
	if (plx_vfio_user_server_create(toy.path, &toy.device, &toy.server, &why) != 0)
		print_error("%s\n", why.text);
	return toy.server != NULL ? 0 : -1;
}

static inline int
toy_teardown(void **state)
{
	plx_vfio_user_server_destroy(toy.server);
	if (toy.sock >= 0)
		close(toy.sock);
	return access(toy.path, F_OK) != 0 ? 0 : -1;
}

/* -- the client ---------------------------------------------------------------------------------------------------- */

static inline void
say(uint16_t id, uint16_t command, uint32_t flags, const void *body, size_t len, const int *fds,
    unsigned nb_fds)
{
	const struct vfio_user_head head = {.id = id, .command = command, .flags = flags};
	const struct vfio_user_piece none = {NULL, 0}, piece = {body, len};

	assert_int_equal(vfio_user_send(toy.sock, head, none, piece, fds, nb_fds, PATIENCE_MS), 0);
}

/* 0 and toy.msg, toy.body; or what ended the stream. */
static inline int
hear(int sock)
{
	int ret = vfio_user_recv_head(sock, &toy.msg, PATIENCE_MS, NULL);

	if (ret == 0 && toy.msg.len > 0)
		ret = vfio_user_recv_body(sock, &toy.msg, toy.body, toy.msg.len, PATIENCE_MS, NULL);
	return ret;
}

static inline bool
nothing_is_heard(void)
{
	plx_vfio_user_server_poll(toy.server);
	return !plx_unixsock_readable(toy.sock);
}

/* The errno of the answer, 0 if it is none; it must have our id, and fds are closed unless there is one in *ret_fd. */
static inline int
ask_fds(uint16_t command, const void *body, size_t len, const int *fds, unsigned nb_fds,
	int *ret_fd)
{
	static uint16_t id;

	say(++id, command, 0, body, len, fds, nb_fds);
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(hear(toy.sock), 0);
	assert_int_equal(toy.msg.head.id, id);
	assert_int_equal(toy.msg.head.command, command);
	assert_int_equal(toy.msg.head.flags & VFIO_USER_TYPE_MASK, VFIO_USER_TYPE_REPLY);
	if (ret_fd != NULL) {
		*ret_fd = toy.msg.nb_fds > 0 ? toy.msg.fds[0] : -1;
		toy.msg.nb_fds = 0;
	}
	plx_unixsock_close_fds(toy.msg.fds, toy.msg.nb_fds);
	if ((toy.msg.head.flags & VFIO_USER_ERROR) != 0) {
		assert_int_equal(toy.msg.len, 0);
		return (int)toy.msg.head.error;
	}
	return 0;
}

static inline int
ask(uint16_t command, const void *body, size_t len)
{
	return ask_fds(command, body, len, NULL, 0, NULL);
}

static inline void
call_in(void)
{
	toy.sock = plx_unixsock_connect(toy.path, NULL);
	assert_true(toy.sock >= 0);
}

static inline int
greet(uint16_t major, const char *text, int *ret_fd)
{
	struct {
		struct vfio_user_version version;
		char text[256];
	} hello = {{major, 0}, ""};

	snprintf(hello.text, sizeof(hello.text), "%s", text);
	return ask_fds(VFIO_USER_VERSION, &hello, sizeof(hello.version) + strlen(text) + 1, NULL, 0,
		       ret_fd);
}

static inline void
connect_toy(void)
{
	call_in();
	plx_vfio_user_server_poll(toy.server);
	assert_int_equal(greet(0, "{\"capabilities\":{\"max_msg_fds\":8}}", NULL), 0);
	assert_true(plx_vfio_user_server_connected(toy.server));
}

static inline void
hang_up(void)
{
	close(toy.sock);
	toy.sock = -1;
	plx_vfio_user_server_poll(toy.server);
}

/* The server has sent us away, saying so, and takes the next one. */
static inline void
was_sent_away(const char *says)
{
	plx_vfio_user_server_poll(toy.server);
	plx_vfio_user_server_poll(toy.server);
	assert_true(hear(toy.sock) < 0);
	if (strstr(toy.why, says) == NULL)
		fail_msg("'%s' lacks '%s'", toy.why, says);
	close(toy.sock);
	connect_toy();
}

static inline int
map_memory(uint64_t address, uint64_t size, uint32_t flags, uint64_t offset, int fd)
{
	const struct vfio_user_dma_map map = {sizeof(map), flags, offset, address, size};

	return ask_fds(VFIO_USER_DMA_MAP, &map, sizeof(map), &fd, fd >= 0 ? 1 : 0, NULL);
}

static inline int
unmap_memory(uint64_t address, uint64_t size, uint32_t flags)
{
	const struct vfio_user_dma_unmap unmap = {sizeof(unmap), flags, address, size};

	return ask(VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap));
}

static inline int
memory(size_t size, unsigned flags)
{
	int fd = memfd_create("toy", MFD_CLOEXEC | flags);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static inline int
lowest_free_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

#endif
