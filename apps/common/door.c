/* SPDX-License-Identifier: BSD-3-Clause */
#include "door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void
door_begin(const char *program)
{
	struct plx_why why;
	const int ret = plx_door_open(program, &why);

	if (ret != 0 && ret != -ENOENT)
		fprintf(stderr, "%s: goes on without a control socket: %s\n", program, why.text);
}

int
door_reply_json(struct plx_door_reply *reply, json_t *value, struct plx_why *why)
{
	char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (text == NULL)
		return plx_why(why, -ENOMEM, "no memory for the answer");
	plx_door_reply_whole(reply, text);
	free(text);
	return 0;
}

int
door_wait(struct pollfd *wanted, int timeout_ms)
{
	struct pollfd both[2] = {*wanted, {.fd = plx_door_fd(), .events = POLLIN}};
	int ret = poll(both, 2, timeout_ms);

	*wanted = both[0];
	if (ret <= 0 || both[1].revents == 0)
		return ret;
	plx_door_serve();
	if (both[0].revents != 0)
		return 1;
	errno = EINTR;
	return -1;
}
