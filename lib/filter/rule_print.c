/* SPDX-License-Identifier: BSD-3-Clause */
/* A rule as a line of text. */
#include "rule_priv.h"
#include "rule_words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct rule_word rule_ethertypes[] = {
	{"ipv4", PLX_NET_ETHERTYPE_IPV4},
	{"arp", PLX_NET_ETHERTYPE_ARP},
	{"ipv6", PLX_NET_ETHERTYPE_IPV6},
	{"mpls", PLX_NET_ETHERTYPE_MPLS},
	{NULL, 0},
};

const struct rule_word rule_protos[] = {
	{"icmp", PLX_NET_PROTO_ICMP}, {"igmp", PLX_NET_PROTO_IGMP},
	{"tcp", PLX_NET_PROTO_TCP},   {"udp", PLX_NET_PROTO_UDP},
	{"gre", PLX_NET_PROTO_GRE},   {"esp", PLX_NET_PROTO_ESP},
	{"ah", PLX_NET_PROTO_AH},     {"icmpv6", PLX_NET_PROTO_ICMPV6},
	{"sctp", PLX_NET_PROTO_SCTP}, {NULL, 0},
};

struct writer {
	char *buf;
	size_t size;
	size_t len; /* of the whole, as snprintf counts */
};

static void PLX_PRINTF(2, 3) put(struct writer *w, const char *format, ...)
{
	size_t left = w->len < w->size ? w->size - w->len : 0;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(left > 0 ? w->buf + w->len : NULL, left, format, args);
	va_end(args);
	w->len += len > 0 ? (size_t)len : 0;
}

static void
put_quoted(struct writer *w, const char *word, const uint8_t *bytes, size_t n)
{
	put(w, " %s \"", word);
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			put(w, "\\%c", bytes[i]);
		else if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
			put(w, "%c", bytes[i]);
		else
			put(w, "\\x%02x", bytes[i]);
	}
	put(w, "\"");
}

static void
put_named(struct writer *w, const char *word, const struct rule_word *words, uint32_t value,
	  const char *format)
{
	put(w, " %s ", word);
	for (; words->name != NULL; words++) {
		if (words->value != value)
			continue;
		put(w, "%s", words->name);
		return;
	}
	put(w, strcmp(format, "hex") == 0 ? "0x%04x" : "%u", value);
}

static void
put_mac(struct writer *w, const char *word, const uint8_t *mac, const uint8_t *mask)
{
	static const uint8_t whole[PLX_NET_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	char text[PLX_NET_MAC_TEXT];

	put(w, " %s %s", word, plx_net_mac_format(mac, text));
	if (memcmp(mask, whole, sizeof(whole)) != 0)
		put(w, "/%s", plx_net_mac_format(mask, text));
}

static void
put_ip(struct writer *w, const char *word, const uint8_t *ip, const uint8_t *mask, uint8_t version)
{
	unsigned bytes = version == 6 ? PLX_NET_IPV6_LEN : PLX_NET_IPV4_LEN;
	int family = version == 6 ? AF_INET6 : AF_INET;
	int length = mask != NULL ? rule_mask_length(mask, bytes) : (int)bytes * 8;
	char text[INET6_ADDRSTRLEN];

	put(w, " %s %s", word, inet_ntop(family, ip, text, sizeof(text)));
	if (length < 0)
		put(w, "/%s", inet_ntop(family, mask, text, sizeof(text)));
	else if (length < (int)bytes * 8)
		put(w, "/%d", length);
}

static void
put_range(struct writer *w, const char *word, const uint16_t range[2])
{
	put(w, " %s %u", word, range[0]);
	if (range[1] != range[0])
		put(w, "-%u", range[1]);
}

static void
put_port(struct writer *w, uint16_t port)
{
	if (port == PLX_FILTER_PORT_SAME)
		put(w, " same");
	else
		put(w, " %u", port);
}

static void
put_action(struct writer *w, const struct plx_filter_rule *rule)
{
	put(w, " %s", rule_action_names[rule->action]);
	switch (rule->action) {
	case PLX_FILTER_FORWARD:
	case PLX_FILTER_DROP:
		break;
	case PLX_FILTER_EXECUTE_CONTINUE:
	case PLX_FILTER_EXECUTE_STOP:
		put(w, " %s", rule->action_plugin);
		break;
	case PLX_FILTER_ADD_RULE:
		put(w, " %s", rule_action_names[rule->add_action]);
		if (rule->add_action >= PLX_FILTER_REFLECT_STOP)
			put_port(w, rule->add_port);
		break;
	case PLX_FILTER_DELETE_RULE:
		if (rule->delete_id == PLX_FILTER_RULE_NONE)
			put(w, " flow");
		else
			put(w, " %u", rule->delete_id);
		break;
	default:
		put_port(w, rule->port);
		break;
	}
}

static void
put_link(struct writer *w, const struct plx_filter_rule *rule)
{
	if (rule->has & PLX_FILTER_HAS_SRC_MAC)
		put_mac(w, "smac", rule->src_mac, rule->src_mac_mask);
	if (rule->has & PLX_FILTER_HAS_DST_MAC)
		put_mac(w, "dmac", rule->dst_mac, rule->dst_mac_mask);
	if (rule->has & PLX_FILTER_HAS_VLAN)
		put(w, " vlan %u", rule->vlan);
	if (rule->has & PLX_FILTER_HAS_ETHERTYPE)
		put_named(w, "ethertype", rule_ethertypes, rule->ethertype, "hex");
}

static void
put_network(struct writer *w, const struct plx_filter_rule *rule)
{
	uint32_t ips = PLX_FILTER_HAS_SRC_IP | PLX_FILTER_HAS_DST_IP;

	if (rule->has & PLX_FILTER_HAS_PROTO)
		put_named(w, "proto", rule_protos, rule->proto, "decimal");
	if ((rule->has & PLX_FILTER_HAS_IP) && !(rule->has & ips))
		put(w, " ipv%u", rule->ip_version);
	if (rule->has & PLX_FILTER_HAS_SRC_IP)
		put_ip(w, "src", rule->src_ip, rule->src_ip_mask, rule->ip_version);
	if (rule->has & PLX_FILTER_HAS_SRC_PORT)
		put_range(w, "sport", rule->src_port);
	if (rule->has & PLX_FILTER_HAS_DST_IP)
		put_ip(w, "dst", rule->dst_ip, rule->dst_ip_mask, rule->ip_version);
	if (rule->has & PLX_FILTER_HAS_DST_PORT)
		put_range(w, "dport", rule->dst_port);
}

static void
put_rest(struct writer *w, const struct plx_filter_rule *rule)
{
	if (rule->has & PLX_FILTER_HAS_PAYLOAD)
		put_quoted(w, "payload", rule->pattern, rule->pattern_len);
	if (rule->has & PLX_FILTER_HAS_BALANCE)
		put(w, " balance %u/%u", rule->balance_id, rule->balance_pool);
	if (rule->has & PLX_FILTER_HAS_BPF)
		put_quoted(w, "bpf", (const uint8_t *)rule->bpf, strlen(rule->bpf));
	if (rule->has & PLX_FILTER_HAS_PLUGIN)
		put(w, " plugin %s", rule->plugin);
	if (rule->bidirectional)
		put(w, " bidirectional");
	if (rule->locked)
		put(w, " locked");
}

static void
put_exact(struct writer *w, const struct plx_filter_exact *exact)
{
	struct plx_filter_rule rule = {
		.action = exact->action, .port = exact->port, .delete_id = PLX_FILTER_RULE_NONE};

	memcpy(rule.action_plugin, exact->action_plugin, sizeof(rule.action_plugin));
	put(w, "exact");
	put_action(w, &rule);
	if (exact->vlan != 0)
		put(w, " vlan %u", exact->vlan);
	put_named(w, "proto", rule_protos, exact->proto, "decimal");
	put_ip(w, "src", exact->src_ip, NULL, exact->ip_version);
	if (exact->src_port != 0)
		put(w, " sport %u", exact->src_port);
	put_ip(w, "dst", exact->dst_ip, NULL, exact->ip_version);
	if (exact->dst_port != 0)
		put(w, " dport %u", exact->dst_port);
	put(w, "%s%s", exact->bidirectional ? " bidirectional" : "",
	    exact->locked ? " locked" : "");
}

int
plx_filter_line_format(const struct plx_filter_line *line, char *buf, size_t size)
{
	struct writer w = {.buf = buf, .size = size};

	if (size > 0)
		buf[0] = '\0';
	switch (line->kind) {
	case PLX_FILTER_LINE_RULE:
		put(&w, "%u", line->rule.id);
		put_action(&w, &line->rule);
		put_link(&w, &line->rule);
		put_network(&w, &line->rule);
		put_rest(&w, &line->rule);
		break;
	case PLX_FILTER_LINE_EXACT:
		put_exact(&w, &line->exact);
		break;
	case PLX_FILTER_LINE_POLICY:
		put(&w, "policy %s", line->drop ? "drop" : "forward");
		break;
	case PLX_FILTER_LINE_SAMPLE:
		put(&w, "sample %u", line->sample);
		break;
	default:
		break;
	}
	return (int)w.len;
}
