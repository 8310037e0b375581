/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases that both families and both widths pass through. The includer defines RING (plx_ring_spsc, ...),
 * BITS, COMMIT(r, slots, n), and the suffixes P and C of producer and consumer functions, and includes this once for each.
 */
#define PASTE_(a, b, c, d, e) a##b##c##d##e
#define PASTE(a, b, c, d, e)  PASTE_(a, b, c, d, e)
#define VALUE		      PASTE(uint, BITS, _t, , )
#define FN(verb, suffix)      PASTE(RING, _, verb, BITS, suffix)
#define PLAIN_FN(verb)	      PASTE(RING, _, verb, , )
#define CASE(name)	      PASTE(name, BITS, P, C, )

/* A value that shows a mix-up of halves, neighbours or laps. */
static VALUE
CASE(value_of_)(uint64_t i)
{
	return (VALUE)((i + 1) * 0x9e3779b97f4a7c15ULL);
}

static struct RING *
CASE(make_)(uint32_t capacity)
{
	size_t size = PLAIN_FN(size)(capacity, BITS / 8);
	struct RING *r = aligned_alloc(64, size);

	assert_non_null(r);
	memset(r, 0x5a, size);
	assert_int_equal(PLAIN_FN(init)(r, capacity, BITS / 8), 0);
	return r;
}

static void
CASE(destroy_)(struct RING *r)
{
	PLAIN_FN(fini)(r);
	free(r);
}

static void
CASE(all_of_the_capacity_can_be_used_)(void **state)
{
	for (uint32_t capacity = 1; capacity <= 64; capacity *= 2) {
		struct RING *r = CASE(make_)(capacity);
		VALUE v;

		assert_int_equal(PLAIN_FN(capacity)(r), capacity);
		assert_false(FN(dequeue, C)(r, &v));
		for (uint32_t i = 0; i < capacity; i++) {
			assert_int_equal(PLAIN_FN(count)(r), i);
			assert_true(FN(enqueue, P)(r, CASE(value_of_)(i)));
		}
		assert_int_equal(PLAIN_FN(count)(r), capacity);
		assert_false(FN(enqueue, P)(r, 1));
		for (uint32_t i = 0; i < capacity; i++) {
			assert_true(FN(dequeue, C)(r, &v));
			assert_int_equal(v, CASE(value_of_)(i));
		}
		assert_false(FN(dequeue, C)(r, &v));
		CASE(destroy_)(r);
	}
}

/* Every burst length at every position of the ring, more than 256 times round. */
static void
CASE(bursts_keep_order_over_hundreds_of_laps_)(void **state)
{
	struct RING *r = CASE(make_)(64);
	uint64_t in = 0, out = 0;
	VALUE v[65];

	for (uint32_t step = 0; in < 64 * 700; step++) {
		uint32_t n = step % 65;

		for (uint32_t i = 0; i < n; i++)
			v[i] = CASE(value_of_)(in + i);
		assert_int_equal(FN(enqueue_burst, P)(r, v, n), n);
		in += n;
		memset(v, 0, sizeof(v));
		assert_int_equal(FN(dequeue_burst, C)(r, v, step % 2 ? 65 : n), n);
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(v[i], CASE(value_of_)(out + i));
		out += n;
		assert_int_equal(PLAIN_FN(count)(r), 0);
	}
	CASE(destroy_)(r);
}

static void
CASE(a_burst_moves_what_fits_and_no_more_)(void **state)
{
	struct RING *r = CASE(make_)(16);
	VALUE in[40], out[40];

	for (uint32_t i = 0; i < 40; i++)
		in[i] = CASE(value_of_)(i);
	for (uint32_t start = 0; start < 40; start++) {
		assert_int_equal(FN(enqueue_burst, P)(r, in, 9), 9);
		assert_int_equal(FN(enqueue_burst, P)(r, in + 9, 31), 7);
		assert_int_equal(FN(enqueue_burst, P)(r, in, 1), 0);
		memset(out, 0, sizeof(out));
		assert_int_equal(FN(dequeue_burst, C)(r, out, 40), 16);
		assert_memory_equal(out, in, 16 * sizeof(VALUE));
		assert_int_equal(out[16], 0);
		assert_int_equal(FN(dequeue_burst, C)(r, out, 40), 0);
		assert_int_equal(FN(dequeue_burst, C)(r, out, 0), 0);
		assert_int_equal(FN(enqueue_burst, P)(r, in, 0), 0);
		/* one position on */
		assert_true(FN(enqueue, P)(r, in[0]));
		assert_true(FN(dequeue, C)(r, out));
	}
	CASE(destroy_)(r);
}

static void
CASE(a_bulk_is_all_or_nothing_)(void **state)
{
	struct RING *r = CASE(make_)(16);
	VALUE in[17], out[17];

	for (uint32_t i = 0; i < 17; i++)
		in[i] = CASE(value_of_)(i);
	for (uint32_t start = 0; start < 40; start++) {
		assert_int_equal(FN(enqueue_bulk, P)(r, in, 17), 0);
		assert_int_equal(FN(enqueue_bulk, P)(r, in, 10), 10);
		assert_int_equal(FN(enqueue_bulk, P)(r, in + 10, 7), 0);
		assert_int_equal(FN(dequeue_bulk, C)(r, out, 11), 0);
		assert_int_equal(FN(enqueue_bulk, P)(r, in + 10, 6), 6);
		assert_int_equal(FN(dequeue_bulk, C)(r, out, 17), 0);
		assert_int_equal(PLAIN_FN(count)(r), 16);
		assert_int_equal(FN(dequeue_bulk, C)(r, out, 16), 16);
		assert_memory_equal(out, in, 16 * sizeof(VALUE));
		assert_true(FN(enqueue, P)(r, in[0]));
		assert_true(FN(dequeue, C)(r, out));
	}
	CASE(destroy_)(r);
}

/* Lengths the compiler knows have bodies of their own. */
static void
CASE(constant_lengths_work_at_every_position_)(void **state)
{
	struct RING *r = CASE(make_)(64);
	VALUE in[32], out[32];

	for (uint32_t start = 0; start < 64 * 3; start++) {
		for (uint32_t i = 0; i < 32; i++)
			in[i] = CASE(value_of_)(start * 32 + i);
		assert_int_equal(FN(enqueue_bulk, P)(r, in, 8), 8);
		assert_int_equal(FN(enqueue_burst, P)(r, in, 32), 32);
		assert_int_equal(FN(enqueue_bulk, P)(r, in, 32), 0);
		assert_int_equal(FN(dequeue_burst, C)(r, out, 8), 8);
		assert_memory_equal(out, in, 8 * sizeof(VALUE));
		assert_int_equal(FN(dequeue_bulk, C)(r, out, 32), 32);
		assert_memory_equal(out, in, 32 * sizeof(VALUE));
		assert_int_equal(FN(dequeue_bulk, C)(r, out, 8), 0);
		assert_true(FN(enqueue, P)(r, in[0]));
		assert_true(FN(dequeue, C)(r, out));
	}
	CASE(destroy_)(r);
}

static void
CASE(what_is_reserved_is_seen_when_committed_)(void **state)
{
	struct RING *r = CASE(make_)(16);
	VALUE *slots, v, out[16];
	uint32_t n;

	for (uint32_t start = 0; start < 16 * 300; start++) {
		uint32_t done = 0;

		while (done < 11) {
			n = FN(reserve, P)(r, 11 - done, &slots);
			assert_in_range(n, 1, 11 - done);
			for (uint32_t i = 0; i < n; i++)
				slots[i] = CASE(value_of_)(start + done + i);
			if (done == 0)
				assert_false(FN(dequeue, C)(r, &v));
			COMMIT(r, slots, n);
			done += n;
		}
		assert_int_equal(FN(dequeue_bulk, C)(r, out, 11), 11);
		for (uint32_t i = 0; i < 11; i++)
			assert_int_equal(out[i], CASE(value_of_)(start + i));
	}
	n = FN(reserve, P)(r, 100, &slots);
	assert_int_equal(n, 16); /* 11 * 16 * 300 positions end where a lap does */
	COMMIT(r, slots, n);
	assert_int_equal(FN(reserve, P)(r, 1, &slots), 0);
	COMMIT(r, slots, 0);
	assert_int_equal(PLAIN_FN(count)(r), 16);
	CASE(destroy_)(r);
}

static void
CASE(fini_leaves_a_ring_full_and_empty_)(void **state)
{
	struct RING *r = CASE(make_)(4);
	VALUE v[8] = {0};

	assert_true(FN(enqueue, P)(r, 1));
	PLAIN_FN(fini)(r);
	assert_false(FN(enqueue, P)(r, 1));
	assert_int_equal(FN(enqueue_burst, P)(r, v, 8), 0);
	assert_false(FN(dequeue, C)(r, v));
	assert_int_equal(FN(dequeue_burst, C)(r, v, 8), 0);
	PLAIN_FN(fini)(r);
	PLAIN_FN(fini)(NULL);
	assert_int_equal(PLAIN_FN(init)(r, 4, BITS / 8), 0);
	assert_int_equal(FN(enqueue_burst, P)(r, v, 8), 4);
	CASE(destroy_)(r);
}

static const struct CMUnitTest CASE(cases_)[] = {
	cmocka_unit_test(CASE(all_of_the_capacity_can_be_used_)),
	cmocka_unit_test(CASE(bursts_keep_order_over_hundreds_of_laps_)),
	cmocka_unit_test(CASE(a_burst_moves_what_fits_and_no_more_)),
	cmocka_unit_test(CASE(a_bulk_is_all_or_nothing_)),
	cmocka_unit_test(CASE(constant_lengths_work_at_every_position_)),
	cmocka_unit_test(CASE(what_is_reserved_is_seen_when_committed_)),
	cmocka_unit_test(CASE(fini_leaves_a_ring_full_and_empty_)),
};

#undef VALUE
#undef FN
#undef PLAIN_FN
#undef CASE
