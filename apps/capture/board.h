/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A board on which the writer, which alone knows the conversations, leaves the busiest for the thread that shows
 * them. One asks, the other fills it in between two rounds; neither waits.
 *
 *	shower: BOARD_EMPTY --ask--> BOARD_ASKED --writer: fill--> BOARD_FULL --shower: taken--> BOARD_EMPTY
 */
#ifndef PLX_APPS_CAPTURE_BOARD_H
#define PLX_APPS_CAPTURE_BOARD_H

#include <stdatomic.h>

#include "talkers.h"

#define BOARD_ROWS_MAX 200

enum board_state { BOARD_EMPTY, BOARD_ASKED, BOARD_FULL };

struct board {
	_Atomic int state; /* who may touch the rest: the writer while ASKED, else the shower */
	unsigned wanted;   /* rows, at most BOARD_ROWS_MAX */
	unsigned n;
	struct talker_rate rates[BOARD_ROWS_MAX];
};

/* Thread: the shower. A question that was not answered yet stands. */
void board_ask(struct board *board, unsigned rows);

/* True once it is full; the rows are then the caller's until it asks again. Thread: the shower. */
bool board_is_full(const struct board *board);

/* Fills it if that was asked for. Thread: the writer. Path: hot, but for once a period. */
void board_serve(struct board *board, struct talkers *talkers);

#endif
