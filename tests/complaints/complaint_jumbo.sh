#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "AF_XDP cannot do jumbo frames, and does not say so."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need ping capinfos tshark

make_pair
ip -n "${NS_a:?}" link set veth0 mtu 9000
ip -n "${NS_b:?}" link set veth0 mtu 9000
start capture b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev net_af_xdp0,iface=veth0 -- -o "$TMP/out.pcap" icmp and greater 8000
wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
run_in a ping -qc 10 -i 0.02 -W 0.1 -s 8900 10.99.0.2 >/dev/null || true
wait_until 10 "10 packets of 8,942 bytes" has_packets "$TMP/out.pcap" 10
stop "$JOB" INT
assert_eq "$(count_packets "$TMP/out.pcap")" 10 "packets of 8,942 bytes"
# Whole: the checksum is over all bytes.
tshark -r "$TMP/out.pcap" -o ip.defragment:FALSE -T fields -e frame.cap_len -e icmp.checksum.status 2>/dev/null | sort | uniq -c >"$TMP/whole"
assert_eq "$(awk '{print $1, $2, $3}' "$TMP/whole")" '10 8942 1' "packets, their bytes, and whether the checksum is right"
