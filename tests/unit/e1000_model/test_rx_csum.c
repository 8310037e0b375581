/* SPDX-License-Identifier: BSD-3-Clause */
/* What a card says of the sums in a frame. */
#include "rx_card.h"

#include "plx_net_build.h"
#include "plx_net_csum.h"

#define BOTH (E1000_RXCSUM_IPOFL | E1000_RXCSUM_TUOFL)
#define IP   E1000_RXD_STAT_IPCS
#define L4   E1000_RXD_STAT_TCPCS
#define NONE E1000_RXD_STAT_IXSM
#define SAID (IP | L4 | NONE)

static size_t len;

static void
build(bool ipv6, uint8_t proto, uint16_t nb_vlans, size_t payload)
{
	const struct plx_net_build build = {.dst_mac = {2, 0, 0, 0, 0, 1},
					    .src_mac = {2, 0, 0, 0, 0, 9},
					    .nb_vlans = nb_vlans,
					    .vlan_tci = {5, 6},
					    .ipv6 = ipv6,
					    .proto = proto,
					    .src_ip = {0xfe, 0x80, 3, 4},
					    .dst_ip = {10, 0, 0, 2},
					    .src_port = 1000,
					    .dst_port = 2000};

	len = plx_net_build_header_len(&build) + payload;
	make_frame(len, 5);
	assert_int_equal(plx_net_build_frame(&build, frame, len), 0);
}

/* What the card says of the frame as it stands. */
static void
says(uint8_t status, uint8_t errors)
{
	const uint32_t at = reg(E1000_RDH);

	assert_int_equal(put(len), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(ring[at].status & SAID, status);
	assert_int_equal(ring[at].errors, errors);
	give(1);
}

static void
make(uint32_t rxcsum)
{
	make_ready_card();
	set(E1000_RXCSUM, rxcsum);
}

static void
good_sums_are_good_and_each_bad_one_is_named(void **state)
{
	make(BOTH);
	for (unsigned kind = 0; kind < 8; kind++) {
		const bool six = kind & 1, udp = kind & 2;
		const size_t ip = kind & 4 ? 18 : 14, l4 = ip + (six ? 40 : 20);
		const uint8_t first = six ? 0 : IP;

		for (size_t payload = 0; payload < 70; payload += 3) {
			build(six, udp ? PLX_NET_PROTO_UDP : PLX_NET_PROTO_TCP, kind & 4 ? 1 : 0,
			      payload);
			says(first | L4, 0);
			frame[len - 1] ^= 1;
			says(first | L4, E1000_RXD_ERR_TCPE);
			frame[len - 1] ^= 1;
			frame[l4] ^= 0x10;
			says(first | L4, E1000_RXD_ERR_TCPE);
			frame[l4] ^= 0x10;
			if (six)
				continue;
			frame[ip + 8] ^= 1; /* time to live */
			says(IP | L4, E1000_RXD_ERR_IPE);
			frame[l4] ^= 0x10;
			says(IP | L4, E1000_RXD_ERR_IPE | E1000_RXD_ERR_TCPE);
		}
	}
	drop_rx_card();
}

static void
each_sum_is_looked_at_only_if_asked_for(void **state)
{
	make(0);
	build(false, PLX_NET_PROTO_TCP, 0, 50);
	frame[24] ^= 1;
	frame[len - 1] ^= 1;
	says(NONE, 0);
	set(E1000_RXCSUM, E1000_RXCSUM_IPOFL);
	says(IP, E1000_RXD_ERR_IPE);
	set(E1000_RXCSUM, E1000_RXCSUM_TUOFL);
	says(L4, E1000_RXD_ERR_TCPE);
	build(true, PLX_NET_PROTO_TCP, 0, 50);
	says(L4, 0);
	set(E1000_RXCSUM, E1000_RXCSUM_IPOFL);
	says(NONE, 0);
	set(E1000_RXCSUM, BOTH);
	set(E1000_RFCTL, 1u << 10);
	says(NONE, 0);
	set(E1000_RFCTL, 1u << 11);
	says(NONE, 0);
	drop_rx_card();
}

static void
what_the_card_cannot_know_is_left_to_the_driver(void **state)
{
	make(BOTH);
	build(false, PLX_NET_PROTO_UDP, 0, 50);
	frame[20] |= 0x20; /* more fragments */
	says(IP, E1000_RXD_ERR_IPE);
	build(false, PLX_NET_PROTO_UDP, 0, 50);
	frame[21] = 1; /* a later one */
	says(IP, E1000_RXD_ERR_IPE);
	build(false, PLX_NET_PROTO_UDP, 0, 50);
	plx_store_be16(frame + 40, 0);
	says(IP, 0);
	build(false, PLX_NET_PROTO_UDP, 0, 50);
	plx_store_be16(frame + 38,
		       57); /* the datagram and its packet are not as long as each other */
	says(IP, 0);
	build(false, PLX_NET_PROTO_TCP, 0, 50);
	frame[23] = PLX_NET_PROTO_GRE;
	says(IP, E1000_RXD_ERR_IPE);
	build(true, PLX_NET_PROTO_TCP, 0, 50);
	frame[20] = PLX_NET_PROTO_FRAGMENT;
	says(NONE, 0);
	build(false, PLX_NET_PROTO_TCP, 0, 50);
	plx_store_be16(frame + 12, PLX_NET_ETHERTYPE_ARP);
	says(NONE, 0);
	build(false, PLX_NET_PROTO_TCP, 2, 50); /* two tags: one is not a packet's type */
	says(NONE, 0);
	drop_rx_card();
}

static void
headers_that_lie_are_not_believed(void **state)
{
	make(BOTH);
	for (uint32_t at = 14; at < 34; at++)
		for (uint32_t value = 0; value < 256; value++) {
			build(false, PLX_NET_PROTO_TCP, 0, 6);
			frame[at] = (uint8_t)value;
			assert_int_equal(put(len), PLX_E1000_MODEL_TAKEN);
			give(1);
		}
	build(false, PLX_NET_PROTO_TCP, 0, 50);
	frame[14] = 0x44;
	says(NONE, 0);
	frame[14] = 0x55;
	says(NONE, 0);
	frame[14] = 0x4f; /* sixty bytes of header, which are there but do not add up */
	says(IP | L4, E1000_RXD_ERR_IPE | E1000_RXD_ERR_TCPE);
	build(false, PLX_NET_PROTO_TCP, 0, 50);
	plx_store_be16(frame + 16, 91); /* one more than there is */
	says(IP, E1000_RXD_ERR_IPE);
	drop_rx_card();
}

/* The first `cut` bytes of the frame, with nothing behind them; what is said of them. */
static uint8_t
says_of(size_t cut)
{
	const uint32_t at = reg(E1000_RDH);
	uint8_t *exact = malloc(cut);

	memcpy(exact, frame, cut);
	assert_int_equal(plx_e1000_model_receive(model, exact, cut), PLX_E1000_MODEL_TAKEN);
	free(exact);
	give(1);
	return ring[at].status & SAID;
}

static void
frames_may_end_anywhere(void **state)
{
	make(BOTH);
	for (unsigned kind = 0; kind < 8; kind++) {
		const bool six = kind & 1, udp = kind & 2;
		const size_t ip = kind & 4 ? 18 : 14, l4 = ip + (six ? 40 : 20);

		for (size_t cut = 14; cut < l4 + 30; cut++) {
			const bool known = cut >= l4 + (udp ? 8 : 20);

			build(six, udp ? PLX_NET_PROTO_UDP : PLX_NET_PROTO_TCP, kind & 4 ? 1 : 0,
			      50);
			says_of(cut); /* lengths of the whole */
			plx_store_be16(frame + ip + (six ? 4 : 2),
				       (uint16_t)(cut > l4 ? cut - (six ? l4 : ip) : 0));
			if (udp)
				plx_store_be16(frame + l4 + 4, (uint16_t)(cut - l4));
			assert_int_equal(says_of(cut) & L4, known ? L4 : 0);
			frame[ip] |= 0x0f; /* a longer header */
			says_of(cut);
			frame[ip] &= 0xf0;
			frame[ip] |= 0x05;
			plx_store_be16(frame + 12, 80);
			memcpy(frame + 14, (uint8_t[]){0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, 8);
			says_of(cut);
		}
	}
	for (size_t cut = 54; cut < 90; cut++)
		for (uint8_t units = 0; units < 5; units++) {
			build(true, PLX_NET_PROTO_TCP, 0, 50);
			frame[20] = PLX_NET_PROTO_HOPOPTS;
			plx_store_be16(frame + 18, (uint16_t)(cut - 54));
			frame[54] = PLX_NET_PROTO_HOPOPTS;
			frame[55] = units;
			says_of(cut);
		}
	drop_rx_card();
}

static void
snap_and_options_are_passed(void **state)
{
	static const uint8_t snap[] = {0, 90, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
	uint8_t packet[90];

	make(BOTH);
	build(false, PLX_NET_PROTO_TCP, 0, 50);
	memcpy(packet, frame + 14, sizeof(packet));
	memcpy(frame + 12, snap, sizeof(snap));
	memcpy(frame + 22, packet, sizeof(packet));
	len += 8;
	says(IP | L4, 0);
	frame[16] = 4; /* another kind of LLC */
	says(NONE, 0);
	build(false, PLX_NET_PROTO_TCP, 0, 50);
	memcpy(packet, frame + 14, sizeof(packet));
	memcpy(frame + 38, packet + 20, 70);
	memset(frame + 34, 1, 4); /* options that do nothing */
	len += 4;
	frame[14] = 0x46;
	plx_store_be16(frame + 16, 94);
	plx_store_be16(frame + 24, 0);
	{
		const uint16_t sum = plx_net_csum(frame + 14, 24);

		memcpy(frame + 24, &sum, 2);
	}
	says(IP | L4, 0);
	drop_rx_card();
}

/* An extension of `units` + 1 times 8 bytes is put between header and transport. */
static void
extend(uint8_t kind, uint8_t units, uint8_t segments)
{
	const size_t more = (units + 1u) * 8;

	memmove(frame + 54 + more, frame + 54, len - 54);
	memset(frame + 54, 0, more);
	frame[54] = frame[20];
	frame[55] = units;
	frame[57] = segments;
	frame[20] = kind;
	len += more;
	plx_store_be16(frame + 18, (uint16_t)(len - 54));
}

static void
extensions_are_passed_unless_they_are_long_or_change_the_sum(void **state)
{
	static const uint8_t kinds[] = {PLX_NET_PROTO_HOPOPTS, PLX_NET_PROTO_DSTOPTS,
					PLX_NET_PROTO_ROUTING};

	make(BOTH);
	for (unsigned i = 0; i < 3; i++) {
		build(true, PLX_NET_PROTO_TCP, 0, 50);
		extend(kinds[i], 0, 0);
		says(L4, 0);
		extend(kinds[2 - i], 7, 0);
		says(L4, 0);
		frame[len - 1] ^= 1;
		says(L4, E1000_RXD_ERR_TCPE);
		extend(kinds[i], 8, 0);
		says(NONE, 0);
	}
	build(true, PLX_NET_PROTO_TCP, 0, 50);
	extend(PLX_NET_PROTO_ROUTING, 2, 1);
	says(NONE, 0);
	build(true, PLX_NET_PROTO_TCP, 0, 50);
	frame[20] =
		PLX_NET_PROTO_HOPOPTS; /* the transport taken for one: longer than all there is */
	frame[55] = 7;
	plx_store_be16(frame + 18, 40);
	says(NONE, 0);
	drop_rx_card();
}

static uint16_t
sum_of(size_t from, size_t to)
{
	return be16toh(plx_net_csum(frame + from, to - from));
}

static void
the_packet_sum_begins_where_pcss_says_in_what_is_stored(void **state)
{
	make(0);
	make_frame(101, 3);
	for (uint32_t pcss = 0; pcss < 120; pcss += 7) {
		const uint32_t at = reg(E1000_RDH);

		set(E1000_RXCSUM, pcss);
		assert_int_equal(put(101), PLX_E1000_MODEL_TAKEN);
		assert_int_equal(le16toh(ring[at].csum), sum_of(pcss < 101 ? pcss : 101, 101));
		give(1);
	}
	drop_rx_card();
	make(14);
	set(E1000_CTRL, E1000_CTRL_VME);
	plx_store_be32(frame + 12, 0x81000005);
	assert_int_equal(put(101), PLX_E1000_MODEL_TAKEN);
	assert_int_equal(le16toh(ring[0].csum), sum_of(18, 101));
	drop_rx_card();
}

static void
the_packet_sum_is_in_the_first_descriptor_and_has_an_fcs_that_stays(void **state)
{
	make(0);
	set(E1000_RCTL, E1000_RCTL_EN | 3u << 16);
	make_frame(601, 3);
	assert_int_equal(put(601), PLX_E1000_MODEL_TAKEN);
	plx_store_le32(frame + 601, plx_net_crc32(0, frame, 601));
	assert_int_equal(le16toh(ring[0].csum), sum_of(0, 605));
	assert_int_equal(ring[1].csum, 0);
	assert_int_equal(ring[2].csum, 0);
	assert_int_equal(le16toh(ring[2].length), 605 - 512);
	drop_rx_card();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_sums_are_good_and_each_bad_one_is_named),
		cmocka_unit_test(each_sum_is_looked_at_only_if_asked_for),
		cmocka_unit_test(what_the_card_cannot_know_is_left_to_the_driver),
		cmocka_unit_test(headers_that_lie_are_not_believed),
		cmocka_unit_test(frames_may_end_anywhere),
		cmocka_unit_test(snap_and_options_are_passed),
		cmocka_unit_test(extensions_are_passed_unless_they_are_long_or_change_the_sum),
		cmocka_unit_test(the_packet_sum_begins_where_pcss_says_in_what_is_stored),
		cmocka_unit_test(
			the_packet_sum_is_in_the_first_descriptor_and_has_an_fcs_that_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
