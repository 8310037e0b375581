/* SPDX-License-Identifier: BSD-3-Clause */
#include "board.h"

void
board_ask(struct board *board, unsigned rows)
{
	if (atomic_load_explicit(&board->state, memory_order_acquire) == BOARD_ASKED)
		return;
	board->wanted = rows < BOARD_ROWS_MAX ? rows : BOARD_ROWS_MAX;
	board->n = 0;
	/* Release: pairs with the acquire in board_serve; the number of rows is there. */
	atomic_store_explicit(&board->state, BOARD_ASKED, memory_order_release);
}

bool
board_is_full(const struct board *board)
{
	/* Acquire: pairs with the release in board_serve; the rows are whole. */
	return atomic_load_explicit(&board->state, memory_order_acquire) == BOARD_FULL;
}

void
board_serve(struct board *board, struct talkers *talkers)
{
	if (PLX_LIKELY(atomic_load_explicit(&board->state, memory_order_acquire) != BOARD_ASKED))
		return;
	board->n = talkers_busiest(talkers, board->rates, board->wanted);
	atomic_store_explicit(&board->state, BOARD_FULL, memory_order_release);
}
