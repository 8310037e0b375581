/* SPDX-License-Identifier: BSD-3-Clause */
/* What the user may say behind net_virtio_user0: DPDK's names for DPDK's things. */
#include "plx_kvargs.h"
#include "user.h"

#include <errno.h>
#include <string.h>

#define MTU_MIN 68 /* 5.1.4.1 */
#define MTU_MAX 65535

static const struct plx_kvargs_field fields[] = {
	{.key = "path",
	 .type = PLX_KVARGS_STRING,
	 .offset = offsetof(struct user_args, path),
	 .max = USER_PATH_MAX,
	 .help = "the back end's UNIX socket",
	 .required = true},
	{.key = "server",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct user_args, server),
	 .help = "make the socket and let the back end connect to it (0)"},
	{.key = "wait",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct user_args, wait),
	 .help = "begin without a back end and connect when there is one (0)"},
	{.key = "queues",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct user_args, queues),
	 .min = 1,
	 .max = VIRTIO_PAIRS_MAX,
	 .help = "pairs of queues (1)"},
	{.key = "queue_size",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct user_args, queue_size),
	 .min = 2,
	 .max = VIRTIO_QUEUE_SIZE_MAX,
	 .help = "descriptors that a queue has at most, a power of two (256)"},
	{.key = "mac",
	 .type = PLX_KVARGS_MAC,
	 .offset = offsetof(struct user_args, mac),
	 .help = "address of the port (made up)"},
	{.key = "packed_vq",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct user_args, packed_vq),
	 .help = "packed rings, if the back end has them (0)"},
	{.key = "mrg_rxbuf",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct user_args, mrg_rxbuf),
	 .help = "a packet may come in several buffers (1)"},
	{.key = "in_order",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct user_args, in_order),
	 .help = "buffers come back in the order they were given (1)"},
	{.key = "cq",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct user_args, cq),
	 .help = "answer control commands: several queues, promiscuous mode, addresses (1)"},
	{.key = "mtu",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct user_args, mtu),
	 .min = MTU_MIN,
	 .max = MTU_MAX,
	 .help = "largest MTU, told to a back end that wants to know (none)"},
	{.key = "speed",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct user_args, speed),
	 .min = 1,
	 .max = INT32_MAX,
	 .help = "Mb/s that the link says it has (unknown)"},
	{.key = NULL},
};

static int
check(const struct user_args *args, struct plx_why *why)
{
	if ((args->queue_size & (args->queue_size - 1)) != 0)
		return plx_why(why, -EINVAL, "queue_size=%u: a power of two is possible",
			       (unsigned)args->queue_size);
	if (args->queues > 1 && !args->cq)
		return plx_why(why, -EINVAL,
			       "queues=%u needs control commands: leave cq=0 out, or have one pair",
			       (unsigned)args->queues);
	if (args->server && args->wait)
		return plx_why(why, -EINVAL,
			       "server=1 waits for a back end anyway: leave wait=1 out");
	return 0;
}

int
user_args_parse(const char *text, struct user_args *ret_args, struct plx_why *why)
{
	int ret;

	*ret_args = (struct user_args){
		.queues = 1, .queue_size = 256, .mrg_rxbuf = true, .in_order = true, .cq = true};
	ret = plx_kvargs_parse(text, fields, ret_args, why);
	return ret == 0 ? check(ret_args, why) : ret;
}
