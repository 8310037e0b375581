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

/* True if there is memory that devices may have been told addresses of. */
bool plx_zone_any_dma(void);

/* Frees every zone. */
void plx_zone_free_all(void);

#endif
