/* SPDX-License-Identifier: BSD-3-Clause */
/* Which XDP program is on an interface, and which process keeps it there. */
#include "link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pollux/plx_xdp.h>

void
link_xdp(struct link_facts *facts)
{
	struct plx_xdp_holder holder;

	if (plx_xdp_holder_find(facts->index, &holder) != 0 || holder.prog_id == 0)
		return;
	facts->prog_id = holder.prog_id;
	facts->prog_generic = strcmp(holder.hook, "xdpgeneric") == 0;
	snprintf(facts->prog_name, sizeof(facts->prog_name), "%s", holder.prog_name);
	/* Others may look at links and yet not into every process. */
	facts->holder_visible = geteuid() == 0 && holder.links_seen;
	if (!facts->holder_visible)
		return;
	facts->bpf_link = holder.link_id;
	facts->holder_pid = holder.pid;
	snprintf(facts->holder, sizeof(facts->holder), "%s", holder.process);
}

int
link_xdp_remove(const struct link_facts *facts)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	int fd, err;

	if (facts->bpf_link == 0) {
		err = bpf_xdp_detach((int)facts->index,
				     facts->prog_generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE,
				     &opts);
		return err;
	}
	fd = bpf_link_get_fd_by_id(facts->bpf_link);
	if (fd < 0)
		return -errno;
	err = bpf_link_detach(fd) == 0 ? 0 : -errno;
	close(fd);
	return err;
}
