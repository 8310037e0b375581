/* SPDX-License-Identifier: BSD-3-Clause */
/* The order in which a port goes up and down. Everything below it is a stand-in that writes down when it was called. */
#include "plx_clock.h"
#include "virtio_port.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define AGREED (VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_STATUS))

static struct {
	char steps[512];
	const char *fails; /* the step that does */
	uint64_t offered;
} it;

static int
step(const char *name)
{
	size_t used = strlen(it.steps);

	snprintf(it.steps + used, sizeof(it.steps) - used, "%s%s", used > 0 ? " " : "", name);
	return it.fails != NULL && strcmp(it.fails, name) == 0 ? -EIO : 0;
}

/* -- what is below ------------------------------------------------------------------------------------------------------ */

int
virtio_dev_negotiate(struct virtio_dev *dev, uint64_t wanted, struct plx_why *why)
{
	dev->features = wanted & it.offered;
	return step("negotiate");
}

int
virtio_dev_start(struct virtio_dev *dev, struct plx_why *why)
{
	return step("start");
}

int
virtio_dev_reset(struct virtio_dev *dev)
{
	return step("reset");
}

void
virtio_rxq_start(struct virtio_rxq *rxq)
{
	step("rx-open");
}

void
virtio_txq_start(struct virtio_txq *txq)
{
	step("tx-open");
}

void
virtio_rxq_stop(struct virtio_rxq *rxq)
{
	step("rx-close");
}

void
virtio_txq_stop(struct virtio_txq *txq)
{
	step("tx-close");
}

void
virtio_rxq_drain(struct virtio_rxq *rxq)
{
	step("rx-clear");
}

void
virtio_txq_drain(struct virtio_txq *txq)
{
	step("tx-clear");
}

void
virtio_queue_clear(struct virtio_queue *q)
{
	step("ctrl-clear");
}

void
virtio_irq_start(struct virtio_dev *dev)
{
	step("irq");
}

void
virtio_irq_stop(struct virtio_dev *dev)
{
	step("irq-off");
}

void
virtio_irq_watch(struct virtio_dev *dev)
{
	step("watch");
}

void
virtio_irq_unwatch(struct virtio_dev *dev)
{
	step("unwatch");
}

void
virtio_irq_forget(struct virtio_dev *dev)
{
	step("forget");
}

int
virtio_filter_restore(struct virtio_dev *dev, struct plx_why *why)
{
	return step("filters");
}

plx_ethdev_rx_fn
virtio_rx_function(const struct virtio_dev *dev)
{
	return NULL;
}

plx_ethdev_tx_fn
virtio_tx_function(const struct virtio_dev *dev)
{
	return NULL;
}

static struct virtio_queue rx_ring, tx_ring;

struct virtio_queue *
virtio_rxq_queue(struct virtio_rxq *rxq)
{
	return &rx_ring;
}

struct virtio_queue *
virtio_txq_queue(struct virtio_txq *txq)
{
	return &tx_ring;
}

static int
queue_stop(struct virtio_dev *dev, struct virtio_queue *q)
{
	return step(q == &rx_ring ? "rx-off" : "tx-off");
}

static void
cut(struct virtio_dev *dev)
{
	step("cut");
}

/* -- the port ------------------------------------------------------------------------------------------------------------- */

static const struct virtio_transport transport = {
	.name = "test", .queue_stop = queue_stop, .cut = cut};
static struct plx_device device = {.name = "test"};
static char queues[3];
static struct virtio_dev *
make(enum virtio_state state)
{
	static struct virtio_dev dev;

	memset(&it, 0, sizeof(it));
	memset(&dev, 0, sizeof(dev));
	rx_ring.off = tx_ring.off = false;
	it.offered = UINT64_MAX;
	pthread_mutex_init(&dev.lock, NULL);
	dev.transport = &transport;
	dev.eth.device = &device;
	dev.features = AGREED;
	dev.state = state;
	dev.rxqs[0] = (struct virtio_rxq *)(void *)&queues[0];
	dev.txqs[0] = (struct virtio_txq *)(void *)&queues[1];
	dev.ctrl = (struct virtio_queue *)(void *)&queues[2];
	return &dev;
}

#define CLEAR "rx-clear tx-clear ctrl-clear"
#define CLOSE "rx-close tx-close"
#define UP    "negotiate " CLEAR " irq start filters rx-open tx-open"
#define DOWN  "reset irq-off " CLEAR

static void
a_start_asks_for_the_same_and_opens_the_gates_last(void **state)
{
	struct virtio_dev *dev = make(VIRTIO_STOPPED);

	assert_int_equal(virtio_life_start(&dev->eth, NULL), 0);
	assert_string_equal(it.steps, UP " watch");
	assert_int_equal(dev->state, VIRTIO_RUNNING);
}

/* The device lets go of the buffers, or is made to, before they are anybody else's. */
static void
a_stop_takes_buffers_back_from_a_device_that_was_reset(void **state)
{
	struct virtio_dev *dev = make(VIRTIO_RUNNING);

	virtio_life_stop(&dev->eth);
	assert_string_equal(it.steps, "unwatch " CLOSE " " DOWN " forget");
	assert_int_equal(dev->state, VIRTIO_STOPPED);
	dev = make(VIRTIO_RUNNING);
	it.fails = "reset";
	virtio_life_stop(&dev->eth);
	assert_string_equal(it.steps, "unwatch " CLOSE " reset cut irq-off " CLEAR " forget");
}

static void
a_start_that_fails_goes_all_the_way_back(void **state)
{
	static const struct {
		const char *fails, *steps;
	} rows[] = {
		{"negotiate", "negotiate " DOWN " forget"},
		{"start", "negotiate " CLEAR " irq start " DOWN " forget"},
		{"filters", "negotiate " CLEAR " irq start filters " DOWN " forget"},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(rows); i++) {
		struct virtio_dev *dev = make(VIRTIO_STOPPED);

		it.fails = rows[i].fails;
		assert_int_equal(virtio_life_start(&dev->eth, NULL), -EIO);
		assert_string_equal(it.steps, rows[i].steps);
		assert_int_equal(dev->state, VIRTIO_STOPPED);
	}
}

/* Queues are laid out for what was agreed: less is no start, and is not remembered. */
static void
a_device_that_offers_less_than_before_is_not_started(void **state)
{
	struct virtio_dev *dev = make(VIRTIO_STOPPED);
	struct plx_why why;

	it.offered = VIRTIO_BIT(VIRTIO_F_VERSION_1);
	assert_int_equal(virtio_life_start(&dev->eth, &why), -EPROTO);
	assert_non_null(strstr(why.text, "configure it again"));
	assert_int_equal(dev->features, AGREED);
	it.offered = UINT64_MAX;
	assert_int_equal(virtio_life_start(&dev->eth, &why), 0);
}

static void
a_port_without_a_peer_starts_with_its_gates_closed(void **state)
{
	struct virtio_dev *dev = make(VIRTIO_STOPPED);

	dev->alone = true;
	assert_int_equal(virtio_life_start(&dev->eth, NULL), 0);
	assert_string_equal(it.steps, "negotiate watch");
	assert_int_equal(dev->state, VIRTIO_HALTED);
	dev->alone = false;
	it.steps[0] = '\0';
	assert_int_equal(virtio_port_revive(dev, NULL), 0);
	assert_string_equal(it.steps, CLOSE " " DOWN " " UP);
	assert_int_equal(dev->state, VIRTIO_RUNNING);
}

static void
only_a_port_that_was_started_is_revived(void **state)
{
	struct virtio_dev *dev = make(VIRTIO_STOPPED);

	assert_int_equal(virtio_port_revive(dev, NULL), 0);
	assert_string_equal(it.steps, "");
	virtio_port_halt(dev);
	assert_int_equal(dev->state, VIRTIO_STOPPED);
	dev = make(VIRTIO_RUNNING);
	virtio_port_halt(dev);
	assert_string_equal(it.steps, CLOSE);
	assert_int_equal(dev->state, VIRTIO_HALTED);
	it.fails = "start";
	assert_int_equal(virtio_port_revive(dev, NULL), -EIO);
	assert_int_equal(dev->state, VIRTIO_HALTED);
}

/* A start by hand is a new chance. */
static void
a_device_is_revived_once_a_while(void **state)
{
	struct virtio_dev *dev = make(VIRTIO_RUNNING);

	assert_false(virtio_port_resets_too_often(dev));
	assert_int_equal(virtio_port_revive(dev, NULL), 0);
	assert_true(virtio_port_resets_too_often(dev));
	assert_int_equal(dev->revivals, 1);
	dev->last_revival -= 1001000000ULL;
	assert_false(virtio_port_resets_too_often(dev));
	dev->last_revival = plx_clock_monotonic_ns();
	virtio_life_stop(&dev->eth);
	assert_int_equal(virtio_life_start(&dev->eth, NULL), 0);
	assert_false(virtio_port_resets_too_often(dev));
}

/* What was stopped alone stays so while the port runs, whatever its device goes through. */
static void
a_queue_that_is_off_is_left_so_until_the_port_is_started(void **state)
{
	struct virtio_dev *dev = make(VIRTIO_RUNNING);

	rx_ring.off = true;
	assert_int_equal(virtio_port_revive(dev, NULL), 0);
	assert_string_equal(it.steps,
			    CLOSE " " DOWN " negotiate " CLEAR " irq start filters rx-off tx-open");
	rx_ring.off = false;
	tx_ring.off = true;
	it.steps[0] = '\0';
	assert_int_equal(virtio_port_revive(dev, NULL), 0);
	assert_string_equal(it.steps,
			    CLOSE " " DOWN " negotiate " CLEAR " irq start filters tx-off rx-open");
	/* One that cannot be taken back from the device is no revival. */
	it.fails = "tx-off";
	assert_int_equal(virtio_port_revive(dev, NULL), -EIO);
	assert_int_equal(dev->state, VIRTIO_HALTED);
	it.fails = NULL;
	virtio_life_stop(&dev->eth);
	it.steps[0] = '\0';
	rx_ring.off = tx_ring.off = true;
	assert_int_equal(virtio_life_start(&dev->eth, NULL), 0);
	assert_string_equal(it.steps, UP " watch");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_asks_for_the_same_and_opens_the_gates_last),
		cmocka_unit_test(a_stop_takes_buffers_back_from_a_device_that_was_reset),
		cmocka_unit_test(a_start_that_fails_goes_all_the_way_back),
		cmocka_unit_test(a_device_that_offers_less_than_before_is_not_started),
		cmocka_unit_test(a_port_without_a_peer_starts_with_its_gates_closed),
		cmocka_unit_test(only_a_port_that_was_started_is_revived),
		cmocka_unit_test(a_device_is_revived_once_a_while),
		cmocka_unit_test(a_queue_that_is_off_is_left_so_until_the_port_is_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
