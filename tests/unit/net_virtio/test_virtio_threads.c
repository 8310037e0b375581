/* SPDX-License-Identifier: BSD-3-Clause */
/* The device on another thread sends back what it gets: every packet comes once, in order, with the bytes it was sent with. */
#include "queue_scene.h"

#include <pthread.h>
#include <sched.h>

#include "plx_clock.h"

#define V1	VIRTIO_BIT(VIRTIO_F_VERSION_1)
#define PACKED	(V1 | VIRTIO_BIT(VIRTIO_F_RING_PACKED))
#define ORDER	VIRTIO_BIT(VIRTIO_F_IN_ORDER)
#define EVENT	VIRTIO_BIT(VIRTIO_F_EVENT_IDX)
#define MERGE	VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF)
#define PACKETS 20000u
#define BURST	16
#define END_NS	20000000000ull

static bool stopped;

static void *
echo(void *arg)
{
	struct device_chain from = {.n = 0}, to = {.n = 0};
	uint8_t frame[4096];

	while (!__atomic_load_n(&stopped, __ATOMIC_ACQUIRE)) {
		uint32_t len;

		if (!device_take(&scene.tx_device, &from)) {
			sched_yield();
			continue;
		}
		len = device_read(&from, frame, sizeof(frame));
		device_give_back(&scene.tx_device, &from, 0);
		while (!device_take(&scene.rx_device, &to)) {
			if (__atomic_load_n(&stopped, __ATOMIC_ACQUIRE))
				return NULL;
			sched_yield();
		}
		frame[10] = 1;
		device_fill(&to, frame, len);
		device_give_back(&scene.rx_device, &to, len);
	}
	return NULL;
}

static uint16_t
length_of(uint32_t number)
{
	return (uint16_t)(60 + number % 1000);
}

static unsigned
send_some(uint32_t number)
{
	struct plx_mbuf *pkts[BURST];
	unsigned n = number + BURST <= PACKETS ? BURST : PACKETS - number;
	uint16_t sent;

	if (plx_mbuf_alloc_bulk(pool, pkts, n) != 0)
		return 0;
	for (unsigned i = 0; i < n; i++, number++)
		memcpy(plx_mbuf_append(pkts[i], length_of(number)), &number, sizeof(number));
	sent = scene.tx(scene.txq, pkts, (uint16_t)n);
	plx_mbuf_free_bulk(pkts + sent, n - sent);
	return sent;
}

static void
receive_some(uint32_t *number)
{
	struct plx_mbuf *got[BURST];
	uint16_t n = scene.rx(scene.rxq, got, BURST);

	for (uint16_t i = 0; i < n; i++, ++*number) {
		assert_memory_equal(plx_mbuf_data(got[i]), number, sizeof(*number));
		assert_int_equal(got[i]->pkt_len, length_of(*number));
	}
	plx_mbuf_free_bulk(got, n);
	if (n == 0)
		sched_yield();
}

static void
there_and_back(uint64_t features, bool peer, uint16_t size)
{
	uint64_t end = plx_clock_monotonic_ns() + END_NS;
	uint32_t sent = 0, received = 0;
	pthread_t device;

	scene_make(features, peer, size);
	stopped = false;
	assert_int_equal(pthread_create(&device, NULL, echo, NULL), 0);
	while (received < PACKETS && plx_clock_monotonic_ns() < end) {
		sent += send_some(sent);
		receive_some(&received);
	}
	__atomic_store_n(&stopped, true, __ATOMIC_RELEASE);
	pthread_join(device, NULL);
	assert_int_equal(received, PACKETS);
	assert_int_equal(scene.tx(scene.txq, NULL, 0), 0);
	assert_int_equal(scene.txq->stats.packets, PACKETS);
	scene_end();
}

static void
split_rings(void **state)
{
	there_and_back(V1, false, 64);
	there_and_back(V1 | ORDER | EVENT, true, 256);
	there_and_back(V1 | MERGE, true, 4);
}

static void
packed_rings(void **state)
{
	there_and_back(PACKED, false, 64);
	there_and_back(PACKED | ORDER | EVENT, true, 100);
	there_and_back(PACKED | MERGE, true, 3);
}

static int
set_up(void **state)
{
	return eal_pool_init(&(struct plx_pool_params){
		.name = "p", .n = 2000, .cache = 64, .node = PLX_NODE_ANY});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_rings),
		cmocka_unit_test(packed_rings),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
