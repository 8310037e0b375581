/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A front end and the guest's driver, written for the tests and for them alone: they share no code with the driver's side
 * in drivers/net/virtio, and say and do whatever a test wants.
 *
 *	memory, from GUEST_PHYS and GUEST_USER on (two files that touch):
 *	[ ring 0: desc, avail, used ][ ring 1 ] .. [ buffers of BUF_LEN ... ]|[ second file ]
 */
#ifndef PLX_TESTS_UNIT_NET_VHOST_VHOST_GUEST_H
#define PLX_TESTS_UNIT_NET_VHOST_VHOST_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal_pool_fixture.h"
#include "plx_driver.h"
#include "plx_log.h"
#include "plx_unixsock.h"
#include "vhost.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

extern const struct plx_driver plx_driver_net_vhost;

#define GUEST_PHYS  0x40000000ull
#define GUEST_USER  0x7f1200000000ull
#define MEMORY_LEN  (1u << 20)
#define SECOND_LEN  (64u << 10)
#define RING_OFF(i) ((i)*0x10000u)
#define AVAIL_OFF   0x4000u
#define USED_OFF    0x8000u
#define BUFS_OFF    0x40000u
#define BUF_LEN	    2048u
#define RING_SIZE   16
#define RINGS	    4
#define HELLO_ALL   (~0ull)

static char guest_dir[] = "/tmp/plx-vhost-XXXXXX";
static char guest_path[64];
static uint16_t guest_port;

struct guest {
	int sock;
	int memory_fd, second_fd;
	uint8_t *memory; /* both files, one behind the other */
	int call[RINGS];
	uint64_t features;
	uint16_t avail_idx[RINGS], used_idx[RINGS]; /* split */
	unsigned pos[RINGS];			    /* packed */
	bool wrap[RINGS];
};

static inline void
nap(void)
{
	struct timespec time = {0, 1000000};

	nanosleep(&time, NULL);
}

static inline unsigned
count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static inline unsigned
count_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		n += strstr(line, "memfd:guest") != NULL || strstr(line, "vhost-inflight") != NULL;
	fclose(maps);
	return n;
}

/* -- the port --------------------------------------------------------------------------------------------- */

static inline int
port_open(const char *more, uint16_t pairs, const struct plx_ethdev_conf *conf)
{
	char devargs[160];
	struct plx_why why = {""};

	snprintf(devargs, sizeof(devargs), "net_vhost0,iface=%s%s", guest_path, more);
	if (plx_device_attach(devargs, &why) != 0 ||
	    plx_ethdev_by_name("net_vhost0", &guest_port) != 0 ||
	    plx_ethdev_configure(guest_port, pairs, pairs, conf, &why) != 0) {
		print_error("%s\n", why.text);
		return -1;
	}
	for (uint16_t i = 0; i < pairs; i++) {
		assert_int_equal(plx_ethdev_rx_queue_setup(guest_port, i, 0, pool, &why), 0);
		assert_int_equal(plx_ethdev_tx_queue_setup(guest_port, i, 0, &why), 0);
	}
	return plx_ethdev_start(guest_port, &why);
}

static inline void
port_close(void)
{
	assert_int_equal(plx_device_detach("net_vhost0", NULL), 0);
}

static inline uint64_t
xstat(const char *name)
{
	struct plx_ethdev_xstat stats[64];
	int n = plx_ethdev_xstats(guest_port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++) {
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	}
	fail_msg("no counter %s", name);
	return 0;
}

static inline void
wait_for_xstat(const char *name, uint64_t value)
{
	for (int i = 0; i < 2000 && xstat(name) < value; i++)
		nap();
	assert_int_equal(xstat(name), value);
}

static inline void
books_balance(void)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(guest_port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
}

static inline bool
link_is_up(void)
{
	struct plx_ethdev_link link = {0};

	assert_int_equal(plx_ethdev_link(guest_port, &link), 0);
	return link.up;
}

/* -- messages ------------------------------------------------------------------------------------------------ */

static inline int
say_raw(struct guest *guest, uint32_t request, uint32_t flags, const void *payload, uint32_t size,
	const int *fds, unsigned nb_fds)
{
	struct vhost_user_head head = {request, VHOST_USER_VERSION | flags, size};

	return plx_unixsock_send(guest->sock, &head, sizeof(head), payload, size, fds, nb_fds,
				 1000);
}

/* Says it and waits for the acknowledgement: 0, 1, or -1 if the other end hung up. */
static inline int
say(struct guest *guest, uint32_t request, const void *payload, uint32_t size, int fd)
{
	struct vhost_user_msg reply;

	if (say_raw(guest, request, VHOST_USER_FLAG_NEED_REPLY, payload, size, &fd, fd >= 0) != 0 ||
	    vhost_user_recv(guest->sock, &reply, 2000, NULL) != 0)
		return -1;
	assert_int_equal(reply.head.request, request);
	assert_int_equal(reply.head.flags, VHOST_USER_VERSION | VHOST_USER_FLAG_REPLY);
	return reply.payload.u64 != 0;
}

static inline int
say_u64(struct guest *guest, uint32_t request, uint64_t value)
{
	return say(guest, request, &value, sizeof(value), -1);
}

static inline int
say_state(struct guest *guest, uint32_t request, uint32_t index, uint32_t num)
{
	const struct vhost_user_state state = {index, num};

	return say(guest, request, &state, sizeof(state), -1);
}

/* A question: the reply's payload is left in *reply. False if the other end hung up. */
static inline bool
ask(struct guest *guest, uint32_t request, const void *payload, uint32_t size,
    struct vhost_user_msg *reply)
{
	return say_raw(guest, request, 0, payload, size, NULL, 0) == 0 &&
	       vhost_user_recv(guest->sock, reply, 2000, NULL) == 0;
}

static inline bool
is_alive(struct guest *guest)
{
	struct vhost_user_msg reply;

	return ask(guest, VHOST_USER_GET_FEATURES, NULL, 0, &reply);
}

/* -- a front end ------------------------------------------------------------------------------------------------ */

static inline void
guest_connect(struct guest *guest)
{
	*guest = (struct guest){.memory_fd = -1, .second_fd = -1};
	guest->sock = plx_unixsock_connect(guest_path, NULL);
	assert_true(guest->sock >= 0);
	for (int i = 0; i < RINGS; i++)
		guest->call[i] = -1;
}

static inline void
guest_memory(struct guest *guest)
{
	guest->memory_fd = memfd_create("guest", MFD_CLOEXEC);
	guest->second_fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(guest->memory_fd, MEMORY_LEN), 0);
	assert_int_equal(ftruncate(guest->second_fd, SECOND_LEN), 0);
	guest->memory = mmap(NULL, MEMORY_LEN + SECOND_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
			     guest->memory_fd, 0);
	assert_true(guest->memory != MAP_FAILED);
	assert_true(mmap(guest->memory + MEMORY_LEN, SECOND_LEN, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, guest->second_fd, 0) != MAP_FAILED);
}

static inline int
guest_say_memory(struct guest *guest)
{
	struct vhost_user_memory table = {
		.nregions = 2,
		.regions = {{GUEST_PHYS, MEMORY_LEN, GUEST_USER, 0},
			    {GUEST_PHYS + MEMORY_LEN, SECOND_LEN, GUEST_USER + MEMORY_LEN, 0}}};
	int fds[2] = {guest->memory_fd, guest->second_fd};
	struct vhost_user_msg reply;

	if (say_raw(guest, VHOST_USER_SET_MEM_TABLE, VHOST_USER_FLAG_NEED_REPLY, &table,
		    8 + 2 * sizeof(table.regions[0]), fds, 2) != 0 ||
	    vhost_user_recv(guest->sock, &reply, 2000, NULL) != 0)
		return -1;
	return reply.payload.u64 != 0;
}

static inline int
guest_say_addr(struct guest *guest, uint32_t ring)
{
	const uint64_t at = GUEST_USER + RING_OFF(ring);
	const struct vhost_user_addr addr = {
		.index = ring, .desc = at, .avail = at + AVAIL_OFF, .used = at + USED_OFF};

	return say(guest, VHOST_USER_SET_VRING_ADDR, &addr, sizeof(addr), -1);
}

static inline void
guest_say_ring(struct guest *guest, uint32_t ring, uint32_t base)
{
	const uint64_t index = ring;
	int kick = eventfd(0, EFD_CLOEXEC);

	guest->call[ring] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(say_state(guest, VHOST_USER_SET_VRING_NUM, ring, RING_SIZE), 0);
	assert_int_equal(say_state(guest, VHOST_USER_SET_VRING_BASE, ring, base), 0);
	assert_int_equal(guest_say_addr(guest, ring), 0);
	assert_int_equal(
		say(guest, VHOST_USER_SET_VRING_CALL, &index, sizeof(index), guest->call[ring]), 0);
	assert_int_equal(say(guest, VHOST_USER_SET_VRING_KICK, &index, sizeof(index), kick), 0);
	assert_int_equal(say_state(guest, VHOST_USER_SET_VRING_ENABLE, ring, 1), 0);
	close(kick);
}

/* Everything up to features; all protocol features but STATUS, which would ask for one more message. */
static inline void
guest_hello(struct guest *guest, uint64_t features)
{
	struct vhost_user_msg reply;

	assert_int_equal(say_raw(guest, VHOST_USER_SET_OWNER, 0, NULL, 0, NULL, 0), 0);
	assert_true(ask(guest, VHOST_USER_GET_FEATURES, NULL, 0, &reply));
	guest->features =
		(features | VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES)) & reply.payload.u64;
	assert_true(ask(guest, VHOST_USER_GET_PROTOCOL_FEATURES, NULL, 0, &reply));
	reply.payload.u64 &= ~VIRTIO_BIT(VHOST_USER_PROTOCOL_F_STATUS);
	assert_int_equal(
		say_raw(guest, VHOST_USER_SET_PROTOCOL_FEATURES, 0, &reply.payload, 8, NULL, 0), 0);
	assert_int_equal(say_u64(guest, VHOST_USER_SET_FEATURES, guest->features), 0);
}

static inline bool
guest_is_packed(const struct guest *guest)
{
	return (guest->features & VIRTIO_BIT(VIRTIO_F_RING_PACKED)) != 0;
}

/* The whole of it: connected, with memory and the first pair of rings. */
static inline void
guest_start(struct guest *guest, uint64_t features)
{
	guest_connect(guest);
	guest_hello(guest, features);
	guest_memory(guest);
	assert_int_equal(guest_say_memory(guest), 0);
	for (uint32_t i = 0; i < 2; i++) {
		guest->wrap[i] = true;
		guest_say_ring(guest, i, guest_is_packed(guest) ? 0x8000 : 0);
	}
	assert_true(link_is_up());
}

static inline void
guest_stop(struct guest *guest)
{
	close(guest->sock);
	for (int i = 0; i < RINGS; i++) {
		if (guest->call[i] >= 0)
			close(guest->call[i]);
	}
	if (guest->memory != NULL)
		munmap(guest->memory, MEMORY_LEN + SECOND_LEN);
	if (guest->memory_fd >= 0)
		close(guest->memory_fd);
	if (guest->second_fd >= 0)
		close(guest->second_fd);
	for (int i = 0; i < 2000 && link_is_up(); i++)
		nap();
}

/* -- the guest's driver --------------------------------------------------------------------------------------------- */

static inline void *
ring_part(struct guest *guest, unsigned ring, unsigned off)
{
	return guest->memory + RING_OFF(ring) + off;
}

static inline uint64_t
buf_phys(unsigned buf)
{
	return GUEST_PHYS + BUFS_OFF + buf * BUF_LEN;
}

static inline uint8_t *
buf_at(struct guest *guest, unsigned buf)
{
	return guest->memory + BUFS_OFF + buf * BUF_LEN;
}

struct piece {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
};

static inline void
post_split(struct guest *guest, unsigned ring, const struct piece *pieces, unsigned n,
	   uint16_t head)
{
	struct virtio_desc *desc = ring_part(guest, ring, 0);
	struct virtio_avail *avail = ring_part(guest, ring, AVAIL_OFF);

	for (unsigned i = 0; i < n; i++)
		desc[head + i] = (struct virtio_desc){
			pieces[i].addr, pieces[i].len,
			(uint16_t)(pieces[i].flags | (i + 1 < n ? VIRTIO_DESC_F_NEXT : 0)),
			(uint16_t)(head + i + 1)};
	avail->ring[guest->avail_idx[ring]++ % RING_SIZE] = head;
	__atomic_store_n(&avail->idx, guest->avail_idx[ring], __ATOMIC_RELEASE);
}

static inline void
post_packed(struct guest *guest, unsigned ring, const struct piece *pieces, unsigned n, uint16_t id)
{
	struct virtio_packed_desc *desc = ring_part(guest, ring, 0);
	unsigned head = guest->pos[ring];
	uint16_t head_flags = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned pos = guest->pos[ring];
		uint16_t flags = (uint16_t)(pieces[i].flags | (i + 1 < n ? VIRTIO_DESC_F_NEXT : 0) |
					    (guest->wrap[ring] ? VIRTIO_PACKED_F_AVAIL
							       : VIRTIO_PACKED_F_USED));

		desc[pos].addr = pieces[i].addr;
		desc[pos].len = pieces[i].len;
		desc[pos].id = id;
		if (i == 0)
			head_flags = flags;
		else
			desc[pos].flags = flags;
		guest->pos[ring] = (pos + 1) % RING_SIZE;
		guest->wrap[ring] ^= pos + 1 == RING_SIZE;
	}
	__atomic_store_n(&desc[head].flags, head_flags, __ATOMIC_RELEASE);
}

/* Makes a list available under the number `id` (split: the first descriptor it takes). */
static inline void
post(struct guest *guest, unsigned ring, const struct piece *pieces, unsigned n, uint16_t id)
{
	if (guest_is_packed(guest))
		post_packed(guest, ring, pieces, n, id);
	else
		post_split(guest, ring, pieces, n, id);
}

static inline void
post_one(struct guest *guest, unsigned ring, uint64_t addr, uint32_t len, uint16_t id)
{
	const struct piece piece = {addr, len, ring % 2 == 0 ? VIRTIO_DESC_F_WRITE : 0};

	post(guest, ring, &piece, 1, id);
}

/* The next list that came back, of `n` descriptors: false if there is none. */
static inline bool
reap(struct guest *guest, unsigned ring, unsigned n, uint16_t *ret_id, uint32_t *ret_len)
{
	if (!guest_is_packed(guest)) {
		struct virtio_used *used = ring_part(guest, ring, USED_OFF);

		if (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == guest->used_idx[ring])
			return false;
		*ret_id = (uint16_t)used->ring[guest->used_idx[ring] % RING_SIZE].id;
		*ret_len = used->ring[guest->used_idx[ring]++ % RING_SIZE].len;
		return true;
	}
	/* used_idx counts slots given back; the wrap counter is the number of times around. */
	struct virtio_packed_desc *desc = ring_part(guest, ring, 0);
	unsigned slot = guest->used_idx[ring] % RING_SIZE;
	bool wrap = guest->used_idx[ring] / RING_SIZE % 2 == 0;
	uint16_t flags = __atomic_load_n(&desc[slot].flags, __ATOMIC_ACQUIRE);

	if (((flags & VIRTIO_PACKED_F_AVAIL) != 0) != wrap ||
	    ((flags & VIRTIO_PACKED_F_USED) != 0) != wrap)
		return false;
	*ret_id = desc[slot].id;
	*ret_len = desc[slot].len;
	guest->used_idx[ring] = (uint16_t)(guest->used_idx[ring] + n);
	return true;
}

static inline void
expect_back(struct guest *guest, unsigned ring, unsigned n, uint16_t id, uint32_t len)
{
	uint16_t got_id = 0xffff;
	uint32_t got_len = 0xffffffff;

	assert_true(reap(guest, ring, n, &got_id, &got_len));
	assert_int_equal(got_id, id);
	assert_int_equal(got_len, len);
}

/* -- group fixtures ----------------------------------------------------------------------------------------------------- */

static inline int
vhost_group_setup(void **state)
{
	const struct plx_pool_params params = {.name = "vhost", .n = 1023, .cache = 32, .node = -1};

	if (eal_pool_init(&params) != 0 || mkdtemp(guest_dir) == NULL ||
	    plx_driver_add(&plx_driver_net_vhost, NULL) != 0)
		return -1;
	snprintf(guest_path, sizeof(guest_path), "%s/sock", guest_dir);
	plx_log_add_rule("emergency", NULL);
	return 0;
}

static inline int
vhost_group_teardown(void **state)
{
	rmdir(guest_dir);
	return eal_pool_fini(state);
}

#endif
