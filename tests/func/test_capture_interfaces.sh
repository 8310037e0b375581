#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture on interfaces that are not there, down, taken, without rights, removed meanwhile, with large frames; and
# killed, it leaves no XDP program behind.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need tcpdump ping setpriv

make_pair
OUT=$TMP/out.pcap

# PATTERN COMMAND...: in namespace b.
refused()
{
	local pattern=$1

	shift
	assert_refuses "$pattern" ip netns exec "${NS_b:?}" "$@"
	[ ! -e "$OUT" ] || fail "a file was written: $*"
}

# DEVARGS ARGS...: a capture in namespace b; CAPTURE is its pid.
start_capture()
{
	local devargs=$1

	shift
	start capture b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev "$devargs" -- -o "$OUT" "$@"
	CAPTURE=$JOB
	wait_until 10 "the capture" grep -q 'receives and writes' "$TMP/capture.log"
}

starts_that_are_refused()
{
	local driver

	for driver in af_xdp af_packet; do
		refused 'no interface "eth77".*there are: lo, veth0' "$PLX_CAPTURE" --no-huge -l 0 --vdev net_${driver}0,iface=eth77 -- -o "$OUT"
		refused "CAP_NET_" setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
			"$PLX_CAPTURE" --no-huge -l 0 --vdev net_${driver}0,iface=veth0 -- -o /dev/null
	done
	refused "iface" "$PLX_CAPTURE" --no-huge -l 0 --vdev net_af_xdp0 -- -o "$OUT"
	start_capture net_af_xdp0,iface=veth0
	assert_refuses 'veth0.*(XDP|busy|taken)' ip netns exec "${NS_b:?}" "$PLX_CAPTURE" --no-huge -l 0 \
		--vdev net_af_xdp0,iface=veth0 -- -o "$TMP/second.pcap"
	stop "$CAPTURE" INT
	assert_no_xdp b veth0
}

large_frames()
{
	local driver before after

	ip -n "${NS_a:?}" link set veth0 mtu 9000
	ip -n "${NS_b:?}" link set veth0 mtu 9000
	for driver in af_xdp af_packet; do
		before=$(date +%s)
		start_capture net_${driver}0,iface=veth0 icmp and len = 8942
		run_in a ping -q -c 20 -i 0.01 -W 0.2 -s 8900 10.99.0.2 >/dev/null || true
		wait_until 10 "packets of 8,942 bytes by $driver" has_packets "$OUT" 20
		stop "$CAPTURE" INT
		after=$(date +%s)
		assert_eq "$(count_packets "$OUT")" 20 "packets of 8,942 bytes by $driver"
		tcpdump -tt -nr "$OUT" 2>/dev/null | awk -v from="$before" -v to="$after" '
			$1 < from || $1 > to + 1 {bad++}
			END {exit bad != 0 || NR != 20}' || fail "times of $driver are not between $before and $after"
		tcpdump -vv -nr "$OUT" >"$TMP/decoded" 2>/dev/null
		assert_no_grep "$TMP/decoded" 'bad cksum|truncated|wrong icmp'
	done
	ip -n "$NS_a" link set veth0 mtu 1500
	ip -n "$NS_b" link set veth0 mtu 1500
}

a_link_that_is_down()
{
	local driver

	ip -n "${NS_b:?}" link set veth0 down
	rm -f "$OUT"
	for driver in af_xdp af_packet; do
		assert_refuses 'veth0 is down.*ip link set (dev )?veth0 up' ip netns exec "$NS_b" "$PLX_CAPTURE" --no-huge -l 0 \
			--vdev net_${driver}0,iface=veth0 -- -o "$OUT"
	done
	ip -n "$NS_b" link set veth0 up
}

killed()
{
	local status=0

	start_capture net_af_xdp0,iface=veth0
	stop "$CAPTURE" KILL || status=$?
	assert_eq "$status" 137 status
	wait_until 10 'the XDP program to go' no_xdp
}

no_xdp()
{
	! ip -n "${NS_b:?}" link show veth0 | grep -q xdp
}

removed()
{
	local driver status

	for driver in af_xdp af_packet; do
		[ $driver = af_xdp ] || netns_veth a veth0 b veth0
		status=0
		start_capture net_${driver}0,iface=veth0
		ip -n "${NS_a:?}" link del veth0
		wait_end "$CAPTURE" 10 || status=$?
		assert_eq "$status" 1 "status when the interface of $driver is removed"
		assert_grep "$TMP/capture.log" 'veth0 was removed while it was captured'
	done
}

starts_that_are_refused
large_frames
a_link_that_is_down
killed
removed
