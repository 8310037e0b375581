/* SPDX-License-Identifier: BSD-3-Clause */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

static bool
is_fault(const struct plx_ethdev_xstat *xstat)
{
	return strcmp(xstat->name, "rx_file_faults") == 0 ||
	       strcmp(xstat->name, "tx_not_written") == 0;
}

uint64_t
faults_of_files(uint16_t port)
{
	int n = plx_ethdev_xstats(port, NULL, 0);
	struct plx_ethdev_xstat *xstats;
	uint64_t faults = 0;

	if (n <= 0)
		return 0;
	xstats = calloc((size_t)n, sizeof(*xstats));
	if (xstats == NULL)
		return 0;
	if (plx_ethdev_xstats(port, xstats, (unsigned)n) != n)
		n = 0;
	for (int i = 0; i < n; i++)
		faults += is_fault(&xstats[i]) ? xstats[i].value : 0;
	free(xstats);
	return faults;
}
