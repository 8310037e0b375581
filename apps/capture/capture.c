/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_clock.h>
#include <pollux/plx_door.h>
#include <pollux/plx_lcore.h>

#include "facts.h"
#include "stop.h"

/* -- open ----------------------------------------------------------------------------------------- */

static int
count_workers(const struct capture *c, unsigned *ret_n, struct plx_why *why)
{
	unsigned lcores = plx_lcore_count();
	unsigned most = lcores > 1 ? lcores - 1 : 1;
	unsigned asked = (unsigned)c->settings.workers;

	if (asked > most)
		return plx_why(
			why, -EINVAL,
			"--workers %u: there are %u lcores, and one of them writes; name %u, "
			"as in -l 0-%u",
			asked, lcores, asked + 1, asked);
	*ret_n = asked != 0 ? asked : most;
	return 0;
}

static int
open_ports(struct capture *c, unsigned nb_workers, struct plx_why *why)
{
	int n = ports_choose(&c->settings, nb_workers, c->ports, why);

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		int err;

		c->nb_ports++;
		c->nb_sources += c->ports[i].nb_queues;
		err = port_open(&c->ports[i], nb_workers, why);
		if (err != 0)
			return err;
	}
	return 0;
}

/* The i-th queue, counted over all ports. */
static int
make_source(struct capture *c, unsigned i, struct source **ret_source, struct plx_why *why)
{
	struct source_params params = {.filter = c->filter};
	unsigned index = 0;
	int err;

	for (; i >= c->ports[index].nb_queues; index++)
		i -= c->ports[index].nb_queues;
	params.port = c->ports[index].port;
	params.queue = (uint16_t)i;
	params.port_index = index;
	params.ring = c->ports[index].ring;
	params.slack_ns = c->ports[index].slack_ns;
	params.patient = c->ports[index].is_file;
	if (c->ports[index].filtered_there)
		params.filter = NULL;
	params.wake = c->wake.fd >= 0 ? &c->wake : NULL;
	err = source_create(&params, ret_source);
	return err == 0 ? 0 : plx_why(why, err, "no memory for a ring of %u packets", params.ring);
}

/* Deals the queues out to the workers, so that neighbouring queues are polled by different lcores. */
static int
make_sources(struct capture *c, struct plx_why *why)
{
	unsigned at = 0;

	c->sources = calloc(c->nb_sources, sizeof(struct source *));
	c->lanes = calloc(c->nb_sources, sizeof(*c->lanes));
	c->workers = calloc(c->nb_workers, sizeof(*c->workers));
	if (c->sources == NULL || c->lanes == NULL || c->workers == NULL)
		return plx_why(why, -ENOMEM, "no memory for %u queues", c->nb_sources);
	for (unsigned w = 0; w < c->nb_workers; w++) {
		struct rx_worker *worker = &c->workers[w];

		worker->sources = &c->sources[at];
		worker->over = &c->writing.over;
		for (unsigned i = w; i < c->nb_sources; i += c->nb_workers, at++) {
			int err = make_source(c, i, &c->sources[at], why);

			if (err != 0)
				return err;
			c->lanes[at].source = c->sources[at];
			worker->nb_sources++;
		}
	}
	return 0;
}

static void
place_workers(struct capture *c)
{
	uint32_t lcore = plx_lcore_main();

	for (unsigned w = 0; w < c->nb_workers; w++) {
		if (!c->in_turn)
			lcore = plx_lcore_next(w == 0 ? PLX_LCORE_NONE : lcore, true);
		c->workers[w].lcore = lcore;
	}
}

/* Each file of several says at its end what became of the traffic so far. */
static void
describe_ports(void *arg, struct output *output)
{
	const struct capture *c = arg;
	const struct writer *writer = &c->writers[output - c->outputs];
	struct facts facts;

	/* An error is the writer's, which tells it when the file is closed. */
	for (unsigned i = 0; i < c->nb_ports; i++) {
		facts_of_port(c, writer, i, &facts);
		plx_pcapfile_writer_stats(output->writer, i, facts.stats.end_ns, &facts.stats);
	}
}

static int
open_outputs(struct capture *c, struct plx_why *why)
{
	bool each = settings_per_worker(&c->settings);

	c->nb_writers = each ? c->nb_workers : 1;
	c->writers = calloc(c->nb_writers, sizeof(*c->writers));
	c->outputs = calloc(c->nb_writers, sizeof(*c->outputs));
	if (c->writers == NULL || c->outputs == NULL)
		return plx_why(why, -ENOMEM, "no memory for %u files", c->nb_writers);
	c->writers[0].lanes = c->lanes;
	c->writers[0].nb_lanes = c->nb_sources;
	for (unsigned w = 0; each && w < c->nb_writers; w++) {
		c->writers[w].lanes = &c->lanes[c->workers[w].sources - c->sources];
		c->writers[w].nb_lanes = c->workers[w].nb_sources;
	}
	for (unsigned w = 0; c->settings.output != NULL && w < c->nb_writers; w++) {
		int err = output_open(&c->outputs[w], &c->settings, w, c->nb_writers, c->ports,
				      c->nb_ports, why);

		if (err != 0)
			return err;
		c->outputs[w].ending = describe_ports;
		c->outputs[w].ending_arg = c;
		c->writers[w].output = &c->outputs[w];
		c->nb_outputs++;
	}
	return 0;
}

static int
start_ports(struct capture *c, struct plx_why *why)
{
	int err = 0;

	c->start_ns = plx_clock_realtime_ns();
	c->start_mono = plx_clock_monotonic_ns();
	for (unsigned i = 0; i < c->nb_ports && err == 0; i++)
		err = port_start(&c->ports[i], &c->settings, why);
	return err;
}

int
capture_open(struct capture *capture, struct plx_why *why)
{
	struct capture *c = capture;
	unsigned nb_workers = 1;
	int err;

	c->wake.fd = -1;
	c->writing.left = c->settings.count != 0 ? c->settings.count : UINT64_MAX;
	err = count_workers(c, &nb_workers, why);
	if (err == 0 && c->settings.filter != NULL)
		err = plx_filter_compile(c->settings.filter, PLX_FILTER_SNAPLEN, &c->filter, why);
	if (err == 0 && c->settings.top != 0 && talkers_create(&c->writing.talkers) != 0)
		err = plx_why(why, -ENOMEM, "no memory for the table of conversations");
	if (err == 0 && c->settings.live &&
	    (c->writing.board = calloc(1, sizeof(*c->writing.board))) == NULL)
		err = plx_why(why, -ENOMEM, "no memory for the live table");
	if (err == 0)
		err = open_ports(c, nb_workers, why);
	if (err != 0)
		return err;
	c->nb_workers = nb_workers < c->nb_sources ? nb_workers : c->nb_sources;
	c->in_turn = plx_lcore_count() == 1;
	if (!c->in_turn && plx_idle_policy() == PLX_IDLE_SLEEP && wake_init(&c->wake) != 0)
		return plx_why(why, -errno, "no eventfd: %s", strerror(errno));
	err = make_sources(c, why);
	if (err != 0)
		return err;
	place_workers(c);
	err = open_outputs(c, why);
	if (err == 0)
		err = sifting_open(&c->sifting, &c->settings, c->ports, c->nb_ports, why);
	return err != 0 ? err : start_ports(c, why);
}

/* -- run ------------------------------------------------------------------------------------------ */

static unsigned
write_round(struct capture *c, bool *ret_more)
{
	unsigned n = 0;

	*ret_more = false;
	for (unsigned w = 0; w < c->nb_writers; w++) {
		bool more = false;

		n += writer_round(&c->writers[w], &c->writing, &more);
		*ret_more |= more;
	}
	if (c->writing.board != NULL)
		board_serve(c->writing.board, c->writing.talkers);
	return n;
}

/* Without a door there is nothing to miss. */
static void
add_door(struct plx_idle *idle)
{
	if (plx_door_fd() >= 0)
		plx_idle_add_fd(idle, plx_door_fd());
}

static void
run_in_turn(struct capture *c)
{
	const struct rx_worker *worker = &c->workers[0];
	struct rx_finish finish;
	struct plx_idle idle;
	bool more;

	plx_idle_init(&idle);
	rx_add_fds(worker, &idle);
	add_door(&idle);
	while (!stop_requested()) {
		unsigned n = rx_round(worker);

		n += write_round(c, &more);
		plx_door_serve();
		plx_idle_round(&idle, n);
	}
	rx_finish_begin(&finish);
	while (rx_finish_round(worker, &finish))
		write_round(c, &more);
	do
		write_round(c, &more);
	while (more);
}

static void
run_apart(struct capture *c)
{
	struct plx_idle idle;
	bool more;

	plx_idle_init(&idle);
	plx_idle_add_fd(&idle, c->wake.fd);
	add_door(&idle);
	do {
		unsigned n = write_round(c, &more);

		plx_door_serve();
		if (n == 0)
			wake_arm(&c->wake);
		plx_idle_round(&idle, n);
	} while (more);
}

int
capture_run(struct capture *capture, struct plx_why *why)
{
	struct capture *c = capture;
	unsigned launched = 0;
	int err = 0;

	if (c->in_turn) {
		run_in_turn(c);
		goto out;
	}
	for (; launched < c->nb_workers && err == 0; launched++)
		err = plx_lcore_launch(rx_run, &c->workers[launched], c->workers[launched].lcore);
	if (err != 0) {
		/* The last one did not run: its sources, and those behind, are closed in its place. */
		stop_request();
		for (unsigned w = launched - 1; w < c->nb_workers; w++) {
			for (unsigned i = 0; i < c->workers[w].nb_sources; i++)
				source_close(c->workers[w].sources[i]);
		}
		plx_why(why, err, "lcore %u takes no work", c->workers[launched - 1].lcore);
	}
	run_apart(c);
	for (unsigned w = 0; w < launched; w++)
		plx_lcore_wait(c->workers[w].lcore);
out:
	c->end_mono = plx_clock_monotonic_ns();
	c->end_ns = plx_clock_realtime_ns();
	return err;
}

/* -- finish --------------------------------------------------------------------------------------- */

void
capture_totals(const struct capture *capture, struct capture_totals *ret_totals)
{
	const struct writing *writing = &capture->writing;
	struct capture_totals t = {
		.kept = tally_read(&writing->kept),
		.kept_bytes = tally_read(&writing->kept_bytes),
		.beyond = tally_read(&writing->beyond),
		.unwritten = tally_read(&writing->unwritten),
	};

	for (unsigned i = 0; i < capture->nb_sources; i++) {
		const struct source_counts *counts = &capture->sources[i]->counts;

		t.delivered += tally_read(&counts->delivered);
		t.bytes += tally_read(&counts->bytes);
		t.filtered += tally_read(&counts->filtered);
		t.too_slow += tally_read(&counts->too_slow);
	}
	for (unsigned w = 0; w < capture->nb_outputs; w++)
		t.file_bytes += tally_read(&capture->outputs[w].bytes);
	*ret_totals = t;
}

int
capture_finish(struct capture *capture, struct plx_why *why)
{
	struct capture *c = capture;
	int first = 0;

	for (unsigned i = 0; i < c->nb_ports; i++) {
		port_stop(&c->ports[i]);
		plx_ethdev_ledger(c->ports[i].port, &c->ledgers[i]);
	}
	for (unsigned w = 0; w < c->nb_outputs; w++) {
		struct facts facts;
		int err;

		for (unsigned i = 0; i < c->nb_ports; i++) {
			facts_of_port(c, &c->writers[w], i, &facts);
			output_stats(&c->outputs[w], i, &facts.stats);
		}
		err = output_close(&c->outputs[w], first == 0 ? why : NULL);
		first = first != 0 ? first : err;
	}
	return first;
}

/* -- close ---------------------------------------------------------------------------------------- */

int
capture_close(struct capture *capture, struct plx_why *why)
{
	struct capture *c = capture;
	int err = 0;

	for (unsigned i = 0; i < c->nb_ports; i++)
		port_stop(&c->ports[i]);
	sifting_close(&c->sifting);
	for (unsigned w = 0; w < c->nb_outputs; w++)
		output_fini(&c->outputs[w]);
	for (unsigned i = 0; c->sources != NULL && i < c->nb_sources; i++)
		source_destroy(c->sources[i]);
	for (unsigned i = 0; i < c->nb_ports; i++)
		err = port_close(&c->ports[i], err == 0 ? why : NULL) != 0 ? -EBUSY : err;
	wake_fini(&c->wake);
	free(c->writing.board);
	talkers_destroy(c->writing.talkers);
	plx_filter_destroy(c->filter);
	free(c->outputs);
	free(c->writers);
	free(c->workers);
	free(c->lanes);
	free(c->sources);
	return err;
}
