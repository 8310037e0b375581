/* SPDX-License-Identifier: BSD-3-Clause */
/* What this user may do, driver by driver: docs/guides/privileges.md has the reasons. */
#include "check.h"

#include "privilege.h"

#include <stdio.h>
#include <string.h>

#define BIT(cap) PRIVILEGE_BIT(cap)

static const struct driver {
	const char *name;
	enum purpose purpose;
	uint64_t needs;
	uint64_t likes;
	const char *without_likes;
	const char *otherwise; /* how to do without rights */
} drivers[] = {
	{"net_af_xdp", FOR_AF_XDP, BIT(CAP_NET_RAW) | BIT(CAP_NET_ADMIN) | BIT(CAP_BPF),
	 BIT(CAP_IPC_LOCK),
	 "the pool counts against the limit of locked memory (plx-doctor memlock)", ""},
	{"net_af_packet", FOR_AF_PACKET, BIT(CAP_NET_RAW), BIT(CAP_NET_ADMIN),
	 "MTU, address and link of the interface cannot be changed", ""},
	{"net_tap", FOR_TAP, BIT(CAP_NET_ADMIN), 0, NULL,
	 "; or without any: sudo ip tuntap add dtap0 mode tap multi_queue user $USER && sudo ip link "
	 "set dtap0 up, then net_tap0,iface=dtap0,persist=1"},
};

bool
exam_capabilities(const struct exam *exam, uint64_t *ret_caps)
{
	unsigned long long caps;
	char text[64];

	if (!machine_line(&exam->machine, "/proc/self/status", "CapEff", text, sizeof(text)) ||
	    sscanf(text, "%llx", &caps) != 1)
		return false;
	/* What became CAP_BPF in Linux 5.8 was part of this one, and still is. */
	if ((caps & BIT(CAP_SYS_ADMIN)) != 0)
		caps |= BIT(CAP_BPF);
	*ret_caps = caps;
	return true;
}

static void
tell_driver(const struct exam *exam, const struct driver *driver, uint64_t caps,
	    struct report *report)
{
	const uint64_t lacks = driver->needs & ~caps, misses = driver->likes & ~caps;
	char names[128], wants[128];

	if (lacks != 0) {
		report_add(report, exam_lack(exam, driver->purpose), "%s lacks %s", driver->name,
			   privilege_names(lacks, names, sizeof(names)));
		report_mend(report, "run as root, or sudo setcap %s+ep PROGRAM%s",
			    privilege_setcap(driver->needs | driver->likes, wants, sizeof(wants)),
			    driver->otherwise);
	} else if (misses != 0) {
		report_add(report, LEVEL_NOTE, "%s starts; without %s %s", driver->name,
			   privilege_names(misses, names, sizeof(names)), driver->without_likes);
	} else {
		report_add(report, LEVEL_OK, "%s has what it needs", driver->name);
	}
	report_fact(report, driver->name, json_boolean(lacks == 0));
}

/* Capabilities of a user namespace reach no further than what belongs to it. */
static void
tell_namespace(const struct exam *exam, struct report *report)
{
	unsigned long long inside, outside, count;
	char map[128];

	if (machine_read(&exam->machine, map, sizeof(map), "/proc/self/uid_map") != 0 ||
	    sscanf(map, "%llu %llu %llu", &inside, &outside, &count) != 3 || count == UINT32_MAX)
		return;
	report_add(report, exam_lack(exam, FOR_AF_XDP),
		   "this is a user namespace: its capabilities reach only interfaces of network "
		   "namespaces made in it, and load no XDP program");
	report_mend(report, "use net_af_packet or net_tap, or start outside of it");
}

static void
tell_filters(const struct exam *exam, struct report *report)
{
	uint64_t number;

	if (machine_keyed(&exam->machine, "/proc/self/status", "Seccomp:", &number) &&
	    number != 0) {
		report_add(
			report, LEVEL_NOTE,
			"a seccomp filter is in force (a container's?): it may refuse bpf() and sockets "
			"whatever the capabilities");
		report_mend(
			report,
			"docker run --security-opt seccomp=unconfined, or a profile that allows bpf");
	}
	if (machine_keyed(&exam->machine, "/proc/self/status", "NoNewPrivs:", &number) &&
	    number != 0) {
		report_add(
			report, LEVEL_NOTE,
			"no_new_privs is set: file capabilities (setcap) and sudo have no effect here");
		report_mend(report, "start from a shell or unit without NoNewPrivileges=");
	}
}

void
check_capabilities(const struct exam *exam, struct report *report)
{
	char names[1200];
	uint64_t caps;

	if (!exam_capabilities(exam, &caps)) {
		report_add(report, LEVEL_UNSEEN,
			   "/proc/self/status does not tell the capabilities");
		return;
	}
	for (unsigned i = 0; i < PLX_ARRAY_LEN(drivers); i++) {
		if ((exam->purposes & drivers[i].purpose) != 0)
			tell_driver(exam, &drivers[i], caps, report);
	}
	report_add(report, LEVEL_OK, "net_null, net_ring and net_pcap need none");
	tell_namespace(exam, report);
	tell_filters(exam, report);
	report_fact(report, "effective", json_string(privilege_names(caps, names, sizeof(names))));
}
