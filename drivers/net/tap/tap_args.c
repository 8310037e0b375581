/* SPDX-License-Identifier: BSD-3-Clause */
/* The devargs of net_tap. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plx_kvargs.h"
#include "tap_priv.h"

#define ANY_NAME "dtap%d"

static const struct plx_kvargs_field tap_fields[] = {
	{.key = "iface",
	 .type = PLX_KVARGS_STRING,
	 .offset = offsetof(struct tap_args, iface),
	 .max = PLX_NETDEV_NAME_MAX,
	 .help = "name of the kernel interface; %d is numbered by the kernel (dtap%d)"},
	{.key = "mac",
	 .type = PLX_KVARGS_MAC,
	 .offset = offsetof(struct tap_args, mac),
	 .help = "address of the port, the application's end of the wire (made up)"},
	{.key = "host_mac",
	 .type = PLX_KVARGS_MAC,
	 .offset = offsetof(struct tap_args, host_mac),
	 .help = "address of the kernel interface (the kernel's choice)"},
	{.key = "persist",
	 .type = PLX_KVARGS_BOOL,
	 .offset = offsetof(struct tap_args, persist),
	 .help = "keep the interface afterwards, and take over one that is there (0)"},
	{.key = "fd",
	 .type = PLX_KVARGS_UINT,
	 .offset = offsetof(struct tap_args, fd),
	 .max = INT32_MAX,
	 .help = "an open file descriptor of a tap, passed by who started the program; needs no rights"},
	{.key = NULL},
};

/* The kernel treats the name as a format: one %d and nothing else of that kind. */
static int
check_pattern(const char *name, struct plx_why *why)
{
	const char *percent = strchr(name, '%');

	if (percent == NULL)
		return 0;
	if (percent[1] == 'd' && strchr(percent + 1, '%') == NULL)
		return 0;
	return plx_why(
		why, -EINVAL,
		"iface=%s: of %% signs only one %%d is possible, where the kernel puts a number",
		name);
}

static int
check_fd(const struct tap_args *args, struct plx_why *why)
{
	if (args->fd == TAP_NO_FD || (strcmp(args->iface, ANY_NAME) == 0 && !args->persist))
		return 0;
	return plx_why(
		why, -EINVAL,
		"fd=%u is a tap that was made already: iface= and persist= are for who makes it",
		(unsigned)args->fd);
}

int
tap_args_parse(const char *text, struct tap_args *ret_args, struct plx_why *why)
{
	int err;

	*ret_args = (struct tap_args){.iface = ANY_NAME, .fd = TAP_NO_FD};
	err = plx_kvargs_parse(text, tap_fields, ret_args, why);
	if (err == 0)
		err = check_fd(ret_args, why);
	if (err == 0)
		err = plx_netdev_check_name(ret_args->iface, why);
	if (err == 0)
		err = check_pattern(ret_args->iface, why);
	return err;
}
