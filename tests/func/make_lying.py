#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_lying.py FILE: a capture file of frames from 0 bytes to 64 KiB whose headers claim what is not there."""
import random
import struct
import sys

LENGTHS = [*range(0, 130), 255, 256, 1499, 1500, 1514, 1518, 2047, 2048, 2049, 4096, 9000, 9018, 16384, 65534, 65535]
CLAIMS = [0, 1, 4, 19, 20, 21, 27, 28, 40, 1500, 0x7fff, 0x8000, 0xfffe, 0xffff]


def ether(kind, *tags):
    return b'\x02\0\0\0\0\x02\x02\0\0\0\0\x01' + b''.join(struct.pack('>HH', t, 7) for t in tags) + struct.pack('>H', kind)


def ipv4(claim, proto, ihl=5, frag=0):
    return struct.pack('>BBHHHBBH4s4s', 0x40 | ihl, 0, claim, 1, frag, 64, proto, 0, b'\x0a\0\0\1', b'\x0a\0\0\2')


def ipv6(claim, nxt):
    return struct.pack('>IHBB16s16s', 6 << 28, claim, nxt, 64, b'\xfd' + bytes(14) + b'\1', b'\xfd' + bytes(14) + b'\2')


def udp(claim, port=53):
    return struct.pack('>HHHH', 1024, port, claim, 0)


def heads(claim):
    for ihl in (0, 1, 4, 5, 6, 15):
        yield ether(0x800) + ipv4(claim, 17, ihl) + udp(claim)
    for frag in (0x2000, 0x1fff, 0x3fff):
        yield ether(0x800) + ipv4(claim, 6, frag=frag)
    for offset in (0, 4, 5, 15):
        yield ether(0x800) + ipv4(claim, 6) + struct.pack('>HHIIBBHHH', 80, 80, 1, 1, offset << 4, 2, 1, 0, 0)
    for nxt in (0, 43, 44, 51, 60, 17, 59, 255):
        yield ether(0x86dd) + ipv6(claim, nxt) + bytes([nxt, claim & 255]) * 16
    yield ether(0x8100, 0x8100, 0x8100, 0x88a8, 0x8100, 0x8100)
    yield ether(0x8100, 0x88a8) + b'\0\7\x08\0' + ipv4(claim, 17) + udp(claim)
    yield ether(0x806) + struct.pack('>HHBBH', 1, 0x800, 255, 255, 1)
    for port in (4789, 2152, 3784):
        yield ether(0x800) + ipv4(claim, 17) + udp(claim, port) + (b'\x08' + bytes(7) + ether(0x800) + ipv4(claim, 17)) * 9
    yield ether(0x800) + ipv4(claim, 47) + b'\xb0\0\x65\x58' + (bytes(12) + ether(0x800) + ipv4(claim, 47)) * 9
    yield ether(claim)


def frames():
    chance = random.Random(7)
    for claim in CLAIMS:
        for head in heads(claim):
            for length in {len(head), *chance.sample(LENGTHS, 6), *range(max(0, len(head) - 3), len(head))}:
                yield (head + bytes(max(0, length - len(head))))[:length]
    for length in LENGTHS:
        yield bytes(length)
        yield b'\xff' * length
        yield chance.randbytes(length)


with open(sys.argv[1], 'wb') as out:
    out.write(struct.pack('=IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
    for n, frame in enumerate(frames()):
        out.write(struct.pack('=IIII', 1700000000, n, len(frame), len(frame)) + frame)
