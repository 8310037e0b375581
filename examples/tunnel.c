/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnel: what port 0 receives goes out of port 1 inside VXLAN (RFC 7348), and what comes back in it is unpacked. At the
 * other end is another one of us, or the Linux kernel's.
 *
 *	tunnel -l 0 --vdev net_af_xdp0,iface=eth1 --vdev net_af_xdp1,iface=eth2 \
 *		-- 42 192.0.2.1 192.0.2.2 02:00:00:00:00:02
 */
#include <pollux/plx_byteorder.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_idle.h>
#include <pollux/plx_net_build.h>
#include <pollux/plx_net_csum.h>
#include <pollux/plx_net_format.h>
#include <pollux/plx_net_hash.h>
#include <pollux/plx_net_parse.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BURST	   32
#define INSIDE	   0 /* ports */
#define OUTSIDE	   1
#define PORTS_FROM 0xc000 /* the range that RFC 7348 advises */

static uint32_t vni;
static struct plx_net_build outer = {.dst_port = PLX_NET_PORT_VXLAN};
static struct {
	uint64_t packed, unpacked;
	uint64_t ignored; /* from outside, and none of this tunnel */
	uint64_t no_room; /* in front of the packet, for the headers */
	uint64_t lost;	  /* the other port had no room */
} tally;

/* Headers go into the head-room: the frame stays where it is. Flows keep apart by the source port. */
static bool
pack(struct plx_mbuf *m)
{
	const size_t headers = plx_net_build_header_len(&outer);
	const uint32_t hash = plx_net_flow_hash(plx_mbuf_data(m), m->data_len);
	struct plx_net_vxlan *vxlan = (void *)plx_mbuf_prepend(m, sizeof(*vxlan));
	uint64_t sum;

	if (vxlan == NULL || m->nb_segs != 1 || plx_mbuf_prepend(m, (uint16_t)headers) == NULL)
		return false;
	*vxlan = (struct plx_net_vxlan){.flags = PLX_NET_VXLAN_I, .vni = htobe32(vni << 8)};
	sum = plx_net_csum_add(0, vxlan, m->data_len - headers);
	outer.src_port = (uint16_t)(PORTS_FROM | (hash & 0x3fff));
	return plx_net_build_headers(&outer, plx_mbuf_data(m), m->data_len - headers, sum) > 0;
}

static bool
unpack(struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m);
	struct plx_net_packet packet;
	const struct plx_net_layer *layer = &packet.layers[0];

	plx_net_parse(bytes, m->data_len, &packet);
	if (packet.nb_layers < 2 || layer->tunnel != PLX_NET_TUNNEL_VXLAN ||
	    layer->tunnel_id != vni || !plx_net_layer_is_ipv4(layer) ||
	    memcmp(((const struct plx_net_ipv4 *)(bytes + layer->l3_off))->dst, outer.src_ip, 4) !=
		    0 ||
	    plx_net_csum_check_l4(bytes, layer) == PLX_NET_CSUM_BAD)
		return false;
	return plx_mbuf_trim(m, (uint16_t)(m->data_len - layer->end)) && /* padding */
	       plx_mbuf_adj(m, (uint16_t)packet.layers[1].l2_off) != NULL;
}

static unsigned
pass_on(uint16_t from, uint16_t to, bool (*change)(struct plx_mbuf *m), uint64_t *done,
	uint64_t *refused)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t n = plx_ethdev_rx_burst(from, 0, pkts, BURST);
	uint16_t changed = 0, sent;

	for (uint16_t i = 0; i < n; i++) {
		if (change(pkts[i]))
			pkts[changed++] = pkts[i];
		else
			plx_mbuf_free(pkts[i]);
	}
	sent = plx_ethdev_tx_burst(to, 0, pkts, changed);
	plx_mbuf_free_bulk(pkts + sent, changed - sent);
	*done += sent;
	*refused += n - changed;
	tally.lost += changed - sent;
	return n;
}

static void
run(void)
{
	struct plx_idle idle;

	plx_idle_init(&idle);
	plx_ethdev_idle_add(&idle, INSIDE, 0);
	plx_ethdev_idle_add(&idle, OUTSIDE, 0);
	while (!plx_event_stopped())
		plx_idle_round(
			&idle,
			pass_on(INSIDE, OUTSIDE, pack, &tally.packed, &tally.no_room) +
				pass_on(OUTSIDE, INSIDE, unpack, &tally.unpacked, &tally.ignored));
}

static int
report(struct plx_pool *pool, struct plx_why *why)
{
	const uint64_t sent = tally.packed + tally.unpacked;
	struct plx_ethdev_stats sum;
	int ret = plx_ethdev_close_all(pool, stdout, &sum, why);

	printf("received %" PRIu64 " = packed %" PRIu64 " + unpacked %" PRIu64
	       " + not of this tunnel %" PRIu64 " + lost, no head-room %" PRIu64
	       " + lost, no room to send %" PRIu64 "\n",
	       sum.rx_packets, tally.packed, tally.unpacked, tally.ignored, tally.no_room,
	       tally.lost);
	if (ret == 0 && (sum.rx_packets != sent + tally.ignored + tally.no_room + tally.lost ||
			 sum.tx_packets + sum.tx_errors != sent))
		ret = plx_why(why, -EUCLEAN, "our books and those of the ports differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

static int
tunnel(int argc, char **argv, struct plx_why *why)
{
	struct plx_pool *pool;
	int ret;

	if (argc == 5)
		vni = (uint32_t)strtoul(argv[1], NULL, 0);
	if (argc != 5 || vni >= 1u << 24 || inet_pton(AF_INET, argv[2], outer.src_ip) != 1 ||
	    inet_pton(AF_INET, argv[3], outer.dst_ip) != 1 ||
	    plx_net_mac_parse(argv[4], outer.dst_mac) != 0)
		return plx_why(
			why, -EINVAL,
			"the tunnel's number, both ends and the MAC address of the next hop are "
			"needed: -- 42 192.0.2.1 192.0.2.2 02:00:00:00:00:02");
	ret = plx_ethdev_open_all(2, 1, 0, &pool, why);
	if (ret != 0)
		return ret;
	plx_ethdev_mac(OUTSIDE, outer.src_mac);
	fprintf(stderr, "tunnel %" PRIu32 " from %s to %s ...\n", vni, argv[2], argv[3]);
	run();
	return report(pool, why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: tunnel [EAL options] -- VNI LOCAL-IP REMOTE-IP NEXT-MAC\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		ret = tunnel(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "tunnel: %s\n", why.text);
	return ret < 0;
}
