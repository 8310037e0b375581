/* SPDX-License-Identifier: BSD-3-Clause */
/* The call that makes the tap: one question to the program's control socket, answered with two files. */
#include "attach_priv.h"

#include "plx_door_client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_MAX 4096
#define PATIENCE_MS 60000 /* a program on a busy machine may be that late */

/* Puts a text into the quotes of JSON; cut where it does not fit, which the other end then complains about. */
static void
quote(const char *text, char *to, size_t size)
{
	size_t used = 0;

	for (; *text != '\0' && used + 3 < size; text++) {
		if (*text == '"' || *text == '\\')
			to[used++] = '\\';
		to[used++] = (unsigned char)*text < ' ' ? ' ' : *text;
	}
	to[used] = '\0';
}

static void
write_request(const struct attach_args *args, char *request, size_t size)
{
	static const char *const directions[] = {"inout", "in", "out"};
	char port[2 * sizeof(args->port)], filter[REQUEST_MAX - 1024];

	quote(args->port, port, sizeof(port));
	quote(args->filter, filter, sizeof(filter));
	snprintf(request, size,
		 "{\"command\":\"tap\",\"port\":\"%s\",\"direction\":\"%s\",\"filter\":\"%s\","
		 "\"snaplen\":%" PRIu64 ",\"lane_bytes\":%" PRIu64 "}",
		 port, directions[args->direction], filter, args->snaplen, args->lane);
}

static int
take(struct attach_port *port, const struct plx_door_answer *answer, struct plx_why *why)
{
	int ret;

	if (answer->nb_fds != 2)
		return plx_why(why, -EPROTO, "%s did not hand over what it should",
			       port->args.program);
	ret = plx_tap_reader_create(answer->fds, &port->reader, why);
	if (ret != 0)
		return plx_why_prefix(why, ret, "%s: ", port->args.program);
	plx_tap_reader_source(port->reader, &port->source);
	for (unsigned i = 0; i < port->source.nb_lanes; i++) {
		struct plx_tap_lane_info info;

		plx_tap_reader_lane(port->reader, i, &info);
		port->lanes[i].queue = info.queue;
		port->lanes[i].tx = info.tx;
	}
	return 0;
}

int
attach_call(struct attach_port *port, struct plx_why *why)
{
	struct plx_door_answer answer;
	char request[REQUEST_MAX], path[PLX_DOOR_PATH_MAX];
	int ret = plx_door_find(port->args.program, path, why);

	if (ret != 0)
		return ret;
	write_request(&port->args, request, sizeof(request));
	ret = plx_door_attach(path, request, PATIENCE_MS, &answer, &port->fd, why);
	if (ret != 0)
		return ret;
	ret = take(port, &answer, why);
	plx_door_answer_free(&answer);
	if (ret != 0)
		close(port->fd);
	return ret;
}
