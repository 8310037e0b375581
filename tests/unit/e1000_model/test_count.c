/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics registers: what a frame counts as, what reading does, where counting ends. */
#include "model_bus.h"

static const uint8_t unicast[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0, 0, 1};
static const uint8_t other_group[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xfe};
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static uint64_t
get_pair(struct bus *bus, uint32_t low)
{
	const uint64_t value = get(bus, low);

	return value | (uint64_t)get(bus, low + 4) << 32;
}

static void
sizes_fall_into_classes(void **state)
{
	static const struct {
		uint32_t len, received, sent;
	} cases[] = {
		{64, E1000_PRC64, E1000_PTC64},	      {65, E1000_PRC127, E1000_PTC127},
		{127, E1000_PRC127, E1000_PTC127},    {128, E1000_PRC255, E1000_PTC255},
		{255, E1000_PRC255, E1000_PTC255},    {256, E1000_PRC511, E1000_PTC511},
		{511, E1000_PRC511, E1000_PTC511},    {512, E1000_PRC1023, E1000_PTC1023},
		{1023, E1000_PRC1023, E1000_PTC1023}, {1024, E1000_PRC1522, E1000_PTC1522},
		{1522, E1000_PRC1522, E1000_PTC1522}, {9018, E1000_PRC1522, E1000_PTC1522},
	};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		emodel_count_received(bus->card, unicast, cases[i].len);
		assert_int_equal(get(bus, cases[i].received), 1);
		emodel_count_sent(bus->card, unicast, cases[i].len);
		assert_int_equal(get(bus, cases[i].sent), 1);
	}
	for (uint32_t reg = E1000_PRC64; reg <= E1000_PRC1522; reg += 4)
		assert_int_equal(get(bus, reg), 0);
}

static void
frames_count_as_what_they_are(void **state)
{
	struct bus *bus = *state;

	emodel_count_received(bus->card, unicast, 64);
	emodel_count_received(bus->card, group, 100);
	emodel_count_received(bus->card, other_group, 100);
	emodel_count_received(bus->card, broadcast, 1000);
	assert_int_equal(get(bus, E1000_GPRC), 4);
	assert_int_equal(get(bus, E1000_TPR), 4);
	assert_int_equal(get(bus, E1000_MPRC), 2);
	assert_int_equal(get(bus, E1000_BPRC), 1);
	assert_int_equal(get_pair(bus, E1000_GORCL), 1264);
	assert_int_equal(get_pair(bus, E1000_TORL), 1264);
	assert_int_equal(get(bus, E1000_GPTC) | get(bus, E1000_TPT) | get(bus, E1000_MPTC), 0);
	emodel_count_sent(bus->card, broadcast, 64);
	emodel_count_sent(bus->card, broadcast, 64);
	emodel_count_sent(bus->card, group, 72);
	assert_int_equal(get(bus, E1000_GPTC), 3);
	assert_int_equal(get(bus, E1000_TPT), 3);
	assert_int_equal(get(bus, E1000_MPTC), 1);
	assert_int_equal(get(bus, E1000_BPTC), 2);
	assert_int_equal(get_pair(bus, E1000_GOTCL), 200);
	assert_int_equal(get_pair(bus, E1000_TOTL), 200);
	assert_int_equal(get(bus, E1000_GPRC), 0);
}

static void
reading_clears_each_register(void **state)
{
	struct bus *bus = *state;

	for (uint32_t reg = E1000_CRCERRS; reg <= E1000_TSCTFC; reg += 4) {
		const bool lower = reg == E1000_GORCL || reg == E1000_GOTCL || reg == E1000_TORL ||
				   reg == E1000_TOTL;
		const unsigned before = bus->complaints;

		emodel_count(bus->card, reg, 7);
		if (get(bus, reg) == 0 && bus->complaints > before)
			continue; /* not one */
		assert_int_equal(get(bus, reg), lower ? 7 : 0);
		assert_int_equal(plx_e1000_model_peek(bus->card, reg), lower ? 7 : 0);
		if (lower)
			get(bus, reg + 4); /* which tells of what the lower one told of */
	}
}

static void
upper_half_clears_the_pair(void **state)
{
	static const uint32_t pairs[] = {E1000_GORCL, E1000_GOTCL, E1000_TORL, E1000_TOTL};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(pairs); i++) {
		emodel_count_octets(bus->card, pairs[i], UINT32_MAX);
		emodel_count_octets(bus->card, pairs[i], 3);
		assert_int_equal(get(bus, pairs[i]), 2);
		assert_int_equal(get(bus, pairs[i]), 2);
		assert_int_equal(get(bus, pairs[i] + 4), 1);
		assert_int_equal(get(bus, pairs[i]), 0);
		assert_int_equal(get(bus, pairs[i] + 4), 0);
	}
}

static void
octets_between_the_two_reads_are_told_by_the_next(void **state)
{
	static const uint32_t pairs[] = {E1000_GORCL, E1000_GOTCL, E1000_TORL, E1000_TOTL};
	struct bus *bus = *state;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(pairs); i++) {
		emodel_count_octets(bus->card, pairs[i], UINT32_MAX);
		assert_int_equal(get(bus, pairs[i]), UINT32_MAX);
		emodel_count_octets(bus->card, pairs[i], 100);
		assert_int_equal(get(bus, pairs[i] + 4), 0);
		assert_int_equal(get_pair(bus, pairs[i]), 100);
		assert_int_equal(get(bus, pairs[i]), 0);
		emodel_count_octets(bus->card, pairs[i], 64);
		assert_int_equal(get(bus, pairs[i] + 4), 0);
		assert_int_equal(get_pair(bus, pairs[i]), 64);
		emodel_count_octets(bus->card, pairs[i], UINT32_MAX);
		emodel_count_octets(bus->card, pairs[i], 5);
		assert_int_equal(get(bus, pairs[i] + 4), 1); /* alone: both go */
		assert_int_equal(get_pair(bus, pairs[i]), 0);
	}
}

static void
counting_ends_at_all_ones(void **state)
{
	struct bus *bus = *state;

	emodel_count(bus->card, E1000_MPC, UINT32_MAX - 1);
	emodel_count(bus->card, E1000_MPC, 1);
	assert_int_equal(plx_e1000_model_peek(bus->card, E1000_MPC), UINT32_MAX);
	emodel_count(bus->card, E1000_MPC, 1);
	assert_int_equal(get(bus, E1000_MPC), UINT32_MAX);
	emodel_set(bus->card, E1000_GORCL, UINT32_MAX - 1);
	emodel_set(bus->card, E1000_GORCH, UINT32_MAX);
	emodel_count_octets(bus->card, E1000_GORCL, 1);
	emodel_count_octets(bus->card, E1000_GORCL, 64);
	assert_int_equal(get_pair(bus, E1000_GORCL), UINT64_MAX);
}

static void
statistics_cannot_be_written(void **state)
{
	struct bus *bus = *state;

	emodel_count(bus->card, E1000_MPC, 3);
	set(bus, E1000_MPC, 0);
	set(bus, E1000_TORL, 9);
	assert_int_equal(bus->complaints, 2);
	assert_int_equal(get(bus, E1000_MPC), 3);
	assert_int_equal(get(bus, E1000_TORL), 0);
}

/* Of those as well that nobody has asked for yet. */
static void
resets_clear_them(void **state)
{
	struct bus *bus = *state;

	for (unsigned of_bus = 0; of_bus < 2; of_bus++) {
		emodel_count_received(bus->card, broadcast, 64);
		emodel_count_sent(bus->card, group, 1000);
		emodel_count(bus->card, E1000_MPC, 7);
		if (of_bus == 0)
			set(bus, E1000_CTRL, E1000_CTRL_RST);
		else
			plx_e1000_model_reset(bus->card);
		for (uint32_t reg = E1000_CRCERRS; reg <= E1000_TSCTFC; reg += 4)
			assert_int_equal(plx_e1000_model_peek(bus->card, reg), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BUS_TEST(sizes_fall_into_classes),
		BUS_TEST(frames_count_as_what_they_are),
		BUS_TEST(reading_clears_each_register),
		BUS_TEST(upper_half_clears_the_pair),
		BUS_TEST(octets_between_the_two_reads_are_told_by_the_next),
		BUS_TEST(counting_ends_at_all_ones),
		BUS_TEST(statistics_cannot_be_written),
		BUS_TEST(resets_clear_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
