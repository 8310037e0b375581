/* SPDX-License-Identifier: BSD-3-Clause */
/* show config ... --json */
#include "engine.h"
#include "facts.h"
#include "report.h"
#include "worker.h"

json_t *
facts_hints(const struct hints *hints)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < hints->n; i++)
		json_array_append_new(all, json_pack("{s:s, s:s}", "name", hints->item[i].name,
						     "text", hints->item[i].text));
	return all;
}

static json_t *
port_facts(const struct app *app)
{
	json_t *ports = json_array();

	for (unsigned i = 0; i < app->nb_fwd_ports; i++)
		json_array_append_new(ports, json_integer(app->fwd_ports[i]));
	return ports;
}

static json_t *
stream_facts(const struct app *app)
{
	json_t *streams = json_array();

	for (unsigned i = 0; i < app->nb_streams; i++) {
		const struct stream *s = &app->streams[i];

		json_array_append_new(streams,
				      json_pack("{s:i, s:i, s:i, s:i, s:i}", "lcore", (int)s->lcore,
						"rx_port", s->rx_port, "rx_queue", s->rx_queue,
						"tx_port", s->tx_port, "tx_queue", s->tx_queue));
	}
	return streams;
}

/* Lcores that no stream was left for, where the engine has work for them. */
static json_t *
worker_facts(const struct app *app)
{
	json_t *workers = json_array();

	for (unsigned i = 0; i < app->nb_workers; i++) {
		const struct worker *worker = &app->workers[i];

		json_array_append_new(workers,
				      json_pack("{s:i, s:i, s:i}", "lcore", (int)worker->lcore,
						"rx_port", worker->rx_port, "rx_queue",
						worker->rx_queue));
	}
	return workers;
}

void
facts_config_fwd(const struct app *app, json_t *result)
{
	json_object_set_new(result, "engine", json_string(app->engine->name));
	json_object_set_new(result, "topology", json_string(topology_names[app->args.topology]));
	json_object_set_new(result, "burst", json_integer((json_int_t)app->args.burst));
	json_object_set_new(result, "forwarding", json_boolean(app->forwarding));
	json_object_set_new(result, "ports", port_facts(app));
	json_object_set_new(result, "streams", stream_facts(app));
	json_object_set_new(result, "workers", worker_facts(app));
	json_object_set_new(result, "hints", facts_hints(&app->notes));
}

void
facts_config_cores(const struct app *app, json_t *result)
{
	json_t *lcores = json_array();

	for (unsigned i = 0; i < app->nb_lcores; i++)
		json_array_append_new(
			lcores, json_pack("{s:i, s:i}", "lcore", (int)app->lcores[i], "streams",
					  (int)streams_of_lcore(app, app->lcores[i])));
	json_object_set_new(result, "main_lcore", json_integer(plx_lcore_main()));
	json_object_set_new(result, "lcores", lcores);
}

void
facts_config_rxtx(const struct app *app, json_t *result)
{
	json_t *ports = json_array();

	for (unsigned i = 0; i < app->nb_fwd_ports; i++) {
		struct plx_ethdev_info info = {0};

		plx_ethdev_info(app->fwd_ports[i], &info);
		json_array_append_new(
			ports, json_pack("{s:i, s:i, s:i, s:i, s:i}", "port", app->fwd_ports[i],
					 "rx_queues", info.nb_rx_queues, "tx_queues",
					 info.nb_tx_queues, "rx_offloads", (int)info.rx_offloads,
					 "tx_offloads", (int)info.tx_offloads));
	}
	json_object_set_new(result, "engine", json_string(app->engine->name));
	json_object_set_new(result, "burst", json_integer((json_int_t)app->args.burst));
	json_object_set_new(result, "ports", ports);
}

void
facts_config_txpkts(const struct app *app, json_t *result)
{
	const struct txpkts *shape = &app->args.txpkts;
	json_t *lengths = json_array();

	for (unsigned i = 0; i < shape->n; i++)
		json_array_append_new(lengths, json_integer(shape->len[i]));
	json_object_set_new(result, "segments", lengths);
	json_object_set_new(result, "length", json_integer(txpkts_len(shape)));
	json_object_set_new(result, "split", json_string(txsplit_names[shape->split]));
}
