/* SPDX-License-Identifier: BSD-3-Clause */
/* What keeps an output from being written: its kind, and what is said about it, once for each cause. */
#ifndef PLX_APPS_CAPTURE_TROUBLE_H
#define PLX_APPS_CAPTURE_TROUBLE_H

#include <pollux/plx_base.h>

enum trouble_kind {
	TROUBLE_FULL, /* no room: disk, quota, largest file */
	TROUBLE_OTHER,
	TROUBLE_KINDS,
};

struct trouble {
	uint64_t said[3]; /* errnos, a bit each */
	bool ended_said;
};

enum trouble_kind trouble_kind(int err);

/* Says the sentence and what follows from it with the time of day, if this errno is new. */
void trouble_say(struct trouble *trouble, int err, const char *sentence, const char *then);

/* The output is written again: said once. */
void trouble_over(struct trouble *trouble, const char *path, uint64_t lost);

/* False while it is sure that a write would find no room. */
bool trouble_room(const char *path);

#endif
