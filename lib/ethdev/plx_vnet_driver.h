/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio-net header (virtio 1.2, 5.1.6), by which Linux takes and gives checksum and segmentation
 * offloads on taps and packet sockets: from an mbuf's wishes to the header and back. For drivers.
 *
 * Linux fills in TCP and UDP checksums and cuts TSO packets. What it does not do (the IPv4 header sum, a
 * VLAN tag, the pseudo-header sum of a TSO packet) is done on a copy of the headers, because the bytes of
 * an mbuf may be shared:
 *
 *	bytes of the packet      [ Ethernet | IPv4 | TCP | payload ... ]
 *	what is sent     [header][ head[] .............. ][ payload ... ]
 * Thread: any, the packet's owner. Path: hot, unless a function says otherwise. */
#ifndef PLX_LIB_ETHDEV_PLX_VNET_DRIVER_H
#define PLX_LIB_ETHDEV_PLX_VNET_DRIVER_H

#include "plx_base.h"
#include "plx_mbuf.h"

#include <sys/uio.h>

PLX_BEGIN_DECLS

struct plx_vnet_header {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len; /* all four in host order: the legacy layout of Linux's own interfaces */
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
};
PLX_STATIC_ASSERT(sizeof(struct plx_vnet_header) == 10, "as struct virtio_net_hdr");

/* The mbuf wishes that plx_vnet_tx() carries out; those without a bit here must not be asked for. */
#define PLX_VNET_TX_FLAGS                                                                          \
	(PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_UDP_CSUM | PLX_MBUF_TX_TCP_SEG | \
	 PLX_MBUF_TX_VLAN)

/* Longest copy of headers: Ethernet, 60 bytes each of IP and TCP, room for tags and tunnels. */
#define PLX_VNET_HEAD_MAX 256

/* A packet made ready to be sent. */
struct plx_vnet_tx {
	struct plx_vnet_header header;
	uint32_t skip;	   /* bytes of the packet that head[] replaces */
	uint16_t head_len; /* bytes in head[]; 0: nothing is replaced */
	uint8_t head[PLX_VNET_HEAD_MAX];
};

/*
 * Fills the header and, where needed, head[]. -EINVAL if the lengths in the mbuf do not fit each other or
 * the packet. Path: hot, for packets with a bit of PLX_VNET_TX_FLAGS.
 */
int plx_vnet_tx(const struct plx_mbuf *m, struct plx_vnet_tx *ret_tx);

/*
 * One of the frames that a packet is to be cut into, for who cannot leave that to others: the one whose payload begins `off` bytes
 * into the packet's. `whole` is what plx_vnet_tx() made of the packet, with a gso_type. Fills the headers of the piece, whose
 * checksum is left to be completed over the payload, which begins at ret_piece->skip of the packet; returns its bytes.
 * Path: warm.
 */
uint32_t plx_vnet_piece(const struct plx_mbuf *m, const struct plx_vnet_tx *whole, uint32_t off,
			struct plx_vnet_tx *ret_piece);

/* Sets the checksum flags and tso_segsz of a packet that came with `header`. Path: hot. */
void plx_vnet_rx(const struct plx_vnet_header *header, struct plx_mbuf *m);

/*
 * Takes an 802.1Q tag, if there is one, out of a received packet that is nobody else's, and notes it in vlan_tci: what the
 * VLAN_STRIP offload promises, where nobody did it before. Path: hot.
 */
void plx_vnet_untag(struct plx_mbuf *m);

/* Lists the bytes of m from `skip` on. Returns entries filled, -EMSGSIZE if `max` are not enough. */
int plx_vnet_gather(const struct plx_mbuf *m, uint32_t skip, struct iovec *ret_iov, int max);

PLX_END_DECLS

#endif
