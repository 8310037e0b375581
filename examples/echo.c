/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * echo: a host of two addresses that answers ARP, neighbour solicitations, pings and UDP port 7. A packet becomes
 * its own answer: addresses and ports change places, a type becomes another one, a checksum is made anew.
 *
 *	echo -l 0 --vdev net_af_xdp0,iface=eth1 -- 10.0.0.2 fd00::2
 */
#include <pollux/plx_byteorder.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_idle.h>
#include <pollux/plx_net_csum.h>
#include <pollux/plx_net_parse.h>
#include <pollux/plx_net_wire.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define BURST 32

static uint8_t mac[PLX_NET_MAC_LEN], ip4[PLX_NET_IPV4_LEN], ip6[PLX_NET_IPV6_LEN];
static uint64_t answered, ignored, lost; /* lost: the port had no room to send */

/* Puts b in the place of a, and `ours` in the place of b. */
static void
turn(uint8_t *a, uint8_t *b, const uint8_t *ours, size_t len)
{
	memmove(a, b, len);
	memcpy(b, ours, len);
}

static bool
answer_arp(struct plx_net_arp *arp)
{
	if (be16toh(arp->oper) != PLX_NET_ARP_REQUEST || memcmp(arp->tpa, ip4, sizeof(ip4)) != 0)
		return false;
	arp->oper = htobe16(PLX_NET_ARP_REPLY);
	turn(arp->tha, arp->sha, mac, sizeof(mac));
	turn(arp->tpa, arp->spa, ip4, sizeof(ip4));
	return true;
}

/* "Who has fd00::2?" The answer has our MAC address in its option. */
static bool
answer_solicit(struct plx_net_neighbor *nd, size_t len)
{
	if (len != sizeof(*nd) || nd->type != PLX_NET_ICMPV6_SOLICIT ||
	    nd->option != PLX_NET_NEIGHBOR_SOURCE || memcmp(nd->target, ip6, sizeof(ip6)) != 0)
		return false;
	nd->type = PLX_NET_ICMPV6_ADVERTISE;
	nd->flags = htobe32(PLX_NET_NEIGHBOR_SOLICITED | PLX_NET_NEIGHBOR_OVERRIDE);
	nd->option = PLX_NET_NEIGHBOR_TARGET;
	memcpy(nd->mac, mac, sizeof(mac));
	return true;
}

static bool
answer_ping(struct plx_net_icmp *icmp, uint8_t request, uint8_t reply)
{
	const uint8_t type = icmp->type;

	icmp->type = reply;
	return type == request && icmp->code == 0;
}

static bool
answer_udp(struct plx_net_udp *udp)
{
	const uint16_t port = udp->dst_port;

	udp->dst_port = udp->src_port;
	udp->src_port = port;
	return be16toh(port) == 7 && udp->dst_port != port; /* or two of us would never end */
}

/* Both versions: two addresses side by side, of which the second is ours. */
static bool
answer_ip(uint8_t *bytes, const struct plx_net_layer *layer)
{
	const bool v4 = plx_net_layer_is_ipv4(layer);
	const size_t len = v4 ? sizeof(ip4) : sizeof(ip6);
	uint8_t *src =
		bytes + layer->l3_off +
		(v4 ? offsetof(struct plx_net_ipv4, src) : offsetof(struct plx_net_ipv6, src));
	void *l4 = bytes + layer->l4_off;
	bool ok = memcmp(src + len, v4 ? ip4 : ip6, len) == 0;

	if (layer->l4 == PLX_NET_L4_UDP)
		ok = ok && answer_udp(l4);
	else if (layer->l4 != PLX_NET_L4_ICMP ||
		 plx_net_csum_check_l4(bytes, layer) != PLX_NET_CSUM_GOOD)
		return false;
	else if (v4)
		ok = ok && answer_ping(l4, PLX_NET_ICMP_ECHO, PLX_NET_ICMP_ECHO_REPLY);
	else
		ok = answer_solicit(l4, layer->end - layer->l4_off) ||
		     (ok && answer_ping(l4, PLX_NET_ICMPV6_ECHO, PLX_NET_ICMPV6_ECHO_REPLY));
	turn(src + len, src, v4 ? ip4 : ip6, len);
	return ok && plx_net_csum_fill_l4(bytes, layer);
}

/* True if the packet is now its own answer. What is malformed, a fragment, tagged or for others is left alone. */
static bool
answer(uint8_t *bytes, size_t len)
{
	struct plx_net_ether *ether = (void *)bytes;
	struct plx_net_packet packet;
	const struct plx_net_layer *layer = &packet.layers[0];

	if (plx_net_parse(bytes, len, &packet) != PLX_NET_GOOD || layer->nb_vlans != 0 ||
	    (layer->flags & PLX_NET_FLAG_FRAGMENT) != 0 ||
	    ((ether->dst[0] & 1) == 0 && memcmp(ether->dst, mac, sizeof(mac)) != 0))
		return false;
	turn(ether->dst, ether->src, mac, sizeof(mac));
	if (layer->l3 == PLX_NET_L3_ARP)
		return answer_arp((void *)(bytes + layer->l3_off));
	return answer_ip(bytes, layer);
}

/* Answers move to the front of the burst; the rest goes home. */
static unsigned
echo_round(void)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t n = plx_ethdev_rx_burst(0, 0, pkts, BURST);
	uint16_t nb_answers = 0, sent;

	for (uint16_t i = 0; i < n; i++) {
		if (answer(plx_mbuf_data(pkts[i]), pkts[i]->data_len))
			pkts[nb_answers++] = pkts[i];
		else
			plx_mbuf_free(pkts[i]);
	}
	sent = plx_ethdev_tx_burst(0, 0, pkts, nb_answers);
	plx_mbuf_free_bulk(pkts + sent, nb_answers - sent);
	answered += sent;
	ignored += n - nb_answers;
	lost += nb_answers - sent;
	return n;
}

static int
echo(int argc, char **argv, struct plx_why *why)
{
	struct plx_ethdev_stats sum;
	struct plx_pool *pool;
	struct plx_idle idle;
	int ret;

	if (argc != 3 || inet_pton(AF_INET, argv[1], ip4) != 1 ||
	    inet_pton(AF_INET6, argv[2], ip6) != 1)
		return plx_why(why, -EINVAL,
			       "the addresses to answer for are needed: -- 10.0.0.2 fd00::2");
	ret = plx_ethdev_open_all(1, 1, 0, &pool, why);
	if (ret != 0)
		return ret;
	plx_ethdev_mac(0, mac);
	fprintf(stderr, "answering for %s and %s ...\n", argv[1], argv[2]);
	plx_idle_init(&idle);
	plx_ethdev_idle_add(&idle, 0, 0);
	while (!plx_event_stopped())
		plx_idle_round(&idle, echo_round());
	ret = plx_ethdev_close_all(pool, stdout, &sum, why);
	printf("received %" PRIu64 " = answered %" PRIu64 " + ignored %" PRIu64
	       " + lost, no room to send %" PRIu64 "\n",
	       sum.rx_packets, answered, ignored, lost);
	if (ret == 0 && (sum.rx_packets != answered + ignored + lost ||
			 sum.tx_packets + sum.tx_errors != answered))
		ret = plx_why(why, -EUCLEAN, "our books and those of the port differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: echo [EAL options] -- IPV4 IPV6\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		ret = echo(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "echo: %s\n", why.text);
	return ret < 0;
}
