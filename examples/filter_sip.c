/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter_sip: a plugin for rules (plx_filter_plugin.h) that knows the beginning of a call in SIP, whatever ports it uses.
 *
 * As a condition it holds for INVITE requests over UDP; its argument, if any, is a word that the request's first line has to
 * contain. As an action it counts them by caller's address, and says nothing about the packet. The line
 *
 *	10 execute-continue sip plugin sip
 *
 * counts calls; `10 drop plugin sip` lets none begin.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem */
#endif
#include <pollux/plx_filter_plugin.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLERS	 4096 /* a power of two; callers that share a place share its counter */
#define WORD_MAX 64

struct caller {
	uint64_t calls;
	uint64_t seen; /* calls at the last purge */
};

struct sip {
	char word[WORD_MAX];
	uint64_t calls;
	struct caller callers[CALLERS];
};

static int
sip_create(const char *args, void **ret_state, struct plx_why *why)
{
	struct sip *sip;

	if (strlen(args) >= WORD_MAX)
		return plx_why(why, -EINVAL, "the word has %d characters at most", WORD_MAX - 1);
	sip = calloc(1, sizeof(*sip));
	if (sip == NULL)
		return plx_why(why, -ENOMEM, "no memory for %d callers", CALLERS);
	memcpy(sip->word, args, strlen(args));
	*ret_state = sip;
	return 0;
}

/* The first line is "INVITE sip:bob@example.com SIP/2.0". */
static bool
is_invite(const char *payload, size_t len, const char *word)
{
	const char *end = memchr(payload, '\r', len);
	size_t line = end != NULL ? (size_t)(end - payload) : 0;

	if (line < 16 || memcmp(payload, "INVITE ", 7) != 0 ||
	    memcmp(payload + line - 8, " SIP/2.0", 8) != 0)
		return false;
	return word[0] == '\0' || memmem(payload, line, word, strlen(word)) != NULL;
}

static bool
sip_filter(void *state, const struct plx_filter_packet *packet)
{
	const struct plx_net_packet *parsed = packet->parsed;
	const struct plx_net_layer *layer = &parsed->layers[0];
	const struct sip *sip = state;

	if (parsed->nb_layers == 0 || layer->l4 != PLX_NET_L4_UDP ||
	    layer->end <= layer->payload_off)
		return false;
	return is_invite((const char *)packet->bytes + layer->payload_off,
			 layer->end - layer->payload_off, sip->word);
}

/* Called by several threads at once: the counters are atomic. */
static enum plx_filter_said
sip_handle(void *state, const struct plx_filter_packet *packet,
	   struct plx_filter_rules_reader *reader)
{
	const struct plx_net_layer *layer = &packet->parsed->layers[0];
	struct sip *sip = state;
	uint32_t hash = 0;

	(void)reader;
	if (packet->parsed->nb_layers > 0 && plx_net_layer_is_ipv4(layer))
		memcpy(&hash, packet->bytes + layer->l3_off + 12, sizeof(hash));
	else if (packet->parsed->nb_layers > 0 && plx_net_layer_is_ipv6(layer))
		memcpy(&hash, packet->bytes + layer->l3_off + 20, sizeof(hash));
	__atomic_fetch_add(&sip->callers[hash * 2654435761u >> 20].calls, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&sip->calls, 1, __ATOMIC_RELAXED);
	return PLX_FILTER_SAID_NOTHING;
}

static int
sip_stats(void *state, char *buf, size_t size)
{
	struct sip *sip = state;
	unsigned callers = 0;

	for (unsigned i = 0; i < CALLERS; i++)
		callers += __atomic_load_n(&sip->callers[i].calls, __ATOMIC_RELAXED) != 0;
	return snprintf(buf, size, "%" PRIu64 " calls of %u callers",
			__atomic_load_n(&sip->calls, __ATOMIC_RELAXED), callers);
}

/* Who did not call since the last time is forgotten. */
static unsigned
sip_purge(void *state, uint64_t now_ns, uint64_t idle_ns)
{
	struct sip *sip = state;
	unsigned purged = 0;

	(void)now_ns;
	(void)idle_ns;
	for (unsigned i = 0; i < CALLERS; i++) {
		struct caller *caller = &sip->callers[i];
		uint64_t calls = __atomic_load_n(&caller->calls, __ATOMIC_RELAXED);

		if (calls != 0 && calls == caller->seen &&
		    __atomic_compare_exchange_n(&caller->calls, &calls, 0, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			purged++;
		caller->seen = __atomic_load_n(&caller->calls, __ATOMIC_RELAXED);
	}
	return purged;
}

extern const struct plx_filter_plugin plx_filter_plugin;
const struct plx_filter_plugin plx_filter_plugin = {
	.version = PLX_FILTER_PLUGIN_VERSION,
	.name = "sip",
	.create = sip_create,
	.filter = sip_filter,
	.handle = sip_handle,
	.stats = sip_stats,
	.purge = sip_purge,
	.free = free,
};
