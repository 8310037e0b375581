/* SPDX-License-Identifier: BSD-3-Clause */
/* What every program answers: which commands there are, and what it is. */
#include "door_priv.h"

#include "plx_clock.h"
#include "plx_eal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

static int
help(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
     struct plx_why *why)
{
	struct plx_door_command command;

	plx_door_reply_array(reply, "commands");
	for (unsigned i = 0; door_command_at(i, &command); i++) {
		plx_door_reply_object(reply, NULL);
		plx_door_reply_text(reply, "command", command.pattern);
		plx_door_reply_text(reply, "help", command.help);
		plx_door_reply_end(reply);
	}
	plx_door_reply_end(reply);
	return 0;
}

/* The command line, as the kernel remembers it. */
static void
put_args(struct plx_door_reply *reply)
{
	char text[16384];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	plx_door_reply_array(reply, "args");
	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(text + at) + 1)
		plx_door_reply_text(reply, NULL, text + at);
	plx_door_reply_end(reply);
}

static int
info(void *arg, const struct plx_door_request *request, struct plx_door_reply *reply,
     struct plx_why *why)
{
	const struct door_facts facts = door_facts();

	plx_door_reply_text(reply, "program", facts.program);
	plx_door_reply_text(reply, "name", plx_eal_prefix());
	plx_door_reply_text(reply, "version", plx_version());
	plx_door_reply_count(reply, "pid", (uint64_t)getpid());
	plx_door_reply_count(reply, "uptime_s",
			     (plx_clock_monotonic_ns() - facts.opened_ns) / SECOND);
	put_args(reply);
	return 0;
}

const struct plx_door_command door_builtins[] = {
	{"help", "the commands there are", help, NULL, true},
	{"info", "version, process, time since the start, arguments", info, NULL, true},
	{NULL},
};
