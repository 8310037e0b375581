/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option table and what each option does to struct plx_args. Spellings are DPDK's; what has no meaning
 * here stands at the end with the reason, so that command lines can be carried over.
 */
#include "args_table_priv.h"

#include "pci/pci_address_priv.h"
#include "plx_kvargs.h"

#include <errno.h>
#include <string.h>

#define MB (1ULL << 20)

static int
list_add(struct plx_args_list *list, const char *value, struct plx_why *why)
{
	if (*value == '\0')
		return plx_why(why, -EINVAL, "the value is empty");
	if (list->n == PLX_ARGS_LIST_MAX)
		return plx_why(why, -EINVAL, "given more than %d times", PLX_ARGS_LIST_MAX);
	list->item[list->n++] = value;
	return 0;
}

static int
set_lcores(struct plx_args *args, const char *value, struct plx_why *why)
{
	return plx_lcore_map_parse(&args->lcores, value, why);
}

static int
set_mask(struct plx_args *args, const char *value, struct plx_why *why)
{
	return plx_lcore_map_parse_mask(&args->lcores, value, why);
}

static int
set_main_lcore(struct plx_args *args, const char *value, struct plx_why *why)
{
	uint64_t lcore;

	if (plx_kvargs_uint(value, 0, PLX_LCORE_MAX - 1, &lcore) != 0)
		return plx_why(why, -EINVAL, "'%s' is no lcore number from 0 to %d", value,
			       PLX_LCORE_MAX - 1);
	args->main_lcore = (uint32_t)lcore;
	return 0;
}

static int
set_idle(struct plx_args *args, const char *value, struct plx_why *why)
{
	if (strcmp(value, "poll") == 0)
		args->idle = PLX_ARGS_IDLE_POLL;
	else if (strcmp(value, "yield") == 0)
		args->idle = PLX_ARGS_IDLE_YIELD;
	else if (strcmp(value, "sleep") == 0)
		args->idle = PLX_ARGS_IDLE_SLEEP;
	else
		return plx_why(why, -EINVAL, "'%s' is none of poll, yield, sleep", value);
	return 0;
}

static int
add_allow(struct plx_args *args, const char *value, struct plx_why *why)
{
	const bool is_pci = plx_pci_address_is(value);

	/* Names of drivers begin with a letter. */
	if (!is_pci && value[0] >= '0' && value[0] <= '9')
		return plx_why(
			why, -EINVAL,
			"'%s' is no PCI address such as 0000:00:08.0: domain, bus, device and "
			"function, of which the last is 0 to 7",
			value);
	return list_add(is_pci ? &args->allow : &args->devices, value, why);
}

static int
add_block(struct plx_args *args, const char *value, struct plx_why *why)
{
	if (!plx_pci_address_is(value))
		return plx_why(why, -EINVAL,
			       "'%s' is no PCI address such as 0000:00:08.0; a virtual device is "
			       "there only if --vdev makes it",
			       value);
	return list_add(&args->block, value, why);
}

static int
add_vdev(struct plx_args *args, const char *value, struct plx_why *why)
{
	return list_add(&args->devices, value, why);
}

static int
add_plugin(struct plx_args *args, const char *value, struct plx_why *why)
{
	return list_add(&args->plugins, value, why);
}

static int
set_no_pci(struct plx_args *args, const char *value, struct plx_why *why)
{
	args->no_pci = true;
	return 0;
}

static int
set_mem(struct plx_args *args, const char *value, struct plx_why *why)
{
	uint64_t mb;

	if (plx_kvargs_uint(value, 1, UINT32_MAX, &mb) != 0)
		return plx_why(why, -EINVAL, "'%s' is no number of megabytes, 1 or more", value);
	args->mem_max = mb * MB;
	return 0;
}

/* "512,0,256": megabytes on node 0, 1, 2. */
static int
set_node_mem(struct plx_args *args, const char *value, struct plx_why *why)
{
	const char *at = value;

	for (;;) {
		size_t len = strcspn(at, ",");
		char number[24];
		uint64_t mb;

		if (args->nb_node_max == PLX_ARGS_NODE_MAX)
			return plx_why(why, -EINVAL, "'%s' names more than %d nodes", value,
				       PLX_ARGS_NODE_MAX);
		if (len == 0 || len >= sizeof(number))
			return plx_why(why, -EINVAL, "'%s' is no list like 512,512", value);
		memcpy(number, at, len);
		number[len] = '\0';
		if (plx_kvargs_uint(number, 0, UINT32_MAX, &mb) != 0)
			return plx_why(why, -EINVAL,
				       "'%s' in '%s' is no number of megabytes (one a node, as "
				       "in 512,512)",
				       number, value);
		args->node_max[args->nb_node_max++] = mb * MB;
		if (at[len] == '\0')
			return 0;
		at += len + 1;
	}
}

static int
set_no_huge(struct plx_args *args, const char *value, struct plx_why *why)
{
	args->no_huge = true;
	return 0;
}

static int
set_iova(struct plx_args *args, const char *value, struct plx_why *why)
{
	args->iova_given = true;
	if (strcmp(value, "va") == 0)
		args->iova = PLX_IOVA_VA;
	else if (strcmp(value, "pa") == 0)
		args->iova = PLX_IOVA_PA;
	else
		return plx_why(why, -EINVAL, "'%s' is neither pa nor va", value);
	return 0;
}

static int
set_prefix(struct plx_args *args, const char *value, struct plx_why *why)
{
	if (*value == '\0' || *value == '.' || strlen(value) > 64 || strchr(value, '/') != NULL)
		return plx_why(why, -EINVAL,
			       "'%s' should be 1 to 64 characters, without '/' and no '.' first",
			       value);
	args->prefix = value;
	return 0;
}

static int
set_no_door(struct plx_args *args, const char *value, struct plx_why *why)
{
	args->no_door = true;
	return 0;
}

static int
set_proc_type(struct plx_args *args, const char *value, struct plx_why *why)
{
	if (strcmp(value, "primary") == 0 || strcmp(value, "auto") == 0)
		return 0;
	return plx_why(why, -EINVAL,
		       "'%s': there are no secondary processes; memory is handed to other "
		       "processes by file descriptor",
		       value);
}

static int
add_log_rule(struct plx_args *args, const char *value, struct plx_why *why)
{
	return list_add(&args->log_rules, value, why);
}

static int
set_version(struct plx_args *args, const char *value, struct plx_why *why)
{
	args->version = true;
	return 0;
}

static int
ask_help(struct plx_args *args, const char *value, struct plx_why *why)
{
	return plx_why(why, -ECANCELED, "help was asked for");
}

static int
no_whitelist(struct plx_args *args, const char *value, struct plx_why *why)
{
	return plx_why(why, -EINVAL, "it is called -a (--allow) today");
}

static int
no_blacklist(struct plx_args *args, const char *value, struct plx_why *why)
{
	return plx_why(why, -EINVAL, "it is called -b (--block) today");
}

static int
no_master(struct plx_args *args, const char *value, struct plx_why *why)
{
	return plx_why(why, -EINVAL, "it is called --main-lcore today");
}

#define FILES  "all memory is memfds, there are no files"
#define NO_UIO "no kernel module is driven that way"
#define SOCKET "it belongs to a facility that is not part of this library"

const struct plx_args_row plx_args_rows[] = {
	{'l', "lcores", NULL, PLX_ARGS_VALUE, false, "LCORES",
	 "lcores and the CPUs they run on: 0-3 or 0,2 or\n"
	 "'(0-3)@(0-1)' or 0@1,1@(2,3)\n"
	 "(default: one for each CPU the program may run on)",
	 set_lcores},
	{'c', NULL, NULL, PLX_ARGS_VALUE, false, "MASK",
	 "the same as a hexadecimal mask of CPUs (now: -l)", set_mask},
	{0, "main-lcore", NULL, PLX_ARGS_VALUE, false, "LCORE",
	 "the lcore of the thread that starts all (the first)", set_main_lcore},
	{0, "idle", NULL, PLX_ARGS_VALUE, false, "POLICY",
	 "what loops do without work: poll, yield or sleep\n"
	 "(default: yield when lcores share CPUs, else poll)",
	 set_idle},

	{'a', "allow", NULL, PLX_ARGS_VALUE, true, "DEVICE",
	 "use this PCI device, and none that is not allowed;\n"
	 "or as --vdev",
	 add_allow},
	{'b', "block", NULL, PLX_ARGS_VALUE, true, "ADDRESS", "leave this PCI device alone",
	 add_block},
	{0, "vdev", NULL, PLX_ARGS_VALUE, true, "DEVICE",
	 "make a virtual device: net_null0,\n"
	 "or net_af_xdp0,iface=eth1",
	 add_vdev},
	{'d', "driver-path", NULL, PLX_ARGS_VALUE, true, "PATH",
	 "load the driver from this .so file, or from all of a\n"
	 "folder",
	 add_plugin},
	{0, "no-pci", NULL, PLX_ARGS_FLAG, false, NULL, "look for no PCI devices", set_no_pci},

	{'m', "memory-size", NULL, PLX_ARGS_VALUE, false, "MB", "use no more memory than this",
	 set_mem},
	{0, "numa-mem", "socket-mem", PLX_ARGS_VALUE, false, "MB,MB...",
	 "use no more memory than this on NUMA node 0, 1...", set_node_mem},
	{0, "no-huge", NULL, PLX_ARGS_FLAG, false, NULL, "use no huge pages", set_no_huge},
	{0, "iova-mode", NULL, PLX_ARGS_VALUE, false, "pa|va",
	 "addresses given to devices: physical or virtual (va)", set_iova},
	{0, "file-prefix", NULL, PLX_ARGS_VALUE, false, "NAME",
	 "what tells this program from others\n"
	 "(default: program name and process number)",
	 set_prefix},
	{0, "no-door", "no-telemetry", PLX_ARGS_FLAG, false, NULL,
	 "open no control socket (plx-ctl)", set_no_door},

	{0, "log-level", NULL, PLX_ARGS_VALUE, true, "RULE",
	 "debug, or for some components 'pmd.*:debug';\n"
	 "levels 1-8 or their names",
	 add_log_rule},
	{'v', "version", NULL, PLX_ARGS_FLAG, false, NULL, "say the version at the start",
	 set_version},
	{'h', "help", NULL, PLX_ARGS_FLAG, false, NULL, "this text", ask_help},
	{0, "proc-type", NULL, PLX_ARGS_VALUE, false, "primary",
	 "primary is the only kind of process there is", set_proc_type},

	{'w', "pci-whitelist", NULL, PLX_ARGS_VALUE, true, NULL, NULL, no_whitelist},
	{0, "pci-blacklist", NULL, PLX_ARGS_VALUE, true, NULL, NULL, no_blacklist},
	{0, "master-lcore", NULL, PLX_ARGS_VALUE, true, NULL, NULL, no_master},

	{'n', "memory-channels", NULL, PLX_ARGS_VALUE, false, "N",
	 "data areas are spread by their own stride"},
	{'r', "memory-ranks", NULL, PLX_ARGS_VALUE, false, "N",
	 "data areas are spread by their own stride"},
	{0, "in-memory", NULL, PLX_ARGS_FLAG, false, NULL, "it is always so"},
	{0, "huge-dir", NULL, PLX_ARGS_VALUE, false, "FOLDER", FILES},
	{0, "huge-unlink", NULL, PLX_ARGS_OPTIONAL, false, "WHEN", FILES},
	{0, "no-shconf", NULL, PLX_ARGS_FLAG, false, NULL, FILES},
	{0, "single-file-segments", NULL, PLX_ARGS_FLAG, false, NULL,
	 "each zone is one file descriptor"},
	{0, "legacy-mem", NULL, PLX_ARGS_FLAG, false, NULL, "zones are made when asked for"},
	{0, "match-allocations", NULL, PLX_ARGS_FLAG, false, NULL, "it is always so"},
	{0, "base-virtaddr", NULL, PLX_ARGS_VALUE, false, "ADDRESS",
	 "no process needs memory at a certain address"},
	{0, "huge-worker-stack", NULL, PLX_ARGS_OPTIONAL, false, "KB",
	 "workers have the stacks of threads"},
	{0, "mbuf-pool-ops-name", NULL, PLX_ARGS_VALUE, false, "NAME", "there is one kind of pool"},
	{0, "force-max-simd-bitwidth", NULL, PLX_ARGS_VALUE, false, "BITS",
	 "the instruction set is chosen at build time"},
	{0, "no-hpet", NULL, PLX_ARGS_FLAG, false, NULL, "the clock is the processor's counter"},
	{0, "vmware-tsc-map", NULL, PLX_ARGS_FLAG, false, NULL,
	 "the clock is the processor's counter"},
	{0, "create-uio-dev", NULL, PLX_ARGS_FLAG, false, NULL, NO_UIO},
	{0, "vfio-intr", NULL, PLX_ARGS_VALUE, false, "MODE", NO_UIO},
	{0, "vfio-vf-token", NULL, PLX_ARGS_VALUE, false, "UUID", NO_UIO},
	{0, "telemetry", NULL, PLX_ARGS_FLAG, false, NULL, "the control socket is always open"},
	{0, "syslog", NULL, PLX_ARGS_OPTIONAL, false, "FACILITY", "messages go to stderr"},
	{0, "log-color", NULL, PLX_ARGS_OPTIONAL, false, "WHEN", "messages have no colours"},
	{0, "log-timestamp", NULL, PLX_ARGS_OPTIONAL, false, "FORMAT",
	 "whoever collects the messages stamps them"},
	{0, "trace", NULL, PLX_ARGS_VALUE, true, "PATTERN", SOCKET},
	{0, "trace-dir", NULL, PLX_ARGS_VALUE, false, "FOLDER", SOCKET},
	{0, "trace-bufsz", NULL, PLX_ARGS_VALUE, false, "SIZE", SOCKET},
	{0, "trace-mode", NULL, PLX_ARGS_VALUE, false, "MODE", SOCKET},
	{0},
};

PLX_STATIC_ASSERT(PLX_ARRAY_LEN(plx_args_rows) <= PLX_ARGS_ROW_MAX, "struct plx_args marks rows");

const struct plx_args_pair plx_args_pairs[] = {
	{"-l/--lcores", "-c", "-l is enough"},
	{"-a/--allow", "-b/--block", "what is not allowed is blocked already"},
	{"-m/--memory-size", "--numa-mem", "the total is the sum of the nodes"},
	{"--no-huge", "--numa-mem", "plain pages have no certain node"},
	{"--telemetry", "--no-door", "a control socket is there or not"},
	{NULL, NULL, NULL},
};
