/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices whose used rings lie: nothing outside the pool is touched, every buffer comes home, what is lost is counted, and the
 * port works again after a restart.
 */
#include "fake_port.h"
#include "patience.h"

#include <stdlib.h>

#define N	   8
#define XSTATS_MAX 256
#define LIMIT_MS   PATIENCE_MS

/* -- what is done to used entries -------------------------------------------------------------------------------------- */

struct lie {
	const char *name;
	void (*tell)(struct vfake_used *used);
	bool packed_only, split_only, harmless; /* harmless: to the driver nothing is wrong */
	bool rx_only, rx_harmless; /* ... in a receive queue, where all ids are in flight */
};

static void
id_one_too_large(struct vfake_used *used)
{
	used->id = FAKE_DESCS;
}

static void
id_far_too_large(struct vfake_used *used)
{
	used->id = 0xffff;
}

static void
id_with_high_bits(struct vfake_used *used)
{
	used->id |= 0x80000000;
}

static void
id_of_none_in_flight(struct vfake_used *used)
{
	used->id = (used->id + FAKE_DESCS / 2) % FAKE_DESCS;
}

static void
twice(struct vfake_used *used)
{
	used->times = 2;
}

static void
never(struct vfake_used *used)
{
	used->times = 0;
}

static void
without_bytes(struct vfake_used *used)
{
	used->len = 0;
}

static void
shorter_than_a_header(struct vfake_used *used)
{
	used->len = 5;
}

static void
header_and_nothing(struct vfake_used *used)
{
	used->len = used->len - FRAME_LEN;
}

static void
longer_than_the_buffer(struct vfake_used *used)
{
	used->len = 3000;
}

static void
longer_than_all(struct vfake_used *used)
{
	used->len = UINT32_MAX;
}

static void
wrap_turned_over(struct vfake_used *used)
{
	used->flags_wrong = VIRTIO_PACKED_F_AVAIL | VIRTIO_PACKED_F_USED;
}

static void
half_a_wrap(struct vfake_used *used)
{
	used->flags_wrong = VIRTIO_PACKED_F_AVAIL;
}

static void
other_half(struct vfake_used *used)
{
	used->flags_wrong = VIRTIO_PACKED_F_USED;
}

static void
flags_of_a_chain(struct vfake_used *used)
{
	used->flags_wrong = VIRTIO_DESC_F_NEXT | VIRTIO_DESC_F_INDIRECT;
}

static const struct lie lies[] = {
	{"an id behind the last", id_one_too_large},
	{"an id of 65535", id_far_too_large},
	{"an id with bits beyond 16", id_with_high_bits, .split_only = true},
	{"an id that was not given", id_of_none_in_flight, .rx_harmless = true},
	{"the same twice", twice},
	{"nothing", never, .harmless = true},
	{"no bytes", without_bytes, .rx_only = true},
	{"less than a header", shorter_than_a_header, .rx_only = true},
	{"a header and no frame", header_and_nothing, .rx_only = true},
	{"more than was posted", longer_than_the_buffer, .rx_only = true},
	{"4 GiB", longer_than_all, .rx_only = true},
	{"the other wrap", wrap_turned_over, .packed_only = true, .harmless = true},
	{"half a wrap", half_a_wrap, .packed_only = true, .harmless = true},
	{"the other half", other_half, .packed_only = true, .harmless = true},
	{"flags of a chain", flags_of_a_chain, .packed_only = true, .harmless = true},
};

static struct {
	uint16_t queue;
	unsigned after, times; /* so many entries are left alone, then so many are not */
	const struct lie *lie;
} plan;

static void
tamper(void *arg, struct vfake_used *used)
{
	if (used->queue != plan.queue || plan.times == 0)
		return;
	if (plan.after > 0) {
		plan.after--;
		return;
	}
	plan.times--;
	plan.lie->tell(used);
}

/* -- what became of it ------------------------------------------------------------------------------------------------- */

/* All that was counted as lost, wrong or broken. */
static uint64_t
complaints(void)
{
	struct plx_ethdev_xstat *stats = calloc(XSTATS_MAX, sizeof(*stats));
	uint64_t sum = 0;
	int n;

	assert_non_null(stats);
	n = plx_ethdev_xstats(port, stats, XSTATS_MAX);
	for (int i = 0; i < n && i < XSTATS_MAX; i++)
		if (strstr(stats[i].name, "error") != NULL ||
		    strstr(stats[i].name, "missed") != NULL ||
		    strstr(stats[i].name, "violation") != NULL ||
		    strstr(stats[i].name, "broke") != NULL)
			sum += stats[i].value;
	free(stats);
	return sum;
}

static void
books_balance(void)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
}

/* The device is honest again: a stop and a start, and all is well. */
static void
recovers(void)
{
	vfake_tamper(fake, NULL, NULL);
	memset(vfake_faults(fake), 0, sizeof(*vfake_faults(fake)));
	plx_ethdev_stop(port);
	books_balance();
	must(plx_ethdev_start(port, &why));
	both_ways(3);
	assert_int_equal(plx_ethdev_close(port), 0);
	books_balance();
	drop_port();
}

/* Frames both ways, whatever becomes of them. Returns how many were received. */
static unsigned
stir(void)
{
	unsigned got = 0;

	for (unsigned round = 0; round < 4; round++) {
		put(0, N);
		got += receive_all();
		send_some(0, N);
		vfake_poll(fake);
		send_some(0, N);
	}
	return got;
}

/*
 * With IN_ORDER a split ring's index says all that a sender wants to know: it reads no entries. In a packed one an entry with a
 * later id stands for all before it.
 */
static bool
matters(const struct flavour *flavour, const struct lie *lie, uint16_t queue)
{
	bool in_order = (flavour->options.features & VIRTIO_BIT(VIRTIO_F_IN_ORDER)) != 0;
	bool packed = (flavour->options.features & VIRTIO_BIT(VIRTIO_F_RING_PACKED)) != 0;

	if (queue == 1 && in_order && (!packed || lie->rx_harmless))
		return false;
	return !lie->harmless && !(lie->rx_harmless && queue == 0);
}

static void
run_lie(const struct flavour *flavour, const struct lie *lie, uint16_t queue)
{
	uint64_t begin = now_ms();
	unsigned got;

	make_port(&flavour->options);
	plan.queue = queue;
	plan.lie = lie;
	plan.after = 3;
	plan.times = 1;
	vfake_tamper(fake, tamper, NULL);
	got = stir();
	assert_int_equal(plx_ethdev_stop(port), 0);
	if (matters(flavour, lie, queue) && got == 4 * N && complaints() == 0)
		fail_msg("%s: %s in queue %u is not counted", flavour->name, lie->name, queue);
	recovers();
	if (now_ms() - begin > LIMIT_MS)
		fail_msg("%s: %s in queue %u takes too long", flavour->name, lie->name, queue);
}

static void
entries_that_lie_are_counted_and_survived(void **state)
{
	for (unsigned k = 0; k < NB_FLAVOURS; k++) {
		bool packed =
			(flavours[k].options.features & VIRTIO_BIT(VIRTIO_F_RING_PACKED)) != 0;

		for (unsigned i = 0; i < PLX_ARRAY_LEN(lies); i++)
			for (uint16_t queue = 0; queue < 2; queue++)
				if ((packed ? !lies[i].split_only : !lies[i].packed_only) &&
				    (queue == 0 || !lies[i].rx_only))
					run_lie(&flavours[k], &lies[i], queue);
	}
}

/* -- out of thin air ------------------------------------------------------------------------------------------------------ */

static void
entries_for_nothing_are_no_packets(void **state)
{
	for (unsigned k = 0; k < NB_FLAVOURS; k++) {
		for (uint16_t queue = 0; queue < 2; queue++) {
			struct vfake_used used = {.queue = queue, .id = 0, .len = 64, .times = 3};

			make_port(&flavours[k].options);
			vfake_faults(fake)->idle = true;
			/* Nothing was sent; of what was posted the same comes thrice. */
			vfake_use(fake, &used);
			receive_all();
			send_some(0, N);
			receive_all();
			if (queue == 0)
				assert_true(complaints() > 0);
			recovers();
		}
	}
}

static void
indexes_that_jump_are_counted_and_survived(void **state)
{
	static const uint16_t jumps[] = {1,	 FAKE_DESCS, FAKE_DESCS + 1, 0x7fff,
					 0x8000, 0xff00,     0xfff0};

	for (unsigned k = 0; k < NB_FLAVOURS; k++) {
		if (flavours[k].options.features & VIRTIO_BIT(VIRTIO_F_RING_PACKED))
			continue;
		for (unsigned i = 0; i < PLX_ARRAY_LEN(jumps); i++) {
			for (uint16_t queue = 0; queue < 2; queue++) {
				make_port(&flavours[k].options);
				both_ways(5);
				vfake_faults(fake)->idle = true;
				vfake_jump(fake, queue, jumps[i]);
				receive_all();
				send_some(0, 2 * FAKE_DESCS);
				receive_all();
				if (jumps[i] > FAKE_DESCS && complaints() == 0)
					fail_msg("%s: queue %u jumps by %u", flavours[k].name,
						 queue, jumps[i]);
				recovers();
			}
		}
	}
}

static void
counts_of_buffers_that_lie_are_survived(void **state)
{
	static const uint16_t counts[] = {0, 2, 3, FAKE_DESCS, FAKE_DESCS + 1, 0xffff};

	for (unsigned k = 0; k < NB_FLAVOURS; k++) {
		for (unsigned i = 0; i < PLX_ARRAY_LEN(counts); i++) {
			for (unsigned scatter = 0; scatter < 2; scatter++) {
				const struct plx_ethdev_conf conf = {
					.rx_offloads = scatter ? PLX_ETH_RX_OFFLOAD_SCATTER : 0};
				unsigned got;

				make_device(&flavours[k].options);
				must(attach(FAKE_DEVICE));
				must(start(1, &conf));
				vfake_faults(fake)->num_buffers_lies = true;
				vfake_faults(fake)->num_buffers = counts[i];
				got = stir();
				if (scatter && counts[i] > 1) /* else they are not read */
					assert_true(got < 4 * N);
				if (scatter && counts[i] > FAKE_DESCS) /* it can never be whole */
					assert_true(complaints() > 0);
				recovers();
			}
		}
	}
}

/* Whatever a device does to its rings from first to last byte. */
static void
rings_full_of_ones_are_survived(void **state)
{
	for (unsigned k = 0; k < NB_FLAVOURS; k++) {
		for (unsigned part = 0; part < 4; part++) {
			size_t len = 0;
			void *ring;

			make_port(&flavours[k].options);
			both_ways(5);
			vfake_faults(fake)->idle = true;
			ring = vfake_ring(fake, (uint16_t)(part / 2), part % 2 != 0, &len);
			assert_non_null(ring);
			memset(ring, 0xff, len);
			receive_all();
			send_some(0, N);
			receive_all();
			recovers();
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_PORT_TEST(entries_that_lie_are_counted_and_survived),
		FAKE_PORT_TEST(entries_for_nothing_are_no_packets),
		FAKE_PORT_TEST(indexes_that_jump_are_counted_and_survived),
		FAKE_PORT_TEST(counts_of_buffers_that_lie_are_survived),
		FAKE_PORT_TEST(rings_full_of_ones_are_survived),
	};

	return cmocka_run_group_tests(tests, fake_port_setup, fake_port_teardown);
}
