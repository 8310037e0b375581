/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine cluster: slaves that attach, and workers on lcores without a stream; what becomes of each packet. */
#define POOL_BUFFERS 8192
#include "engine_fixture.h"
#include "own.h"

#include <pollux/plx_cluster_slave.h>
#include <pollux/plx_door.h>
#include <pollux/plx_net_build.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define LEN   64
#define QUEUE 256 /* of a slave */
#define ROUND 32

enum { TO_SLAVES, FROM_SLAVES, SLAVES_FULL };

static char folder[OWN_PATH];
static struct worker workers[2];
static uint32_t next; /* number of the next frame */

/* -- the scene ------------------------------------------------------------------------------------------ */

static int
open_door(void **state)
{
	setup(state);
	return plx_door_open("test", &why);
}

static int
close_door(void **state)
{
	plx_door_close();
	return teardown(state);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_door, close_door)

static void
begin_with(enum cluster_work work, unsigned nb_workers)
{
	memset(workers, 0, sizeof(workers));
	app.workers = workers;
	app.nb_workers = nb_workers;
	app.args.engines.cluster_work = (int)work;
	next = 0;
	begin("cluster");
}

/* Frames whose MAC addresses and numbers tell them apart, of as many flows. */
static void
give_frames(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t bytes[LEN] = {0};

		memset(bytes, 0xd0, 6);
		memset(bytes + 6, 0x50, 6);
		memcpy(bytes + 20, &next, sizeof(next));
		next++;
		give(bytes, sizeof(bytes));
	}
}

/* How many came out; each must begin with these bytes. */
static unsigned
took(uint8_t first)
{
	uint8_t bytes[FRAME_MAX];
	unsigned n = 0;

	for (; take(bytes) > 0; n++)
		assert_int_equal(bytes[0], first);
	return n;
}

static void
adds_up(void)
{
	assert_int_equal(stream.rx, stream.tx + stream.dropped);
}

/* -- workers -------------------------------------------------------------------------------------------- */

/* n frames through the engine and its worker. */
static unsigned
pass_by_worker(unsigned n, uint8_t first)
{
	unsigned out = 0;

	for (unsigned done = 0; done < n; done += ROUND) {
		give_frames(ROUND);
		for (unsigned i = 0; i < 4; i++) {
			engine->run(&stream);
			engine->work(&workers[0]);
		}
		out += took(first);
	}
	return out;
}

static void
workers_send(enum cluster_work work, uint8_t first)
{
	begin_with(work, 1);
	assert_int_equal(pass_by_worker(20 * ROUND, first), 20 * ROUND);
	engine->look(&stream);
	assert_int_equal(stream.counts[FROM_SLAVES], 20 * ROUND);
	assert_int_equal(workers[0].counts.rx, 20 * ROUND);
	assert_int_equal(workers[0].counts.tx, 20 * ROUND);
	end();
	assert_null(workers[0].engine);
	assert_int_equal(stream.rx, 20 * ROUND);
	assert_int_equal(stream.tx, 20 * ROUND);
	assert_int_equal(stream.counts[TO_SLAVES], 20 * ROUND);
	assert_int_equal(stream.counts[FROM_SLAVES], 20 * ROUND);
	assert_int_equal(stream.counts[SLAVES_FULL], 0);
	adds_up();
}

static void
a_worker_sends_what_it_gets(void **state)
{
	workers_send(CLUSTER_WORK_IO, 0xd0);
}

static void
a_worker_exchanges_addresses(void **state)
{
	workers_send(CLUSTER_WORK_MACSWAP, 0x50);
}

static void
a_worker_counts_what_goes_on_as_it_is(void **state)
{
	begin_with(CLUSTER_WORK_COUNT, 1);
	assert_int_equal(pass_by_worker(10 * ROUND, 0xd0), 10 * ROUND);
	end();
	assert_int_equal(workers[0].counts.rx, 10 * ROUND);
	assert_int_equal(workers[0].counts.tx, 0);
	assert_int_equal(stream.counts[FROM_SLAVES], 0);
	adds_up();
}

/* Nobody calls the worker: its queue is full, and is lost when it ends. */
static void
a_worker_too_slow_loses_packets(void **state)
{
	begin_with(CLUSTER_WORK_IO, 1);
	for (unsigned i = 0; i < QUEUE / ROUND + 3; i++) {
		give_frames(ROUND);
		engine->run(&stream);
	}
	engine->look(&stream);
	assert_int_equal(stream.counts[SLAVES_FULL], 3 * ROUND);
	assert_int_equal(stream.counts[TO_SLAVES], QUEUE);
	end();
	assert_int_equal(stream.rx, QUEUE + 3 * ROUND);
	assert_int_equal(stream.dropped, QUEUE + 3 * ROUND);
	adds_up();
}

/* A worker stops with all it gave: that is sent all the same, and what comes meanwhile goes on. */
static void
what_a_worker_gave_is_sent_at_the_end(void **state)
{
	begin_with(CLUSTER_WORK_IO, 1);
	give_frames(ROUND);
	engine->run(&stream);
	while (engine->work(&workers[0]) != 0)
		;
	end();
	assert_int_equal(took(0xd0), ROUND);
	assert_int_equal(stream.dropped, 0);
	adds_up();
}

static void
packets_of_several_segments_are_not_sent_by_workers(void **state)
{
	const uint8_t bytes[LEN] = {0xd0};

	begin_with(CLUSTER_WORK_MACSWAP, 1);
	give_in_pieces(bytes, sizeof(bytes), 20);
	give_frames(1);
	for (unsigned i = 0; i < 4; i++) {
		engine->run(&stream);
		engine->work(&workers[0]);
	}
	assert_int_equal(took(0x50), 1);
	end();
	assert_int_equal(workers[0].counts.rx, 2);
	assert_int_equal(workers[0].counts.tx, 1);
	assert_int_equal(workers[0].counts.dropped, 1);
	assert_int_equal(stream.rx, 2);
	adds_up();
}

static void
give_flow(uint16_t number)
{
	const struct plx_net_build build = {
		.dst_mac = {0xd0}, .proto = PLX_NET_PROTO_UDP, .src_port = number, .dst_port = 53};
	uint8_t bytes[LEN];

	assert_int_equal(plx_net_build_frame(&build, bytes, sizeof(bytes)), 0);
	give(bytes, sizeof(bytes));
}

static void
several_workers_share_a_stream(void **state)
{
	begin_with(CLUSTER_WORK_IO, 2);
	for (unsigned k = 0; k < 10; k++) {
		for (unsigned i = 0; i < ROUND; i++)
			give_flow((uint16_t)(k * ROUND + i));
		for (unsigned i = 0; i < 4; i++) {
			engine->run(&stream);
			engine->work(&workers[0]);
			engine->work(&workers[1]);
		}
		assert_int_equal(took(0xd0), ROUND);
	}
	end();
	assert_int_equal(workers[0].counts.rx + workers[1].counts.rx, 10 * ROUND);
	assert_int_not_equal(workers[0].counts.rx, 0);
	assert_int_not_equal(workers[1].counts.rx, 0);
	assert_int_equal(stream.tx, 10 * ROUND);
	adds_up();
}

static void
without_a_spare_lcore_there_is_no_work(void **state)
{
	app.args.engines.cluster_work = CLUSTER_WORK_IO;
	app.nb_workers = 0;
	assert_int_equal(engine_cluster.begin(&stream, &why), -EINVAL);
	assert_non_null(strstr(why.text, "--cluster-work io: every forwarding lcore has a stream"));
}

/* -- slaves that attach --------------------------------------------------------------------------------- */

static struct plx_cluster_slave *
attach(void)
{
	const struct plx_cluster_slave_params params = {.place = PLX_CLUSTER_PLACE_ANY,
							.flags = PLX_CLUSTER_SLAVE_WRITE};
	struct plx_cluster_slave *slave;

	if (plx_cluster_attach("cluster:0", &params, &slave, &why) != 0)
		fail_msg("%s", why.text);
	return slave;
}

/* Others look at all that the workers get, and may send, too. */
static void
others_see_everything_beside_the_workers(void **state)
{
	const struct plx_cluster_desc *desc;
	struct plx_cluster_slave *slave;

	begin_with(CLUSTER_WORK_MACSWAP, 1);
	slave = attach();
	assert_true(plx_cluster_slave_place(slave) < 4);
	assert_int_equal(pass_by_worker(ROUND, 0x50), ROUND);
	assert_int_equal(plx_cluster_peek(slave, &desc, ROUND), ROUND);
	assert_true(plx_cluster_send(slave, 5, 1));
	plx_cluster_done(slave, ROUND);
	engine->run(&stream);
	assert_int_equal(took(0x50), 1);
	engine->look(&stream);
	assert_int_equal(stream.counts[FROM_SLAVES], ROUND + 1);
	end();
	assert_int_equal(stream.counts[FROM_SLAVES], ROUND + 1);
	assert_int_equal(stream.tx, ROUND + 1);
	plx_cluster_leave(slave);
}

static void
what_a_slave_does_not_see_is_counted(void **state)
{
	struct plx_cluster_slave *slave;

	begin_with(CLUSTER_WORK_NONE, 0);
	slave = attach();
	for (unsigned i = 0; i < QUEUE / ROUND + 2; i++) {
		give_frames(ROUND);
		engine->run(&stream);
		assert_int_equal(took(0xd0), ROUND);
	}
	engine->look(&stream);
	assert_int_equal(stream.counts[TO_SLAVES], QUEUE);
	assert_int_equal(stream.counts[SLAVES_FULL], 2 * ROUND);
	end();
	assert_int_equal(stream.counts[SLAVES_FULL], 2 * ROUND);
	assert_int_equal(stream.tx, QUEUE + 2 * ROUND);
	adds_up();
	plx_cluster_leave(slave);
}

/* Where packets are on huge pages, or said to be, others only look, unless they are trusted. */
static void
on_huge_pages_slaves_only_look(void **state)
{
	const struct plx_cluster_slave_params params = {.place = PLX_CLUSTER_PLACE_ANY,
							.flags = PLX_CLUSTER_SLAVE_WRITE};
	struct plx_zone *zone = (struct plx_zone *)(uintptr_t)plx_pool_zone(pool);
	const size_t page_size = zone->page_size;
	struct plx_cluster_slave *slave;

	zone->page_size = 2u << 20;
	begin_with(CLUSTER_WORK_NONE, 0);
	assert_int_equal(plx_cluster_attach("cluster:0", &params, &slave, &why), -EACCES);
	end();
	app.args.engines.cluster_trusted = true;
	begin_with(CLUSTER_WORK_NONE, 0);
	plx_cluster_leave(attach());
	end();
	zone->page_size = page_size;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_sends_what_it_gets),
		TEST(a_worker_exchanges_addresses),
		TEST(a_worker_counts_what_goes_on_as_it_is),
		TEST(a_worker_too_slow_loses_packets),
		TEST(what_a_worker_gave_is_sent_at_the_end),
		TEST(packets_of_several_segments_are_not_sent_by_workers),
		TEST(several_workers_share_a_stream),
		TEST(without_a_spare_lcore_there_is_no_work),
		TEST(others_see_everything_beside_the_workers),
		TEST(what_a_slave_does_not_see_is_counted),
		TEST(on_huge_pages_slaves_only_look),
	};

	int failed;

	if (own_folder(folder) == NULL)
		return 1;
	setenv("RUNTIME_DIRECTORY", folder, 1);
	failed = run_engine_tests(tests, PLX_ARRAY_LEN(tests));
	return rmdir(folder) != 0 ? 1 : failed;
}
