/* SPDX-License-Identifier: BSD-3-Clause */
/* What lcores without a stream do as slaves of a stream's cluster; fwd_cluster.c makes them slaves. */
#ifndef PLX_APPS_TESTPMD_CLUSTER_WORK_H
#define PLX_APPS_TESTPMD_CLUSTER_WORK_H

#include "worker.h"

enum cluster_work cluster_work_of(const struct app *app);
bool cluster_wants_workers(const struct app *app);

/* One round; worker->engine is its slave. Returns packets handled. Path: hot. */
unsigned cluster_work(struct worker *worker);

#endif
