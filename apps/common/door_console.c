/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands of a prompt, given through the control socket. */
#include "command.h"
#include "door.h"

static int
run(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
    struct plx_why *why)
{
	json_t *result;
	int ret = command_ask(arg, plx_door_request_line(request), &result, why);

	return ret == 0 ? door_reply_json(reply, result, why) : ret;
}

void
door_lend(struct console *console, const char *pattern, const char *help)
{
	const struct plx_door_command command = {pattern, help, run, console};

	plx_door_add(&command);
}
