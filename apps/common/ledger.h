/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's ledger (plx_ethdev_ledger) as accounts for people. */
#ifndef PLX_APPS_COMMON_LEDGER_H
#define PLX_APPS_COMMON_LEDGER_H

#include <pollux/plx_ethdev.h>

#include <stdio.h>

#include "account.h"

/* received = delivered + waiting + losses by name */
void ledger_rx_account(const struct plx_ethdev_ledger *ledger, struct account *ret_account);

/* taken = sent + in flight + losses by name */
void ledger_tx_account(const struct plx_ethdev_ledger *ledger, struct account *ret_account);

/* Packets lost on the receive side, whatever the reason. */
uint64_t ledger_rx_lost(const struct plx_ethdev_ledger *ledger);

/* Writes both sides, each only if anything passed there. True if they add up. */
bool ledger_print(const struct plx_ethdev_ledger *ledger, unsigned indent, FILE *out);

#endif
