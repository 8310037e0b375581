/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of a device's queues: pieces that do not overlap, in few zones that go with the last piece. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal_fixture.h"
#include "plx_driver.h"
#include "virtio.h"

#include <string.h>

static struct plx_device device = {.name = "net_toy0", .node = PLX_NODE_ANY};

static unsigned
zones(void)
{
	return plx_zone_list(NULL, 0);
}

static void
pieces_share_a_zone(void **state)
{
	struct virtio_dev dev = {.eth.device = &device};
	struct virtio_piece a, b, c;
	unsigned before = zones();

	assert_int_equal(virtio_piece_get(&dev, 5000, &a, NULL), 0);
	assert_int_equal(virtio_piece_get(&dev, 4096, &b, NULL), 0);
	assert_int_equal(zones(), before + 1);
	assert_int_equal(a.len, 8192);
	assert_ptr_equal((char *)b.addr, (char *)a.addr + 8192);
	assert_int_equal((uintptr_t)a.addr % 4096, 0);
	memset(a.addr, 0xff, a.len);
	virtio_piece_put(&dev, &a);
	assert_null(a.zone);
	virtio_piece_put(&dev, &a);
	/* The hole is found again, and clean. */
	assert_int_equal(virtio_piece_get(&dev, 8192, &c, NULL), 0);
	assert_ptr_equal((char *)c.addr + 8192, b.addr);
	assert_int_equal(*(uint64_t *)c.addr, 0);
	virtio_piece_put(&dev, &b);
	virtio_piece_put(&dev, &c);
	assert_int_equal(zones(), before);
	assert_null(dev.arenas);
}

static void
what_does_not_fit_gets_a_zone_more(void **state)
{
	struct virtio_dev dev = {.eth.device = &device};
	struct virtio_piece a, b, c;
	unsigned before = zones();

	assert_int_equal(virtio_piece_get(&dev, 4096, &a, NULL), 0);
	assert_int_equal(virtio_piece_get(&dev, 3 << 20, &b, NULL), 0);
	assert_int_equal(zones(), before + 2);
	memset(b.addr, 1, b.len);
	assert_int_equal(*(uint8_t *)a.addr, 0);
	virtio_piece_put(&dev, &a);
	assert_int_equal(zones(), before + 1);
	assert_int_equal(virtio_piece_get(&dev, 4096, &c, NULL), 0);
	virtio_piece_put(&dev, &b);
	virtio_piece_put(&dev, &c);
	assert_int_equal(zones(), before);
}

static void
a_zone_belongs_to_one_device(void **state)
{
	struct virtio_dev dev = {.eth.device = &device};
	struct plx_device longer = {.name = "net_toy01", .node = PLX_NODE_ANY};
	struct virtio_dev other = {.eth.device = &longer};
	const struct plx_zone *foreign;
	struct virtio_piece piece;

	assert_int_equal(virtio_piece_get(&dev, 1, &piece, NULL), 0);
	assert_true(virtio_piece_zone(&dev, piece.zone));
	assert_false(virtio_piece_zone(&other, piece.zone));
	assert_int_equal(plx_zone_reserve_dma("net_toy0/x", 4096, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &foreign, NULL),
			 0);
	assert_false(virtio_piece_zone(&dev, foreign));
	plx_zone_free(foreign);
	virtio_piece_put(&dev, &piece);
}

static int
begin(void **state)
{
	return eal_fixture_init("0@0");
}

static int
end(void **state)
{
	return plx_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_share_a_zone),
		cmocka_unit_test(what_does_not_fit_gets_a_zone_more),
		cmocka_unit_test(a_zone_belongs_to_one_device),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
