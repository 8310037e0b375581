/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port on each kernel interface would find: state, queues, XDP, MTU, who holds it. */
#include "check.h"

#include "link.h"
#include "route.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include <pollux/plx_xdp.h>

struct link {
	const char *name;
	struct link_facts facts;
};

static bool
is_up(const struct link *link)
{
	return (link->facts.flags & IFF_UP) != 0;
}

static void
xdp_text(const struct link_facts *facts, char *text, size_t size)
{
	if (!facts->features_known)
		snprintf(text, size, "native XDP unknown (Linux 6.3 tells)");
	else if ((facts->features & LINK_XDP_BASIC) == 0)
		snprintf(text, size, "generic XDP only, copy mode");
	else
		snprintf(text, size, "native XDP, %s%s",
			 (facts->features & LINK_XDP_ZEROCOPY) != 0 ? "zero-copy" : "copy mode",
			 (facts->features & LINK_XDP_RX_SG) != 0 ? ", multi-buffer" : "");
}

static void
queues_text(const struct link_facts *facts, char *text, size_t size)
{
	if (facts->rx_queues == 0)
		snprintf(text, size, "1 queue");
	else if (facts->max_queues > facts->rx_queues)
		snprintf(text, size, "%u rx queue%s of %u", facts->rx_queues,
			 facts->rx_queues == 1 ? "" : "s", facts->max_queues);
	else
		snprintf(text, size, "%u rx queue%s", facts->rx_queues,
			 facts->rx_queues == 1 ? "" : "s");
}

static void
tell_holder(const struct exam *exam, const struct link *link, struct report *report)
{
	const struct link_facts *facts = &link->facts;
	const char *name = facts->prog_name[0] != '\0' ? facts->prog_name : "?";

	if (facts->prog_id == 0 || (exam->purposes & FOR_AF_XDP) == 0)
		return;
	if (facts->holder_pid != 0) {
		report_add(report, exam_lack(exam, FOR_AF_XDP),
			   "%s is taken by XDP program %u '%s' of process %d (%s)", link->name,
			   facts->prog_id, name, facts->holder_pid, facts->holder);
		report_mend(report, "end that process: sudo kill %d", facts->holder_pid);
	} else if (facts->bpf_link != 0) {
		report_add(
			report, exam_lack(exam, FOR_AF_XDP),
			"%s is taken by XDP program %u '%s' on bpf link %u, which no process here has open",
			link->name, facts->prog_id, name, facts->bpf_link);
		report_mend(report, "sudo bpftool link detach id %u", facts->bpf_link);
	} else {
		report_add(report, exam_lack(exam, FOR_AF_XDP),
			   "%s is taken by XDP program %u '%s'%s", link->name, facts->prog_id, name,
			   facts->holder_visible ? ", put there by netlink" : " (root sees whose)");
		report_mend(report, "sudo ip link set dev %s %s off, unless a process holds it",
			    link->name, facts->prog_generic ? "xdpgeneric" : "xdpdrv");
	}
}

static void
tell_limits(const struct exam *exam, const struct link *link, struct report *report)
{
	if (!is_up(link)) {
		report_add(report,
			   exam->interface != NULL ? exam_lack(exam, FOR_AF_XDP | FOR_AF_PACKET)
						   : LEVEL_NOTE,
			   "%s is down: ports on it do not start", link->name);
		report_mend(report, "sudo ip link set dev %s up", link->name);
	}
	if ((exam->purposes & FOR_AF_XDP) == 0)
		return;
	if (link->facts.mtu > PLX_XDP_MTU_ONE_PAGE) {
		report_add(report, LEVEL_NOTE,
			   "%s has an MTU of %u: native XDP takes it only in several buffers (the "
			   "programs ask for that themselves, Linux 6.6)",
			   link->name, link->facts.mtu);
		report_mend(report, "sudo ip link set dev %s mtu %u, on veth at the peer too",
			    link->name, PLX_XDP_MTU_ONE_PAGE);
	}
	if (route_uses(&exam->machine, link->name)) {
		report_add(report, LEVEL_NOTE,
			   "%s carries a route: net_af_xdp would take its packets from the kernel",
			   link->name);
		report_mend(report,
			    "net_af_packet0,iface=%s copies them; or filter= with net_af_xdp",
			    link->name);
	}
}

static void
tell(const struct exam *exam, const struct link *link, struct report *report)
{
	const struct link_facts *facts = &link->facts;
	char xdp[64], queues[64];

	if (facts->type != ARPHRD_ETHER && facts->type != ARPHRD_LOOPBACK) {
		report_add(report, LEVEL_OK, "%s is no Ethernet interface: no port can be on it",
			   link->name);
		return;
	}
	xdp_text(facts, xdp, sizeof(xdp));
	queues_text(facts, queues, sizeof(queues));
	report_add(report, LEVEL_OK, "%s: %s, %s, MTU %u, %s, %s", link->name,
		   facts->driver[0] != '\0' ? facts->driver : "no driver's name",
		   is_up(link) ? "up" : "down", link->facts.mtu, queues, xdp);
	tell_limits(exam, link, report);
	tell_holder(exam, link, report);
}

static json_t *
link_fact(const struct link *link)
{
	const struct link_facts *facts = &link->facts;
	const bool known = facts->features_known;

	return json_pack(
		"{s:s, s:b, s:i, s:o, s:o, s:o, s:o, s:o}", "driver", facts->driver, "up",
		is_up(link), "mtu", (int)facts->mtu, "rx_queues",
		facts->rx_queues != 0 ? json_count(facts->rx_queues) : json_null(), "xdp_native",
		known ? json_boolean(facts->features & LINK_XDP_BASIC) : json_null(),
		"xdp_zero_copy",
		known ? json_boolean(facts->features & LINK_XDP_ZEROCOPY) : json_null(),
		"xdp_program", facts->prog_id != 0 ? json_count(facts->prog_id) : json_null(),
		"xdp_holder_pid",
		facts->holder_pid != 0 ? json_count((uint64_t)facts->holder_pid) : json_null());
}

static bool
look(const struct machine *m, const char *name, struct link *ret)
{
	*ret = (struct link){.name = name};
	return m->link != NULL && m->link(name, &ret->facts) == 0;
}

static void
list_text(const struct names *names, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < names->n && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i > 0 ? ", " : "",
					names->name[i]);
}

void
check_interfaces(const struct exam *exam, struct report *report)
{
	struct names names;
	char list[200];
	unsigned seen = 0;

	machine_interfaces(&exam->machine, &names);
	for (unsigned i = 0; i < names.n; i++) {
		const char *name = names.name[i];
		struct link link;

		if (exam->interface != NULL ? strcmp(name, exam->interface) != 0
					    : strcmp(name, "lo") == 0)
			continue;
		if (!look(&exam->machine, name, &link))
			continue;
		tell(exam, &link, report);
		report_fact(report, name, link_fact(&link));
		seen++;
	}
	if (seen == 0 && exam->interface != NULL) {
		list_text(&names, list, sizeof(list));
		report_add(report, LEVEL_PROBLEM,
			   "there is no interface \"%s\" in this network namespace; there are: %s",
			   exam->interface, list);
		report_mend(
			report,
			"ip link; in another namespace: ip netns exec NAME plx-doctor interfaces");
	} else if (seen == 0) {
		report_add(report, LEVEL_NOTE, "no interface but lo in this network namespace");
		report_mend(report,
			    "sudo ip link add veth0 type veth peer name veth1, to try things out");
	}
	names_free(&names);
}
