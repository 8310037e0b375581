/* SPDX-License-Identifier: BSD-3-Clause */
/* What cannot be asked for, what the audit notices, and waiting. */
#include "rig.h"

#include "cluster_priv.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

static void
refused(const char *word)
{
	struct plx_cluster *cluster = NULL;
	struct plx_why why = {.text = ""};

	assert_int_equal(plx_cluster_create(&rig.params, &cluster, &why), -EINVAL);
	assert_null(cluster);
	if (strstr(why.text, word) == NULL)
		fail_msg("'%s' does not say '%s'", why.text, word);
	rig_params(NULL);
}

#define REFUSED(field, value, word)         \
	do {                                \
		rig.params.field = (value); \
		refused(word);              \
	} while (0)

static struct plx_cluster_verdict
nothing(void *arg, struct plx_mbuf *m)
{
	return (struct plx_cluster_verdict){.action = PLX_CLUSTER_DROP};
}

static void
nothings(void *arg, struct plx_mbuf *const *pkts, uint16_t n, struct plx_cluster_verdict *ret)
{
}

static void
bad_parameters_are_named(void **state)
{
	static struct plx_cluster_port no_port = {.port = 200}, no_queue;

	no_queue = rig.ports[0];
	no_queue.queue = 9;
	REFUSED(id, PLX_CLUSTER_ID_MAX + 1, "65536");
	REFUSED(pool, NULL, "pool");
	REFUSED(places, 0, "places");
	REFUSED(places, 65, "places");
	REFUSED(queue_len, 48, "48");
	REFUSED(queue_len, 65536, "65536");
	REFUSED(extra, PLX_CLUSTER_EXTRA_MAX + 1, "extra");
	REFUSED(overflow, PLX_CLUSTER_OVERFLOWS, "overflow");
	REFUSED(overflow, PLX_CLUSTER_BORROW, "reserve");
	REFUSED(nb_rx_ports, 65, "rx");
	REFUSED(nb_tx_ports, 65, "tx");
	REFUSED(rx_ports, &no_port, "rx");
	REFUSED(rx_ports, &no_queue, "queue 9");
	rig.params.nb_tx_ports = 1;
	REFUSED(tx_ports, &no_queue, "tx");
	REFUSED(spread.mode, PLX_CLUSTER_MODES, "mode");
	REFUSED(spread.key, PLX_CLUSTER_KEYS, "key");
	REFUSED(spread.mode, PLX_CLUSTER_GROUPS, "groups");
	rig.params.spread.nb_groups = 5;
	REFUSED(spread.mode, PLX_CLUSTER_GROUPS, "5 groups");
	REFUSED(spread.forward, 1, "forward");
	rig.params.spread.decide = nothings;
	REFUSED(spread.decide_one, nothing, "two functions");
}

static void
bad_slaves_are_refused(void **state)
{
	struct plx_cluster_slave_params params = {.place = 4};
	struct plx_cluster_slave *slave, *all[4];
	struct plx_cluster_place_stats stats;

	rig_make();
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, NULL), -EINVAL);
	params.place = 0;
	params.flags = 1u << 20;
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, NULL), -EINVAL);
	params.flags = PLX_CLUSTER_SLAVE_WRITE;
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, NULL), -EACCES);
	params.flags = 0;
	for (uint32_t i = 0; i < 4; i++)
		all[i] = rig_join(PLX_CLUSTER_PLACE_ANY, 0);
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, NULL), -EBUSY);
	params.place = PLX_CLUSTER_PLACE_ANY;
	assert_int_equal(plx_cluster_join(rig.cluster, &params, &slave, NULL), -ENOSPC);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(plx_cluster_slave_place(all[i]), i);
		plx_cluster_leave(all[i]);
	}
	plx_cluster_leave(NULL);
	assert_int_equal(plx_cluster_place_stats(rig.cluster, 4, &stats), -EINVAL);
	rig_poll();
	slave = rig_join(2, 0);
	assert_int_equal(plx_cluster_place_stats(rig.cluster, 2, &stats), 0);
	assert_int_equal(stats.slaves, 2);
	plx_cluster_leave(slave);
}

/* Each number that is wrong by one is noticed. */
static void
the_audit_notices(void **state)
{
	struct plx_cluster_slave *slave;
	uint64_t *numbers[8];

	rig.params.nb_tx_ports = 1;
	rig.params.spread.forward = 1;
	rig_make();
	slave = rig_join(0, 0);
	rig_feed(10);
	rig_poll();
	rig_audit();
	numbers[0] = &rig.cluster->stats.received;
	numbers[1] = &rig.cluster->stats.delivered;
	numbers[2] = &rig.cluster->places[0].stats.offered;
	numbers[3] = &rig.cluster->places[0].stats.released;
	numbers[4] = &rig.cluster->places[0].tail;
	numbers[5] = &rig.cluster->egress[0].asked;
	numbers[6] = &rig.cluster->egress[0].refused_late;
	numbers[7] = &rig.cluster->places[1].backlog.tail;
	for (size_t i = 0; i < PLX_ARRAY_LEN(numbers); i++) {
		struct plx_why why = {.text = ""};

		++*numbers[i];
		assert_int_equal(plx_cluster_audit(rig.cluster, &why), -EUCLEAN);
		assert_true(why.text[0] != '\0');
		--*numbers[i];
		rig_audit();
	}
	rig.cluster->holders[RIG_BUFFERS - 1] ^= 1;
	assert_int_equal(plx_cluster_audit(rig.cluster, NULL), -EUCLEAN);
	rig.cluster->holders[RIG_BUFFERS - 1] ^= 1;
	rig_audit();
	plx_cluster_leave(slave);
}

/* As a device would have. */
static struct plx_cluster_verdict
stamp_the_first(void *arg, struct plx_mbuf *m)
{
	unsigned *seen = arg;

	if ((*seen)++ == 0) {
		m->ol_flags |= PLX_MBUF_RX_TIMESTAMP;
		m->timestamp = 123456789;
	}
	return (struct plx_cluster_verdict){.action = PLX_CLUSTER_PASS, .slaves = 3};
}

static void
times_are_the_devices_or_ours(void **state)
{
	unsigned seen = 0;
	struct plx_cluster_slave *timed, *other;
	const struct plx_cluster_desc *desc;

	rig.params.spread.decide_one = stamp_the_first;
	rig.params.spread.arg = &seen;
	rig_make();
	timed = rig_join(0, PLX_CLUSTER_SLAVE_TIMES);
	other = rig_join(1, 0);
	rig_feed(2);
	rig_poll();
	assert_int_equal(plx_cluster_peek(timed, &desc, 2), 2);
	assert_int_equal(plx_cluster_time(timed, 0), 123456789);
	assert_true(plx_cluster_time(timed, 1) > 1600000000000000000ULL);
	assert_int_equal(plx_cluster_peek(other, &desc, 2), 2);
	assert_int_equal(plx_cluster_time(other, 0), 0);
	plx_cluster_leave(timed);
	plx_cluster_leave(other);
}

/* -- waiting ------------------------------------------------------------------------------------------ */

static void *
wait_for_it(void *slave)
{
	return (void *)(intptr_t)plx_cluster_wait(slave, -1);
}

/* Who sleeps is woken by a packet, and by the end. */
static void
sleepers_are_woken(void **state)
{
	for (unsigned passive = 0; passive < 2; passive++) {
		struct plx_cluster_slave *slave;
		pthread_t thread;
		void *got;

		rig_make();
		slave = rig_join(0, passive ? PLX_CLUSTER_SLAVE_PASSIVE : 0);
		assert_int_equal(plx_cluster_wait(slave, 0), 0);
		assert_int_equal(plx_cluster_wait(slave, 1), 0);
		for (uint32_t i = 0; i < 20; i++) {
			pthread_create(&thread, NULL, wait_for_it, slave);
			while (i % 2 != 0 && passive &&
			       __atomic_load_n(&slave->lane->bell.asleep, __ATOMIC_RELAXED) == 0)
				sched_yield();
			rig_feed(1);
			rig_poll();
			pthread_join(thread, &got);
			assert_int_equal((intptr_t)got, 1);
			assert_int_equal(rig_drink(slave), 1);
		}
		pthread_create(&thread, NULL, wait_for_it, slave);
		__atomic_fetch_add(&slave->lane->slave.head, 1,
				   __ATOMIC_RELEASE); /* it is sent away */
		rig_poll();
		pthread_join(thread, &got);
		assert_int_equal((intptr_t)got, -EPIPE);
		plx_cluster_leave(slave);
		rig_end(state);
		rig_params(state);
	}
}

/* For event loops: armed once, rung once. */
static void
the_fd_is_readable_when_something_came(void **state)
{
	struct plx_cluster_slave *slave;
	struct pollfd fd = {.events = POLLIN};
	uint64_t count;

	rig_make();
	slave = rig_join(0, PLX_CLUSTER_SLAVE_PASSIVE);
	fd.fd = plx_cluster_slave_fd(slave);
	for (uint32_t i = 0; i < 3; i++) {
		plx_cluster_slave_arm(slave);
		assert_int_equal(poll(&fd, 1, 0), 0);
		for (uint32_t k = 0; k < 3; k++) {
			rig_feed(1);
			rig_poll();
		}
		assert_int_equal(poll(&fd, 1, 0), 1);
		assert_int_equal(rig_drink(slave), 3);
	}
	assert_int_equal(read(fd.fd, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 1);
	plx_cluster_leave(slave);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(bad_parameters_are_named),
		RIG_TEST(bad_slaves_are_refused),
		RIG_TEST(the_audit_notices),
		RIG_TEST(times_are_the_devices_or_ours),
		RIG_TEST(sleepers_are_woken),
		RIG_TEST(the_fd_is_readable_when_something_came),
	};

	return cmocka_run_group_tests(tests, rig_init, rig_fini);
}
