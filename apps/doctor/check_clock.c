/* SPDX-License-Identifier: BSD-3-Clause */
/* What time stamps are made of, and whether the CPUs run at full speed. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#define SOURCES "/sys/devices/system/clocksource/clocksource0"
#define CPUS	"/sys/devices/system/cpu"

static bool
has_flag(const char *flags, const char *flag)
{
	size_t len = strlen(flag);

	for (const char *at = flags; (at = strstr(at, flag)) != NULL; at += len) {
		if ((at == flags || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

static void
tell_counter(const struct machine *m, struct report *report)
{
	char flags[8192];
	bool invariant;

	if (!machine_line(m, "/proc/cpuinfo", "flags", flags, sizeof(flags)))
		return; /* not x86, where the counter is the architecture's */
	invariant = has_flag(flags, "constant_tsc") && has_flag(flags, "nonstop_tsc");
	report_fact(report, "invariant", json_boolean(invariant));
	if (invariant) {
		report_add(report, LEVEL_OK,
			   "the processor's counter keeps its pace (invariant TSC)");
		return;
	}
	report_add(
		report, LEVEL_NOTE,
		"the processor's counter may change its pace: time stamps made by Pollux drift until "
		"they are set right again, once a second");
	report_mend(report, "in a virtual machine pass the flag on: -cpu host,+invtsc, <feature "
			    "policy='require' name='invtsc'/>");
}

void
check_clock(const struct exam *exam, struct report *report)
{
	char source[64];

	tell_counter(&exam->machine, report);
	if (machine_read(&exam->machine, source, sizeof(source), SOURCES "/current_clocksource") !=
	    0) {
		report_add(report, LEVEL_UNSEEN, "the kernel does not tell its clock source");
		return;
	}
	report_fact(report, "source", json_string(source));
	if (strcmp(source, "hpet") == 0 || strcmp(source, "acpi_pm") == 0) {
		report_add(
			report, LEVEL_NOTE,
			"the kernel's clock is %s, slow to read: it did not trust the processor's "
			"counter (dmesg | grep -i tsc)",
			source);
		report_mend(report,
			    "tsc=reliable on the kernel's command line, if the counter is sound");
		return;
	}
	report_add(report, LEVEL_OK, "the kernel's clock is %s", source);
}

void
check_governor(const struct exam *exam, struct report *report)
{
	unsigned slow = 0, known = 0;
	char governor[64], first[64] = "";
	struct names cpus;

	machine_list(&exam->machine, &cpus, CPUS);
	for (unsigned i = 0; i < cpus.n; i++) {
		if (machine_read(&exam->machine, governor, sizeof(governor),
				 CPUS "/%s/cpufreq/scaling_governor", cpus.name[i]) != 0)
			continue;
		known++;
		if (strcmp(governor, "performance") == 0)
			continue;
		slow++;
		memcpy(first, governor, sizeof(first));
	}
	names_free(&cpus);
	if (known == 0) {
		report_add(report, LEVEL_OK,
			   "the kernel does not change the frequency (a virtual machine?)");
	} else if (slow == 0) {
		report_add(report, LEVEL_OK, "performance on all %u CPUs", known);
	} else {
		report_add(report, LEVEL_NOTE,
			   "'%s' on %u of %u CPUs: figures vary, latencies are longer", first, slow,
			   known);
		report_mend(report,
			    "sudo cpupower frequency-set -g performance (package linux-cpupower)");
	}
	report_fact(report, "not_performance", json_count(slow));
}
