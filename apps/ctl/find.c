/* SPDX-License-Identifier: BSD-3-Clause */
#include "find.h"

#include <errno.h>
#include <stdlib.h>

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
