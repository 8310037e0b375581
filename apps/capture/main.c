/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-capture: writes what ports receive to a file, and accounts for every packet. Exit status: 0; 1 when
 * something failed on the way, such as the disk being full or an input file being cut; 2 when it did not start.
 */
#include "capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_eal.h>
#include <pollux/plx_lcore.h>
#include <pollux/plx_net_attach.h>

#include "attach.h"
#include "clusters.h"
#include "cpus.h"
#include "devices.h"
#include "door.h"
#include "extcap.h"
#include "faults.h"
#include "filter_text.h"
#include "form.h"
#include "interfaces.h"
#include "privilege.h"
#include "progress.h"
#include "report.h"
#include "stdfds.h"
#include "stop.h"
#include "summary.h"

enum { DONE = 0, FAILED = 1, REFUSED = 2 };

static int
refuse(const struct plx_why *why)
{
	fprintf(stderr, "plx-capture: %s\n", why->text);
	return REFUSED;
}

static void
usage(FILE *out)
{
	settings_usage(out);
	fputc('\n', out);
	plx_eal_usage(out);
}

/* Asked for in front of "--", where the EAL would answer for itself only. */
static bool
asked_for(int argc, char **argv, const char *letter, const char *word)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], letter) == 0 || strcmp(argv[i], word) == 0)
			return true;
	}
	return false;
}

/* Interfaces that were removed are told by the summary; the status says that the capture was cut short. */
static bool
any_gone(const struct capture *capture)
{
	for (unsigned i = 0; i < capture->nb_ports; i++) {
		if (capture->ports[i].gone)
			return true;
	}
	return false;
}

/* Of us or of the program we were attached to, one said what cannot be. */
static bool
any_distrusted(const struct capture *capture)
{
	for (unsigned i = 0; i < capture->nb_ports; i++) {
		struct plx_net_attach_facts facts;

		if (plx_net_attach_facts(capture->ports[i].port, &facts) == 0 &&
		    facts.end >= PLX_NET_ATTACH_SWITCHED_OFF)
			return true;
	}
	return false;
}

/* Packets were lost because they could not be written, or a file could not be finished. */
static bool
any_troubled(const struct capture *capture)
{
	for (unsigned w = 0; w < capture->nb_outputs; w++) {
		if (capture->outputs[w].troubled)
			return true;
	}
	return false;
}

/* A reader that has seen enough is no failure. */
static int
tell_reader_gone(void)
{
	fprintf(stderr, "plx-capture: the reader of the output has gone\n");
	return DONE;
}

static int
answer_write_error(int err, const struct plx_why *why)
{
	if (err == -EPIPE)
		return tell_reader_gone();
	fprintf(stderr, "plx-capture: %s\n", why->text);
	return FAILED;
}

/* An input that broke off gave less than what was asked for. */
static bool
inputs_were_whole(const struct capture *capture)
{
	uint64_t faults = 0;

	for (unsigned i = 0; i < capture->nb_ports; i++)
		faults += faults_of_files(capture->ports[i].port);
	return faults == 0;
}

static int
run(struct capture *capture)
{
	struct progress progress = {0};
	struct plx_why why = {""};
	int status = DONE, err;

	if (!capture->settings.quiet)
		summary_begin(capture, stderr);
	err = progress_start(&progress, capture, &why);
	if (err != 0)
		return refuse(&why);
	err = capture_run(capture, &why);
	progress_stop(&progress);
	if (err != 0)
		status = refuse(&why);
	err = capture_finish(capture, &why);
	if (err != 0)
		status = answer_write_error(err, &why);
	else if (progress.reader_gone)
		status = tell_reader_gone();
	if (!capture->settings.quiet)
		summary_end(capture, &progress, stderr);
	if (status == DONE &&
	    (any_troubled(capture) || any_gone(capture) || any_distrusted(capture) ||
	     !inputs_were_whole(capture) || !summary_adds_up(capture)))
		status = FAILED;
	if (capture->report != NULL)
		report_end(capture, &progress, status);
	if (report_close(capture, &why) != 0)
		status = answer_write_error(-EIO, &why);
	return status;
}

/* Everything is open. Root in somebody's folder may have more files to make there. */
static int
give_up_rights(const struct capture *capture, struct plx_why *why)
{
	uint64_t keep = 0;

	if (capture->settings.keep_privileges)
		return 0;
	if (capture->settings.rules_file != NULL) /* is read again */
		keep |= PRIVILEGE_BIT(CAP_DAC_OVERRIDE);
	for (unsigned w = 0; w < capture->nb_outputs; w++)
		keep |= privilege_for_files(plx_pcapfile_fileset_path(capture->outputs[w].set));
	return privilege_drop(keep, why);
}

static int
answer_summary(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	       struct plx_why *why)
{
	return door_reply_json(reply, report_now(arg), why);
}

static int
answer_reload(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	      struct plx_why *why)
{
	struct capture *capture = arg;

	return sifting_reload(&capture->sifting, why);
}

static void
open_door(struct capture *capture)
{
	const struct plx_door_command summary = {"summary", "what was captured so far, and lost",
						 answer_summary, capture};
	const struct plx_door_command reload = {"reload", "reads the file of rules again",
						answer_reload, capture};

	door_begin("plx-capture");
	plx_door_add(&summary);
	if (capture->settings.rules_file != NULL)
		plx_door_add(&reload);
}

static int
capture_open_all(struct capture *capture, struct plx_why *why)
{
	int err = capture_open(capture, why);

	if (err != 0)
		return err;
	open_door(capture);
	return give_up_rights(capture, why);
}

static int
capture_with_eal(struct capture *capture)
{
	struct plx_why why = {""};
	int status;

	if (stop_catch() != 0) {
		plx_why(&why, -errno, "signals cannot be caught: %s", strerror(errno));
		return refuse(&why);
	}
	if (capture_open_all(capture, &why) != 0)
		status = refuse(&why);
	else
		status = run(capture);
	plx_door_close();
	why.text[0] = '\0';
	if (capture_close(capture, &why) != 0) {
		fprintf(stderr, "plx-capture: %s\n", why.text);
		status = status == DONE ? FAILED : status;
	}
	stop_release();
	return status;
}

/* Starts the EAL and captures. */
static int
start(struct capture *capture, const struct eal_args *args)
{
	struct plx_why why = {""};
	int status;

	capture->settings.live = capture->settings.top != 0 && !capture->settings.quiet &&
				 live_is_possible(STDERR_FILENO);
	if (report_open(capture, &why) != 0)
		return refuse(&why);
	cpus_remember();
	if (plx_eal_init(args->argc, args->argv, &why) < 0) {
		status = refuse(&why);
	} else {
		status = capture_with_eal(capture);
		plx_eal_cleanup();
	}
	report_close(capture, NULL);
	return status;
}

static int
list_interfaces(void)
{
	struct plx_why why;
	int err = interfaces_print(stdout);

	if (err == 0) {
		attach_print(stdout);
		clusters_print(stdout);
		return DONE;
	}
	plx_why(&why, err, "the kernel's interfaces cannot be listed: %s", strerror(-err));
	return refuse(&why);
}

/* A filter that is wrong is told before anything is touched. */
static int
check_filter(const struct settings *settings)
{
	struct plx_filter *filter;
	struct plx_why why = {""};

	if (plx_filter_compile(settings->filter, PLX_FILTER_SNAPLEN, &filter, &why) != 0) {
		refuse(&why);
		filter_text_mark(settings->filter, stderr);
		return REFUSED;
	}
	if (settings->filter_code)
		filter_text_code(filter, stdout);
	plx_filter_destroy(filter);
	return DONE;
}

static int
check_output(const struct settings *settings, struct plx_why *why)
{
	if (settings->output == NULL || strcmp(settings->output, "-") != 0 || stdfds_out_was_open())
		return 0;
	return plx_why(why, -EBADF, "-w - writes to standard output, which is closed");
}

/* What is asked for, once the options are read; all slips are found before anything is touched. */
static int
serve(struct capture *capture, int at, char **argv)
{
	struct eal_args args;
	struct plx_why why = {""};
	int status;

	if (capture->settings.help) {
		usage(stdout);
		return DONE;
	}
	if (capture->settings.list)
		return list_interfaces();
	if (check_filter(&capture->settings) != DONE)
		return REFUSED;
	if (capture->settings.filter_code)
		return DONE;
	if (sifting_check(&capture->settings, &why) != 0 ||
	    check_output(&capture->settings, &why) != 0)
		return refuse(&why);
	if (devices_make(&args, &capture->settings, at, argv, &why) != 0)
		status = refuse(&why);
	else
		status = start(capture, &args);
	eal_args_fini(&args);
	return status;
}

/* A command line of people. */
static int
obey(struct capture *capture, int argc, char **argv)
{
	int at = options_separator(argc, argv);
	int own = at < argc ? at : 0;
	struct plx_why why = {""};
	int err;

	if (asked_for(at, argv, "-h", "--help")) {
		usage(stdout);
		return DONE;
	}
	if (argc == 2 && asked_for(at, argv, "-v", "--version")) {
		printf("plx-capture (Pollux) %s\n", plx_version());
		return DONE;
	}
	err = form_check(argc, argv, at, &why);
	if (err == 0)
		err = settings_read(&capture->settings, argc - own, argv + own, &why);
	return err != 0 ? refuse(&why) : serve(capture, own == 0 ? 1 : own, argv);
}

/* One of Wireshark's: an answer, or a capture. */
static int
obey_wireshark(struct capture *capture, int argc, char **argv)
{
	struct plx_why why = {""};
	struct extcap extcap;
	int ret = extcap_serve(argc, argv, stdout, &extcap, &why);

	if (ret == 1)
		return obey(capture, extcap.argc, extcap.argv);
	return ret == 0 ? DONE : refuse(&why);
}

int
main(int argc, char **argv)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int status;

	stdfds_open();
	if (capture == NULL)
		return REFUSED;
	if (extcap_is_asked(argc, argv))
		status = obey_wireshark(capture, argc, argv);
	else
		status = obey(capture, argc, argv);
	settings_fini(&capture->settings);
	free(capture);
	return stdfds_end("plx-capture", NULL, status);
}
