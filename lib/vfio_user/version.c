/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of a negotiation: a JSON object, {"capabilities":{...}}. Written by a format; read by a walk that knows the shape of
 * JSON, calls take() for each number, word or string with its path of keys, and keeps nothing.
 */
#include "plx_vfio_user.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 16
#define KEY_MAX	  32
#define PAGE_4K	  4096

/* What is said where nothing is: the specification's, but for max_msg_fds, where it has 1. */
void
vfio_user_caps_default(struct vfio_user_caps *ret_caps)
{
	*ret_caps = (struct vfio_user_caps){.max_msg_fds = 1,
					    .max_data_xfer_size = VFIO_USER_DATA_MAX,
					    .max_dma_maps = UINT16_MAX,
					    .pgsizes = PAGE_4K};
}

size_t
vfio_user_caps_write(const struct vfio_user_caps *caps, char *text, size_t size)
{
	char twin[64] = "";

	if (caps->twin_socket && caps->has_fd_index)
		snprintf(twin, sizeof(twin),
			 ",\"twin_socket\":{\"supported\":true,\"fd_index\":%llu}",
			 (unsigned long long)caps->fd_index);
	else if (caps->twin_socket)
		snprintf(twin, sizeof(twin), ",\"twin_socket\":{\"supported\":true}");
	return 1 + (size_t)snprintf(text, size,
				    "{\"capabilities\":{\"max_msg_fds\":%llu,"
				    "\"max_data_xfer_size\":%llu,\"max_dma_maps\":%llu,"
				    "\"pgsizes\":%llu,\"write_multiple\":%s%s}}",
				    (unsigned long long)caps->max_msg_fds,
				    (unsigned long long)caps->max_data_xfer_size,
				    (unsigned long long)caps->max_dma_maps,
				    (unsigned long long)caps->pgsizes,
				    caps->write_multiple ? "true" : "false", twin);
}

/* -- reading --------------------------------------------------------------------------------------------------------- */

struct walk {
	const char *at, *end;
	struct vfio_user_caps *caps;
	struct plx_why *why;
	char key[DEPTH_MAX][KEY_MAX]; /* the path; one that is longer than any of ours is "" */
};

/* A number or a word, as it stands there. */
struct scalar {
	const char *text;
	size_t len;
};

static const struct {
	const char *parent, *key;
	bool word; /* true or false */
	size_t offset;
	uint64_t min, max, multiple;
} known[] = {
#define FIELD(name) offsetof(struct vfio_user_caps, name)
	{"capabilities", "max_msg_fds", false, FIELD(max_msg_fds), 0, 1024, 1},
	{"capabilities", "max_data_xfer_size", false, FIELD(max_data_xfer_size), VFIO_USER_DATA_MIN,
	 64 << 20, 1},
	{"capabilities", "max_dma_maps", false, FIELD(max_dma_maps), 1, UINT32_MAX, 1},
	{"capabilities", "pgsizes", false, FIELD(pgsizes), PAGE_4K, UINT64_MAX, PAGE_4K},
	{"capabilities", "write_multiple", true, FIELD(write_multiple), 0, 1, 1},
	{"twin_socket", "supported", true, FIELD(twin_socket), 0, 1, 1},
	{"twin_socket", "fd_index", false, FIELD(fd_index), 0, VFIO_USER_FDS_MAX - 1, 1},
};

static bool
scalar_is(struct scalar value, const char *word)
{
	return value.len == strlen(word) && memcmp(value.text, word, value.len) == 0;
}

/* -1 if it is no whole number, or none of 64 bits. */
static int
read_number(struct scalar value, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (size_t i = 0; i < value.len; i++) {
		unsigned digit = (unsigned char)value.text[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return -1;
	}
	*ret_number = number;
	return value.len > 0 ? 0 : -1;
}

static int
take_known(struct walk *walk, size_t row, struct scalar value)
{
	void *field = (uint8_t *)walk->caps + known[row].offset;
	bool yes = scalar_is(value, "true");
	uint64_t number = 0;

	if (known[row].word) {
		if (!yes && !scalar_is(value, "false"))
			return plx_why(walk->why, -EINVAL, "%s is neither true nor false",
				       known[row].key);
		memcpy(field, &yes, sizeof(yes));
		return 0;
	}
	if (read_number(value, &number) != 0 || number < known[row].min ||
	    number > known[row].max || number % known[row].multiple != 0)
		return plx_why(walk->why, -EINVAL,
			       "%s is %.*s: a multiple of %llu from %llu to %llu is possible",
			       known[row].key, value.len < 32 ? (int)value.len : 32, value.text,
			       (unsigned long long)known[row].multiple,
			       (unsigned long long)known[row].min,
			       (unsigned long long)known[row].max);
	memcpy(field, &number, sizeof(number));
	walk->caps->has_fd_index |= known[row].offset == FIELD(fd_index);
	return 0;
}

/* Paths are capabilities/x and capabilities/twin_socket/x. */
static int
take(struct walk *walk, unsigned depth, struct scalar value)
{
	const unsigned last = depth - 1;

	if (depth < 2 || depth > 3 || strcmp(walk->key[0], "capabilities") != 0)
		return 0;
	for (size_t i = 0; i < PLX_ARRAY_LEN(known); i++)
		if (strcmp(known[i].key, walk->key[last]) == 0 &&
		    strcmp(known[i].parent, walk->key[last - 1]) == 0)
			return take_known(walk, i, value);
	return 0;
}

static int
malformed(const struct walk *walk, const char *what)
{
	return plx_why(walk->why, -EINVAL, "the version's text is no JSON: %s", what);
}

static void
skip_blanks(struct walk *walk)
{
	while (walk->at < walk->end && strchr(" \t\r\n", *walk->at) != NULL && *walk->at != '\0')
		walk->at++;
}

static bool
skip_char(struct walk *walk, char c)
{
	skip_blanks(walk);
	if (walk->at == walk->end || *walk->at != c)
		return false;
	walk->at++;
	return true;
}

/* Behind the first quote; escapes are only stepped over, since no key of ours has any. */
static int
skip_string(struct walk *walk, char *key)
{
	const char *start = walk->at;
	size_t len;

	while (walk->at < walk->end && *walk->at != '"')
		walk->at += *walk->at == '\\' && walk->end - walk->at > 1 ? 2 : 1;
	if (walk->at == walk->end)
		return malformed(walk, "a string without end");
	len = (size_t)(walk->at++ - start);
	if (key == NULL)
		return 0;
	if (len >= KEY_MAX)
		len = 0;
	memcpy(key, start, len);
	key[len] = '\0';
	return 0;
}

static int skip_value(struct walk *walk, unsigned depth);

/* Behind the first brace: pairs in an object, values in an array. */
static int
skip_list(struct walk *walk, unsigned depth, char end)
{
	int ret = 0;

	if (depth == DEPTH_MAX)
		return malformed(walk, "it is nested too deeply");
	if (skip_char(walk, end))
		return 0;
	do {
		walk->key[depth][0] = '\0';
		if (end == '}' && !skip_char(walk, '"'))
			return malformed(walk, "an object without a key");
		if (end == '}')
			ret = skip_string(walk, walk->key[depth]);
		if (ret == 0 && end == '}' && !skip_char(walk, ':'))
			return malformed(walk, "a key without a value");
		if (ret == 0)
			ret = skip_value(walk, depth + 1);
	} while (ret == 0 && skip_char(walk, ','));
	if (ret == 0 && !skip_char(walk, end))
		return malformed(walk, "a list without end");
	return ret;
}

static int
skip_scalar(struct walk *walk, unsigned depth)
{
	struct scalar value = {.text = walk->at};

	while (walk->at < walk->end && strchr("+-.", *walk->at) != NULL)
		walk->at++;
	while (walk->at < walk->end &&
	       ((*walk->at >= '0' && *walk->at <= '9') || (*walk->at >= 'a' && *walk->at <= 'z') ||
		*walk->at == 'E' || *walk->at == '+' || *walk->at == '-' || *walk->at == '.'))
		walk->at++;
	value.len = (size_t)(walk->at - value.text);
	if (value.len == 0)
		return malformed(walk, "a value is missing");
	return take(walk, depth, value);
}

static int
skip_value(struct walk *walk, unsigned depth)
{
	const char *start;
	int ret;

	if (skip_char(walk, '{'))
		return skip_list(walk, depth, '}');
	if (skip_char(walk, '['))
		return skip_list(walk, depth, ']');
	if (!skip_char(walk, '"'))
		return skip_scalar(walk, depth);
	start = walk->at - 1;
	ret = skip_string(walk, NULL);
	return ret != 0 ? ret
			: take(walk, depth, (struct scalar){start, (size_t)(walk->at - start)});
}

int
vfio_user_caps_read(const char *text, size_t len, struct vfio_user_caps *ret_caps,
		    struct plx_why *why)
{
	struct vfio_user_caps caps;
	struct walk walk = {.at = text, .caps = &caps, .why = why};
	int ret;

	vfio_user_caps_default(&caps);
	if (len == 0 || (len == 1 && text[0] == '\0')) {
		*ret_caps = caps;
		return 0;
	}
	if (len > VFIO_USER_VERSION_ROOM || text[len - 1] != '\0')
		return malformed(&walk, "it has no end");
	walk.end = text + strlen(text);
	ret = skip_char(&walk, '{') ? skip_list(&walk, 0, '}')
				    : malformed(&walk, "it is no object");
	skip_blanks(&walk);
	if (ret == 0 && walk.at != walk.end)
		ret = malformed(&walk, "more follows it");
	if (ret == 0)
		*ret_caps = caps;
	return ret;
}
