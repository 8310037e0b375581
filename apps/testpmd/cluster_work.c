/* SPDX-License-Identifier: BSD-3-Clause */
#include "cluster_work.h"

#include "macs.h"

#include <pollux/plx_cluster.h>
#include <pollux/plx_cluster_slave.h>

enum cluster_work
cluster_work_of(const struct app *app)
{
	return (enum cluster_work)app->args.engines.cluster_work;
}

bool
cluster_wants_workers(const struct app *app)
{
	return cluster_work_of(app) != CLUSTER_WORK_NONE;
}

/* False if there is no room for one more now. Packets of several segments cannot be sent by slaves. */
static bool
handle(struct worker *worker, struct plx_cluster_slave *slave, enum cluster_work work,
       const struct plx_cluster_desc *desc, uint32_t i)
{
	const bool begins = !worker->goes_on, ends = (desc->flags & PLX_CLUSTER_MORE) == 0;

	if (work != CLUSTER_WORK_COUNT && begins && ends) {
		if (!plx_cluster_send(slave, i, 1))
			return false;
		if (work == CLUSTER_WORK_MACSWAP)
			macs_swap(plx_cluster_data(slave, desc), desc->len);
		worker->counts.tx++;
	} else if (work != CLUSTER_WORK_COUNT && ends) {
		worker->counts.dropped++;
	}
	worker->counts.rx += ends;
	worker->goes_on = !ends;
	return true;
}

unsigned
cluster_work(struct worker *worker)
{
	struct plx_cluster_slave *slave = worker->engine;
	const struct plx_cluster_desc *desc;
	uint32_t n = plx_cluster_peek(slave, &desc, PLX_CLUSTER_BURST), i = 0;

	while (i < n && handle(worker, slave, (enum cluster_work)worker->kind, &desc[i], i))
		i++;
	if (i > 0)
		plx_cluster_done(slave, i);
	return i;
}
