/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX     101
#define RETRIES	     3	  /* samples taken again because of others, for each one kept */
#define OTHERS_MAX   0.25 /* processors that others may use during a sample */
#define QUIET_WAIT_S 60

struct samples {
	double value[RUNS_MAX];
	unsigned n;
	unsigned disturbed;
	bool failed;
};

struct result {
	struct samples ours, peer;
};

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

uint64_t
bench_cycles(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

double
bench_cycles_per_second(void)
{
	static double rate;

	if (rate == 0) {
		double t = seconds();
		uint64_t c = bench_cycles();

		while (seconds() < t + 0.05)
			;
		rate = (double)(bench_cycles() - c) / (seconds() - t);
	}
	return rate;
}

int
bench_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : -errno;
}

/* Processor seconds used by all, and by this process with its children. */
static double
busy_seconds(double *ret_own)
{
	unsigned long long v[8] = {0};
	struct rusage self, children;
	FILE *f = fopen("/proc/stat", "re");

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	*ret_own = 0;
	for (int i = 0; i < 4; i++) {
		const struct rusage *u = i < 2 ? &self : &children;
		const struct timeval *t = i % 2 ? &u->ru_stime : &u->ru_utime;

		*ret_own += (double)t->tv_sec + (double)t->tv_usec * 1e-6;
	}
	if (f == NULL)
		return *ret_own;
	if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3],
		   &v[4], &v[5], &v[6], &v[7]) != 8)
		memset(v, 0, sizeof(v));
	fclose(f);
	/* user, nice, system, irq, softirq, steal */
	return (double)(v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / (double)sysconf(_SC_CLK_TCK);
}

/* Processors that others used since `busy` and `own` were read at `since`. */
static double
others(double since, double busy, double own)
{
	double own_now, busy_now = busy_seconds(&own_now), wall = seconds() - since;

	return wall > 0 ? (busy_now - busy - (own_now - own)) / wall : 0;
}

static bool
wait_until_quiet(void)
{
	double start = seconds();

	do {
		double own, busy = busy_seconds(&own), t = seconds();

		usleep(500000);
		if (others(t, busy, own) < OTHERS_MAX)
			return true;
	} while (seconds() < start + QUIET_WAIT_S);
	return false;
}

/* The kernel counts in ticks of 10 ms, so a sample is judged over at least 50 ms: it is repeated and averaged. */
static double
sample(bench_fn fn, const void *arg, double *ret_others)
{
	double own, busy = busy_seconds(&own), start = seconds(), sum = 0;
	unsigned n = 0;

	do {
		double v = fn(arg);

		if (v < 0)
			return v;
		sum += v;
		n++;
	} while (seconds() < start + 0.05);
	*ret_others = others(start, busy, own);
	return sum / n;
}

static void
take(struct samples *s, bench_fn fn, const void *arg, bool choosy)
{
	double load = 0, v = 0;

	if (fn == NULL || s->failed)
		return;
	for (unsigned i = 0; i <= (choosy ? RETRIES : 0); i++) {
		v = sample(fn, arg, &load);
		if (v < 0 || load < OTHERS_MAX)
			break;
	}
	s->failed = v < 0;
	s->disturbed += load >= OTHERS_MAX;
	if (!s->failed)
		s->value[s->n++] = v;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(struct samples *s)
{
	if (s->n == 0)
		return -1;
	qsort(s->value, s->n, sizeof(s->value[0]), ascending);
	return s->n % 2 ? s->value[s->n / 2] : (s->value[s->n / 2 - 1] + s->value[s->n / 2]) / 2;
}

/* Above 1: ours is better. */
static double
ratio(const struct bench *bench, double ours, double peer)
{
	if (ours <= 0 || peer <= 0)
		return -1;
	return bench->more_is_better ? ours / peer : peer / ours;
}

static void
print_row(const struct bench *bench, const struct bench_row *row, struct result *result)
{
	double ours = median(&result->ours), peer = median(&result->peer);
	double r = ratio(bench, ours, peer);
	unsigned disturbed = result->ours.disturbed + result->peer.disturbed;

	printf("%-44s", row->name);
	if (ours < 0)
		printf(" %10s %19s", "-", "");
	else
		printf(" %10.2f (%7.2f-%8.2f)", ours, result->ours.value[0],
		       result->ours.value[result->ours.n - 1]);
	if (peer < 0)
		printf(" %10s", "-");
	else
		printf(" %10.2f (%7.2f-%8.2f)", peer, result->peer.value[0],
		       result->peer.value[result->peer.n - 1]);
	if (r > 0)
		printf(" %7.2f", r);
	if (disturbed != 0)
		printf("  %u disturbed", disturbed);
	printf("\n");
	fflush(stdout);
}

static void
print_json(const struct bench *bench, const bool *wanted, struct result *results, unsigned runs,
	   bool quiet)
{
	const char *comma = "";

	printf("{\"bench\":\"%s\",\"unit\":\"%s\",\"peer\":\"%s\",\"runs\":%u,\"quiet\":%s,"
	       "\"cpus\":%ld,\"cycles_per_second\":%.0f,\"rows\":[",
	       bench->question, bench->unit, bench->peer, runs, quiet ? "true" : "false",
	       sysconf(_SC_NPROCESSORS_ONLN), bench_cycles_per_second());
	for (size_t i = 0; i < bench->nb_rows; i++) {
		double ours = median(&results[i].ours), peer = median(&results[i].peer);

		if (!wanted[i])
			continue;
		printf("%s{\"row\":\"%s\",\"ours\":%.3f", comma, bench->rows[i].name, ours);
		if (peer >= 0)
			printf(",\"peer\":%.3f,\"ratio\":%.3f", peer, ratio(bench, ours, peer));
		printf(",\"disturbed\":%u}", results[i].ours.disturbed + results[i].peer.disturbed);
		comma = ",";
	}
	printf("]}\n");
}

static bool
matches(const char *name, char **words, int n)
{
	for (int i = 0; i < n; i++)
		if (strstr(name, words[i]) != NULL)
			return true;
	return n == 0;
}

static int
run(const struct bench *bench, const bool *wanted, struct result *results, unsigned runs,
    bool choosy)
{
	bool quiet = choosy && wait_until_quiet();

	if (choosy && !quiet)
		printf("the machine did not become quiet in %d s: read the ratios only\n",
		       QUIET_WAIT_S);
	printf("%-44s %10s %19s %10s %19s %7s\n", bench->unit, "ours", "(min-max)", bench->peer,
	       "(min-max)", "ratio");
	for (size_t i = 0; i < bench->nb_rows; i++) {
		const struct bench_row *row = &bench->rows[i];

		if (!wanted[i])
			continue;
		for (unsigned n = 0; n < runs; n++) {
			bool first = n % 2 == 0; /* neither side always comes first */

			take(first ? &results[i].ours : &results[i].peer,
			     first ? row->ours : row->peer, row->arg, choosy);
			take(first ? &results[i].peer : &results[i].ours,
			     first ? row->peer : row->ours, row->arg, choosy);
		}
		print_row(bench, row, &results[i]);
	}
	print_json(bench, wanted, results, runs, quiet);
	return 0;
}

int
bench_main(int argc, char **argv, const struct bench *bench)
{
	struct result *results = calloc(bench->nb_rows, sizeof(*results));
	bool *wanted = calloc(bench->nb_rows, sizeof(*wanted));
	unsigned runs = 9;
	bool choosy = true;
	int opt, ret = 2;

	while ((opt = getopt(argc, argv, "n:q")) != -1) {
		if (opt == 'n')
			runs = (unsigned)strtoul(optarg, NULL, 10);
		else if (opt == 'q')
			choosy = false;
		else
			goto out_free;
	}
	if (runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr, "%s: -n %u: must be 1 to %d\n", argv[0], runs, RUNS_MAX);
		goto out_free;
	}
	for (size_t i = 0; results != NULL && wanted != NULL && i < bench->nb_rows; i++)
		wanted[i] = matches(bench->rows[i].name, argv + optind, argc - optind);
	if (results != NULL && wanted != NULL)
		ret = run(bench, wanted, results, runs, choosy);
out_free:
	free(wanted);
	free(results);
	return ret;
}
