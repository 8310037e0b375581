/* SPDX-License-Identifier: BSD-3-Clause */
/* The devargs of net_af_packet, and the ring they make. */
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <unistd.h>

#include "afp_priv.h"
#include "plx_bits.h"
#include "plx_kvargs.h"

#define BLOCK_MIN  4096
#define BLOCK_MAX  (64u << 20)
#define FRAME_MIN  128
#define FRAMES_MIN 8
#define RING_MAX   (2ull << 30)

/* The order is PACKET_FANOUT_HASH .. PACKET_FANOUT_QM. */
static const char *const fanout_modes[] = {"hash", "lb", "cpu", "rollover", "rnd", "qm", NULL};

#define UINT_FIELD(name, low, high, text)                                                         \
	{                                                                                         \
		.key = #name, .type = PLX_KVARGS_UINT, .offset = offsetof(struct afp_args, name), \
		.min = (low), .max = (high), .help = (text)                                       \
	}

static const struct plx_kvargs_field fields[] = {
	{.key = "iface",
	 .type = PLX_KVARGS_STRING,
	 .offset = offsetof(struct afp_args, iface),
	 .max = PLX_NETDEV_NAME_MAX,
	 .required = true,
	 .help = "the kernel interface whose packets are copied here"},
	UINT_FIELD(qpairs, 1, PLX_ETHDEV_QUEUES_MAX, "most queues that may be configured (64)"),
	UINT_FIELD(blocksz, BLOCK_MIN, BLOCK_MAX, "bytes of a ring block (128K)"),
	UINT_FIELD(framesz, FRAME_MIN, BLOCK_MAX, "bytes a frame counts for in the ring (2048)"),
	UINT_FIELD(framecnt, FRAMES_MIN, UINT16_MAX, "frames of a ring by default (4096)"),
	UINT_FIELD(block_timeout, 1, 10000, "ms until a block is handed over unfilled (1)"),
	{.key = "fanout_mode",
	 .type = PLX_KVARGS_CHOICE,
	 .offset = offsetof(struct afp_args, fanout_mode),
	 .choices = fanout_modes,
	 .help = "how packets are spread over the queues (hash)"},
	{.key = "qdisc_bypass",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct afp_args, qdisc_bypass),
	 .help = "send past the interface's queueing discipline and other sniffers (0)"},
	{.key = "outgoing",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct afp_args, outgoing),
	 .help = "receive a copy of what the host sends, too (0)"},
	{.key = NULL},
};

const char *
afp_fanout_name(int mode)
{
	return fanout_modes[mode];
}

static int
check_sizes(const struct afp_args *args, struct plx_why *why)
{
	unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);

	if (args->blocksz % page != 0)
		return plx_why(why, -EINVAL, "blocksz=%llu is no multiple of the page size, %lu",
			       (unsigned long long)args->blocksz, page);
	if (args->framesz % TPACKET_ALIGNMENT != 0)
		return plx_why(why, -EINVAL, "framesz=%llu is no multiple of %d",
			       (unsigned long long)args->framesz, TPACKET_ALIGNMENT);
	if (args->framesz > args->blocksz)
		return plx_why(why, -EINVAL, "framesz=%llu is larger than blocksz=%llu",
			       (unsigned long long)args->framesz,
			       (unsigned long long)args->blocksz);
	if (args->framesz * args->framecnt > RING_MAX)
		return plx_why(why, -EINVAL,
			       "framesz=%llu times framecnt=%llu makes a ring of more than 2 GiB",
			       (unsigned long long)args->framesz,
			       (unsigned long long)args->framecnt);
	return 0;
}

int
afp_args_parse(const char *text, struct afp_args *ret_args, struct plx_why *why)
{
	int err;

	*ret_args = (struct afp_args){
		.qpairs = PLX_ETHDEV_QUEUES_MAX,
		.blocksz = 128u << 10,
		.framesz = 2048,
		.framecnt = 4096,
		.block_timeout = 1,
		.fanout_mode = PACKET_FANOUT_HASH,
	};
	err = plx_kvargs_parse(text, fields, ret_args, why);
	return err < 0 ? err : check_sizes(ret_args, why);
}

struct afp_ring_size
afp_ring_size(const struct afp_args *args, uint16_t descs)
{
	uint64_t bytes = (uint64_t)descs * args->framesz;
	struct afp_ring_size size = {
		.block_size = (uint32_t)args->blocksz,
		.frame_size = (uint32_t)args->framesz,
		.nb_blocks = (uint32_t)((bytes + args->blocksz - 1) / args->blocksz),
	};

	if (size.nb_blocks < 2)
		size.nb_blocks = 2;
	size.nb_frames = size.nb_blocks * (size.block_size / size.frame_size);
	return size;
}
