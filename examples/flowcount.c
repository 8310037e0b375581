/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flowcount: counts packets and bytes of each conversation that one port sees, in a hash table, and prints the largest at
 * the end: at SIGINT, or at the end of a capture file.
 *
 *	flowcount -l 0 --vdev net_af_packet0,iface=eth1 -- 20
 *	flowcount -l 0 --no-huge --vdev net_pcap0,rx_pcap=log.pcap,eof=1
 */
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_idle.h>
#include <pollux/plx_net_format.h>
#include <pollux/plx_net_hash.h>
#include <pollux/plx_net_parse.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BURST 32
#define SLOTS (1u << 16) /* a power of two; at most three quarters of them are filled */
#define FULL  (SLOTS / 4 * 3)

/* The two ends, the smaller one first, so that both directions have the same key. */
struct key {
	uint8_t end[2][18]; /* address and port, zeroes behind IPv4 */
	uint8_t proto;
	uint8_t used;
};

static struct flow {
	struct key key;
	uint64_t packets, bytes;
	char name[100]; /* as its first packet had it */
} flows[SLOTS];
static unsigned nb_flows;
static uint64_t counted, other, no_slot; /* other: no IP, or damaged */

static bool
make_key(const uint8_t *bytes, const struct plx_net_layer *layer, struct key *ret_key)
{
	uint8_t tuple[PLX_NET_RSS_TUPLE_MAX];
	const size_t address = plx_net_layer_is_ipv4(layer) ? 4 : 16;
	const size_t len = plx_net_rss_tuple(bytes, layer, true, tuple);
	uint8_t end[2][18] = {{0}};
	int first;

	if (len == 0)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		memcpy(end[i], tuple + i * address, address);
		if (len > 2 * address)
			memcpy(end[i] + 16, tuple + 2 * address + 2 * i, 2);
	}
	first = memcmp(end[0], end[1], sizeof(end[0])) > 0;
	*ret_key = (struct key){.proto = layer->proto, .used = true};
	memcpy(ret_key->end[0], end[first], sizeof(end[0]));
	memcpy(ret_key->end[1], end[1 - first], sizeof(end[0]));
	return true;
}

/* The flow's slot, or a free one, from the hash on; NULL if the flow is new and the table full. */
static struct flow *
find(const struct key *key, uint32_t hash)
{
	for (uint32_t i = hash & (SLOTS - 1);; i = (i + 1) & (SLOTS - 1)) {
		if (!flows[i].key.used)
			return nb_flows < FULL ? &flows[i] : NULL;
		if (memcmp(&flows[i].key, key, sizeof(*key)) == 0)
			return &flows[i];
	}
}

static void
count(const uint8_t *bytes, const struct plx_mbuf *m)
{
	struct plx_net_packet packet;
	struct flow *flow;
	struct key key;

	plx_net_parse(bytes, m->data_len, &packet);
	if (packet.nb_layers == 0 || !make_key(bytes, &packet.layers[packet.nb_layers - 1], &key)) {
		other++;
		return;
	}
	flow = find(&key, plx_net_flow_hash_packet(bytes, &packet));
	if (flow == NULL) {
		no_slot++;
		return;
	}
	if (!flow->key.used) {
		flow->key = key;
		plx_net_format_flow(bytes, &packet, flow->name, sizeof(flow->name));
		nb_flows++;
	}
	flow->packets++;
	flow->bytes += m->pkt_len;
	counted++;
}

static unsigned
count_burst(void)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t n = plx_ethdev_rx_burst(0, 0, pkts, BURST);

	for (uint16_t i = 0; i < n; i++)
		count(plx_mbuf_data(pkts[i]), pkts[i]);
	plx_mbuf_free_bulk(pkts, n);
	return n;
}

/* Until it is asked to stop, and what the device has by then is counted, too. */
static void
run(void)
{
	unsigned late = 100000; /* rounds */
	struct plx_idle idle;

	plx_idle_init(&idle);
	plx_ethdev_idle_add(&idle, 0, 0);
	while (!plx_event_stopped() || (plx_ethdev_rx_queue_count(0, 0) > 0 && late-- > 0)) {
		unsigned n = count_burst();

		if (n == 0 && plx_ethdev_ended(0))
			break;
		plx_idle_round(&idle, n);
	}
}

static int
more_packets(const void *a, const void *b)
{
	const struct flow *x = a, *y = b;

	return (x->packets < y->packets) - (x->packets > y->packets);
}

static int
report(struct plx_pool *pool, unsigned top, struct plx_why *why)
{
	struct plx_ethdev_stats sum;
	int ret = plx_ethdev_close_all(pool, stdout, &sum, why);

	qsort(flows, SLOTS, sizeof(flows[0]), more_packets);
	for (unsigned i = 0; i < top && i < nb_flows; i++)
		printf("%12" PRIu64 " packets %14" PRIu64 " bytes  %s\n", flows[i].packets,
		       flows[i].bytes, flows[i].name);
	printf("received %" PRIu64 " = in %u flows %" PRIu64 " + no IP %" PRIu64
	       " + in no flow, table full %" PRIu64 "\n",
	       sum.rx_packets, nb_flows, counted, other, no_slot);
	if (ret == 0 && sum.rx_packets != counted + other + no_slot)
		ret = plx_why(why, -EUCLEAN, "our books and those of the port differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

static int
flowcount(int argc, char **argv, struct plx_why *why)
{
	unsigned top = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 10;
	struct plx_pool *pool;
	int ret;

	if (argc > 2 || top == 0)
		return plx_why(why, -EINVAL,
			       "one number may be given, how many flows to print: -- 20");
	ret = plx_ethdev_open_all(1, 1, 0, &pool, why);
	if (ret != 0)
		return ret;
	fprintf(stderr, "counting flows ...\n");
	run();
	return report(pool, top, why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: flowcount [EAL options] -- [N]\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		ret = flowcount(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "flowcount: %s\n", why.text);
	return ret < 0;
}
