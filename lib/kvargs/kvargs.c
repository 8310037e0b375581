/* SPDX-License-Identifier: BSD-3-Clause */
/* Fills a driver's struct from its devargs by its table of fields. */
#include "kvargs_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIELDS_MAX 64 /* one bit each in the set of keys already seen */

static int
unknown_key(const struct plx_kvargs_field *fields, struct kvargs_span key, struct plx_why *why)
{
	const char *keys[FIELDS_MAX + 1];
	const char *near;
	char word[64];
	char list[320];
	size_t len = 0;
	unsigned n;

	snprintf(word, sizeof(word), "%.*s", (int)(key.len < 63 ? key.len : 63), key.at);
	list[0] = '\0';
	for (n = 0; n < FIELDS_MAX && fields[n].key != NULL; n++) {
		keys[n] = fields[n].key;
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						n > 0 ? " " : "", fields[n].key);
	}
	keys[n] = NULL;
	near = plx_kvargs_nearest(word, keys);
	if (near != NULL)
		return plx_why(why, -EINVAL, "unknown key '%s', did you mean '%s'? Keys are: %s",
			       word, near, list);
	return plx_why(why, -EINVAL, "unknown key '%s'; %s%s", word,
		       n > 0 ? "keys are: " : "this device takes none", list);
}

static const struct plx_kvargs_field *
find_field(const struct plx_kvargs_field *fields, struct kvargs_span key)
{
	for (; fields->key != NULL; fields++) {
		if (strlen(fields->key) == key.len && memcmp(fields->key, key.at, key.len) == 0)
			return fields;
	}
	return NULL;
}

/* Lists that are given replace their defaults instead of growing them. */
static int
note_seen(const struct plx_kvargs_field *field, unsigned index, uint64_t *seen, void *out,
	  struct plx_why *why)
{
	bool again = (*seen >> index & 1) != 0;

	if (again && field->type != PLX_KVARGS_LIST)
		return plx_why(why, -EINVAL, "key '%s' is given twice", field->key);
	if (!again && field->type == PLX_KVARGS_LIST)
		memset((uint8_t *)out + field->offset, 0, sizeof(struct plx_kvargs_list));
	*seen |= 1ULL << index;
	return 0;
}

static int
check_required(const struct plx_kvargs_field *fields, uint64_t seen, struct plx_why *why)
{
	for (unsigned i = 0; fields[i].key != NULL; i++) {
		if (fields[i].required && (seen >> i & 1) == 0)
			return plx_why(why, -EINVAL, "key '%s' is missing: %s=... (%s)",
				       fields[i].key, fields[i].key,
				       fields[i].help != NULL ? fields[i].help : "required");
	}
	return 0;
}

static int
check_table(const struct plx_kvargs_field *fields, struct plx_why *why)
{
	unsigned n = 0;

	while (fields[n].key != NULL) {
		if (++n > FIELDS_MAX)
			return plx_why(why, -EINVAL, "the table has more than %d keys", FIELDS_MAX);
	}
	return 0;
}

int
plx_kvargs_parse(const char *args, const struct plx_kvargs_field *fields, void *out,
		 struct plx_why *why)
{
	const char *cursor = args != NULL ? args : "";
	struct kvargs_item item;
	uint64_t seen = 0;
	int err;

	err = check_table(fields, why);
	if (err != 0)
		return err;
	while ((err = kvargs_item_next(&cursor, &item, why)) == 1) {
		const struct plx_kvargs_field *field = find_field(fields, item.key);

		if (field == NULL)
			return unknown_key(fields, item.key, why);
		err = note_seen(field, (unsigned)(field - fields), &seen, out, why);
		if (err != 0)
			return err;
		err = kvargs_field_store(field, &item, out, why);
		if (err != 0)
			return err;
	}
	return err != 0 ? err : check_required(fields, seen, why);
}
