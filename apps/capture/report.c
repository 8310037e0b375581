/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <errno.h>
#include <string.h>

#include <pollux/plx_clock.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_net_attach.h>

#include "json.h"
#include "stop.h"
#include "summary.h"

int
report_open(struct capture *capture, struct plx_why *why)
{
	const char *path = capture->settings.summary;

	if (path == NULL) {
		capture->report = capture->settings.json ? stderr : NULL;
		return 0;
	}
	capture->report = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (capture->report == NULL)
		return plx_why(why, -errno, "--summary: cannot write '%.200s': %s", path,
			       strerror(errno));
	return 0;
}

int
report_close(struct capture *capture, struct plx_why *why)
{
	FILE *out = capture->report;
	int err = 0;

	capture->report = NULL;
	if (out == NULL || out == stderr ||
	    out == stdout) /* what is said there is looked after at the very end */
		return 0;
	if (ferror(out) || fflush(out) != 0)
		err = plx_why(why, -EIO, "--summary: '%.200s' could not be written",
			      capture->settings.summary);
	fclose(out);
	return err;
}

/* -- parts ----------------------------------------------------------------------------------------- */

/* Names that are no UTF-8 cannot be told. */
static json_t *
text_json(const char *text)
{
	json_t *value = text != NULL ? json_string(text) : NULL;

	return value != NULL ? value : json_null();
}

static json_t *
queue_json(const struct source *source)
{
	const struct source_counts *counts = &source->counts;

	return json_pack("{s:i, s:o, s:o, s:o, s:o}", "queue", source->params.queue, "delivered",
			 json_count(tally_read(&counts->delivered)), "bytes",
			 json_count(tally_read(&counts->bytes)), "filtered_out",
			 json_count(tally_read(&counts->filtered)), "lost_writer_too_slow",
			 json_count(tally_read(&counts->too_slow)));
}

/* In the order of their numbers, wherever the workers have them. */
static json_t *
queues_json(const struct capture *c, unsigned index)
{
	json_t *queues = json_array();

	for (unsigned queue = 0; queue < c->ports[index].nb_queues; queue++) {
		for (unsigned i = 0; i < c->nb_sources; i++) {
			const struct source_params *params = &c->sources[i]->params;

			if (params->port_index == index && params->queue == queue)
				json_array_append_new(queues, queue_json(c->sources[i]));
		}
	}
	return queues;
}

/* Of the program whose packets these are copies of, and what became of them there. */
static json_t *
attached_json(const struct plx_net_attach_facts *facts)
{
	static const char *const ends[] = {
		[PLX_NET_ATTACH_ENDED] = "ended",
		[PLX_NET_ATTACH_PORT_GONE] = "port_gone",
		[PLX_NET_ATTACH_SWITCHED_OFF] = "switched_off",
		[PLX_NET_ATTACH_NONSENSE] = "nonsense",
	};

	return json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:s?}", "program",
			 text_json(facts->program), "port", text_json(facts->port), "number",
			 facts->number, "filter", text_json(facts->filter), "filtered_out",
			 json_count(facts->filtered), "lost", json_count(facts->lost), "end",
			 ends[facts->end]);
}

static json_t *
port_json(const struct capture *c, unsigned index, const struct plx_ethdev_ledger *ledger)
{
	const struct capture_port *port = &c->ports[index];
	struct plx_net_attach_facts facts;
	json_t *json = json_pack(
		"{s:o, s:i, s:s, s:s, s:o, s:b, s:b, s:o, s:o}", "name", text_json(port->label),
		"port", port->port, "device", port->info.name, "driver", port->info.driver, "mode",
		text_json(port->info.mode), "link_up_at_start", port->was_up, "removed", port->gone,
		"ledger", json_ledger(ledger), "queues", queues_json(c, index));

	if (port->attached && plx_net_attach_facts(port->port, &facts) == 0)
		json_object_set_new(json, "attached", attached_json(&facts));
	return json;
}

static json_t *
ports_json(const struct capture *c, const struct plx_ethdev_ledger *ledgers)
{
	json_t *ports = json_array();

	for (unsigned i = 0; i < c->nb_ports; i++)
		json_array_append_new(ports, port_json(c, i, &ledgers[i]));
	return ports;
}

/* {"delivered": total, "rows": {name: n}, "balanced"}: each row as the summary has it. */
static json_t *
account_json(const struct capture *c, const struct plx_ethdev_ledger *ledgers)
{
	json_t *rows = json_object();
	struct account account;

	summary_account(c, ledgers, &account);
	for (unsigned i = 0; i < account.n; i++)
		json_object_set_new(rows, account.row[i].name, json_count(account.row[i].count));
	return json_pack("{s:o, s:o, s:b}", "delivered", json_count(account.total), "rows", rows,
			 "balanced", account_balance(&account) == 0);
}

/* The files of a set that are finished and were not removed again, the oldest first. */
static json_t *
list_json(const struct finished *finished)
{
	json_t *list = json_array();

	for (const struct finished_file *f = finished->oldest; f != NULL; f = f->next)
		json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "path", text_json(f->path),
						      "packets", json_count(f->packets), "bytes",
						      json_count(f->bytes)));
	return list;
}

static json_t *
output_json(const struct output *o)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "path", text_json(o->path), "packets",
		json_count(tally_read(&o->packets) - tally_read(&o->lost)), "bytes",
		json_count(tally_read(&o->bytes)), "lost", json_count(tally_read(&o->lost)),
		"format", plx_pcapfile_format_name(o->format), "finished",
		json_count(tally_read(&o->files)), "removed", json_count(tally_read(&o->removed)));
}

/* Once all is over (`ended`), with the list of each. */
static json_t *
files_json(const struct capture *c, bool ended)
{
	json_t *files = json_array();

	for (unsigned w = 0; w < c->nb_outputs; w++) {
		json_t *file = output_json(&c->outputs[w]);

		if (ended)
			json_object_set_new(file, "list", list_json(&c->outputs[w].finished));
		json_array_append_new(files, file);
	}
	return files;
}

static const char *
reason_name(enum summary_reason reason)
{
	static const char *const names[] = {
		[SUMMARY_OUTPUT_FAILED] = "output_failed",
		[SUMMARY_COUNT] = "count",
		[SUMMARY_FILES] = "files",
		[SUMMARY_SIGNAL] = "signal",
		[SUMMARY_INPUT_ENDED] = "input_ended",
		[SUMMARY_DURATION] = "duration",
		[SUMMARY_READER_GONE] = "reader_gone",
		[SUMMARY_OTHER] = "other",
	};

	return names[reason];
}

/* What a line says of rules, if there are some. */
static json_t *
with_rules(const struct capture *c, json_t *line)
{
	json_t *rules = sifting_json(&c->sifting);

	if (line != NULL && rules != NULL)
		json_object_set_new(line, "rules", rules);
	return line;
}

/* -- lines ----------------------------------------------------------------------------------------- */

static void
write_line(const struct capture *c, json_t *line)
{
	json_print(line, false, c->report);
	fflush(c->report);
}

static void
read_ledgers(const struct capture *c, struct plx_ethdev_ledger ledgers[PLX_ETHDEV_MAX])
{
	for (unsigned i = 0; i < c->nb_ports; i++) {
		if (plx_ethdev_ledger(c->ports[i].port, &ledgers[i]) != 0)
			ledgers[i] = (struct plx_ethdev_ledger){0};
	}
}

json_t *
report_now(const struct capture *capture)
{
	struct plx_ethdev_ledger ledgers[PLX_ETHDEV_MAX];

	read_ledgers(capture, ledgers);
	return with_rules(capture,
			  json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "time_ns",
				    json_count(plx_clock_realtime_ns()), "elapsed_ns",
				    json_count(plx_clock_monotonic_ns() - capture->start_mono),
				    "filter", text_json(capture->settings.filter), "ports",
				    ports_json(capture, ledgers), "account",
				    account_json(capture, ledgers), "files",
				    files_json(capture, false)));
}

void
report_period(const struct capture *capture, const struct capture_totals *last, uint64_t last_ns,
	      uint64_t now_ns)
{
	struct plx_ethdev_ledger ledgers[PLX_ETHDEV_MAX];
	double seconds = (double)(now_ns - last_ns) / 1e9;
	struct capture_totals t;

	read_ledgers(capture, ledgers);
	capture_totals(capture, &t);
	write_line(
		capture,
		with_rules(capture,
			   json_pack("{s:s, s:o, s:o, s:{s:o, s:f, s:o, s:f}, s:o, s:o, s:o}",
				     "event", "period", "time_ns",
				     json_count(plx_clock_realtime_ns()), "elapsed_ns",
				     json_count(now_ns - capture->start_mono), "period", "packets",
				     json_count(t.delivered - last->delivered), "packets_per_s",
				     (double)(t.delivered - last->delivered) / seconds, "bytes",
				     json_count(t.bytes - last->bytes), "bits_per_s",
				     8.0 * (double)(t.bytes - last->bytes) / seconds, "ports",
				     ports_json(capture, ledgers), "account",
				     account_json(capture, ledgers), "files",
				     files_json(capture, false))));
}

static json_t *
end_json(const struct capture *c, const struct progress *progress, int status)
{
	enum summary_reason reason = summary_reason(c, progress);
	const char *signal = reason == SUMMARY_SIGNAL ? sigabbrev_np(stop_signal()) : NULL;

	return json_pack("{s:s, s:s, s:i, s:s, s:s?, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}",
			 "event", "end", "version", plx_version(), "status", status, "reason",
			 reason_name(reason), "signal", signal, "start_ns", json_count(c->start_ns),
			 "end_ns", json_count(c->end_ns), "duration_ns",
			 json_count(c->end_mono - c->start_mono), "filter",
			 text_json(c->settings.filter), "balanced", summary_adds_up(c), "ports",
			 ports_json(c, c->ledgers), "account", account_json(c, c->ledgers), "files",
			 files_json(c, true));
}

void
report_end(const struct capture *capture, const struct progress *progress, int status)
{
	const struct talkers *talkers = capture->writing.talkers;
	json_t *line = with_rules(capture, end_json(capture, progress, status));

	if (line != NULL && talkers != NULL)
		json_object_set_new(line, "talkers",
				    talkers_json(talkers, (unsigned)capture->settings.top));
	write_line(capture, line);
}
