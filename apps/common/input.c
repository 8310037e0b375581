/* SPDX-License-Identifier: BSD-3-Clause */
#include "input.h"

#include "door.h"
#include "stop.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define STOP_CHECK_MS 100 /* a signal that another thread took does not end poll() */

void
input_init(struct input *input, int fd)
{
	*input = (struct input){.fd = fd};
}

bool
input_wait(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	while (!stop_requested()) {
		int ret = door_wait(&wait, STOP_CHECK_MS);

		if (ret > 0 || (ret < 0 && errno != EINTR))
			return true;
	}
	return false;
}

/* Reads on behind what is there; moves it to the front before. */
static void
fill(struct input *input)
{
	ssize_t got = -1;

	memmove(input->buf, input->buf + input->from, input->to - input->from);
	input->to -= input->from;
	input->from = 0;
	if (input_wait(input->fd))
		got = read(input->fd, input->buf + input->to, sizeof(input->buf) - 1 - input->to);
	if (got > 0)
		input->to += (size_t)got;
	else if (got == 0 || stop_requested() || (errno != EINTR && errno != EAGAIN))
		input->ended = true;
}

/* Gives out the first len bytes as a line, and forgets them and `skip` more. */
static enum input_result
give(struct input *input, size_t len, size_t skip, const char **ret_line)
{
	char *line = input->buf + input->from;

	input->from += len + skip;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len > COMMAND_LINE_MAX)
		return INPUT_TOO_LONG;
	line[len] = '\0';
	*ret_line = line;
	return strlen(line) < len ? INPUT_BINARY : INPUT_LINE;
}

enum input_result
input_next(struct input *input, const char **ret_line)
{
	bool too_long = false;

	for (;;) {
		char *line = input->buf + input->from;
		size_t len = input->to - input->from;
		char *end = memchr(line, '\n', len);

		if (end != NULL) {
			enum input_result result = give(input, (size_t)(end - line), 1, ret_line);

			return too_long ? INPUT_TOO_LONG : result;
		}
		if (input->ended && len > 0) {
			enum input_result result = give(input, len, 0, ret_line);

			return too_long ? INPUT_TOO_LONG : result;
		}
		if (input->ended)
			return too_long ? INPUT_TOO_LONG : INPUT_END;
		if (len > COMMAND_LINE_MAX + 1) {
			too_long = true;
			input->from = input->to;
		}
		fill(input);
	}
}
