/* SPDX-License-Identifier: BSD-3-Clause */
/* RSS as it is typed: pairs, masks, keys; and as it is shown. */
#ifndef PLX_APPS_TESTPMD_RSS_WORDS_H
#define PLX_APPS_TESTPMD_RSS_WORDS_H

#include <pollux/plx_ethdev.h>

/* Everything about the spreading of one port. */
struct rss_facts {
	uint16_t port;
	struct plx_ethdev_info info;
	uint8_t key[PLX_ETHDEV_RSS_KEY_MAX];
	uint32_t types;
	uint16_t table[PLX_ETHDEV_RETA_MAX];
};

/* "(0,1),(5,0)" into entries of the table. -EINVAL with what is allowed; the table is then unspecified. */
int rss_parse_pairs(const char *text, const struct plx_ethdev_info *info, uint16_t *table,
		    struct plx_why *why);
/* "6d5a..." of exactly `size` bytes. */
int rss_parse_key(const char *text, uint8_t size, uint8_t *ret_key, struct plx_why *why);
/* "(0xff,0x1)": a mask for each 64 entries; leaves in `chosen` what has a bit. */
int rss_parse_masks(const char *text, unsigned size, bool *chosen, struct plx_why *why);
/* "ipv4", "ipv4-tcp": DPDK's names of a type. -EINVAL for unknown ones. */
int rss_check_type(const char *text, const struct plx_ethdev_info *info, struct plx_why *why);

#endif
