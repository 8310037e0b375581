/* SPDX-License-Identifier: BSD-3-Clause */
#include "writer.h"

#include "stop.h"
#include "tag.h"

#define AHEAD	    4	 /* packets */
#define AHEAD_BYTES 512	 /* of each */
#define ROUND_MAX   1024 /* packets of a round, so that other duties get their turn */

static void
end_all(struct writing *writing)
{
	atomic_store_explicit(&writing->over, true, memory_order_relaxed);
	stop_request();
}

/* Past the last packet that is wanted, or when nothing can be written any more, the program ends. */
static void
keep(struct writer *w, struct writing *writing, struct plx_mbuf *m, struct source *source)
{
	const uint64_t drops = source_drops_before(source);
	const uint32_t wire_len = tag_wire_len(m);

	if (writing->left == 0) {
		tally_add(&writing->beyond, 1);
		return;
	}
	if (w->output != NULL) {
		int err = output_write(w->output, m, source, drops);

		if (PLX_UNLIKELY(err != 0)) {
			tally_add(err == OUTPUT_ENDED ? &writing->beyond : &writing->unwritten, 1);
			if (output_has_ended(w->output))
				end_all(writing);
			return;
		}
	}
	tally_add(&writing->kept, 1);
	tally_add(&writing->kept_bytes, wire_len);
	if (writing->talkers != NULL)
		talkers_add(writing->talkers, plx_mbuf_data(m), m->data_len, wire_len);
	if (writing->left != UINT64_MAX && --writing->left == 0)
		end_all(writing);
}

/* Packets lie far apart and were written by another CPU: without this the copy waits for each of its lines. */
static inline void
prefetch_bytes(const struct plx_mbuf *m)
{
	const uint8_t *bytes = plx_mbuf_data(m);
	unsigned len = m->data_len < AHEAD_BYTES ? m->data_len : AHEAD_BYTES;

	for (unsigned at = 0; at < len; at += PLX_CACHE_LINE)
		plx_prefetch(bytes + at);
}

static unsigned
write_run(struct writer *w, struct writing *writing, struct lane *lane, uint64_t until_ns)
{
	unsigned first = lane->at;

	do {
		if (lane->at + AHEAD < lane->n)
			prefetch_bytes(lane->pkts[lane->at + AHEAD]);
		keep(w, writing, lane_head(lane), lane->source);
		lane->at++;
	} while (!lane_is_empty(lane) && lane_head(lane)->timestamp <= until_ns);
	plx_mbuf_free_bulk(lane->pkts + first, lane->at - first);
	return lane->at - first;
}

unsigned
writer_round(struct writer *writer, struct writing *writing, bool *ret_more)
{
	unsigned done = 0;
	uint64_t until_ns;
	struct lane *lane;

	if (writer->output != NULL)
		output_round(writer->output);
	while (done < ROUND_MAX) {
		*ret_more = order_refill(writer->lanes, writer->nb_lanes);
		lane = order_pick(writer->lanes, writer->nb_lanes, &until_ns);
		if (lane == NULL)
			break;
		done += write_run(writer, writing, lane, until_ns);
	}
	if (writer->output == NULL)
		return done;
	output_idle(writer->output);
	if (done != 0)
		output_publish(writer->output);
	if (PLX_UNLIKELY(output_has_ended(writer->output)) && !writing->over)
		end_all(writing);
	return done;
}
