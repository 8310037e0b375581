/* SPDX-License-Identifier: BSD-3-Clause */
#include "rss_words.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
rss_parse_pairs(const char *text, const struct plx_ethdev_info *info, uint16_t *table,
		struct plx_why *why)
{
	const char *at = text;
	unsigned hash, queue;
	int used;

	do {
		used = 0;
		if (sscanf(at, "(%5u,%5u)%n", &hash, &queue, &used) != 2 || used == 0)
			break;
		if (hash >= info->reta_size)
			return plx_why(why, -EINVAL, "%s: the table has entries 0 to %u", text,
				       info->reta_size - 1u);
		if (queue >= info->nb_rx_queues)
			return plx_why(why, -EINVAL, "%s: there are rx queues 0 to %d", text,
				       info->nb_rx_queues - 1);
		table[hash] = (uint16_t)queue;
		at += used;
		if (*at == '\0')
			return 0;
	} while (*at++ == ',');
	return plx_why(why, -EINVAL, "%s: pairs of entry and queue are expected, as in (0,1),(1,0)",
		       text);
}

int
rss_parse_key(const char *text, uint8_t size, uint8_t *ret_key, struct plx_why *why)
{
	char byte[3] = "";

	if (strlen(text) != 2u * size || strspn(text, "0123456789abcdefABCDEF") != strlen(text))
		return plx_why(why, -EINVAL,
			       "%.100s: a key of %u bytes is expected, %u hexadecimal digits", text,
			       size, 2u * size);
	for (unsigned i = 0; i < size; i++) {
		memcpy(byte, text + 2 * i, 2);
		ret_key[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return 0;
}

int
rss_parse_masks(const char *text, unsigned size, bool *chosen, struct plx_why *why)
{
	const char *at = text;
	unsigned first = 0;

	if (*at++ != '(')
		goto wrong;
	for (;; at++, first += 64) {
		uint64_t mask;
		char *end;

		if (!isxdigit((unsigned char)*at) || first >= size)
			goto wrong;
		errno = 0;
		mask = strtoull(at, &end, 16);
		if (errno != 0)
			goto wrong;
		for (unsigned i = first; i < first + 64 && i < size; i++)
			chosen[i] = (mask >> (i - first) & 1) != 0;
		at = end;
		if (*at != ',')
			break;
	}
	if (strcmp(at, ")") == 0 && first + 64 >= size)
		return 0;
wrong:
	return plx_why(why, -EINVAL,
		       "%s: a mask for each 64 of %u entries is expected, as in (0xff%s)", text,
		       size, size > 64 ? ",0x0" : "");
}

int
rss_check_type(const char *text, const struct plx_ethdev_info *info, struct plx_why *why)
{
	const char *dash = strchr(text, '-');
	char l3[8], there[64];
	uint32_t bits;

	snprintf(l3, sizeof(l3), "%.*s", (int)(dash != NULL ? (size_t)(dash - text) : strlen(text)),
		 text);
	bits = plx_ethdev_bit_by_name(PLX_ETHDEV_RSS_TYPES, l3);
	if (bits != 0 && dash != NULL)
		bits = plx_ethdev_bit_by_name(PLX_ETHDEV_RSS_TYPES, dash + 1);
	if ((bits & info->rss_types) != 0)
		return 0;
	return plx_why(
		why, -EINVAL, "\"%s\" is no type that the device hashes; there are %s", text,
		plx_ethdev_bits_text(PLX_ETHDEV_RSS_TYPES, info->rss_types, there, sizeof(there)));
}
