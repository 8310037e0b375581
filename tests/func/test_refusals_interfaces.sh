#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd on interfaces that are not there, down or taken, with more queues than the device has, frames longer than a
# buffer and pools too small for the queues; nothing is left on the interface. (capture's: test_capture_interfaces.sh.)
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root

make_pair 2

# PATTERN DEVICE ARGS...: in namespace b; the interface is as it was.
refused()
{
	local pattern=$1 device=$2

	shift 2
	assert_refuses "$pattern" ip netns exec "${NS_b:?}" "$PLX_TESTPMD" --no-huge --lcores '(0-1)@(0-1)' --vdev "$device" -- \
		--duration 1 "$@"
	assert_no_grep "$TMP/out.log" '^Bye'
	assert_no_xdp b veth0
}

names()
{
	local driver

	for driver in net_af_xdp0 net_af_packet0; do
		refused 'no interface "eth77" in this network namespace; there are: .*veth0' $driver,iface=eth77
		refused "key 'iface' is missing" $driver
		refused "'iface' has a value of 22 characters; allowed are 1 to 15" $driver,iface=averyverylonginterface
	done
	refused 'interface veth0 is in use already: choose another name' net_tap0,iface=veth0
	refused 'no slash, colon or white space' net_tap0,iface=a/b
	refused 'expected a MAC address like' net_tap0,mac=zz
	refused "for the interface 'veth0' use net_af_packet0,iface=veth0 .* or net_af_xdp0,iface=veth0" net_pcap0,iface=veth0
}

down()
{
	local driver

	ip -n "$NS_b" link set veth0 down
	for driver in net_af_xdp0 net_af_packet0; do
		refused 'interface veth0 is down: .ip link set dev veth0 up' $driver,iface=veth0
	done
	ip -n "$NS_b" link set veth0 up
}

queues()
{
	refused '3 rx queues asked for, the device has 2' net_af_xdp0,iface=veth0 --rxq 3 --txq 3
	refused '3 rx queues asked for, the device has 2' net_af_packet0,iface=veth0,qpairs=2 --rxq 3 --txq 3
	refused 'start_queue=2.*ethtool -L veth0' net_af_xdp0,iface=veth0,start_queue=2
}

# Only AF_XDP keeps buffers in its queues.
pools()
{
	refused 'pool testpmd has 100 buffers, but the rx queues .* hold 2048 at once: make the pool larger or use fewer' \
		net_af_xdp0,iface=veth0 --total-num-mbufs 100 --mbcache 0
	refused 'pool testpmd has buffers of 512 bytes, the kernel takes no fewer than 2048' net_af_xdp0,iface=veth0 \
		--mbuf-size 512
}

taken()
{
	start first b "$PLX_TESTPMD" --no-huge --lcores '(0-1)@(0-1)' --idle sleep --vdev net_af_xdp0,iface=veth0 --
	wait_until 10 forwarding grep -q 'lcore 1: RX' "$TMP/first.log"
	assert_refuses "veth0 is taken by another XDP program, id [0-9]+ 'plx_af_xdp', held by bpf link" ip netns exec "$NS_b" "$PLX_TESTPMD" --no-huge \
		--lcores '(0-1)@(0-1)' --vdev net_af_xdp0,iface=veth0 -- --duration 1
	stop "$JOB" INT
	assert_no_xdp b veth0
}

# Without huge pages, as tests are, a program starts, and says once what would give it some.
no_huge_pages()
{
	assert_status 0 "$PLX_TESTPMD" --lcores '(0-1)@(0-1)' --vdev net_null0 -- --duration 1
	assert_eq "$(grep -c 'no free huge pages: using plain ones' "$TMP/out.log")" 1 'notices'
	assert_grep "$TMP/out.log" 'sudo hugeadm --pool-pages-min'
	assert_status 0 "$PLX_TESTPMD" --no-huge --lcores '(0-1)@(0-1)' --vdev net_null0 -- --duration 1
	assert_no_grep "$TMP/out.log" 'huge pages'
}

names
down
queues
pools
taken
no_huge_pages
