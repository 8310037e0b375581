/* SPDX-License-Identifier: BSD-3-Clause */
/* Bus addresses of packets: virtual ones, and physical ones where huge pages and rights can be had. */
#include "eal_fixture.h"
#include "hugepages.h"
#include "plx_dma_driver.h"
#include "plx_mbuf.h"
#include "plx_zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MB	(1UL << 20)
#define BUFFERS 1500 /* of 4 KiB when physical: three pages */

static struct plx_why why;
static bool physical; /* the tests run once in each mode */

static int
setup_va(void **state)
{
	physical = false;
	return eal_fixture_init("0@0");
}

/* Plain pages are forbidden by nobody here: pools need huge ones by themselves. */
static int
setup_pa(void **state)
{
	char program[] = "test", opt[] = "--lcores", set[] = "0@0", no_pci[] = "--no-pci";
	char *argv[] = {program, opt, set, no_pci, NULL};

	physical = hugepages_take(8);
	if (plx_eal_init(4, argv, &why) < 0) {
		print_error("%s\n", why.text);
		return -1;
	}
	if (physical && plx_dma_need_pa(&why) != 0) {
		print_message("no rights to read physical addresses: %s\n", why.text);
		physical = false;
	}
	return 0;
}

static int
teardown(void **state)
{
	int ret = plx_eal_cleanup();

	hugepages_give_back();
	return ret;
}

static struct plx_pool *
make_pool(const char *name, uint32_t n, uint32_t buf_size)
{
	const struct plx_pool_params params = {
		.name = name, .n = n, .buf_size = buf_size, .node = PLX_NODE_ANY};
	struct plx_pool *pool = NULL;

	if (plx_pool_create(&params, &pool, &why) != 0)
		fail_msg("%s", why.text);
	return pool;
}

/* What the kernel says (Documentation/admin-guide/mm/pagemap.rst). */
static uint64_t
physical_address(const void *byte)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t at = (uintptr_t)byte;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	assert_int_equal(pread(fd, &entry, sizeof(entry), (off_t)(at / page * sizeof(entry))),
			 sizeof(entry));
	close(fd);
	return (entry & ((1ULL << 55) - 1)) * page + at % page;
}

static uint64_t
true_address(const void *byte)
{
	return physical ? physical_address(byte) : (uint64_t)(uintptr_t)byte;
}

static void
a_buffer_has_the_address_of_its_bytes_and_crosses_no_page(void **state)
{
	struct plx_pool *pool = make_pool("pool", BUFFERS, 2048 + PLX_MBUF_HEADROOM);

	if (physical)
		assert_int_equal(pool->stride, 4096);
	for (uint32_t i = 0; i < BUFFERS; i++) {
		const uint8_t *data = plx_pool_data(pool, i);
		uint64_t first = plx_pool_iova(pool, i, 0);

		assert_true(first == true_address(data));
		assert_true(plx_pool_iova(pool, i, 17) == first + 17);
		assert_true(true_address(data + pool->buf_size - 1) == first + pool->buf_size - 1);
	}
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
}

static void
a_packet_has_the_address_of_its_data(void **state)
{
	struct plx_pool *pool = make_pool("pool", BUFFERS, 2048 + PLX_MBUF_HEADROOM);
	struct plx_mbuf *all[BUFFERS];

	for (uint32_t i = 0; i < BUFFERS; i++) {
		all[i] = plx_mbuf_alloc(pool);
		assert_non_null(plx_mbuf_append(all[i], 100 + i % 1000));
		if (i % 3 == 0)
			assert_non_null(plx_mbuf_adj(all[i], 14));
		if (i % 3 == 1)
			assert_non_null(plx_mbuf_prepend(all[i], 12));
		assert_true(plx_mbuf_iova(all[i]) == true_address(plx_mbuf_data(all[i])));
	}
	plx_mbuf_free_bulk(all, BUFFERS);
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
}

/* The header of a clone may come from another pool than the bytes. */
static void
a_clone_has_the_address_of_the_original(void **state)
{
	struct plx_pool *pool = make_pool("pool", 64, 2048), *heads = make_pool("heads", 8, 64);
	struct plx_mbuf *m = plx_mbuf_alloc(pool), *clone, *again;

	assert_non_null(plx_mbuf_append(m, 200));
	clone = plx_mbuf_clone(m, heads);
	again = plx_mbuf_clone(clone, heads);
	assert_non_null(plx_mbuf_adj(again, 40));
	assert_true(plx_mbuf_iova(clone) == true_address(plx_mbuf_data(m)));
	assert_true(plx_mbuf_iova(again) == true_address(plx_mbuf_data(m)) + 40);
	plx_mbuf_free(m);
	assert_true(plx_mbuf_iova(again) == true_address(plx_mbuf_data(again)));
	plx_mbuf_free(clone);
	plx_mbuf_free(again);
	assert_int_equal(plx_pool_destroy(heads, &why), 0);
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
}

static void
nothing(void *arg, void *addr)
{
}

static uint64_t
external_address(struct plx_pool *pool, void *bytes, uint16_t len)
{
	struct plx_mbuf_external external = {.release = nothing};
	struct plx_mbuf *m = plx_mbuf_alloc(pool), *clone;
	uint64_t iova;

	assert_int_equal(plx_mbuf_attach_external(m, bytes, len, &external), 0);
	clone = plx_mbuf_clone(m, pool);
	iova = plx_mbuf_iova(m);
	assert_true(plx_mbuf_iova(clone) == iova);
	plx_mbuf_free(m);
	plx_mbuf_free(clone);
	return iova;
}

static void
external_bytes_have_an_address_if_devices_reach_all_of_them(void **state)
{
	const size_t edge = 2 * MB;
	struct plx_pool *pool = make_pool("pool", 8, 2048);
	const struct plx_zone *zone, *own;
	uint8_t *bytes;
	char heap[64];

	assert_int_equal(plx_zone_reserve_dma("shown", 2 * edge, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &zone, &why),
			 0);
	assert_int_equal(plx_zone_reserve("own", 4096, PLX_NODE_ANY, &own, &why), 0);
	bytes = zone->addr;
	assert_true(external_address(pool, bytes + 100, 1000) == true_address(bytes + 100));
	assert_true(external_address(pool, bytes + edge + 7, 1) == true_address(bytes + edge + 7));
	assert_true(external_address(pool, own->addr, 64) == PLX_IOVA_BAD);
	assert_true(external_address(pool, heap, sizeof(heap)) == PLX_IOVA_BAD);
	/* Over the edge of a page: whole only if the kernel put the pages beside each other. */
	if (true_address(bytes + edge) == true_address(bytes) + edge)
		assert_true(external_address(pool, bytes + edge - 8, 16) ==
			    true_address(bytes + edge - 8));
	else
		assert_true(external_address(pool, bytes + edge - 8, 16) == PLX_IOVA_BAD);
	/* Over the end of the zone. */
	assert_true(external_address(pool, bytes + zone->len - 8, 16) == PLX_IOVA_BAD);
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
}

static void
strides_that_cross_pages_are_refused_when_addresses_are_physical(void **state)
{
	struct plx_pool_params params = {
		.name = "odd", .n = 8, .buf_size = 2048, .stride = 2112, .node = PLX_NODE_ANY};
	struct plx_pool *pool;

	if (!physical) {
		assert_int_equal(plx_pool_create(&params, &pool, &why), 0);
		assert_int_equal(plx_pool_destroy(pool, &why), 0);
		return;
	}
	assert_int_equal(plx_pool_create(&params, &pool, &why), -EINVAL);
	assert_non_null(strstr(why.text, "power of two"));
	params.stride = 4096;
	assert_int_equal(plx_pool_create(&params, &pool, &why), 0);
	assert_int_equal(plx_pool_destroy(pool, &why), 0);
}

/* Both modes, one after the other. */
#define IOVA_TESTS(setup)                                                                          \
	cmocka_unit_test_setup_teardown(a_buffer_has_the_address_of_its_bytes_and_crosses_no_page, \
					setup, teardown),                                          \
		cmocka_unit_test_setup_teardown(a_packet_has_the_address_of_its_data, setup,       \
						teardown),                                         \
		cmocka_unit_test_setup_teardown(a_clone_has_the_address_of_the_original, setup,    \
						teardown),                                         \
		cmocka_unit_test_setup_teardown(                                                   \
			external_bytes_have_an_address_if_devices_reach_all_of_them, setup,        \
			teardown),                                                                 \
		cmocka_unit_test_setup_teardown(                                                   \
			strides_that_cross_pages_are_refused_when_addresses_are_physical, setup,   \
			teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {IOVA_TESTS(setup_va), IOVA_TESTS(setup_pa)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
