#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_corpus_e1000_rings.py CORPUS: descriptors and registers for fuzz_e1000_model_rings, of good drivers and of mad ones."""

import os
import struct
import sys

LOW, ASKED, READ_ONLY, TOP = 0x1000, 0x3000, 0x8000, 2**64 - 0x1000
RX_AT, BUFFER_AT = 0x400, 0x800
BUFFER = LOW + BUFFER_AT
EOP, IFCS, IC, TSE, RS, RPS, DEXT, VLE, IDE = 1, 2, 4, 4, 8, 0x10, 0x20, 0x40, 0x80
LAST = EOP | IFCS | RS
IXSM, TXSM = 1, 2
TCP, IPV4 = 1, 2
TCTL, RCTL, TDH, TDLEN, TDBAL, TIDV, TXDCTL, TADV, CTRL = 0x400, 0x100, 0x3810, 0x3808, 0x3800, 0x3820, 0x3828, 0x382c, 0


def legacy(addr=BUFFER, length=64, cmd=LAST, cso=0, css=0, special=0):
    return struct.pack('<QHBBBBH', addr, length, cso, cmd, 0, css, special)


def data(addr=BUFFER, length=64, cmd=LAST, popts=0, special=0, kind=1):
    return struct.pack('<QIBBH', addr, length | kind << 20 | (cmd | DEXT) << 24, 0, popts, special)


def context(paylen=0, cmd=TCP | IPV4, hdrlen=54, mss=100, ip=(14, 24, 33), l4=(34, 50, 0)):
    return struct.pack('<BBHBBHIBBH', *ip, *l4, paylen | (cmd | DEXT) << 24, 0, hdrlen, mss)


def packet():
    macs = b'\2\0\0\0\0\1\2\0\0\0\0\2'
    ip = bytes.fromhex('080045000000fffe00004006000001020304') + b'\5\6\7\x08'
    tcp = struct.pack('>HHIIBBHHH', 1, 2, 0xfffff000, 5, 0x50, 0x19, 100, 0x1234, 0)
    return (macs + ip + tcp).ljust(0x800, b'p')


def receive_ring(addrs):
    return b''.join(struct.pack('<QQ', a, 0) for a in addrs)


def memory(sends, receives=None, takes=0):
    receives = receives if receives is not None else [LOW + 0x1000 + 0x80 * i for i in range(16)]
    image = (b''.join(sends).ljust(RX_AT, b'\0') + receive_ring(receives).ljust(BUFFER_AT - RX_AT, b'\0') + packet())
    return struct.pack('<H', len(image) | takes << 14) + image


def register(reg, value):
    return b'\0' + struct.pack('<HI', reg // 4, value)


def poll(budget=64):
    return bytes([2, budget])


def frame(length, kind=0):
    return b'\3' + struct.pack('<HB', length, kind)


def tick(us):
    return b'\4' + struct.pack('<H', us)


def page(tx, word, value):
    return b'\6' + struct.pack('<BBI', tx, word, value)


def kick(tail):
    return bytes([11, tail])


def put(at, what, place=0):
    return b'\5' + struct.pack('<BHB', place, at, len(what)) + what


def unmap(i):
    return bytes([7, i])


def remap(i):
    return bytes([8, i])


def fault(what, one_in=0):
    return bytes([9, one_in << 4 | what])


def room(n):
    return bytes([10, n])


def good():
    yield 'plain', memory([legacy() for _ in range(8)]) + kick(8) + poll()
    yield 'many', memory([legacy(length=20, cmd=0), data(length=30, cmd=0), legacy(length=40)]) + kick(1) + kick(2) + kick(3)
    yield 'sums', memory([context(), data(length=600, popts=IXSM | TXSM), legacy(cmd=LAST | IC, css=34, cso=50)]) + kick(3)
    yield 'tags', memory([legacy(cmd=LAST | VLE, special=5), data(length=30, cmd=LAST | VLE, special=7)]) + kick(2)
    for takes in range(4):
        yield f'cut_{takes}', memory([context(950, TCP | IPV4 | TSE), data(length=54, cmd=TSE | VLE, popts=3),
                                      data(BUFFER + 54, 950, LAST | TSE)], takes=takes) + room(3) + kick(3) + room(255) + poll()
    yield 'cut_ipv6', memory([context(900, TCP | TSE, 74, 100, (14, 24, 0), (54, 70, 0)),
                              data(length=974, cmd=LAST | TSE, popts=TXSM)]) + kick(2)
    yield 'cut_udp', memory([context(900, IPV4 | TSE, 42, 100, (14, 24, 33), (34, 40, 0)),
                             data(length=942, cmd=LAST | TSE, popts=3)]) + kick(2)
    yield 'thresholds', memory([legacy(cmd=LAST | IDE) for _ in range(9)]) + \
        register(TXDCTL, 0x01040000) + register(TIDV, 8) + register(TADV, 32) + kick(3) + tick(9) + kick(9) + tick(40)
    yield 'receive', memory([]) + b''.join(frame(n, k) for n in (60, 100, 1500, 2000, 9000) for k in range(4)) + tick(100)
    yield 'loopback', memory([legacy(length=100), legacy(length=1500)]) + register(RCTL, 0x8000 | 0x40 | 0x3a) + kick(2)
    yield 'pages', memory([legacy() for _ in range(8)]) + page(1, 6, 5) + poll() + page(0, 6, 3) + frame(60)


def hostile():
    yield 'no_end', memory([legacy(length=2000, cmd=0)] * 32) + b''.join(kick(31) + kick(30) for _ in range(9))
    yield 'null', memory([legacy(0, 64), legacy(length=0), data(length=0), legacy(length=0, cmd=0), legacy()]) + kick(5)
    yield 'huge', memory([data(length=0xfffff), legacy(length=0xffff), legacy()]) + kick(3)
    yield 'outside', memory([legacy(a, 64) for a in (0x5000, 0x7fff, 2**64 - 4, 2**64 - 64, 2**63, 0xfe0, 0xfff)]) + kick(7)
    yield 'straddle', memory([legacy(ASKED - 20, 64), legacy(ASKED + 0xff0, 64), legacy(READ_ONLY + 0xfe0, 64),
                              legacy(TOP + 0xfc0, 63), legacy(ASKED - 2000, 4000)]) + kick(5)
    yield 'context_lies', memory([context(p, TSE | TCP | IPV4, h, m) for p, h, m in
                                  ((0, 54, 100), (500, 0, 100), (500, 255, 0), (0xfffff, 54, 0xffff))] +
                                 [data(length=1000, cmd=LAST | TSE, popts=3)]) + kick(5)
    for name, paylen, mss in (('more', 0xfffff, 100), ('less', 100, 99), ('bytes', 0x400, 1), ('mega', 0xfffff, 1)):
        yield f'cut_{name}', memory([context(paylen, TCP | IPV4 | TSE, 54, mss), data(length=1800, cmd=LAST | TSE, popts=3)]) + \
            kick(2) + poll(255) * 8
    yield 'sum_places', memory([context(0, 0, 0, 0, (a, b, c), (d, e, f)) + data(length=n, popts=3)
                                for a, b, c, d, e, f, n in ((255, 255, 0xffff, 255, 255, 0xffff, 257), (0, 0, 0, 0, 0, 0, 60),
                                                            (14, 255, 1, 50, 4, 20, 256), (59, 58, 0, 60, 60, 0, 60))]) + kick(8)
    yield 'ring_askew', memory([legacy()] * 8) + register(TDBAL, LOW + 8) + kick(4) + register(TDBAL, ASKED - 0x100) + kick(20)
    yield 'ring_top', memory([legacy()] * 8) + register(TDBAL, 0xfffff000) + register(TDBAL + 4, 0xffffffff) + kick(31) + poll()
    yield 'ring_senseless', memory([legacy()] * 8) + page(1, 2, 0xffffffff) + poll() + page(1, 2, 512) + page(1, 4, 99) + poll() + \
        page(1, 4, 0) + page(1, 6, 0x10000) + poll()
    yield 'ring_of_itself', memory([legacy(LOW + 16 * i, 200) for i in range(16)], [LOW + 16 * i for i in range(16)]) + kick(16) + \
        frame(1500) + frame(100) + kick(1) + kick(0)
    yield 'moves', memory([legacy(length=20, cmd=RS)] * 20) + register(TXDCTL, 0x01300000) + register(TIDV, 5) + kick(9) + \
        register(TDH, 3) + kick(12) + register(TDLEN, 128) + poll() + tick(9)
    yield 'unmaps', memory([legacy(length=500, cmd=0), legacy(length=500)] * 4) + kick(1) + unmap(0) + kick(2) + remap(0) + \
        kick(3) + frame(60) + unmap(0) + frame(60) + tick(99)
    yield 'refused', memory([legacy(length=40), legacy()] * 4) + room(1) + kick(8) + poll() + unmap(0) + room(9) + poll()
    yield 'spoilt', memory([legacy(length=100)] * 20) + fault(0, 3) + kick(20) + frame(100) * 9 + fault(1) + poll() + fault(2) + \
        frame(60) + fault(8) + poll() + fault(0) + poll()
    yield 'read_only_ring', memory([legacy()]) + register(TDBAL, READ_ONLY) + put(0, legacy(), 2) + kick(9) + poll() * 9
    yield 'reset', memory([legacy(length=40, cmd=0)] * 8) + kick(3) + register(CTRL, 1 << 26) + poll() + tick(9)
    yield 'receive_nowhere', memory([], [0, 0x5000, 2**64 - 8, LOW - 1, ASKED - 10, READ_ONLY, 0, LOW]) + frame(3000) * 3 + frame(60) * 9
    yield 'types', memory([data(kind=k) for k in range(16)]) + kick(16)


def main():
    folder = os.path.join(sys.argv[1], 'e1000_model_rings')
    os.makedirs(folder, exist_ok=True)
    for case, content in list(good()) + list(hostile()):
        with open(os.path.join(folder, case), 'wb') as out:
            out.write(content)


main()
