/* SPDX-License-Identifier: BSD-3-Clause */
/* The shape of packets that engines make: the lengths of their segments, in DPDK's words txpkts and txsplit. */
#ifndef PLX_APPS_TESTPMD_TXPKTS_H
#define PLX_APPS_TESTPMD_TXPKTS_H

#include <pollux/plx_base.h>

#define TXPKTS_MAX     32    /* segments */
#define TXPKTS_LEN_MIN 60    /* bytes of a packet; the headers are in its first segment */
#define TXPKTS_LEN_MAX 65535 /* bytes of a packet */
#define TXPKTS_HEADERS 42    /* bytes the first segment must hold */

enum txsplit {
	TXSPLIT_OFF,  /* all segments */
	TXSPLIT_ON,   /* the same: DPDK tells them apart for copies only */
	TXSPLIT_RAND, /* the first few segments, as many as chance says */
};

struct txpkts {
	unsigned n; /* segments, 1 .. TXPKTS_MAX */
	uint16_t len[TXPKTS_MAX];
	int split; /* enum txsplit */
};

extern const char *const txsplit_names[]; /* by enum txsplit, ends with NULL */

/* "64" or "64,128,256". -EINVAL with what is allowed. `split` is left as it is. */
int txpkts_parse(const char *text, struct txpkts *ret_shape, struct plx_why *why);

/* Bytes of a packet with all its segments. */
uint32_t txpkts_len(const struct txpkts *shape);

#endif
