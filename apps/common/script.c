/* SPDX-License-Identifier: BSD-3-Clause */
#include "script.h"

#include "input.h"
#include "line.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_READ 16384

/* -- reading ----------------------------------------------------------------------------------------- */

static int
check_kind(const char *path, const struct stat *st, struct plx_why *why)
{
	if (S_ISDIR(st->st_mode))
		return plx_why(why, -EISDIR, "\"%.300s\" is a directory, no file of commands",
			       path);
	if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
		return plx_why(why, -EINVAL, "\"%.300s\" is neither a file nor a pipe", path);
	if (st->st_size > SCRIPT_SIZE_MAX)
		return plx_why(why, -EFBIG, "\"%.300s\" has more than %u MiB, no file of commands",
			       path, SCRIPT_SIZE_MAX >> 20);
	return 0;
}

static int
check_outer(const struct console *console, const char *path, const struct stat *st,
	    struct plx_why *why)
{
	for (const struct script *s = console->script; s != NULL; s = s->outer) {
		if (s->dev == st->st_dev && s->ino == st->st_ino)
			return plx_why(why, -ELOOP, "\"%.300s\" would load itself", path);
	}
	if (console->script != NULL && console->script->depth >= SCRIPT_DEPTH_MAX)
		return plx_why(why, -ELOOP, "\"%.300s\": files load one another more than %d deep",
			       path, SCRIPT_DEPTH_MAX);
	return 0;
}

/* All there is, up to the limit; *ret_text is the caller's to free. */
static int
read_all(int fd, char **ret_text, size_t *ret_len)
{
	size_t room = FIRST_READ, len = 0;
	char *text = malloc(room), *grown;
	ssize_t got = 1;

	while (text != NULL && got != 0) {
		if (len == SCRIPT_SIZE_MAX || stop_requested()) {
			free(text);
			return len == SCRIPT_SIZE_MAX ? -EFBIG : -EINTR;
		}
		if (len + 1 >= room) {
			room *= 2;
			grown = realloc(text, room);
			if (grown == NULL)
				free(text);
			text = grown;
			continue;
		}
		got = input_wait(fd) ? read(fd, text + len, room - 1 - len) : -1;
		if (got < 0 && !stop_requested() && errno != EINTR && errno != EAGAIN) {
			free(text);
			return -errno;
		}
		len += got > 0 ? (size_t)got : 0;
	}
	if (text == NULL)
		return -ENOMEM;
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return 0;
}

static int
check_text(const char *path, const char *text, size_t len, struct plx_why *why)
{
	unsigned line = 1;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n')
			line++;
		else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
			return plx_why(why, -EILSEQ,
				       "\"%.300s\" is no file of commands: byte 0x%02x in line %u; "
				       "none of it was run",
				       path, c, line);
	}
	return 0;
}

/* Opens, judges and reads a file. */
static int
read_script(const struct console *console, const char *path, struct script *script, char **ret_text,
	    struct plx_why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), ret;
	struct stat st;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) != 0) {
		ret = plx_why(why, -errno, "cannot read \"%.300s\": %s", path, strerror(errno));
		goto close_fd;
	}
	ret = check_kind(path, &st, why);
	if (ret == 0)
		ret = check_outer(console, path, &st, why);
	if (ret != 0)
		goto close_fd;
	ret = read_all(fd, ret_text, &len);
	if (ret != 0) {
		plx_why(why, ret, "cannot read \"%.300s\": %s", path, strerror(-ret));
		goto close_fd;
	}
	ret = check_text(path, *ret_text, len, why);
	if (ret != 0)
		free(*ret_text);
	*script = (struct script){console->script, st.st_dev, st.st_ino,
				  console->script != NULL ? console->script->depth + 1 : 1};
close_fd:
	if (fd >= 0)
		close(fd);
	return ret;
}

/* -- running ----------------------------------------------------------------------------------------- */

/* Behind a line's end; the line is ended by a 0, without its \r. */
static char *
cut_line(char *line)
{
	size_t len = strcspn(line, "\n");
	char *next = line + len + (line[len] == '\n');

	line[len] = '\0';
	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
	return next;
}

static void
run_lines(struct console *console, const char *path, char *text, bool echo, unsigned *ret_failed,
	  unsigned *ret_lines)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct line_from from = {.file = path};
	char *end = text + strlen(text), *next;

	if (strncmp(text, byte_order_mark, 3) == 0)
		text += 3;
	for (char *line = text; line < end && !console->quit && !stop_requested(); line = next) {
		next = cut_line(line);
		from.number++;
		if (echo && !console->json)
			printf("%s%.*s\n", console->prompt, 4096, line);
		*ret_failed += line_run(console, line, &from) != 0;
	}
	*ret_lines = from.number;
}

int
script_run(struct console *console, const char *path, bool echo, struct plx_why *why)
{
	const struct script *outer = console->script;
	unsigned failed = 0, lines = 0;
	struct script script;
	char *text = NULL;
	int ret;

	ret = read_script(console, path, &script, &text, why);
	if (ret != 0)
		return ret;
	console->script = &script;
	run_lines(console, path, text, echo, &failed, &lines);
	console->script = outer;
	free(text);
	if (failed > 0)
		return plx_why(why, -EIO, "%u of the %u lines of \"%.300s\" failed", failed, lines,
			       path);
	return 0;
}
