#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What a driver leaves to its card, the card may leave to the tap: checksums of TCP and UDP, and cutting, over IPv4 and IPv6. The
# kernel routes what it got to a wire that has no such help, and tshark judges what comes out there. With a file of the wire the card
# does it all itself, and the file is judged, too.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need jq tshark tcpdump python3 ip ethtool
# shellcheck source=tests/func/nicemu.sh
. "$FUNC_DIR/nicemu.sh"

ROUNDS=20 # of a TCP segment to be cut in five and a UDP packet, over both versions
MSS=1000

netns_add a
netns_add b
netns_veth a veth0 b veth0
netns_address a veth0 10.99.0.1/24 02:00:00:00:00:0a 10.99.0.2 02:00:00:00:00:0b
netns_address b veth0 10.99.0.2/24 02:00:00:00:00:0b 10.99.0.1 02:00:00:00:00:0a
netns_address a veth0 fd99::1/64 02:00:00:00:00:0a fd99::2 02:00:00:00:00:0b
netns_exec a sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
netns_exec a ethtool -K veth0 tx off tso off gso off >/dev/null

python3 - "$TMP/in.pcap" $ROUNDS <<'END'
import socket, struct, sys

def l4(tcp, payload):
    if tcp:
        return struct.pack('>HHIIBBHHH', 1000, 2000, 7, 9, 0x50, 0x18, 1024, 0, 0) + payload
    return struct.pack('>HHHH', 1000, 2000, 8 + len(payload), 0x1234) + payload

def frame(v6, tcp, payload):
    data, proto = l4(tcp, payload), 6 if tcp else 17
    if v6:
        ends = [socket.inet_pton(socket.AF_INET6, a) for a in ('fd98::2', 'fd99::2')]
        return b'\2' * 12 + b'\x86\xdd' + struct.pack('>IHBB', 6 << 28, len(data), proto, 64) + b''.join(ends) + data
    ends = [socket.inet_aton(a) for a in ('10.98.0.2', '10.99.0.2')]
    return b'\2' * 12 + b'\x08\0' + struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(data), 1, 0, 64, proto, 0) + b''.join(ends) + data

with open(sys.argv[1], 'wb') as out:
    out.write(struct.pack('=IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i in range(int(sys.argv[2])):
        for v6 in (False, True):
            for tcp, size in ((True, 4321), (False, 777)):
                f = frame(v6, tcp, bytes((i + k) % 251 for k in range(size)))
                out.write(struct.pack('=IIII', i, 0, len(f), len(f)) + f)
END

# FILE: cut and summed as it should be.
judge()
{
	local file=$1 sums='tcp.checksum.status == 1 || udp.checksum.status == 1'

	assert_eq "$(tshark -r "$file" -Y 'tcp.dstport == 2000' 2>/dev/null | wc -l)" $((ROUNDS * 2 * 5)) "TCP segments in $file"
	assert_eq "$(tshark -r "$file" -Y 'udp.dstport == 2000' 2>/dev/null | wc -l)" $((ROUNDS * 2)) "UDP packets in $file"
	assert_eq "$(tshark -r "$file" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-Y "(tcp.dstport == 2000 || udp.dstport == 2000) && ($sums) && !(ip.checksum.status == 0)" 2>/dev/null | wc -l)" \
		$((ROUNDS * 2 * 6)) "right checksums in $file"
	assert_eq "$(tshark -r "$file" -Y "tcp.dstport == 2000" -T fields -e tcp.len 2>/dev/null | sort -n | uniq -c | awk '{print $2 "*" $1}' | paste -sd' ')" \
		"321*$((ROUNDS * 2)) $MSS*$((ROUNDS * 2 * 4))" "lengths in $file"
}

# WORDS...
pass()
{
	start_nicemu a -s "$TMP/nic.sock" -t nic0 -n 10.98.0.1/24 -i "$@"
	chmod 666 "$TMP/nic.sock"
	start dump b tcpdump -i veth0 -Uw "$TMP/routed.pcap" --immediate-mode -s 0 'tcp port 2000 or udp port 2000'
	wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
	DUMP=$JOB
	start_driver 1 -a "vfio-user:$TMP/nic.sock" --vdev "net_pcap0,rx_pcap=$TMP/in.pcap" -- -i --forward-mode csum --mtu 9000 \
		--enable-scatter --eth-peer "0,$(netns_exec a cat /sys/class/net/nic0/address)"
	for what in 'csum set ip hw 0' 'csum set tcp hw 0' 'csum set udp hw 0' "tso set $MSS 0"; do
		tell driver "$what"
	done
	wait_link up
	tell driver start
	wait_until 30 "the segments at the far end" routed_reaches $((ROUNDS * 2 * 6))
	quit_all driver nicemu
	stop "$DUMP" INT || true
	judge "$TMP/routed.pcap"
}

routed_reaches()
{
	[ "$(tshark -r "$TMP/routed.pcap" 2>/dev/null | wc -l)" -ge "$1" ]
}

pass
# The card handed over what the tap cut: fewer frames than segments.
assert_grep "$TMP/nicemu.log" "\"sent\":$((ROUNDS * 4))|from the card +$((ROUNDS * 4))$"
pass --pcap "$TMP/wire.pcapng"
judge "$TMP/wire.pcapng"
assert_grep "$TMP/nicemu.log" "from the card +$((ROUNDS * 2 * 6))$"
