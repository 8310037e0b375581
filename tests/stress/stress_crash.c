/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A master under full load whose slaves are killed at any instant, or lie, or come in a crowd. Its books must add up all
 * the time, every buffer must come home, and the slaves that were left alone must see every packet that was not counted as lost.
 *
 *	stress_crash [seed]
 */
#include "crash_rig.h"
#include "own.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AUDIT_EVERY 50

static uint64_t end_ms;

static const struct crash_phase phases[] = {
	{"crowd", CRASH_CROWD, PLX_CLUSTER_FANOUT, PLX_CLUSTER_DROP_NEWEST, false, 64},
	{"fanout, drop newest", CRASH_HONEST, PLX_CLUSTER_FANOUT, PLX_CLUSTER_DROP_NEWEST, false,
	 350},
	{"fanout, drop oldest", CRASH_HONEST, PLX_CLUSTER_FANOUT, PLX_CLUSTER_DROP_OLDEST, true,
	 350},
	{"fanout, pressure", CRASH_HONEST, PLX_CLUSTER_FANOUT, PLX_CLUSTER_PRESSURE, true, 350},
	{"fanout, borrow", CRASH_HONEST, PLX_CLUSTER_FANOUT, PLX_CLUSTER_BORROW, false, 350},
	{"share, drop newest", CRASH_HONEST, PLX_CLUSTER_SHARE, PLX_CLUSTER_DROP_NEWEST, true, 350},
	{"share, pressure", CRASH_HONEST, PLX_CLUSTER_SHARE, PLX_CLUSTER_PRESSURE, true, 350},
	{"liars, fanout", CRASH_HOSTILE, PLX_CLUSTER_FANOUT, PLX_CLUSTER_DROP_NEWEST, true, 200},
	{"liars, fanout, borrow", CRASH_HOSTILE, PLX_CLUSTER_FANOUT, PLX_CLUSTER_BORROW, true, 200},
	{"liars, share", CRASH_HOSTILE, PLX_CLUSTER_SHARE, PLX_CLUSTER_DROP_OLDEST, true, 200},
};

/* -- what must be true --------------------------------------------------------------------------------- */

static void
audit(const char *when)
{
	struct plx_why why;

	if (plx_cluster_audit(crash_rig.cluster, &why) < 0)
		crash_fail("%s: %s", when, why.text);
}

static bool
in_time(void)
{
	if (crash_now_ms() >= end_ms)
		crash_fail("not done after %d s", CRASH_LIMIT_S);
	return !crash_failed();
}

static bool
flag(const uint32_t *flag_)
{
	return __atomic_load_n(flag_, __ATOMIC_ACQUIRE) != 0;
}

/* All that came was looked at by those who were left alone, or is counted as lost for them. */
static bool
survivors_saw_all(void)
{
	struct plx_cluster_stats all;

	plx_cluster_stats(crash_rig.cluster, &all);
	if (all.received != crash_rig.number)
		return false;
	for (uint32_t i = 0; i < CRASH_SURVIVORS; i++) {
		struct plx_cluster_place_stats stats;

		plx_cluster_place_stats(crash_rig.cluster, i, &stats);
		if (stats.backlog != 0 || __atomic_load_n(&crash_page->survivors[i].seen,
							  __ATOMIC_ACQUIRE) != stats.queued)
			return false;
	}
	return true;
}

static void
judge_survivor(const struct crash_phase *phase, uint32_t i)
{
	const struct crash_survivor *books = &crash_page->survivors[i];
	struct plx_cluster_place_stats stats;

	plx_cluster_place_stats(crash_rig.cluster, i, &stats);
	if (books->disorder != 0 || books->spoilt != 0)
		crash_fail("survivor %u saw %llu packets out of order, %llu spoilt", i,
			   (unsigned long long)books->disorder, (unsigned long long)books->spoilt);
	if (stats.lies != 0 || stats.slaves != 1)
		crash_fail("survivor %u: %llu lies, %llu slaves", i, (unsigned long long)stats.lies,
			   (unsigned long long)stats.slaves);
	if (phase->mode == PLX_CLUSTER_FANOUT &&
	    stats.queued + stats.full + stats.oldest != crash_rig.number)
		crash_fail("survivor %u: %u packets came, %llu were seen and %llu lost", i,
			   crash_rig.number, (unsigned long long)stats.queued,
			   (unsigned long long)(stats.full + stats.oldest));
	if (phase->overflow == PLX_CLUSTER_PRESSURE && stats.full != 0)
		crash_fail("survivor %u lost %llu packets under pressure", i,
			   (unsigned long long)stats.full);
	if (books->seen == 0)
		crash_fail("survivor %u saw nothing", i);
}

/* The slaves are gone: nothing is held, nothing out. */
static void
judge_end(const struct crash_phase *phase)
{
	struct plx_cluster_stats stats;
	uint64_t lies = 0, slaves = 0;
	struct plx_why why;

	audit("at the end");
	plx_cluster_stats(crash_rig.cluster, &stats);
	for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++) {
		struct plx_cluster_place_stats place;

		if (plx_cluster_place_stats(crash_rig.cluster, i, &place) < 0)
			break;
		if (place.present || place.held != 0 || place.backlog != 0)
			crash_fail("place %u is not empty: %llu held, %llu in the backlog", i,
				   (unsigned long long)place.held,
				   (unsigned long long)place.backlog);
		lies += place.lies;
		slaves += place.slaves;
	}
	if (stats.received != crash_rig.number)
		crash_fail("%u packets came, %llu were received", crash_rig.number,
			   (unsigned long long)stats.received);
	if (stats.transmitted != crash_rig.came_out)
		crash_fail("%llu packets were sent, %llu came out",
			   (unsigned long long)stats.transmitted,
			   (unsigned long long)crash_rig.came_out);
	if (crash_rig.beyond != 0)
		crash_fail("%llu packets that came out do not fit into their buffers",
			   (unsigned long long)crash_rig.beyond);
	if (phase->role != CRASH_HOSTILE && lies != 0)
		crash_fail("%llu lies of honest slaves", (unsigned long long)lies);
	if (phase->role == CRASH_HOSTILE && lies == 0)
		crash_fail("no lie was noticed");
	plx_pool_cache_flush(crash_rig.pool);
	if (plx_pool_in_use(crash_rig.pool) != 0)
		crash_fail("%u buffers did not come home", plx_pool_in_use(crash_rig.pool));
	if (plx_pool_audit(crash_rig.pool, &why) < 0)
		crash_fail("pool: %s", why.text);
	printf("%-24s %5u deaths, %5llu slaves, %9llu packets, %8llu out, %llu lies\n", phase->name,
	       crash_page->deaths, (unsigned long long)slaves, (unsigned long long)stats.received,
	       (unsigned long long)stats.transmitted, (unsigned long long)lies);
}

/* -- a phase ------------------------------------------------------------------------------------------- */

static bool
open_cluster(const struct crash_phase *phase)
{
	bool crowd = phase->role == CRASH_CROWD;
	struct plx_cluster_params params = {
		.id = 10,
		.pool = crash_rig.pool,
		.rx_ports = &crash_rig.near[0],
		.nb_rx_ports = 1,
		.tx_ports = &crash_rig.near[1],
		.nb_tx_ports = 1,
		.places = crowd ? PLX_CLUSTER_PLACES_MAX : CRASH_PLACES,
		.queue_len = 128,
		.extra = 32,
		.overflow = phase->overflow,
		.reserve = phase->overflow == PLX_CLUSTER_BORROW ? 256 : 0,
		.spread = {.mode = phase->mode},
		.writable = phase->writable,
	};
	struct plx_why why = {""};

	if (plx_cluster_create(&params, &crash_rig.cluster, &why) < 0 ||
	    plx_cluster_open(crash_rig.cluster, &why) < 0)
		crash_fail("%s: %s", phase->name, why.text);
	return !crash_failed();
}

static void
wait_until_empty(void)
{
	bool there = true;

	while (there && in_time()) {
		unsigned moved = crash_rig_turn(false);

		there = moved != 0;
		for (uint32_t i = 0; i < PLX_CLUSTER_PLACES_MAX; i++) {
			struct plx_cluster_place_stats place;

			if (plx_cluster_place_stats(crash_rig.cluster, i, &place) < 0)
				break;
			there |= place.present || place.held != 0;
		}
	}
}

static void
load(void)
{
	uint32_t next = AUDIT_EVERY;

	while (!flag(&crash_page->ready) && in_time())
		crash_rig_turn(false);
	while (!flag(&crash_page->victims_over) && in_time()) {
		crash_rig_turn(true);
		if (__atomic_load_n(&crash_page->deaths, __ATOMIC_RELAXED) < next)
			continue;
		audit("under way");
		next += AUDIT_EVERY;
	}
}

static void
run(const struct crash_phase *phase, int launcher)
{
	uint32_t i = (uint32_t)(phase - phases), by_line[CRASH_LINES];

	memcpy(by_line, crash_page->by_line, sizeof(by_line));
	memset(crash_page, 0, sizeof(*crash_page));
	memcpy(crash_page->by_line, by_line, sizeof(by_line));
	crash_rig.number = 0;
	crash_rig.came_out = 0;
	if (!open_cluster(phase) || write(launcher, &i, sizeof(i)) != sizeof(i))
		return;
	load();
	if (phase->role != CRASH_CROWD) {
		while ((crash_rig_turn(false) != 0 || !survivors_saw_all()) && in_time())
			;
		for (uint32_t k = 0; k < CRASH_SURVIVORS && !crash_failed(); k++)
			judge_survivor(phase, k);
	}
	__atomic_store_n(&crash_page->survivors_may_end, 1, __ATOMIC_RELEASE);
	while (!flag(&crash_page->over) && in_time())
		crash_rig_turn(false);
	wait_until_empty();
	if (!crash_failed())
		judge_end(phase);
	plx_cluster_destroy(crash_rig.cluster);
	crash_rig.cluster = NULL;
}

/* -- all ----------------------------------------------------------------------------------------------- */

/* Each point of slave.c must have ended somebody, or it is no test of it. */
static void
judge_points(void)
{
	uint32_t lines = 0, deaths = 0;

	for (uint32_t i = 0; i < CRASH_LINES; i++) {
		if (crash_page->by_line[i] == 0)
			continue;
		lines++;
		deaths += crash_page->by_line[i];
		printf("%s%u", lines == 1 ? "deaths at lines of slave.c: " : ", ", i);
	}
	printf("\n%u of them\n", deaths);
	if (!crash_failed() && lines < CRASH_POINTS + 1) /* and line 0: between two calls */
		crash_fail("deaths at %u points only: %d are expected", lines, CRASH_POINTS + 1);
}

int
main(int argc, char **argv)
{
	char folder[OWN_PATH];
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : crash_now_ms();
	struct plx_why why = {""};
	int launcher;

	if (own_folder(folder) == NULL)
		return 1;
	setenv("RUNTIME_DIRECTORY", folder, 1);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("seed %llu\n", (unsigned long long)seed);
	launcher = crash_launch(phases, seed);
	if (launcher < 0)
		return 1;
	end_ms = crash_now_ms() + CRASH_LIMIT_S * 1000;
	if (crash_rig_open(&why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	for (unsigned i = 0; i < PLX_ARRAY_LEN(phases) && !crash_failed(); i++)
		run(&phases[i], launcher);
	judge_points();
	close(launcher);
	if (crash_failed()) {
		usleep(100000); /* for who is writing it */
		fprintf(stderr, "FAILED: %s\n", crash_page->failure);
		_exit(1);
	}
	crash_rig_close();
	return rmdir(folder) == 0 ? 0 : 1; /* nothing is left in it */
}
