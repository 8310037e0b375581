/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loaded in front of the library (LD_PRELOAD): the books of every port lack a packet. No port of ours does so,
 * and what a program says then has to be seen.
 */
#include <pollux/plx_ethdev.h>

void
plx_ethdev_ledger_balance(const struct plx_ethdev_ledger *ledger, int64_t *ret_rx, int64_t *ret_tx)
{
	*ret_rx = 1;
	*ret_tx = 0;
}
