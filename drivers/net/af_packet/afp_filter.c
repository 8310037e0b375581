/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames the port wants. A packet socket sees all that its interface takes in, also what another
 * program's promiscuous mode lets in; so a filter on the socket keeps to what a NIC would keep to. It runs
 * in the kernel, before the copy and before the frame is counted.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <string.h>

#include "afp_priv.h"
#include "plx_byteorder.h"

#define ACCEPT 0xffffffffu

static unsigned
emit(struct sock_filter *code, unsigned n, struct sock_filter instruction)
{
	code[n] = instruction;
	return n + 1;
}

static unsigned
emit_accept(struct sock_filter *code, unsigned n)
{
	return emit(code, n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ACCEPT));
}

/* Accepts frames to one address. */
static unsigned
emit_mac(struct sock_filter *code, unsigned n, const uint8_t mac[6])
{
	uint32_t high = plx_load_be32(mac), low = plx_load_be16(mac + 4);

	n = emit(code, n, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0));
	n = emit(code, n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 3));
	n = emit(code, n, (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4));
	n = emit(code, n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 0, 1));
	return emit_accept(code, n);
}

/* Refuses what this port sent itself: else two ports that forward to each other would never stop. */
static unsigned
emit_not_ours(struct sock_filter *code, unsigned n, uint32_t mark)
{
	n = emit(code, n,
		 (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      (uint32_t)(SKF_AD_OFF + SKF_AD_MARK)));
	n = emit(code, n, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mark, 0, 1));
	return emit(code, n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
}

unsigned
afp_filter_build(const struct afp_port *port, bool started, struct sock_filter *code)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	unsigned n = 0;

	if (!started)
		return emit(code, 0, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
	if (port->args.outgoing && port->mark != 0)
		n = emit_not_ours(code, n, port->mark);
	if (port->dev.promiscuous)
		return emit_accept(code, n);
	n = emit(code, n,
		 (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					      (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)));
	n = emit(code, n,
		 (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1));
	n = emit_accept(code, n);
	if (port->dev.allmulticast) {
		n = emit(code, n, (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0));
		n = emit(code, n,
			 (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1));
		n = emit_accept(code, n);
	}
	n = emit_mac(code, n, port->dev.mac);
	n = emit_mac(code, n, broadcast);
	for (unsigned i = 0; i < port->nb_macs; i++)
		n = emit_mac(code, n, port->macs[i]);
	return emit(code, n, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
}

int
afp_filter_attach(const struct afp_port *port, int fd, bool started)
{
	struct sock_filter code[AFP_FILTER_MAX];
	struct sock_fprog program = {
		.len = (unsigned short)afp_filter_build(port, started, code),
		.filter = code,
	};

	/* The kernel swaps programs in one step: no frame goes by unfiltered. */
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

int
afp_filter_join(struct afp_port *port, int type, const uint8_t *mac, bool on)
{
	struct packet_mreq request = {
		.mr_ifindex = (int)port->netdev.index,
		.mr_type = (unsigned short)type,
	};
	int option = on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP;

	if (port->control < 0)
		return 0;
	if (mac != NULL) {
		request.mr_alen = 6;
		memcpy(request.mr_address, mac, 6);
	}
	return setsockopt(port->control, SOL_PACKET, option, &request, sizeof(request)) < 0 ? -errno
											    : 0;
}

int
afp_filter_join_all(struct afp_port *port)
{
	int err = 0;

	if (port->dev.promiscuous)
		err = afp_filter_join(port, PACKET_MR_PROMISC, NULL, true);
	if (err == 0 && port->dev.allmulticast)
		err = afp_filter_join(port, PACKET_MR_ALLMULTI, NULL, true);
	for (unsigned i = 0; err == 0 && i < port->nb_macs; i++) {
		int type = port->macs[i][0] & 1 ? PACKET_MR_MULTICAST : PACKET_MR_UNICAST;

		err = afp_filter_join(port, type, port->macs[i], true);
	}
	return err;
}
