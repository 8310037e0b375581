/* SPDX-License-Identifier: BSD-3-Clause */
/* The buses, most particular names first. */
#include "bus_priv.h"

static const struct plx_bus_ops *const buses[] = {
	&plx_bus_pci,
	&plx_bus_vdev,
};

const struct plx_bus_ops *
plx_bus_of(const char *name)
{
	for (unsigned i = 0; i + 1 < PLX_ARRAY_LEN(buses); i++)
		if (buses[i]->owns(name))
			return buses[i];
	return buses[PLX_ARRAY_LEN(buses) - 1];
}

int
plx_bus_scan(const struct plx_args *args, struct plx_why *why)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(buses); i++) {
		int ret = buses[i]->scan != NULL ? buses[i]->scan(args, why) : 0;

		if (ret != 0)
			return ret;
	}
	return 0;
}
