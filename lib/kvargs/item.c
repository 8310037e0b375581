/* SPDX-License-Identifier: BSD-3-Clause */
/* Cuts "key=value,key=[v,v],key='v,v',key" into items, and a name off the front. */
#include "kvargs_priv.h"

#include <errno.h>
#include <string.h>

static bool
is_name_char(char c, const char *more)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr(more, c) != NULL);
}

int
plx_kvargs_split(const char *devargs, char *name, size_t size, const char **ret_args,
		 struct plx_why *why)
{
	size_t len = strcspn(devargs, ",");
	bool path = false; /* behind a colon: vfio-user:/run/nic.sock */

	if (len == 0)
		return plx_why(why, -EINVAL,
			       "'%.64s' has no device name; expected name[,key=value...]", devargs);
	if (len >= size)
		return plx_why(why, -EINVAL,
			       "device name '%.64s...' has %zu characters, at most %zu are allowed",
			       devargs, len, size - 1);
	for (size_t i = 0; i < len; i++) {
		path |= devargs[i] == ':';
		if (!is_name_char(devargs[i], path ? "_:.-/" : "_:.-"))
			return plx_why(
				why, -EINVAL,
				"device name '%.*s' has the character '%c' (0x%02x); allowed are "
				"letters, digits and _ : . -, behind a colon also /",
				(int)len, devargs,
				devargs[i] >= 0x20 && devargs[i] < 0x7f ? devargs[i] : '?',
				(unsigned char)devargs[i]);
	}
	memcpy(name, devargs, len);
	name[len] = '\0';
	*ret_args = devargs + len + (devargs[len] == ',');
	return 0;
}

/* The bracket that closes the one at `open`, inner pairs skipped; NULL if there is none. */
static const char *
closing_bracket(const char *open)
{
	unsigned depth = 0;

	for (const char *p = open; *p != '\0'; p++) {
		if (*p == '[')
			depth++;
		else if (*p == ']' && --depth == 0)
			return p;
	}
	return NULL;
}

/* Reads the value at `at`; returns where it ends, quotes included, or NULL when they are unbalanced. */
static const char *
cut_value(const char *at, struct kvargs_item *item)
{
	const char *end;

	item->bracketed = *at == '[';
	if (*at != '[' && *at != '\'') {
		item->value = (struct kvargs_span){at, strcspn(at, ",")};
		return at + item->value.len;
	}
	end = item->bracketed ? closing_bracket(at) : strchr(at + 1, '\'');
	if (end == NULL)
		return NULL;
	item->value = (struct kvargs_span){at + 1, (size_t)(end - at - 1)};
	return end + 1;
}

static int
cut_key(const char *at, struct kvargs_span *ret_key, struct plx_why *why)
{
	size_t len = 0;

	while (is_name_char(at[len], "_.-"))
		len++;
	if (len == 0 && (*at == ',' || *at == '\0'))
		return plx_why(why, -EINVAL,
			       "there is nothing between two commas or after the last");
	if (len == 0 || (at[len] != '=' && at[len] != ',' && at[len] != '\0'))
		return plx_why(why, -EINVAL, "'%.*s' does not begin with a key; expected key=value",
			       (int)strcspn(at, ",") > 64 ? 64 : (int)strcspn(at, ","), at);
	*ret_key = (struct kvargs_span){at, len};
	return 0;
}

int
kvargs_item_next(const char **cursor, struct kvargs_item *ret_item, struct plx_why *why)
{
	const char *at = *cursor;
	int err;

	if (*at == '\0')
		return 0;
	err = cut_key(at, &ret_item->key, why);
	if (err != 0)
		return err;
	at += ret_item->key.len;
	ret_item->has_value = *at == '=';
	ret_item->value = (struct kvargs_span){at, 0};
	ret_item->bracketed = false;
	if (ret_item->has_value) {
		const char *end = cut_value(at + 1, ret_item);

		if (end == NULL || (*end != ',' && *end != '\0'))
			return plx_why(why, -EINVAL, "key '%.*s': %s in the value %.64s",
				       (int)ret_item->key.len, ret_item->key.at,
				       end == NULL ? "a quote or bracket is not closed"
						   : "there is text behind the closing quote",
				       at + 1);
		at = end;
	}
	if (*at == ',' && at[1] == '\0')
		return plx_why(why, -EINVAL, "there is nothing after the last comma");
	*cursor = at + (*at == ',');
	return 1;
}
