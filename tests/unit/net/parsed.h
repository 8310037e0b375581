/* SPDX-License-Identifier: BSD-3-Clause */
/* One parse at a time, into `packet`, and what is said about it. */
#ifndef PLX_TESTS_UNIT_NET_PARSED_H
#define PLX_TESTS_UNIT_NET_PARSED_H

#include "plx_net_parse.h"

#include "frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct plx_net_packet packet;
static const struct plx_net_layer *const outer = &packet.layers[0];
static const struct plx_net_layer *const inner = &packet.layers[1];

static inline enum plx_net_malformed
parse_bytes(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = exact_copy(bytes, len);
	enum plx_net_malformed ret;

	memset(&packet, 0xa5, sizeof(packet));
	ret = plx_net_parse(copy, len, &packet);
	assert_int_equal(ret, packet.malformed);
	free(copy);
	return ret;
}

static inline enum plx_net_malformed
parse(struct frame *f)
{
	frame_close(f);
	return parse_bytes(f->bytes, f->len);
}

static inline void
assert_type(enum plx_net_l2 l2, enum plx_net_l3 l3, enum plx_net_l4 l4)
{
	assert_int_equal(PLX_NET_TYPE_L2(packet.packet_type), l2);
	assert_int_equal(PLX_NET_TYPE_L3(packet.packet_type), l3);
	assert_int_equal(PLX_NET_TYPE_L4(packet.packet_type), l4);
}

static inline void
assert_inner_type(enum plx_net_tunnel tunnel, enum plx_net_l2 l2, enum plx_net_l3 l3,
		  enum plx_net_l4 l4)
{
	assert_true(packet.nb_layers >= 2);
	assert_int_equal(PLX_NET_TYPE_TUNNEL(packet.packet_type), tunnel);
	assert_int_equal(PLX_NET_TYPE_INNER_L2(packet.packet_type), l2);
	assert_int_equal(PLX_NET_TYPE_INNER_L3(packet.packet_type), l3);
	assert_int_equal(PLX_NET_TYPE_INNER_L4(packet.packet_type), l4);
}

#endif
