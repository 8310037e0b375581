#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Frames of 0 bytes to 64 KiB whose headers claim what is not there go through both programs: nothing falls over, the
# bytes come out as they went in, filters agree with tcpdump, and every frame is accounted for.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need jq python3 tcpdump tshark capinfos

IN=$TMP/in.pcap
OUT=$TMP/out.pcap
python3 "$FUNC_DIR/make_lying.py" "$TMP/all.pcap"
# A frame of no bytes is counted as lost by name; the others must arrive.
tcpdump -r "$TMP/all.pcap" --time-stamp-precision=nano -w "$IN" 'greater 1' 2>/dev/null
TOTAL=$(count_packets "$TMP/all.pcap")
FULL=$(count_packets "$IN")

# MODE MTU [FILE FRAMES]: all frames of the file, and then it ends.
forward()
{
	start out - "$PLX_TESTPMD" --no-huge --no-pci --lcores '(0,1)@0' --file-prefix hostile \
		--vdev "net_pcap0,rx_pcap=${3:-$TMP/all.pcap},tx_pcap=$OUT" -- --forward-mode "$1" --mtu "$2"
	wait_until 30 "all frames" all_came "${4:-$TOTAL}"
	stop "$JOB" INT || fail "status $? of $1"
	assert_no_grep "$TMP/out.log" 'does not add up'
}

# FRAMES
all_came()
{
	run "$PLX_CTL" -t 60s hostile show port stats 0 2>"$TMP/ctl.err" | jq -e ".ports[0].ledger.rx.received == $1" >"$TMP/jq.log"
}

forward io 65517
assert_grep "$TMP/out.log" "lost: no bytes captured +$((TOTAL - FULL))\$"
assert_eq "$(list_frames "$OUT" | cksum)" "$(list_frames "$IN" | cksum)" 'frames through io'
for engine in macswap 5tswap; do
	forward "$engine" 65517
	assert_eq "$(count_packets "$OUT")" "$FULL" "frames through $engine"
	mv "$OUT" "$TMP/all.pcap.swapped"
	# Swapped again, they are what they were.
	forward "$engine" 65517 "$TMP/all.pcap.swapped" "$FULL"
	assert_eq "$(list_frames "$OUT" | cksum)" "$(list_frames "$IN" | cksum)" "frames through $engine twice"
done
for engine in mac csum noisy; do
	forward "$engine" 65517
	assert_eq "$(count_packets "$OUT")" "$FULL" "frames through $engine"
	# What has no room for two addresses stays as it is.
	assert_eq "$(list_frames "$OUT" | awk '$1 < 12' | cksum)" "$(list_frames "$IN" | awk '$1 < 12' | cksum)" "short frames through $engine"
done
assert_ge "$(list_frames "$IN" | awk '$1 < 12' | wc -l)" 1 'short frames'
assert_eq "$(list_frames "$OUT" | cksum)" "$(list_frames "$IN" | cksum)" 'frames through noisy'
forward icmpecho 65517
assert_grep "$TMP/out.log" "Not-answered: [1-9]"
forward io 1500
assert_grep "$TMP/out.log" 'lost: longer than a buffer, scatter off +[1-9]'

for LCORES in 0 '(0-1)@(0-1)'; do
	assert_status 0 "$PLX_CAPTURE" --no-huge --lcores "$LCORES" --vdev "net_pcap0,rx_pcap=$TMP/all.pcap,eof=1" -- -o "$OUT" \
		--top 1000 -q
	cmp "$OUT" "$IN"
done
for filter in 'udp port 53' 'ip6' 'vlan and vlan' 'tcp[tcpflags] & tcp-syn != 0' 'ip[6:2] & 0x1fff != 0' 'greater 9000' \
	'ether[65000] = 0' 'ip[2:2] > 60000' 'portrange 2000-5000' 'less 13'; do
	tcpdump -r "$IN" --time-stamp-precision=nano -w "$TMP/expected.pcap" "$filter" 2>/dev/null
	assert_status 0 "$PLX_CAPTURE" --no-huge -l 0 --vdev "net_pcap0,rx_pcap=$TMP/all.pcap,eof=1" -- -o "$OUT" --top 3 -f "$filter"
	cmp "$OUT" "$TMP/expected.pcap" || fail "-f '$filter' keeps other frames than tcpdump does"
	assert_grep "$TMP/out.log" 'every packet is accounted for'
done
