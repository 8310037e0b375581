/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sides of the AF_XDP bench share: the same command line, the same loop length and the same report,
 * so that bench_af_xdp.py can put any of them at the far end of the same veth pair.
 *
 *	SIDE INTERFACE rxonly|txonly|macswap SECONDS CPU
 *
 * prints "packets N seconds S cpu C", C being the processor time of the loop's thread.
 */
#ifndef PLX_BENCH_BENCH_AF_XDP_H
#define PLX_BENCH_BENCH_AF_XDP_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BURST	  32
#define FRAME_LEN 60
#define DESCS	  2048
#define BUFFERS	  8192

enum mode {
	RXONLY,
	TXONLY,
	MACSWAP,
};

struct job {
	const char *iface;
	enum mode mode;
	double seconds;
	int cpu;
};

static inline double
seconds_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static inline struct job
read_job(int argc, char **argv)
{
	static const char *const modes[] = {"rxonly", "txonly", "macswap"};
	struct job job = {0};

	if (argc != 5) {
		fprintf(stderr, "usage: %s INTERFACE rxonly|txonly|macswap SECONDS CPU\n", argv[0]);
		exit(2);
	}
	job.iface = argv[1];
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(argv[2], modes[i]) == 0)
			job.mode = (enum mode)i;
	job.seconds = atof(argv[3]);
	job.cpu = atoi(argv[4]);
	return job;
}

static inline void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		perror("sched_setaffinity");
}

/* One UDP frame to nowhere. */
static inline void
make_frame(uint8_t *frame)
{
	static const uint8_t head[42] = {2,    0, 0,  0,  0, 2, 2, 0, 0,  0,  0, 1,  8,	 0,
					 0x45, 0, 0,  46, 0, 0, 0, 0, 64, 17, 0, 0,  10, 9,
					 0,    1, 10, 9,  0, 2, 4, 0, 0,  9,  0, 26, 0,	 0};

	memset(frame, 0, FRAME_LEN);
	memcpy(frame, head, sizeof(head));
}

static inline void
swap_macs(uint8_t *frame)
{
	uint8_t mac[6];

	memcpy(mac, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, mac, 6);
}

/* The loop: `step` does one burst and returns its packets. Says "ready" when it begins. */
static inline int
run_job(const struct job *job, unsigned (*step)(enum mode))
{
	double begin, cpu, now;
	uint64_t packets = 0;

	printf("ready\n");
	fflush(stdout);
	begin = seconds_of(CLOCK_MONOTONIC);
	cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
	do {
		for (unsigned i = 0; i < 256; i++)
			packets += step(job->mode);
		now = seconds_of(CLOCK_MONOTONIC);
	} while (now - begin < job->seconds);
	printf("packets %llu seconds %.6f cpu %.6f\n", (unsigned long long)packets, now - begin,
	       seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu);
	return 0;
}

#endif
