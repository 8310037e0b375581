/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * change_word: a wire between two ports that replaces a word by another one of the same length in what TCP and UDP carry
 * unencrypted, and mends the checksums. A word that is split over two packets is not seen.
 *
 *	change_word -l 0 --vdev net_af_xdp0,iface=eth1 --vdev net_af_xdp1,iface=eth2 -- cloud sheep
 */
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_event.h>
#include <pollux/plx_idle.h>
#include <pollux/plx_net_csum.h>
#include <pollux/plx_net_parse.h>
#include <pollux/plx_net_wire.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BURST 32

static const char *old_word, *new_word;
static size_t word_len;

/* Where every packet went. */
static struct {
	uint64_t forwarded;
	uint64_t lost;	  /* the other port had no room */
	uint64_t changed; /* of all */
	uint64_t words;
} tally;

/*
 * What the checksum covers went from one word to the other. A sum is made of pairs of bytes: where the word begins at
 * an odd place of the segment, its pairs are the other way round.
 */
static uint16_t
mend(uint16_t csum, size_t place)
{
	uint64_t before = plx_net_csum_add(0, old_word, word_len);
	uint64_t after = plx_net_csum_add(0, new_word, word_len);

	if (place % 2 != 0) {
		before = plx_net_csum_swap(before);
		after = plx_net_csum_swap(after);
	}
	return plx_net_csum_update16(csum, plx_net_csum_fold(before), plx_net_csum_fold(after));
}

/* Every place of the old word from `at` to `end`; returns how many there were. */
static unsigned
replace(uint8_t *l4, uint8_t *at, uint8_t *end, size_t csum_off, bool has_csum)
{
	unsigned n = 0;
	uint16_t csum;

	memcpy(&csum, l4 + csum_off, sizeof(csum));
	while (at + word_len <= end) {
		if (memcmp(at, old_word, word_len) != 0) {
			at++;
			continue;
		}
		memcpy(at, new_word, word_len);
		csum = mend(csum, (size_t)(at - l4));
		at += word_len;
		n++;
	}
	if (csum == 0)
		csum = 0xffff; /* the same sum; in UDP 0 would mean that there is none */
	if (n != 0 && has_csum)
		memcpy(l4 + csum_off, &csum, sizeof(csum));
	return n;
}

static unsigned
change(uint8_t *bytes, size_t len)
{
	struct plx_net_packet packet;
	const struct plx_net_layer *layer = &packet.layers[0];
	uint8_t *l4, *payload, *end;
	uint16_t udp_csum;

	/* The checksum of a fragment is in another one, and tunnels have several. */
	if (plx_net_parse(bytes, len, &packet) != PLX_NET_GOOD || packet.nb_layers != 1 ||
	    (layer->flags & PLX_NET_FLAG_FRAGMENT) != 0)
		return 0;
	l4 = bytes + layer->l4_off;
	payload = bytes + layer->payload_off;
	end = bytes + layer->end;
	if (layer->l4 == PLX_NET_L4_TCP)
		return replace(l4, payload, end, offsetof(struct plx_net_tcp, csum), true);
	if (layer->l4 != PLX_NET_L4_UDP)
		return 0;
	udp_csum = ((struct plx_net_udp *)(void *)l4)->csum; /* 0: sent without */
	return replace(l4, payload, end, offsetof(struct plx_net_udp, csum), udp_csum != 0);
}

static unsigned
pass_on(uint16_t from, uint16_t to)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t n = plx_ethdev_rx_burst(from, 0, pkts, BURST);
	uint16_t sent;

	for (uint16_t i = 0; i < n; i++) {
		unsigned words = change(plx_mbuf_data(pkts[i]), pkts[i]->data_len);

		tally.words += words;
		tally.changed += words != 0;
	}
	sent = plx_ethdev_tx_burst(to, 0, pkts, n);
	plx_mbuf_free_bulk(pkts + sent, n - sent);
	tally.forwarded += sent;
	tally.lost += n - sent;
	return n;
}

static void
run(void)
{
	struct plx_idle idle;

	plx_idle_init(&idle);
	plx_ethdev_idle_add(&idle, 0, 0);
	plx_ethdev_idle_add(&idle, 1, 0);
	while (!plx_event_stopped())
		plx_idle_round(&idle, pass_on(0, 1) + pass_on(1, 0));
}

static int
report(struct plx_pool *pool, struct plx_why *why)
{
	struct plx_ethdev_stats sum;
	int ret = plx_ethdev_close_all(pool, stdout, &sum, why);

	printf("received %" PRIu64 " = forwarded %" PRIu64 " + lost, no room to send %" PRIu64 "\n"
	       "%" PRIu64 " packets changed, %" PRIu64 " words\n",
	       sum.rx_packets, tally.forwarded, tally.lost, tally.changed, tally.words);
	if (ret == 0 && (sum.rx_packets != tally.forwarded + tally.lost ||
			 sum.tx_packets + sum.tx_errors != tally.forwarded))
		ret = plx_why(why, -EUCLEAN, "our books and those of the ports differ");
	if (ret == 0)
		printf("every packet is accounted for\n");
	return ret;
}

static int
change_word(int argc, char **argv, struct plx_why *why)
{
	struct plx_pool *pool;
	int ret;

	if (argc != 3 || strlen(argv[1]) == 0 || strlen(argv[1]) != strlen(argv[2]))
		return plx_why(why, -EINVAL,
			       "two words of the same length are needed: -- cloud sheep");
	old_word = argv[1];
	new_word = argv[2];
	word_len = strlen(old_word);
	ret = plx_ethdev_open_all(2, 1, 0, &pool, why);
	if (ret != 0)
		return ret;
	fprintf(stderr, "forwarding with %s for %s ...\n", new_word, old_word);
	run();
	return report(pool, why);
}

int
main(int argc, char **argv)
{
	struct plx_why why;
	int ret = plx_eal_init(argc, argv, &why);

	if (ret == -ECANCELED) {
		printf("usage: change_word [EAL options] -- OLD NEW\n\n");
		plx_eal_usage(stdout);
		return 0;
	}
	if (ret >= 0) {
		plx_event_stop_catch();
		ret = change_word(argc - ret, argv + ret, &why);
		plx_eal_cleanup();
	}
	if (ret < 0)
		fprintf(stderr, "change_word: %s\n", why.text);
	return ret < 0;
}
