/* SPDX-License-Identifier: BSD-3-Clause */
/* Which network devices there are and who has them: in dpdk-devbind's groups for people, as JSON for programs. */
#ifndef PLX_APPS_DEVBIND_STATUS_H
#define PLX_APPS_DEVBIND_STATUS_H

#include "card.h"

#include <stdio.h>

/* Of these devices, or with n 0 all network devices. 0, or -errno with a sentence. */
int status_print(const struct machine *m, char **words, int n, bool json, FILE *out,
		 struct plx_why *why);

#endif
