/* SPDX-License-Identifier: BSD-3-Clause */
#include "txpkts.h"

#include <pollux/plx_kvargs.h>

#include <errno.h>
#include <string.h>

const char *const txsplit_names[] = {
	[TXSPLIT_OFF] = "off",
	[TXSPLIT_ON] = "on",
	[TXSPLIT_RAND] = "rand",
	NULL,
};

uint32_t
txpkts_len(const struct txpkts *shape)
{
	uint32_t len = 0;

	for (unsigned i = 0; i < shape->n; i++)
		len += shape->len[i];
	return len;
}

/* One segment's length, the `len` characters at `text`. */
static int
add(const char *text, size_t len, struct txpkts *shape, struct plx_why *why)
{
	char word[16] = "";
	uint64_t value;

	if (shape->n == TXPKTS_MAX)
		return plx_why(why, -EINVAL, "txpkts: more than %d segments", TXPKTS_MAX);
	if (len < sizeof(word))
		memcpy(word, text, len);
	if (plx_kvargs_uint(word, 1, UINT16_MAX, &value) != 0)
		return plx_why(why, -EINVAL,
			       "txpkts \"%.*s\": a segment has 1 to %u bytes; write 64 or 64,128",
			       (int)len, text, UINT16_MAX);
	shape->len[shape->n++] = (uint16_t)value;
	return 0;
}

int
txpkts_parse(const char *text, struct txpkts *ret_shape, struct plx_why *why)
{
	struct txpkts shape = {.split = ret_shape->split};
	const char *at = text;
	int ret;

	do {
		const size_t len = strcspn(at, ",");

		ret = add(at, len, &shape, why);
		at += len;
	} while (ret == 0 && *at++ == ',');
	if (ret != 0)
		return ret;
	if (txpkts_len(&shape) < TXPKTS_LEN_MIN || txpkts_len(&shape) > TXPKTS_LEN_MAX)
		return plx_why(why, -EINVAL,
			       "txpkts %s: a packet of %u bytes; allowed are %u to %u", text,
			       txpkts_len(&shape), TXPKTS_LEN_MIN, TXPKTS_LEN_MAX);
	if (shape.len[0] < TXPKTS_HEADERS)
		return plx_why(why, -EINVAL,
			       "txpkts %s: the headers are %u bytes long and have to fit into the "
			       "first segment",
			       text, TXPKTS_HEADERS);
	*ret_shape = shape;
	return 0;
}
