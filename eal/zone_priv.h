/* SPDX-License-Identifier: BSD-3-Clause */
/* What init tells the zones, and what cleanup makes of them. */
#ifndef PLX_EAL_ZONE_PRIV_H
#define PLX_EAL_ZONE_PRIV_H

#include "plx_zone.h"

struct plx_zone_limits {
	bool no_huge;
	uint64_t max; /* bytes of all zones, 0: no limit */
	unsigned nb_node_max;
	const uint64_t *node_max; /* copied */
};

/* The rules for zones reserved from now on; NULL: huge pages and no limits. */
void plx_zone_set_limits(const struct plx_zone_limits *limits);

/* While it is held, zones neither come nor go. Not to be taken twice. */
void plx_zones_lock(void);
void plx_zones_unlock(void);
/* The zone after this one, the first after NULL, NULL after the last; the lock is held. */
const struct plx_zone *plx_zones_next(const struct plx_zone *zone);

/* Frees every zone. */
void plx_zone_free_all(void);

#endif
