/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger.h"

static void
add_losses(struct account *account, const struct plx_ethdev_ledger_row *rows, unsigned n)
{
	char name[sizeof(account->row[0].name)];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "lost: %s", rows[i].name);
		account_add(account, name, rows[i].packets, false);
	}
}

void
ledger_rx_account(const struct plx_ethdev_ledger *ledger, struct account *ret_account)
{
	account_init(ret_account, "received", ledger->rx_received);
	account_add(ret_account, "delivered", ledger->rx_delivered, true);
	account_add(ret_account, "still waiting", ledger->rx_waiting, false);
	for (unsigned i = 0; i < ledger->nb_rx_sifted; i++)
		account_add(ret_account, ledger->rx_sifted[i].name, ledger->rx_sifted[i].packets,
			    false);
	add_losses(ret_account, ledger->rx_loss, ledger->nb_rx_losses);
}

void
ledger_tx_account(const struct plx_ethdev_ledger *ledger, struct account *ret_account)
{
	account_init(ret_account, "handed over to send", ledger->tx_taken);
	account_add(ret_account, "sent", ledger->tx_sent, true);
	account_add(ret_account, "in flight", ledger->tx_in_flight, false);
	add_losses(ret_account, ledger->tx_loss, ledger->nb_tx_losses);
}

uint64_t
ledger_rx_lost(const struct plx_ethdev_ledger *ledger)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < ledger->nb_rx_losses; i++)
		lost += ledger->rx_loss[i].packets;
	return lost;
}

bool
ledger_print(const struct plx_ethdev_ledger *ledger, unsigned indent, FILE *out)
{
	struct account rx, tx;

	ledger_rx_account(ledger, &rx);
	ledger_tx_account(ledger, &tx);
	account_print(&rx, indent, out);
	if (tx.total != 0 || account_balance(&tx) != 0)
		account_print(&tx, indent, out);
	return account_balance(&rx) == 0 && account_balance(&tx) == 0;
}
