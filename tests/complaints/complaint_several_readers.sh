#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "Only one program may look at the port."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need tcpdump ping nstat

# Two captures of ours, tcpdump, and the kernel itself: all see all.
make_pair
for name in one two; do
	start $name b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev net_af_packet0,iface=veth0 -- -o "$TMP/$name.pcap" 'icmp[0] == 8'
	wait_until 10 "capture $name" grep -q 'capturing on veth0' "$TMP/$name.log"
	eval "$name=$JOB"
done
start three b tcpdump -Z root --immediate-mode -U -ni veth0 -w "$TMP/three.pcap" 'icmp[0] == 8'
three=$JOB
wait_until 10 tcpdump grep -q listening "$TMP/three.log"
ping_all a 50 10.99.0.2
for name in one two three; do
	wait_until 10 "50 packets that capture $name saw" has_packets "$TMP/$name.pcap" 50
done
for job in "${one:?}" "${two:?}" "$three"; do
	stop "$job" INT
done
for name in one two three; do
	assert_eq "$(count_packets "$TMP/$name.pcap")" 50 "packets that capture $name saw"
done
