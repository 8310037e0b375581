/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON, as it is written. */
#include "door_priv.h"

#include "plx_unixsock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX  31
#define FRAME_ROOM 64 /* what stands around line and result in a message */

static void
note(struct plx_door_reply *reply, int err)
{
	if (reply->err == 0)
		reply->err = err;
}

static void
put(struct plx_door_reply *reply, const char *bytes, size_t len)
{
	if (reply->err != 0)
		return;
	if (len > PLX_DOOR_REPLY_MAX - reply->len) {
		note(reply, -EMSGSIZE);
		return;
	}
	if (reply->len + len + 1 > reply->size) {
		const size_t size = (reply->len + len + 1) * 2;
		char *text = realloc(reply->text, size);

		if (text == NULL) {
			note(reply, -ENOMEM);
			return;
		}
		reply->text = text;
		reply->size = size;
	}
	memcpy(reply->text + reply->len, bytes, len);
	reply->len += len;
	reply->text[reply->len] = '\0';
}

static void
put_string(struct plx_door_reply *reply, const char *text)
{
	put(reply, text, strlen(text));
}

/* Bytes of the well-formed character at `s`, 0 if it is none. */
static unsigned
character(const unsigned char *s)
{
	const unsigned len = s[0] < 0x80   ? 1
			     : s[0] < 0xc2 ? 0
			     : s[0] < 0xe0 ? 2
			     : s[0] < 0xf0 ? 3
					   : 4;

	if (s[0] > 0xf4)
		return 0;
	for (unsigned i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Longer than need be, halves of pairs, beyond the last character. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void
put_quoted(struct plx_door_reply *reply, const char *text)
{
	put(reply, "\"", 1);
	while (*text != '\0' && reply->err == 0) {
		const unsigned len = character((const unsigned char *)text);
		char code[8];

		if (*text == '"' || *text == '\\') {
			put(reply, "\\", 1);
			put(reply, text, 1);
		} else if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			put(reply, code, (size_t)snprintf(code, sizeof(code), "\\u%04x", *text));
		} else {
			put(reply, len > 0 ? text : "?", len > 0 ? len : 1);
		}
		text += len > 0 ? len : 1;
	}
	put(reply, "\"", 1);
}

/* What stands in front of a value: a comma, and its name in an object. */
static void
begin(struct plx_door_reply *reply, const char *name)
{
	const uint32_t level = UINT32_C(1) << reply->depth;

	if (reply->whole || (name == NULL) != ((reply->array & level) != 0))
		note(reply, -EPROTO);
	if (reply->more & level)
		put(reply, ",", 1);
	reply->more |= level;
	if (name == NULL)
		return;
	put_quoted(reply, name);
	put(reply, ":", 1);
}

static void
nest(struct plx_door_reply *reply, const char *name, bool array)
{
	uint32_t level;

	if (reply->depth == DEPTH_MAX) {
		note(reply, -EPROTO);
		return;
	}
	begin(reply, name);
	put(reply, array ? "[" : "{", 1);
	level = UINT32_C(1) << ++reply->depth;
	reply->array = array ? reply->array | level : reply->array & ~level;
	reply->more &= ~level;
}

void
plx_door_reply_text(struct plx_door_reply *reply, const char *name, const char *text)
{
	begin(reply, name);
	put_quoted(reply, text);
}

void
plx_door_reply_count(struct plx_door_reply *reply, const char *name, uint64_t count)
{
	char text[24];

	begin(reply, name);
	/* The largest that readers of JSON take for a whole number. */
	snprintf(text, sizeof(text), "%" PRIu64, count > INT64_MAX ? INT64_MAX : count);
	put_string(reply, text);
}

void
plx_door_reply_bool(struct plx_door_reply *reply, const char *name, bool value)
{
	begin(reply, name);
	put_string(reply, value ? "true" : "false");
}

void
plx_door_reply_null(struct plx_door_reply *reply, const char *name)
{
	begin(reply, name);
	put_string(reply, "null");
}

void
plx_door_reply_object(struct plx_door_reply *reply, const char *name)
{
	nest(reply, name, false);
}

void
plx_door_reply_array(struct plx_door_reply *reply, const char *name)
{
	nest(reply, name, true);
}

void
plx_door_reply_end(struct plx_door_reply *reply)
{
	if (reply->depth == 0) {
		note(reply, -EPROTO);
		return;
	}
	put(reply, reply->array & UINT32_C(1) << reply->depth ? "]" : "}", 1);
	reply->depth--;
}

void
plx_door_reply_whole(struct plx_door_reply *reply, const char *json)
{
	if (reply->len != 0 || reply->whole)
		note(reply, -EPROTO);
	put_string(reply, json);
	reply->whole = true;
}

int
plx_door_reply_fd(struct plx_door_reply *reply, int fd)
{
	if (reply->nb_fds == PLX_DOOR_FDS_MAX) {
		close(fd);
		note(reply, -EMFILE);
		return -EMFILE;
	}
	reply->fds[reply->nb_fds++] = fd;
	return 0;
}

static void
give_up_adoption(struct plx_door_reply *reply)
{
	if (reply->handover != NULL)
		door_handover_end(reply->handover, -1);
	reply->handover = NULL;
}

void
door_reply_fini(struct plx_door_reply *reply)
{
	plx_unixsock_close_fds(reply->fds, reply->nb_fds);
	give_up_adoption(reply);
	free(reply->text);
	*reply = (struct plx_door_reply){0};
}

/* -- messages ---------------------------------------------------------------------------------------- */

static const char *
own_error(const struct plx_door_reply *reply)
{
	switch (reply->err) {
	case -EMSGSIZE:
		return "the answer is too long for a message: ask for a part of it";
	case -ENOMEM:
		return "no memory for the answer";
	case -EMFILE:
		return "the answer has too many file descriptors";
	default:
		return "the answer was made wrongly";
	}
}

static void
judge(struct plx_door_reply *reply)
{
	if (reply->depth != 0)
		note(reply, -EPROTO);
	/* The line may grow sixfold in quotes; the error has room. */
	if (reply->err == 0 &&
	    reply->len > PLX_DOOR_REPLY_MAX - 6 * PLX_DOOR_REQUEST_MAX - FRAME_ROOM)
		note(reply, -EMSGSIZE);
}

char *
door_reply_message(struct plx_door_reply *reply, const char *line, int err,
		   const struct plx_why *why)
{
	struct plx_door_reply m = {0};

	judge(reply);
	put_string(&m, "{");
	if (line != NULL) {
		put_string(&m, "\"command\":");
		put_quoted(&m, line);
		put_string(&m, ",");
	}
	if (err != 0 || reply->err != 0) {
		put_string(&m, "\"error\":");
		put_quoted(&m, err == 0		      ? own_error(reply)
			       : why->text[0] != '\0' ? why->text
						      : strerror(-err));
		plx_unixsock_close_fds(reply->fds, reply->nb_fds);
		reply->nb_fds = 0;
		give_up_adoption(reply);
	} else {
		put_string(&m, reply->whole ? "\"result\":" : "\"result\":{");
		put(&m, reply->text != NULL ? reply->text : "", reply->len);
		put_string(&m, reply->whole ? "" : "}");
	}
	put_string(&m, "}");
	if (m.err == 0)
		return m.text;
	free(m.text);
	return NULL;
}
