/* SPDX-License-Identifier: BSD-3-Clause */
/* Making lcores of a map and taking them down. */
#ifndef PLX_EAL_LCORE_PRIV_H
#define PLX_EAL_LCORE_PRIV_H

#include "lcore_map_priv.h"

/*
 * Makes the calling thread the main lcore, pins it and starts a worker for each other lcore of the map,
 * which has been checked. After an error everything is as before.
 */
int plx_lcore_start(const struct plx_lcore_map *map, uint32_t main_lcore, struct plx_why *why);

/* Waits for running functions, ends the workers and gives the calling thread its CPUs back. */
void plx_lcore_stop(void);

#endif
