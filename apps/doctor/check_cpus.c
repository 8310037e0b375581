/* SPDX-License-Identifier: BSD-3-Clause */
/* CPUs this program may run on, how much of them, and on which nodes they are. */
#include "check.h"

#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS  "/sys/devices/system/cpu"
#define NODES "/sys/devices/system/node"

/* How many a list such as "0-3,8" names. */
static unsigned
count_list(const char *list)
{
	unsigned n = 0;

	while (*list != '\0') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (end == list)
			return n;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		n += last >= first ? (unsigned)(last - first) + 1 : 0;
		list = *end == ',' ? end + 1 : end;
		if (*end != ',' && *end != '\0')
			return n;
	}
	return n;
}

/* "150000 100000" is one and a half CPU; "max 100000" no limit. The least of the groups above counts. */
static double
quota(const struct machine *m)
{
	char path[512], text[64], *slash;
	unsigned long long use, period;
	double least = 0;

	if (!machine_line(m, "/proc/self/cgroup", "0::", path, sizeof(path)))
		return 0;
	for (;;) {
		if (machine_read(m, text, sizeof(text), "/sys/fs/cgroup%s/cpu.max", path) == 0 &&
		    sscanf(text, "%llu %llu", &use, &period) == 2 && period != 0 &&
		    (least == 0 || (double)use / (double)period < least))
			least = (double)use / (double)period;
		slash = strrchr(path, '/');
		if (slash == NULL)
			return least;
		*slash = '\0';
	}
}

static void
tell_quota(const struct machine *m, struct report *report)
{
	double cpus = quota(m);

	if (cpus <= 0)
		return;
	report_add(
		report, LEVEL_NOTE,
		"the cgroup allows the time of %.2f CPUs: lcores that poll use it up and are then "
		"stopped for a while, when packets are lost",
		cpus);
	report_mend(report,
		    "systemctl set-property UNIT CPUQuota=, docker run without --cpus; or --idle "
		    "sleep, which uses little");
	report_fact(report, "quota_cpus", json_real(cpus));
}

static void
tell_isolated(const struct machine *m, struct report *report)
{
	char isolated[256];

	if (machine_read(m, isolated, sizeof(isolated), CPUS "/isolated") != 0 ||
	    isolated[0] == '\0')
		return;
	report_add(report, LEVEL_OK, "isolated from the scheduler: %s; name them with -l",
		   isolated);
	report_fact(report, "isolated", json_string(isolated));
}

void
check_cpus(const struct exam *exam, struct report *report)
{
	const struct machine *m = &exam->machine;
	char allowed[256], online[256];
	unsigned n;

	if (!machine_line(m, "/proc/self/status", "Cpus_allowed_list", allowed, sizeof(allowed)) ||
	    machine_read(m, online, sizeof(online), CPUS "/online") != 0) {
		report_add(report, LEVEL_UNSEEN, "the kernel does not tell which CPUs there are");
		return;
	}
	n = count_list(allowed);
	report_fact(report, "allowed", json_string(allowed));
	report_fact(report, "online", json_string(online));
	report_add(report, n < count_list(online) ? LEVEL_NOTE : LEVEL_OK,
		   "programs started here may run on CPU %s, of %s that are online", allowed,
		   online);
	if (n < count_list(online))
		report_mend(report,
			    "taskset -c %s PROGRAM; AllowedCPUs= of the unit, --cpuset-cpus of the "
			    "container",
			    online);
	if (n == 1) {
		report_add(report, LEVEL_NOTE, "one CPU: lcores share it and take turns");
		report_mend(report, "--lcores '(0-1)@%s' --idle sleep", allowed);
	}
	tell_isolated(m, report);
	tell_quota(m, report);
}

static void
tell_node(const struct machine *m, const char *node, struct report *report)
{
	uint64_t total = 0, unused = 0;
	char cpus[256] = "", key[64], file[128];

	machine_read(m, cpus, sizeof(cpus), NODES "/%s/cpulist", node);
	snprintf(file, sizeof(file), NODES "/%.32s/meminfo", node);
	snprintf(key, sizeof(key), "Node %.20s MemTotal:", node + strlen("node"));
	machine_keyed(m, file, key, &total);
	snprintf(key, sizeof(key), "Node %.20s MemFree:", node + strlen("node"));
	machine_keyed(m, file, key, &unused);
	report_add(report, total == 0 ? LEVEL_NOTE : LEVEL_OK, "%s: CPUs %s, %s of memory, %s free",
		   node, cpus[0] != '\0' ? cpus : "none", units_bytes(total * 1024).text,
		   units_bytes(unused * 1024).text);
}

void
check_numa(const struct exam *exam, struct report *report)
{
	const struct machine *m = &exam->machine;
	struct names nodes;
	unsigned n = 0;

	machine_list(m, &nodes, NODES);
	for (unsigned i = 0; i < nodes.n; i++) {
		if (strncmp(nodes.name[i], "node", 4) != 0 || nodes.name[i][4] < '0' ||
		    nodes.name[i][4] > '9')
			continue;
		tell_node(m, nodes.name[i], report);
		n++;
	}
	if (n == 0)
		report_add(report, LEVEL_OK, "one node: nothing to place");
	report_fact(report, "nodes", json_count(n));
	names_free(&nodes);
}
