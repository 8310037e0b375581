#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/tunnel: two of them join two hosts, and one of them joins a host to the kernel's own VXLAN.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin root
need ping nstat iperf3 tcpdump tshark

END=(192.0.2.1 192.0.2.2)
MAC=(02:00:00:00:01:01 02:00:00:00:01:02)
example_refusals 2 tunnel -- 42 "${END[@]}" "${MAC[1]}"
example_anywhere tunnel -- 42 "${END[@]}" "${MAC[1]}"
assert_refuses "tunnel: the tunnel's number" "$PLX_BUILD/examples/tunnel" -l 0 --no-huge --vdev net_null0 -- 16777216 "${END[@]}" "${MAC[1]}"

# a --- r0 [r] o0 === o1 [s] s1 --- b
make_line
example_taps tunnel -- 42 "${END[@]}" "${MAC[1]}"
netns_add s
netns_veth r o0 s o1
netns_exec r ip link set r1 netns "${NS_s:?}"
netns_exec s ip link set r1 up
for end in "r o0 ${MAC[0]}" "s o1 ${MAC[1]}"; do
	read -r where if mac <<<"$end"
	netns_exec "$where" ip link set "$if" address "$mac" mtu 1600 # 50 bytes of headers around 1,514
done

dump()
{
	start dump s tcpdump -i o1 -Uw "$TMP/outside.pcap" --immediate-mode
	DUMP=$JOB
	wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
}

# FILTER: packets outside that match.
outside()
{
	tshark -r "$TMP/outside.pcap" -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -Y "$1" 2>/dev/null | wc -l
}

# N FILTER
outside_has()
{
	[ "$(outside "$2")" -eq "$1" ]
}

for kind in net_af_xdp net_af_packet; do
	LOG=left example_start r tunnel --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=o0" -- 42 "${END[@]}" "${MAC[1]}"
	LEFT=$EXAMPLE
	LOG=right example_start s tunnel --vdev "${kind}0,iface=r1" --vdev "${kind}1,iface=o1" -- 42 "${END[1]}" "${END[0]}" "${MAC[0]}"
	RIGHT=$EXAMPLE
	ping_all a 20 -s 1472 -M "do" 10.99.0.2
	ping_all a 20 fd99::2
	example_iperf -n 5M
	example_stop "$LEFT" left
	example_stop "$RIGHT" right
done

# The kernel's VXLAN at the other end, with host b's address.
netns_exec s ip addr add 192.0.2.2/24 dev o1
netns_exec s ip neigh replace 192.0.2.1 lladdr "${MAC[0]}" dev o1 nud permanent
netns_exec s ip link add vx0 type vxlan id 42 local 192.0.2.2 remote 192.0.2.1 dstport 4789 dev o1
netns_exec s ip link set vx0 address 02:00:00:00:00:0b up
netns_exec s ip addr add 10.99.0.2/24 dev vx0
netns_exec s ip neigh replace 10.99.0.1 lladdr 02:00:00:00:00:0a dev vx0 nud permanent
for kind in net_af_xdp net_af_packet; do
	dump
	example_start r tunnel --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=o0" -- 42 "${END[@]}" "${MAC[1]}"
	ping_all a 20 -s 1472 10.99.0.2
	ping_all s 20 10.99.0.1
	wait_until 10 "tcpdump to see all" outside_has 40 'vxlan.vni == 42 && ip.src == 192.0.2.1 && icmp'
	example_stop
	stop "$DUMP" INT
	assert_eq "$(outside 'vxlan.vni == 42 && ip.src == 192.0.2.1 && icmp')" 40 "packets packed by us"
	assert_eq "$(outside 'ip.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0')" 0 "wrong checksums"
done

# Another tunnel's packets are not ours.
example_start r tunnel --vdev net_af_xdp0,iface=r0 --vdev net_af_xdp1,iface=o0 -- 43 "${END[@]}" "${MAC[1]}"
before=$(link_stat r o0 rx_packets)
run_in s ping -qc 5 -i 0.01 -W 0.1 10.99.0.1 >/dev/null && fail "a packet of tunnel 42 came out of 43"
stat_reaches() { [ "$(link_stat "$1" "$2" "$3")" -ge "$4" ]; }
wait_until 10 "five packets of tunnel 42" stat_reaches r o0 rx_packets $((before + 5))
# When one of host a has crossed, the program has been round since then.
before=$(link_stat s o1 rx_packets)
run_in a ping -qc 1 -W 0.1 10.99.0.2 >/dev/null && fail "a packet of tunnel 43 was answered in 42"
wait_until 10 "a packet of host a" stat_reaches s o1 rx_packets $((before + 1))
example_stop
assert_grep "$TMP/example.log" 'unpacked 0 \+ not of this tunnel 5 '
