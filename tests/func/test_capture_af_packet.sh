#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture over AF_PACKET: a copy of what an interface receives and sends, while it goes on working for the kernel;
# the same packets and the same filter results as tcpdump's, and two interfaces in one file.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need tcpdump tshark capinfos ping nstat

make_pair

# FILTER DIRECTION N ARGS...: tcpdump and plx-capture see the same N packets, and the kernel answers all echoes.
compare()
{
	local filter=$1 direction=$2 expected=$3 judge capture

	shift 3
	rm -f "$TMP"/*.pcap*
	start judge b tcpdump -Z root --immediate-mode -U -ni veth0 -Q "$direction" -w "$TMP/judge.pcap" "$filter"
	judge=$JOB
	wait_until 10 "tcpdump" grep -q listening "$TMP/judge.log"
	start capture b "$PLX_CAPTURE" --no-huge --idle sleep "$@" -o "$TMP/out.pcapng" -f "$filter"
	capture=$JOB
	wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
	ping_all a 50 10.99.0.2
	ping_all a 20 -s 1400 fd99::2
	wait_until 10 "packets of '$filter'" has_packets "$TMP/out.pcapng" "$expected"
	wait_until 10 "tcpdump's packets of '$filter'" has_packets "$TMP/judge.pcap" "$expected"
	stop "$capture" INT
	stop "$judge" INT
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
	assert_eq "$(list_frames "$TMP/out.pcapng" | sort)" "$(list_frames "$TMP/judge.pcap" | sort)" "packets of '$filter'"
	assert_eq "$(count_packets "$TMP/out.pcapng")" "$expected" "packets of '$filter'"
}

ECHOES='icmp or (icmp6 and (ip6[40] == 128 or ip6[40] == 129))'
compare "$ECHOES" in 70 -l 0 --vdev net_af_packet0,iface=veth0 --
compare "$ECHOES" inout 140 --lcores '(0-1)@(0-1)' --vdev net_af_packet0,iface=veth0,outgoing=1 --
compare "$ECHOES" in 70 --lcores '(0-2)@(0-1)' --vdev net_af_packet0,iface=veth0 --
compare 'icmp[icmptype] == icmp-echoreply' inout 50 --lcores '(0-2)@(0-1)' --vdev net_af_packet0,iface=veth0,outgoing=1 --

# Two interfaces of one namespace: one file, an interface entry each, in the order of time.
netns_veth a veth1 b veth1
netns_address a veth1 10.98.0.1/24 02:00:00:00:01:0a 10.98.0.2 02:00:00:00:01:0b
netns_address b veth1 10.98.0.2/24 02:00:00:00:01:0b 10.98.0.1 02:00:00:00:01:0a
start capture b "$PLX_CAPTURE" --no-huge --idle sleep --lcores '(0-2)@(0-1)' --vdev net_af_packet0,iface=veth0 \
	--vdev net_af_packet1,iface=veth1 -- -o "$TMP/two.pcapng" icmp
capture=$JOB
wait_until 10 "the capture" grep -q 'capturing on veth1' "$TMP/capture.log"
before=$(count_pings a)
run_in a ping -qc 30 -i 0.01 10.99.0.2 >/dev/null &
run_in a ping -qc 30 -i 0.01 10.98.0.2 >/dev/null
wait $!
wait_until 20 "all answers" pings_reach a $((before + 60))
wait_until 10 "packets of two interfaces" has_packets "$TMP/two.pcapng" 60
stop "$capture" INT
assert_eq "$(count_packets "$TMP/two.pcapng")" 60 "packets of two interfaces"
for name in veth0 veth1; do
	tshark -r "$TMP/two.pcapng" -Y "frame.interface_name == $name" -T fields -e frame.number >"$TMP/of" 2>/dev/null
	assert_eq "$(wc -l <"$TMP/of")" 30 "packets of $name"
done
assert_eq "$(capinfos -Mo "$TMP/two.pcapng" | awk '/^Strict/ {print $NF}')" True "order of time"
