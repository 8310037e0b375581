/* SPDX-License-Identifier: BSD-3-Clause */
/* Which XDP program is on an interface, and which process keeps it there. */
#include "link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The bpf link that holds this program on that interface. Other network namespaces have interfaces of the same index, so
 * the program tells. False if links may not be looked at.
 */
static bool
find_link(unsigned index, uint32_t prog, uint32_t *ret_id)
{
	uint32_t id = 0;

	*ret_id = 0;
	while (bpf_link_get_next_id(id, &id) == 0) {
		struct bpf_link_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);
		int err;

		if (fd < 0)
			continue;
		err = bpf_obj_get_info_by_fd(fd, &info, &len);
		close(fd);
		if (err != 0 || info.type != BPF_LINK_TYPE_XDP || info.xdp.ifindex != index ||
		    info.prog_id != prog)
			continue;
		*ret_id = id;
		return true;
	}
	return errno == ENOENT;
}

static void
read_name(uint32_t id, char *name, size_t size)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
		snprintf(name, size, "%s", info.name);
	close(fd);
}

static bool
fd_is_link(const char *path, uint32_t link)
{
	char line[128];
	unsigned id = 0;
	bool is = false;
	FILE *in = fopen(path, "re");

	if (in == NULL)
		return false;
	while (!is && fgets(line, sizeof(line), in) != NULL)
		is = sscanf(line, "link_id: %u", &id) == 1 && id == link;
	fclose(in);
	return is;
}

static bool
process_has_link(const char *pid, uint32_t link)
{
	char path[600];
	struct dirent *entry;
	bool has = false;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	fds = opendir(path);
	if (fds == NULL)
		return false;
	while (!has && (entry = readdir(fds)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, entry->d_name);
		has = entry->d_name[0] != '.' && fd_is_link(path, link);
	}
	closedir(fds);
	return has;
}

static void
find_holder(struct link_facts *facts)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char path[300];
	FILE *in;

	while (processes != NULL && facts->holder_pid == 0 &&
	       (entry = readdir(processes)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !process_has_link(entry->d_name, facts->bpf_link))
			continue;
		facts->holder_pid = atoi(entry->d_name);
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		in = fopen(path, "re");
		if (in == NULL)
			continue;
		if (fgets(facts->holder, sizeof(facts->holder), in) == NULL)
			facts->holder[0] = '\0';
		facts->holder[strcspn(facts->holder, "\n")] = '\0';
		fclose(in);
	}
	if (processes != NULL)
		closedir(processes);
}

void
link_xdp(struct link_facts *facts)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)facts->index, 0, &query) != 0)
		return;
	facts->prog_generic = query.drv_prog_id == 0 && query.skb_prog_id != 0;
	facts->prog_id = query.drv_prog_id != 0	  ? query.drv_prog_id
			 : query.skb_prog_id != 0 ? query.skb_prog_id
						  : query.hw_prog_id;
	if (facts->prog_id == 0)
		return;
	read_name(facts->prog_id, facts->prog_name, sizeof(facts->prog_name));
	facts->holder_visible =
		geteuid() == 0 && find_link(facts->index, facts->prog_id, &facts->bpf_link);
	if (facts->bpf_link != 0)
		find_holder(facts);
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
