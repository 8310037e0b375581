/* SPDX-License-Identifier: BSD-3-Clause */
#include "summary.h"

#include <errno.h>
#include <string.h>

#include <pollux/plx_lcore.h>
#include <pollux/plx_net_attach.h>
#include <pollux/plx_net_cluster.h>

#include "stop.h"
#include "units.h"

/* -- beginning ------------------------------------------------------------------------------------ */

static void
print_port(const struct capture_port *port, FILE *out)
{
	fprintf(out, "capturing on %s (port %u, %s, %u rx %s)%s\n", port->label, port->port,
		port->info.name, port->nb_queues, port->nb_queues == 1 ? "queue" : "queues",
		port->was_up ? "" : "; its link is down");
}

static void
print_lcores(const struct capture *c, FILE *out)
{
	if (c->in_turn) {
		fprintf(out, "lcore %u receives and writes in turn\n", plx_lcore_main());
		return;
	}
	fprintf(out, "lcore %u writes, ", plx_lcore_main());
	for (unsigned w = 0; w < c->nb_workers; w++)
		fprintf(out, "%s%u", w > 0 ? "," : "", c->workers[w].lcore);
	fprintf(out, " receive%s\n", c->nb_workers == 1 ? "s" : "");
}

void
summary_begin(const struct capture *capture, FILE *out)
{
	const struct settings *settings = &capture->settings;

	for (unsigned i = 0; i < capture->nb_ports; i++)
		print_port(&capture->ports[i], out);
	if (settings->filter != NULL)
		fprintf(out, "filter: %s\n", settings->filter);
	if (settings->rules_file != NULL)
		fprintf(out, "rules: %s\n", settings->rules_file);
	if (settings->output != NULL)
		fprintf(out, "to %s, %s\n", settings->output,
			plx_pcapfile_format_name(settings->format));
	print_lcores(capture, out);
}

/* -- end ------------------------------------------------------------------------------------------ */

static bool
any_failed(const struct capture *c)
{
	for (unsigned w = 0; w < c->nb_outputs; w++) {
		if (c->outputs[w].error != 0)
			return true;
	}
	return false;
}

static bool
any_failed_with(const struct capture *c, int err)
{
	for (unsigned w = 0; w < c->nb_outputs; w++) {
		if (c->outputs[w].error == err)
			return true;
	}
	return false;
}

static bool
any_is_full(const struct capture *c)
{
	for (unsigned w = 0; w < c->nb_outputs; w++) {
		if (c->outputs[w].state == OUTPUT_OVER)
			return true;
	}
	return false;
}

enum summary_reason
summary_reason(const struct capture *capture, const struct progress *progress)
{
	if (progress->reader_gone || any_failed_with(capture, -EPIPE))
		return SUMMARY_READER_GONE;
	if (any_failed(capture))
		return SUMMARY_OUTPUT_FAILED;
	if (capture->writing.left == 0)
		return SUMMARY_COUNT;
	if (any_is_full(capture))
		return SUMMARY_FILES;
	if (stop_signal() != 0)
		return SUMMARY_SIGNAL;
	if (progress->ended)
		return SUMMARY_INPUT_ENDED;
	return progress->timed_out ? SUMMARY_DURATION : SUMMARY_OTHER;
}

static void
print_reason(const struct capture *c, const struct progress *progress, FILE *out)
{
	struct units_text time = units_time(c->end_mono - c->start_mono);

	switch (summary_reason(c, progress)) {
	case SUMMARY_OUTPUT_FAILED:
		fprintf(out, "ended after %s, since the output could not be written\n", time.text);
		break;
	case SUMMARY_COUNT:
		fprintf(out, "the packets asked for are there, after %s\n", time.text);
		break;
	case SUMMARY_FILES:
		fprintf(out, "the files asked for are full, after %s\n", time.text);
		break;
	case SUMMARY_SIGNAL:
		fprintf(out, "ended by SIG%s after %s\n", sigabbrev_np(stop_signal()), time.text);
		break;
	case SUMMARY_INPUT_ENDED:
		fprintf(out, "there is nothing left to come, after %s\n", time.text);
		break;
	case SUMMARY_READER_GONE:
		fprintf(out, "ended after %s, since nobody reads the output any more\n", time.text);
		break;
	case SUMMARY_DURATION:
		fprintf(out, "the time is over, after %s\n", time.text);
		break;
	case SUMMARY_OTHER:
		fprintf(out, "ended after %s\n", time.text);
		break;
	}
}

void
summary_account(const struct capture *capture, const struct plx_ethdev_ledger *ledgers,
		struct account *ret_account)
{
	const struct capture *c = capture;
	uint64_t delivered = 0, lost = 0, full = 0, other = 0;
	struct capture_totals t;

	capture_totals(c, &t);
	for (unsigned i = 0; i < c->nb_ports; i++)
		delivered += ledgers[i].rx_delivered;
	for (unsigned w = 0; w < c->nb_outputs; w++) {
		lost += tally_read(&c->outputs[w].lost);
		full += tally_read(&c->outputs[w].lost_by[TROUBLE_FULL]);
		other += tally_read(&c->outputs[w].lost_by[TROUBLE_OTHER]);
	}
	account_init(ret_account, "delivered by the ports", delivered);
	account_add(ret_account, c->nb_outputs != 0 ? "written" : "counted", t.kept - lost, true);
	account_add(ret_account, "filtered out", t.filtered, c->filter != NULL);
	account_add(ret_account, "after the last one asked for", t.beyond, false);
	account_add(ret_account, "lost: writer too slow", t.too_slow, true);
	account_add(ret_account, "lost: disk full", full, false);
	account_add(ret_account, "lost: could not be written", other, false);
}

/* What the other program left out for us, and how it ended if that is worth a word. */
static void
print_attached(const struct capture_port *port, FILE *out)
{
	static const char *const ends[] = {
		[PLX_NET_ATTACH_ENDED] = "ended, or let go of us",
		[PLX_NET_ATTACH_PORT_GONE] = "has that port no more",
		[PLX_NET_ATTACH_SWITCHED_OFF] = "gives us nothing any more: we said what cannot be",
		[PLX_NET_ATTACH_NONSENSE] = "wrote what cannot be: nothing more was read",
	};
	struct plx_net_attach_facts facts;

	if (!port->attached || plx_net_attach_facts(port->port, &facts) != 0)
		return;
	if (facts.filtered != 0)
		fprintf(out, "  %s did not match the filter, in %s\n",
			units_count(facts.filtered).text, facts.program);
	if (ends[facts.end] != NULL)
		fprintf(out, "  %s %s\n", facts.program, ends[facts.end]);
}

static void
print_worker(const struct capture_port *port, FILE *out)
{
	struct plx_net_cluster_facts facts;

	if (!port->works || plx_net_cluster_facts(port->port, &facts) != 0)
		return;
	if (facts.filtered != 0)
		fprintf(out, "  %s did not match the filter, in the master\n",
			units_count(facts.filtered).text);
	if (facts.masters > facts.places)
		fprintf(out, "  masters ended and came: %s places were taken\n",
			units_count(facts.masters).text);
}

static void
print_ledgers(const struct capture *c, FILE *out)
{
	for (unsigned i = 0; i < c->nb_ports; i++) {
		fprintf(out, "%s (port %u)\n", c->ports[i].label, c->ports[i].port);
		ledger_print(&c->ledgers[i], 2, out);
		print_attached(&c->ports[i], out);
		print_worker(&c->ports[i], out);
	}
}

/* For who wonders why there is nothing. */
static void
print_hints(const struct capture *c, FILE *out)
{
	struct capture_totals t;

	capture_totals(c, &t);
	for (unsigned i = 0; i < c->nb_ports; i++) {
		const struct capture_port *port = &c->ports[i];

		if (port->gone)
			fprintf(out, "%s was removed while it was captured\n", port->label);
		else if (c->ledgers[i].rx_received == 0 && !port->was_up)
			fprintf(out, "%s received nothing: its link was down at the start\n",
				port->label);
	}
	if (t.delivered != 0 && t.filtered == t.delivered)
		fprintf(out, "no packet matched the filter '%s'\n", c->settings.filter);
}

static void
print_files(const struct capture *c, FILE *out)
{
	for (unsigned w = 0; w < c->nb_outputs; w++) {
		const struct output *o = &c->outputs[w];

		fprintf(out, "%s: %s packets, %s, %s",
			strcmp(o->path, "-") == 0 ? "standard output" : o->path,
			units_count(tally_read(&o->packets) - tally_read(&o->lost)).text,
			units_bytes(tally_read(&o->bytes)).text,
			plx_pcapfile_format_name(o->format));
		if (o->rotates)
			fprintf(out, ", files: %s", units_count(tally_read(&o->files)).text);
		if (tally_read(&o->removed) != 0)
			fprintf(out, ", of which %s were removed",
				units_count(tally_read(&o->removed)).text);
		fputc('\n', out);
		if (o->after.failed != 0)
			fprintf(out, "-z %s failed %s times\n", o->after.command,
				units_count(o->after.failed).text);
	}
}

bool
summary_adds_up(const struct capture *capture)
{
	struct account account;
	int64_t rx, tx;

	summary_account(capture, capture->ledgers, &account);
	if (account_balance(&account) != 0)
		return false;
	for (unsigned i = 0; i < capture->nb_ports; i++) {
		plx_ethdev_ledger_balance(&capture->ledgers[i], &rx, &tx);
		if (rx != 0)
			return false;
	}
	return true;
}

void
summary_end(const struct capture *capture, const struct progress *progress, FILE *out)
{
	struct account account;

	print_reason(capture, progress, out);
	fputc('\n', out);
	print_ledgers(capture, out);
	summary_account(capture, capture->ledgers, &account);
	fprintf(out, "capture\n");
	account_print(&account, 2, out);
	fprintf(out, "%s\n\n",
		summary_adds_up(capture) ? "every packet is accounted for"
					 : "packets are missing from the accounts");
	sifting_print(&capture->sifting, out);
	if (capture->writing.talkers != NULL) {
		talkers_print(capture->writing.talkers, (unsigned)capture->settings.top, out);
		fputc('\n', out);
	}
	print_hints(capture, out);
	print_files(capture, out);
}
