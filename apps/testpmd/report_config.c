/* SPDX-License-Identifier: BSD-3-Clause */
/* show config ...: what will be forwarded where, by whom and how. */
#include "engine.h"
#include "report.h"

#include <inttypes.h>

void
report_hints(const struct hints *hints, FILE *out)
{
	for (unsigned i = 0; i < hints->n; i++)
		fprintf(out, "%s\n", hints->item[i].text);
}

void
report_config(const struct app *app, FILE *out)
{
	fprintf(out,
		"%s packet forwarding - ports=%u - cores=%u - streams=%u - burst=%" PRIu64 "\n",
		app->engine->name, app->nb_fwd_ports, app->nb_lcores, app->nb_streams,
		app->args.burst);
	for (unsigned i = 0; i < app->nb_streams; i++) {
		const struct stream *s = &app->streams[i];

		fprintf(out, "  lcore %" PRIu32 ": RX P=%u/Q=%u -> TX P=%u/Q=%u\n", s->lcore,
			s->rx_port, s->rx_queue, s->tx_port, s->tx_queue);
	}
	for (unsigned i = 0; i < app->nb_workers; i++)
		fprintf(out, "  lcore %" PRIu32 ": works for RX P=%u/Q=%u\n", app->workers[i].lcore,
			app->workers[i].rx_port, app->workers[i].rx_queue);
	report_hints(&app->notes, out);
}

void
report_config_cores(const struct app *app, FILE *out)
{
	fprintf(out, "List of forwarding lcores:");
	for (unsigned i = 0; i < app->nb_lcores; i++)
		fprintf(out, " %2" PRIu32, app->lcores[i]);
	fprintf(out, "\n");
	for (unsigned i = 0; i < app->nb_lcores; i++)
		fprintf(out, "  lcore %" PRIu32 ": %u streams\n", app->lcores[i],
			streams_of_lcore(app, app->lcores[i]));
}

void
report_config_rxtx(const struct app *app, FILE *out)
{
	fprintf(out, "  %s packet forwarding packets/burst=%" PRIu64 "\n", app->engine->name,
		app->args.burst);
	fprintf(out, "  nb forwarding cores=%u - nb forwarding ports=%u\n", app->nb_lcores,
		app->nb_fwd_ports);
	for (unsigned i = 0; i < app->nb_fwd_ports; i++) {
		struct plx_ethdev_info info = {0};

		plx_ethdev_info(app->fwd_ports[i], &info);
		fprintf(out, "  port %u: RX queue number: %u Tx queue number: %u\n",
			app->fwd_ports[i], info.nb_rx_queues, info.nb_tx_queues);
		fprintf(out, "    Rx offloads=0x%" PRIx32 " Tx offloads=0x%" PRIx32 "\n",
			info.rx_offloads, info.tx_offloads);
	}
}

void
report_config_txpkts(const struct app *app, FILE *out)
{
	const struct txpkts *shape = &app->args.txpkts;

	fprintf(out, "Number of segments: %u\nSegment sizes:", shape->n);
	for (unsigned i = 0; i < shape->n; i++)
		fprintf(out, "%s %u", i > 0 ? "," : "", shape->len[i]);
	fprintf(out, "\nSplit packet: %s\n", txsplit_names[shape->split]);
}
