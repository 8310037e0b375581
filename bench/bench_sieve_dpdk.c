/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's side of bench_sieve: rules compiled by rte_acl, in its fastest form for this processor. */
#include "bench_sieve.h"

#include <rte_acl.h>
#include <rte_eal.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROTO, SRC, DST, SPORT, DPORT, FIELDS };

/* From the protocol's byte of an IPv4 header on. */
static const struct rte_acl_field_def fields[FIELDS] = {
	{RTE_ACL_FIELD_TYPE_BITMASK, 1, PROTO, 0, 0}, {RTE_ACL_FIELD_TYPE_MASK, 4, SRC, 1, 3},
	{RTE_ACL_FIELD_TYPE_MASK, 4, DST, 2, 7},      {RTE_ACL_FIELD_TYPE_RANGE, 2, SPORT, 3, 11},
	{RTE_ACL_FIELD_TYPE_RANGE, 2, DPORT, 3, 13},
};

RTE_ACL_RULE_DEF(acl_rule, FIELDS);

static int
begin(void)
{
	static int ret = 1;
	char program_name[] = "bench", lcores[] = "-l", set[] = "0", huge[] = "--no-huge",
	     pci[] = "--no-pci", mem[] = "-m", mem_mb[] = "256", level[] = "--log-level=error",
	     tele[] = "--no-telemetry";
	char *argv[] = {program_name, lcores, set, huge, pci, mem, mem_mb, level, tele, NULL};

	if (ret > 0)
		ret = rte_eal_init(9, argv) >= 0 ? 0 : -1;
	return ret;
}

static struct acl_rule
translate(const struct bench_sieve_rule *rule, unsigned i)
{
	struct acl_rule acl = {.data = {.category_mask = 1,
					.priority = RTE_ACL_MAX_PRIORITY - (int)i,
					.userdata = i + 1}};

	acl.field[PROTO].value.u8 = rule->proto;
	acl.field[PROTO].mask_range.u8 = 0xff;
	acl.field[SRC].value.u32 = rule->src;
	acl.field[SRC].mask_range.u32 = rule->src_bits;
	acl.field[SPORT].mask_range.u16 = UINT16_MAX;
	acl.field[DPORT].value.u16 = rule->first;
	acl.field[DPORT].mask_range.u16 = rule->last;
	return acl;
}

void *
bench_sieve_dpdk_load(const struct bench_sieve_rule *rules, unsigned n)
{
	static unsigned made;
	struct rte_acl_param param = {.socket_id = SOCKET_ID_ANY,
				      .rule_size = RTE_ACL_RULE_SZ(FIELDS),
				      .max_rule_num = n};
	struct rte_acl_config config = {.num_categories = 1, .num_fields = FIELDS};
	struct rte_acl_ctx *ctx;
	char name[32];

	if (begin() != 0)
		return NULL;
	snprintf(name, sizeof(name), "bench%u", made++);
	param.name = name;
	ctx = rte_acl_create(&param);
	for (unsigned i = 0; i < n && ctx != NULL; i++) {
		const struct acl_rule rule = translate(&rules[i], i);

		if (rte_acl_add_rules(ctx, (const struct rte_acl_rule *)&rule, 1) != 0)
			return NULL;
	}
	for (unsigned i = 0; i < FIELDS; i++)
		config.defs[i] = fields[i];
	return ctx != NULL && rte_acl_build(ctx, &config) == 0 ? ctx : NULL;
}

void
bench_sieve_dpdk_classify(void *set, const uint8_t **from_proto, unsigned n, uint32_t *ret_dropped)
{
	rte_acl_classify(set, from_proto, ret_dropped, n, 1);
}
