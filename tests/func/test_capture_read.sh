#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture -r: files as tcpdump -r reads and writes them, with the same filters, to the byte.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3 tcpdump tshark editcap

IN=$TMP/in.pcap
OUT=$TMP/out.pcap
python3 "$FUNC_DIR/make_pcap.py" "$IN" 3000
editcap -F pcapng "$IN" "$TMP/in.pcapng"

# FILE: time, lengths and bytes of each packet.
content()
{
	list_frames "$1" frame.time_epoch frame.cap_len
}

# ARGS...: what it says is in capture.log.
capture()
{
	run "$PLX_CAPTURE" "$@" 2>"$TMP/capture.log" || fail "status $? of plx-capture $*"
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
}

# ARGS...: the same options and filter for both.
as_tcpdump()
{
	local from

	tcpdump -r "$IN" --time-stamp-precision=nano -w "$TMP/expected.pcap" "$@" 2>/dev/null
	for from in in.pcap in.pcapng; do
		capture -r "$TMP/$from" -w "$OUT" "$@"
		cmp -s "$OUT" "$TMP/expected.pcap" ||
			fail "$from $*: $(count_packets "$OUT") packets, tcpdump has $(count_packets "$TMP/expected.pcap")"
	done
	capture -r "$TMP/in.pcapng" -w "$TMP/out.pcapng" "$@"
	assert_eq "$(content "$TMP/out.pcapng")" "$(content "$TMP/expected.pcap")" "pcapng of $*"
}

as_tcpdump tcp port 80
as_tcpdump -n -U udp port 53 or arp
as_tcpdump -c 11 'ip6 and not icmp6'
as_tcpdump
as_tcpdump 'ether[3000] = 7'

# Microseconds, cut packets, standard input and output.
tcpdump -r "$IN" -w "$TMP/expected.pcap" tcp 2>/dev/null
capture -r "$IN" -w "$OUT" --format pcap-us tcp
cmp "$OUT" "$TMP/expected.pcap"
editcap -F nsecpcap -s 96 "$IN" "$TMP/expected.pcap"
capture -r "$IN" -w "$OUT" -s 96
assert_eq "$(content "$OUT")" "$(content "$TMP/expected.pcap")" 'packets of 96 bytes'
# ... which keep the length they had: in filters, in another file, and through a forwarder.
CUT=$TMP/cut.pcap
cp "$OUT" "$CUT"
for filter in '' 'len > 500 and ip' 'greater 200'; do
	tcpdump -r "$CUT" --time-stamp-precision=nano -w "$TMP/expected.pcap" "$filter" 2>/dev/null
	capture -r "$CUT" -w "$OUT" "$filter"
	assert_eq "$(content "$OUT")" "$(content "$TMP/expected.pcap")" "packets of 96 bytes, '$filter'"
done
start testpmd - "$PLX_TESTPMD" --no-huge --no-pci --lcores '(0,1)@0' --vdev "net_pcap0,rx_pcap=$CUT,tx_pcap=$OUT,time=packet" -- \
	--forward-mode io --port-topology loop --mtu 9000 --stats-period 1
wait_until 10 "all packets" grep -q 'TX-packets: 3000' "$TMP/testpmd.log"
stop "$JOB" INT
assert_eq "$(content "$OUT")" "$(content "$CUT")" 'packets of 96 bytes, forwarded'
capture -r - -w - <"$IN" >"$OUT"
cmp "$OUT" "$IN"

# Compressed ones, as they are.
capture -r "$IN" -w "$TMP/in.pcapng.zst"
capture -r "$TMP/in.pcapng.zst" -w "$OUT" udp
tcpdump -r "$IN" --time-stamp-precision=nano -w "$TMP/expected.pcap" udp 2>/dev/null
cmp "$OUT" "$TMP/expected.pcap"

# Two files become one, in the order of time.
editcap -r "$IN" "$TMP/a.pcap" 1-1500
editcap -r "$IN" "$TMP/b.pcap" 1501-3000
capture -r "$TMP/b.pcap" -r "$TMP/a.pcap" -w "$OUT"
assert_eq "$(content "$OUT")" "$(content "$IN")" 'two files'

# What filters are compiled to, and where a wrong one is wrong. (All texts of -f are one filter.)
for filter in 'tcp port 80' '' 'ip6 and not icmp6 or vlan 3' 'tcp[tcpflags] & tcp-syn != 0'; do
	tcpdump -y EN10MB -d "$filter" >"$TMP/expected" 2>/dev/null
	run "$PLX_CAPTURE" --filter-code "$filter" >"$TMP/code"
	cmp "$TMP/code" "$TMP/expected"
done
assert_refuses '^  tcp prot 80$' "$PLX_CAPTURE" -r "$IN" -w "$TMP/none.pcap" tcp prot 80
assert_grep "$TMP/out.log" '^plx-capture: .*syntax error at "prot" \(character 5\)'
assert_grep "$TMP/out.log" '^      \^~~~$'
assert_refuses '^  udp and \(port 53$' "$PLX_CAPTURE" --filter-code 'udp and (port 53'
assert_grep "$TMP/out.log" '^                  \^$'
assert_refuses '^       \^~~~~$' "$PLX_CAPTURE" --no-huge -l 0 --vdev net_null0 -- -w "$TMP/none.pcap" -f 'port 77777'
[ ! -e "$TMP/none.pcap" ] || fail 'a file was written'

# What cannot be read, and what would be lost.
cp "$IN" "$TMP/same.pcap"
ln "$TMP/same.pcap" "$TMP/other.pcap"
assert_refuses 'is read and would be overwritten' "$PLX_CAPTURE" -r "$TMP/same.pcap" -w "$TMP/same.pcap"
assert_refuses 'is read and would be overwritten' "$PLX_CAPTURE" -r "$TMP/same.pcap" -w "$TMP/other.pcap"
cmp "$IN" "$TMP/same.pcap"
rm -f "$OUT"
assert_refuses 'No such file' "$PLX_CAPTURE" -r "$TMP/none.pcap" -w "$OUT"
assert_refuses 'neither pcap nor pcapng' "$PLX_CAPTURE" -r "$0" -w "$OUT"
[ ! -e "$OUT" ] || fail 'a file was written'

# One that is cut gives its whole packets, and status 1.
head -c 100000 "$IN" >"$TMP/cut.pcap"
assert_status 1 "$PLX_CAPTURE" -r "$TMP/cut.pcap" -w "$OUT"
assert_eq "$(count_packets "$OUT")" "$(tcpdump -r "$TMP/cut.pcap" --count 2>/dev/null | awk '{print $1}')" 'whole packets'
