/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands take as parameters: ports. */
#include "commands.h"

#include <errno.h>
#include <string.h>

int
command_ports(const char *word, uint16_t *ret_first, uint16_t *ret_last, struct plx_why *why)
{
	struct plx_ethdev_info info;
	uint64_t port;
	int ret;

	if (strcmp(word, "all") == 0) {
		*ret_first = 0;
		*ret_last = PLX_ETHDEV_MAX - 1;
		return 0;
	}
	ret = command_number(word, "port", 0, PLX_ETHDEV_MAX - 1, &port, why);
	if (ret != 0)
		return ret;
	if (plx_ethdev_info((uint16_t)port, &info) != 0)
		return plx_why(why, -ENODEV,
			       "there is no port %s; \"show port summary all\" lists them", word);
	*ret_first = (uint16_t)port;
	*ret_last = (uint16_t)port;
	return 0;
}
