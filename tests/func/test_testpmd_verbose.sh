#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd's set verbose: every packet of a file as lines, which say what tshark says of it; only while it is asked for.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need jq python3 tshark

python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" 300

# LEVEL ENGINE: forwards the file from port 0 to port 1 at that level; what is said goes to $TMP/said.
forward()
{
	{ printf '%s\n' "set fwd $2" "set verbose $1" start
		until_told 'show port stats 0 --json' '.result.ports[0].rx_packets == 300'; printf '%s\n' stop quit; } |
		run "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' --vdev "net_pcap0,rx_pcap=$TMP/in.pcap" \
			--vdev "net_null0,no-rx=1" -- -i --mbuf-size 9000 >"$TMP/said" 2>&1
	assert_grep "$TMP/said" 'RX-packets: 300 '
}

# WORDS: packets in the bursts that are announced by them, at the beginning of a line: never behind a prompt.
in_bursts()
{
	grep -E "^$1 [0-9]+ packets$" "$TMP/said" | awk '{n += $(NF - 1)} END {print n}'
}

forward 1 io
assert_eq "$(in_bursts 'port 0/queue 0: received')" 300 "packets received, by their bursts"
assert_no_grep "$TMP/said" 'port 1/queue 0: sent'
tshark -r "$TMP/in.pcap" -T fields -e eth.src -e eth.dst -e frame.len 2>/dev/null >"$TMP/expected"
sed -n 's/^  src=\([^ ]*\) - dst=\([^ ]*\) - pool.* - length=\([0-9]*\) - nb_segs=.*/\1\t\2\t\3/p' "$TMP/said" >"$TMP/told"
cmp "$TMP/expected" "$TMP/told" || fail "addresses and lengths differ from what tshark reads"
assert_eq "$(grep -c 'sw ptype:.*L4_TCP' "$TMP/said")" \
	"$(tshark -r "$TMP/in.pcap" -o ip.defragment:FALSE -o ipv6.defragment:FALSE -Y 'tcp && !icmp && !icmpv6' 2>/dev/null | wc -l)" \
	"packets of TCP"
assert_eq "$(grep -c '^  ol_flags: ' "$TMP/said")" 300 "lines of flags"

forward 2 io
assert_eq "$(in_bursts 'port 1/queue 0: sent')" 300 "packets sent, by their bursts"
assert_no_grep "$TMP/said" 'port 0/queue 0: received'
forward 3 macswap
assert_eq "$(grep -c '^  src=' "$TMP/said")" 600 "packets received and sent"
forward 0 rxonly
assert_no_grep "$TMP/said" 'src='

# A long packet is not taken for one that was cut.
python3 - "$TMP/in.pcap" <<-'END'
	import struct, sys
	udp = struct.pack('>HHHH', 1024, 9, 1422, 0) + bytes(1414)
	ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)))
	frame = bytes.fromhex('0200000000010200000000020800') + ip + udp
	head = struct.pack('=IIII', 1, 0, len(frame), len(frame))
	open(sys.argv[1], 'wb').write(struct.pack('=IHHIIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) + 300 * (head + frame))
END
forward 1 rxonly
assert_eq "$(grep -c '10.0.0.1.1024 > 10.0.0.2.9 UDP 1456 bytes$' "$TMP/said")" 300 "long packets"
assert_no_grep "$TMP/said" ', malformed at '

# At the prompt it can be changed while packets are forwarded.
{ printf '%s\n' 'set verbose 1' 'set verbose -1' 'start tx_first'; until_told 'show port stats 0 --json' '.result.ports[0].rx_packets > 2'
	printf '%s\n' 'set verbose 0' 'show port summary 0' stop quit; } |
	run "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' --vdev net_ring0 -- -i --burst 1 >"$TMP/said" 2>&1 && fail "no refusal"
assert_grep "$TMP/said" 'Change verbose level from 1 to 0'
assert_grep "$TMP/said" 'verbose "-1": a number from 0'
assert_no_grep <(sed '1,/show port summary 0/d' "$TMP/said") 'src='
assert_ge "$(grep -c 'src=' "$TMP/said")" 2 "packets before"
assert_no_grep "$TMP/said" '^testpmd> port [0-9]'
