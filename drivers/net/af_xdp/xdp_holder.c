/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_holder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The bpf link by which the interface is held, 0 if it is held by netlink. */
static uint32_t
find_link(uint32_t if_index)
{
	uint32_t id = 0;

	while (bpf_link_get_next_id(id, &id) == 0) {
		struct bpf_link_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);
		int err;

		if (fd < 0)
			continue;
		err = bpf_obj_get_info_by_fd(fd, &info, &len);
		close(fd);
		if (err == 0 && info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == if_index)
			return id;
	}
	return 0;
}

static void
name_program(uint32_t id, char *name, size_t size)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	name[0] = '\0';
	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0 && info.name[0] != '\0')
		snprintf(name, size, " '%s'", info.name);
	close(fd);
}

int
xdp_holder_explain(const char *if_name, uint32_t if_index, struct plx_why *why)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	char name[32] = "";
	uint32_t id, link;
	const char *hook;

	if (bpf_xdp_query((int)if_index, 0, &query) != 0)
		return plx_why(why, -EBUSY,
			       "%s is taken by another XDP program: `ip link show dev %s`", if_name,
			       if_name);
	hook = query.drv_prog_id != 0 ? "xdpdrv" : query.skb_prog_id != 0 ? "xdpgeneric" : "xdp";
	id = query.drv_prog_id != 0   ? query.drv_prog_id
	     : query.skb_prog_id != 0 ? query.skb_prog_id
				      : query.hw_prog_id;
	name_program(id, name, sizeof(name));
	link = find_link(if_index);
	if (link != 0)
		return plx_why(
			why, -EBUSY,
			"%s is taken by another XDP program, id %u%s, held by bpf link %u of a "
			"running process: end that process, or `bpftool link detach id %u`",
			if_name, id, name, link, link);
	return plx_why(
		why, -EBUSY,
		"%s is taken by another XDP program, id %u%s: remove it with `ip link set dev %s "
		"%s off`",
		if_name, id, name, if_name, hook);
}
