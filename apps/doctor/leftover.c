/* SPDX-License-Identifier: BSD-3-Clause */
#include "leftover.h"

#include "link.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <pollux/plx_door_client.h>

#define NETNS	"/run/netns"
#define PROGRAM "plx_af_xdp"

static struct leftover *
add(struct leftovers *all, enum leftover_kind kind, const char *name)
{
	struct leftover *item;

	if (all->n == LEFTOVERS_MAX)
		return NULL;
	item = &all->item[all->n++];
	item->kind = kind;
	snprintf(item->name, sizeof(item->name), "%s", name);
	return item;
}

/* -- XDP programs ------------------------------------------------------------------------------------- */

static bool
is_stale_xdp(const struct link_facts *facts)
{
	return strcmp(facts->prog_name, PROGRAM) == 0 && facts->holder_visible &&
	       facts->holder_pid == 0;
}

static void
judge_interface(const struct machine *m, struct leftovers *all, const char *name)
{
	struct link_facts facts;
	struct leftover *item;

	if (m->link == NULL || m->link(name, &facts) != 0 || facts.prog_id == 0)
		return;
	all->unseen |= !facts.holder_visible;
	if (!is_stale_xdp(&facts) || (item = add(all, LEFTOVER_XDP, name)) == NULL)
		return;
	snprintf(
		item->text, sizeof(item->text),
		"XDP program %u '%s' on %s: no process holds it, and it keeps packets from the kernel",
		facts.prog_id, facts.prog_name, name);
	if (facts.bpf_link != 0)
		snprintf(item->mend, sizeof(item->mend), "sudo bpftool link detach id %u",
			 facts.bpf_link);
	else
		snprintf(item->mend, sizeof(item->mend), "sudo ip link set dev %s %s off", name,
			 facts.prog_generic ? "xdpgeneric" : "xdpdrv");
}

static void
find_xdp(const struct machine *m, struct leftovers *all)
{
	struct names names;

	machine_interfaces(m, &names);
	for (unsigned i = 0; i < names.n; i++)
		judge_interface(m, all, names.name[i]);
	names_free(&names);
}

/* -- sockets ------------------------------------------------------------------------------------------ */

static bool
is_listened_on(const struct machine *m, const char *path)
{
	return m->listens != NULL && m->listens(path);
}

static bool
is_socket_name(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".sock") == 0;
}

static void
find_sockets_in(const struct machine *m, const char *folder, struct leftovers *all)
{
	struct names names;
	char path[PATH_MAX];

	machine_list(m, &names, "%s", folder);
	for (unsigned i = 0; i < names.n; i++) {
		struct leftover *item;

		snprintf(path, sizeof(path), "%s%s/%s", m->root, folder, names.name[i]);
		if (!is_socket_name(names.name[i]) || is_listened_on(m, path) ||
		    strlen(path) >= sizeof(item->name) ||
		    (item = add(all, LEFTOVER_SOCKET, path + strlen(m->root))) == NULL)
			continue;
		snprintf(item->text, sizeof(item->text), "socket %.250s: nobody listens on it",
			 item->name);
		snprintf(item->mend, sizeof(item->mend), "rm %.250s", item->name);
	}
	names_free(&names);
}

static void
find_sockets(const struct machine *m, struct leftovers *all)
{
	const char *own = getenv("XDG_RUNTIME_DIR");
	char folder[PATH_MAX];

	find_sockets_in(m, "/run/pollux", all);
	if (own == NULL)
		return;
	snprintf(folder, sizeof(folder), "%s/pollux", own);
	find_sockets_in(m, folder, all);
}

/* -- namespaces of tests ------------------------------------------------------------------------------ */

/* "plx-PID-NAME", as scripts/netns.sh names them. */
static bool
is_stale_netns(const struct machine *m, const char *name)
{
	char behind;
	int pid;

	return sscanf(name, "plx-%d-%c", &pid, &behind) == 2 && pid > 0 &&
	       !machine_has(m, "/proc/%d", pid);
}

static void
find_namespaces(const struct machine *m, struct leftovers *all)
{
	struct names names;

	machine_list(m, &names, NETNS);
	for (unsigned i = 0; i < names.n; i++) {
		struct leftover *item;

		if (!is_stale_netns(m, names.name[i]) ||
		    (item = add(all, LEFTOVER_NETNS, names.name[i])) == NULL)
			continue;
		snprintf(item->text, sizeof(item->text),
			 "network namespace %.200s of a test or demo that is gone", names.name[i]);
		snprintf(item->mend, sizeof(item->mend), "sudo ip netns del %.200s", names.name[i]);
	}
	names_free(&names);
}

/* -- all ---------------------------------------------------------------------------------------------- */

int
leftovers_find(const struct machine *m, struct leftovers *ret_leftovers)
{
	*ret_leftovers = (struct leftovers){.item = calloc(LEFTOVERS_MAX, sizeof(struct leftover))};
	if (ret_leftovers->item == NULL)
		return -ENOMEM;
	find_xdp(m, ret_leftovers);
	find_sockets(m, ret_leftovers);
	find_namespaces(m, ret_leftovers);
	return 0;
}

void
leftovers_free(struct leftovers *leftovers)
{
	free(leftovers->item);
	*leftovers = (struct leftovers){0};
}

static int
sweep_xdp(const struct machine *m, const char *name)
{
	struct link_facts facts;
	int err = m->link != NULL ? m->link(name, &facts) : -ENODEV;

	if (err != 0)
		return err;
	return is_stale_xdp(&facts) ? link_xdp_remove(&facts) : -EBUSY;
}

/* While no door opens in its folder: between a program's bind and its listen, nobody listens. */
static int
sweep_socket(const struct machine *m, const char *name)
{
	char path[PATH_MAX], folder[PATH_MAX];
	int lock, err;

	snprintf(path, sizeof(path), "%s%s", m->root, name);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	lock = plx_door_lock_folder(folder, NULL);
	if (lock < 0)
		return lock;
	if (is_listened_on(m, path))
		err = -EBUSY;
	else
		err = unlink(path) == 0 ? 0 : -errno;
	close(lock);
	return err;
}

/* As `ip netns del`: what still runs in it keeps it, unnamed. */
static int
sweep_netns(const struct machine *m, const char *name)
{
	char path[PATH_MAX];

	if (!is_stale_netns(m, name))
		return -EBUSY;
	snprintf(path, sizeof(path), "%s" NETNS "/%s", m->root, name);
	(void)umount2(path, MNT_DETACH);
	return unlink(path) == 0 ? 0 : -errno;
}

int
leftover_sweep(const struct machine *m, const struct leftover *leftover)
{
	switch (leftover->kind) {
	case LEFTOVER_XDP:
		return sweep_xdp(m, leftover->name);
	case LEFTOVER_SOCKET:
		return sweep_socket(m, leftover->name);
	case LEFTOVER_NETNS:
		return sweep_netns(m, leftover->name);
	}
	return -EINVAL;
}
