/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's side of bench_filter: classic BPF translated and compiled. */
#include "bench_filter.h"

/* For rte_bpf_convert. */
#define ALLOW_EXPERIMENTAL_API

#include <rte_bpf.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

/* libpcap's, whose header gives other meanings to the names of rte_bpf.h. */
struct bpf_program {
	unsigned bf_len;
	void *bf_insns;
};

static struct rte_bpf *program;
static struct rte_bpf_jit jit;

static int
begin(void)
{
	char program_name[] = "bench", lcores[] = "-l", set[] = "0", huge[] = "--no-huge",
	     pci[] = "--no-pci", mem[] = "-m", mem_mb[] = "64", level[] = "--log-level=error",
	     tele[] = "--no-telemetry";
	char *argv[] = {program_name, lcores, set, huge, pci, mem, mem_mb, level, tele, NULL};

	return rte_eal_init(9, argv);
}

int
bench_filter_dpdk_load(const void *insns, unsigned n)
{
	struct bpf_program classic = {n, (void *)(uintptr_t)insns};
	struct rte_bpf_prm *prm = begin() >= 0 ? rte_bpf_convert(&classic) : NULL;

	if (prm == NULL)
		return -1;
	program = rte_bpf_load(prm);
	return program != NULL && rte_bpf_get_jit(program, &jit) == 0 && jit.func != NULL ? 0 : -1;
}

uint64_t
bench_filter_dpdk_run(const uint8_t *const *frames, unsigned n, size_t len)
{
	struct rte_mbuf m = {.data_len = (uint16_t)len, .pkt_len = (uint32_t)len, .nb_segs = 1};
	uint64_t matched = 0;

	for (unsigned i = 0; i < n; i++) {
		m.buf_addr = (void *)(uintptr_t)frames[i];
		matched += jit.func(&m) != 0;
	}
	return matched;
}
