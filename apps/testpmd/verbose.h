/* SPDX-License-Identifier: BSD-3-Clause */
/* set verbose: packets as lines, in the words of DPDK's. */
#ifndef PLX_APPS_TESTPMD_VERBOSE_H
#define PLX_APPS_TESTPMD_VERBOSE_H

#include <pollux/plx_mbuf.h>

#include <stdio.h>

/* A burst that was received, or is about to be sent, in one piece. Thread: any. */
void verbose_print(uint16_t port, uint16_t queue, bool received, struct plx_mbuf *const *pkts,
		   uint16_t n, FILE *out);

#endif
