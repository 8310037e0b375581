#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/filter is a wire with a rule: what it names does not come through, everything else does.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin root
need ping nstat iperf3 tcpdump tshark

example_refusals 2 filter -- icmp
example_anywhere filter -- icmp
assert_refuses 'filter: .*syntax error' "$PLX_BUILD/examples/filter" -l 0 --no-huge --vdev net_null0 -- 'tcp and and'

# FILE: tcpdump has written all that is looked for: what iperf3 says stands behind it.
came_through()
{
	[ "$(tshark -r "$1" -Y 'tcp.dstport == 5201' 2>/dev/null | wc -l)" -ge 1 ]
}

FIELD='s/^received .* dropped by the rule \([0-9]*\) .*/\1/p'
make_line
example_taps filter -- icmp
for kind in net_af_xdp net_af_packet; do
	example_start r filter --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1" -- 'icmp or udp port 4000'
	start dump b tcpdump -i veth0 -Uw "$TMP/$kind.pcap" --immediate-mode
	DUMP=$JOB
	wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
	run_in a ping -qc 10 -i 0.01 -W 0.1 10.99.0.2 >/dev/null && fail "the rule let a ping through"
	ping_all a 10 fd99::2 # ICMPv6 is not ICMP
	for port in 4000 4001; do
		run_in a bash -c "for i in 1 2 3 4 5; do echo \$i >/dev/udp/10.99.0.2/$port; done"
	done
	example_iperf -n 2M
	example_stop
	wait_until 10 "tcpdump to see what came through" came_through "$TMP/$kind.pcap"
	stop "$DUMP" INT
	# 10 echo requests and 5 datagrams in one direction; in the other what b answered to port 4001, "port unreachable".
	unreachable=$(tshark -r "$TMP/$kind.pcap" -Y 'icmp.type == 3' 2>/dev/null | wc -l)
	assert_eq "$(sed -n "$FIELD" "$TMP/example.log")" "$((15 + unreachable))" "packets dropped"
	assert_eq "$(tshark -r "$TMP/$kind.pcap" -Y 'icmp.type == 8 || udp.port == 4000' 2>/dev/null | wc -l)" 0 "packets that came through"
	assert_eq "$(tshark -r "$TMP/$kind.pcap" -Y 'udp.port == 4001 && !icmp' 2>/dev/null | wc -l)" 5 "datagrams to another port"
done
