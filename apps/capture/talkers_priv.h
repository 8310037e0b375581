/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of conversations, for talkers.c and talkers_print.c. */
#ifndef PLX_APPS_CAPTURE_TALKERS_PRIV_H
#define PLX_APPS_CAPTURE_TALKERS_PRIV_H

#include "talkers.h"

#define TALKERS_SETS 4096
#define TALKERS_WAYS 8

struct talkers_slot {
	uint32_t hash; /* 0: free */
	struct talker talker;
	uint64_t seen_packets, seen_bytes; /* by talkers_busiest */
};

struct talkers {
	uint64_t packets; /* all */
	uint64_t bytes;
	uint64_t evicted; /* conversations that had to make room */
	struct talkers_slot slots[TALKERS_SETS * TALKERS_WAYS];
};

/* "10.0.0.1", "fd99::1", "02:00:00:00:00:01" */
struct talker_text {
	char text[64];
};
struct talker_text talker_address(const struct talker *talker, unsigned end);
/* "TCP", "IP 99", "ARP", "0x88cc" */
struct talker_text talker_protocol(const struct talker_key *key);

#endif
