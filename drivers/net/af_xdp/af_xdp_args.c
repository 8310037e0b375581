/* SPDX-License-Identifier: BSD-3-Clause */
#include "af_xdp_args.h"

#include "plx_kvargs.h"

#include <errno.h>

#define TX_BUDGET_DEFAULT 2048 /* as many as a ring holds: one system call a burst */

static const char *const modes[] = {"auto", "native", "generic", NULL}; /* enum xdp_mode */

#define FIELD(member) .key = #member, .offset = offsetof(struct af_xdp_args, member)

static const struct plx_kvargs_field fields[] = {
	{FIELD(iface), .type = PLX_KVARGS_STRING, .max = 16, .required = true,
	 .help = "the kernel interface"},
	{FIELD(start_queue), .type = PLX_KVARGS_UINT, .max = 4095,
	 .help = "first queue of the interface to take (0)"},
	{FIELD(queue_count), .type = PLX_KVARGS_UINT, .min = 1, .max = 64,
	 .help = "how many to take (all from start_queue on)"},
	{FIELD(queues), .type = PLX_KVARGS_UINT, .min = 1, .max = 64,
	 .help = "another word for queue_count"},
	{FIELD(mode), .type = PLX_KVARGS_CHOICE, .choices = modes,
	 .help = "XDP in the driver, in the stack, or what works (auto)"},
	{FIELD(zero_copy), .type = PLX_KVARGS_BOOL,
	 .help = "zero-copy or fail (0: where the driver can)"},
	{FIELD(force_copy), .type = PLX_KVARGS_BOOL,
	 .help = "copy mode even where zero-copy works (0)"},
	{FIELD(shared_umem), .type = PLX_KVARGS_BOOL,
	 .help = "queues and ports of one pool share its registration with the kernel (0)"},
	{FIELD(filter), .type = PLX_KVARGS_STRING, .max = AF_XDP_FILTER_MAX,
	 .help = "take what matches, as in tcpdump; the rest goes on to the kernel"},
	{FIELD(busy_budget), .type = PLX_KVARGS_UINT, .max = 65535,
	 .help = "packets a busy-poll round (0: no busy polling)"},
	{FIELD(need_wakeup), .type = PLX_KVARGS_BOOL,
	 .help = "let the kernel say when it wants a system call (1)"},
	{FIELD(tx_budget), .type = PLX_KVARGS_UINT, .max = 65536,
	 .help = "packets a system call sends in copy mode, from Linux 6.17 on (2048)"},
	{.key = NULL},
};

static int
check(struct af_xdp_args *args, struct plx_why *why)
{
	if (args->zero_copy && args->force_copy)
		return plx_why(why, -EINVAL, "zero_copy=1 and force_copy=1 contradict each other");
	if (args->zero_copy && args->mode == 2)
		return plx_why(why, -EINVAL, "zero_copy=1 needs native XDP, not mode=generic");
	if (args->queues != 0 && args->queue_count != 0 && args->queues != args->queue_count)
		return plx_why(
			why, -EINVAL,
			"queues=%u and queue_count=%u contradict each other: they mean the same",
			(unsigned)args->queues, (unsigned)args->queue_count);
	if (args->queues != 0)
		args->queue_count = args->queues;
	if (args->tx_budget != 0 && args->tx_budget < 32)
		return plx_why(why, -EINVAL,
			       "tx_budget=%u: the kernel takes 32 or more (0 leaves it alone)",
			       (unsigned)args->tx_budget);
	return 0;
}

int
af_xdp_args_parse(const char *text, struct af_xdp_args *ret_args, struct plx_why *why)
{
	int err;

	*ret_args = (struct af_xdp_args){.need_wakeup = true, .tx_budget = TX_BUDGET_DEFAULT};
	err = plx_kvargs_parse(text, fields, ret_args, why);
	return err != 0 ? err : check(ret_args, why);
}
