/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_rules.h"

#include "json.h"
#include "rules.h"

#include <pollux/plx_sieve.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct port_rules {
	struct rules rules;
	struct plx_sieve *sieve;
};

/* -- on and off ---------------------------------------------------------------------------------------- */

static int
put_on(struct app *app, uint16_t port, const char *path, struct plx_why *why)
{
	struct plx_sieve_params params = {.port = port};
	struct port_rules *rules = calloc(1, sizeof(*rules));
	int ret;

	if (rules == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	ret = rules_open(&rules->rules, path, why);
	params.rules = rules->rules.set;
	if (ret == 0)
		ret = plx_sieve_open(&params, &rules->sieve, why);
	if (ret != 0) {
		rules_close(&rules->rules);
		free(rules);
		return ret;
	}
	app->rules[port] = rules;
	return 0;
}

/* Rules may send to ports that have no queue for it: that is counted, and better known. */
static void
tell_sends(const struct app *app, uint16_t port)
{
	if (!app->args.rules_txq && rules_refuse_sends(&app->rules[port]->rules, NULL) != 0)
		printf("Port %u: its rules send, but no port has a tx queue for that; start with "
		       "--rules-txq\n",
		       port);
}

int
port_rules_set(struct app *app, uint16_t port, const void *path, struct plx_why *why)
{
	struct port_rules *rules = app->rules[port];
	int ret =
		rules != NULL ? rules_load(&rules->rules, path, why) : put_on(app, port, path, why);

	if (ret == 0)
		tell_sends(app, port);
	return ret;
}

int
port_rules_clear(struct app *app, uint16_t port)
{
	struct port_rules *rules = app->rules[port];

	if (rules == NULL)
		return 0;
	app->rules[port] = NULL;
	plx_sieve_close(rules->sieve);
	rules_close(&rules->rules);
	free(rules);
	return 0;
}

/* -- the port's life ----------------------------------------------------------------------------------- */

uint16_t
port_rules_txq(const struct app *app, uint16_t port)
{
	const uint16_t txq = (uint16_t)app->args.txq;
	struct plx_ethdev_info info = {0};

	plx_ethdev_info(port, &info);
	return app->args.rules_txq && txq < info.max_tx_queues ? txq + 1 : txq;
}

int
port_rules_start(struct app *app, uint16_t port, struct plx_why *why)
{
	const uint16_t txq = (uint16_t)app->args.txq;
	int ret = 0;

	if (app->rules[port] != NULL)
		ret = plx_sieve_change(app->rules[port]->sieve, NULL, why);
	else if (app->args.rules != NULL && !app->rules_given[port])
		ret = port_rules_set(app, port, app->args.rules, why);
	app->rules_given[port] = true;
	if (ret == 0 && port_rules_txq(app, port) > txq)
		ret = plx_sieve_egress_open(port, txq, why);
	return ret;
}

void
port_rules_stop(struct app *app, uint16_t port)
{
	plx_sieve_egress_close(port);
}

/* -- shown --------------------------------------------------------------------------------------------- */

void
port_rules_print(const struct app *app, uint16_t port, FILE *out)
{
	const struct port_rules *rules = app->rules[port];
	struct plx_sieve_egress_stats egress;
	struct plx_sieve_stats s;

	if (rules == NULL) {
		fprintf(out, "Port %u has no rules\n", port);
	} else {
		plx_sieve_stats(rules->sieve, &s);
		fprintf(out, "Rules of port %u: %s\n", port, rules->rules.path);
		rules_print(&rules->rules, out);
		fprintf(out,
			"  received %" PRIu64 " = passed %" PRIu64 " + dropped %" PRIu64
			" + unwanted %" PRIu64 " + sampled out %" PRIu64 " + sent %" PRIu64
			" + unsent %" PRIu64 " + unread %" PRIu64 "\n",
			s.packets, s.passed, s.dropped, s.unwanted, s.sampled_out, s.sent, s.unsent,
			s.unread);
		fprintf(out,
			"  sends %" PRIu64 " = handed over %" PRIu64 " + misdirected %" PRIu64
			" + unmade %" PRIu64 " + crowded %" PRIu64 "\n",
			s.asked, s.handed_over, s.misdirected, s.unmade, s.crowded);
	}
	if (plx_sieve_egress_stats(port, &egress) == 0)
		fprintf(out,
			"  by tx queue %u, for rules of all ports: transmitted %" PRIu64
			", refused %" PRIu64 "\n",
			egress.queue, egress.transmitted, egress.refused);
}

static json_t *
sieve_json(const struct plx_sieve_stats *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "received",
			 json_count(s->packets), "passed", json_count(s->passed), "dropped",
			 json_count(s->dropped), "unwanted", json_count(s->unwanted), "sampled_out",
			 json_count(s->sampled_out), "sent", json_count(s->sent), "unsent",
			 json_count(s->unsent), "unread", json_count(s->unread));
}

static json_t *
sends_json(const struct plx_sieve_stats *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "asked", json_count(s->asked), "handed_over",
			 json_count(s->handed_over), "misdirected", json_count(s->misdirected),
			 "unmade", json_count(s->unmade), "crowded", json_count(s->crowded));
}

static json_t *
egress_json(uint16_t port)
{
	struct plx_sieve_egress_stats egress;

	if (plx_sieve_egress_stats(port, &egress) != 0)
		return NULL;
	return json_pack("{s:i, s:o, s:o, s:o}", "queue", egress.queue, "transmitted",
			 json_count(egress.transmitted), "refused", json_count(egress.refused),
			 "waiting", json_count(egress.waiting));
}

json_t *
port_rules_json(const struct app *app, uint16_t port)
{
	const struct port_rules *rules = app->rules[port];
	struct plx_sieve_stats s;

	if (rules == NULL)
		return json_pack("{s:i, s:n, s:o*}", "port", port, "file", "egress",
				 egress_json(port));
	plx_sieve_stats(rules->sieve, &s);
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o*}", "port", port, "file",
			 rules->rules.path, "rules", rules_json(&rules->rules), "sums",
			 rules_sums_json(&rules->rules), "packets", sieve_json(&s), "sends",
			 sends_json(&s), "egress", egress_json(port));
}
