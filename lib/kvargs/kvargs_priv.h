/* SPDX-License-Identifier: BSD-3-Clause */
/* One "key=value" of the text, as it was found, before anybody asked what it means. */
#ifndef PLX_LIB_KVARGS_KVARGS_PRIV_H
#define PLX_LIB_KVARGS_KVARGS_PRIV_H

#include "plx_kvargs.h"

struct kvargs_span {
	const char *at;
	size_t len;
};

struct kvargs_item {
	struct kvargs_span key;
	struct kvargs_span value; /* without its quotes */
	bool has_value;		  /* false for a bare key */
	bool bracketed;		  /* was [..]: a list may be cut at its commas */
};

/*
 * Takes the next item from *cursor. 1 and the item, 0 at the end of the text, -EINVAL with why.
 */
int kvargs_item_next(const char **cursor, struct kvargs_item *ret_item, struct plx_why *why);

/* Converts the item's value as the field says and stores it. -EINVAL with why. */
int kvargs_field_store(const struct plx_kvargs_field *field, const struct kvargs_item *item,
		       void *out, struct plx_why *why);

#endif
