/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of text from a descriptor, as they come. Unlike with stdio, a stop signal ends the waiting, and a line
 * without an end takes no memory.
 */
#ifndef PLX_APPS_COMMON_INPUT_H
#define PLX_APPS_COMMON_INPUT_H

#include "command.h"

struct input {
	int fd;
	bool ended;
	size_t from, to; /* what of buf was read and not yet given out */
	char buf[8192];
};

enum input_result {
	INPUT_LINE,
	INPUT_END,	/* or a stop was asked for */
	INPUT_TOO_LONG, /* a line that is left out */
	INPUT_BINARY,	/* a line with a 0 byte, left out */
};

void input_init(struct input *input, int fd);

/* *ret_line is the next line without its end (\n or \r\n), valid until the next call. */
enum input_result input_next(struct input *input, const char **ret_line);

/* Waits until there is something to read. False when a stop was asked for. */
bool input_wait(int fd);

#endif
