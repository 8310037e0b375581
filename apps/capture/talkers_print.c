/* SPDX-License-Identifier: BSD-3-Clause */
#include "talkers_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "units.h"

struct talker_text
talker_address(const struct talker *talker, unsigned end)
{
	const uint8_t *a = talker->key.end[end].addr;
	struct talker_text t;

	if (talker->key.kind == TALKER_MAC)
		snprintf(t.text, sizeof(t.text), "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2],
			 a[3], a[4], a[5]);
	else
		inet_ntop(talker->key.kind == TALKER_IPV4 ? AF_INET : AF_INET6, a, t.text,
			  sizeof(t.text));
	return t;
}

static struct talker_text
name_end(const struct talker *talker, unsigned i)
{
	const struct talker_end *end = &talker->key.end[i];
	struct talker_text address = talker_address(talker, i), t;
	bool brackets = talker->key.kind == TALKER_IPV6;

	if (talker->key.kind == TALKER_MAC || end->port == 0)
		return address;
	snprintf(t.text, sizeof(t.text), "%s%.45s%s:%u", brackets ? "[" : "", address.text,
		 brackets ? "]" : "", end->port);
	return t;
}

struct talker_text
talker_protocol(const struct talker_key *key)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} known[] = {{1, "ICMP"}, {2, "IGMP"}, {6, "TCP"},     {17, "UDP"},
		     {47, "GRE"}, {50, "ESP"}, {58, "ICMPv6"}, {132, "SCTP"}};
	struct talker_text t;

	snprintf(t.text, sizeof(t.text), "IP %u", key->proto);
	if (key->kind == TALKER_MAC && key->ethertype == 0x0806)
		snprintf(t.text, sizeof(t.text), "ARP");
	else if (key->kind == TALKER_MAC)
		snprintf(t.text, sizeof(t.text), "0x%04x", key->ethertype);
	for (size_t i = 0; key->kind != TALKER_MAC && i < PLX_ARRAY_LEN(known); i++) {
		if (known[i].proto == key->proto)
			snprintf(t.text, sizeof(t.text), "%s", known[i].name);
	}
	return t;
}

void
talker_name(const struct talker *talker, char *buf, size_t size)
{
	unsigned from = talker->bytes[1] > talker->bytes[0];
	bool both = talker->packets[0] != 0 && talker->packets[1] != 0;

	snprintf(buf, size, "%s %s %s", name_end(talker, from).text, both ? "<->" : "->",
		 name_end(talker, 1 - from).text);
}

void
talker_protocol_name(const struct talker *talker, char *buf, size_t size)
{
	snprintf(buf, size, "%s", talker_protocol(&talker->key).text);
}

static void
print_talker(const struct talker *talker, uint64_t all_bytes, FILE *out)
{
	uint64_t bytes = talker->bytes[0] + talker->bytes[1];
	char ends[132];

	talker_name(talker, ends, sizeof(ends));
	fprintf(out, "  %-47s %-7s%13s%11s%8s\n", ends, talker_protocol(&talker->key).text,
		units_count(talker->packets[0] + talker->packets[1]).text, units_bytes(bytes).text,
		units_percent(bytes, all_bytes).text);
}

static void
print_others(const struct talkers *talkers, const struct talker *top, unsigned n, FILE *out)
{
	uint64_t packets = talkers->packets, bytes = talkers->bytes;

	for (unsigned i = 0; i < n; i++) {
		packets -= top[i].packets[0] + top[i].packets[1];
		bytes -= top[i].bytes[0] + top[i].bytes[1];
	}
	if (packets != 0)
		fprintf(out, "  %-55s%13s%11s%8s\n", "all others", units_count(packets).text,
			units_bytes(bytes).text, units_percent(bytes, talkers->bytes).text);
}

int
talkers_print(const struct talkers *talkers, unsigned n, FILE *out)
{
	struct talker *top = calloc(n, sizeof(*top));

	if (top == NULL)
		return -ENOMEM;
	n = talkers_top(talkers, top, n);
	fprintf(out, "%-57s%13s%11s%8s\n", "top conversations", "packets", "bytes", "share");
	for (unsigned i = 0; i < n; i++)
		print_talker(&top[i], talkers->bytes, out);
	print_others(talkers, top, n, out);
	free(top);
	return 0;
}
