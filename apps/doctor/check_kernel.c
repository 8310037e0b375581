/* SPDX-License-Identifier: BSD-3-Clause */
/* What of the kernel Pollux needs is there. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static unsigned
version_of(const char *release)
{
	unsigned major = 0, minor = 0;

	sscanf(release, "%u.%u", &major, &minor);
	return major << 16 | minor;
}

#define VERSION(major, minor) ((unsigned)(major) << 16 | (minor))

static void
tell_version(const struct exam *exam, struct report *report)
{
	char release[128];
	unsigned version;

	if (machine_read(&exam->machine, release, sizeof(release), "/proc/sys/kernel/osrelease") !=
	    0) {
		report_add(report, LEVEL_UNSEEN, "the kernel does not tell its version");
		return;
	}
	version = version_of(release);
	report_fact(report, "release", json_string(release));
	if (version < VERSION(5, 9)) {
		report_add(report, exam_lack(exam, FOR_AF_XDP),
			   "Linux %s: net_af_xdp needs 5.9 (XDP links)", release);
		report_mend(report, "a newer kernel, or net_af_packet");
	} else if (version < VERSION(6, 6)) {
		report_add(report, LEVEL_NOTE,
			   "Linux %s: frames larger than a buffer need 6.6 with net_af_xdp",
			   release);
	} else {
		report_add(report, LEVEL_OK, "Linux %s%s", release,
			   version < VERSION(6, 17) ? " (6.17 sends faster by AF_XDP in copy mode)"
						    : "");
	}
}

static bool
has_protocol(const struct exam *exam, const char *name)
{
	char text[16];

	return machine_line(&exam->machine, "/proc/net/protocols", name, text, sizeof(text));
}

static void
tell_protocol(const struct exam *exam, enum purpose purpose, const char *name, const char *what,
	      const char *mend, struct report *report)
{
	bool there = has_protocol(exam, name);

	if ((exam->purposes & purpose) == 0)
		return;
	report_fact(report, what, json_boolean(there));
	if (there) {
		report_add(report, LEVEL_OK, "%s sockets", what);
		return;
	}
	report_add(report, exam_lack(exam, purpose), "no %s sockets", what);
	report_mend(report, "%s", mend);
}

static void
tell_jit(const struct exam *exam, struct report *report)
{
	uint64_t on;

	if (!machine_number(&exam->machine, &on, "/proc/sys/net/core/bpf_jit_enable")) {
		if (machine_has(&exam->machine, "/proc/sys/net/core/bpf_jit_enable"))
			report_add(report, LEVEL_UNSEEN, "whether BPF is compiled (root may look)");
		return;
	}
	report_add(report, on != 0 ? LEVEL_OK : LEVEL_NOTE, "BPF is %s",
		   on != 0 ? "compiled (JIT)" : "interpreted: XDP and filters are slow");
	if (on == 0)
		report_mend(report, "sudo sysctl net.core.bpf_jit_enable=1");
}

static void
tell_bpf(const struct exam *exam, struct report *report)
{
	uint64_t disabled = 0;
	char lockdown[128];

	tell_jit(exam, report);
	if (machine_number(&exam->machine, &disabled, "/proc/sys/kernel/unprivileged_bpf_disabled"))
		report_add(report, LEVEL_OK,
			   disabled != 0
				   ? "BPF is for those with CAP_BPF (XDP always is)"
				   : "simple BPF for everybody; XDP needs CAP_BPF all the same");
	if (!machine_has(&exam->machine, "/sys/kernel/btf/vmlinux"))
		report_add(report, LEVEL_OK, "no BTF (not needed by Pollux)");
	if (machine_read(&exam->machine, lockdown, sizeof(lockdown),
			 "/sys/kernel/security/lockdown") == 0 &&
	    strstr(lockdown, "[confidentiality]") != NULL)
		report_add(
			report, LEVEL_NOTE,
			"the kernel is locked down (confidentiality): BPF programs may be refused");
}

void
check_kernel(const struct exam *exam, struct report *report)
{
	tell_version(exam, report);
	tell_protocol(exam, FOR_AF_XDP, "XDP", "AF_XDP",
		      "a kernel with CONFIG_XDP_SOCKETS=y, or net_af_packet", report);
	tell_protocol(exam, FOR_AF_PACKET, "PACKET", "AF_PACKET", "sudo modprobe af_packet",
		      report);
	if ((exam->purposes & FOR_AF_XDP) != 0)
		tell_bpf(exam, report);
}

void
check_tun(const struct exam *exam, struct report *report)
{
	int err = machine_may_use(&exam->machine, "/dev/net/tun");

	report_fact(report, "usable", json_boolean(err == 0));
	if (err == 0) {
		report_add(report, LEVEL_OK, "/dev/net/tun is there and may be opened");
	} else if (err == -EACCES || err == -EPERM) {
		report_add(report, exam_lack(exam, FOR_TAP),
			   "/dev/net/tun may not be opened by you");
		report_mend(report,
			    "sudo chmod 0666 /dev/net/tun (the usual rights: making a tap needs "
			    "CAP_NET_ADMIN all the same)");
	} else {
		report_add(report, exam_lack(exam, FOR_TAP), "/dev/net/tun is missing");
		report_mend(report, "sudo modprobe tun; for a container: --device /dev/net/tun");
	}
}
