/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that come together, the plan that is made of registers, and what is copied and summed at once. */
#include "model_copy.h"
#include "rx_card.h"

#define BURST	   24u
#define ROUNDS	   400u
#define LONG_RING  256u
#define LONG_BURST 200u
#define FRAME_ROOM 4096u
#define PLAN_STEPS 20000u

static uint8_t frames[BURST][FRAME_ROOM];
static struct iovec parts[BURST];

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static uint32_t
one_of(uint32_t *seed, const uint32_t *values, unsigned n)
{
	return values[next_random(seed) % n];
}

/* -- a burst beside the same frames one by one ---------------------------------------------------------------------------- */

static const uint8_t addresses[][6] = {
	{2, 0, 0, 0, 0, 1},    {2, 0, 0, 0, 0, 1},
	{2, 0, 0, 0, 0, 2},    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	{1, 0, 0x5e, 0, 0, 1}, {1, 0x80, 0xc2, 0, 0, 1},
};
static const uint32_t types[] = {0x0800, 0x8100, 0x8808, 0x88b5, 0x86dd};
static const uint32_t lens[] = {13, 14, 40, 60, 61, 64, 67, 255, 256, 257, 1000, 1518, 1519, 3000};

static void
make_any_frame(unsigned i, uint32_t *seed)
{
	const uint32_t type = one_of(seed, types, PLX_ARRAY_LEN(types));
	const size_t len = one_of(seed, lens, PLX_ARRAY_LEN(lens));

	for (size_t k = 0; k < FRAME_ROOM; k++)
		frames[i][k] = (uint8_t)next_random(seed);
	memcpy(frames[i], addresses[next_random(seed) % PLX_ARRAY_LEN(addresses)], 6);
	plx_store_be16(frames[i] + 12, (uint16_t)type);
	if (type == 0x8808)
		memcpy(frames[i] + 14, (uint8_t[]){0, 1, 0, 9}, 4);
	if (type == 0x0800)
		frames[i][14] = 0x45;
	parts[i] = (struct iovec){frames[i], len};
}

static void
set_any_registers(uint32_t *seed)
{
	static const uint32_t bits[] = {E1000_RCTL_SECRC, E1000_RCTL_UPE, E1000_RCTL_MPE,
					E1000_RCTL_LPE,	  E1000_RCTL_VFE, E1000_RCTL_SBP,
					E1000_RCTL_BAM,	  E1000_RCTL_PMCF};
	static const uint32_t sums[] = {0, 0x300, 0x200, 14, 0x30e};
	uint32_t rctl = E1000_RCTL_EN | (next_random(seed) & 3) << E1000_RCTL_BSIZE_SHIFT |
			(next_random(seed) & 3) << E1000_RCTL_RDMTS_SHIFT;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bits); i++)
		rctl |= (next_random(seed) & 1) != 0 ? bits[i] : 0;
	set(E1000_RCTL, rctl);
	set(E1000_RXCSUM, one_of(seed, sums, PLX_ARRAY_LEN(sums)));
	set(E1000_CTRL, (next_random(seed) & 1 ? E1000_CTRL_VME : 0) |
				(next_random(seed) & 1 ? E1000_CTRL_RFCE : 0));
	set(E1000_FCT, 0x8808);
	set(E1000_FCAL, 0x00c28001);
	set(E1000_FCAH, 0x0100);
	set(E1000_MTA + 4 * (next_random(seed) % E1000_MTA_WORDS), ~0u);
}

/* All that a driver could see, and the card's books. */
struct seen {
	struct e1000_rx_desc ring[DESCS];
	uint32_t sum, icr, rdh;
	uint32_t counts[64];
	struct plx_e1000_model_stats stats;
};

static void
look_at_all(struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	memcpy(seen->ring, ring, sizeof(seen->ring));
	for (unsigned i = 0; i < DESCS; i++)
		for (unsigned k = 0; k < FRAME_ROOM; k++)
			seen->sum = seen->sum * 31 + buffer(i)[k];
	seen->icr = reg(E1000_ICR);
	seen->rdh = reg(E1000_RDH);
	for (unsigned i = 0; i < 64; i++)
		seen->counts[i] = plx_e1000_model_peek(model, E1000_CRCERRS + 4 * i);
	seen->stats = model->stats;
}

static void
receive(unsigned n, bool together, enum plx_e1000_model_taken *taken)
{
	if (together)
		plx_e1000_model_receive_burst(model, parts, n, taken);
	for (unsigned i = 0; i < n && !together; i++)
		taken[i] = plx_e1000_model_receive(model, parts[i].iov_base, parts[i].iov_len);
}

static void
play(uint32_t seed, bool together, enum plx_e1000_model_taken *taken, struct seen *seen)
{
	make_ready_card();
	set_any_registers(&seed);
	for (unsigned turn = 0; turn < 3; turn++) {
		const unsigned n = 1 + next_random(&seed) % BURST;

		for (unsigned i = 0; i < n; i++)
			make_any_frame(i, &seed);
		receive(n, together, taken + turn * BURST);
		give((reg(E1000_RDH) + DESCS - 1 - reg(E1000_RDT)) % DESCS);
	}
	look_at_all(seen);
	drop_rx_card();
}

static void
a_burst_is_what_its_frames_are_one_by_one(void **state)
{
	static struct seen alone, together;
	unsigned met[PLX_E1000_MODEL_BAD + 1] = {0};

	for (uint32_t seed = 0; seed < ROUNDS; seed++) {
		enum plx_e1000_model_taken a[3 * BURST] = {0}, b[3 * BURST] = {0};

		play(seed, false, a, &alone);
		play(seed, true, b, &together);
		assert_memory_equal(a, b, sizeof(a));
		assert_memory_equal(&alone, &together, sizeof(alone));
		for (unsigned i = 0; i < 3 * BURST; i++)
			met[a[i]]++;
	}
	/* Each way was gone. */
	assert_true(met[PLX_E1000_MODEL_TAKEN] > 0 && met[PLX_E1000_MODEL_FULL] > 0 &&
		    met[PLX_E1000_MODEL_FILTERED] > 0 && met[PLX_E1000_MODEL_BAD] > 0);
}

static void
a_burst_for_a_card_that_is_down_is_lost(void **state)
{
	enum plx_e1000_model_taken taken[2];

	make_ready_card();
	set(E1000_STATUS, 0);
	make_frame(FRAME_LEN, 1);
	parts[0] = parts[1] = (struct iovec){frame, FRAME_LEN};
	plx_e1000_model_receive_burst(model, parts, 2, taken);
	assert_int_equal(taken[0], PLX_E1000_MODEL_DOWN);
	assert_int_equal(taken[1], PLX_E1000_MODEL_DOWN);
	assert_int_equal(model->stats.down, 2);
	assert_int_equal(model->stats.in_bytes, 2 * FRAME_LEN);
	drop_rx_card();
}

/* More than are held at a time. */
static void
a_burst_may_be_long(void **state)
{
	static struct iovec many[LONG_BURST];
	enum plx_e1000_model_taken taken[LONG_BURST];
	struct e1000_rx_desc *descs;

	make_rx_card();
	make_frame(FRAME_LEN, 1);
	descs = (void *)memory_add(&memory, 0x20000, LONG_RING * sizeof(*descs));
	set(E1000_RDBAL, 0x20000);
	set(E1000_RDLEN, LONG_RING * sizeof(*descs));
	set(E1000_RDT, LONG_RING - 1);
	for (unsigned i = 0; i < LONG_RING; i++)
		descs[i].addr = htole64(BUFFERS + i % DESCS * BUFFER);
	for (unsigned i = 0; i < LONG_BURST; i++)
		many[i] = (struct iovec){frame, FRAME_LEN};
	plx_e1000_model_receive_burst(model, many, LONG_BURST, taken);
	for (unsigned i = 0; i < LONG_BURST; i++) {
		assert_int_equal(taken[i], PLX_E1000_MODEL_TAKEN);
		assert_int_equal(descs[i].status, WHOLE | E1000_RXD_STAT_IXSM);
	}
	assert_int_equal(descs[LONG_BURST].status, 0);
	assert_int_equal(reg(E1000_RDH), LONG_BURST);
	drop_rx_card();
}

/* 3.2.5.1: an address of 0 is none, be there memory or not. */
static void
a_descriptor_without_a_buffer_gets_nothing_though_there_is_memory_at_0(void **state)
{
	enum plx_e1000_model_taken taken[2];

	make_ready_card();
	memory_add(&memory, 0, PAGE);
	ring[1].addr = 0;
	make_frame(FRAME_LEN, 1);
	parts[0] = parts[1] = (struct iovec){frame, FRAME_LEN};
	plx_e1000_model_receive_burst(model, parts, 2, taken);
	assert_int_equal(ring[1].status, E1000_RXD_STAT_DD);
	assert_int_equal(ring[2].status, WHOLE | E1000_RXD_STAT_IXSM);
	assert_int_equal(*memory_at(&memory, 0), 0);
	assert_memory_equal(buffer(2), frame, FRAME_LEN);
	drop_rx_card();
}

/* What is held until there is more of it is not told because a burst ends. */
static void
a_burst_ends_without_telling_where_a_threshold_waits(void **state)
{
	enum plx_e1000_model_taken taken[3];

	make_ready_card();
	set(E1000_RDTR, 100);
	set(E1000_RXDCTL, E1000_RXDCTL_GRAN | 4u << E1000_RXDCTL_WTHRESH_SHIFT);
	make_frame(FRAME_LEN, 1);
	for (unsigned i = 0; i < 3; i++)
		parts[i] = (struct iovec){frame, FRAME_LEN};
	plx_e1000_model_receive_burst(model, parts, 3, taken);
	assert_int_equal(ring[0].status, 0);
	assert_int_equal(reg(E1000_RDH), 0);
	plx_e1000_model_receive_burst(model, parts, 1, taken);
	assert_int_equal(ring[3].status, WHOLE | E1000_RXD_STAT_IXSM);
	assert_int_equal(reg(E1000_RDH), 4);
	drop_rx_card();
}

/* -- the plan --------------------------------------------------------------------------------------------------------------- */

static void
assert_plan_is_of_now(void)
{
	const struct emodel_rx_plan *plan = emodel_rx_plan(model);
	struct emodel_rx_plan now;

	emodel_rx_plan_make(model, &now);
	assert_int_equal(plan->on, now.on);
	assert_int_equal(plan->wired, now.wired);
	assert_int_equal(plan->strips_tags, now.strips_tags);
	assert_int_equal(plan->rctl, now.rctl);
	assert_int_equal(plan->rxcsum, now.rxcsum);
	assert_int_equal(plan->room, now.room);
	assert_int_equal(plan->longest, now.longest);
	assert_int_equal(plan->longest_plain, now.longest_plain);
	assert_int_equal(plan->tag_type, now.tag_type);
	assert_int_equal(plan->control_type, now.control_type);
	assert_int_equal(plan->nb_stations, now.nb_stations);
	for (unsigned i = 0; i < now.nb_stations; i++) {
		assert_int_equal(plan->stations[i].address, now.stations[i].address);
		assert_int_equal(plan->stations[i].is_source, now.stations[i].is_source);
	}
}

static void
change_anything(uint32_t *seed, uint64_t *now_ns)
{
	static const uint32_t of_plan[] = {
		E1000_CTRL,   E1000_CTRL_TWIN, E1000_FCT,    E1000_VET,	     E1000_RCTL,
		E1000_RXCSUM, E1000_RAL(3),    E1000_RAH(3), E1000_CTRL_EXT, E1000_MDIC};
	uint32_t at = next_random(seed) % 0x6000 & ~3u, value = next_random(seed) << 8;
	uint8_t command = (uint8_t)(7 & next_random(seed));

	if ((next_random(seed) & 1) != 0)
		at = one_of(seed, of_plan, PLX_ARRAY_LEN(of_plan));
	value |= next_random(seed) & 0xff;
	switch (next_random(seed) % 8) {
	case 0:
		plx_e1000_model_config(model, 4, &command, 1, true);
		break;
	case 1:
		plx_e1000_model_set_cable(model, (command & 1) != 0);
		break;
	case 2:
		*now_ns += next_random(seed) * UINT64_C(64);
		plx_e1000_model_tick(model, *now_ns);
		break;
	case 3:
		plx_e1000_model_poke(model, at, value);
		break;
	case 4:
		if (command == 0)
			plx_e1000_model_reset(model);
		break;
	default:
		plx_e1000_model_access(model, 0, at, &value, 4, true);
		break;
	}
}

static void
the_plan_follows_whatever_registers_become(void **state)
{
	uint64_t now_ns = 0;
	uint32_t seed = 1;
	unsigned made = 0;

	make_ready_card();
	for (unsigned i = 0; i < PLAN_STEPS; i++) {
		change_anything(&seed, &now_ns);
		made += !model->rx.plan.made;
		assert_plan_is_of_now();
	}
	assert_true(made > 0 && made < PLAN_STEPS);
	drop_rx_card();
}

/* 13.5.2: RAH.AS is destination or source; its other values are reserved. */
static void
an_address_of_no_kind_matches_nothing(void **state)
{
	make_ready_card();
	for (uint32_t kind = 0; kind < 4; kind++) {
		set(E1000_RAH(0), E1000_RAH_AV | kind << E1000_RAH_AS_SHIFT | 0x0100);
		assert_int_equal(put_new(FRAME_LEN, 0),
				 kind == 0 ? PLX_E1000_MODEL_TAKEN : PLX_E1000_MODEL_FILTERED);
	}
	drop_rx_card();
}

/* -- bytes -------------------------------------------------------------------------------------------------------------------- */

static void
bytes_are_copied_and_summed_whatever_their_number(void **state)
{
	uint32_t seed = 7;

	for (size_t len = 8; len < 600; len++) {
		uint8_t from[608], to[608];
		const struct iovec whole = {from, len};

		for (size_t i = 0; i < sizeof(from); i++)
			from[i] =
				(uint8_t)(next_random(&seed) % 3 == 0 ? 0xff : next_random(&seed));
		memset(to, 0x77, sizeof(to));
		assert_int_equal(emodel_rx_copy_sum(to, from, len),
				 emodel_rx_packet_sum(0, &whole, 1));
		assert_memory_equal(to, from, len);
		for (size_t i = len; i < sizeof(to); i++)
			assert_int_equal(to[i], 0x77);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_what_its_frames_are_one_by_one),
		cmocka_unit_test(a_burst_for_a_card_that_is_down_is_lost),
		cmocka_unit_test(a_burst_may_be_long),
		cmocka_unit_test(
			a_descriptor_without_a_buffer_gets_nothing_though_there_is_memory_at_0),
		cmocka_unit_test(an_address_of_no_kind_matches_nothing),
		cmocka_unit_test(a_burst_ends_without_telling_where_a_threshold_waits),
		cmocka_unit_test(the_plan_follows_whatever_registers_become),
		cmocka_unit_test(bytes_are_copied_and_summed_whatever_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
