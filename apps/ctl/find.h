/* SPDX-License-Identifier: BSD-3-Clause */
/* Which program is meant. */
#ifndef PLX_APPS_CTL_FIND_H
#define PLX_APPS_CTL_FIND_H

#include <pollux/plx_door_client.h>

struct programs {
	unsigned n;
	struct plx_door_entry *entry;
};

/* -ENOMEM. */
int programs_find(struct programs *ret_programs);
void programs_free(struct programs *programs);

/*
 * The path of the socket that a word means: a path itself, a name, a process number, or the beginning of one name only.
 * -ENOENT, or -EINVAL for a beginning of several, with a sentence that names them.
 */
int programs_choose(const struct programs *programs, const char *word, char ret_path[108],
		    struct plx_why *why);

#endif
