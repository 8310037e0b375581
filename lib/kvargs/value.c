/* SPDX-License-Identifier: BSD-3-Clause */
/* What a value's text means: numbers, addresses, choices; and the sentences when it means nothing. */
#include "kvargs_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* 0-15, or 16 for what is no digit. */
static unsigned
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

/* Bits to shift for a suffix, 0 for none, -1 for what is no suffix. */
static int
suffix_shift(const char *text)
{
	if (*text == '\0')
		return 0;
	if (text[1] != '\0')
		return -1;
	switch (*text) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return -1;
	}
}

int
plx_kvargs_uint(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	unsigned base = 10;
	uint64_t value = 0;
	bool overflow = false;
	int shift;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (digit_value(*text) >= base)
		return -EINVAL;
	for (; digit_value(*text) < base; text++) {
		overflow |= __builtin_mul_overflow(value, base, &value);
		overflow |= __builtin_add_overflow(value, digit_value(*text), &value);
	}
	shift = suffix_shift(text);
	if (shift < 0)
		return -EINVAL;
	overflow |= __builtin_mul_overflow(value, 1ULL << shift, &value);
	if (overflow || value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int
plx_kvargs_mac(const char *text, uint8_t ret_mac[6])
{
	uint8_t mac[6];

	for (int i = 0; i < 6; i++, text += 3) {
		unsigned high = digit_value(text[0]);
		unsigned low = high < 16 ? digit_value(text[1]) : 16;

		if (low > 15 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret_mac, mac, sizeof(mac));
	return 0;
}

static int
store_bool(const struct plx_kvargs_field *field, const char *text, bool *ret_value,
	   struct plx_why *why)
{
	static const char *const yes[] = {"1", "y", "yes", "on", "true"};
	static const char *const no[] = {"0", "n", "no", "off", "false"};

	for (size_t i = 0; i < PLX_ARRAY_LEN(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*ret_value = strcasecmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return plx_why(why, -EINVAL,
		       "key '%s' is '%s'; allowed are 0/1, no/yes, off/on, false/true", field->key,
		       text);
}

static int
store_uint(const struct plx_kvargs_field *field, const char *text, uint64_t *ret_value,
	   struct plx_why *why)
{
	int err = plx_kvargs_uint(text, field->min, field->max, ret_value);

	if (err == 0)
		return 0;
	return plx_why(why, -EINVAL,
		       "key '%s' is '%s', which is %s; allowed is %" PRIu64 " to %" PRIu64
		       " (0x and the suffixes K M G are understood)",
		       field->key, text, err == -ERANGE ? "out of range" : "not a whole number",
		       field->min, field->max);
}

static int
store_choice(const struct plx_kvargs_field *field, const char *text, int *ret_value,
	     struct plx_why *why)
{
	const char *near;
	char list[256];
	size_t len = 0;

	list[0] = '\0';
	for (int i = 0; field->choices[i] != NULL; i++) {
		if (strcmp(text, field->choices[i]) == 0) {
			*ret_value = i;
			return 0;
		}
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						i > 0 ? " " : "", field->choices[i]);
	}
	near = plx_kvargs_nearest(text, field->choices);
	if (near != NULL)
		return plx_why(why, -EINVAL, "key '%s' is '%s', did you mean '%s'? Allowed are: %s",
			       field->key, text, near, list);
	return plx_why(why, -EINVAL, "key '%s' is '%s'; allowed are: %s", field->key, text, list);
}

/* One entry of a list. */
static int
store_entry(const struct plx_kvargs_field *field, struct kvargs_span text,
	    struct plx_kvargs_list *list, struct plx_why *why)
{
	if (text.len == 0 || text.len >= PLX_KVARGS_STRING_MAX)
		return plx_why(why, -EINVAL,
			       "key '%s' has a value of %zu characters; allowed are 1 to %d",
			       field->key, text.len, PLX_KVARGS_STRING_MAX - 1);
	if (list->n == PLX_KVARGS_LIST_MAX)
		return plx_why(why, -EINVAL, "key '%s' is given more than %d times", field->key,
			       PLX_KVARGS_LIST_MAX);
	memcpy(list->item[list->n], text.at, text.len);
	list->item[list->n++][text.len] = '\0';
	return 0;
}

static int
store_list(const struct plx_kvargs_field *field, const struct kvargs_item *item,
	   struct plx_kvargs_list *list, struct plx_why *why)
{
	const char *at = item->value.at;
	const char *end = at + item->value.len;

	if (!item->bracketed)
		return store_entry(field, item->value, list, why);
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		struct kvargs_span entry = {at, (size_t)((comma != NULL ? comma : end) - at)};
		int err = store_entry(field, entry, list, why);

		if (err != 0 || comma == NULL)
			return err;
		at = comma + 1;
	}
}

static int
store_string(const struct plx_kvargs_field *field, struct kvargs_span text, char *out,
	     struct plx_why *why)
{
	if (text.len == 0 || text.len >= field->max)
		return plx_why(why, -EINVAL,
			       "key '%s' has a value of %zu characters; allowed are 1 to %" PRIu64,
			       field->key, text.len, field->max - 1);
	memcpy(out, text.at, text.len);
	out[text.len] = '\0';
	return 0;
}

static int
store_mac(const struct plx_kvargs_field *field, const char *text, void *to, struct plx_why *why)
{
	uint8_t mac[6];

	if (plx_kvargs_mac(text, mac) != 0)
		return plx_why(why, -EINVAL,
			       "key '%s' is '%s'; expected a MAC address like 02:00:00:00:00:01",
			       field->key, text);
	if ((mac[0] & 1) != 0)
		return plx_why(
			why, -EINVAL,
			"%s=%s is a group address; the lowest bit of the first byte must be 0",
			field->key, text);
	memcpy(to, mac, sizeof(mac));
	return 0;
}

/* The types whose values are short words. */
static int
store_word(const struct plx_kvargs_field *field, const char *text, void *to, struct plx_why *why)
{
	switch (field->type) {
	case PLX_KVARGS_BOOL:
		return store_bool(field, text, to, why);
	case PLX_KVARGS_UINT:
		return store_uint(field, text, to, why);
	case PLX_KVARGS_CHOICE:
		return store_choice(field, text, to, why);
	default:
		return store_mac(field, text, to, why);
	}
}

int
kvargs_field_store(const struct plx_kvargs_field *field, const struct kvargs_item *item, void *out,
		   struct plx_why *why)
{
	uint8_t *to = (uint8_t *)out + field->offset;
	char word[65];

	if (!item->has_value && field->type != PLX_KVARGS_BOOL)
		return plx_why(why, -EINVAL, "key '%s' needs a value: %s=...", field->key,
			       field->key);
	if (field->type == PLX_KVARGS_STRING)
		return store_string(field, item->value, (char *)to, why);
	if (field->type == PLX_KVARGS_LIST)
		return store_list(field, item, (struct plx_kvargs_list *)(void *)to, why);
	if (item->value.len >= sizeof(word))
		return plx_why(why, -EINVAL, "key '%s' has a value of %zu characters", field->key,
			       item->value.len);
	memcpy(word, item->value.at, item->value.len);
	word[item->value.len] = '\0';
	return store_word(field, item->has_value ? word : "1", to, why);
}
