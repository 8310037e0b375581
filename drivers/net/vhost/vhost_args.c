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

static int
check_mac(const char *key, const uint8_t mac[6], struct plx_why *why)
{
	if ((mac[0] & 1) == 0)
		return 0;
	return plx_why(why, -EINVAL,
		       "%s=%02x:%02x:%02x:%02x:%02x:%02x is a group address; the lowest bit of the "
		       "first byte must be 0",
		       key, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

int
vhost_args_parse(const char *text, struct vhost_args *ret_args, struct plx_why *why)
{
	int err;

	*ret_args = (struct vhost_args){.queues = 1};
	err = plx_kvargs_parse(text, vhost_fields, ret_args, why);
	if (err == 0)
		err = check_mac("mac", ret_args->mac, why);
	if (err == 0)
		err = check_mac("guest_mac", ret_args->guest_mac, why);
	return err;
}
