/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of conversations, for talkers.c and talkers_print.c. */
#ifndef PLX_APPS_CAPTURE_TALKERS_PRIV_H
#define PLX_APPS_CAPTURE_TALKERS_PRIV_H

#include "talkers.h"

#define TALKERS_SETS 4096
#define TALKERS_WAYS 8

struct talkers_slot {
	uint32_t hash; /* 0: free */
	struct talker talker;
};

struct talkers {
	uint64_t packets; /* all */
	uint64_t bytes;
	uint64_t evicted; /* conversations that had to make room */
	struct talkers_slot slots[TALKERS_SETS * TALKERS_WAYS];
};

#endif
