/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stale_xdp IF: leaves a program of the name that net_af_xdp uses on the interface, by netlink, so that it outlives this process:
 * what plx-doctor is to find. It lets every packet pass.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	int prog;

	if (argc != 2)
		return 2;
	prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "plx_af_xdp", "BSD", insns, 2, &opts);
	if (prog < 0) {
		perror("bpf_prog_load");
		return 1;
	}
	if (bpf_xdp_attach((int)if_nametoindex(argv[1]), prog, XDP_FLAGS_DRV_MODE, NULL) != 0) {
		perror("bpf_xdp_attach");
		return 1;
	}
	return 0;
}
