/* SPDX-License-Identifier: BSD-3-Clause */
/* Which program a word means. */
#include "plx_door_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct plx_door_entry *
exactly(const struct plx_door_entry *all, unsigned n, const char *word)
{
	char pid[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(pid, sizeof(pid), "%d", (int)all[i].pid);
		if (strcmp(all[i].name, word) == 0 || strcmp(pid, word) == 0)
			return &all[i];
	}
	return NULL;
}

/* Programs of ours are called plx-something. */
static bool
begins(const struct plx_door_entry *entry, const char *word)
{
	const size_t len = strlen(word);

	return strncmp(entry->name, word, len) == 0 ||
	       (strncmp(entry->name, "plx-", 4) == 0 && strncmp(entry->name + 4, word, len) == 0);
}

/* Those whose name begins so, or all; how many. */
static unsigned
name_them(const struct plx_door_entry *all, unsigned n, const char *word, char *names, size_t size)
{
	unsigned named = 0;
	size_t used = 0;

	names[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		if (word != NULL && !begins(&all[i], word))
			continue;
		if (used < size)
			used += (size_t)snprintf(names + used, size - used, "%s%s",
						 named > 0 ? ", " : "", all[i].name);
		named++;
	}
	return named;
}

static int
by_beginning(const struct plx_door_entry *all, unsigned n, const char *word,
	     const struct plx_door_entry **ret_entry, struct plx_why *why)
{
	char names[256];
	const unsigned fit = name_them(all, n, word, names, sizeof(names));

	for (unsigned i = 0; i < n && fit == 1; i++) {
		if (begins(&all[i], word))
			*ret_entry = &all[i];
	}
	if (fit == 1)
		return 0;
	if (fit > 1)
		return plx_why(why, -EINVAL, "\"%.64s\" may be any of %s", word, names);
	name_them(all, n, NULL, names, sizeof(names));
	return plx_why(why, -ENOENT,
		       "no program of that name runs here, or none that this user may see: "
		       "\"%.64s\"; %s%s",
		       word, n > 0 ? "there are: " : "there is none at all", names);
}

/* All that run now, to be freed; NULL without memory. */
static struct plx_door_entry *
list_all(unsigned *ret_n)
{
	struct plx_door_entry *all = NULL;
	unsigned room, n = plx_door_list(NULL, 0);

	do {
		free(all);
		room = n + 8;
		all = calloc(room, sizeof(*all));
		if (all == NULL)
			return NULL;
		n = plx_door_list(all, room);
	} while (n > room);
	*ret_n = n;
	return all;
}

static int
choose(const char *word, char ret_path[PLX_DOOR_PATH_MAX], struct plx_why *why)
{
	unsigned n;
	struct plx_door_entry *all = list_all(&n);
	const struct plx_door_entry *entry;
	int ret = 0;

	if (all == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	entry = exactly(all, n, word);
	if (entry == NULL)
		ret = by_beginning(all, n, word, &entry, why);
	if (ret == 0)
		memcpy(ret_path, entry->path, PLX_DOOR_PATH_MAX);
	free(all);
	return ret;
}

int
plx_door_find(const char *word, char ret_path[PLX_DOOR_PATH_MAX], struct plx_why *why)
{
	if (word[0] == '\0')
		return plx_why(why, -EINVAL, "the name of the program is empty");
	if (strchr(word, '/') == NULL)
		return choose(word, ret_path, why);
	if (strlen(word) >= PLX_DOOR_PATH_MAX)
		return plx_why(why, -EINVAL, "a socket's path has at most %d bytes: \"%.64s..\"",
			       PLX_DOOR_PATH_MAX - 1, word);
	memcpy(ret_path, word, strlen(word) + 1);
	return 0;
}
