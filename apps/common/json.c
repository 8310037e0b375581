/* SPDX-License-Identifier: BSD-3-Clause */
#include "json.h"

#include <errno.h>
#include <inttypes.h>

#include <pollux/plx_ethdev.h>

json_t *
json_count(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

json_t *
json_mac(const uint8_t mac[6])
{
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
			    mac[5]);
}

static json_t *
losses(const struct plx_ethdev_ledger_row *rows, unsigned n)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < n; i++)
		json_object_set_new(all, rows[i].name, json_count(rows[i].packets));
	return all;
}

json_t *
json_ledger(const struct plx_ethdev_ledger *ledger)
{
	int64_t rx, tx;
	json_t *rules = NULL;

	if (ledger->nb_rx_sifted != 0)
		rules = losses(ledger->rx_sifted, ledger->nb_rx_sifted);
	plx_ethdev_ledger_balance(ledger, &rx, &tx);
	return json_pack(
		"{s:{s:o, s:o, s:o, s:o, s:o*}, s:{s:o, s:o, s:o, s:o}, s:b}", "rx", "received",
		json_count(ledger->rx_received), "delivered", json_count(ledger->rx_delivered),
		"waiting", json_count(ledger->rx_waiting), "lost",
		losses(ledger->rx_loss, ledger->nb_rx_losses), "kept_by_rules", rules, "tx",
		"taken", json_count(ledger->tx_taken), "sent", json_count(ledger->tx_sent),
		"in_flight", json_count(ledger->tx_in_flight), "lost",
		losses(ledger->tx_loss, ledger->nb_tx_losses), "balanced", rx == 0 && tx == 0);
}

int
json_print(json_t *value, bool pretty, FILE *out)
{
	int err;

	if (value == NULL)
		return -ENOMEM;
	err = json_dumpf(value, out, pretty ? JSON_INDENT(2) : JSON_COMPACT);
	json_decref(value);
	if (err != 0 || fputc('\n', out) == EOF)
		return -EIO;
	return 0;
}
