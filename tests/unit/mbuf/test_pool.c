/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_fixture.h"
#include "plx_lcore.h"
#include "plx_mbuf.h"
#include "plx_zone.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct plx_pool *
make_pool(const char *name, uint32_t n, uint16_t cache)
{
	const struct plx_pool_params params = {
		.name = name, .n = n, .cache = cache, .node = PLX_NODE_ANY};
	struct plx_pool *pool = NULL;
	struct plx_why why;

	if (plx_pool_create(&params, &pool, &why) != 0)
		fail_msg("%s", why.text);
	return pool;
}

static void
destroy(struct plx_pool *pool)
{
	struct plx_why why;

	if (plx_pool_audit(pool, &why) != 0 || plx_pool_destroy(pool, &why) != 0)
		fail_msg("%s", why.text);
}

static void
bad_parameters_are_named(void **state)
{
	const struct {
		struct plx_pool_params params;
		const char *word;
	} cases[] = {
		{{.name = NULL, .n = 8}, "name"},
		{{.name = "", .n = 8}, "name"},
		{{.name = "p", .n = 0}, "0 buffers"},
		{{.name = "p", .n = PLX_POOL_N_MAX + 1}, "buffers"},
		{{.name = "p", .n = 8, .buf_size = 63}, "63 bytes"},
		{{.name = "p", .n = 8, .buf_size = 65536}, "65536 bytes"},
		{{.name = "p", .n = 8, .cache = 5}, "cache"},
		{{.name = "p", .n = 8, .buf_size = 2048, .stride = 2000}, "stride"},
	};

	for (size_t i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		struct plx_pool *pool = NULL;
		struct plx_why why = {""};

		assert_int_equal(plx_pool_create(&cases[i].params, &pool, &why), -EINVAL);
		assert_null(pool);
		assert_non_null(strstr(why.text, cases[i].word));
	}
}

static void
a_name_is_taken_once(void **state)
{
	const struct plx_pool_params params = {.name = "twice", .n = 4, .node = PLX_NODE_ANY};
	struct plx_pool *pool = make_pool("twice", 4, 0), *second = NULL;

	assert_int_equal(plx_pool_create(&params, &second, NULL), -EEXIST);
	assert_ptr_equal(plx_pool_lookup("twice"), pool);
	assert_ptr_equal(plx_pool_at(0), pool);
	assert_null(plx_pool_at(1));
	destroy(pool);
	assert_null(plx_pool_lookup("twice"));
}

static void
heads_spread_over_cache_sets(void **state)
{
	struct plx_pool *pool = make_pool("stride", 16, 0);

	assert_int_equal(pool->stride % PLX_CACHE_LINE, 0);
	assert_int_equal(pool->stride / PLX_CACHE_LINE % 2, 1);
	assert_int_equal((uintptr_t)pool->headers % PLX_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct plx_mbuf), 64);
	destroy(pool);
}

static void
every_buffer_comes_out_once(void **state)
{
	const uint16_t caches[] = {0, 1, 8, 32, 100};

	for (size_t c = 0; c < PLX_ARRAY_LEN(caches); c++) {
		struct plx_pool *pool = make_pool("all", 333, caches[c]);
		uint8_t seen[333] = {0};
		uint32_t index[333];

		for (uint32_t i = 0; i < 333; i++) {
			assert_true(plx_pool_get_bulk(pool, &index[i], 1));
			assert_in_range(index[i], 0, 332);
			assert_int_equal(seen[index[i]]++, 0);
		}
		assert_false(plx_pool_get_bulk(pool, index, 1));
		assert_int_equal(plx_pool_available(pool), 0);
		plx_pool_put_bulk(pool, index, 333);
		assert_int_equal(plx_pool_available(pool), 333);
		destroy(pool);
	}
}

static void
bulk_is_all_or_nothing(void **state)
{
	struct plx_pool *pool = make_pool("bulk", 100, 16);
	struct plx_mbuf *mbufs[101];

	assert_int_equal(plx_mbuf_alloc_bulk(pool, mbufs, 101), -ENOBUFS);
	assert_int_equal(plx_pool_available(pool), 100);
	assert_int_equal(plx_mbuf_alloc_bulk(pool, mbufs, 90), 0);
	assert_int_equal(plx_mbuf_alloc_bulk(pool, mbufs + 90, 11), -ENOBUFS);
	assert_int_equal(plx_mbuf_alloc_bulk(pool, mbufs + 90, 10), 0);
	plx_mbuf_free_bulk(mbufs, 100);
	destroy(pool);
}

static void
a_pool_with_buffers_out_is_not_destroyed(void **state)
{
	struct plx_pool *pool = make_pool("leak", 10, 2);
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	struct plx_why why;

	assert_int_equal(plx_pool_destroy(pool, &why), -EBUSY);
	assert_non_null(strstr(why.text, "1 of 10"));
	assert_int_equal(plx_pool_in_use(pool), 1);
	plx_mbuf_free(m);
	destroy(pool);
}

static void
the_report_names_the_holder(void **state)
{
	struct plx_pool *pool = make_pool("who", 10, 2);
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	char text[1024] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_int_equal(plx_pool_report(pool, out), 1);
	fclose(out);
	assert_non_null(strstr(text, "1 of 10"));
#if PLX_MBUF_DEBUG
	assert_non_null(strstr(text, "test_pool.c"));
	assert_non_null(strstr(text, "lcore 0"));
#endif
	plx_mbuf_free(m);
	destroy(pool);
}

static void
the_audit_sees_a_double_free(void **state)
{
	struct plx_pool *pool = make_pool("double", 10, 0);
	struct plx_mbuf *m = plx_mbuf_alloc(pool), *other = plx_mbuf_alloc(pool);
	struct plx_why why;

	plx_mbuf_free(m);
	assert_int_equal(plx_pool_audit(pool, &why), 0);
	plx_mbuf_free(m);
	assert_int_equal(plx_pool_audit(pool, &why), -EUCLEAN);
	assert_non_null(strstr(why.text, "twice"));
	(void)other; /* the pool is beyond repair; it goes with the EAL */
}

static void
the_audit_sees_a_write_after_free(void **state)
{
	struct plx_pool *pool = make_pool("late", 10, 0);
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	struct plx_why why;

	plx_mbuf_free(m);
	m->next = m;
	assert_int_equal(plx_pool_audit(pool, &why), -EUCLEAN);
	m->next = NULL;
	destroy(pool);
}

static void *
use_pool(void *arg)
{
	struct plx_mbuf *mbufs[8];

	for (int i = 0; i < 2000; i++) {
		if (plx_mbuf_alloc_bulk((struct plx_pool *)arg, mbufs, 8) != 0)
			continue;
		plx_mbuf_free_bulk(mbufs, 8);
	}
	return NULL;
}

static int
use_pool_lcore(void *arg)
{
	use_pool(arg);
	return 0;
}

static void
lcores_and_plain_threads_share_a_pool(void **state)
{
	struct plx_pool *pool = make_pool("shared", 512, 32);
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_pool, pool), 0);
	assert_int_equal(plx_lcore_launch_all(use_pool_lcore, pool, true), 0);
	assert_int_equal(plx_lcore_wait_all(), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(plx_pool_available(pool), 512);
	destroy(pool);
}

static void
a_pool_tells_where_its_buffers_are(void **state)
{
	struct plx_pool *pool = make_pool("told", 64, 8);
	struct plx_pool_info info;
	struct plx_mbuf *mbufs[3];

	plx_pool_info(pool, &info);
	assert_string_equal(info.name, "told");
	assert_int_equal(info.n, 64);
	assert_int_equal(info.in_ring, 64);
	assert_int_equal(info.cache, 8);
	assert_int_equal(info.buf_size, pool->buf_size);
	assert_int_equal(info.stride, pool->stride);
	assert_int_equal(info.headroom, pool->headroom);
	assert_true(info.headroom > 0);
	/* Data and headers. */
	assert_true(info.bytes >= 64ull * (info.stride + sizeof(struct plx_mbuf)));
	assert_int_equal(plx_mbuf_alloc_bulk(pool, mbufs, 3), 0);
	plx_pool_info(pool, &info);
	assert_int_equal(info.out, 3);
	assert_int_equal(info.in_ring + info.in_caches, 61);
	plx_mbuf_free_bulk(mbufs, 3);
	plx_pool_info(pool, &info);
	assert_true(info.in_caches > 0);
	assert_int_equal(info.in_ring + info.in_caches, 64);
	destroy(pool);
}

static int
set_up(void **state)
{
	return eal_fixture_init("(0-3)@0");
}

static int
tear_down(void **state)
{
	return plx_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_parameters_are_named),
		cmocka_unit_test(a_name_is_taken_once),
		cmocka_unit_test(heads_spread_over_cache_sets),
		cmocka_unit_test(every_buffer_comes_out_once),
		cmocka_unit_test(bulk_is_all_or_nothing),
		cmocka_unit_test(a_pool_with_buffers_out_is_not_destroyed),
		cmocka_unit_test(the_report_names_the_holder),
		cmocka_unit_test(the_audit_sees_a_write_after_free),
		cmocka_unit_test(lcores_and_plain_threads_share_a_pool),
		cmocka_unit_test(the_audit_sees_a_double_free),
		cmocka_unit_test(a_pool_tells_where_its_buffers_are),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
