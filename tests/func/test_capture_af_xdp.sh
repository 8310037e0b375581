#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture over AF_XDP: every packet of all queues is in the file, as the kernel sent it and in the order of time.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need tcpdump tshark capinfos

make_pair 2

# ARGS...: starts a capture of veth0 in namespace b and waits until it runs; CAPTURE is its pid.
start_capture()
{
	start capture b "$PLX_CAPTURE" --no-huge --vdev net_af_xdp0,iface=veth0 "$@"
	CAPTURE=$JOB
	wait_until 10 "the capture to start" grep -q 'capturing on veth0' "$TMP/capture.log"
}

# The capture takes the packets, so nobody answers.
ECHOES='icmp or (icmp6 and ip6[40] == 128)'
send_pings()
{
	run_in a ping -q -c 40 -i 0.01 -W 0.1 10.99.0.2 >/dev/null || true
	run_in a ping -q -c 40 -i 0.01 -W 0.1 -s 1200 fd99::2 >/dev/null || true
}

for lcores in '0' '(0-1)@(0-1)' '(0-2)@(0-1)'; do
	rm -f "$TMP"/out.pcap*
	start peer a tcpdump -Z root --immediate-mode -U -ni veth0 -w "$TMP/sent.pcap" "$ECHOES"
	tcpdump=$JOB
	wait_until 10 "tcpdump" grep -q listening "$TMP/peer.log"
	start_capture --lcores "$lcores" --idle sleep -- -o "$TMP/out.pcapng" -f "$ECHOES"
	send_pings
	wait_until 10 "packets with lcores $lcores" has_packets "$TMP/out.pcapng" 80
	wait_until 10 "tcpdump's packets" has_packets "$TMP/sent.pcap" 80
	stop "$CAPTURE" INT
	stop "$tcpdump" INT
	assert_eq "$(count_packets "$TMP/out.pcapng")" 80 "packets with lcores $lcores"
	assert_eq "$(list_frames "$TMP/out.pcapng" | sort)" "$(list_frames "$TMP/sent.pcap" | sort)" "packets with lcores $lcores"
	assert_eq "$(capinfos -o "$TMP/out.pcapng" | awk '/Strict/ {print $NF}')" True "order of time"
	assert_grep "$TMP/capture.log" '^    written +80$'
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
	assert_no_xdp b veth0
done
