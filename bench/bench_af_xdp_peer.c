/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far end of the AF_XDP bench. Traffic comes from the kernel itself, which makes more of it than any
 * socket: a program that redirects into the interface, run by BPF_PROG_TEST_RUN on live frames. What
 * comes back meets a program that counts and drops.
 *
 *	bench_af_xdp_peer INTERFACE SECONDS send|sink|both CPU
 *
 * prints "sent N sunk N seconds S cpu C"; C has the softirqs that ran in its place.
 */
#include "bench_af_xdp.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void
on_signal(int signo)
{
	stopped = 1;
}

static int
load(const struct bpf_insn *insns, size_t n)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "bench_peer", "BSD", insns, n, NULL);

	if (fd < 0) {
		perror("program");
		exit(1);
	}
	return fd;
}

/* A per-CPU counter of dropped frames. */
static int
attach_sink(int index)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "bench_sunk", 4, 8, 1, NULL);
	const struct bpf_insn insns[] = {
		{BPF_ST | BPF_W | BPF_MEM, 10, 0, -4, 0},
		{BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0},
		{BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4},
		{BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map},
		{0, 0, 0, 0, 0},
		{BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem},
		{BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 0},
		{BPF_LDX | BPF_DW | BPF_MEM, 1, 0, 0, 0},
		{BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1},
		{BPF_STX | BPF_DW | BPF_MEM, 0, 1, 0, 0},
		{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_DROP},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);

	if (map < 0 || bpf_link_create(load(insns, 12), index, BPF_XDP, &opts) < 0) {
		perror("sink");
		exit(1);
	}
	return map;
}

static uint64_t
read_sink(int map)
{
	uint64_t values[1024] = {0}, sum = 0;
	uint32_t key = 0;

	if (map >= 0 && bpf_map_lookup_elem(map, &key, values) == 0)
		for (unsigned i = 0; i < 1024; i++)
			sum += values[i];
	return sum;
}

static int
load_generator(int index)
{
	const struct bpf_insn insns[] = {
		{BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, index},
		{BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 0},
		{BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};

	return load(insns, 4);
}

/* A slice of frames, some 80 ms: starting one takes the kernel many milliseconds. */
static uint64_t
generate(int fd, uint8_t *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = FRAME_LEN,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64, .repeat = 200000);

	if (bpf_prog_test_run_opts(fd, &opts) != 0) {
		if (stopped) /* by the signal that ends us: how many went out is not known */
			return 0;
		perror("generator");
		exit(1);
	}
	return opts.repeat;
}

int
main(int argc, char **argv)
{
	uint8_t frame[FRAME_LEN];
	int index, sink = -1, generator = -1;
	uint64_t sent = 0;
	double begin, cpu, seconds;

	if (argc != 5)
		return 2;
	index = (int)if_nametoindex(argv[1]);
	seconds = atof(argv[2]);
	pin(atoi(argv[4]));
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	make_frame(frame);
	if (strcmp(argv[3], "send") != 0)
		sink = attach_sink(index);
	if (strcmp(argv[3], "sink") != 0)
		generator = load_generator(index);
	printf("ready\n");
	fflush(stdout);
	begin = seconds_of(CLOCK_MONOTONIC);
	cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
	while (!stopped && seconds_of(CLOCK_MONOTONIC) - begin < seconds) {
		if (generator >= 0)
			sent += generate(generator, frame);
		else
			usleep(1000);
	}
	printf("sent %llu sunk %llu seconds %.6f cpu %.6f\n", (unsigned long long)sent,
	       (unsigned long long)read_sink(sink), seconds_of(CLOCK_MONOTONIC) - begin,
	       seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu);
	return 0;
}
