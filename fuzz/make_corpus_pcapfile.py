#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seed files of the pcapfile fuzz target into the folder given as argument: good ones of each kind, and liars."""
import os
import struct
import sys


class Order:
    def __init__(self, sign):
        self.sign = sign

    def pack(self, fmt, *values):
        return struct.pack(self.sign + fmt, *values)


LE, BE = Order('<'), Order('>')
FRAME = bytes(range(14)) + b'\x45\x00\x00\x1c' + bytes(24)


def pad(data):
    return data + bytes(-len(data) % 4)


def pcap(o, magic, *records, version=(2, 4)):
    return o.pack('IHHIIII', magic, *version, 0, 0, 65535, 1) + b''.join(records)


def record(o, data=FRAME, cap=None, wire=None):
    cap = len(data) if cap is None else cap
    return o.pack('IIII', 1700000000, 123456, cap, cap if wire is None else wire) + data


def option(o, code, value=b''):
    return o.pack('HH', code, len(value)) + pad(value)


def block(o, kind, body, length=None, tail=None):
    total = len(body) + 12 if length is None else length
    return o.pack('II', kind, total) + body + o.pack('I', total if tail is None else tail)


def shb(o, *options, magic=0x1a2b3c4d, major=1):
    return block(o, 0x0a0d0d0a, o.pack('IHHq', magic, major, 0, -1) + b''.join(options))


def idb(o, *options, link=1, snap=0):
    return block(o, 1, o.pack('HHI', link, 0, snap) + b''.join(options))


def epb(o, *options, interface=0, ticks=1700000000000001, data=FRAME, cap=None, wire=None):
    cap = len(data) if cap is None else cap
    head = o.pack('IIIII', interface, ticks >> 32, ticks & 0xffffffff, cap, cap if wire is None else wire)
    return block(o, 6, head + pad(data) + b''.join(options))


def isb(o, interface=0):
    counters = b''.join(option(o, code, o.pack('Q', code)) for code in range(2, 9))
    return block(o, 5, o.pack('III', interface, 1, 2) + counters + option(o, 0))


def facts(o):
    return (option(o, 1, b'a comment') + option(o, 2, o.pack('I', 2)) + option(o, 3, b'\x05' + o.pack('I', 77)) +
            option(o, 4, o.pack('Q', 9)) + option(o, 6, o.pack('I', 3)) + option(o, 0))


def cases():
    for name, o in (('le', LE), ('be', BE)):
        yield 'pcap_us_' + name, pcap(o, 0xa1b2c3d4, record(o), record(o, b''), record(o, FRAME, wire=1500))
        yield 'pcap_ns_' + name, pcap(o, 0xa1b23c4d, record(o), record(o))
        yield 'ng_' + name, shb(o) + idb(o) + epb(o) + epb(o, facts(o)) + isb(o)
    o = LE
    yield 'ng_interfaces', shb(o) + idb(o, option(o, 9, b'\x09')) + idb(o, option(o, 9, b'\x8a'), link=101) + \
        epb(o) + epb(o, interface=1)
    yield 'ng_texts', shb(o, option(o, 1, b'c'), option(o, 2, b'hw'), option(o, 3, b'os'), option(o, 4, b'app')) + \
        idb(o, option(o, 2, b'eth1'), option(o, 3, b'veth'), option(o, 8, o.pack('Q', 10 ** 10)),
            option(o, 11, b'\0tcp'), option(o, 14, o.pack('q', -5)), option(o, 0)) + epb(o)
    yield 'ng_sections', shb(LE) + idb(LE) + epb(LE) + shb(BE) + idb(BE) + epb(BE)
    yield 'ng_simple', shb(o) + idb(o, snap=10) + block(o, 3, o.pack('I', 100) + bytes(12))
    yield 'ng_obsolete', shb(o) + idb(o) + block(o, 2, o.pack('HHIIII', 0, 7, 0, 9, 3, 77) + b'abc\0')
    yield 'ng_unknown', shb(o) + block(o, 0xbad, bytes(40)) + idb(o) + block(o, 4, b'') + epb(o)
    yield 'ng_statistics_early', shb(o) + isb(o) + idb(o)
    yield 'ng_no_interface', shb(o) + epb(o)
    yield 'ng_wrong_interface', shb(o) + idb(o) + epb(o) + epb(o, interface=1)
    yield 'ng_cap_lies', shb(o) + idb(o) + epb(o, cap=41)
    yield 'ng_cap_huge', shb(o) + idb(o) + epb(o, cap=0xffffffff)
    yield 'ng_length_0', shb(o) + block(o, 6, bytes(20), length=0)
    yield 'ng_length_odd', shb(o) + block(o, 6, bytes(20), length=33)
    yield 'ng_length_huge', shb(o) + block(o, 6, bytes(20), length=0xfffffffc)
    yield 'ng_skip_huge', shb(o) + block(o, 0xbad, bytes(20), length=0xfffffffc)
    yield 'ng_tail_differs', shb(o) + idb(o) + block(o, 6, bytes(20), tail=28)
    yield 'ng_option_lies', shb(o) + idb(o, o.pack('HH', 2, 0xfff0) + bytes(8))
    yield 'ng_option_cut', shb(o) + idb(o, bytes([9, 0, 1, 0]))
    yield 'ng_tsresol_long', shb(o) + idb(o, option(o, 9, b'\x06\x06'))
    yield 'ng_tsresol_127', shb(o) + idb(o, option(o, 9, b'\xff')) + epb(o, ticks=(1 << 64) - 1)
    yield 'ng_offset_far', shb(o) + idb(o, option(o, 14, o.pack('q', -2 ** 63))) + epb(o)
    yield 'ng_magic_bad', shb(o, magic=0x1a2b3c4e)
    yield 'ng_version_2', shb(o, major=2)
    yield 'ng_shb_short', block(o, 0x0a0d0d0a, o.pack('I', 0x1a2b3c4d))
    yield 'ng_cut', (shb(o) + idb(o) + epb(o) + epb(o))[:-7]
    yield 'ng_many_interfaces', shb(o) + idb(o) * 1030
    yield 'pcap_cut', pcap(o, 0xa1b2c3d4, record(o), record(o))[:-3]
    yield 'pcap_cap_huge', pcap(o, 0xa1b2c3d4, record(o), record(o, cap=0xffffffff))
    yield 'pcap_wire_lies', pcap(o, 0xa1b2c3d4, record(o, wire=3))
    yield 'pcap_version_3', pcap(o, 0xa1b2c3d4, version=(3, 0))
    yield 'pcap_modified', pcap(o, 0xa1b2cd34)
    yield 'pcap_header_only', pcap(o, 0xa1b2c3d4)
    yield 'pcap_header_cut', pcap(o, 0xa1b2c3d4)[:20]
    yield 'gzip', b'\x1f\x8b\x08\0'
    yield 'text', b'GET / HTTP/1.1\r\n'
    yield 'empty', b''


def zstd(data, last=1, size=None):
    """A frame of one raw block."""
    size = len(data) if size is None else size
    return (b'\x28\xb5\x2f\xfd\x60' + struct.pack('<H', size - 256)
            + struct.pack('<I', len(data) << 3 | last)[:3] + data)


def packed_cases():
    o = LE
    whole = pcap(o, 0xa1b23c4d, *[record(o) for _ in range(8)])
    yield 'zstd', zstd(whole)
    yield 'zstd_frames', zstd(whole) + zstd(b''.join(record(o) for _ in range(8)))
    yield 'zstd_cut', zstd(whole)[:-9]
    yield 'zstd_not_last', zstd(whole, last=0)
    yield 'zstd_size_lies', zstd(whole, size=60000)
    yield 'zstd_window_huge', b'\x28\xb5\x2f\xfd\x00\xff' + bytes(40)
    yield 'zstd_twice', zstd(zstd(whole))
    yield 'zstd_skippable', b'\x50\x2a\x4d\x18\x04\0\0\0abcd' + zstd(whole)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, data in (*cases(), *packed_cases()):
        with open(os.path.join(folder, name), 'wb') as out:
            out.write(data)


main()
