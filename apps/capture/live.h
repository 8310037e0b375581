/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The live table of --top on a terminal: rates over all, by port, queue and conversation, and what was lost by
 * reason. It is drawn over itself once a period, and at once when the terminal changes its size; lines are cut
 * to its width. Thread: the control thread, but for live_create and _destroy.
 */
#ifndef PLX_APPS_CAPTURE_LIVE_H
#define PLX_APPS_CAPTURE_LIVE_H

#include "capture.h"

struct live;

/* True if a table can be drawn there: a terminal that can move its cursor. */
bool live_is_possible(int fd);

int live_create(const struct capture *capture, struct live **ret_live);
/* NULL is fine. Leaves the last table standing. */
void live_destroy(struct live *live);

/* A period is over at now_ns (monotonic): drawn as soon as the writer has said who was busy, or a moment later. */
void live_period(struct live *live, uint64_t now_ns);

/* To be called at every tick. */
void live_tick(struct live *live, uint64_t now_ns);

/* Composes the table as it is now for so many columns, at least 1, without drawing it; for tests. The caller frees it. */
char *live_text(struct live *live, uint64_t now_ns, unsigned columns);

#endif
