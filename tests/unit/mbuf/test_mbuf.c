/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_pool_fixture.h"
#include "plx_mbuf.h"
#include "plx_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define POOL_SIZE 64

static void
sound(const struct plx_mbuf *m)
{
	struct plx_why why;

	if (plx_mbuf_check(m, &why) != 0)
		fail_msg("%s", why.text);
}

/* A packet of `len` bytes counting up, in segments of at most `seg_len`. */
static struct plx_mbuf *
packet(uint32_t len, uint16_t seg_len)
{
	struct plx_mbuf *head = NULL;
	uint8_t next = 0;

	do {
		struct plx_mbuf *m = plx_mbuf_alloc(pool);
		uint16_t part = len < seg_len ? (uint16_t)len : seg_len;
		uint8_t *bytes;

		assert_non_null(m);
		bytes = plx_mbuf_append(m, part);
		assert_non_null(bytes);
		for (uint16_t i = 0; i < part; i++)
			bytes[i] = next++;
		len -= part;
		if (head == NULL)
			head = m;
		else
			assert_int_equal(plx_mbuf_chain(head, m), 0);
	} while (len > 0);
	sound(head);
	return head;
}

static void
counts_up(const struct plx_mbuf *m, uint8_t from)
{
	for (uint32_t i = 0; i < m->pkt_len; i++) {
		uint8_t room;
		const uint8_t *byte = plx_mbuf_read(m, i, 1, &room);

		assert_non_null(byte);
		assert_int_equal(*byte, (uint8_t)(from + i));
	}
}

static void
all_home(void)
{
	struct plx_why why;

	assert_int_equal(plx_pool_available(pool), POOL_SIZE);
	if (plx_pool_audit(pool, &why) != 0)
		fail_msg("%s", why.text);
}

static void
a_fresh_packet_is_empty(void **state)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	m->ol_flags = ~0u;
	m->vlan_tci = 7;
	plx_mbuf_free(m);
	m = plx_mbuf_alloc(pool);
	assert_int_equal(m->pkt_len, 0);
	assert_int_equal(m->data_len, 0);
	assert_int_equal(m->ol_flags, 0);
	assert_int_equal(m->vlan_tci, 0);
	assert_int_equal(plx_mbuf_headroom(m), PLX_MBUF_HEADROOM);
	assert_int_equal(plx_mbuf_tailroom(m), 2048);
	plx_mbuf_free(m);
	plx_mbuf_free(NULL);
	all_home();
}

static void
ends_grow_and_shrink_within_their_room(void **state)
{
	struct plx_mbuf *m = packet(100, 2000);

	assert_null(plx_mbuf_prepend(m, PLX_MBUF_HEADROOM + 1));
	assert_non_null(plx_mbuf_prepend(m, PLX_MBUF_HEADROOM));
	assert_int_equal(plx_mbuf_headroom(m), 0);
	assert_non_null(plx_mbuf_adj(m, PLX_MBUF_HEADROOM + 10));
	counts_up(m, 10);
	assert_null(plx_mbuf_adj(m, 91));
	assert_true(plx_mbuf_trim(m, 90));
	assert_false(plx_mbuf_trim(m, 1));
	assert_null(plx_mbuf_append(m, 2039));
	assert_non_null(plx_mbuf_append(m, 2038));
	sound(m);
	plx_mbuf_free(m);
	all_home();
}

static void
chains_are_read_across_segments(void **state)
{
	struct plx_mbuf *m = packet(1000, 300);
	uint8_t buf[1000];
	const uint8_t *bytes;

	assert_int_equal(m->nb_segs, 4);
	counts_up(m, 0);
	bytes = plx_mbuf_read(m, 290, 20, buf);
	assert_ptr_equal(bytes, buf);
	assert_int_equal(bytes[0], (uint8_t)290);
	assert_int_equal(bytes[19], (uint8_t)309);
	assert_ptr_not_equal(plx_mbuf_read(m, 310, 20, buf), buf);
	assert_null(plx_mbuf_read(m, 990, 11, buf));
	assert_null(plx_mbuf_read(m, 1001, 0, buf));
	assert_null(plx_mbuf_read(m, UINT32_MAX, 2, buf));
	assert_int_equal(plx_mbuf_linearize(m), 0);
	assert_int_equal(m->nb_segs, 1);
	counts_up(m, 0);
	plx_mbuf_free(m);
	all_home();
}

static void
too_long_a_chain_is_not_linearized(void **state)
{
	struct plx_mbuf *m = packet(5000, 2000);

	assert_int_equal(plx_mbuf_linearize(m), -ENOSPC);
	sound(m);
	counts_up(m, 0);
	plx_mbuf_free(m);
	all_home();
}

static void
copies_are_independent(void **state)
{
	struct plx_mbuf *m = packet(5000, 700), *copy;

	m->ol_flags = PLX_MBUF_RX_HASH;
	m->hash = 42;
	copy = plx_mbuf_copy(m, pool, 10, 4000);
	assert_non_null(copy);
	sound(copy);
	assert_int_equal(copy->pkt_len, 4000);
	assert_int_equal(copy->hash, 42);
	counts_up(copy, 10);
	plx_mbuf_data(m)[10] = 0xff;
	counts_up(copy, 10);
	plx_mbuf_free(m);
	counts_up(copy, 10);
	plx_mbuf_free(copy);
	m = packet(10, 10);
	assert_null(plx_mbuf_copy(m, pool, 11, 1));
	plx_mbuf_free(m);
	all_home();
}

static void
a_shared_packet_lives_until_its_last_holder(void **state)
{
	struct plx_mbuf *m = packet(1000, 300);

	plx_mbuf_ref(m);
	assert_int_equal(plx_mbuf_linearize(m), -EBUSY);
	plx_mbuf_free(m);
	sound(m);
	counts_up(m, 0);
	plx_mbuf_free(m);
	all_home();
}

static void
clones_outlive_their_origin_in_any_order(void **state)
{
	for (int order = 0; order < 6; order++) {
		struct plx_mbuf *m = packet(1000, 300);
		struct plx_mbuf *one = plx_mbuf_clone(m, pool);
		struct plx_mbuf *two = plx_mbuf_clone(one, pool);
		struct plx_mbuf *all[3] = {m, one, two};
		const int first = order / 2, second = (first + 1 + order % 2) % 3;

		sound(one);
		sound(two);
		counts_up(two, 0);
		assert_ptr_equal(plx_mbuf_data(two), plx_mbuf_data(m));
		plx_mbuf_free(all[first]);
		plx_mbuf_free(all[second]);
		counts_up(all[3 - first - second], 0);
		plx_mbuf_free(all[3 - first - second]);
		all_home();
	}
}

/* It speaks of the bytes of one buffer, and a free leaves it there. */
static void
the_mark_of_an_application_stays_with_its_buffer(void **state)
{
	struct plx_mbuf *m = packet(100, 100), *others[2];

	m->ol_flags = PLX_MBUF_APP | PLX_MBUF_TX_VLAN;
	others[0] = plx_mbuf_clone(m, pool);
	others[1] = plx_mbuf_copy(m, pool, 0, 100);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(others[i]->ol_flags, PLX_MBUF_TX_VLAN);
	plx_mbuf_free_bulk(others, 2);
	plx_mbuf_free(m);
	assert_int_equal(m->ol_flags, PLX_MBUF_APP | PLX_MBUF_TX_VLAN);
	plx_mbuf_fresh(m, pool->headroom);
	assert_int_equal(m->ol_flags, 0);
	all_home();
}

static void
what_a_device_may_have_written_into_has_no_mark(void **state)
{
	uint32_t numbers[4];

	assert_true(plx_pool_get_bulk(pool, numbers, 4));
	for (unsigned i = 0; i < 4; i++)
		plx_pool_mbuf(pool, numbers[i])->ol_flags = PLX_MBUF_APP | PLX_MBUF_RX_HASH;
	plx_pool_put_written(pool, numbers, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(plx_pool_mbuf(pool, numbers[i])->ol_flags, PLX_MBUF_RX_HASH);
	all_home();
}

static void
clone_of_an_empty_pool_leaves_all_as_it_was(void **state)
{
	struct plx_mbuf *m = packet(1000, 300), *rest[POOL_SIZE];
	uint32_t n = 0;

	while (plx_pool_available(pool) > 2)
		rest[n++] = plx_mbuf_alloc(pool);
	assert_null(plx_mbuf_clone(m, pool));
	assert_int_equal(plx_pool_available(pool), 2);
	assert_true(plx_mbuf_is_sole(m));
	plx_mbuf_free_bulk(rest, n);
	plx_mbuf_free(m);
	all_home();
}

static void
count_release(void *arg, void *addr)
{
	++*(int *)arg;
	free(addr);
}

static void
external_bytes_are_released_once(void **state)
{
	int released = 0;
	struct plx_mbuf_external ext = {.release = count_release, .arg = &released};
	struct plx_mbuf *m = plx_mbuf_alloc(pool), *clone;
	uint8_t *bytes = malloc(100);

	for (uint8_t i = 0; i < 100; i++)
		bytes[i] = i;
	assert_int_equal(plx_mbuf_attach_external(m, bytes, 100, &ext), 0);
	assert_int_equal(plx_mbuf_attach_external(m, bytes, 100, &ext), -EINVAL);
	sound(m);
	assert_int_equal(plx_mbuf_headroom(m), 0);
	assert_int_equal(plx_mbuf_tailroom(m), 0);
	clone = plx_mbuf_clone(m, pool);
	plx_mbuf_free(m);
	assert_int_equal(released, 0);
	counts_up(clone, 0);
	plx_mbuf_free(clone);
	assert_int_equal(released, 1);
	all_home();
}

static void
bulk_free_takes_any_mixture(void **state)
{
	struct plx_mbuf *mix[6];

	mix[0] = packet(10, 10);
	mix[1] = packet(1000, 300);
	mix[2] = plx_mbuf_clone(mix[1], pool);
	mix[3] = packet(10, 10);
	plx_mbuf_ref(mix[3]);
	mix[4] = mix[3];
	mix[5] = packet(20, 20);
	plx_mbuf_free_bulk(mix, 6);
	all_home();
}

static void
the_check_sees_lies(void **state)
{
	struct plx_mbuf *m = packet(1000, 300);
	struct plx_why why;

	m->pkt_len++;
	assert_int_equal(plx_mbuf_check(m, &why), -EUCLEAN);
	m->pkt_len--;
	m->nb_segs++;
	assert_int_equal(plx_mbuf_check(m, &why), -EUCLEAN);
	m->nb_segs -= 2;
	assert_int_equal(plx_mbuf_check(m, &why), -EUCLEAN);
	m->nb_segs++;
	m->data_off = 3000;
	assert_int_equal(plx_mbuf_check(m, &why), -EUCLEAN);
	m->data_off = PLX_MBUF_HEADROOM;
	sound(m);
	plx_mbuf_free(m);
	all_home();
}

static int
set_up(void **state)
{
	const struct plx_pool_params params = {.name = "mbufs",
					       .n = POOL_SIZE,
					       .cache = 8,
					       .buf_size = 2048 + PLX_MBUF_HEADROOM,
					       .node = PLX_NODE_ANY};

	return eal_pool_init(&params);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_packet_is_empty),
		cmocka_unit_test(ends_grow_and_shrink_within_their_room),
		cmocka_unit_test(chains_are_read_across_segments),
		cmocka_unit_test(too_long_a_chain_is_not_linearized),
		cmocka_unit_test(copies_are_independent),
		cmocka_unit_test(a_shared_packet_lives_until_its_last_holder),
		cmocka_unit_test(clones_outlive_their_origin_in_any_order),
		cmocka_unit_test(the_mark_of_an_application_stays_with_its_buffer),
		cmocka_unit_test(what_a_device_may_have_written_into_has_no_mark),
		cmocka_unit_test(clone_of_an_empty_pool_leaves_all_as_it_was),
		cmocka_unit_test(external_bytes_are_released_once),
		cmocka_unit_test(bulk_free_takes_any_mixture),
		cmocka_unit_test(the_check_sees_lies),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
