#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/hash_callback shares packets out by networks: all of two networks' packets, both ways, have one worker.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3

HASH=$PLX_BUILD/examples/hash_callback
assert_status 0 "$HASH" -h
assert_grep "$TMP/out.log" '^usage: hash_callback \[EAL options\]'
assert_refuses 'an lcore for the port and some for the work' "$HASH" -l 0 --no-huge --no-pci --vdev net_null0
assert_refuses '1 port.* needed, there are 0' "$HASH" --lcores '(0-2)@0' --no-huge --no-pci
assert_refuses 'nothing else' "$HASH" --lcores '(0-2)@0' --no-huge --no-pci --vdev net_null0 -- word

# FILE PAIRS HOSTS: as many pairs of networks; of each as many packets of as many hosts, there and back. IPv4 and IPv6 in turn.
cat >"$TMP/networks.py" <<'END_PY'
import struct, sys

MACS = bytes.fromhex('02000000000b02000000000a')


def address(net, host, ipv6):
    if ipv6:
        return struct.pack('>HHH', 0xfd99, net >> 8, net & 255) + struct.pack('>HQ', host, host * 77)
    return bytes([10, net >> 8, net & 255, host & 255])


with open(sys.argv[1], 'wb') as out:
    out.write(struct.pack('=IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
    for pair in range(int(sys.argv[2])):
        for host in range(int(sys.argv[3])):
            ends = [address(2 * pair, host, pair % 2), address(2 * pair + 1, host * 7 + 3, pair % 2)]
            if host % 2:
                ends.reverse()
            l4 = struct.pack('>HHHH', 1000 + host, 53, 8, 0)
            if pair % 2:
                data = MACS + b'\x86\xdd' + struct.pack('>IHBB', 0x60000000, len(l4), 17, 64) + ends[0] + ends[1] + l4
            else:
                data = MACS + b'\x08\0' + struct.pack('>BBHHHBBH', 0x45, 0, 28, 0, 0, 64, 17, 0) + ends[0] + ends[1] + l4
            out.write(struct.pack('=IIII', 1700000000, 0, len(data), len(data)) + data)
END_PY

# Each worker has whole pairs of networks: a multiple of their 100 packets.
python3 "$TMP/networks.py" "$TMP/in.pcap" 64 100
for last in 1 2 4; do
	run "$HASH" --lcores "(0-$last)@0" --no-huge --no-pci --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,eof=1" >"$TMP/example.log" 2>&1
	assert_grep "$TMP/example.log" '^received 6400 = to workers 6400 \+ dropped 0 \+ lost, queues full 0; seen by workers 6400$'
	assert_grep "$TMP/example.log" '^every packet is accounted for$'
	assert_eq "$(sed -n 's/^worker [0-9]*: \([0-9]*\) packets.*/\1/p' "$TMP/example.log" | awk '$1 > 0 && $1 % 100 == 0' | wc -l)" "$last" \
		"workers that had packets, and all of each pair"
done

# What is no IP has a worker, too.
python3 "$FUNC_DIR/make_flows.py" "$TMP/in.pcap" 100 4000
run "$HASH" --lcores '(0-2)@0' --no-huge --no-pci --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,eof=1" >"$TMP/example.log" 2>&1
assert_grep "$TMP/example.log" '^received 4000 = to workers 4000 '

# Without an end, until it is told to.
start endless - "$HASH" --lcores '(0-2)@0' --no-huge --no-pci --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,infinite_rx=1"
endless=$JOB
wait_until 20 "it to run" grep -q '^2 workers \.\.\.$' "$TMP/endless.log"
stop "$endless" INT || fail "status $? of the example"
assert_grep "$TMP/endless.log" '^every packet is accounted for$'
