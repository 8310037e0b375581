#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/l2fwd: each frame leaves with the addresses of the port it leaves by, on one lcore and on two; counters every period.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin root
need ping nstat iperf3 tcpdump tshark

example_refusals 2 l2fwd
example_anywhere l2fwd
LCORES='(0,1)@0' example_anywhere l2fwd -- -T 1 -k
assert_refuses '4 ports are needed, there are 3' "$PLX_BUILD/examples/l2fwd" -l 0 --no-huge --vdev net_null0 --vdev net_null1 --vdev net_null2
assert_refuses 'the options are: -T SECONDS' "$PLX_BUILD/examples/l2fwd" -l 0 --no-huge --vdev net_null0 --vdev net_null1 -- -T 99999

make_line
example_taps l2fwd
# The far ends have the addresses that l2fwd sends to, and each other's address is that of the port beside them.
mac_of() { netns_exec "$1" cat "/sys/class/net/$2/address"; }
netns_exec a ip link set veth0 address 02:00:00:00:00:00
netns_exec b ip link set veth0 address 02:00:00:00:00:01
netns_exec a ip neigh replace 10.99.0.2 lladdr "$(mac_of r r0)" dev veth0 nud permanent
netns_exec b ip neigh replace 10.99.0.1 lladdr "$(mac_of r r1)" dev veth0 nud permanent

requests_are()
{
	[ "$(tshark -r "$TMP/b.pcap" -Y "icmp.type == 8" 2>/dev/null | wc -l)" -eq "$1" ]
}

table_shows() { awk '$1 == 0 && $2 >= 20 && $3 >= 20 {found = 1} END {exit !found}' "$TMP/example.log"; }

for kind in net_af_xdp net_af_packet; do
	for LCORES in 0@0 '(0,1)@0'; do
		example_start r l2fwd --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1" -- -T 1
		start dump b tcpdump -i veth0 -Uw "$TMP/b.pcap" --immediate-mode icmp
		DUMP=$JOB
		wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
		ping_all a 20 10.99.0.2
		wait_until 10 "a table with them" table_shows
		example_iperf -n 2M
		example_stop
		wait_until 10 "tcpdump to see the requests" requests_are 20
		stop "$DUMP" INT
		assert_eq "$(tshark -r "$TMP/b.pcap" -Y "icmp.type == 8 && eth.src == $(mac_of r r1) && eth.dst == 02:00:00:00:00:01" \
			2>/dev/null | wc -l)" 20 "requests with new addresses"
	done
done
