#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the corpus of fuzz_e1000_rx: honest traffic, and what its author thought a hostile card would write."""

import os
import struct

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus', 'e1000_rx')

# The steps of fuzz_e1000_rx.c.
PUT, PUT_LONG, RECEIVE, SEND, RAW, WRITE, ALL_DONE, REGISTER, FAULT, COUNT = 0, 1, 2, 4, 5, 7, 8, 9, 10, 11
RX, TX = 0, 1
DD, EOP = 1, 2
SENDS_NOTHING, DEAD = 1, 2
KINDS = {'plain': 0, 'scatter': 1, 'sums_tags': 2 | 4 | 8, 'all': 15}


def word(value):
    return struct.pack('<I', value)


def traffic():
    return bytes([PUT, 7, RECEIVE, 31, SEND, 0x33, RECEIVE, 31, COUNT])


def raw(length, status, errors=0):
    """errors as a multiple of four, or none; an odd tag leaves the length as it is"""
    return bytes([RAW]) + word(length) + bytes([status, errors, 1])


def write(ring, at, data):
    return bytes([WRITE, ring]) + word(at) + bytes([len(data) - 1]) + data


MOVES = {
    'honest': traffic() * 12,
    'long': bytes([PUT_LONG]) + word(4500) + bytes([RECEIVE, 31]) + traffic(),
    'length_0': raw(0, EOP) + traffic(), 'length_beyond': raw(2049, EOP) + traffic(), 'length_max': raw(0xffff, EOP) + traffic(),
    'no_end': raw(2048, 0) * 40 + bytes([RECEIVE, 31]) * 3 + raw(10, EOP) + traffic(),
    'status_all': raw(100, 0xff, 0xfc) + raw(100, 0xff, 0) + traffic(),
    'errors': b''.join(raw(60, EOP, 1 << bit) for bit in range(8)) + traffic(),
    'done_rx': bytes([ALL_DONE, 2, RECEIVE, 31, RECEIVE, 31]) + traffic(),
    'done_tx': bytes([FAULT, SENDS_NOTHING, SEND, 0x3f, ALL_DONE, 1, SEND, 0x3f]) + bytes([SEND, 0x0f] * 6) + traffic(),
    'done_both': bytes([ALL_DONE, 3]) + traffic() * 3,
    'address': write(RX, 0, word(0) * 2) + bytes([RECEIVE, 31]) + write(TX, 0, word(0xffffffff) * 2) + traffic(),
    'ones': write(RX, 0, b'\xff' * 32) * 2 + write(TX, 16, b'\xff' * 32) + traffic(),
    'stuck': bytes([FAULT, SENDS_NOTHING]) + bytes([SEND, 0x0f] * 6) + bytes([FAULT, 0]) + traffic(),
    'gone': traffic() + bytes([FAULT, DEAD]) + traffic() + bytes([FAULT, 0]) + traffic(),
    'registers': b''.join(bytes([REGISTER, i]) + word(0xffffffff) for i in range(8)) + traffic(),
}


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for kind, bits in KINDS.items():
        for name, moves in MOVES.items():
            with open(os.path.join(FOLDER, f'{kind}_{name}'), 'wb') as file:
                file.write(bytes([bits]) + moves)


if __name__ == '__main__':
    main()
