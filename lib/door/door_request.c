/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON as far as a request needs it: one flat object of texts, numbers, true, false and null. */
#include "door_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *at, *end;
	struct plx_door_request *to;
	struct plx_why *why;
};

static int
wrong(struct reader *r, const char *expected)
{
	return plx_why(r->why, -EINVAL,
		       "the request is to be {\"command\": \"help\"}, with texts and numbers by "
		       "name: %s is expected where %zu bytes are left",
		       expected, (size_t)(r->end - r->at));
}

static void
skip_space(struct reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

static bool
take(struct reader *r, char c)
{
	skip_space(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* -- texts ------------------------------------------------------------------------------------------ */

/* What is kept is never longer than what was sent, but for ends of texts: see the size of `text`. */
static void
keep(struct reader *r, char c)
{
	r->to->text[r->to->used++] = c;
}

static int
hex4(struct reader *r, uint32_t *ret_code)
{
	uint32_t code = 0;

	*ret_code = 0;
	if (r->end - r->at < 4)
		return wrong(r, "a \\u with four digits");
	for (unsigned i = 0; i < 4; i++) {
		const char c = *r->at++;

		if (c >= '0' && c <= '9')
			code = code << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			code = code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return wrong(r, "a hexadecimal digit");
	}
	*ret_code = code;
	return 0;
}

static void
keep_utf8(struct reader *r, uint32_t code)
{
	if (code < 0x80) {
		keep(r, (char)code);
	} else if (code < 0x800) {
		keep(r, (char)(0xc0 | code >> 6));
		keep(r, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		keep(r, (char)(0xe0 | code >> 12));
		keep(r, (char)(0x80 | (code >> 6 & 0x3f)));
		keep(r, (char)(0x80 | (code & 0x3f)));
	} else {
		keep(r, (char)(0xf0 | code >> 18));
		keep(r, (char)(0x80 | (code >> 12 & 0x3f)));
		keep(r, (char)(0x80 | (code >> 6 & 0x3f)));
		keep(r, (char)(0x80 | (code & 0x3f)));
	}
}

/* Behind \u: a character, or the first half of a pair. */
static int
read_code(struct reader *r)
{
	uint32_t code, low;
	int ret = hex4(r, &code);

	if (ret != 0)
		return ret;
	if (code == 0 || (code >= 0xdc00 && code < 0xe000))
		return wrong(r, "a character");
	if (code >= 0xd800 && code < 0xdc00) {
		if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
			return wrong(r, "the second half of a pair");
		r->at += 2;
		ret = hex4(r, &low);
		if (ret != 0)
			return ret;
		if (low < 0xdc00 || low >= 0xe000)
			return wrong(r, "the second half of a pair");
		code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
	}
	keep_utf8(r, code);
	return 0;
}

static int
read_escape(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (r->at == r->end)
		return wrong(r, "what \\ stands for");
	if (*r->at == 'u') {
		r->at++;
		return read_code(r);
	}
	found = *r->at != '\0' ? strchr(from, *r->at) : NULL;
	if (found == NULL)
		return wrong(r, "what \\ stands for");
	r->at++;
	keep(r, to[found - from]);
	return 0;
}

static int
read_text(struct reader *r, const char **ret_text)
{
	int ret;

	if (!take(r, '"'))
		return wrong(r, "a \"");
	*ret_text = r->to->text + r->to->used;
	while (r->at < r->end && *r->at != '"') {
		const char c = *r->at++;

		if ((unsigned char)c < 0x20)
			return wrong(r, "no control character");
		if (c != '\\') {
			keep(r, c);
			continue;
		}
		ret = read_escape(r);
		if (ret != 0)
			return ret;
	}
	if (r->at == r->end)
		return wrong(r, "a \" at the end of a text");
	r->at++;
	keep(r, '\0');
	return 0;
}

/* -- other values ------------------------------------------------------------------------------------ */

static bool
is_digit(const struct reader *r)
{
	return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static int
keep_digits(struct reader *r)
{
	if (!is_digit(r))
		return wrong(r, "a digit");
	while (is_digit(r))
		keep(r, *r->at++);
	return 0;
}

/* A number stays the text that it is. */
static int
read_number(struct reader *r)
{
	int ret;

	if (*r->at == '-')
		keep(r, *r->at++);
	if (r->end - r->at >= 2 && r->at[0] == '0' && r->at[1] >= '0' && r->at[1] <= '9')
		return wrong(r, "a number without a 0 in front");
	ret = keep_digits(r);
	if (ret == 0 && r->at < r->end && *r->at == '.') {
		keep(r, *r->at++);
		ret = keep_digits(r);
	}
	if (ret == 0 && r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
		keep(r, *r->at++);
		if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
			keep(r, *r->at++);
		ret = keep_digits(r);
	}
	keep(r, '\0');
	return ret;
}

static int
read_value(struct reader *r, const char **ret_text)
{
	static const char *const words[] = {"true", "false", "null"};

	skip_space(r);
	if (r->at < r->end && *r->at == '"')
		return read_text(r, ret_text);
	*ret_text = r->to->text + r->to->used;
	if (is_digit(r) || (r->at < r->end && *r->at == '-'))
		return read_number(r);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(words); i++) {
		const size_t len = strlen(words[i]);

		if ((size_t)(r->end - r->at) < len || memcmp(r->at, words[i], len) != 0)
			continue;
		memcpy(r->to->text + r->to->used, words[i], len + 1);
		r->to->used += len + 1;
		r->at += len;
		return 0;
	}
	return wrong(r, "a text or a number");
}

/* -- all ---------------------------------------------------------------------------------------------- */

static int
read_member(struct reader *r)
{
	struct plx_door_request *to = r->to;
	const char *name, *text = NULL;
	int ret = read_text(r, &name);

	if (ret == 0 && !take(r, ':'))
		ret = wrong(r, "a :");
	if (ret == 0)
		ret = read_value(r, &text);
	if (ret != 0)
		return ret;
	if (to->nb_values == DOOR_VALUES_MAX)
		return plx_why(r->why, -EINVAL, "a request has at most %d values", DOOR_VALUES_MAX);
	if (plx_door_request_value(to, name) != NULL)
		return plx_why(r->why, -EINVAL, "the request has \"%.32s\" twice", name);
	to->values[to->nb_values++] = (struct door_value){name, text};
	return 0;
}

static int
read_object(struct reader *r)
{
	int ret = 0;

	if (!take(r, '{'))
		return wrong(r, "a {");
	if (!take(r, '}')) {
		do
			ret = read_member(r);
		while (ret == 0 && take(r, ','));
		if (ret == 0 && !take(r, '}'))
			ret = wrong(r, "a , or }");
	}
	skip_space(r);
	return ret == 0 && r->at != r->end ? wrong(r, "nothing more") : ret;
}

static int
split_line(struct plx_door_request *request, struct plx_why *why)
{
	const size_t len = strlen(request->line);
	char *rest = NULL, *copy = request->text + request->used;

	memcpy(copy, request->line, len + 1);
	request->used += len + 1;
	for (char *word = strtok_r(copy, " \t\r\n", &rest); word != NULL;
	     word = strtok_r(NULL, " \t\r\n", &rest)) {
		if (request->nb_words == DOOR_WORDS_MAX)
			return plx_why(why, -EINVAL, "a command has at most %d words",
				       DOOR_WORDS_MAX);
		request->words[request->nb_words++] = word;
	}
	if (request->nb_words == 0)
		return plx_why(why, -EINVAL, "\"command\" is empty; help lists what there is");
	return 0;
}

int
door_request_parse(struct plx_door_request *request, const char *bytes, size_t len,
		   struct plx_why *why)
{
	struct reader r = {.at = bytes, .end = bytes + len, .to = request, .why = why};
	int ret;

	request->used = 0;
	request->nb_words = request->nb_values = 0;
	if (len > PLX_DOOR_REQUEST_MAX)
		return plx_why(why, -EINVAL, "a request has at most %d bytes",
			       PLX_DOOR_REQUEST_MAX);
	ret = read_object(&r);
	if (ret != 0)
		return ret;
	request->line = plx_door_request_value(request, "command");
	if (request->line == NULL)
		return plx_why(
			why, -EINVAL,
			"the request has no \"command\": {\"command\": \"help\"} lists them");
	return split_line(request, why);
}

const char *
plx_door_request_line(const struct plx_door_request *request)
{
	return request->line;
}

const char *
plx_door_request_word(const struct plx_door_request *request, unsigned i)
{
	return i + 1 < request->nb_words ? request->words[i + 1] : NULL;
}

const char *
plx_door_request_value(const struct plx_door_request *request, const char *name)
{
	for (unsigned i = 0; i < request->nb_values; i++) {
		if (strcmp(request->values[i].name, name) == 0)
			return request->values[i].text;
	}
	return NULL;
}

int
plx_door_request_number(const struct plx_door_request *request, unsigned i, const char *name,
			uint64_t max, uint64_t *ret_number, struct plx_why *why)
{
	const char *text = plx_door_request_word(request, i);
	unsigned long long number;
	char *end;

	if (text == NULL)
		text = plx_door_request_value(request, name);
	if (text == NULL)
		return plx_why(why, -EINVAL, "%s needs a %s", request->words[0], name);
	errno = 0;
	number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > max)
		return plx_why(why, -EINVAL, "\"%.32s\" is no %s: a number up to %llu is expected",
			       text, name, (unsigned long long)max);
	*ret_number = number;
	return 0;
}
