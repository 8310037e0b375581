/* SPDX-License-Identifier: BSD-3-Clause */
/* From a command line to a running environment, one rung at a time, and back in reverse. */
#include "args_priv.h"
#include "bus_priv.h"
#include "clock_priv.h"
#include "device_priv.h"
#include "driver_priv.h"
#include "event_priv.h"
#include "idle_priv.h"
#include "iova_priv.h"
#include "lcore_priv.h"
#include "pci/pci_priv.h"
#include "pci/pci_rules_priv.h"
#include "plx_eal.h"
#include "plx_log.h"
#include "thread_priv.h"
#include "zone_priv.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "eal");

enum { DOWN, CHANGING, UP };

static struct {
	atomic_int state; /* guards the rest: only who moved it to CHANGING touches that */
	pthread_t main;
	bool log_rules;
	char prefix[96];
	bool no_door;
} eal;

static bool
move_state(int from, int to)
{
	return atomic_compare_exchange_strong(&eal.state, &from, to);
}

static void
tell_ignored(const char *option, const char *reason)
{
	plx_log_info(&logger, "option %s has no effect: %s", option, reason);
}

static int
apply_log(const struct plx_args *args, struct plx_why *why)
{
	for (unsigned i = 0; i < args->log_rules.n; i++) {
		int ret;

		eal.log_rules = true;
		ret = plx_log_add_rule(args->log_rules.item[i], why);
		if (ret != 0)
			return plx_why_prefix(why, ret, "EAL option --log-level: ");
	}
	if (args->version)
		plx_log_notice(&logger, "Pollux " PLX_VERSION);
	plx_args_each_ignored(args, tell_ignored);
	return 0;
}

static void
undo_log(void)
{
	if (eal.log_rules)
		plx_log_reset();
	eal.log_rules = false;
}

static void
set_prefix(const struct plx_args *args)
{
	if (args->prefix != NULL)
		snprintf(eal.prefix, sizeof(eal.prefix), "%s", args->prefix);
	else
		snprintf(eal.prefix, sizeof(eal.prefix), "%.64s-%d", args->program, (int)getpid());
}

static void
apply_memory(const struct plx_args *args)
{
	const struct plx_zone_limits limits = {
		.no_huge = args->no_huge,
		.max = args->mem_max,
		.nb_node_max = args->nb_node_max,
		.node_max = args->node_max,
	};

	plx_zone_set_limits(&limits);
}

static void
undo_memory(void)
{
	plx_zone_free_all();
	plx_zone_set_limits(NULL);
	plx_iova_set_mode(PLX_IOVA_VA, NULL);
}

/* Fits the lcores to the CPUs there are. */
static int
plan_lcores(struct plx_args *args, const cpu_set_t *allowed, struct plx_why *why)
{
	int ret;

	if (args->lcores.count == 0)
		plx_lcore_map_default(&args->lcores, allowed);
	ret = plx_lcore_map_check(&args->lcores, allowed, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "EAL option -l/--lcores: ");
	if (args->main_lcore == PLX_LCORE_NONE)
		args->main_lcore = plx_lcore_map_first(&args->lcores);
	if (!plx_lcore_map_has(&args->lcores, args->main_lcore))
		return plx_why(why, -EINVAL,
			       "EAL option --main-lcore: there is no lcore %u; without -l there is "
			       "one for each CPU",
			       args->main_lcore);
	return 0;
}

/* The control thread keeps off the lcores' CPUs, if others are left. */
static void
control_cpus(const struct plx_lcore_map *map, const cpu_set_t *allowed, cpu_set_t *ret_cpus)
{
	*ret_cpus = *allowed;
	for (uint32_t lcore = 0; lcore < PLX_LCORE_MAX; lcore++) {
		cpu_set_t both;

		CPU_AND(&both, ret_cpus, &map->cpus[lcore]);
		CPU_XOR(ret_cpus, ret_cpus, &both);
	}
	if (CPU_COUNT(ret_cpus) == 0)
		*ret_cpus = *allowed;
}

static void
set_idle(enum plx_args_idle idle)
{
	switch (idle) {
	case PLX_ARGS_IDLE_AUTO:
		plx_idle_unset_policy();
		break;
	case PLX_ARGS_IDLE_POLL:
		plx_idle_set_policy(PLX_IDLE_POLL);
		break;
	case PLX_ARGS_IDLE_YIELD:
		plx_idle_set_policy(PLX_IDLE_YIELD);
		break;
	case PLX_ARGS_IDLE_SLEEP:
		plx_idle_set_policy(PLX_IDLE_SLEEP);
		break;
	}
}

static int
load_plugins(const struct plx_args *args, struct plx_why *why)
{
	for (unsigned i = 0; i < args->plugins.n; i++) {
		int ret = plx_plugin_load(args->plugins.item[i], why);

		if (ret != 0)
			return plx_why_prefix(why, ret, "EAL option -d: ");
	}
	return 0;
}

static int
bring_up(struct plx_args *args, struct plx_why *why)
{
	unsigned driver_mark = plx_driver_added();
	cpu_set_t allowed, control;
	int ret;

	ret = plx_thread_cpus(&allowed, why);
	if (ret == 0)
		ret = plan_lcores(args, &allowed, why);
	if (ret != 0)
		return ret;
	control_cpus(&args->lcores, &allowed, &control);
	ret = apply_log(args, why);
	if (ret != 0)
		goto undo_log;
	apply_memory(args);
	ret = plx_iova_set_mode(args->iova, why);
	if (ret != 0)
		goto undo_memory;
	if (args->iova_given)
		plx_iova_keep_mode();
	if (!plx_clock_invariant())
		plx_log_info(&logger, "the processor's counter may change its pace: %s",
			     plx_clock_source());
	ret = plx_event_start(&control, why);
	if (ret != 0)
		goto undo_memory;
	ret = plx_lcore_start(&args->lcores, args->main_lcore, why);
	if (ret != 0)
		goto stop_events;
	set_idle(args->idle);
	ret = load_plugins(args, why);
	if (ret != 0)
		goto drop_plugins;
	ret = plx_bus_scan(args, why);
	if (ret != 0)
		goto remove_devices;
	return 0;

remove_devices:
	plx_device_remove_all();
	plx_pci_rules_set(NULL, NULL);
drop_plugins:
	plx_driver_drop(driver_mark);
	plx_idle_unset_policy();
	plx_lcore_stop();
stop_events:
	plx_event_stop();
undo_memory:
	undo_memory();
undo_log:
	undo_log();
	return ret;
}

static void
bring_down(void)
{
	plx_lcore_wait_all();
	/* Before the devices, as callbacks of the application may still look at them. */
	plx_event_stop();
	plx_device_remove_all();
	plx_pci_transports_forget();
	plx_pci_rules_set(NULL, NULL);
	plx_driver_drop(0);
	plx_idle_unset_policy();
	plx_lcore_stop();
	undo_memory();
	undo_log();
	eal.prefix[0] = '\0';
}

/* Parses and brings up; returns how many arguments were taken. */
static int
init(int argc, char **argv, struct plx_why *why)
{
	struct plx_args *args = malloc(sizeof(*args));
	int ret;

	if (args == NULL)
		return plx_why(why, -ENOMEM, "no memory for the EAL options");
	ret = plx_args_parse(args, argc, argv, why);
	if (ret != 0)
		goto free_args;
	set_prefix(args);
	eal.no_door = args->no_door;
	ret = bring_up(args, why);
	if (ret != 0) {
		eal.prefix[0] = '\0';
		goto free_args;
	}
	ret = args->consumed;

free_args:
	free(args);
	return ret;
}

int
plx_eal_init(int argc, char **argv, struct plx_why *why)
{
	int ret;

	if (!move_state(DOWN, CHANGING))
		return plx_why(why, -EALREADY,
			       "the EAL is initialised already; plx_eal_cleanup comes first");
	ret = init(argc, argv, why);
	if (ret < 0) {
		move_state(CHANGING, DOWN);
		return ret;
	}
	eal.main = pthread_self();
	if (ret > 0)
		argv[ret] = argv[0];
	move_state(CHANGING, UP);
	return ret;
}

int
plx_eal_cleanup(void)
{
	if (atomic_load(&eal.state) != UP)
		return -EALREADY;
	if (!pthread_equal(eal.main, pthread_self()))
		return -EPERM;
	if (!move_state(UP, CHANGING))
		return -EALREADY;
	bring_down();
	move_state(CHANGING, DOWN);
	return 0;
}

void
plx_eal_usage(FILE *out)
{
	plx_args_usage(out);
}

const char *
plx_eal_prefix(void)
{
	return eal.prefix;
}

bool
plx_eal_wants_door(void)
{
	return atomic_load(&eal.state) == UP && !eal.no_door;
}

const char *
plx_version(void)
{
	return PLX_VERSION;
}
