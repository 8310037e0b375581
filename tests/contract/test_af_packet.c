/* SPDX-License-Identifier: BSD-3-Clause */
/* What only net_af_packet has. */
#include "contract.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pollux/plx_driver.h>

static void
replug(struct wire *wire, const char *more)
{
	wire_unplug(wire);
	snprintf(wire->devargs, sizeof(wire->devargs), "net_af_packet0,iface=va,%s", more);
	wire_plug(wire);
}

/* Frame 1 with a tag of VLAN 0x123, priority 1. */
static void
put_tagged(struct wire *wire)
{
	uint8_t frame[104];

	frame_make(frame, 100, wire->mac, 1);
	memmove(frame + 16, frame + 12, 88);
	memcpy(frame + 12, "\x81\x00\x21\x23", 4);
	assert_int_equal(wire->pmd->put(wire, frame, sizeof(frame)), 0);
}

static void
a_vlan_tag_is_where_it_was_sent(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m;
	uint8_t *bytes;

	wire_start(wire, 1, NULL);
	put_tagged(wire);
	assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
	assert_int_equal(m->pkt_len, 104);
	assert_true(m->ol_flags & PLX_MBUF_RX_VLAN);
	assert_false(m->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED);
	assert_int_equal(m->vlan_tci, 0x2123);
	bytes = plx_mbuf_data(m);
	assert_memory_equal(bytes + 12, "\x81\x00\x21\x23", 4);
	memmove(bytes + 12, bytes + 16, 88);
	frame_check(bytes, 100, wire->mac, 1);
	plx_mbuf_free(m);
}

static void
a_vlan_tag_is_taken_out_on_request(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m;

	wire_start(wire, 1,
		   &(struct plx_ethdev_conf){.rx_offloads = PLX_ETH_RX_OFFLOAD_VLAN_STRIP});
	put_tagged(wire);
	assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
	assert_int_equal(m->pkt_len, 100);
	assert_true(m->ol_flags & PLX_MBUF_RX_VLAN);
	assert_true(m->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED);
	assert_int_equal(m->vlan_tci, 0x2123);
	frame_check(plx_mbuf_data(m), 100, wire->mac, 1);
	plx_mbuf_free(m);
}

/* Frame 1 behind two tags, the outer one of this type. */
static void
put_tagged_twice(struct wire *wire, const char *outer)
{
	uint8_t frame[108];

	frame_make(frame, 100, wire->mac, 1);
	memmove(frame + 20, frame + 12, 88);
	memcpy(frame + 12, outer, 4);
	memcpy(frame + 16, "\x81\x00\x00\x07", 4);
	assert_int_equal(wire->pmd->put(wire, frame, sizeof(frame)), 0);
}

/* With the offload an 802.1Q tag is taken out, and one only; an 802.1ad tag stays, since nobody could tell what it was. */
static void
of_two_tags_one_is_taken_out_if_it_can_go_back(void **state)
{
	static const char *const outer[] = {"\x81\x00\x21\x23", "\x88\xa8\x21\x23"};
	struct wire *wire = *state;

	wire_start(wire, 1,
		   &(struct plx_ethdev_conf){.rx_offloads = PLX_ETH_RX_OFFLOAD_VLAN_STRIP});
	for (unsigned i = 0; i < 2; i++) {
		const uint32_t there = i == 0 ? 4 : 8; /* bytes of tags */
		struct plx_mbuf *m;
		uint8_t *bytes;

		put_tagged_twice(wire, outer[i]);
		assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
		assert_int_equal(m->pkt_len, 100 + there);
		assert_int_equal((m->ol_flags & PLX_MBUF_RX_VLAN_STRIPPED) != 0, i == 0);
		assert_int_equal(m->vlan_tci, 0x2123);
		bytes = plx_mbuf_data(m);
		if (i == 1)
			assert_memory_equal(bytes + 12, outer[i], 4);
		assert_memory_equal(bytes + 12 + there - 4, "\x81\x00\x00\x07", 4);
		memmove(bytes + 12, bytes + 12 + there, 88);
		frame_check(bytes, 100, wire->mac, 1);
		plx_mbuf_free(m);
	}
}

/* Sends a frame out of the port's own interface, as the host would. */
static void
host_sends(struct wire *wire, uint32_t seq)
{
	uint8_t frame[100];
	int fd = net_socket("va", false);

	frame_make(frame, sizeof(frame), wire->mac, seq);
	assert_int_equal(send(fd, frame, sizeof(frame), 0), sizeof(frame));
	close(fd);
}

static void
what_the_host_sends_is_seen_on_request_and_marked(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m;

	wire_start(wire, 1, NULL);
	host_sends(wire, 1);
	wire_expect_silence(wire);
	replug(wire, "outgoing=1");
	wire_start(wire, 1, NULL);
	host_sends(wire, 2);
	assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
	assert_true(m->ol_flags & PLX_MBUF_RX_OUTGOING);
	frame_check(plx_mbuf_data(m), 100, wire->mac, 2);
	plx_mbuf_free(m);
	wire_put(wire, 3, 1, 100);
	assert_int_equal(wire_receive(wire, 0, &m, 1), 1);
	assert_false(m->ol_flags & PLX_MBUF_RX_OUTGOING);
	plx_mbuf_free(m);
}

static void
the_interface_keeps_working(void **state)
{
	struct wire *wire = *state;
	int fd = net_socket("va", false);
	struct wire host = {.sock = fd};
	uint8_t frame[200];

	wire_start(wire, 1, NULL);
	wire_put(wire, 7, 1, 100);
	wire_expect(wire, 7, 1, 100);
	assert_int_equal(socket_get(&host, frame, sizeof(frame)), 100);
	frame_check(frame, 100, wire->mac, 7);
	close(fd);
}

static bool
is_promiscuous(void)
{
	char line[32] = "";
	FILE *file = popen("ip -d link show va | grep -o 'promiscuity [0-9]*'", "r");

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	pclose(file);
	return strncmp(line, "promiscuity 0", 13) != 0;
}

static void
promiscuity_is_asked_of_the_interface_while_the_port_runs(void **state)
{
	struct wire *wire = *state;

	assert_int_equal(plx_ethdev_set_promiscuous(wire->port, true), 0);
	assert_false(is_promiscuous());
	wire_start(wire, 1, NULL);
	assert_true(is_promiscuous());
	assert_int_equal(plx_ethdev_set_promiscuous(wire->port, false), 0);
	assert_false(is_promiscuous());
	assert_int_equal(plx_ethdev_set_promiscuous(wire->port, true), 0);
	assert_true(is_promiscuous());
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	assert_false(is_promiscuous());
}

static void
every_way_of_spreading_loses_and_doubles_nothing(void **state)
{
	static const char *const modes[] = {"hash", "lb", "cpu", "rollover", "rnd", "qm"};
	struct wire *wire = *state;
	char args[64];

	for (size_t i = 0; i < PLX_ARRAY_LEN(modes); i++) {
		uint64_t until;
		unsigned got = 0;

		snprintf(args, sizeof(args), "fanout_mode=%s,qpairs=3", modes[i]);
		replug(wire, args);
		wire_start(wire, 3, NULL);
		wire_put(wire, 0, 60, 100);
		for (until = now_ms() + PATIENCE_MS; got < 60 && now_ms() < until;) {
			for (uint16_t queue = 0; queue < 3; queue++) {
				struct plx_mbuf *pkts[BURST];
				uint16_t n = plx_ethdev_rx_burst(wire->port, queue, pkts, BURST);

				plx_mbuf_free_bulk(pkts, n);
				got += n;
			}
		}
		wire_expect_silence(wire);
		assert_int_equal(got, 60);
		assert_int_equal(plx_ethdev_stop(wire->port), 0);
		wire_check_ledger(wire);
	}
}

static void
sending_past_the_qdisc_works(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *pkts[100];

	replug(wire, "qdisc_bypass=1");
	wire_start(wire, 1, NULL);
	for (uint32_t i = 0; i < 100; i++)
		pkts[i] = frame_mbuf(wire->pool, 100, wire->mac, i, 1);
	wire_send(wire, 0, pkts, 100);
	wire_take_frames(wire, 0, 100, 100);
	wire_check_ledger(wire);
}

static void
a_stopped_port_does_not_see_frames(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_ledger ledger;

	wire_start(wire, 1, NULL);
	wire_put(wire, 0, 5, 100);
	wire_expect(wire, 0, 5, 100);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_put(wire, 5, 5, 100);
	assert_int_equal(plx_ethdev_ledger(wire->port, &ledger), 0);
	assert_int_equal(ledger.rx_received, 5);
}

/* Sends into a qdisc that lets next to nothing through; returns how many were taken at once. */
static uint16_t
send_into_a_jam(struct wire *wire, unsigned limit)
{
	enum { N = 2000 };
	static struct plx_mbuf *pkts[N];
	uint16_t taken;

	assert_int_equal(
		net_run("tc qdisc add dev va root tbf rate 8kbit burst 1600 limit %u", limit), 0);
	for (uint32_t i = 0; i < N; i++)
		pkts[i] = frame_mbuf(wire->pool, 1000, wire->mac, i, 1);
	taken = plx_ethdev_tx_burst(wire->port, 0, pkts, N);
	for (uint32_t i = taken; i < N; i++) {
		assert_int_equal(plx_mbuf_check(pkts[i], NULL), 0);
		frame_check(plx_mbuf_data(pkts[i]), 1000, wire->mac, i);
		plx_mbuf_free(pkts[i]);
	}
	assert_int_equal(net_run("tc qdisc del dev va root"), 0);
	return taken;
}

static void
a_jam_leaves_the_rest_with_the_caller(void **state)
{
	static const unsigned limits[] = {100 << 20,
					  20000}; /* the socket is full first, the qdisc */
	struct wire *wire = *state;
	struct plx_ethdev_stats stats;
	uint64_t taken = 0;

	assert_int_equal(plx_ethdev_configure(wire->port, 0, 1, NULL, NULL), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(wire->port, 0, 64, NULL), 0);
	assert_int_equal(plx_ethdev_start(wire->port, NULL), 0);
	for (size_t i = 0; i < PLX_ARRAY_LEN(limits); i++) {
		uint16_t n = send_into_a_jam(wire, limits[i]);

		assert_in_range(n, 1, 1999);
		taken += n;
		assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
		assert_int_equal(stats.tx_packets, taken);
		assert_int_equal(stats.tx_errors, 0);
		wire_check_ledger(wire);
	}
}

static void
a_ring_of_the_smallest_size_works(void **state)
{
	struct wire *wire = *state;

	replug(wire, "blocksz=4096,framesz=128,framecnt=8");
	wire_start(wire, 1, NULL);
	wire_put(wire, 0, 10, 1514);
	wire_expect(wire, 0, 2, 1514);
	sleep_ms(20);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
frames_longer_than_a_block_are_counted(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_conf conf = {.rx_offloads = PLX_ETH_RX_OFFLOAD_SCATTER, .mtu = 8000};
	struct plx_ethdev_stats stats;

	replug(wire, "blocksz=4096,framesz=128,framecnt=512");
	assert_int_equal(wire->pmd->stretch(wire, 9000), 0);
	wire_start(wire, 1, &conf);
	wire_put(wire, 0, 1, 8014);
	wire_put(wire, 1, 1, 1000);
	wire_expect(wire, 1, 1, 1000);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.rx_errors, 1);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
frames_longer_than_the_mtu_are_counted(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *pkts[3];
	struct plx_ethdev_stats stats;

	wire_start(wire, 1, NULL);
	pkts[0] = frame_mbuf(wire->pool, 100, wire->mac, 0, 1);
	pkts[1] = frame_mbuf(wire->pool, 2000, wire->mac, 1, 1);
	pkts[2] = frame_mbuf(wire->pool, 100, wire->mac, 1, 1);
	wire_send(wire, 0, pkts, 3);
	wire_take_frames(wire, 0, 2, 100);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.tx_packets, 2);
	assert_int_equal(stats.tx_errors, 1);
	wire_check_ledger(wire);
}

static void
an_interface_that_goes_down_and_up_again_is_survived(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 100, wire->mac, 1, 1);
	struct plx_ethdev_stats stats;

	wire_start(wire, 1, NULL);
	assert_int_equal(net_run("ip link set va down"), 0);
	wire_send(wire, 0, &m, 1);
	wire_expect_silence(wire);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.tx_errors, 1);
	assert_int_equal(net_run("ip link set va up"), 0);
	wire_wait_for_far_end(wire);
	wire_put(wire, 0, 10, 100);
	wire_expect(wire, 0, 10, 100);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
an_interface_that_goes_away_is_survived(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 100, wire->mac, 1, 1);
	uint16_t mtu;

	wire_start(wire, 1, NULL);
	wire_put(wire, 0, 10, 100);
	wire_expect(wire, 0, 10, 100);
	assert_int_equal(net_run("ip link del va"), 0);
	wire_send(wire, 0, &m, 1);
	wire_expect_silence(wire);
	assert_int_equal(plx_ethdev_mtu(wire->port, &mtu), 0);
	assert_true(plx_ethdev_set_mtu(wire->port, (uint16_t)(mtu - 1), NULL) < 0);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	assert_true(plx_ethdev_start(wire->port, NULL) < 0);
}

static void
wrong_interfaces_are_refused_in_words(void **state)
{
	struct wire *wire = *state;
	struct plx_why why = {""};

	wire_unplug(wire);
	assert_int_equal(plx_device_attach("net_af_packet0", &why), -EINVAL);
	assert_non_null(strstr(why.text, "iface"));
	assert_int_equal(plx_device_attach("net_af_packet0,iface=none", &why), -ENODEV);
	assert_non_null(strstr(why.text, "va"));
	assert_int_equal(net_run("ip tuntap add dev tun7 mode tun"), 0);
	assert_int_equal(plx_device_attach("net_af_packet0,iface=tun7", &why), -EAFNOSUPPORT);
	assert_non_null(strstr(why.text, "Ethernet"));
	assert_int_equal(net_run("ip link del tun7"), 0);
	assert_int_equal(net_set_capability(CAP_NET_RAW, false), 0);
	assert_int_equal(plx_device_attach("net_af_packet0,iface=va", &why), -EPERM);
	assert_non_null(strstr(why.text, "CAP_NET_RAW"));
	assert_int_equal(net_set_capability(CAP_NET_RAW, true), 0);
	wire_plug(wire);
	assert_int_equal(net_run("ip link set va down"), 0);
	assert_int_equal(plx_ethdev_configure(wire->port, 1, 1, NULL, NULL), 0);
	wire_set_up_queues(wire, wire->pool);
	assert_int_equal(plx_ethdev_start(wire->port, &why), -ENETDOWN);
	assert_non_null(strstr(why.text, "ip link set dev va up"));
}

#define ONLY .only = "net_af_packet"

const struct contract_case af_packet_cases[] = {
	CASE(a_vlan_tag_is_where_it_was_sent, ONLY),
	CASE(a_vlan_tag_is_taken_out_on_request, ONLY),
	CASE(of_two_tags_one_is_taken_out_if_it_can_go_back, ONLY),
	CASE(what_the_host_sends_is_seen_on_request_and_marked, ONLY),
	CASE(the_interface_keeps_working, ONLY),
	CASE(promiscuity_is_asked_of_the_interface_while_the_port_runs, ONLY),
	CASE(every_way_of_spreading_loses_and_doubles_nothing, ONLY),
	CASE(sending_past_the_qdisc_works, ONLY),
	CASE(a_stopped_port_does_not_see_frames, ONLY),
	CASE(a_jam_leaves_the_rest_with_the_caller, ONLY),
	CASE(a_ring_of_the_smallest_size_works, ONLY),
	CASE(frames_longer_than_a_block_are_counted, ONLY),
	CASE(frames_longer_than_the_mtu_are_counted, ONLY),
	CASE(an_interface_that_goes_down_and_up_again_is_survived, ONLY),
	CASE(an_interface_that_goes_away_is_survived, ONLY),
	CASE(wrong_interfaces_are_refused_in_words, ONLY),
	{0},
};
