/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a queue's parts lie, who is told what and when, and requests with a time limit. */
#include "queue_scene.h"

#define V1     VIRTIO_BIT(VIRTIO_F_VERSION_1)
#define PACKED (V1 | VIRTIO_BIT(VIRTIO_F_RING_PACKED))
#define EVENT  VIRTIO_BIT(VIRTIO_F_EVENT_IDX)
#define TELL   VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA)

static const struct virtio_net_hdr_full one_buffer = {.num_buffers = 1};

/* -- memory ------------------------------------------------------------------------------------------------ */

/* One block, as a legacy device finds it by the page number of its beginning alone (2.7.2). */
static void
the_legacy_layout(void **state)
{
	for (uint32_t size = 1; size <= 32768; size *= 2) {
		uint64_t avail_end;

		scene_make(V1, false, (uint16_t)size);
		assert_int_equal(scene.rxq->q->desc_address % 4096, 0);
		assert_int_equal(scene.rxq->q->driver_address - scene.rxq->q->desc_address,
				 16 * size);
		avail_end = scene.rxq->q->driver_address + 6 + 2 * size;
		assert_int_equal(scene.rxq->q->device_address, (avail_end + 4095) / 4096 * 4096);
		assert_true((uint8_t *)scene.rxq->q->scratch >=
			    (uint8_t *)scene.rxq->q->split.used + 6 + 8 * size);
		scene_end();
	}
}

static void
sizes_that_no_queue_can_have(void **state)
{
	static const struct {
		uint64_t features;
		uint16_t size;
	} bad[] = {{V1, 0},	{V1, 3},     {V1, 100},	     {V1, 32769},
		   {V1, 65535}, {PACKED, 0}, {PACKED, 32769}};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		struct virtio_txq *txq;
		struct plx_why why;

		scene_describe(bad[i].features, false);
		assert_int_equal(virtio_txq_create(&scene.dev, 0, bad[i].size, &txq, &why),
				 -EINVAL);
		assert_non_null(strstr(why.text, "32768"));
		assert_null(scene.dev.arenas);
	}
}

static void
interrupts(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		uint16_t *driver;

		scene_make(i ? PACKED : V1, false, 64);
		driver = scene.rx_device.driver;
		assert_int_equal(driver[i], 1);
		virtio_rxq_irq(scene.rxq, true);
		assert_int_equal(driver[i], 0);
		virtio_rxq_drain(scene.rxq); /* the wish outlives it */
		assert_int_equal(driver[i], 0);
		virtio_rxq_irq(scene.rxq, false);
		assert_int_equal(driver[i], 1);
		scene_end();
	}
}

/* -- notifications --------------------------------------------------------------------------------------------- */

static void
give(unsigned n)
{
	struct plx_mbuf *pkts[64];

	scene_packets(pkts, n, 60);
	assert_int_equal(scene.tx(scene.txq, pkts, (uint16_t)n), n);
}

static void
take_back(unsigned n)
{
	struct device_chain c = {.n = 0};

	for (unsigned i = 0; i < n; i++) {
		assert_true(device_take(&scene.tx_device, &c));
		device_give_back(&scene.tx_device, &c, 0);
	}
}

static void
send(unsigned n)
{
	give(n);
	take_back(n);
}

static void
one_a_burst_and_none_unless_wanted(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		scene_make(i ? PACKED : V1, false, 64);
		send(1);
		assert_int_equal(scene.rung, 1);
		send(40);
		assert_int_equal(scene.rung, 2);
		device_want(&scene.tx_device, false);
		send(40);
		assert_int_equal(scene.rung, 2);
		device_want(&scene.tx_device, true);
		assert_int_equal(scene.tx(scene.txq, NULL, 0), 0);
		assert_int_equal(scene.rung, 2);
		assert_int_equal(scene.txq->q->notifications, 2);
		scene_end();
	}
}

/* The ring is filled before the device is started: it hears of it in the first burst. */
static void
the_first_burst_tells_of_the_buffers(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		struct plx_mbuf *got[64];

		scene_make(i ? PACKED : V1, false, 64);
		assert_int_equal(scene.rung, 0);
		assert_int_equal(scene.rx(scene.rxq, got, 64), 0);
		assert_int_equal(scene.rx(scene.rxq, got, 64), 0);
		assert_int_equal(scene.rung, 1);
		for (unsigned k = 0; k < 64; k++)
			scene_deliver(one_buffer, 1, 60);
		assert_int_equal(scene.rx(scene.rxq, got, 64), 64);
		assert_int_equal(scene.rung, 2);
		plx_mbuf_free_bulk(got, 64);
		scene_end();
	}
}

/* Split: past an index that runs free, through its wrap at 65,536. */
static void
past_an_index(void **state)
{
	uint16_t at = 0;

	scene_make(V1 | EVENT, false, 64);
	for (unsigned round = 0; round < 4000; round++) {
		uint16_t n = (uint16_t)(1 + round % 40), event = (uint16_t)(at + round % 50);
		unsigned rung = scene.rung;

		device_want_at(&scene.tx_device, event);
		send(n);
		assert_int_equal(scene.rung - rung, round % 50 < n);
		at = (uint16_t)(at + n);
	}
	scene_end();
}

/* Packed: past a slot of this lap or the next. */
static void
past_a_slot(void **state)
{
	unsigned at = 0, size = 50;
	bool wrap = true;

	scene_make(PACKED | EVENT, false, (uint16_t)size);
	for (unsigned round = 0; round < 4000; round++) {
		unsigned n = 1 + round % 40, event = at + round % 45, rung = scene.rung;

		device_want_at(&scene.tx_device,
			       (uint16_t)(event % size | (wrap ^ (event >= size) ? 0x8000 : 0)));
		send(n);
		assert_int_equal(scene.rung - rung, round % 45 < n);
		at += n;
		if (at >= size) {
			at -= size;
			wrap = !wrap;
		}
	}
	scene_end();
}

/* Packed: past a slot that the device has returned since; it named it, went on and looks no more. */
static void
past_a_slot_that_is_behind(void **state)
{
	const unsigned size = 50, n = 4;
	unsigned at = 0;
	bool wrap = true;

	scene_make(PACKED | EVENT, false, (uint16_t)size);
	for (unsigned round = 0; round < 400; round++) {
		const uint16_t event = (uint16_t)(at | (wrap ? 0x8000 : 0));
		unsigned rung = scene.rung;

		device_want_at(&scene.tx_device, event);
		give(n);
		assert_int_equal(scene.rung - rung, 1);
		give(n); /* the slot is in flight: the device is on its way to it */
		assert_int_equal(scene.rung - rung, 1);
		take_back(2 * n);
		give(n);
		assert_int_equal(scene.rung - rung, 2);
		take_back(n);
		wrap ^= at + 3 * n >= size;
		at = (at + 3 * n) % size;
	}
	scene_end();
}

/* A slot that there is not: the ring is not left for it. */
static void
past_a_slot_beyond_the_ring(void **state)
{
	scene_make(PACKED | EVENT, false, 50);
	device_want_at(&scene.tx_device, 0xfff0);
	send(1);
	assert_int_equal(scene.rung, 1);
	device_want_at(&scene.tx_device, 0x7fff);
	send(1);
	assert_int_equal(scene.rung, 2);
	scene_end();
}

/* A register gets the queue's number, and with NOTIFICATION_DATA where the driver is. */
static void
what_the_doorbell_says(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		uint32_t doorbell = 0xdeadbeef;

		scene_make((i % 2 ? PACKED : V1) | (i / 2 ? TELL : 0), false, 8);
		scene.txq->q->notify_register = &doorbell;
		scene.txq->q->notify_value = 1;
		send(5);
		assert_int_equal(doorbell, i / 2 == 0 ? 0xdead0001
					   : i % 2    ? 0x80050001
						      : 0x00050001);
		send(5);
		assert_int_equal(doorbell, i / 2 == 0 ? 0xdead0001
					   : i % 2    ? 0x00020001
						      : 0x000a0001);
		assert_int_equal(scene.rung, 0);
		assert_int_equal(scene.txq->q->notifications, 2);
		scene_end();
	}
}

/* -- requests ------------------------------------------------------------------------------------------------- */

static struct {
	struct virtio_queue *q;
	struct device_side device;
	uint8_t request[4096];
	uint32_t request_len;
	uint16_t answer_id; /* added to the right one */
	bool silent;
} control;

/* The device answers as soon as it is told. */
static void
control_notify(struct virtio_queue *q)
{
	struct device_chain c = {.n = 0};

	if (control.silent || !device_take(&control.device, &c))
		return;
	control.request_len = 0;
	for (unsigned i = 0; i + 1 < c.n; i++) {
		assert_false(c.parts[i].writable);
		memcpy(control.request + control.request_len, c.parts[i].at, c.parts[i].len);
		control.request_len += c.parts[i].len;
	}
	assert_int_equal(c.parts[0].len, 2);
	assert_true(c.parts[c.n - 1].writable);
	*c.parts[c.n - 1].at = (uint8_t)control.request_len;
	device_give(&control.device, (uint16_t)(c.id + control.answer_id), 1,
		    control.device.packed ? c.descs : 1);
}

static void
control_make(uint64_t features, uint16_t size)
{
	struct plx_why why;

	scene_describe(features, false);
	memset(&control, 0, sizeof(control));
	scene.transport.notify = control_notify;
	if (virtio_queue_create(&scene.dev, 2, size, &control.q, &why) != 0)
		fail_msg("%s", why.text);
	control.device = scene_device(control.q);
}

static void
requests_are_answered(void **state)
{
	static const uint16_t sizes[] = {4, 64, 5, 3};
	uint8_t out[VIRTIO_CALL_MAX], answer[4];

	for (unsigned i = 0; i < PLX_ARRAY_LEN(out); i++)
		out[i] = (uint8_t)(i * 7);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(sizes); i++) {
		control_make(i < 2 ? V1 : PACKED, sizes[i]);
		for (unsigned len = 2; len < VIRTIO_CALL_MAX; len += 3) {
			memset(answer, 0xff, sizeof(answer));
			assert_int_equal(
				virtio_queue_call(control.q, out, len, answer, sizeof(answer), 100),
				0);
			assert_int_equal(control.request_len, len);
			assert_memory_equal(control.request, out, len);
			assert_int_equal(answer[0], (uint8_t)len);
			assert_int_equal(answer[1], 0xff); /* what was not written is as it was */
		}
		assert_int_equal(
			virtio_queue_call(control.q, out, VIRTIO_CALL_MAX + 1, answer, 1, 100),
			-EMSGSIZE);
		virtio_queue_destroy(control.q);
	}
}

static void
requests_end_in_time(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		uint8_t out[3] = {0}, answer = 0xff;

		control_make(i ? PACKED : V1, 8);
		control.silent = true;
		assert_int_equal(virtio_queue_call(control.q, out, 3, &answer, 1, 20), -ETIMEDOUT);
		control.silent = false;
		assert_int_equal(virtio_queue_call(control.q, out, 3, &answer, 1, 20), -EIO);
		assert_int_equal(answer, 0xff);
		virtio_queue_clear(control.q);
		control.device = scene_device(control.q);
		assert_int_equal(virtio_queue_call(control.q, out, 3, &answer, 1, 20), 0);
		virtio_queue_destroy(control.q);
	}
}

static void
answers_to_other_requests(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		uint8_t out[3] = {0}, answer = 0xff;

		control_make(i ? PACKED : V1, 8);
		control.answer_id = 1;
		assert_int_equal(virtio_queue_call(control.q, out, 3, &answer, 1, 1000), -EIO);
		assert_int_equal(control.q->violations, 1);
		virtio_queue_destroy(control.q);
	}
}

static int
set_up(void **state)
{
	return eal_pool_init(&(struct plx_pool_params){
		.name = "p", .n = 40000, .cache = 64, .node = PLX_NODE_ANY});
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_legacy_layout),
		cmocka_unit_test(sizes_that_no_queue_can_have),
		cmocka_unit_test(interrupts),
		cmocka_unit_test(one_a_burst_and_none_unless_wanted),
		cmocka_unit_test(the_first_burst_tells_of_the_buffers),
		cmocka_unit_test(past_an_index),
		cmocka_unit_test(past_a_slot),
		cmocka_unit_test(past_a_slot_that_is_behind),
		cmocka_unit_test(past_a_slot_beyond_the_ring),
		cmocka_unit_test(what_the_doorbell_says),
		cmocka_unit_test(requests_are_answered),
		cmocka_unit_test(requests_end_in_time),
		cmocka_unit_test(answers_to_other_requests),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
