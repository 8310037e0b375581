/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet sockets: rings, binding, fanout groups (packet(7), Linux packet_mmap.rst). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "afp_priv.h"

int
afp_socket_open(int *ret_fd, struct plx_why *why)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = -errno;

	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (err == -EPERM || err == -EACCES)
		return plx_why(
			why, err,
			"a packet socket needs CAP_NET_RAW: run as root, or setcap "
			"cap_net_raw,cap_net_admin+ep on the program" PLX_DOCTOR("capabilities"));
	if (err == -EAFNOSUPPORT)
		return plx_why(why, err,
			       "the kernel has no packet sockets: `modprobe af_packet` "
			       "(CONFIG_PACKET)" PLX_DOCTOR("kernel"));
	return plx_why(why, err, "cannot open a packet socket: %s", strerror(-err));
}

int
afp_socket_ring(int fd, const struct afp_args *args, const struct afp_ring_size *size, bool hash,
		uint8_t **ret_ring, struct plx_why *why)
{
	int version = TPACKET_V3;
	struct tpacket_req3 request = {
		.tp_block_size = size->block_size,
		.tp_block_nr = size->nb_blocks,
		.tp_frame_size = size->frame_size,
		.tp_frame_nr = size->nb_frames,
		.tp_retire_blk_tov = (unsigned)args->block_timeout,
		.tp_feature_req_word = hash ? TP_FT_REQ_FILL_RXHASH : 0,
	};
	size_t len = (size_t)size->block_size * size->nb_blocks;
	void *ring;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0)
		return plx_why(why, -errno,
			       "the kernel has no TPACKET_V3 (Linux 3.2): %s" PLX_DOCTOR("kernel"),
			       strerror(errno));
	if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return plx_why(
			why, -errno,
			"the kernel does not make a ring of %u blocks of %u bytes: %s; try a "
			"smaller blocksz or fewer descriptors" PLX_DOCTOR("memory"),
			size->nb_blocks, size->block_size, strerror(errno));
	ring = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (ring == MAP_FAILED)
		return plx_why(why, -errno, "cannot map a ring of %zu bytes: %s", len,
			       strerror(errno));
	*ret_ring = ring;
	return 0;
}

int
afp_socket_bind(int fd, const struct afp_port *port, uint16_t protocol, struct plx_why *why)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)port->netdev.index,
	};

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	return plx_why(why, -errno, "cannot bind to %s: %s", port->netdev.name, strerror(errno));
}

#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

/*
 * The first socket lets the kernel choose a free number, the others name it. A group receives by itself:
 * what its sockets were told about outgoing packets does not count.
 */
int
afp_socket_join(int fd, struct afp_port *port, struct plx_why *why)
{
	uint32_t option = (uint32_t)port->args.fanout_mode << 16;
	socklen_t len = sizeof(option);

	if (port->fanout_id < 0)
		option |= (uint32_t)PACKET_FANOUT_FLAG_UNIQUEID << 16;
	else
		option |= (uint16_t)port->fanout_id;
	if (!port->args.outgoing)
		option |= (uint32_t)PACKET_FANOUT_FLAG_IGNORE_OUTGOING << 16;
	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &option, sizeof(option)) < 0 ||
	    getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &option, &len) < 0)
		return plx_why(why, -errno,
			       "the kernel does not spread packets by fanout_mode=%s: %s",
			       afp_fanout_name(port->args.fanout_mode), strerror(errno));
	port->fanout_id = (uint16_t)option;
	return 0;
}
