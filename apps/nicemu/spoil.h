/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong with a wire, one way: frames that get lost, damaged or late. */
#ifndef PLX_APPS_NICEMU_SPOIL_H
#define PLX_APPS_NICEMU_SPOIL_H

#include <pollux/plx_e1000_model.h>

#define SPOIL_HELD_MAX 4096 /* frames that may be late at a time */

struct held;

struct spoil {
	unsigned drop, corrupt; /* 1 of so many frames; 0: none */
	uint64_t delay_ns;
	uint64_t dropped_of, corrupted_of; /* frames since the last one */
	uint64_t seed;
	struct held *first, **last; /* those that are late, in order */
	unsigned nb_held;
};

/* A frame that is late. */
struct held {
	struct held *next;
	uint64_t due_ns;
	struct plx_e1000_model_frame frame; /* in one part, behind this */
	struct iovec part;
	uint8_t bytes[];
};

void spoil_init(struct spoil *spoil, uint64_t seed);
void spoil_fini(struct spoil *spoil);

/* Does anything have to be asked here? Path: hot. */
static inline bool
spoil_is_on(const struct spoil *s)
{
	return (s->drop | s->corrupt | s->delay_ns | s->nb_held) != 0;
}

/* True for each drop-th frame. */
bool spoil_drops(struct spoil *spoil);
/* Turns a bit of each corrupt-th frame, and tells. */
bool spoil_corrupts(struct spoil *spoil, uint8_t *bytes, size_t len);
/* Keeps a copy until it is due, or until those before it are gone. -ENOBUFS when too many are. */
int spoil_hold(struct spoil *spoil, const struct plx_e1000_model_frame *frame, uint64_t now_ns);
/* The next one, if it is due; it stays until spoil_release(). */
struct held *spoil_due(struct spoil *spoil, uint64_t now_ns);
void spoil_release(struct spoil *spoil);
/* When the next one is due, UINT64_MAX if none waits. */
uint64_t spoil_next_ns(const struct spoil *spoil);

#endif
