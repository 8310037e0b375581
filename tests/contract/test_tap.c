/* SPDX-License-Identifier: BSD-3-Clause */
/* What only net_tap has. */
#include "contract.h"

#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pollux/plx_driver.h>

#define GSO_PAYLOAD 5000
#define GSO_SEGMENT 1000
#define HEADERS_TCP 54

/* A frame of five TCP segments' length, as the host's stack hands it to an interface that cuts. */
static void
put_big_tcp(struct wire *wire)
{
	static struct {
		uint8_t flags, gso_type;
		uint16_t hdr_len, gso_size, csum_start, csum_offset;
		uint8_t frame[HEADERS_TCP + GSO_PAYLOAD];
	} packet;
	int fd = net_socket(wire->iface, true);

	packet.flags = 1;
	packet.gso_type = 1;
	packet.hdr_len = HEADERS_TCP;
	packet.gso_size = GSO_SEGMENT;
	packet.csum_start = 34;
	packet.csum_offset = 16;
	frame_make_udp(packet.frame, wire->mac, 1, GSO_PAYLOAD + 12);
	packet.frame[23] = 6;
	packet.frame[46] = 5 << 4;
	packet.frame[47] = 0x10;
	assert_int_equal(send(fd, &packet, sizeof(packet), 0), sizeof(packet));
	close(fd);
}

static void
big_tcp_comes_whole_on_request_and_cut_otherwise(void **state)
{
	struct wire *wire = *state;
	struct plx_ethdev_conf whole = {.rx_offloads = PLX_ETH_RX_OFFLOAD_LRO |
						       PLX_ETH_RX_OFFLOAD_TCP_CSUM |
						       PLX_ETH_RX_OFFLOAD_SCATTER};
	struct plx_mbuf *pkts[6];

	wire_start(wire, 1, NULL);
	put_big_tcp(wire);
	assert_int_equal(wire_receive(wire, 0, pkts, 5), 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(pkts[i]->pkt_len, HEADERS_TCP + GSO_SEGMENT);
		assert_false(pkts[i]->ol_flags & PLX_MBUF_RX_L4_CSUM_NONE);
	}
	plx_mbuf_free_bulk(pkts, 5);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	wire_start(wire, 1, &whole);
	put_big_tcp(wire);
	assert_int_equal(wire_receive(wire, 0, pkts, 1), 1);
	assert_int_equal(pkts[0]->pkt_len, HEADERS_TCP + GSO_PAYLOAD);
	assert_int_equal(pkts[0]->tso_segsz, GSO_SEGMENT);
	assert_true(pkts[0]->ol_flags & PLX_MBUF_RX_L4_CSUM_NONE);
	assert_int_equal(plx_mbuf_check(pkts[0], NULL), 0);
	plx_mbuf_free(pkts[0]);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
the_interface_is_there_as_long_as_the_device(void **state)
{
	struct wire *wire = *state;

	assert_int_not_equal(if_nametoindex("ptap0"), 0);
	wire_unplug(wire);
	assert_int_equal(if_nametoindex("ptap0"), 0);
	assert_int_equal(plx_device_attach("net_tap0", NULL), 0);
	assert_int_not_equal(if_nametoindex("dtap0"), 0);
	assert_int_equal(plx_device_attach("net_tap1", NULL), 0);
	assert_int_not_equal(if_nametoindex("dtap1"), 0);
	assert_int_equal(plx_device_detach("net_tap1", NULL), 0);
	assert_int_equal(if_nametoindex("dtap1"), 0);
}

static void
a_persistent_interface_stays(void **state)
{
	struct wire *wire = *state;

	wire_unplug(wire);
	for (int multi = 0; multi < 2; multi++) {
		assert_int_equal(
			net_run("ip tuntap add dev keep0 mode tap %s", multi ? "multi_queue" : ""),
			0);
		for (int round = 0; round < 2; round++) {
			snprintf(wire->devargs, sizeof(wire->devargs),
				 "net_tap0,iface=keep0,persist=1");
			snprintf(wire->iface, sizeof(wire->iface), "keep0");
			wire_plug(wire);
			wire_start(wire, 1, NULL);
			wire_put(wire, 0, 10, 100);
			wire_expect(wire, 0, 10, 100);
			assert_int_equal(plx_ethdev_stop(wire->port), 0);
			wire_check_ledger(wire);
			wire_unplug(wire);
			assert_int_not_equal(if_nametoindex("keep0"), 0);
		}
		socket_close(wire);
		assert_int_equal(net_run("ip link del keep0"), 0);
	}
}

static void
a_prepared_interface_needs_no_rights(void **state)
{
	struct wire *wire = *state;

	wire_unplug(wire);
	assert_int_equal(net_run("ip tuntap add dev keep0 mode tap multi_queue user 0 && "
				 "ip link set keep0 up"),
			 0);
	snprintf(wire->devargs, sizeof(wire->devargs), "net_tap0,iface=keep0,persist=1");
	snprintf(wire->iface, sizeof(wire->iface), "keep0");
	assert_int_equal(net_set_capability(CAP_NET_ADMIN, false), 0);
	assert_int_equal(plx_device_attach(wire->devargs, NULL), 0);
	assert_int_equal(plx_ethdev_by_name(wire->name, &wire->port), 0);
	wire_start(wire, 2, NULL);
	assert_int_equal(net_set_capability(CAP_NET_ADMIN, true), 0);
	assert_int_equal(tap_plug(wire), 0);
	wire_put(wire, 0, 10, 100);
	assert_int_equal(plx_ethdev_close(wire->port), 0);
	wire_unplug(wire);
	socket_close(wire);
	assert_int_equal(net_run("ip link del keep0"), 0);
}

static void
refuse_to_share(const char *iface)
{
	struct plx_why why = {""};
	char args[64], said[64];

	snprintf(args, sizeof(args), "net_tap1,iface=%s,persist=1", iface);
	snprintf(said, sizeof(said), "%s is in use already", iface);
	assert_int_equal(plx_device_attach(args, &why), -EBUSY);
	assert_non_null(strstr(why.text, said));
}

/* Of one queue, which the kernel itself gives to one program alone, and of several. */
static void
a_prepared_interface_is_taken_when_its_holder_has_gone(void **state)
{
	static const char *const kinds[] = {"", "multi_queue"};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		assert_int_equal(net_run("ip tuntap add dev keep1 mode tap %s", kinds[i]), 0);
		for (unsigned round = 0; round < 3; round++) {
			assert_int_equal(plx_device_attach("net_tap2,iface=keep1,persist=1", NULL),
					 0);
			refuse_to_share("keep1");
			assert_int_equal(plx_device_detach("net_tap2", NULL), 0);
		}
		assert_int_equal(net_run("ip link del keep1"), 0);
	}
}

static void
names_in_use_and_missing_rights_are_refused_in_words(void **state)
{
	struct wire *wire = *state;
	struct plx_why why = {""};

	assert_int_equal(plx_device_attach("net_tap1,iface=ptap0", &why), -EBUSY);
	assert_non_null(strstr(why.text, "ptap0"));
	assert_int_equal(plx_device_attach("net_tap1,iface=lo", &why), -EBUSY);
	/* Nor is it shared, which the kernel would do: be the port made, running, or stopped. */
	refuse_to_share("ptap0");
	wire_start(wire, 1, NULL);
	refuse_to_share("ptap0");
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	refuse_to_share("ptap0");
	assert_int_equal(plx_device_attach("net_tap1,iface=lo,persist=1", &why), -EINVAL);
	assert_non_null(strstr(why.text, "no tap"));
	assert_int_equal(plx_device_attach("net_tap1,iface=a_name_too_long_", &why), -EINVAL);
	assert_int_equal(net_set_capability(CAP_NET_ADMIN, false), 0);
	assert_int_equal(plx_device_attach("net_tap1", &why), -EPERM);
	assert_non_null(strstr(why.text, "CAP_NET_ADMIN"));
	assert_int_equal(net_set_capability(CAP_NET_ADMIN, true), 0);
	wire_start(wire, 1, NULL);
}

static void
both_ends_have_addresses_of_their_own(void **state)
{
	static const uint8_t port_mac[6] = {0x02, 1, 2, 3, 4, 5};
	struct wire *wire = *state;

	wire_unplug(wire);
	snprintf(wire->devargs, sizeof(wire->devargs),
		 "net_tap0,iface=ptap0,mac=02:01:02:03:04:05,host_mac=02:0a:0b:0c:0d:0e");
	wire_plug(wire);
	assert_memory_equal(wire->mac, port_mac, 6);
	assert_int_equal(net_run("ip link show ptap0 | grep -q 02:0a:0b:0c:0d:0e"), 0);
}

static void
an_interface_set_down_by_hand_is_counted_and_survived(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 100, wire->mac, 1, 1);
	struct plx_ethdev_stats stats;

	wire_start(wire, 1, NULL);
	assert_int_equal(net_run("ip link set ptap0 down"), 0);
	wire_send(wire, 0, &m, 1);
	assert_int_equal(plx_ethdev_stats(wire->port, &stats), 0);
	assert_int_equal(stats.tx_errors, 1);
	assert_int_equal(net_run("ip link set ptap0 up"), 0);
	wire_wait_for_far_end(wire);
	wire_put(wire, 0, 10, 100);
	wire_expect(wire, 0, 10, 100);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
}

static void
an_interface_deleted_by_hand_is_survived(void **state)
{
	struct wire *wire = *state;
	struct plx_mbuf *m = frame_mbuf(wire->pool, 100, wire->mac, 1, 1);

	wire_start(wire, 1, NULL);
	wire_put(wire, 0, 10, 100);
	wire_expect(wire, 0, 10, 100);
	assert_int_equal(net_run("ip link del ptap0"), 0);
	wire_send(wire, 0, &m, 1);
	wire_expect_silence(wire);
	assert_int_equal(plx_ethdev_stop(wire->port), 0);
	wire_check_ledger(wire);
	assert_true(plx_ethdev_start(wire->port, NULL) < 0);
	assert_true(plx_ethdev_configure(wire->port, 2, 2, NULL, NULL) < 0);
}

static void
a_renamed_interface_works_on(void **state)
{
	struct wire *wire = *state;
	uint16_t mtu;

	assert_int_equal(net_run("ip link set ptap0 name moved0"), 0);
	wire_start(wire, 2, NULL);
	assert_int_equal(plx_ethdev_set_mtu(wire->port, 1300, NULL), 0);
	assert_int_equal(plx_ethdev_mtu(wire->port, &mtu), 0);
	assert_int_equal(net_run("ip link show moved0 | grep -q 'mtu 1300'"), 0);
}

/* The other program is this one, asked to hold a port and wait. */
static void
a_killed_program_leaves_no_interface(void **state)
{
	uint64_t until;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		execl("/proc/self/exe", "contract", "hold", "net_tap0,iface=dies0", (char *)NULL);
		_exit(1);
	}
	for (until = now_ms() + PATIENCE_MS; if_nametoindex("dies0") == 0 && now_ms() < until;)
		sleep_ms(5);
	assert_int_not_equal(if_nametoindex("dies0"), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	for (until = now_ms() + PATIENCE_MS; if_nametoindex("dies0") != 0 && now_ms() < until;)
		sleep_ms(5);
	assert_int_equal(if_nametoindex("dies0"), 0);
}

#define ONLY .only = "net_tap"

const struct contract_case tap_cases[] = {
	CASE(big_tcp_comes_whole_on_request_and_cut_otherwise, ONLY),
	CASE(the_interface_is_there_as_long_as_the_device, ONLY),
	CASE(a_persistent_interface_stays, ONLY),
	CASE(a_prepared_interface_needs_no_rights, ONLY),
	CASE(a_prepared_interface_is_taken_when_its_holder_has_gone, ONLY),
	CASE(names_in_use_and_missing_rights_are_refused_in_words, ONLY),
	CASE(both_ends_have_addresses_of_their_own, ONLY),
	CASE(an_interface_set_down_by_hand_is_counted_and_survived, ONLY),
	CASE(an_interface_deleted_by_hand_is_survived, ONLY),
	CASE(a_renamed_interface_works_on, ONLY),
	CASE(a_killed_program_leaves_no_interface, ONLY),
	{0},
};
