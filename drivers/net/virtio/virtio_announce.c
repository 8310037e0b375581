/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The device moved to another host and asks to be announced (5.1.6.5.4): a RARP request from the port's address, by which switches
 * learn where it is now, and an answer to the device when it is on its way. It goes through the first tx queue, whose gate is closed
 * for that long.
 */
#include "virtio.h"

#include "plx_net_wire.h"

#include <endian.h>
#include <string.h>

#define FRAME_LEN      60
#define ETHERTYPE_RARP 0x8035 /* RFC 903 */
#define RARP_REQUEST   3

/* "Who am I", to all. */
static void
write_frame(uint8_t frame[FRAME_LEN], const uint8_t mac[PLX_NET_MAC_LEN])
{
	struct plx_net_ether ether = {.ethertype = htobe16(ETHERTYPE_RARP)};
	struct plx_net_arp arp = {
		.htype = htobe16(PLX_NET_ARP_HTYPE_ETHER),
		.ptype = htobe16(PLX_NET_ETHERTYPE_IPV4),
		.hlen = PLX_NET_MAC_LEN,
		.plen = PLX_NET_IPV4_LEN,
		.oper = htobe16(RARP_REQUEST),
	};

	memset(ether.dst, 0xff, sizeof(ether.dst));
	memcpy(ether.src, mac, sizeof(ether.src));
	memcpy(arp.sha, mac, sizeof(arp.sha));
	memcpy(arp.tha, mac, sizeof(arp.tha));
	memset(frame, 0, FRAME_LEN);
	memcpy(frame, &ether, sizeof(ether));
	memcpy(frame + sizeof(ether), &arp, sizeof(arp));
}

/* A port that only sends or only receives, has no buffer now or that queue stopped, is announced by its next packet. */
static void
send_frame(struct virtio_dev *dev)
{
	struct plx_pool *pool = dev->eth.rx_pool[0];
	struct plx_mbuf *m;
	uint8_t *frame;

	if (pool == NULL || dev->txqs[0] == NULL ||
	    virtio_queue_is_off(virtio_txq_queue(dev->txqs[0])))
		return;
	m = plx_mbuf_alloc(pool);
	frame = m != NULL ? plx_mbuf_append(m, FRAME_LEN) : NULL;
	if (frame != NULL)
		write_frame(frame, dev->eth.mac);
	if (frame == NULL || !virtio_txq_send_one(dev->txqs[0], m))
		plx_mbuf_free(m);
}

void
virtio_announce(struct virtio_dev *dev)
{
	send_frame(dev);
	virtio_ctrl(dev, VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK, NULL, 0);
}
