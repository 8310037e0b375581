/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands there are. */
#include "door_priv.h"

#include "plx_kvargs.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static struct {
	pthread_mutex_t lock;
	unsigned nb_commands;
	struct plx_door_command commands[PLX_DOOR_COMMANDS_MAX];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t
name_length(const char *pattern)
{
	return strcspn(pattern, " ");
}

static bool
is_named(const struct plx_door_command *command, const char *name)
{
	const size_t len = name_length(command->pattern);

	return strncmp(command->pattern, name, len) == 0 && name[name_length(name)] == name[len] &&
	       name_length(name) == len;
}

static struct plx_door_command *
find(const char *name)
{
	for (unsigned i = 0; i < table.nb_commands; i++) {
		if (is_named(&table.commands[i], name))
			return &table.commands[i];
	}
	return NULL;
}

bool
door_command_find(const char *name, struct plx_door_command *ret_command)
{
	const struct plx_door_command *command;

	pthread_mutex_lock(&table.lock);
	command = find(name);
	if (command != NULL)
		*ret_command = *command;
	pthread_mutex_unlock(&table.lock);
	return command != NULL;
}

bool
door_command_at(unsigned i, struct plx_door_command *ret_command)
{
	bool there;

	pthread_mutex_lock(&table.lock);
	there = i < table.nb_commands;
	if (there)
		*ret_command = table.commands[i];
	pthread_mutex_unlock(&table.lock);
	return there;
}

const char *
door_command_nearest(const char *name, char *room, size_t size)
{
	char names[PLX_DOOR_COMMANDS_MAX][32];
	const char *all[PLX_DOOR_COMMANDS_MAX + 1], *near;
	struct plx_door_command command;
	unsigned n = 0;

	for (; n < PLX_DOOR_COMMANDS_MAX && door_command_at(n, &command); n++) {
		snprintf(names[n], sizeof(names[n]), "%.*s", (int)name_length(command.pattern),
			 command.pattern);
		all[n] = names[n];
	}
	all[n] = NULL;
	near = plx_kvargs_nearest(name, all);
	if (near == NULL)
		return NULL;
	snprintf(room, size, "%s", near);
	return room;
}

int
door_command_add(const struct plx_door_command *command)
{
	int ret = 0;

	pthread_mutex_lock(&table.lock);
	if (find(command->pattern) != NULL)
		ret = -EEXIST;
	else if (table.nb_commands == PLX_DOOR_COMMANDS_MAX)
		ret = -ENOSPC;
	else
		table.commands[table.nb_commands++] = *command;
	pthread_mutex_unlock(&table.lock);
	return ret;
}

static void
add_all(const struct plx_door_command *commands)
{
	for (; commands->pattern != NULL; commands++)
		door_command_add(commands);
}

void
door_commands_begin(void)
{
	table.nb_commands = 0;
	add_all(door_builtins);
	add_all(door_port_builtins);
	add_all(door_tap_builtins);
}
