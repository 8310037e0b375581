/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_holder.h"

#include <errno.h>
#include <stdio.h>

#include "plx_xdp.h"

static int
explain_link(const char *if_name, const struct plx_xdp_holder *holder, const char *prog,
	     struct plx_why *why)
{
	char process[64] = "a running process";

	if (holder->pid != 0)
		snprintf(process, sizeof(process), "%s (pid %d)",
			 holder->process[0] != '\0' ? holder->process : "process", holder->pid);
	return plx_why(why, -EBUSY,
		       "%s is taken by another XDP program, id %u%s, held by bpf link %u of %s: "
		       "end that, or `bpftool link detach id %u`" PLX_DOCTOR("interfaces"),
		       if_name, holder->prog_id, prog, holder->link_id, process, holder->link_id);
}

int
xdp_holder_explain(const char *if_name, uint32_t if_index, struct plx_why *why)
{
	struct plx_xdp_holder holder;
	char prog[32] = "";

	if (plx_xdp_holder_find(if_index, &holder) != 0)
		return plx_why(
			why, -EBUSY,
			"%s is taken by another XDP program: `ip link show dev %s`" PLX_DOCTOR(
				"interfaces"),
			if_name, if_name);
	if (holder.prog_name[0] != '\0')
		snprintf(prog, sizeof(prog), " '%s'", holder.prog_name);
	if (holder.link_id != 0)
		return explain_link(if_name, &holder, prog, why);
	return plx_why(
		why, -EBUSY,
		"%s is taken by another XDP program, id %u%s: remove it with `ip link set dev %s "
		"%s off`" PLX_DOCTOR("interfaces"),
		if_name, holder.prog_id, prog, if_name, holder.hook);
}
