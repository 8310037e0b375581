/* SPDX-License-Identifier: BSD-3-Clause */
/* How often a back end is kicked: once a burst at most, and never if it asks for no kicks. Both kinds of ring, both ways. */
#include "eal_pool_fixture.h"
#include "patience.h"
#include "plx_driver.h"
#include "plx_ethdev.h"
#include "virtio_fake.h"
#include "own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DEVICE	  "net_virtio_user0"
#define RX	  0 /* of the device's queues */
#define TX	  1
#define BURST	  16
#define BURSTS	  20
#define FRAME_LEN 60

extern const struct plx_driver plx_driver_net_virtio_user;

static char dir[OWN_PATH];
static struct vfake *fake;
static struct vfake_vhost *back_end;
static uint16_t port;

static void
nap(void)
{
	const struct timespec time = {.tv_nsec = 3000000}; /* some turns of the back end */

	nanosleep(&time, NULL);
}

static void
open_port(uint64_t features, bool wants_kicks)
{
	const struct vfake_options options = {.features = VIRTIO_BIT(VIRTIO_F_VERSION_1) | features,
					      .polls = !wants_kicks};
	char path[64], devargs[160];
	struct plx_why why = {""};

	snprintf(path, sizeof(path), "%s/sock", dir);
	snprintf(devargs, sizeof(devargs), "%s,path=%s,packed_vq=1", DEVICE, path);
	fake = vfake_create("kicks", &options);
	back_end = vfake_vhost_serve(fake, path);
	assert_non_null(back_end);
	assert_int_equal(plx_device_attach(devargs, &why), 0);
	assert_int_equal(plx_ethdev_by_name(DEVICE, &port), 0);
	assert_int_equal(plx_ethdev_configure(port, 1, 1, NULL, &why), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 256, pool, &why), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(port, 0, 256, &why), 0);
	assert_int_equal(plx_ethdev_start(port, &why), 0);
}

static void
close_port(void)
{
	assert_int_equal(plx_device_detach(DEVICE, NULL), 0);
	vfake_vhost_unserve(back_end);
	assert_string_equal(vfake_violations(fake), "");
	vfake_destroy(fake);
}

static uint64_t
kicks(unsigned queue)
{
	nap();
	return vfake_state(fake).queue[queue].notifications;
}

/* Since it had so many: one at least comes, as soon as the back end has its turn. */
static uint64_t
kicks_since(unsigned queue, uint64_t before)
{
	WAIT_UNTIL(kicks(queue) != before);
	return kicks(queue) - before;
}

static void
send_bursts(void)
{
	for (unsigned i = 0; i < BURSTS; i++) {
		struct plx_mbuf *pkts[BURST];
		uint8_t frame[FRAME_LEN];

		for (unsigned k = 0; k < BURST; k++) {
			pkts[k] = plx_mbuf_alloc(pool);
			memset(plx_mbuf_append(pkts[k], FRAME_LEN), (int)k, FRAME_LEN);
		}
		assert_int_equal(plx_ethdev_tx_burst(port, 0, pkts, BURST), BURST);
		for (unsigned k = 0; k < BURST;) {
			if (vfake_take(fake, 0, frame, sizeof(frame), NULL) == FRAME_LEN)
				k++;
			else
				nap();
		}
	}
}

/* Returns how many bursts it took. */
static unsigned
receive_bursts(void)
{
	static const uint8_t frame[FRAME_LEN];
	unsigned bursts = 0;

	for (unsigned i = 0; i < BURSTS; i++) {
		for (unsigned k = 0; k < BURST; k++)
			assert_int_equal(vfake_put(fake, 0, frame, sizeof(frame)), 0);
		for (unsigned k = 0; k < BURST; bursts++) {
			struct plx_mbuf *pkts[BURST];
			uint16_t n = plx_ethdev_rx_burst(port, 0, pkts, BURST);

			plx_mbuf_free_bulk(pkts, n);
			k += n;
			if (n == 0)
				nap();
		}
	}
	return bursts;
}

static const uint64_t kinds[] = {0, VIRTIO_BIT(VIRTIO_F_RING_PACKED),
				 VIRTIO_BIT(VIRTIO_F_EVENT_IDX),
				 VIRTIO_BIT(VIRTIO_F_RING_PACKED) | VIRTIO_BIT(VIRTIO_F_EVENT_IDX)};

static void
a_burst_is_one_kick_at_most(void **state)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		uint64_t before;
		unsigned bursts;

		open_port(kinds[i], true);
		before = kicks(TX);
		send_bursts();
		assert_in_range(kicks_since(TX, before), 1, BURSTS);
		before = kicks(RX);
		bursts = receive_bursts();
		assert_in_range(kicks_since(RX, before), 1, bursts);
		close_port();
	}
}

static void
who_asks_for_no_kicks_has_none_after_the_start(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		open_port(kinds[i], false);
		send_bursts();
		receive_bursts();
		assert_int_equal(kicks(TX), 0);
		/* That there are buffers at all is told once, wished for or not. */
		assert_in_range(kicks(RX), 0, 1);
		assert_in_range(vfake_vhost_kicks(back_end), 0, 1);
		close_port();
	}
}

static int
set_up(void **state)
{
	const struct plx_pool_params params = {.name = "kicks", .n = 1024, .node = -1};

	if (eal_pool_init(&params) != 0 || own_folder(dir) == NULL)
		return -1;
	return plx_driver_add(&plx_driver_net_virtio_user, NULL);
}

static int
tear_down(void **state)
{
	rmdir(dir);
	return eal_pool_fini(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_one_kick_at_most),
		cmocka_unit_test(who_asks_for_no_kicks_has_none_after_the_start),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
