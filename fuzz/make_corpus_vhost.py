#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_corpus_vhost.py CORPUS: conversations and rings for fuzz_vhost_messages and fuzz_vhost_ring, good ones and hostile ones."""

import os
import struct
import sys

NEXT, WRITE, INDIRECT, AVAIL, USED = 1, 2, 4, 0x80, 0x8000
PHYS, RING, AVAIL_OFF = 0x1000, 0x200, 0x80


def message(request, payload=b'', flags=8, files=0, memory=False):
    return bytes([request, flags, files | (0x10 if memory else 0)]) + struct.pack('<H', len(payload)) + payload


def u64(value):
    return struct.pack('<Q', value)


def hello(features=0x140008000):
    return (message(3) + message(1) + message(15) + message(16, u64(0x9211 | 8)) + message(2, u64(features)) +
            message(5, struct.pack('<IIQQQQ', 1, 0, PHYS, 0x20000, PHYS, 0), files=1, memory=True))


def ring(index, base=0, at=PHYS):
    return (message(8, struct.pack('<II', index, 16)) + message(10, struct.pack('<II', index, base)) +
            message(9, struct.pack('<IIQQQQ', index, 0, at, at + 0x800, at + 0x400, 0)) +
            message(13, u64(index), files=1) + message(12, u64(index), files=1) + message(18, struct.pack('<II', index, 1)))


def conversations():
    start = hello() + ring(0) + ring(1, at=PHYS + 0x1000)
    yield 'split', start
    yield 'packed', hello(0x540008000) + ring(0, 0x8000) + ring(1, 0x8000, PHYS + 0x1000)
    yield 'stop', start + message(11, struct.pack('<II', 0, 0)) + message(4)
    yield 'memory_again', start + hello()
    yield 'region', start + message(37, struct.pack('<QQQQQ', 0, 0x100000, 0x1000, 0x100000, 0), files=1, memory=True) \
        + message(38, struct.pack('<QQQQQ', 0, 0x100000, 0x1000, 0x100000, 0))
    yield 'region_overflows', start + message(37, struct.pack('<QQQQQ', 0, 2**64 - 16, 0x1000, 0, 0), files=1, memory=True)
    yield 'inflight', hello() + message(31, struct.pack('<QQHHI', 0, 0, 2, 16, 0)) + ring(0)
    yield 'inflight_foreign', hello() + message(32, struct.pack('<QQHHI', 0x8000, 0, 2, 16, 0), files=1, memory=True) + ring(0)
    yield 'inflight_packed', hello(0x540008000) + message(32, struct.pack('<QQHHI', 0x8000, 0, 2, 16, 0), files=1,
                                                          memory=True) + ring(0, 0x8000)
    yield 'ring_outside', hello() + ring(0, at=0x7000000)
    yield 'ring_askew', hello() + ring(0, at=PHYS + 1)
    yield 'config', hello() + message(24, struct.pack('<III', 0, 12, 0) + b'\0' * 12)
    yield 'config_beyond', hello() + message(24, struct.pack('<III', 250, 12, 0) + b'\0' * 12)
    yield 'files_for_nothing', message(1, files=8)
    yield 'status', hello() + message(39, u64(15)) + message(40)


def split(descs, heads, idx=None):
    table = b''.join(struct.pack('<QIHH', *d) for d in descs).ljust(AVAIL_OFF, b'\0')
    return (table + struct.pack('<HH', 0, len(heads) if idx is None else idx) +
            b''.join(struct.pack('<H', h) for h in heads)).ljust(RING, b'\0')


def packed(descs):
    return b''.join(struct.pack('<QIHH', *d) for d in descs).ljust(RING, b'\0')


def rings():
    buf = PHYS + 0x400
    write = split([(buf + 0x100 * i, 0x100, WRITE, 0) for i in range(8)], range(8))
    read = split([(buf, 80, 0, 0), (buf, 12, NEXT, 2), (buf, 60, 0, 0)], [0, 1])
    for features in (0, 2, 0x8e, 0xfe):
        yield f'split_{features}', bytes([features, 1]) + write + read
    yield 'split_loop', b'\2\1' + write + split([(buf, 80, NEXT, 1), (buf, 80, NEXT, 0)], [0])
    yield 'split_outside', b'\2\1' + write + split([(0, 80, 0, 0), (2**64 - 4, 80, 0, 0), (PHYS + 0x1ff0, 80, 0, 0)], [0, 1, 2])
    yield 'split_straddle', b'\2\1' + write + split([(PHYS + 0xff0, 80, 0, 0)], [0])
    yield 'split_head', b'\2\1' + write + split([(buf, 80, 0, 0)], [9])
    yield 'split_idx', b'\2\1' + write + split([(buf, 80, 0, 0)], [0], 9)
    yield 'split_table', b'\2\1' + write + split([(PHYS + 0x800, 32, INDIRECT, 0)], [0]) + b'\0' * 0x400 + \
        struct.pack('<QIHHQIHH', buf, 12, NEXT, 1, buf, 60, 0, 0)
    yield 'split_small', b'\2\1' + split([(buf, 30, WRITE, 0)] * 8, range(8)) + read
    yield 'split_short', b'\0\1' + split([(buf, 30, WRITE, 0)] * 8, range(8)) + read
    header = struct.pack('<BBHHHHH', 1, 1, 54, 100, 14, 16, 0)
    yield 'header', bytes([0xea, 0]) + write + read + header
    yield 'header_beyond', bytes([0x0a, 0]) + write + read + struct.pack('<BBHHHHH', 1, 0, 0, 0, 70, 16, 0)
    pwrite = packed([(buf + 0x100 * i, 0x100, i, WRITE | AVAIL) for i in range(8)])
    pread = packed([(buf, 80, 3, AVAIL), (buf, 12, 0, NEXT | AVAIL), (buf, 60, 5, AVAIL)])
    yield 'packed', b'\3\1' + pwrite + pread
    yield 'packed_endless', b'\3\1' + pwrite + packed([(buf, 80, 3, NEXT | AVAIL)] * 8)
    yield 'packed_table', b'\3\1' + pwrite + packed([(PHYS + 0x800, 32, 3, INDIRECT | AVAIL)])
    yield from rings_with_books(write, read, pwrite, pread)


def split_books(used_idx=0, last_batch_head=0, marks=()):
    lists = [(0, 0, 0)] * 8
    for head, following, counter in marks:
        lists[head] = (1, following, counter)
    return (struct.pack('<QHHHH', 0, 1, 8, last_batch_head, used_idx) +
            b''.join(struct.pack('<B5xHQ', *one) for one in lists)).ljust(192, b'\0')


def packed_books(free_head, used_idx, lists, wrap=1, old=None):
    """Lists of (entries, buffer id); entries are from the first on. old: free_head, used_idx and wrap before."""
    old = old or (free_head, used_idx, wrap)
    entries = [(0, i + 1, 0, 0, 0, 0, 0, 0, 0) for i in range(8)]
    for counter, (mine, ident) in enumerate(lists):
        for at, entry in enumerate(mine):
            last = entry == mine[-1]
            entries[entry] = (at == 0, entries[entry][1] if last else mine[at + 1], mine[-1], len(mine), counter, ident,
                              AVAIL | (0 if last else NEXT), 80, PHYS + 0x400)
    return (struct.pack('<QHHHHHHBB10x', 0, 1, 8, free_head, old[0], used_idx, old[1], wrap, old[2]) +
            b''.join(struct.pack('<BxHHHQHHIQ', *one) for one in entries)).ljust(320, b'\0')


def with_books(features, first, second, none, books):
    return bytes([features, 0x81]) + (first + second).ljust(0x800, b'\0') + none + books


def rings_with_books(write, read, pwrite, pread):
    for name, books in (
            ('quiet', split_books()), ('resumed', split_books(marks=[(1, 0, 4), (0, 0, 5)])),
            ('batch', split_books(0xffff, 1, [(1, 1, 4)])), ('too_many', split_books(marks=[(i, 0, i) for i in range(3)]))):
        yield f'split_books_{name}', with_books(2, write, read, split_books(), books)
    for name, books in (
            ('quiet', packed_books(0, 0, [])), ('resumed', packed_books(3, 7, [([1], 5), ([0], 4), ([2], 6)])),
            ('chain', packed_books(4, 6, [([0, 2, 3], 5), ([1], 9)])),
            ('given_back', packed_books(0, 1, [([0], 3)], old=(1, 0, 0))), ('not_given_back', packed_books(0, 1, [([0], 3)], old=(1, 0, 1))),
            ('circle', packed_books(1, 0, [([0, 0, 0], 3)])), ('outside', packed_books(1, 8, [([0], 3)])),
            ('too_many', packed_books(8, 0, [([0, 1, 2, 3, 4], 3), ([5, 6, 4, 2], 3)]))):
        yield f'packed_books_{name}', with_books(3, pwrite, pread, packed_books(0, 0, []), books)


def main():
    for name, inputs in (('vhost_messages', conversations()), ('vhost_ring', rings())):
        folder = os.path.join(sys.argv[1], name)
        os.makedirs(folder, exist_ok=True)
        for case, data in inputs:
            with open(os.path.join(folder, case), 'wb') as out:
                out.write(data)


main()
