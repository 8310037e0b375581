/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_holder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The bpf link by which the program is attached, 0 if it is by netlink. Interface numbers repeat in namespaces. */
static uint32_t
find_link(uint32_t if_index, uint32_t prog)
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
		if (err == 0 && info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == if_index &&
		    info.prog_id == prog)
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

/* True if fdinfo says that this fd is the link. */
static bool
is_link(int folder, const char *fd, uint32_t link)
{
	int info = openat(folder, fd, O_RDONLY | O_CLOEXEC);
	char text[1024], *line;
	ssize_t len;

	if (info < 0)
		return false;
	len = read(info, text, sizeof(text) - 1);
	close(info);
	text[len > 0 ? len : 0] = '\0';
	line = strstr(text, "link_id:");
	return line != NULL && strtoul(line + strlen("link_id:"), NULL, 10) == link;
}

static bool
holds_link(const char *pid, uint32_t link)
{
	char path[64];
	bool found = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%.16s/fdinfo", pid);
	fds = opendir(path);
	if (fds == NULL)
		return false;
	for (struct dirent *fd = readdir(fds); fd != NULL && !found; fd = readdir(fds))
		found = fd->d_name[0] != '.' && is_link(dirfd(fds), fd->d_name, link);
	closedir(fds);
	return found;
}

/* Which process has the link, as far as this one may see: "plx-capture (pid 4711)". */
static void
name_process(uint32_t link, char *text, size_t size)
{
	DIR *proc = opendir("/proc");

	snprintf(text, size, "a running process");
	if (proc == NULL)
		return;
	for (struct dirent *entry = readdir(proc); entry != NULL; entry = readdir(proc)) {
		char path[64], name[32] = "process";
		FILE *comm;

		if (!isdigit((unsigned char)entry->d_name[0]) || !holds_link(entry->d_name, link))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/comm", entry->d_name);
		comm = fopen(path, "re");
		if (comm != NULL) {
			if (fgets(name, sizeof(name), comm) != NULL)
				name[strcspn(name, "\n")] = '\0';
			fclose(comm);
		}
		snprintf(text, size, "%s (pid %.16s)", name, entry->d_name);
		break;
	}
	closedir(proc);
}

int
xdp_holder_explain(const char *if_name, uint32_t if_index, struct plx_why *why)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	char name[32] = "", process[64];
	uint32_t id, link;
	const char *hook;

	if (bpf_xdp_query((int)if_index, 0, &query) != 0)
		return plx_why(
			why, -EBUSY,
			"%s is taken by another XDP program: `ip link show dev %s`" PLX_DOCTOR(
				"interfaces"),
			if_name, if_name);
	hook = query.drv_prog_id != 0 ? "xdpdrv" : query.skb_prog_id != 0 ? "xdpgeneric" : "xdp";
	id = query.drv_prog_id != 0   ? query.drv_prog_id
	     : query.skb_prog_id != 0 ? query.skb_prog_id
				      : query.hw_prog_id;
	name_program(id, name, sizeof(name));
	link = find_link(if_index, id);
	if (link != 0) {
		name_process(link, process, sizeof(process));
		return plx_why(
			why, -EBUSY,
			"%s is taken by another XDP program, id %u%s, held by bpf link %u of %s: "
			"end that, or `bpftool link detach id %u`" PLX_DOCTOR("interfaces"),
			if_name, id, name, link, process, link);
	}
	return plx_why(
		why, -EBUSY,
		"%s is taken by another XDP program, id %u%s: remove it with `ip link set dev %s "
		"%s off`" PLX_DOCTOR("interfaces"),
		if_name, id, name, if_name, hook);
}
