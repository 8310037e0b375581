/* SPDX-License-Identifier: BSD-3-Clause */
#include "output_open.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <pollux/plx_clock.h>
#include <pollux/plx_eal.h>

#include "patient.h"
#include "port.h"
#include "rotation.h"
#include "settings.h"
#include "tally.h"

#define SEGMENTS_MAX 64 /* of usual packets; there is room made for longer chains */

static bool
all_files(const struct capture_port *ports, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!ports[i].is_file)
			return false;
	}
	return n != 0;
}

void
output_take_time(struct output *o)
{
	if (o->replays)
		return;
	o->now.wall_ns = plx_clock_realtime_ns();
	o->now.mono_ns = plx_clock_monotonic_ns();
}

/* "log-%w.pcap" -> "log-3.pcap", with .zst behind it if it is compressed; NULL without memory. */
static char *
make_path(const struct settings *settings, unsigned worker)
{
	const char *name = settings->output, *mark = strstr(name, "%w");
	size_t len = strlen(name);
	bool named = len > 4 && strcmp(name + len - 4, ".zst") == 0;
	const char *suffix = settings->zstd_level != 0 && !named ? ".zst" : "";
	char *path = NULL;
	int n;

	if (mark == NULL)
		n = asprintf(&path, "%s%s", name, suffix);
	else
		n = asprintf(&path, "%.*s%u%s%s", (int)(mark - name), name, worker, mark + 2,
			     suffix);
	return n < 0 ? NULL : path;
}

/* The file as it is, or behind a sink that waits for room, and compressed in front of that. */
static int
make_sink(void *arg, int fd, const char *path, struct plx_pcapfile_sink **ret_sink,
	  struct plx_why *why)
{
	struct output *o = arg;
	struct plx_pcapfile_sink *sink = NULL;
	int err = plx_pcapfile_sink_fd(fd, true, path, &sink);

	if (err != 0) {
		close(fd);
		return plx_why(why, err, "cannot write '%s': out of memory", path);
	}
	plx_pcapfile_sink_fd_long(sink);
	err = patient_sink_make(sink, &o->trouble, &o->release,
				o->settings->on_full == ON_FULL_WAIT, &sink);
	if (err != 0) {
		plx_pcapfile_sink_close(sink, NULL);
		return plx_why(why, err, "cannot write '%s': out of memory", path);
	}
	if (o->settings->zstd_level != 0)
		err = plx_pcapfile_sink_zstd(sink, o->settings->zstd_level, &sink, why);
	if (err != 0) {
		plx_pcapfile_sink_close(sink, NULL);
		return err;
	}
	*ret_sink = sink;
	return 0;
}

static void
on_ending(void *arg)
{
	struct output *o = arg;

	if (o->ending != NULL && o->format == PLX_PCAPFILE_PCAPNG)
		o->ending(o->ending_arg, o);
}

static void
on_finished(void *arg, const struct plx_pcapfile_finished *file)
{
	struct output *o = arg;

	if (o->settings->json || o->settings->summary != NULL)
		finished_add(&o->finished, file);
	postrotate_add(&o->after, file->path);
}

static void
on_removed(void *arg, const char *path, int err)
{
	struct output *o = arg;
	struct plx_why why;

	if (err == 0) {
		finished_drop(&o->finished, path);
		return;
	}
	o->troubled = true;
	plx_why(&why, err, "cannot remove '%s': %s", path, strerror(-err));
	trouble_say(&o->trouble_removing, err, why.text, "it stays, and takes room");
}

static void
on_release(void *arg, int fd)
{
	struct output *o = arg;

	release_add(&o->release, fd);
}

static int
open_set(struct output *o, unsigned nb_outputs, struct plx_why *why)
{
	struct plx_pcapfile_fileset_params params = o->settings->rules;
	bool timed = params.duration_ns != 0 || params.period_ns != 0 || params.interval_ns != 0;

	o->replays = o->replays && timed;
	params.name = o->path;
	params.quota /= nb_outputs;
	params.make_sink = make_sink;
	params.ending = on_ending;
	params.finished = on_finished;
	params.removed = on_removed;
	params.release = on_release;
	params.arg = o;
	/* A replay's time begins with its first packet, which is later than this. */
	if (o->replays)
		o->now = (struct plx_pcapfile_now){0, 0};
	o->rotates = rotation_wanted(o->settings);
	postrotate_init(&o->after, o->settings->postrotate);
	return plx_pcapfile_fileset_create(&params, &o->now, &o->set, why);
}

static int
create_writer(struct output *o, struct plx_why *why)
{
	struct plx_pcapfile_writer_params params = {
		.format = o->settings->format,
		.snaplen = (uint32_t)o->settings->snaplen,
	};
	char os[160], application[64];
	const char *comments[OPTION_TEXTS_MAX + 1] = {NULL};
	struct utsname system;

	memcpy(comments, o->settings->comments.item, sizeof(o->settings->comments.item));

	snprintf(application, sizeof(application), "plx-capture (Pollux) %s", plx_version());
	params.application = application;
	params.comments = comments;
	if (uname(&system) == 0) {
		snprintf(os, sizeof(os), "%.60s %.60s", system.sysname, system.release);
		params.os = os;
		params.hardware = system.machine;
	}
	return plx_pcapfile_writer_create(&params, plx_pcapfile_fileset_sink(o->set), &o->writer,
					  why);
}

static int
add_interface(struct output *o, const struct capture_port *port, struct plx_why *why)
{
	struct plx_pcapfile_interface interface = {
		.name = port->label,
		.filter = o->settings->filter,
		.snaplen = (uint32_t)o->settings->snaplen,
		.speed_bps = (uint64_t)port->speed_mbps * 1000000,
	};
	char description[sizeof(port->info.name) + sizeof(port->info.mode) + 8];
	char os[160], hardware[160], clock[100];
	struct utsname system;
	uint32_t id;

	snprintf(description, sizeof(description), "%s: %s", port->info.name, port->info.mode);
	interface.description = description;
	port_clock(port, clock, sizeof(clock));
	interface.comment = clock;
	port_hardware(port, hardware, sizeof(hardware));
	interface.hardware = hardware;
	if (uname(&system) == 0) {
		snprintf(os, sizeof(os), "%.60s %.60s", system.sysname, system.release);
		interface.os = os;
	}
	return plx_pcapfile_writer_add_interface(o->writer, &interface, &id, why);
}

int
output_open(struct output *output, const struct settings *settings, unsigned worker,
	    unsigned nb_outputs, const struct capture_port *ports, unsigned nb_ports,
	    struct plx_why *why)
{
	struct output *o = output;
	int err;

	*o = (struct output){.format = settings->format, .settings = settings, .ports = ports};
	release_init(&o->release);
	/* The limit of a file's size is answered as a full disk is. */
	signal(SIGXFSZ, SIG_IGN);
	output_take_time(o);
	o->replays = all_files(ports, nb_ports);
	o->path = make_path(settings, worker);
	o->segments_max = SEGMENTS_MAX;
	o->segments = calloc(SEGMENTS_MAX, sizeof(*o->segments));
	if (o->path == NULL || o->segments == NULL)
		err = plx_why(why, -ENOMEM, "no memory for a file name");
	else
		err = open_set(o, nb_outputs, why);
	if (err == 0)
		err = create_writer(o, why);
	for (unsigned i = 0; i < nb_ports && err == 0; i++)
		err = add_interface(o, &ports[i], why);
	/* The header goes out at once: a file that cannot even hold that is told before the capture. */
	if (err == 0)
		err = plx_pcapfile_writer_flush(o->writer, why);
	if (err != 0) {
		o->error = err;
		output_fini(o);
		return err;
	}
	o->release.allowed = true;
	output_publish(o);
	return 0;
}
