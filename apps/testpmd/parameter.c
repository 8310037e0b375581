/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands take as parameters: numbers, ports, addresses. */
#include "command.h"

#include <pollux/plx_kvargs.h>
#include <pollux/plx_net_format.h>

#include <errno.h>
#include <string.h>

int
command_number(const char *word, const char *what, uint64_t min, uint64_t max, uint64_t *ret_value,
	       struct plx_why *why)
{
	int ret = plx_kvargs_uint(word, min, max, ret_value);

	if (ret == 0)
		return 0;
	return plx_why(why, -EINVAL, "%s \"%s\": a number from %llu to %llu is expected", what,
		       word, (unsigned long long)min, (unsigned long long)max);
}

int
command_mac(const char *word, uint8_t ret_mac[6], struct plx_why *why)
{
	if (plx_net_mac_parse(word, ret_mac) == 0)
		return 0;
	return plx_why(why, -EINVAL, "\"%s\": a MAC address is expected, as in 02:00:00:00:00:01",
		       word);
}

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
