/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wildcard rules made ready. Each value of a packet that rules ask for (a port, an address) is cut into intervals in which
 * the same rules take it, and each interval has a row of bits, one a rule, in the order of ids. A packet's rows, one a
 * dimension, joined by `and`, leave the rules that it may meet; the first bit is the first rule.
 */
#include "rule_priv.h"

#include "plx_byteorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
rule_mask_length(const uint8_t *mask, unsigned bytes)
{
	unsigned n = 0;

	while (n < bytes * 8 && (mask[n / 8] >> (7 - n % 8) & 1) != 0)
		n++;
	for (unsigned i = n; i < bytes * 8; i++)
		if ((mask[i / 8] >> (7 - i % 8) & 1) != 0)
			return -1;
	return (int)n;
}

static bool
range_of_ip(const uint8_t *ip, const uint8_t *mask, bool ipv6, uint64_t *ret_lo, uint64_t *ret_hi)
{
	int length = rule_mask_length(mask, ipv6 ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN);
	unsigned bits = ipv6 ? 64 : 32;
	uint64_t all = ipv6 ? UINT64_MAX : UINT32_MAX, rest;

	if (length <= 0)
		return false;
	rest = (unsigned)length >= bits ? 0 : all >> length;
	*ret_lo = ipv6 ? plx_load_be64(ip) : plx_load_be32(ip);
	*ret_hi = *ret_lo | rest;
	return true;
}

static bool
range_of_ports(const uint16_t range[2], uint64_t *ret_lo, uint64_t *ret_hi)
{
	*ret_lo = range[0];
	*ret_hi = range[1];
	return true;
}

static bool
range_of_one(uint64_t value, uint64_t *ret_lo, uint64_t *ret_hi)
{
	*ret_lo = *ret_hi = value;
	return true;
}

/* The values that a rule takes in a dimension; false if all, or if an interval cannot say it. */
static bool
range_of(const struct rule_place *place, enum rule_dim_id id, uint64_t *lo, uint64_t *hi)
{
	const struct plx_filter_rule *rule = &place->wild->rule;
	bool swap = place->reversed;
	bool src = (id == RULE_DIM_SRC_PORT || id == RULE_DIM_SRC4 || id == RULE_DIM_SRC6) != swap;
	bool ipv6 = id == RULE_DIM_SRC6 || id == RULE_DIM_DST6;

	switch (id) {
	case RULE_DIM_VLAN:
		return (rule->has & PLX_FILTER_HAS_VLAN) && range_of_one(rule->vlan, lo, hi);
	case RULE_DIM_ETHERTYPE:
		return (rule->has & PLX_FILTER_HAS_ETHERTYPE) &&
		       range_of_one(rule->ethertype, lo, hi);
	case RULE_DIM_PROTO:
		return (rule->has & PLX_FILTER_HAS_PROTO) && range_of_one(rule->proto, lo, hi);
	case RULE_DIM_SRC_PORT:
	case RULE_DIM_DST_PORT:
		if (src)
			return (rule->has & PLX_FILTER_HAS_SRC_PORT) &&
			       range_of_ports(rule->src_port, lo, hi);
		return (rule->has & PLX_FILTER_HAS_DST_PORT) &&
		       range_of_ports(rule->dst_port, lo, hi);
	default:
		break;
	}
	if (!(rule->has & PLX_FILTER_HAS_IP) || (rule->ip_version == 6) != ipv6)
		return false;
	if (src)
		return (rule->has & PLX_FILTER_HAS_SRC_IP) &&
		       range_of_ip(rule->src_ip, rule->src_ip_mask, ipv6, lo, hi);
	return (rule->has & PLX_FILTER_HAS_DST_IP) &&
	       range_of_ip(rule->dst_ip, rule->dst_ip_mask, ipv6, lo, hi);
}

static int
compare_bounds(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint32_t
sort_and_unite(uint64_t *bounds, uint32_t n)
{
	uint32_t kept = 1;

	qsort(bounds, n, sizeof(*bounds), compare_bounds);
	for (uint32_t i = 1; i < n; i++)
		if (bounds[i] != bounds[kept - 1])
			bounds[kept++] = bounds[i];
	return kept;
}

/* Where intervals begin, and in `any` the rules that take all of them. */
static uint32_t
collect_bounds(const struct rule_set *set, enum rule_dim_id id, uint64_t *bounds, uint64_t *any)
{
	uint32_t n = 1;

	bounds[0] = 0;
	memset(any, 0, set->words * sizeof(*any));
	for (unsigned i = 0; i < set->n; i++) {
		uint64_t lo, hi;

		if (!range_of(&set->places[i], id, &lo, &hi)) {
			any[i / 64] |= 1ull << i % 64;
			continue;
		}
		bounds[n++] = lo;
		if (hi != UINT64_MAX)
			bounds[n++] = hi + 1;
	}
	return sort_and_unite(bounds, n);
}

/* What a row's first word says of the others. */
static void
summarize(const struct rule_set *set, uint64_t *row)
{
	for (unsigned word = 0; set->head > 0 && word < set->words; word++)
		if (row[1 + word] != 0)
			row[0] |= 1ull << word / set->group;
}

static void
fill_rows(const struct rule_set *set, enum rule_dim_id id, struct rule_dim *dim,
	  const uint64_t *any)
{
	for (uint32_t i = 0; i < dim->n; i++)
		memcpy(dim->rows + (size_t)i * set->stride + set->head, any,
		       set->words * sizeof(*any));
	for (unsigned p = 0; p < set->n; p++) {
		uint64_t lo, hi;

		if (!range_of(&set->places[p], id, &lo, &hi))
			continue;
		for (uint32_t i = rule_dim_find(dim, lo); i < dim->n && dim->bounds[i] <= hi; i++)
			dim->rows[(size_t)i * set->stride + set->head + p / 64] |= 1ull << p % 64;
	}
	for (uint32_t i = 0; i < dim->n; i++)
		summarize(set, dim->rows + (size_t)i * set->stride);
}

static void
fill_pages(const struct rule_dim *dim)
{
	struct rule_pages *pages = dim->pages;
	unsigned nb_pages = 1;

	for (unsigned upper = 0; upper < PLX_ARRAY_LEN(pages->first); upper++) {
		uint32_t first = rule_dim_find(dim, upper << 8);
		uint32_t last = rule_dim_find(dim, upper << 8 | 0xff);

		pages->first[upper] = first;
		if (first == last)
			continue;
		pages->page[upper] = (uint16_t)nb_pages;
		for (unsigned lower = 0; lower < 256; lower++)
			pages->steps[nb_pages][lower] =
				(uint8_t)(rule_dim_find(dim, upper << 8 | lower) - first);
		nb_pages++;
	}
}

/* Values up to 0x10000 are looked up, not searched. */
static int
pages_create(struct rule_set *set, enum rule_dim_id id)
{
	struct rule_dim *dim = &set->dims[id];
	unsigned nb_pages = 1;
	size_t size;

	for (uint32_t i = 1; i < dim->n; i++)
		nb_pages += i == 1 || dim->bounds[i] >> 8 != dim->bounds[i - 1] >> 8;
	size = sizeof(*dim->pages) + nb_pages * sizeof(dim->pages->steps[0]);
	dim->pages = calloc(1, size);
	if (dim->pages == NULL)
		return -ENOMEM;
	fill_pages(dim);
	set->small[set->nb_small++] = id;
	set->bytes += size;
	return 0;
}

/* A dimension that no rule asks for has one interval and no rows. */
static int
dim_create(struct rule_set *set, enum rule_dim_id id, uint64_t *scratch, uint64_t *any)
{
	struct rule_dim *dim = &set->dims[id];
	size_t rows;

	dim->n = collect_bounds(set, id, scratch, any);
	if (dim->n == 1)
		return 0;
	rows = (size_t)dim->n * set->stride * sizeof(uint64_t);
	dim->bounds = malloc(dim->n * sizeof(*dim->bounds));
	dim->rows = calloc(1, rows);
	if (dim->bounds == NULL || dim->rows == NULL)
		return -ENOMEM;
	memcpy(dim->bounds, scratch, dim->n * sizeof(*dim->bounds));
	fill_rows(set, id, dim, any);
	set->bytes += rows + dim->n * sizeof(*dim->bounds);
	return id <= RULE_DIM_DST_PORT ? pages_create(set, id) : 0;
}

static int
dims_create(struct rule_set *set)
{
	uint64_t *scratch = malloc((2 * (size_t)set->n + 1) * sizeof(*scratch));
	uint64_t *any = malloc((set->words + 1) * sizeof(*any));
	int err = scratch != NULL && any != NULL ? 0 : -ENOMEM;

	for (unsigned id = 0; err == 0 && id < RULE_DIMS; id++)
		err = dim_create(set, id, scratch, any);
	free(scratch);
	free(any);
	return err;
}

static bool
ip_needs_check(uint32_t has, uint32_t bit, const uint8_t *mask, uint8_t version)
{
	int length;

	if (!(has & bit))
		return false;
	length = rule_mask_length(mask, version == 6 ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN);
	return length < 0 || length > 64;
}

static uint16_t
checks_of(const struct plx_filter_rule *rule)
{
	unsigned checks = 0;

	if (rule->has & (PLX_FILTER_HAS_SRC_MAC | PLX_FILTER_HAS_DST_MAC))
		checks |= RULE_CHECK_MAC;
	if (ip_needs_check(rule->has, PLX_FILTER_HAS_SRC_IP, rule->src_ip_mask, rule->ip_version) ||
	    ip_needs_check(rule->has, PLX_FILTER_HAS_DST_IP, rule->dst_ip_mask, rule->ip_version))
		checks |= RULE_CHECK_IP;
	if (rule->has & PLX_FILTER_HAS_PAYLOAD)
		checks |= RULE_CHECK_PAYLOAD;
	if (rule->has & PLX_FILTER_HAS_BALANCE)
		checks |= RULE_CHECK_BALANCE;
	if (rule->has & PLX_FILTER_HAS_BPF)
		checks |= RULE_CHECK_BPF;
	if (rule->has & PLX_FILTER_HAS_PLUGIN)
		checks |= RULE_CHECK_PLUGIN;
	return (uint16_t)checks;
}

/* What dimensions do not say is asked of the packet itself. Flows that actions name are made of facts. */
static bool
needs_facts(const struct plx_filter_rule *rule)
{
	const uint32_t others = PLX_FILTER_HAS_SRC_MAC | PLX_FILTER_HAS_DST_MAC |
				PLX_FILTER_HAS_PAYLOAD | PLX_FILTER_HAS_BALANCE |
				PLX_FILTER_HAS_BPF | PLX_FILTER_HAS_PLUGIN;

	return (rule->has & ~others) != 0 || rule->action == PLX_FILTER_ADD_RULE ||
	       rule->action == PLX_FILTER_DELETE_RULE;
}

static void
add_place(struct rule_set *set, struct rule_wild *wild, bool reversed)
{
	struct rule_place *place = &set->places[set->n++];
	bool ipv6 = wild->rule.ip_version == 6;

	*place = (struct rule_place){
		.wild = wild, .reversed = reversed, .checks = checks_of(&wild->rule)};
	if (!range_of(place, ipv6 ? RULE_DIM_SRC6 : RULE_DIM_SRC4, &place->src[0], &place->src[1]))
		place->src[1] = UINT64_MAX;
	if (!range_of(place, ipv6 ? RULE_DIM_DST6 : RULE_DIM_DST4, &place->dst[0], &place->dst[1]))
		place->dst[1] = UINT64_MAX;
}

static void
fill_places(struct rule_set *set, struct rule_wild **wild, unsigned n)
{
	set->factless = true;
	for (unsigned i = 0; i < n; i++) {
		set->factless &= !needs_facts(&wild[i]->rule);
		add_place(set, wild[i], false);
		if (wild[i]->rule.bidirectional)
			add_place(set, wild[i], true);
	}
	set->words = (set->n + 63) / 64;
	set->head = set->words > 1;
	set->stride = set->words + set->head;
	set->group = (set->words + 63) / 64;
}

static int
families_create(struct rule_set *set)
{
	static const uint8_t versions[RULE_FAMILIES] = {0, 4, 6};

	for (unsigned f = 0; f < RULE_FAMILIES; f++) {
		set->families[f] = calloc(set->stride + 1, sizeof(uint64_t));
		if (set->families[f] == NULL)
			return -ENOMEM;
		for (unsigned i = 0; i < set->n; i++) {
			const struct plx_filter_rule *rule = &set->places[i].wild->rule;

			if (!(rule->has & PLX_FILTER_HAS_IP) || rule->ip_version == versions[f])
				set->families[f][set->head + i / 64] |= 1ull << i % 64;
		}
		summarize(set, set->families[f]);
	}
	return 0;
}

int
rule_set_create(struct rule_wild **wild, unsigned n, struct rule_set **ret_set)
{
	struct rule_set *set = calloc(1, sizeof(*set));
	int err;

	if (set == NULL)
		return -ENOMEM;
	set->places = calloc(2 * (size_t)n + 1, sizeof(*set->places));
	if (set->places == NULL) {
		err = -ENOMEM;
		goto destroy_set;
	}
	fill_places(set, wild, n);
	set->bytes = sizeof(*set) + set->n * sizeof(*set->places) +
		     RULE_FAMILIES * set->stride * sizeof(uint64_t) +
		     n * (sizeof(struct rule_wild) + sizeof(void *));
	err = families_create(set);
	if (err == 0)
		err = dims_create(set);
	if (err != 0)
		goto destroy_set;
	set->wild = wild;
	set->nb_wild = n;
	*ret_set = set;
	return 0;
destroy_set:
	rule_set_destroy(set);
	return err;
}

void
rule_set_destroy(struct rule_set *set)
{
	if (set == NULL)
		return;
	for (unsigned i = 0; i < RULE_DIMS; i++) {
		free(set->dims[i].bounds);
		free(set->dims[i].rows);
		free(set->dims[i].pages);
	}
	for (unsigned i = 0; i < RULE_FAMILIES; i++)
		free(set->families[i]);
	free(set->places);
	free(set->wild);
	free(set);
}
