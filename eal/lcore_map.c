/* SPDX-License-Identifier: BSD-3-Clause */
/* The map of lcores to CPUs: made from text, from a mask or from the CPUs there are, and judged. */
#include "lcore_map_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

PLX_STATIC_ASSERT(PLX_LCORE_MAX <= CPU_SETSIZE, "sets of lcores are kept in cpu_set_t");

struct cursor {
	const char *text;
	const char *at;
	struct plx_why *why;
};

static int
fail(const struct cursor *c, const char *expected)
{
	if (*c->at == '\0')
		return plx_why(c->why, -EINVAL, "'%s' ends where %s should follow", c->text,
			       expected);
	return plx_why(c->why, -EINVAL, "'%s': %s should stand at '%s'", c->text, expected, c->at);
}

static char
peek(struct cursor *c)
{
	while (*c->at == ' ' || *c->at == '\t')
		c->at++;
	return *c->at;
}

static int
parse_number(struct cursor *c, unsigned end, const char *what, unsigned *ret_number)
{
	const char *first;
	unsigned number = 0;

	if (peek(c) < '0' || *c->at > '9')
		return fail(c, what);
	for (first = c->at; *c->at >= '0' && *c->at <= '9'; c->at++) {
		number = number * 10 + (unsigned)(*c->at - '0');
		if (number >= end)
			return plx_why(c->why, -EINVAL,
				       "'%s': %s %.*s is too high, the highest is %u%s", c->text,
				       what, (int)strspn(first, "0123456789"), first, end - 1,
				       end == PLX_LCORE_MAX
					       ? "; a higher CPU takes a low number as in 0@200"
					       : "");
	}
	*ret_number = number;
	return 0;
}

/* "n" or "n-m" into the set. */
static int
parse_range(struct cursor *c, unsigned end, const char *what, cpu_set_t *set)
{
	unsigned first, last;

	if (parse_number(c, end, what, &first) != 0)
		return -EINVAL;
	last = first;
	if (peek(c) == '-') {
		c->at++;
		if (parse_number(c, end, what, &last) != 0)
			return -EINVAL;
	}
	if (last < first)
		return plx_why(c->why, -EINVAL, "'%s': the range %u-%u runs backwards", c->text,
			       first, last);
	for (; first <= last; first++)
		CPU_SET(first, set);
	return 0;
}

/* A range, or ranges in parentheses. */
static int
parse_set(struct cursor *c, unsigned end, const char *what, cpu_set_t *ret_set, bool *ret_group)
{
	CPU_ZERO(ret_set);
	*ret_group = peek(c) == '(';
	if (!*ret_group)
		return parse_range(c, end, what, ret_set);
	do {
		c->at++;
		if (parse_range(c, end, what, ret_set) != 0)
			return -EINVAL;
	} while (peek(c) == ',');
	if (*c->at != ')')
		return fail(c, "')'");
	c->at++;
	return 0;
}

static int
add_lcore(struct cursor *c, struct plx_lcore_map *map, unsigned lcore, const cpu_set_t *cpus)
{
	if (CPU_COUNT(&map->cpus[lcore]) != 0)
		return plx_why(c->why, -EINVAL, "'%s' names lcore %u twice", c->text, lcore);
	map->cpus[lcore] = *cpus;
	map->count++;
	return 0;
}

/* lcores[@cpus] */
static int
parse_item(struct cursor *c, struct plx_lcore_map *map)
{
	cpu_set_t lcores, cpus;
	bool group, ignored, each = false;

	if (parse_set(c, PLX_LCORE_MAX, "an lcore number", &lcores, &group) != 0)
		return -EINVAL;
	if (peek(c) == '@') {
		c->at++;
		if (parse_set(c, CPU_SETSIZE, "a CPU number", &cpus, &ignored) != 0)
			return -EINVAL;
	} else {
		cpus = lcores;
		each = !group;
	}
	for (unsigned lcore = 0; lcore < PLX_LCORE_MAX; lcore++) {
		if (!CPU_ISSET(lcore, &lcores))
			continue;
		if (each) {
			CPU_ZERO(&cpus);
			CPU_SET(lcore, &cpus);
		}
		if (add_lcore(c, map, lcore, &cpus) != 0)
			return -EINVAL;
	}
	return 0;
}

int
plx_lcore_map_parse(struct plx_lcore_map *map, const char *text, struct plx_why *why)
{
	struct cursor c = {text, text, why};

	memset(map, 0, sizeof(*map));
	for (;;) {
		if (parse_item(&c, map) != 0)
			return -EINVAL;
		if (peek(&c) == '\0')
			return 0;
		if (*c.at != ',')
			return fail(&c, "',' or '@'");
		c.at++;
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
plx_lcore_map_parse_mask(struct plx_lcore_map *map, const char *text, struct plx_why *why)
{
	const char *digits = text;
	unsigned lcore = 0;

	memset(map, 0, sizeof(*map));
	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		digits += 2;
	for (size_t left = strlen(digits); left > 0; left--, lcore += 4) {
		int nibble = hex_digit(digits[left - 1]);

		if (nibble < 0)
			return plx_why(why, -EINVAL, "'%s' is no hexadecimal mask of CPUs", text);
		for (unsigned bit = 0; bit < 4; bit++) {
			if ((nibble >> bit & 1) == 0)
				continue;
			if (lcore + bit >= PLX_LCORE_MAX)
				return plx_why(why, -EINVAL,
					       "'%s' names lcore %u, the highest is %u", text,
					       lcore + bit, PLX_LCORE_MAX - 1);
			CPU_SET(lcore + bit, &map->cpus[lcore + bit]);
			map->count++;
		}
	}
	if (map->count == 0)
		return plx_why(why, -EINVAL, "the mask '%s' names no CPU", text);
	return 0;
}

void
plx_lcore_map_default(struct plx_lcore_map *map, const cpu_set_t *allowed)
{
	bool renumber = false;

	memset(map, 0, sizeof(*map));
	for (unsigned cpu = PLX_LCORE_MAX; cpu < CPU_SETSIZE; cpu++)
		renumber |= CPU_ISSET(cpu, allowed);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && map->count < PLX_LCORE_MAX; cpu++) {
		if (!CPU_ISSET(cpu, allowed))
			continue;
		CPU_SET(cpu, &map->cpus[renumber ? map->count : cpu]);
		map->count++;
	}
}

int
plx_lcore_map_check(const struct plx_lcore_map *map, const cpu_set_t *allowed, struct plx_why *why)
{
	char have[128];

	plx_cpuset_format(allowed, have, sizeof(have));
	for (unsigned lcore = 0; lcore < PLX_LCORE_MAX; lcore++) {
		cpu_set_t missing, both;

		CPU_AND(&both, &map->cpus[lcore], allowed);
		CPU_XOR(&missing, &map->cpus[lcore], &both);
		if (CPU_COUNT(&missing) == 0)
			continue;
		return plx_why(why, -EINVAL,
			       "lcore %u wants CPU %d, but this program may run on CPU %s only "
			       "(machine, taskset or cgroup cpuset). More lcores than CPUs: "
			       "--lcores '(0-%u)@(%s)'" PLX_DOCTOR("cpus"),
			       lcore, plx_cpuset_first(&missing), have,
			       map->count > 1 ? map->count - 1 : 1, have);
	}
	return 0;
}

bool
plx_lcore_map_has(const struct plx_lcore_map *map, uint32_t lcore)
{
	return lcore < PLX_LCORE_MAX && CPU_COUNT(&map->cpus[lcore]) != 0;
}

uint32_t
plx_lcore_map_first(const struct plx_lcore_map *map)
{
	for (uint32_t lcore = 0; lcore < PLX_LCORE_MAX; lcore++)
		if (plx_lcore_map_has(map, lcore))
			return lcore;
	return PLX_LCORE_NONE;
}

bool
plx_lcore_map_oversubscribed(const struct plx_lcore_map *map)
{
	cpu_set_t seen, both;

	CPU_ZERO(&seen);
	for (unsigned lcore = 0; lcore < PLX_LCORE_MAX; lcore++) {
		CPU_AND(&both, &seen, &map->cpus[lcore]);
		if (CPU_COUNT(&both) != 0)
			return true;
		CPU_OR(&seen, &seen, &map->cpus[lcore]);
	}
	return false;
}

const char *
plx_cpuset_format(const cpu_set_t *set, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		unsigned first = cpu;

		if (!CPU_ISSET(cpu, set))
			continue;
		while (cpu + 1 < CPU_SETSIZE && CPU_ISSET(cpu + 1, set))
			cpu++;
		if (len + sizeof(",1023-1023,...") > size) {
			snprintf(text + len, size - len, ",...");
			break;
		}
		len += (size_t)snprintf(text + len, size - len, "%s%u", len > 0 ? "," : "", first);
		if (cpu > first)
			len += (size_t)snprintf(text + len, size - len, "-%u", cpu);
	}
	return text;
}

int
plx_cpuset_first(const cpu_set_t *set)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, set))
			return cpu;
	return -1;
}
