/* SPDX-License-Identifier: BSD-3-Clause */
/* configure, start, stop, close, reset: in every order, the right ones and the wrong ones. */
#include "contract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_driver.h>

#define ROUNDS 50

static void
traffic_flows(struct wire *wire, uint32_t first)
{
	struct plx_mbuf *pkts[4];

	if (wire->pmd->has & HAS_RX) {
		wire_put(wire, first, 4, 100);
		wire_expect(wire, first, 4, 100);
	}
	for (uint32_t i = 0; i < 4; i++)
		pkts[i] = frame_mbuf(wire->pool, 100, wire->mac, first + i, 1);
	wire_send(wire, 0, pkts, 4);
	if (wire->pmd->has & HAS_TX)
		wire_take_frames(wire, first, 4, 100);
}

static void
a_port_starts_stops_and_starts_again(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	for (uint32_t i = 0; i < 5; i++) {
		traffic_flows(wire, i * 10);
		assert_int_equal(plx_ethdev_stop(wire->port), 0);
		wire_check_ledger(wire);
		assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	}
	traffic_flows(wire, 1000);
}

static void
a_port_can_be_configured_anew(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	traffic_flows(wire, 0);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_start(wire, 1, NULL);
	traffic_flows(wire, 10);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
	wire_start(wire, 1, NULL);
	traffic_flows(wire, 20);
	wire_check_ledger(wire);
}

static void
a_port_may_have_only_one_direction(void **state)
{
	struct wire *wire = *state;

	assert_int_equal(plx_ethdev_configure(wire->port, 1, 0, NULL, NULL), 0);
	wire_set_up_queues(wire, wire->pool);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	if (wire->pmd->has & HAS_RX) {
		wire_put(wire, 0, 3, 100);
		wire_expect(wire, 0, 3, 100);
	}
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_int_equal(plx_ethdev_configure(wire->port, 0, 1, NULL, NULL), 0);
	wire_set_up_queues(wire, wire->pool);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_ledger(wire);
}

static void
steps_out_of_order_are_refused(void **state)
{
	struct wire *wire = *state;
	uint16_t port = wire->port;
	struct plx_ethdev_info info;
	struct plx_why why = {""};

	assert_int_equal(plx_ethdev_start(port, &why), -EINVAL);
	assert_true(strlen(why.text) > 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, wire->pool, NULL), -EINVAL);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(plx_ethdev_close(port), 0);
	assert_int_equal(plx_ethdev_configure(port, 1, 1, NULL, NULL), 0);
	assert_int_equal(plx_ethdev_start(port, NULL), -EINVAL);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, wire->pool, NULL), 0);
	assert_int_equal(plx_ethdev_start(port, NULL), -EINVAL);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 1, 0, wire->pool, NULL), -EINVAL);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, NULL, NULL), -EINVAL);
	assert_int_equal(plx_ethdev_tx_queue_setup(port, 1, 0, NULL), -EINVAL);
	assert_int_equal(plx_ethdev_tx_queue_setup(port, 0, 0, NULL), 0);
	assert_int_equal(plx_ethdev_start(port, NULL), 0);
	assert_int_equal(plx_ethdev_start(port, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_configure(port, 1, 1, NULL, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_rx_queue_setup(port, 0, 0, wire->pool, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_tx_queue_setup(port, 0, 0, NULL), -EBUSY);
	assert_int_equal(plx_ethdev_info(port, &info), 0);
	assert_int_equal(info.state, PLX_ETHDEV_STARTED);
	assert_int_equal(plx_ethdev_info(PLX_ETHDEV_MAX, &info), -ENODEV);
}

static void
queues_beyond_the_devices_are_refused_with_the_limit(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_info info;
	struct plx_why why = {""};
	char limit[16];

	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	assert_true(info.max_rx_queues > 0 && info.max_tx_queues > 0);
	assert_int_equal(
		plx_ethdev_configure(wire->port, (uint16_t)(info.max_rx_queues + 1), 1, NULL, &why),
		-EINVAL);
	snprintf(limit, sizeof(limit), "%u", info.max_rx_queues);
	assert_non_null(strstr(why.text, limit));
	assert_int_equal(
		plx_ethdev_configure(wire->port, 1, (uint16_t)(info.max_tx_queues + 1), NULL, NULL),
		-EINVAL);
	assert_int_equal(plx_ethdev_configure(wire->port, 0, 0, NULL, NULL), -EINVAL);
}

static uint64_t
stopped_bursts(const struct wire *wire)
{
	struct plx_ethdev_xstat stats[512];
	int n = plx_ethdev_xstats(wire->port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++) {
		if (strcmp(stats[i].name, "stopped_bursts") == 0)
			return stats[i].value;
	}
	fail_msg("no xstat stopped_bursts");
	return 0;
}

static void
bursts_on_a_stopped_port_do_nothing_and_are_counted(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 100, wire->mac, 0, 1), *got;
	uint64_t before = stopped_bursts(wire);

	assert_int_equal(plx_ethdev_rx_burst(wire->port, 0, &got, 1), 0);
	assert_int_equal(plx_ethdev_tx_burst(wire->port, 0, &m, 1), 0);
	assert_int_equal(stopped_bursts(wire), before + 2);
	wire_start(wire, 1, NULL);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_int_equal(plx_ethdev_rx_burst(wire->port, 0, &got, 1), 0);
	assert_int_equal(plx_ethdev_tx_burst(wire->port, 0, &m, 1), 0);
	assert_int_equal(stopped_bursts(wire), before + 4);
	assert_int_equal(plx_mbuf_check(m, NULL), 0);
	plx_mbuf_free(m);
}

static void
a_started_port_can_be_closed_at_once(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	if (wire->pmd->has & HAS_RX)
		wire_put(wire, 0, 10, 100);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_check_pool(wire);
	wire_check_ledger(wire);
}

static void
a_started_port_can_be_unplugged_at_once(void **state)
{
	struct wire *wire = *state;

	wire_start(wire, 1, NULL);
	if (wire->pmd->has & HAS_RX)
		wire_put(wire, 0, 10, 100);
	wire_unplug(wire);
	wire_check_pool(wire);
	wire_plug(wire);
}

static void
reset_takes_a_port_back_to_where_it_can_be_configured(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_info info;

	wire_start(wire, 1, NULL);
	traffic_flows(wire, 0);
	assert_int_equal(plx_ethdev_reset(wire->port, NULL), 0);
	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	assert_int_not_equal(info.state, PLX_ETHDEV_STARTED);
	wire_check_pool(wire);
	wire_start(wire, 1, NULL);
	traffic_flows(wire, 100);
}

static void
fifty_lives_leak_no_fd_and_no_buffer(void **state)
{
	struct wire *wire = *state;
	unsigned fds = 0;

	for (int i = 0; i < ROUNDS; i++) {
		wire_start(wire, wire->pmd->has & HAS_QUEUES ? 2 : 1, NULL);
		wire_unplug(wire);
		wire_check_pool(wire);
		wire_plug(wire);
		if (i == 0)
			fds = settled_fds();
	}
	assert_int_equal(settled_fds(), fds);
}

static void
a_second_device_of_the_same_name_is_refused(void **state)
{
	struct wire *wire = *state;
	struct plx_why why = {""};

	assert_int_equal(plx_device_attach(wire->devargs, &why), -EEXIST);
	assert_true(strlen(why.text) > 0);
}

static void
unknown_devargs_are_refused_by_name_and_leave_nothing(void **state)
{
	struct wire *wire = *state;
	struct plx_why why = {""};
	char devargs[512];
	unsigned fds, ports;

	wire_unplug(wire);
	fds = settled_fds();
	ports = plx_ethdev_count();
	snprintf(devargs, sizeof(devargs), "%s,nonsense=1", wire->devargs);
	assert_int_equal(plx_device_attach(devargs, &why), -EINVAL);
	assert_non_null(strstr(why.text, "nonsense"));
	assert_int_equal(open_fds(), fds);
	assert_int_equal(plx_ethdev_count(), ports);
	wire_plug(wire);
}

static void
info_tells_sane_limits(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_info info;

	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	assert_string_equal(info.name, wire->name);
	assert_string_equal(info.driver,
			    wire->pmd->driver != NULL ? wire->pmd->driver : wire->pmd->name);
	assert_true(strlen(info.mode) > 0);
	assert_true(info.min_mtu <= info.max_mtu);
	assert_true(info.rx_desc_min <= info.rx_desc_default);
	assert_true(info.rx_desc_default <= info.rx_desc_max);
	assert_true(info.tx_desc_min <= info.tx_desc_default);
	assert_true(info.tx_desc_default <= info.tx_desc_max);
	assert_true(info.max_rx_queues <= PLX_ETHDEV_QUEUES_MAX);
}

/* While it is lost the port is a dead one, and says why it cannot start; the next start finds the new one. */
static void
a_device_that_was_lost_is_found_again_by_a_start(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *pkts[4];
	struct plx_why why = {""};

	wire_start(wire, 1, NULL);
	for (unsigned life = 0; life < 3; life++) {
		for (uint32_t i = 0; i < 4; i++)
			pkts[i] = frame_mbuf(wire->pool, 100, wire->mac, i, 1);
		wire_send(wire, 0, pkts, 4);
		wire_take_frames(wire, 0, 4, 100);
		wire_put(wire, 0, 4, 100);
		wire_expect(wire, 0, 4, 100);
		wire->pmd->die(wire);
		assert_int_equal(plx_ethdev_rx_burst(wire->port, 0, pkts, 4), 0);
		assert_int_equal(plx_ethdev_stop(wire->port), 0);
		assert_true(plx_ethdev_start(wire->port, &why) < 0);
		assert_non_null(strstr(why.text, "its server was lost"));
		assert_int_equal(wire->pmd->begin(wire), 0);
		assert_int_equal(plx_ethdev_start(wire->port, &why), 0);
	}
	wire_check_ledger(wire);
}

const struct contract_case life_cases[] = {
	CASE(info_tells_sane_limits),
	CASE(a_port_starts_stops_and_starts_again),
	CASE(a_port_can_be_configured_anew),
	CASE(a_port_may_have_only_one_direction),
	CASE(steps_out_of_order_are_refused),
	CASE(queues_beyond_the_devices_are_refused_with_the_limit),
	CASE(bursts_on_a_stopped_port_do_nothing_and_are_counted),
	CASE(a_started_port_can_be_closed_at_once),
	CASE(a_started_port_can_be_unplugged_at_once),
	CASE(reset_takes_a_port_back_to_where_it_can_be_configured),
	CASE(fifty_lives_leak_no_fd_and_no_buffer),
	CASE(a_second_device_of_the_same_name_is_refused),
	CASE(unknown_devargs_are_refused_by_name_and_leave_nothing),
	CASE(a_device_that_was_lost_is_found_again_by_a_start,
	     .needs = HAS_RX | HAS_TX | HAS_REBIRTH),
	{0},
};
