/* SPDX-License-Identifier: BSD-3-Clause */
#include "judge.h"

#include "faults.h"
#include "port_rules.h"

#include <inttypes.h>
#include <stdio.h>

void
judge_files(struct app *app)
{
	for (unsigned i = 0; i < app->nb_ports; i++) {
		if (faults_of_files(app->ports[i]) != 0)
			app->console.status = STATUS_FAILED;
	}
}

void
judge_books(struct app *app)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	for (unsigned i = 0; i < app->nb_ports; i++) {
		port_rules_stop(app, app->ports[i]);
		plx_ethdev_stop(app->ports[i]);
		if (plx_ethdev_ledger(app->ports[i], &ledger) != 0)
			continue;
		plx_ethdev_ledger_balance(&ledger, &rx, &tx);
		if (rx == 0 && tx == 0)
			continue;
		fflush(stdout);
		fprintf(stderr,
			"port %u: the books do not add up: %" PRId64 " received and %" PRId64
			" sent packets are not accounted for\n",
			app->ports[i], rx, tx);
		app->console.status = STATUS_FAILED;
	}
}
