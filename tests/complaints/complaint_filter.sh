#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "The fast capture tool has no filters, or its own language."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need tcpdump tshark python3

# The same file through tcpdump and through us, by the same words.
make_pair
start all a tcpdump -Z root --immediate-mode -U -ni veth0 -w "$TMP/all.pcap"
tcpdump=$JOB
wait_until 10 tcpdump grep -q listening "$TMP/all.log"
run_in a ping -qc 5 -i 0.02 10.99.0.2 >/dev/null
run_in a ping -qc 5 -i 0.02 -s 1000 fd99::2 >/dev/null
for port in 53 80 443; do
	netns_exec a bash -c "echo hello >/dev/udp/10.99.0.2/$port" || true
done
# What was sent last.
all_seen() { [ -n "$(tcpdump -nr "$TMP/all.pcap" 'udp dst port 443' 2>/dev/null)" ]; }
wait_until 10 "the last packet" all_seen
stop "$tcpdump" INT
for filter in 'icmp' 'icmp6 and greater 500' 'udp port 53 or udp port 80' 'not ip6' 'udp[8:4] = 0x68656c6c' 'ether proto 0x86dd'; do
	tcpdump -nr "$TMP/all.pcap" -w "$TMP/theirs.pcap" "$filter" 2>/dev/null
	run "$PLX_CAPTURE" --no-huge -l 0 --vdev "net_pcap0,rx_pcap=$TMP/all.pcap,eof=1" -- -q -o "$TMP/ours.pcap" "$filter"
	assert_ge "$(count_packets "$TMP/theirs.pcap")" 1 "packets of '$filter'"
	assert_eq "$(tshark -r "$TMP/ours.pcap" -o frame.generate_md5_hash:TRUE -T fields -e frame.md5_hash 2>/dev/null)" \
		"$(tshark -r "$TMP/theirs.pcap" -o frame.generate_md5_hash:TRUE -T fields -e frame.md5_hash 2>/dev/null)" "packets of '$filter'"
done
assert_refuses "portt" "$PLX_CAPTURE" --no-huge -l 0 --vdev "net_pcap0,rx_pcap=$TMP/all.pcap,eof=1" -- -o /dev/null udp portt 53
