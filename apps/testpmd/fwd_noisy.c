/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * noisy: a neighbour on the same machine. Packets wait in a queue before they go on, and for each one memory is
 * read and written at random places, as lookups in a large table would. Without options it is io.
 */
#include "chance.h"
#include "engine.h"

#include <pollux/plx_clock.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct noisy {
	uint8_t *memory;
	uint64_t memory_len;
	unsigned reads, writes, reads_writes;
	uint64_t chance;		  /* state of chance_next() */
	uint64_t flush_ticks, sent_ticks; /* 0: packets wait until others push them out */
	uint32_t size, head, count;	  /* of the queue: room, oldest, how many */
	struct plx_mbuf *queue[];
};

/* Enough buffers must be left for the rx queues when the noisy ones are full. */
static int
check(const struct app *app, struct plx_why *why)
{
	const struct engine_settings *settings = &app->args.engines;
	const unsigned queues = app->nb_streams > 0 ? app->nb_streams : 1;
	const uint32_t left = plx_pool_available(app->pool);
	bool touches =
		settings->noisy_reads + settings->noisy_writes + settings->noisy_reads_writes > 0;

	if (touches && settings->noisy_memory_mb == 0)
		return plx_why(
			why, -EINVAL,
			"noisy shall read or write, but there is no memory to do it in: give "
			"--noisy-lkup-memory");
	if (settings->noisy_flush_ms > 0 && settings->noisy_queue == 0)
		return plx_why(
			why, -EINVAL,
			"--noisy-tx-sw-buffer-flushtime %u: there is no queue to flush; give "
			"--noisy-tx-sw-buffer-size",
			(unsigned)settings->noisy_flush_ms);
	if (settings->noisy_queue * queues + app->args.burst > left)
		return plx_why(
			why, -EINVAL,
			"--noisy-tx-sw-buffer-size %u, in each of %u streams: the pool has %u "
			"buffers left; make it larger with --total-num-mbufs",
			(unsigned)settings->noisy_queue, queues, left);
	return 0;
}

static int
begin(struct stream *stream, struct plx_why *why)
{
	const struct engine_settings *settings = &stream->app->args.engines;
	struct noisy *own;
	int ret = check(stream->app, why);

	if (ret != 0)
		return ret;
	own = engine_alloc(stream, sizeof(*own) + settings->noisy_queue * sizeof(own->queue[0]),
			   why);
	if (own == NULL)
		return -ENOMEM;
	own->size = (uint32_t)settings->noisy_queue;
	own->reads = (unsigned)settings->noisy_reads;
	own->writes = (unsigned)settings->noisy_writes;
	own->reads_writes = (unsigned)settings->noisy_reads_writes;
	own->chance = stream->rx_port * 64u + stream->rx_queue + 1u;
	own->flush_ticks = settings->noisy_flush_ms * plx_clock_hz() / 1000;
	own->sent_ticks = plx_clock_ticks();
	own->memory_len = settings->noisy_memory_mb << 20;
	own->memory = malloc(own->memory_len + 1);
	if (own->memory == NULL) {
		engine_free(stream);
		return plx_why(why, -ENOMEM, "--noisy-lkup-memory %u: there is not so much memory",
			       (unsigned)settings->noisy_memory_mb);
	}
	memset(own->memory, 0, own->memory_len); /* now, not while packets wait */
	return 0;
}

/* The n oldest of the queue go on. Returns n. */
static unsigned
send_oldest(struct stream *stream, struct noisy *own, unsigned n)
{
	for (unsigned left = n, part; left > 0; left -= part) {
		part = left < own->size - own->head ? left : own->size - own->head;
		part = part < BURST_MAX ? part : BURST_MAX;
		stream_send(stream, own->queue + own->head, (uint16_t)part);
		own->head = (own->head + part) % own->size;
		own->count -= part;
	}
	if (own->flush_ticks > 0)
		own->sent_ticks = plx_clock_ticks();
	return n;
}

/* What waits is sent, so that it is counted as all others are. */
static void
end(struct stream *stream)
{
	struct noisy *own = stream->engine;

	send_oldest(stream, own, own->count);
	free(own->memory);
	engine_free(stream);
}

/* A place in the memory. */
static inline uint8_t *
somewhere(struct noisy *own)
{
	const unsigned __int128 scaled =
		(unsigned __int128)chance_next(&own->chance) * own->memory_len;

	return own->memory + (uint64_t)(scaled >> 64);
}

/* Volatile: the compiler must not find out that nobody wants to know. */
static inline void
look_up(struct noisy *own)
{
	for (unsigned i = 0; i < own->writes; i++)
		*(volatile uint8_t *)somewhere(own) = (uint8_t)own->chance;
	for (unsigned i = 0; i < own->reads; i++)
		(void)*(volatile uint8_t *)somewhere(own);
	for (unsigned i = 0; i < own->reads_writes; i++) {
		(void)*(volatile uint8_t *)somewhere(own);
		*(volatile uint8_t *)somewhere(own) = (uint8_t)own->chance;
	}
}

static void
put(struct noisy *own, struct plx_mbuf **pkts, unsigned n)
{
	uint32_t tail = (own->head + own->count) % own->size;

	for (unsigned i = 0; i < n; i++, tail = tail + 1 < own->size ? tail + 1 : 0)
		own->queue[tail] = pkts[i];
	own->count += n;
}

/* As many of the oldest go as there is no room for. A burst longer than the queue goes through in parts. */
static unsigned
pass_through(struct stream *stream, struct noisy *own, struct plx_mbuf **pkts, unsigned n)
{
	unsigned sent = 0;

	for (unsigned done = 0, part; done < n; done += part) {
		part = n - done < own->size ? n - done : own->size;
		if (part > own->size - own->count)
			sent += send_oldest(stream, own, part - (own->size - own->count));
		put(own, pkts + done, part);
	}
	return sent;
}

/* Never 0 while a flush is due some time: an lcore that sleeps until packets come would miss it. */
static unsigned
run(struct stream *stream)
{
	struct noisy *own = stream->engine;
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t got = stream_receive(stream, pkts);
	unsigned sent = 0;

	if (got > 0) {
		for (uint16_t i = 0; i < got && own->memory_len > 0; i++)
			look_up(own);
		if (own->size == 0)
			return stream_send(stream, pkts, got), got;
		sent = pass_through(stream, own, pkts, got);
	}
	if (own->flush_ticks == 0 || own->count == 0)
		return got;
	if (sent == 0 && plx_clock_ticks() - own->sent_ticks >= own->flush_ticks)
		send_oldest(stream, own, own->count);
	return got + 1u;
}

const struct engine engine_noisy = {
	.name = "noisy",
	.about = "packets wait in a queue, and memory is read and written for each",
	.begin = begin,
	.end = end,
	.run = run,
};
