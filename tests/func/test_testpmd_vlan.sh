#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# VLAN tags on their way through plx-testpmd: as they came, taken out, put in. tshark is the judge at the far end. Beside it plx-capture
# sees them where they are on the wire: on an interface like tcpdump, and in the copies of ports that take them out or put them in.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin root
need jq python3 tcpdump tshark capinfos

# a: tagged and plain --- r0 [testpmd in r] r1 --- b
netns_add a
netns_add b
netns_add r
netns_veth a veth0 r r0 1
netns_veth b veth0 r r1 1

# PORT [VLAN]: five frames to that UDP port.
frames()
{
	run_in a python3 "$FUNC_DIR/send_frames.py" veth0 5 "$@"
}

# PORT VLAN: have they come with that tag ("" for none)?
came()
{
	[ "$(tshark -r "$TMP/far.pcap" -Y "udp.dstport == $1" -T fields -e vlan.id 2>/dev/null | grep -cx "$2")" -eq 5 ]
}

start dump b tcpdump -i veth0 -Uw "$TMP/far.pcap" --immediate-mode 'udp or (vlan and udp)'
wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
start dump5 b tcpdump -i veth0 -Uw "$TMP/five.pcap" --immediate-mode 'vlan 5'
dump5=$JOB
start capture5 b "$PLX_CAPTURE" -i veth0 -U -w "$TMP/capture5.pcap" vlan 5
capture5=$JOB
wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump5.log"
wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture5.log"
NAME=vlan-$$
open_prompt r --file-prefix "$NAME" --vdev net_af_packet0,iface=r0 --vdev net_af_packet1,iface=r1 -- -i

taps_read()
{
	run "$PLX_CTL" -t 60s "$NAME" taps 2>/dev/null | jq -e '[.taps[] | select(.reading)] | length == 2' >/dev/null
}

wait_until 10 "the control socket" run "$PLX_CTL" -t 60s "$NAME" taps >"$TMP/taps.log" 2>&1
start tapped - "$PLX_CAPTURE" --attach "$NAME" -w "$TMP/tapped.pcapng" vlan
tapped=$JOB
wait_until 20 "the reader" taps_read

type_line start
frames 1001 5
wait_until 10 "tags as they came" came 1001 5

type_line stop
type_line 'vlan set strip on 0'
type_line start
frames 1002 5
wait_until 10 "frames without the tag" came 1002 ""

type_line stop
type_line 'tx_vlan set 1 7'
type_line start
frames 1003 5
frames 1004
wait_until 10 "frames with another tag" came 1003 7
wait_until 10 "plain frames with a tag" came 1004 7

type_line stop
type_line 'port stop all'
type_line 'tx_vlan reset 1'
type_line 'vlan set strip off 0'
type_line 'port start all'
type_line start
frames 1005 5
frames 1006
wait_until 10 "tags as they came, again" came 1005 5
wait_until 10 "plain frames as they came" came 1006 ""
type_line stop
type_line 'show port stats all'
close_prompt 0
assert_no_grep "$TMP/testpmd.log" 'not accounted|do not add up'
wait_end "$tapped" 20

# FILE
has_ten()
{
	[ "$(count_packets "$1" 2>/dev/null)" = 10 ]
}

for file in five capture5; do
	wait_until 10 "frames of VLAN 5 in $file" has_ten "$TMP/$file.pcap"
done
stop "$dump5" INT
stop "$capture5" INT

# Each line: how many came in with that tag, whatever the port made of it; or were sent with one.
cat >"$TMP/expected" <<-'END'
	5 1 1001 5
	5 1 1002 5
	5 1 1003 5
	5 1 1005 5
	5 2 1001 5
	5 2 1003 7
	5 2 1004 7
	5 2 1005 5
END
tshark -r "$TMP/tapped.pcapng" -Y udp -Tfields -e frame.packet_flags_direction -e udp.dstport -e vlan.id 2>/dev/null |
	sort | uniq -c | awk '{print $1, $2 % 4, $3, $4}' >"$TMP/came"
diff "$TMP/expected" "$TMP/came" || fail "tags in copies of ports"
assert_eq "$(list_frames "$TMP/capture5.pcap" | sort | cksum)" "$(list_frames "$TMP/five.pcap" | sort | cksum)" "frames of VLAN 5, as tcpdump sees them"

# A tap lets listed VLANs through and counts the others; untagged frames are none.
open_prompt r --vdev net_tap0,iface=tap7 -- -i --forward-mode rxonly
type_line 'port stop 0'
type_line 'vlan set filter on 0'
type_line 'rx_vlan add 5 0'
type_line 'rx_vlan add 7 0'
type_line 'rx_vlan rm 7 0'
type_line 'port start 0'
type_line start
for vlan in 5 6 7 0; do
	run_in r python3 "$FUNC_DIR/send_frames.py" tap7 5 1007 "$vlan"
done

# WHAT: a figure of the port.
figure()
{
	ask_json 'show port xstats 0' | jq ".result.ports[0].xstats.$1"
}

ten_came()
{
	[ "$(figure rx_good_packets) $(figure rx_filtered)" = '10 10' ]
}

wait_until 10 "frames of VLAN 5 and without a tag" ten_came
type_line stop
close_prompt 0
