/* SPDX-License-Identifier: BSD-3-Clause */
/* What is left of the machine's memory and of the cgroup's; what may be locked. */
#include "check.h"

#include "privilege.h"
#include "units.h"

#include <stdio.h>
#include <string.h>

#define LEAST (256ull << 20) /* what a program with a few queues takes */

/* Of this process' cgroup (v2) and those above it: the least memory.max. */
static bool
cgroup_max(const struct machine *m, uint64_t *ret_max)
{
	char path[512], *slash;
	bool found = false;

	if (!machine_line(m, "/proc/self/cgroup", "0::", path, sizeof(path)))
		return false;
	for (;;) {
		uint64_t max;

		if (machine_number(m, &max, "/sys/fs/cgroup%s/memory.max", path) &&
		    (!found || max < *ret_max)) {
			*ret_max = max;
			found = true;
		}
		slash = strrchr(path, '/');
		if (slash == NULL)
			return found;
		*slash = '\0';
	}
}

void
check_memory(const struct exam *exam, struct report *report)
{
	const struct machine *m = &exam->machine;
	uint64_t kb = 0, max = 0;

	if (!machine_keyed(m, "/proc/meminfo", "MemAvailable:", &kb)) {
		report_add(report, LEVEL_UNSEEN, "/proc/meminfo does not tell what is available");
	} else if (kb * 1024 < LEAST) {
		report_add(report, LEVEL_NOTE, "%s are available, little for packet pools",
			   units_bytes(kb * 1024).text);
		report_mend(report,
			    "fewer buffers: --total-num-mbufs, fewer queues, --rxd; who has it: "
			    "ps -eo rss,pid,comm --sort -rss");
	} else {
		report_add(report, LEVEL_OK, "%s are available", units_bytes(kb * 1024).text);
	}
	report_fact(report, "available_bytes", json_count(kb * 1024));
	if (!cgroup_max(m, &max))
		return;
	report_add(report, max < LEAST ? LEVEL_NOTE : LEVEL_OK, "the cgroup allows %s",
		   units_bytes(max).text);
	if (max < LEAST)
		report_mend(report, "raise memory.max of the cgroup: systemctl set-property UNIT "
				    "MemoryMax=1G, docker update --memory 1g");
	report_fact(report, "cgroup_max_bytes", json_count(max));
}

/* "Max locked memory  8388608  8388608  bytes": the soft limit. */
static bool
locked_limit(const struct machine *m, uint64_t *ret_bytes)
{
	unsigned long long bytes;
	char text[128];

	if (!machine_line(m, "/proc/self/limits", "Max locked memory", text, sizeof(text)))
		return false;
	if (strncmp(text, "unlimited", 9) == 0)
		*ret_bytes = UINT64_MAX;
	else if (sscanf(text, "%llu", &bytes) == 1)
		*ret_bytes = bytes;
	else
		return false;
	return true;
}

void
check_memlock(const struct exam *exam, struct report *report)
{
	const uint64_t pool = 64ull << 20; /* of a program with some queues */
	uint64_t bytes, caps = 0;

	exam_capabilities(exam, &caps);
	if (!locked_limit(&exam->machine, &bytes)) {
		report_add(report, LEVEL_UNSEEN, "/proc/self/limits does not tell the limit");
		return;
	}
	report_fact(report, "limit_bytes", bytes == UINT64_MAX ? json_null() : json_count(bytes));
	if (bytes == UINT64_MAX || (caps & PRIVILEGE_BIT(CAP_IPC_LOCK)) != 0) {
		report_add(report, LEVEL_OK, "any amount may be locked%s",
			   bytes == UINT64_MAX ? "" : " (CAP_IPC_LOCK)");
		return;
	}
	report_add(report, bytes < pool ? exam_lack(exam, FOR_AF_XDP | FOR_PCI) : LEVEL_OK,
		   "%llu KiB may be locked; AF_XDP and VFIO lock a whole pool, often some %llu KiB",
		   (unsigned long long)bytes >> 10, (unsigned long long)pool >> 10);
	report_mend(report,
		    "sudo prlimit --pid $$ --memlock=unlimited; LimitMEMLOCK=infinity in a unit; "
		    "or setcap with cap_ipc_lock");
}
