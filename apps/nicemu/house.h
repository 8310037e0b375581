/* SPDX-License-Identifier: BSD-3-Clause */
/* All NICs, their wires and loops: made from what was asked for, run, ended. */
#ifndef PLX_APPS_NICEMU_HOUSE_H
#define PLX_APPS_NICEMU_HOUSE_H

#include "nicemu.h"

/* Taps, ports, cards, loops, in this order. -errno with a sentence; house_close() in any case. Thread: main. */
int house_open(struct app *app, struct plx_why *why);
/* Loops on all lcores that have one, `front` on a thread of its own; ends when that returns. */
int house_run(struct app *app, void (*front)(struct app *app), struct plx_why *why);
/* The books are final: cards are gone, ports are stopped. */
void house_end(struct app *app);
/* The rest. -errno if a file could not be written. */
int house_close(struct app *app, struct plx_why *why);

/* "port 0 (net_tap0)", "nic1". Returns text. */
const char *house_wire_text(const struct nic *nic, char *text, size_t size);

#endif
