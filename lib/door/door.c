/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening and closing. */
#include "door_priv.h"

#include "plx_clock.h"
#include "plx_eal.h"
#include "plx_unixsock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	bool open;
	const char *program;
	uint64_t opened_ns;
	char path[DOOR_PATH_MAX + 128];
	int listener;
} door = {.listener = -1};

int
plx_door_add(const struct plx_door_command *command)
{
	return door.open ? door_command_add(command) : -ENODEV;
}

struct door_facts
door_facts(void)
{
	return (struct door_facts){door.program, door.opened_ns};
}

static int
listen_here(struct plx_why *why)
{
	struct door_folders folders;
	const char *folder;
	int fd, ret = 0;

	door_folders_find(&folders, false);
	fd = door_folder_take(&folders, &folder, why);
	if (fd < 0)
		return fd;
	snprintf(door.path, sizeof(door.path), "%s/%s" DOOR_SUFFIX, folder, plx_eal_prefix());
	door_folder_sweep(fd, folder);
	door.listener = plx_unixsock_listen_packets(door.path, why);
	if (door.listener < 0)
		ret = door.listener;
	else if (fchmodat(fd, door.path + strlen(folder) + 1, 0600, 0) != 0)
		ret = plx_why(why, -errno, "socket %s: %s", door.path, strerror(errno));
	close(fd); /* and unlocks */
	return ret;
}

static void
undo_listen(void)
{
	if (door.listener < 0)
		return;
	unlink(door.path);
	close(door.listener);
	door.listener = -1;
}

int
plx_door_open(const char *program, struct plx_why *why)
{
	int ret;

	if (door.open)
		return plx_why(why, -EALREADY, "the control socket is open already");
	if (!plx_eal_wants_door())
		return 0;
	door.program = program;
	door.opened_ns = plx_clock_monotonic_ns();
	door_commands_begin();
	ret = door_queue_open(why);
	if (ret != 0)
		return ret;
	ret = listen_here(why);
	if (ret == 0)
		ret = door_peers_start(door.listener, why);
	if (ret != 0) {
		undo_listen();
		door_queue_close();
		return ret;
	}
	door.open = true;
	return 0;
}

void
plx_door_close(void)
{
	if (!door.open)
		return;
	door.open = false;
	door_peers_stop();
	undo_listen();
	door_queue_close();
	door_taps_end();
}

const char *
plx_door_path(void)
{
	return door.open ? door.path : NULL;
}
