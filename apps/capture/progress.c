/* SPDX-License-Identifier: BSD-3-Clause */
#include "progress.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_clock.h>

#include "report.h"
#include "stop.h"
#include "units.h"

#define TICK_US 50000
#define LOOK_NS 500000000

static uint64_t
lost_by_devices(const struct capture *c)
{
	struct plx_ethdev_ledger ledger;
	uint64_t lost = 0;

	for (unsigned i = 0; i < c->nb_ports; i++) {
		if (plx_ethdev_ledger(c->ports[i].port, &ledger) == 0)
			lost += ledger_rx_lost(&ledger);
	}
	return lost;
}

static void
print_line(struct progress *p, uint64_t now_ns)
{
	const struct capture *c = p->capture;
	double seconds = (double)(now_ns - p->last_ns) / 1e9;
	struct capture_totals t;
	char file[64] = "";

	capture_totals(c, &t);
	if (c->nb_outputs != 0)
		snprintf(file, sizeof(file), "  file %s", units_bytes(t.file_bytes).text);
	fprintf(stderr, "%s%s  %s  %s  captured %s  lost %s%s%s", p->tty ? "\r" : "",
		units_clock(now_ns - c->start_mono).text,
		units_rate((double)(t.delivered - p->last.delivered) / seconds, "pps").text,
		units_rate(8.0 * (double)(t.bytes - p->last.bytes) / seconds, "bit/s").text,
		units_count(t.kept).text,
		units_count(t.too_slow + t.unwritten + lost_by_devices(c)).text, file,
		p->tty ? "\033[K" : "\n");
}

static bool
all_at_end(struct capture *c)
{
	for (unsigned i = 0; i < c->nb_ports; i++) {
		if (!c->ports[i].gone && !port_at_end(&c->ports[i]))
			return false;
	}
	return true;
}

/* A pipe's writer is told that the reader went away when it writes; without packets it would never know. */
static bool
reader_is_gone(const struct capture *c)
{
	struct pollfd output = {.fd = STDOUT_FILENO};

	return c->settings.output != NULL && strcmp(c->settings.output, "-") == 0 &&
	       poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/* Asks the kernel, so not at every tick. */
static void
look_at_ports(struct progress *p, uint64_t now_ns)
{
	if (now_ns < p->look_ns)
		return;
	p->look_ns = now_ns + LOOK_NS;
	if (reader_is_gone(p->capture)) {
		p->reader_gone = true;
		stop_request();
	}
	for (unsigned i = 0; i < p->capture->nb_ports; i++)
		port_look(&p->capture->ports[i]);
}

static void
tell(struct progress *p, uint64_t now_ns)
{
	struct capture *c = p->capture;

	if (p->live != NULL)
		live_period(p->live, now_ns);
	else if (p->show)
		print_line(p, now_ns);
	if (p->report)
		report_period(c, &p->last, p->last_ns, now_ns);
	capture_totals(c, &p->last);
	p->last_ns = now_ns;
	p->next_ns += c->settings.period_ns;
	if (p->next_ns < now_ns)
		p->next_ns = now_ns + c->settings.period_ns;
}

static void
on_tick(void *arg)
{
	struct progress *p = arg;
	uint64_t now_ns = plx_clock_monotonic_ns();

	look_at_ports(p, now_ns);
	if (!p->ended && all_at_end(p->capture)) {
		p->ended = true;
		stop_request();
	}
	if (p->live != NULL)
		live_tick(p->live, now_ns);
	if ((p->show || p->report) && now_ns >= p->next_ns)
		tell(p, now_ns);
}

static void
on_deadline(void *arg)
{
	struct progress *p = arg;

	p->timed_out = true;
	stop_request();
}

int
progress_start(struct progress *progress, struct capture *capture, struct plx_why *why)
{
	const struct settings *settings = &capture->settings;
	uint64_t now_ns = plx_clock_monotonic_ns();
	bool tty = isatty(STDERR_FILENO);
	int err;

	*progress = (struct progress){
		.capture = capture,
		.tty = tty,
		.show = !settings->quiet && (tty || settings->verbose),
		.report = capture->report != NULL && settings->period_given,
		.last_ns = now_ns,
		.look_ns = now_ns + LOOK_NS,
		.next_ns = now_ns + settings->period_ns,
	};
	if (settings->live && live_create(capture, &progress->live) != 0)
		return plx_why(why, -ENOMEM, "no memory for the live table");
	err = plx_event_alarm_add(TICK_US, TICK_US, on_tick, progress, &progress->tick);
	if (err == 0 && settings->duration_ns != 0)
		err = plx_event_alarm_add(settings->duration_ns / 1000, 0, on_deadline, progress,
					  &progress->deadline);
	return err == 0 ? 0 : plx_why(why, err, "the control thread takes no alarms");
}

void
progress_stop(struct progress *progress)
{
	if (progress->tick != 0)
		plx_event_remove(progress->tick);
	if (progress->deadline != 0)
		plx_event_remove(progress->deadline);
	live_destroy(progress->live);
	/* What comes next begins a line of its own, also behind the ^C that the terminal shows. */
	if (progress->show && progress->tty &&
	    (progress->live != NULL || progress->last.delivered != 0))
		fputc('\n', stderr);
	progress->live = NULL;
	progress->tick = 0;
	progress->deadline = 0;
	progress->show = false;
	progress->report = false;
}
