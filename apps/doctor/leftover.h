/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What programs of Pollux can leave behind when they die at a bad moment, or when their tests do: found by looking, and
 * swept only when asked to. What a living process holds is no leftover.
 */
#ifndef PLX_APPS_DOCTOR_LEFTOVER_H
#define PLX_APPS_DOCTOR_LEFTOVER_H

#include "machine.h"

#define LEFTOVERS_MAX 256

enum leftover_kind {
	LEFTOVER_XDP,	 /* our XDP program on an interface, and no process that has it */
	LEFTOVER_SOCKET, /* a control socket nobody listens on */
	LEFTOVER_NETNS,	 /* a network namespace of tests or the demo whose maker is gone */
};

struct leftover {
	enum leftover_kind kind;
	char name[256]; /* path, or interface */
	char text[300]; /* for people */
	char mend[320]; /* what a person would type */
};

struct leftovers {
	unsigned n;
	struct leftover *item;
	bool unseen; /* XDP programs could not be looked at */
};

/* 0 or -ENOMEM. */
int leftovers_find(const struct machine *m, struct leftovers *ret_leftovers);
void leftovers_free(struct leftovers *leftovers);

/* 0 or -errno. Looks again before it acts: what has a holder by now stays. */
int leftover_sweep(const struct machine *m, const struct leftover *leftover);

#endif
