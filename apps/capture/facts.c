/* SPDX-License-Identifier: BSD-3-Clause */
#include "facts.h"

#include <inttypes.h>
#include <string.h>

#include <pollux/plx_clock.h>
#include <pollux/plx_net_attach.h>

static void
add_loss(struct facts *f, const char *name, uint64_t packets)
{
	size_t used = strlen(f->text);

	if (packets != 0)
		snprintf(f->text + used, sizeof(f->text) - used, "%s%s %" PRIu64,
			 used == 0 ? "lost: " : ", ", name, packets);
}

/* As the ports stopped, or as of now. */
static void
read_ledger(const struct capture *c, unsigned index, struct plx_ethdev_ledger *ret)
{
	if (c->end_ns != 0 || plx_ethdev_ledger(c->ports[index].port, ret) != 0)
		*ret = c->ledgers[index];
}

static void
add_device(const struct capture *c, unsigned index, struct facts *f)
{
	struct plx_net_attach_facts attached;
	struct plx_ethdev_ledger ledger;

	read_ledger(c, index, &ledger);
	f->stats.has |= PLX_PCAPFILE_HAS_RECEIVED | PLX_PCAPFILE_HAS_DROPPED;
	f->stats.received = ledger.rx_received;
	if (c->ports[index].attached && plx_net_attach_facts(c->ports[index].port, &attached) == 0)
		f->stats.received += attached.filtered;
	f->stats.dropped = ledger_rx_lost(&ledger);
	for (unsigned i = 0; i < ledger.nb_rx_losses; i++)
		add_loss(f, ledger.rx_loss[i].name, ledger.rx_loss[i].packets);
}

void
facts_of_port(const struct capture *capture, const struct writer *writer, unsigned port_index,
	      struct facts *ret_facts)
{
	const struct capture *c = capture;
	uint64_t filtered = 0, too_slow = 0, delivered = 0;
	struct facts *f = ret_facts;

	memset(f, 0, sizeof(*f));
	f->stats.has = PLX_PCAPFILE_HAS_START | PLX_PCAPFILE_HAS_END | PLX_PCAPFILE_HAS_ACCEPTED |
		       PLX_PCAPFILE_HAS_OSDROPPED | PLX_PCAPFILE_HAS_DELIVERED;
	f->stats.start_ns = c->start_ns;
	f->stats.end_ns = c->end_ns != 0 ? c->end_ns : plx_clock_realtime_ns();
	for (unsigned i = 0; i < writer->nb_lanes; i++) {
		const struct source *source = writer->lanes[i].source;

		if (source->params.port_index != port_index)
			continue;
		delivered += tally_read(&source->counts.delivered);
		filtered += tally_read(&source->counts.filtered);
		too_slow += tally_read(&source->counts.too_slow);
	}
	f->stats.accepted = delivered - filtered;
	f->stats.os_dropped = too_slow;
	f->stats.delivered = f->stats.accepted - too_slow;
	if (c->nb_writers == 1)
		add_device(c, port_index, f);
	add_loss(f, "writer too slow", too_slow);
	if (f->text[0] == '\0')
		snprintf(f->text, sizeof(f->text), "lost: nothing");
	f->stats.comment = f->text;
}
