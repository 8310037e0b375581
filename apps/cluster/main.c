/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-cluster: hands the packets of ports to slaves in other processes, and accounts for every packet. Exit status: 0; 1 when the
 * books do not add up at the end; 2 when it did not start.
 */
#include "background.h"
#include "books.h"
#include "door.h"
#include "json.h"
#include "ledger.h"
#include "ports.h"
#include "privilege.h"
#include "stdfds.h"
#include "stop.h"

#include <pollux/plx_clock.h>
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_event.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { DONE = 0, FAILED = 1, REFUSED = 2 };

#define STEP_MS 50

static struct {
	struct master master;
	struct books now, before;
	uint64_t seen; /* places that have a slave, as last told */
	atomic_bool hung_up;
} app;

static void
usage(FILE *out)
{
	settings_usage(out);
	plx_eal_usage(out);
}

/* -- what is told ---------------------------------------------------------------------------------------- */

static json_t *
facts(const struct books *books)
{
	json_t *object = books_json(books);

	json_object_set_new(object, "rules", rules_json(&app.master.rules));
	json_object_set_new(object, "rule_sums", rules_sums_json(&app.master.rules));
	return object;
}

static void
tell(void)
{
	books_take(&app.master, &app.now);
	if (app.master.settings.json) {
		json_print(facts(&app.now), false, stdout);
		fflush(stdout);
	} else {
		books_print(&app.now, &app.before, stdout);
	}
	app.before = app.now;
}

/* "cluster": on the control socket. */
static int
answer(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
       struct plx_why *why)
{
	static struct books books;

	if (app.master.cluster == NULL)
		return plx_why(why, -ENODEV, "the cluster has ended");
	books_take(&app.master, &books);
	return door_reply_json(reply, facts(&books), why);
}

static int
reload(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
       struct plx_why *why)
{
	return rules_reload(&app.master.rules, why);
}

static void
print_mode(const struct settings *settings, FILE *out)
{
	fputs(settings_mode_name(settings), out);
}

/* What can be changed while packets come: one word each. */
static const struct change {
	const char *name, *example;
	master_set_fn set;
	void (*print)(const struct settings *settings, FILE *out);
	struct plx_door_command command;
} changes[] = {
	{"mode", "mode fanout", settings_set_mode, print_mode,
	 .command = {"mode [<mode>]", "what packets are shared out by; another from now on"}},
	{"groups", "groups 2,1", settings_set_groups, settings_print_groups,
	 .command = {"groups [<n>[,..]]", "places of each group of slaves; others from now on"}},
	{"forward", "forward '0->1'", settings_set_forward, settings_print_forward,
	 .command = {"forward [<list>|none]",
		     "which port's packets also leave by which; others from now on"}},
};

static int
reply_change(const struct change *change, struct plx_door_reply *reply, struct plx_why *why)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return plx_why(why, -ENOMEM, "no memory for an answer");
	change->print(&app.master.settings, out);
	fclose(out);
	plx_door_reply_text(reply, change->name, text);
	free(text);
	return 0;
}

/* How it is; with a word, how it is from now on. */
static int
answer_change(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
	      struct plx_why *why)
{
	const struct change *change = arg;
	const char *word = plx_door_request_word(request, 0);
	int ret = 0;

	if (app.master.cluster == NULL)
		return plx_why(why, -ENODEV, "the cluster has ended");
	if (word != NULL && plx_door_request_word(request, 1) != NULL)
		return plx_why(why, -EINVAL, "%s is one word: %s", change->name, change->example);
	if (word != NULL)
		ret = master_change(&app.master, change->set, word, why);
	return ret == 0 ? reply_change(change, reply, why) : ret;
}

static void
open_door(void)
{
	door_begin("plx-cluster");
	plx_door_add(&(struct plx_door_command){"cluster", "what became of every packet", answer});
	for (size_t i = 0; i < PLX_ARRAY_LEN(changes); i++) {
		struct plx_door_command command = changes[i].command;

		command.fn = answer_change;
		command.arg = (void *)(uintptr_t)&changes[i];
		plx_door_add(&command);
	}
	plx_door_add(&(struct plx_door_command){"reload", "reads the file of rules again", reload});
}

static void
tell_slaves(void)
{
	for (uint32_t i = 0; i < app.master.settings.places; i++) {
		const uint64_t bit = UINT64_C(1) << i;
		struct plx_cluster_place_stats stats;

		plx_cluster_place_stats(app.master.cluster, i, &stats);
		if (stats.present == ((app.seen & bit) != 0))
			continue;
		app.seen ^= bit;
		if (stats.present)
			say("slave %u: process %d came", i, stats.pid);
		else
			say("slave %u: process %d is gone", i, stats.pid);
	}
}

/* -- running --------------------------------------------------------------------------------------------- */

static void
on_hangup(void *arg, int signo)
{
	atomic_store(&app.hung_up, true);
}

/* As long as a terminal is there SIGHUP means that it goes. */
static void
catch_hangup(void)
{
	if (app.master.settings.rules != NULL || app.master.settings.background)
		plx_event_signal_add(SIGHUP, on_hangup, NULL, NULL);
}

static void
reload_if_asked(void)
{
	struct plx_why why;

	if (!atomic_exchange(&app.hung_up, false))
		return;
	if (rules_reload(&app.master.rules, &why) == 0)
		say("the rules are read again");
	else
		say("the rules stay as they were: %s", why.text);
}

static void
keep_house(void)
{
	struct pollfd none = {.fd = -1};

	door_wait(&none, STEP_MS);
	rules_serve(&app.master.rules, app.master.settings.purge_ns);
	reload_if_asked();
	if (app.master.settings.verbose)
		tell_slaves();
}

static void
run(void)
{
	const struct settings *settings = &app.master.settings;
	const uint64_t begin = plx_clock_monotonic_ns();
	uint64_t next = begin + settings->period_ns, now = begin;

	while (!stop_requested() &&
	       (settings->duration_ns == 0 || now - begin < settings->duration_ns)) {
		keep_house();
		now = plx_clock_monotonic_ns();
		if (settings->period_ns == 0 || now < next)
			continue;
		tell();
		next = now + settings->period_ns;
	}
}

static int
wait_and_run(struct plx_why *why)
{
	int ret = 0;

	while (!stop_requested() && master_slaves(&app.master) < app.master.settings.wait_slaves)
		keep_house();
	if (!stop_requested())
		ret = master_start(&app.master, why);
	if (ret == 0)
		run();
	master_stop(&app.master);
	return ret;
}

/* -- the end --------------------------------------------------------------------------------------------- */

/* What the cluster received is what the ports delivered. */
static bool
ports_agree(void)
{
	bool right = true;

	for (uint32_t i = 0; i < app.now.nb_rx; i++) {
		struct plx_ethdev_ledger ledger;
		int64_t rx, tx;

		if (plx_ethdev_ledger(app.now.rx[i].port, &ledger) != 0)
			return false;
		plx_ethdev_ledger_balance(&ledger, &rx, &tx);
		right = right && rx == 0 && tx == 0 &&
			ledger.rx_delivered == app.now.rx[i].received;
		if (app.master.settings.json || app.master.settings.background)
			continue;
		printf("port %u\n", app.now.rx[i].port);
		ledger_print(&ledger, 2, stdout);
	}
	return right;
}

static void
print_end(bool right)
{
	if (app.master.settings.json) {
		json_t *object = facts(&app.now);

		json_object_set_new(object, "balanced", json_boolean(right));
		json_print(object, false, stdout);
	} else if (!app.master.settings.background) {
		printf("%s\n", right ? "every packet is accounted for" : "the books do not add up");
	}
	fflush(stdout);
}

static int
end(struct plx_why *why)
{
	const bool quiet = app.master.settings.json || app.master.settings.background;
	bool right = plx_cluster_audit(app.master.cluster, why) == 0;

	if (!right)
		say("%s", why->text);
	books_take(&app.master, &app.now);
	right = books_add_up(&app.now) && right;
	if (!quiet) {
		books_print(&app.now, NULL, stdout);
		rules_print(&app.master.rules, stdout);
	}
	master_end_cluster(&app.master);
	right = ports_agree() && right;
	print_end(right);
	if (master_close(&app.master, why) != 0) {
		say("%s", why->text);
		right = false;
	}
	return right ? DONE : FAILED;
}

/* Ports are open; a file of rules is read again, and that of the process number removed. */
static int
give_up_rights(const struct settings *settings, struct plx_why *why)
{
	uint64_t keep = settings->pid_file != NULL ? privilege_for_files(settings->pid_file) : 0;

	if (settings->rules != NULL)
		keep |= PRIVILEGE_BIT(CAP_DAC_OVERRIDE);
	return settings->keep_privileges ? 0 : privilege_drop(keep, why);
}

/* All but the lcores' work. */
static int
prepare(const struct settings *settings, struct plx_why *why)
{
	int ret = master_open(&app.master, settings, why);

	if (ret == 0 && settings->pid_file != NULL)
		ret = pid_file_write(settings->pid_file, why);
	return ret == 0 ? give_up_rights(settings, why) : ret;
}

static int
serve(const struct settings *settings, struct plx_why *why)
{
	int ret;

	stop_catch();
	open_door();
	ret = prepare(settings, why);
	if (ret != 0) {
		say("%s", why->text);
		plx_door_close();
		master_undo(&app.master);
		return REFUSED;
	}
	catch_hangup();
	if (!settings->background)
		fprintf(stderr, "cluster %u: %u ports, places for %u slaves, by %s ...\n",
			(unsigned)settings->id, app.master.nb_ports, settings->places,
			settings_mode_name(settings));
	background_ready(DONE);
	ret = wait_and_run(why);
	if (ret != 0)
		say("%s", why->text);
	plx_door_close();
	return end(why) != DONE || ret != 0 ? FAILED : DONE;
}

/* -- beginning ------------------------------------------------------------------------------------------- */

static int
start(const struct eal_args *args, const struct settings *settings, struct plx_why *why)
{
	int ret;

	if (settings->background) {
		ret = background_begin(why);
		if (ret != 0)
			return ret;
	}
	if (settings->pid_file != NULL) {
		ret = pid_file_take(settings->pid_file, why);
		if (ret != 0)
			return ret;
	}
	ret = plx_eal_init(args->argc, args->argv, why);
	return ret < 0 ? ret : 0;
}

static int
obey(int argc, char **argv)
{
	const int at = options_separator(argc, argv), own = at < argc ? at : 0;
	static struct settings settings;
	struct eal_args args = {0};
	struct plx_why why = {""};
	int status = REFUSED, ret;

	for (int i = 1; i < at; i++)
		settings.help |= strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0;
	if (!settings.help && settings_read(&settings, argc - own, argv + own, &why) != 0) {
		say("%s", why.text);
		return REFUSED;
	}
	if (settings.help || settings.version) {
		if (settings.help)
			usage(stdout);
		else
			printf("plx-cluster (Pollux) %s\n", plx_version());
		return DONE;
	}
	ret = ports_args(&args, &settings, own == 0 ? 1 : own, argv, &why);
	if (ret == 0)
		ret = start(&args, &settings, &why);
	if (ret == 0) {
		status = serve(&settings, &why);
		plx_eal_cleanup();
	} else {
		say("%s", why.text);
	}
	if (settings.pid_file != NULL)
		pid_file_remove(settings.pid_file);
	background_ready(status);
	eal_args_fini(&args);
	return status;
}

int
main(int argc, char **argv)
{
	stdfds_open();
	return stdfds_end("plx-cluster", NULL, obey(argc, argv));
}
