/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which lcores there are and on which CPUs each may run: what -l, --lcores and -c say, and what is made of
 * it on a machine with certain CPUs. Pure: nothing here looks at the machine.
 */
#ifndef PLX_EAL_LCORE_MAP_PRIV_H
#define PLX_EAL_LCORE_MAP_PRIV_H

#include "plx_lcore.h"

struct plx_lcore_map {
	unsigned count;
	cpu_set_t cpus[PLX_LCORE_MAX]; /* empty: there is no such lcore */
};

/*
 * Reads '1,2@(5-7),(3-5)@(0,2),(0,6),7-8': items of lcores, each with the CPUs behind its '@'. Without '@'
 * a number or range runs each lcore on the CPU of its number, and a group in parentheses all on all of
 * them. -EINVAL with the place where it ceases to make sense. The map is cleared first.
 */
int plx_lcore_map_parse(struct plx_lcore_map *map, const char *text, struct plx_why *why);

/* Reads a hexadecimal mask of CPUs, with or without 0x: one lcore each. */
int plx_lcore_map_parse_mask(struct plx_lcore_map *map, const char *text, struct plx_why *why);

/* One lcore for each CPU; numbered as the CPUs are, or from 0 if those numbers are too high. */
void plx_lcore_map_default(struct plx_lcore_map *map, const cpu_set_t *allowed);

/* -EINVAL if some lcore has a CPU that is not in `allowed`; the sentence says which there are. */
int
plx_lcore_map_check(const struct plx_lcore_map *map, const cpu_set_t *allowed, struct plx_why *why);

bool plx_lcore_map_has(const struct plx_lcore_map *map, uint32_t lcore);

/* The lowest lcore number, PLX_LCORE_NONE in an empty map. */
uint32_t plx_lcore_map_first(const struct plx_lcore_map *map);

/* True if some CPU stands in the sets of two lcores. */
bool plx_lcore_map_oversubscribed(const struct plx_lcore_map *map);

/* "0-3,8"; cut with "..." at the buffer's end. Returns text. */
const char *plx_cpuset_format(const cpu_set_t *set, char *text, size_t size);

/* The lowest CPU of the set, -1 if empty. */
int plx_cpuset_first(const cpu_set_t *set);

#endif
