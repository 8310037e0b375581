/* SPDX-License-Identifier: BSD-3-Clause */
#include "find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
programs_find(struct programs *ret_programs)
{
	unsigned room = 0, n = plx_door_list(NULL, 0);

	*ret_programs = (struct programs){0};
	do {
		free(ret_programs->entry);
		room = n + 8;
		ret_programs->entry = calloc(room, sizeof(*ret_programs->entry));
		if (ret_programs->entry == NULL)
			return -ENOMEM;
		n = plx_door_list(ret_programs->entry, room);
	} while (n > room);
	ret_programs->n = n;
	return 0;
}

void
programs_free(struct programs *programs)
{
	free(programs->entry);
	*programs = (struct programs){0};
}

static const struct plx_door_entry *
exactly(const struct programs *programs, const char *word)
{
	char pid[16];

	for (unsigned i = 0; i < programs->n; i++) {
		snprintf(pid, sizeof(pid), "%d", (int)programs->entry[i].pid);
		if (strcmp(programs->entry[i].name, word) == 0 || strcmp(pid, word) == 0)
			return &programs->entry[i];
	}
	return NULL;
}

static int
by_beginning(const struct programs *programs, const char *word,
	     const struct plx_door_entry **ret_entry, struct plx_why *why)
{
	char names[256] = "";
	unsigned fit = 0;
	size_t used = 0;

	for (unsigned i = 0; i < programs->n; i++) {
		const struct plx_door_entry *entry = &programs->entry[i];

		if (strncmp(entry->name, word, strlen(word)) != 0)
			continue;
		*ret_entry = entry;
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 fit > 0 ? ", " : "", entry->name);
		fit++;
	}
	if (fit > 1)
		return plx_why(why, -EINVAL, "\"%.64s\" may be any of %s", word, names);
	if (fit == 0)
		return plx_why(why, -ENOENT,
			       "no program of that name runs here, or none that this user may see: "
			       "\"%.64s\"; plx-ctl alone lists them",
			       word);
	return 0;
}

int
programs_choose(const struct programs *programs, const char *word, char ret_path[108],
		struct plx_why *why)
{
	const struct plx_door_entry *entry = exactly(programs, word);
	const bool is_path = strchr(word, '/') != NULL;
	int ret = is_path || entry != NULL ? 0 : by_beginning(programs, word, &entry, why);

	if (ret != 0)
		return ret;
	if ((size_t)snprintf(ret_path, 108, "%s", is_path ? word : entry->path) >= 108)
		return plx_why(why, -EINVAL, "a socket's path has at most 107 bytes: \"%.64s..\"",
			       word);
	return 0;
}
