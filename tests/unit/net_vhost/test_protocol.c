/* SPDX-License-Identifier: BSD-3-Clause */
/* The conversation: every message of every size, with files and without, in and out of order; nothing leaks, and the next is served. */
#include "hugepages.h"
#include "vhost_test.h"

#include <linux/memfd.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define FEATURES (VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF))

static struct guest guest;
static unsigned fds_before;

static int
setup(void **state)
{
	if (port_open(",queues=2,guest_mac=02:aa:bb:cc:dd:ee", 2, NULL) != 0)
		return -1;
	fds_before = count_entries("/proc/self/fd");
	assert_int_equal(count_maps(), 0);
	return 0;
}

/* Whatever was said: when the front end is gone, nothing of it is left. */
static int
teardown(void **state)
{
	WAIT_UNTIL(count_entries("/proc/self/fd") <= fds_before);
	assert_int_equal(count_entries("/proc/self/fd"), fds_before);
	assert_int_equal(count_maps(), 0);
	books_balance();
	port_close();
	return 0;
}

/* What a request takes. */
struct shape {
	uint32_t request;
	uint32_t min, max;
	unsigned fds; /* at most */
};

static const struct shape shapes[] = {
	{VHOST_USER_GET_FEATURES, 0, 0, 0},
	{VHOST_USER_SET_FEATURES, 8, 8, 0},
	{VHOST_USER_SET_OWNER, 0, 0, 0},
	{VHOST_USER_RESET_OWNER, 0, 0, 0},
	{VHOST_USER_SET_MEM_TABLE, 8, 264, 8},
	{VHOST_USER_SET_VRING_NUM, 8, 8, 0},
	{VHOST_USER_SET_VRING_ADDR, 40, 40, 0},
	{VHOST_USER_SET_VRING_BASE, 8, 8, 0},
	{VHOST_USER_GET_VRING_BASE, 8, 8, 0},
	{VHOST_USER_SET_VRING_KICK, 8, 8, 1},
	{VHOST_USER_SET_VRING_CALL, 8, 8, 1},
	{VHOST_USER_SET_VRING_ERR, 8, 8, 1},
	{VHOST_USER_GET_PROTOCOL_FEATURES, 0, 0, 0},
	{VHOST_USER_SET_PROTOCOL_FEATURES, 8, 8, 0},
	{VHOST_USER_GET_QUEUE_NUM, 0, 0, 0},
	{VHOST_USER_SET_VRING_ENABLE, 8, 8, 0},
	{VHOST_USER_SEND_RARP, 8, 8, 0},
	{VHOST_USER_NET_SET_MTU, 8, 8, 0},
	{VHOST_USER_GET_CONFIG, 12, 268, 0},
	{VHOST_USER_SET_CONFIG, 12, 268, 0},
	{VHOST_USER_GET_INFLIGHT_FD, 20, 24, 0},
	{VHOST_USER_SET_INFLIGHT_FD, 20, 24, 1},
	{VHOST_USER_GET_MAX_MEM_SLOTS, 0, 0, 0},
	{VHOST_USER_ADD_MEM_REG, 40, 40, 1},
	{VHOST_USER_REM_MEM_REG, 40, 40, 1},
};

static const struct shape *
shape_of(uint32_t request)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(shapes); i++) {
		if (shapes[i].request == request)
			return &shapes[i];
	}
	return NULL;
}

/* A front end that has said hello says this; true if it is sent away for it. */
static bool
is_refused(uint32_t request, uint32_t size, unsigned nb_fds)
{
	const uint8_t zeroes[sizeof(union vhost_user_payload) + 8] = {0};
	uint64_t before = xstat("front_ends_refused");
	int fds[VHOST_USER_FDS_MAX + 1];
	bool refused;

	guest_connect(&guest);
	guest_hello(&guest, FEATURES);
	for (unsigned i = 0; i < nb_fds; i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	say_raw(&guest, request, 0, zeroes, size, fds, nb_fds);
	refused = !is_alive(&guest);
	plx_unixsock_close_fds(fds, nb_fds);
	guest_stop(&guest);
	if (refused)
		wait_for_xstat("front_ends_refused", before + 1);
	return refused;
}

static void
wrong_sizes_end_the_conversation(void **state)
{
	static const uint32_t sizes[] = {0,  1,	 4,  7,	 8,  9,	 12,  16,  20,	23,
					 24, 28, 39, 40, 41, 48, 264, 268, 269, 276};

	for (uint32_t request = 0; request < VHOST_USER_REQUEST_MAX + 2; request++) {
		const struct shape *shape = shape_of(request);

		for (unsigned i = 0; i < PLX_ARRAY_LEN(sizes); i++) {
			bool fits =
				shape != NULL && sizes[i] >= shape->min && sizes[i] <= shape->max;

			if (fits || (shape == NULL && i % 4 != 0))
				continue;
			assert_true(is_refused(request, sizes[i], 0));
		}
	}
}

static void
surplus_files_end_the_conversation_and_are_closed(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(shapes); i++) {
		for (unsigned n = shapes[i].fds + 1; n <= VHOST_USER_FDS_MAX; n += 3)
			assert_true(is_refused(shapes[i].request, shapes[i].min, n));
	}
	assert_true(is_refused(VHOST_USER_SET_MEM_TABLE, 8, VHOST_USER_FDS_MAX + 1));
}

static void
missing_files_end_the_conversation(void **state)
{
	struct vhost_user_memory table = {.nregions = 1};

	assert_true(is_refused(VHOST_USER_SET_VRING_KICK, 8, 0));
	assert_true(is_refused(VHOST_USER_SET_VRING_CALL, 8, 0));
	assert_true(is_refused(VHOST_USER_SET_VRING_ERR, 8, 0));
	assert_true(is_refused(VHOST_USER_ADD_MEM_REG, 40, 0));
	assert_true(is_refused(VHOST_USER_SET_INFLIGHT_FD, 24, 0));
	guest_connect(&guest);
	guest_hello(&guest, FEATURES);
	assert_int_equal(say(&guest, VHOST_USER_SET_MEM_TABLE, &table, 40, -1), 1);
	guest_stop(&guest);
}

/* As many files as regions, all of them good: neither more nor less. */
static void
each_region_has_one_file(void **state)
{
	static const struct {
		uint32_t regions;
		unsigned files;
	} bad[] = {{1, 2}, {2, 1}, {0, 1}, {1, 0}, {UINT32_MAX, 2}};
	struct vhost_user_memory table = {
		.regions = {{GUEST_PHYS, 4096, GUEST_USER, 0},
			    {GUEST_PHYS + 4096, 4096, GUEST_USER + 4096, 0}}};
	const uint32_t size = 8 + 2 * sizeof(table.regions[0]);
	struct vhost_user_msg reply;
	int fds[2];

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		guest_connect(&guest);
		guest_hello(&guest, FEATURES);
		for (unsigned k = 0; k < 2; k++) {
			fds[k] = memfd_create("guest", MFD_CLOEXEC);
			assert_int_equal(ftruncate(fds[k], 4096), 0);
		}
		table.nregions = bad[i].regions;
		say_raw(&guest, VHOST_USER_SET_MEM_TABLE, VHOST_USER_FLAG_NEED_REPLY, &table, size,
			fds, bad[i].files);
		assert_int_equal(vhost_user_recv(guest.sock, &reply, 2000, NULL), 0);
		assert_int_equal(reply.payload.u64, 1);
		assert_false(is_alive(&guest));
		plx_unixsock_close_fds(fds, 2);
		guest_stop(&guest);
	}
}

static void
files_of_another_kind_end_the_conversation(void **state)
{
	assert_true(is_refused(VHOST_USER_SET_VRING_KICK, 8, 1));
	assert_true(is_refused(VHOST_USER_SET_VRING_CALL, 8, 1));
	assert_true(is_refused(VHOST_USER_SET_VRING_ERR, 8, 1));
	assert_true(is_refused(VHOST_USER_ADD_MEM_REG, 40, 1));
}

/* A write to them could hang, or be a command. */
static void
bells_that_are_none_are_refused(void **state)
{
	static const uint32_t requests[] = {VHOST_USER_SET_VRING_KICK, VHOST_USER_SET_VRING_CALL,
					    VHOST_USER_SET_VRING_ERR};
	int pipes[2], fds[6];
	const uint64_t index = 0;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	fds[0] = memfd_create("file", MFD_CLOEXEC);
	fds[1] = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds[2] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[3] = epoll_create1(EPOLL_CLOEXEC);
	fds[4] = pipes[0];
	fds[5] = pipes[1];
	for (unsigned i = 0; i < PLX_ARRAY_LEN(requests); i++) {
		for (unsigned k = 0; k < PLX_ARRAY_LEN(fds); k++) {
			guest_connect(&guest);
			guest_hello(&guest, FEATURES);
			assert_int_equal(say(&guest, requests[i], &index, 8, fds[k]), 1);
			assert_false(is_alive(&guest));
			guest_stop(&guest);
		}
	}
	plx_unixsock_close_fds(fds, PLX_ARRAY_LEN(fds));
}

static void
bytes_that_are_no_message_end_the_conversation(void **state)
{
	const struct vhost_user_head heads[] = {{1, 0, 0},
						{1, 2, 0},
						{1, VHOST_USER_VERSION, UINT32_MAX},
						{0, VHOST_USER_VERSION, 0},
						{UINT32_MAX, VHOST_USER_VERSION, 0},
						{1, VHOST_USER_VERSION | VHOST_USER_FLAG_REPLY, 0}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(heads); i++) {
		guest_connect(&guest);
		assert_int_equal(write(guest.sock, &heads[i], sizeof(heads[i])), sizeof(heads[i]));
		wait_for_xstat("front_ends_refused", i + 1);
		guest_stop(&guest);
	}
	/* One that breaks off in the middle is told, and the next is served. */
	guest_connect(&guest);
	assert_int_equal(write(guest.sock, &(struct vhost_user_head){2, 1, 8}, 12), 12);
	guest_stop(&guest);
	wait_for_xstat("front_ends_refused", PLX_ARRAY_LEN(heads) + 1);
	guest_connect(&guest);
	assert_true(is_alive(&guest));
	guest_stop(&guest);
}

static void
what_was_not_agreed_on_is_refused(void **state)
{
	static const struct shape later[] = {
		{VHOST_USER_GET_QUEUE_NUM, 0, 0, 0},	{VHOST_USER_SEND_RARP, 8, 0, 0},
		{VHOST_USER_NET_SET_MTU, 8, 0, 0},	{VHOST_USER_GET_CONFIG, 12, 0, 0},
		{VHOST_USER_GET_INFLIGHT_FD, 24, 0, 0}, {VHOST_USER_GET_MAX_MEM_SLOTS, 0, 0, 0},
		{VHOST_USER_SET_STATUS, 8, 0, 0},	{VHOST_USER_GET_STATUS, 0, 0, 0},
	};
	const uint8_t zeroes[24] = {0};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(later); i++) {
		guest_connect(&guest);
		say_raw(&guest, later[i].request, 0, zeroes, later[i].min, NULL, 0);
		assert_false(is_alive(&guest));
		guest_stop(&guest);
	}
}

static void
numbers_out_of_range_are_refused(void **state)
{
	static const struct {
		uint32_t request, index, num;
	} bad[] = {
		{VHOST_USER_SET_VRING_NUM, 4, 16},
		{VHOST_USER_SET_VRING_NUM, 0, 0},
		{VHOST_USER_SET_VRING_NUM, 0, 32769},
		{VHOST_USER_SET_VRING_NUM, UINT32_MAX, 16},
		{VHOST_USER_SET_VRING_BASE, 4, 0},
		{VHOST_USER_SET_VRING_ENABLE, 4, 1},
		{VHOST_USER_SET_VRING_ENABLE, 0, 2},
		{VHOST_USER_SET_VRING_CALL, 4, 0},
		{VHOST_USER_SET_VRING_CALL, 0x104, 0},
		{VHOST_USER_SET_VRING_KICK, 0x200, 0},
		{VHOST_USER_SET_FEATURES, 0, 1u << 31},
		{VHOST_USER_SET_FEATURES, 1u << 11, 0},
		{VHOST_USER_SET_PROTOCOL_FEATURES, 2, 0},
		{VHOST_USER_SET_VRING_CALL, 0x100, 1},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		guest_connect(&guest);
		guest_hello(&guest, FEATURES);
		assert_int_not_equal(say_state(&guest, bad[i].request, bad[i].index, bad[i].num),
				     0);
		assert_false(is_alive(&guest));
		guest_stop(&guest);
	}
}

/* A log of writes was never offered. */
static void
flags_of_an_address_are_refused(void **state)
{
	for (uint32_t bit = 0; bit < 32; bit += 31) {
		const struct vhost_user_addr addr = {.flags = 1u << bit,
						     .desc = GUEST_USER,
						     .avail = GUEST_USER + AVAIL_OFF,
						     .used = GUEST_USER + USED_OFF};

		guest_connect(&guest);
		guest_hello(&guest, FEATURES);
		assert_int_equal(say(&guest, VHOST_USER_SET_VRING_ADDR, &addr, sizeof(addr), -1),
				 1);
		assert_false(is_alive(&guest));
		guest_stop(&guest);
	}
}

/* A slot of a packed ring; of a split one any number is a place. */
static void
a_base_outside_of_its_ring_is_refused(void **state)
{
	static const uint32_t bases[] = {RING_SIZE, 0x7fff, 0x8000 | RING_SIZE, 0xffff};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bases); i++) {
		guest_start(&guest, FEATURES | VIRTIO_BIT(VIRTIO_F_RING_PACKED));
		assert_int_not_equal(say_state(&guest, VHOST_USER_SET_VRING_BASE, 1, bases[i]), 0);
		assert_false(is_alive(&guest));
		guest_stop(&guest);
		guest_start(&guest, FEATURES);
		assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_BASE, 1, bases[i]), 0);
		assert_true(is_alive(&guest));
		guest_stop(&guest);
	}
}

/* Nor would a write wait for a counter that another one fills after we looked. */
static void
bells_are_set_not_to_block(void **state)
{
	const uint64_t index = 0;
	int bell = eventfd(0, EFD_CLOEXEC);

	guest_connect(&guest);
	guest_hello(&guest, FEATURES);
	assert_int_equal(say(&guest, VHOST_USER_SET_VRING_CALL, &index, sizeof(index), bell), 0);
	assert_int_equal(fcntl(bell, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	guest_stop(&guest);
	close(bell);
}

static void
questions_are_answered(void **state)
{
	struct vhost_user_config asked = {.offset = 0, .size = VIRTIO_NET_CFG_SPEED};
	static const uint8_t mac[6] = {0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};
	struct vhost_user_msg reply;
	uint16_t value;

	guest_start(&guest, FEATURES);
	assert_true(ask(&guest, VHOST_USER_GET_FEATURES, NULL, 0, &reply));
	/* QEMU would hand it on to the guest, and keep to itself that a ring was reset. */
	assert_int_equal(reply.payload.u64 & VIRTIO_BIT(VIRTIO_F_RING_RESET), 0);
	assert_true(ask(&guest, VHOST_USER_GET_QUEUE_NUM, NULL, 0, &reply));
	assert_int_equal(reply.payload.u64, 2);
	assert_true(ask(&guest, VHOST_USER_GET_MAX_MEM_SLOTS, NULL, 0, &reply));
	assert_int_equal(reply.payload.u64, VHOST_SLOTS_MAX);
	assert_int_equal(say_u64(&guest, VHOST_USER_NET_SET_MTU, 1400), 0);
	assert_int_equal(say_u64(&guest, VHOST_USER_NET_SET_MTU, 67), 1);
	assert_int_equal(say_u64(&guest, VHOST_USER_NET_SET_MTU, 65536), 1);
	assert_int_equal(say_u64(&guest, VHOST_USER_SEND_RARP, 0x1122), 0);
	assert_true(ask(&guest, VHOST_USER_GET_CONFIG, &asked, 12 + asked.size, &reply));
	assert_int_equal(reply.head.size, 12 + asked.size);
	assert_memory_equal(reply.payload.config.data, mac, 6);
	memcpy(&value, reply.payload.config.data + VIRTIO_NET_CFG_STATUS, 2);
	assert_int_equal(value, VIRTIO_NET_S_LINK_UP);
	memcpy(&value, reply.payload.config.data + VIRTIO_NET_CFG_MAX_PAIRS, 2);
	assert_int_equal(value, 2);
	memcpy(&value, reply.payload.config.data + VIRTIO_NET_CFG_MTU, 2);
	assert_int_equal(value, 1400);
	asked.offset = VHOST_USER_CONFIG_MAX;
	assert_true(ask(&guest, VHOST_USER_GET_CONFIG, &asked, 12 + asked.size, &reply));
	assert_int_equal(reply.head.size, 0);
	assert_int_equal(say(&guest, VHOST_USER_SET_CONFIG, &asked, 12, -1), 1);
	assert_true(is_alive(&guest));
	guest_stop(&guest);
}

/* Rings may be told of in any order: they run when the last word was said. */
static void
a_ring_runs_when_all_was_said_in_any_order(void **state)
{
	guest_connect(&guest);
	guest_memory(&guest);
	assert_int_equal(
		say_raw(&guest, VHOST_USER_SET_PROTOCOL_FEATURES, 0, &(uint64_t){8}, 8, NULL, 0),
		0);
	for (uint32_t i = 0; i < 2; i++)
		guest_say_ring(&guest, i, 0);
	assert_false(link_is_up());
	assert_int_equal(guest_say_memory(&guest), 0);
	assert_false(link_is_up());
	assert_int_equal(say_u64(&guest, VHOST_USER_SET_FEATURES,
				 FEATURES | VIRTIO_BIT(VHOST_USER_F_PROTOCOL_FEATURES)),
			 0);
	assert_true(link_is_up());
	assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_ENABLE, 1, 0), 0);
	assert_false(link_is_up());
	assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_ENABLE, 1, 1), 0);
	assert_true(link_is_up());
	/* Other features while rings run are none that can be meant. */
	assert_int_not_equal(say_u64(&guest, VHOST_USER_SET_FEATURES, 0), 0);
	guest_stop(&guest);
}

static void
status_decides_where_it_was_agreed_on(void **state)
{
	struct vhost_user_msg reply;
	uint64_t all = vhost_protocol_features();

	guest_connect(&guest);
	guest_hello(&guest, FEATURES);
	assert_int_equal(say_raw(&guest, VHOST_USER_SET_PROTOCOL_FEATURES, 0, &all, 8, NULL, 0), 0);
	guest_memory(&guest);
	assert_int_equal(guest_say_memory(&guest), 0);
	for (uint32_t i = 0; i < 2; i++)
		guest_say_ring(&guest, i, 0);
	assert_false(link_is_up());
	assert_int_equal(say_u64(&guest, VHOST_USER_SET_STATUS, 0xf), 0);
	assert_true(link_is_up());
	assert_true(ask(&guest, VHOST_USER_GET_STATUS, NULL, 0, &reply));
	assert_int_equal(reply.payload.u64, 0xf);
	assert_int_equal(say_u64(&guest, VHOST_USER_SET_STATUS, 0), 0);
	assert_false(link_is_up());
	guest_stop(&guest);
}

static void
an_owner_that_lets_go_takes_all_with_it(void **state)
{
	guest_start(&guest, FEATURES);
	assert_int_equal(say(&guest, VHOST_USER_RESET_OWNER, NULL, 0, -1), 0);
	assert_false(link_is_up());
	assert_int_equal(count_maps(), 2); /* the guest's own */
	assert_true(is_alive(&guest));
	guest_stop(&guest);
}

static void
one_front_end_after_the_other(void **state)
{
	struct guest second;

	guest_start(&guest, FEATURES);
	guest_connect(&second); /* waits */
	assert_int_equal(xstat("front_ends"), 1);
	guest_stop(&guest);
	guest_hello(&second, FEATURES);
	assert_true(is_alive(&second));
	assert_int_equal(xstat("front_ends"), 2);
	guest_stop(&second);
}

/* -- memory ---------------------------------------------------------------------------------------------------- */

static bool
region_is_refused(struct vhost_user_region region, off_t file_len)
{
	struct vhost_user_mem_reg said = {.region = region};
	int fd = memfd_create("guest", MFD_CLOEXEC);
	bool refused;

	assert_int_equal(ftruncate(fd, file_len), 0);
	guest_connect(&guest);
	guest_hello(&guest, FEATURES);
	refused = say(&guest, VHOST_USER_ADD_MEM_REG, &said, sizeof(said), fd) != 0;
	close(fd);
	guest_stop(&guest);
	return refused;
}

static void
regions_that_cannot_be_are_refused(void **state)
{
	const uint64_t page = 4096, high = UINT64_MAX - page + 1;

	assert_false(region_is_refused((struct vhost_user_region){page, page, page, 0}, 4096));
	assert_false(region_is_refused((struct vhost_user_region){page, 100, page, 10}, 4096));
	assert_true(region_is_refused((struct vhost_user_region){page, 0, page, 0}, 4096));
	assert_true(region_is_refused((struct vhost_user_region){page, page + 1, page, 0}, 4096));
	assert_true(region_is_refused((struct vhost_user_region){page, page, page, 1}, 4096));
	assert_true(region_is_refused((struct vhost_user_region){page, page, page, page}, 4096));
	assert_true(region_is_refused((struct vhost_user_region){page, page, page, high}, 4096));
	assert_true(region_is_refused((struct vhost_user_region){high, page + 1, page, 0}, 8192));
	assert_true(region_is_refused((struct vhost_user_region){page, page + 1, high, 0}, 8192));
	assert_true(region_is_refused((struct vhost_user_region){page, UINT64_MAX, page, 0}, 8192));
	assert_true(region_is_refused((struct vhost_user_region){0, 1, 0, INT64_MAX}, 8192));
}

static int
add_at(uint64_t phys, int fd)
{
	struct vhost_user_mem_reg said = {
		.region = {phys, SECOND_LEN, GUEST_USER + (1ull << 32) + phys, 0}};

	return say(&guest, VHOST_USER_ADD_MEM_REG, &said, sizeof(said), fd);
}

static void
regions_come_and_go_but_do_not_overlap(void **state)
{
	struct vhost_user_mem_reg said = {
		.region = {GUEST_PHYS + MEMORY_LEN, SECOND_LEN, GUEST_USER + MEMORY_LEN, 0}};

	guest_start(&guest, FEATURES);
	assert_int_equal(add_at(GUEST_PHYS + MEMORY_LEN + SECOND_LEN, guest.second_fd), 0);
	assert_int_equal(add_at(GUEST_PHYS - SECOND_LEN, guest.second_fd), 0);
	assert_int_equal(say(&guest, VHOST_USER_REM_MEM_REG, &said, sizeof(said), -1), 0);
	assert_true(link_is_up());
	assert_int_not_equal(say(&guest, VHOST_USER_REM_MEM_REG, &said, sizeof(said), -1), 0);
	guest_stop(&guest);
	for (int i = -1; i < 2; i++) {
		guest_start(&guest, FEATURES);
		assert_int_not_equal(add_at(GUEST_PHYS + MEMORY_LEN / 2 * (uint64_t)(i + 1) +
						    (uint64_t)(i * 100),
					    guest.second_fd),
				     0);
		guest_stop(&guest);
	}
}

/* QEMU before 8 tells each pair of queues' part of the device, and takes it back as often. */
static void
a_region_that_is_told_twice_goes_when_it_was_taken_back_twice(void **state)
{
	const uint64_t phys = GUEST_PHYS + MEMORY_LEN + SECOND_LEN;
	struct vhost_user_mem_reg said = {
		.region = {phys, SECOND_LEN, GUEST_USER + (1ull << 32) + phys, 0}};
	struct vhost_port *port = vhost_port(plx_ethdev_at(guest_port));

	guest_start(&guest, FEATURES);
	assert_int_equal(add_at(phys, guest.second_fd), 0);
	assert_int_equal(add_at(phys, guest.second_fd), 0);
	assert_int_equal(port->memory.nb, 3);
	assert_int_equal(say(&guest, VHOST_USER_REM_MEM_REG, &said, sizeof(said), -1), 0);
	assert_int_equal(port->memory.nb, 3);
	assert_int_equal(say(&guest, VHOST_USER_REM_MEM_REG, &said, sizeof(said), -1), 0);
	assert_int_equal(port->memory.nb, 2);
	/* The same place with another file, or another part of it, is another region. */
	assert_int_equal(add_at(phys, guest.memory_fd), 0);
	assert_int_not_equal(add_at(phys, guest.second_fd), 0);
	guest_stop(&guest);
	guest_start(&guest, FEATURES);
	assert_int_equal(add_at(phys, guest.memory_fd), 0);
	said.region.mmap_offset = SECOND_LEN;
	assert_int_not_equal(
		say(&guest, VHOST_USER_ADD_MEM_REG, &said, sizeof(said), guest.memory_fd), 0);
	guest_stop(&guest);
}

static void
a_ring_outside_memory_or_askew_is_refused(void **state)
{
	static const uint64_t offs[] = {1, 8, MEMORY_LEN - 16, MEMORY_LEN + SECOND_LEN};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(offs); i++) {
		struct vhost_user_addr addr = {.desc = GUEST_USER + offs[i],
					       .avail = GUEST_USER + AVAIL_OFF,
					       .used = GUEST_USER + USED_OFF};

		guest_start(&guest, FEATURES);
		assert_int_not_equal(
			say(&guest, VHOST_USER_SET_VRING_ADDR, &addr, sizeof(addr), -1), 0);
		guest_stop(&guest);
	}
}

static void
a_file_cut_off_under_us_ends_only_the_conversation(void **state)
{
	struct virtio_avail *avail;
	struct plx_mbuf *m;

	guest_start(&guest, FEATURES);
	avail = ring_part(&guest, 1, AVAIL_OFF);
	post_one(&guest, 1, buf_phys(1), 100, 0);
	assert_int_equal(avail->idx, 1);
	assert_int_equal(ftruncate(guest.memory_fd, 0), 0);
	assert_int_equal(plx_ethdev_rx_burst(guest_port, 0, &m, 1), 0);
	wait_for_xstat("front_ends_refused", 1);
	guest_stop(&guest);
	guest_start(&guest, FEATURES);
	/* What can be sealed was: the second file cannot be cut off any more. */
	assert_int_equal(ftruncate(guest.second_fd, 0), -1);
	guest_stop(&guest);
}

/* Pages of 1 GiB, which nobody reserves on a machine for tests; of 2 MiB there may be some. */
static int
file_of_huge_pages(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_HUGETLB | MFD_ALLOW_SEALING;
	int fd = memfd_create("guest", flags | MFD_HUGE_1GB);

	return fd >= 0 ? fd : memfd_create("guest", flags);
}

/* What a file of huge pages has room for need not be there: nobody reserved it. */
static void
huge_pages_that_are_not_there_end_only_the_conversation(void **state)
{
	const size_t page = 2u << 20;
	const int kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	const uint64_t len = 1ull << 30, ring = 1;
	void *taken[64]; /* what huge pages there are: ours, meanwhile */
	unsigned n = 0;
	struct vhost_user_mem_reg said = {.region = {GUEST_PHYS, len, GUEST_USER, 0}};
	struct plx_mbuf *m;
	int kick = eventfd(0, EFD_CLOEXEC);
	int fd = file_of_huge_pages();

	hugepages_hold();
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	while (n < PLX_ARRAY_LEN(taken) &&
	       (taken[n] = mmap(NULL, page, PROT_READ, kind, -1, 0)) != MAP_FAILED)
		n++;
	guest_connect(&guest);
	guest_hello(&guest, FEATURES);
	assert_int_equal(say(&guest, VHOST_USER_ADD_MEM_REG, &said, sizeof(said), fd), 0);
	assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_NUM, 1, RING_SIZE), 0);
	assert_int_equal(guest_say_addr(&guest, 1), 0);
	assert_int_equal(say(&guest, VHOST_USER_SET_VRING_KICK, &ring, 8, kick), 0);
	say_state(&guest, VHOST_USER_SET_VRING_ENABLE, 1, 1);
	plx_ethdev_rx_burst(guest_port, 0, &m, 1);
	wait_for_xstat("front_ends_refused", 1);
	while (n > 0)
		munmap(taken[--n], page);
	hugepages_give_back();
	close(kick);
	close(fd);
	guest_stop(&guest);
}

/* -- manners ----------------------------------------------------------------------------------------------------------- */

/* A burst that takes its time holds the gates: a message that changes something would wait for it, a question does not. */
static void
questions_do_not_stop_the_rings(void **state)
{
	static const uint32_t questions[] = {
		VHOST_USER_GET_FEATURES,  VHOST_USER_GET_PROTOCOL_FEATURES,
		VHOST_USER_GET_QUEUE_NUM, VHOST_USER_GET_MAX_MEM_SLOTS,
		VHOST_USER_GET_CONFIG,
	};
	const struct vhost_user_config config = {.size = 12};
	struct vhost_port *port = vhost_port(plx_ethdev_at(guest_port));
	struct vhost_user_msg reply;
	bool answered = true;

	guest_start(&guest, FEATURES);
	assert_true(plx_gate_enter(&port->ring[0].gate));
	for (unsigned i = 0; i < PLX_ARRAY_LEN(questions); i++) {
		uint32_t size = questions[i] == VHOST_USER_GET_CONFIG ? 24 : 0;

		answered = answered && ask(&guest, questions[i], &config, size, &reply) &&
			   reply.head.request == questions[i];
	}
	plx_gate_leave(&port->ring[0].gate);
	assert_true(answered);
	assert_true(link_is_up());
	guest_stop(&guest);
}

/* Two programs that end together do so in any order. */
static void
who_does_not_wait_for_the_answer_is_just_gone(void **state)
{
	for (uint64_t i = 0; i < 5; i++) {
		guest_connect(&guest);
		assert_int_equal(say_raw(&guest, VHOST_USER_GET_FEATURES, 0, NULL, 0, NULL, 0), 0);
		guest_stop(&guest);
		guest_connect(&guest);
		assert_true(is_alive(&guest));
		guest_stop(&guest);
	}
	assert_int_equal(xstat("front_ends"), 10);
	assert_int_equal(xstat("front_ends_refused"), 0);
}

static unsigned went_up, went_down;

static void
hear(void *arg, uint16_t port, bool up)
{
	struct plx_ethdev_link link = {.up = !up};

	/* Who is told may ask. */
	if (port == guest_port && plx_ethdev_link(port, &link) == 0 && link.up == up)
		__atomic_add_fetch(up ? &went_up : &went_down, 1, __ATOMIC_RELAXED);
}

static void
wait_for_news(const unsigned *count, unsigned value)
{
	WAIT_UNTIL(__atomic_load_n(count, __ATOMIC_RELAXED) >= value);
	assert_int_equal(__atomic_load_n(count, __ATOMIC_RELAXED), value);
}

static void
links_that_come_and_go_are_told(void **state)
{
	struct plx_ethdev_link link = {.up = true};

	went_up = went_down = 0;
	assert_int_equal(plx_ethdev_watch_links(hear, NULL, NULL), 0);
	guest_start(&guest, FEATURES);
	wait_for_news(&went_up, 1);
	/* The guest's interface goes down and comes up: the conversation goes on. */
	assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_ENABLE, 0, 0), 0);
	wait_for_news(&went_down, 1);
	assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_ENABLE, 0, 1), 0);
	wait_for_news(&went_up, 2);
	/* While it is down by our own will there is nothing to tell but that. */
	assert_int_equal(plx_ethdev_set_link(guest_port, false), 0);
	wait_for_news(&went_down, 2);
	assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_ENABLE, 0, 0), 0);
	assert_int_equal(say_state(&guest, VHOST_USER_SET_VRING_ENABLE, 0, 1), 0);
	assert_int_equal(plx_ethdev_link(guest_port, &link), 0);
	assert_false(link.up);
	assert_int_equal(plx_ethdev_set_link(guest_port, true), 0);
	wait_for_news(&went_up, 3);
	guest_stop(&guest);
	wait_for_news(&went_down, 3);
	assert_int_equal(went_up, 3);
	plx_ethdev_unwatch_links();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(wrong_sizes_end_the_conversation),
		CASE(surplus_files_end_the_conversation_and_are_closed),
		CASE(missing_files_end_the_conversation),
		CASE(each_region_has_one_file),
		CASE(files_of_another_kind_end_the_conversation),
		CASE(bells_that_are_none_are_refused),
		CASE(bytes_that_are_no_message_end_the_conversation),
		CASE(what_was_not_agreed_on_is_refused),
		CASE(numbers_out_of_range_are_refused),
		CASE(flags_of_an_address_are_refused),
		CASE(a_base_outside_of_its_ring_is_refused),
		CASE(bells_are_set_not_to_block),
		CASE(questions_are_answered),
		CASE(a_ring_runs_when_all_was_said_in_any_order),
		CASE(status_decides_where_it_was_agreed_on),
		CASE(an_owner_that_lets_go_takes_all_with_it),
		CASE(one_front_end_after_the_other),
		CASE(regions_that_cannot_be_are_refused),
		CASE(regions_come_and_go_but_do_not_overlap),
		CASE(a_region_that_is_told_twice_goes_when_it_was_taken_back_twice),
		CASE(a_ring_outside_memory_or_askew_is_refused),
		CASE(a_file_cut_off_under_us_ends_only_the_conversation),
		CASE(huge_pages_that_are_not_there_end_only_the_conversation),
		CASE(questions_do_not_stop_the_rings),
		CASE(who_does_not_wait_for_the_answer_is_just_gone),
		CASE(links_that_come_and_go_are_told),
	};
	int failed;

	if (vhost_group_setup(NULL) != 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed + (vhost_group_teardown(NULL) != 0);
}
