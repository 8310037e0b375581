/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines there are. */
#include "engine.h"

#include <pollux/plx_clock.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct engine *const engines[] = {
	&engine_io,	  &engine_mac,	  &engine_macswap, &engine_5tswap,
	&engine_csum,	  &engine_rxonly, &engine_txonly,  &engine_flowgen,
	&engine_icmpecho, &engine_noisy,  &engine_cluster,
};

const struct engine *
engine_at(unsigned i)
{
	return i < PLX_ARRAY_LEN(engines) ? engines[i] : NULL;
}

const struct engine *
engine_find(const char *name)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(engines); i++) {
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	}
	return NULL;
}

const char *
engine_names(char buf[ENGINE_NAMES_MAX])
{
	size_t used = 0;

	for (unsigned i = 0; i < PLX_ARRAY_LEN(engines) && used < ENGINE_NAMES_MAX; i++)
		used += (size_t)snprintf(buf + used, ENGINE_NAMES_MAX - used, "%s%s",
					 i > 0 ? ", " : "", engines[i]->name);
	return buf;
}

uint16_t
stream_send_rest(struct stream *stream, struct plx_mbuf **pkts, uint16_t n)
{
	const struct engine_settings *settings = &stream->app->args.engines;
	uint16_t sent = 0;

	for (uint64_t i = 0; settings->retry && i < settings->retry_max && sent < n; i++) {
		plx_clock_delay_us(settings->retry_delay_us);
		sent += plx_ethdev_tx_burst(stream->tx_port, stream->tx_queue, pkts + sent,
					    n - sent);
	}
	stream->tx += sent;
	stream->dropped += n - sent;
	plx_mbuf_free_bulk(pkts + sent, n - sent);
	return sent;
}

unsigned
engine_buffer_room(struct plx_pool *pool)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);
	unsigned room = m != NULL ? plx_mbuf_tailroom(m) : 0;

	plx_mbuf_free(m);
	return room;
}

void *
engine_alloc(struct stream *stream, size_t size, struct plx_why *why)
{
	stream->engine = calloc(1, size);
	if (stream->engine == NULL)
		plx_why(why, -ENOMEM, "out of memory");
	return stream->engine;
}

void
engine_free(struct stream *stream)
{
	free(stream->engine);
	stream->engine = NULL;
}
