/* SPDX-License-Identifier: BSD-3-Clause */
/* The counters of a port, by name. */
#ifndef PLX_APPS_TESTPMD_XSTATS_H
#define PLX_APPS_TESTPMD_XSTATS_H

#include "testpmd.h"

#include <stdio.h>

/* All of them, *ret_n: free() them. NULL and 0 if there are none, or no memory. */
struct plx_ethdev_xstat *xstats_read(uint16_t port, int *ret_n);

/* Those of --display-xstats, a line each; nothing without that option. */
void xstats_display(const struct app *app, uint16_t port, FILE *out);

/* -EINVAL with a why if --display-xstats names a counter that no port has. */
int xstats_check_display(const struct app *app, struct plx_why *why);

#endif
