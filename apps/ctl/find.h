/* SPDX-License-Identifier: BSD-3-Clause */
/* Which programs run. */
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

#endif
