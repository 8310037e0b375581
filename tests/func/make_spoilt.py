#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_spoilt.py FILE [KIND ...]: a capture file of frames whose checksums are all wrong.

KINDs are words of "4" or "6" and "tcp", "udp", "sctp"; with "tag" the frame has a VLAN tag. Without KINDs: all of them,
with payloads of even and odd lengths.
"""
import itertools
import struct
import sys

MACS = bytes.fromhex('02000000000b02000000000a')
WRONG = 0xdead


def transport(proto, length):
    rest = bytes(i * 11 & 0xff for i in range(length))
    if proto == 'tcp':
        return 6, struct.pack('>HHIIBBHHH', 1000, 80, 1, 0, 0x50, 0x10, 1024, WRONG, 0) + rest
    if proto == 'udp':
        return 17, struct.pack('>HHHH', 1000, 2000, 8 + length, WRONG) + rest
    data = struct.pack('>BBHIHHI', 0, 3, 16 + length, 1, 0, 0, 0) + rest  # a DATA chunk
    return 132, struct.pack('>HHII', 1000, 2000, 7, WRONG) + data + b'\0' * (-len(data) % 4)


def frame(kind, length):
    number, data = transport(next(p for p in ('tcp', 'udp', 'sctp') if p in kind), length)
    if '4' in kind:
        ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(data), 1, 0x4000, 64, number, WRONG) + bytes([10, 99, 0, 2, 10, 99, 0, 1])
        ethertype = 0x0800
    else:
        ends = bytes.fromhex('fd99' + '00' * 13)
        ip = struct.pack('>IHBB', 0x60000000, len(data), number, 64) + ends + b'\2' + ends + b'\1'
        ethertype = 0x86dd
    tag = struct.pack('>HH', 0x8100, 5) if 'tag' in kind else b''
    return MACS + tag + struct.pack('>H', ethertype) + ip + data


def main():
    kinds = [k.split(',') for k in sys.argv[2:]] or list(
        itertools.product(['4', '6'], ['tcp', 'udp', 'sctp'], ['', 'tag']))
    with open(sys.argv[1], 'wb') as out:
        out.write(struct.pack('=IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for kind in kinds:
            for length in (0, 101, 1200):
                data = frame(kind, length)
                out.write(struct.pack('=IIII', 1700000000, 0, len(data), len(data)) + data)


main()
