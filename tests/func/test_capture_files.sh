#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture from file to file: what is kept is what tcpdump keeps, to the byte, in each format and with each limit.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3 tcpdump tshark capinfos editcap

IN=$TMP/in.pcap
OUT=$TMP/out.pcap
python3 "$FUNC_DIR/make_pcap.py" "$IN" 3000

tcpdump_filter()
{
	tcpdump -r "$IN" --time-stamp-precision=nano -w "$TMP/expected.pcap" "$@" 2>/dev/null
}

# WHAT: the output is what tcpdump made.
assert_as_tcpdump()
{
	cmp -s "$OUT" "$TMP/expected.pcap" ||
		fail "$1: $(count_packets "$OUT") packets, tcpdump has $(count_packets "$TMP/expected.pcap")"
}

# FILE: time and bytes of each packet.
content()
{
	list_frames "$1" frame.time_epoch
}

whole_files()
{
	for LCORES in 0 '(0-1)@(0-1)' '(0-2)@(0-1)'; do
		capture_files "rx_pcap=$IN,eof=1" -o "$OUT"
		cmp "$OUT" "$IN"
	done
	LCORES=
	capture_files "rx_pcap=$IN,eof=1" -o - >"$OUT"
	cmp "$OUT" "$IN"
}

filters()
{
	local filter

	for filter in tcp 'udp port 53' 'not ip' arp 'ip6 and not icmp6' 'vlan 2' 'net 10.0.0.0/30 and src port 443' \
		'ip[6:2] & 0x1fff != 0' 'len > 1000 and greater 1000' 'host fd99::1' 'tcp[tcpflags] & tcp-syn != 0' \
		'ether[3000] = 7'; do
		tcpdump_filter "$filter"
		capture_files "rx_pcap=$IN,eof=1" -o "$OUT" -f "$filter"
		assert_as_tcpdump "-f '$filter'"
	done
	# Words without an option, and several filters at once.
	tcpdump_filter 'udp port 53'
	capture_files "rx_pcap=$IN,eof=1" -o "$OUT" udp port 53
	assert_as_tcpdump 'words'
	capture_files "rx_pcap=$IN,eof=1" -o "$OUT" -f 'udp or arp' -f 'port 53'
	assert_as_tcpdump 'two filters'
}

limits()
{
	tcpdump_filter -c 17 udp
	capture_files "rx_pcap=$IN,eof=1" -o "$OUT" -c 17 udp
	assert_as_tcpdump '-c 17'
	capture_files "rx_pcap=$IN,eof=1" -o "$OUT" -s 96
	editcap -F nsecpcap -s 96 "$IN" "$TMP/expected.pcap"
	assert_eq "$(content "$OUT")" "$(content "$TMP/expected.pcap")" "packets of 96 bytes"
	capture_files "rx_pcap=$IN,infinite_rx=1" -o /dev/null -d 300ms
	assert_grep "$TMP/capture.log" 'the time is over'
}

formats()
{
	local stats

	capture_files "rx_pcap=$IN,eof=1" -o "$TMP/out.pcapng" -f ip
	tcpdump_filter ip
	assert_eq "$(content "$TMP/out.pcapng")" "$(content "$TMP/expected.pcap")" "packets in pcapng"
	stats=$(capinfos "$TMP/out.pcapng")
	echo "$stats" >"$TMP/capinfos.log"
	assert_grep "$TMP/capinfos.log" 'File type: .*pcapng'
	assert_grep "$TMP/capinfos.log" 'Name = net_pcap0'
	assert_grep "$TMP/capinfos.log" 'Filter string = .*ip'
	assert_grep "$TMP/capinfos.log" 'Time precision = nanoseconds'
	assert_grep "$TMP/capinfos.log" 'Number of stat entries = 1'
	capture_files "rx_pcap=$IN,eof=1" -o "$OUT" --format pcap-us
	assert_eq "$(capinfos -Mt "$OUT" | awk '/^File type/ {print $NF}')" pcap format
	assert_eq "$(count_packets "$OUT")" 3000 packets
}

# Two files whose packets alternate become one again, in the order of time; %w makes one of each worker.
several()
{
	deal_out "$IN" "$TMP/a.pcap" "$TMP/b.pcap"
	for LCORES in 0 '(0-1)@(0-1)' '(0-2)@(0-1)'; do
		capture_files "rx_pcap=[$TMP/a.pcap,$TMP/b.pcap],eof=1" -o "$OUT"
		cmp "$OUT" "$IN"
	done
	LCORES='(0-2)@(0-1)' capture_files "rx_pcap=[$TMP/a.pcap,$TMP/b.pcap],eof=1" -o "$TMP/part%w.pcap"
	cmp "$TMP/part0.pcap" "$TMP/a.pcap"
	cmp "$TMP/part1.pcap" "$TMP/b.pcap"
}

top_talkers()
{
	LCORES=0 capture_files "rx_pcap=$IN,eof=1" --top 3
	assert_grep "$TMP/capture.log" '^ +counted +3,000$'
	assert_grep "$TMP/capture.log" '^  (10\.0\.|\[fd99::).* (TCP|UDP|ICMP|ICMPv6) .* %$'
	assert_grep "$TMP/capture.log" '^  all others '
}

whole_files
filters
limits
formats
several
top_talkers
