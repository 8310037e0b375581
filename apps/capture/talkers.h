/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who talks to whom, and how much. Both directions of a conversation are one entry. The table has a fixed
 * size: when a set of it is full, its smallest entry makes room and goes into `others`, so that the busiest
 * stay and the sums stay right. Thread: one.
 */
#ifndef PLX_APPS_CAPTURE_TALKERS_H
#define PLX_APPS_CAPTURE_TALKERS_H

#include <pollux/plx_base.h>

#include <stdio.h>

struct talkers;

/* What the two ends are named by. */
enum talker_kind {
	TALKER_MAC, /* neither IPv4 nor IPv6 */
	TALKER_IPV4,
	TALKER_IPV6,
};

/* One end: address (6, 4 or 16 bytes; the rest is 0) and port. */
struct talker_end {
	uint8_t addr[16];
	uint16_t port;
};

/* The smaller end comes first. */
struct talker_key {
	struct talker_end end[2];
	uint16_t ethertype;
	uint8_t kind;
	uint8_t proto; /* of IP */
};

struct talker {
	struct talker_key key;
	uint64_t packets[2]; /* sent by end 0, by end 1 */
	uint64_t bytes[2];
};

int talkers_create(struct talkers **ret_talkers);
/* NULL is fine. */
void talkers_destroy(struct talkers *talkers);

/* Counts a packet of which `len` bytes are at hand and that had `wire_len`. Path: hot. */
void talkers_add(struct talkers *talkers, const uint8_t *bytes, uint32_t len, uint32_t wire_len);

/* The n busiest by bytes, busiest first; returns how many there are. */
unsigned talkers_top(const struct talkers *talkers, struct talker *ret_top, unsigned n);

/* What a conversation did since talkers_busiest was called before. */
struct talker_rate {
	struct talker talker;
	uint64_t packets;
	uint64_t bytes;
};

/* The n busiest by bytes since the last call, busiest first; returns how many there are. Thread: that of _add. */
unsigned talkers_busiest(struct talkers *talkers, struct talker_rate *ret_rates, unsigned n);

/* "10.0.0.1:80 <-> 10.0.0.2:5000" and "TCP"; who sent more comes first. */
void talker_name(const struct talker *talker, char *buf, size_t size);
void talker_protocol_name(const struct talker *talker, char *buf, size_t size);

/*
 * The n busiest and all others: {"conversations": [{"protocol", "ends": [{"address", "port", "packets",
 * "bytes"} twice]}], "others": {"packets", "bytes"}}; what an end has is what it sent. NULL without memory.
 */
struct json_t;
struct json_t *talkers_json(const struct talkers *talkers, unsigned n);

/* Writes a table of them, with a line for all others. */
int talkers_print(const struct talkers *talkers, unsigned n, FILE *out);

#endif
