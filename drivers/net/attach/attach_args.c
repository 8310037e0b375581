/* SPDX-License-Identifier: BSD-3-Clause */
#include "attach_priv.h"

#include "plx_kvargs.h"
#include "plx_tap.h"

static const char *const directions[] = {"inout", "in", "out", NULL};

#define AT(field) offsetof(struct attach_args, field)

static const struct plx_kvargs_field fields[] = {
	{.key = "program",
	 .type = PLX_KVARGS_STRING,
	 .offset = AT(program),
	 .max = sizeof(((struct attach_args *)0)->program),
	 .required = true,
	 .help = "whose packets: the name of a running program, its process number, or its control socket"},
	{.key = "port",
	 .type = PLX_KVARGS_STRING,
	 .offset = AT(port),
	 .max = sizeof(((struct attach_args *)0)->port),
	 .help = "which of its ports, by name or number (0)"},
	{.key = "direction",
	 .type = PLX_KVARGS_CHOICE,
	 .offset = AT(direction),
	 .choices = directions,
	 .help = "what it receives, what it sends, or both (inout)"},
	{.key = "filter",
	 .type = PLX_KVARGS_STRING,
	 .offset = AT(filter),
	 .max = sizeof(((struct attach_args *)0)->filter),
	 .help = "only what matches, as tcpdump has it, in quotes"},
	{.key = "snaplen",
	 .type = PLX_KVARGS_UINT,
	 .offset = AT(snaplen),
	 .max = UINT32_MAX,
	 .help = "bytes of each packet (0: all)"},
	{.key = "lane",
	 .type = PLX_KVARGS_UINT,
	 .offset = AT(lane),
	 .min = PLX_TAP_LANE_MIN,
	 .max = PLX_TAP_LANE_MAX,
	 .help = "bytes that may wait of each queue and direction (4M)"},
	{.key = NULL},
};

int
attach_args_read(const char *text, struct attach_args *ret_args, struct plx_why *why)
{
	return plx_kvargs_parse(text, fields, ret_args, why);
}
