/* SPDX-License-Identifier: BSD-3-Clause */
#include "plx_xdp.h"

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

/* Other network namespaces have interfaces of the same index, so the program tells. */
static bool
is_link_of(uint32_t link, uint32_t if_index, uint32_t prog)
{
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_link_get_fd_by_id(link);
	int err;

	if (fd < 0)
		return false;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	return err == 0 && info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == if_index &&
	       info.prog_id == prog;
}

static void
find_link(uint32_t if_index, struct plx_xdp_holder *holder)
{
	uint32_t id = 0;

	while (bpf_link_get_next_id(id, &id) == 0) {
		if (!is_link_of(id, if_index, holder->prog_id))
			continue;
		holder->link_id = id;
		holder->links_seen = true;
		return;
	}
	holder->links_seen = errno == ENOENT;
}

static void
name_program(struct plx_xdp_holder *holder)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(holder->prog_id);

	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
		snprintf(holder->prog_name, sizeof(holder->prog_name), "%s", info.name);
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

static void
name_process(const char *pid, struct plx_xdp_holder *holder)
{
	char path[64];
	FILE *comm;

	holder->pid = atoi(pid);
	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	comm = fopen(path, "re");
	if (comm == NULL)
		return;
	if (fgets(holder->process, sizeof(holder->process), comm) == NULL)
		holder->process[0] = '\0';
	holder->process[strcspn(holder->process, "\n")] = '\0';
	fclose(comm);
}

static void
find_process(struct plx_xdp_holder *holder)
{
	DIR *proc = opendir("/proc");

	if (proc == NULL)
		return;
	for (struct dirent *at = readdir(proc); at != NULL && holder->pid == 0;
	     at = readdir(proc)) {
		if (isdigit((unsigned char)at->d_name[0]) &&
		    holds_link(at->d_name, holder->link_id))
			name_process(at->d_name, holder);
	}
	closedir(proc);
}

int
plx_xdp_holder_find(uint32_t if_index, struct plx_xdp_holder *ret_holder)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int err = bpf_xdp_query((int)if_index, 0, &query);

	*ret_holder = (struct plx_xdp_holder){0};
	if (err != 0)
		return err;
	ret_holder->hook = query.drv_prog_id != 0   ? "xdpdrv"
			   : query.skb_prog_id != 0 ? "xdpgeneric"
						    : "xdp";
	ret_holder->prog_id = query.drv_prog_id != 0   ? query.drv_prog_id
			      : query.skb_prog_id != 0 ? query.skb_prog_id
						       : query.hw_prog_id;
	if (ret_holder->prog_id == 0)
		return 0;
	name_program(ret_holder);
	find_link(if_index, ret_holder);
	if (ret_holder->link_id != 0)
		find_process(ret_holder);
	return 0;
}
