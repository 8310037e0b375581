/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our side of bench_bouncer.py: a bouncer on a worker between the two ports of the command line.
 *
 *	bench_bouncer_plx EAL-OPTIONS -- none|burst|one BURST SECONDS		prints Mpps of processor time
 */
#include <pollux/plx_bouncer.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_lcore.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void
pass_burst(void *arg, enum plx_bouncer_way way, struct plx_mbuf *const *pkts, uint16_t n,
	   uint8_t *ret_verdicts)
{
}

static uint8_t
pass_one(void *arg, enum plx_bouncer_way way, struct plx_mbuf *pkt)
{
	return PLX_BOUNCER_PASS;
}

static int
run(void *bouncer)
{
	plx_bouncer_run(bouncer);
	return 0;
}

static uint64_t
passed(const struct plx_bouncer *bouncer)
{
	struct plx_bouncer_stats ab, ba;

	plx_bouncer_stats(bouncer, PLX_BOUNCER_A_TO_B, &ab);
	plx_bouncer_stats(bouncer, PLX_BOUNCER_B_TO_A, &ba);
	return ab.passed + ba.passed;
}

static void
pause_for(double seconds)
{
	struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

	nanosleep(&time, NULL);
}

/* Of all threads; the main one sleeps. */
static uint64_t
processor_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int
measure(char **argv, struct plx_why *why)
{
	struct plx_bouncer_params params = {.a = {0, 0}, .b = {1, 0}};
	struct plx_bouncer *bouncer;
	struct plx_pool *pool;
	uint64_t packets, ns;
	int ret;

	params.decide = strcmp(argv[1], "burst") == 0 ? pass_burst : NULL;
	params.decide_one = strcmp(argv[1], "one") == 0 ? pass_one : NULL;
	params.burst = (uint16_t)atoi(argv[2]);
	ret = plx_ethdev_open_all(2, 1, 0, &pool, why);
	if (ret == 0)
		ret = plx_bouncer_create(&params, &bouncer, why);
	if (ret == 0)
		ret = plx_lcore_launch(run, bouncer, plx_lcore_next(PLX_LCORE_NONE, true));
	if (ret != 0)
		return ret;
	pause_for(0.2);
	packets = passed(bouncer);
	ns = processor_ns();
	pause_for(atof(argv[3]));
	packets = passed(bouncer) - packets;
	ns = processor_ns() - ns;
	plx_bouncer_break(bouncer);
	plx_lcore_wait_all();
	printf("%.3f\n", (double)packets / (double)ns * 1e3);
	plx_bouncer_destroy(bouncer);
	return plx_ethdev_close_all(pool, NULL, NULL, why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret >= 0 && argc - ret == 4)
		ret = measure(argv + ret, &why);
	else if (ret >= 0)
		ret = plx_why(&why, -1, "three words are needed");
	if (ret < 0)
		fprintf(stderr, "bench_bouncer_plx: %s\n", why.text);
	plx_eal_cleanup();
	return ret < 0;
}
