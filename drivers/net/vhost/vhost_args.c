/* SPDX-License-Identifier: BSD-3-Clause */
/* The devargs of net_vhost. */
#include "vhost.h"

#include "plx_kvargs.h"

#include <errno.h>

static const struct plx_kvargs_field vhost_fields[] = {
	{.key = "iface",
	 .type = PLX_KVARGS_STRING,
	 .offset = offsetof(struct vhost_args, iface),
	 .max = VHOST_PATH_MAX,
	 .required = true,
	 .help = "path of the UNIX socket that the front end meets us at"},
	{.key = "queues",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct vhost_args, queues),
	 .min = 1,
	 .max = VHOST_PAIRS_MAX,
	 .help = "queue pairs that the front end may use (1)"},
	{.key = "client",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct vhost_args, client),
	 .help = "connect to a front end that listens, and again when it comes back (0: listen)"},
	{.key = "tso",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct vhost_args, tso),
	 .help = "offer uncut TCP packets, both ways (0)"},
	{.key = "mac",
	 .type = PLX_KVARGS_MAC,
	 .offset = offsetof(struct vhost_args, mac),
	 .help = "address of the port (made up)"},
	{.key = "guest_mac",
	 .type = PLX_KVARGS_MAC,
	 .offset = offsetof(struct vhost_args, guest_mac),
	 .help = "address the front end is told to have (its own choice)"},
	{.key = NULL},
};

int
vhost_args_parse(const char *text, struct vhost_args *ret_args, struct plx_why *why)
{
	*ret_args = (struct vhost_args){.queues = 1};
	return plx_kvargs_parse(text, vhost_fields, ret_args, why);
}
