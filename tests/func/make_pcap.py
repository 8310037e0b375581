#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_pcap.py FILE [N]: a capture file of N (1,000) packets of many kinds, the same each time."""

import random
import struct
import sys

MAC_A, MAC_B = bytes.fromhex('02000000000a'), bytes.fromhex('02000000000b')


def transport(dice, proto):
    ports = struct.pack('>HH', dice.choice([53, 80, 443, 5000]), dice.choice([53, 80, 443, 6000]))
    rest = dice.randbytes(dice.choice([0, 12, 100, 500, 1400, 3000]))
    if proto == 6:
        return ports + struct.pack('>IIBBHHH', dice.getrandbits(32), 0, 0x50, dice.getrandbits(6), 1024, 0, 0) + rest
    if proto == 17:
        return ports + struct.pack('>HH', 8 + len(rest), 0) + rest
    return struct.pack('>BBHHH', 8, 0, 0, 1, dice.getrandbits(16)) + rest


def ipv4(dice):
    proto = dice.choice([1, 6, 6, 17, 17])
    data = transport(dice, proto)
    fragment = dice.choice([0, 0, 0, 0x2000, 0x2010])
    return 0x0800, struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(data), dice.getrandbits(16), fragment, 64, proto, 0,
                               bytes([10, 0, 0, dice.randrange(1, 4)]), bytes([10, 0, 1, dice.randrange(1, 4)])) + data


def ipv6(dice):
    proto = dice.choice([6, 17, 58])
    data = transport(dice, proto)
    ends = [bytes.fromhex('fd99' + '00' * 13) + bytes([dice.randrange(1, 4)]) for _ in range(2)]
    return 0x86dd, struct.pack('>IHBB', 0x60000000, len(data), proto, 64) + ends[0] + ends[1] + data


def arp(dice):
    return 0x0806, struct.pack('>HHBBH6s4s6s4s', 1, 0x800, 6, 4, 1, MAC_A, bytes([10, 0, 0, 1]), b'\0' * 6,
                               bytes([10, 0, 0, dice.randrange(2, 9)]))


def frame(dice):
    ethertype, data = dice.choice([ipv4, ipv4, ipv4, ipv6, arp])(dice)
    tag = struct.pack('>HH', 0x8100, dice.randrange(1, 4)) if dice.random() < 0.2 else b''
    bytes_ = MAC_B + MAC_A + tag + struct.pack('>H', ethertype) + data
    return bytes_.ljust(60, b'\0')


def main():
    dice = random.Random(7)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    now = 1700000000 * 10**9
    with open(sys.argv[1], 'wb') as out:
        out.write(struct.pack('=IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
        for _ in range(count):
            data = frame(dice)
            now += dice.randrange(1, 50000)
            out.write(struct.pack('=IIII', now // 10**9, now % 10**9, len(data), len(data)) + data)


main()
