/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands take as parameters: numbers, addresses. */
#include "command.h"

#include <pollux/plx_kvargs.h>
#include <pollux/plx_net_format.h>

#include <errno.h>

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
