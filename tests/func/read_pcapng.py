#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""read_pcapng.py FILE: what its blocks say, as JSON: a reader of its own, written after the pcapng draft alone."""

import json
import struct
import sys

SHB, IDB, ISB, EPB = 0x0A0D0D0A, 1, 5, 6


def options(data):
    """{code: [values]}"""
    found, at = {}, 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from('<HH', data, at)
        if code == 0:
            break
        found.setdefault(code, []).append(data[at + 4:at + 4 + size])
        at += 4 + (size + 3) // 4 * 4
    return found


def texts(opts, code):
    return [value.decode() for value in opts.get(code, [])]


def number(opts, code):
    values = opts.get(code, [])
    return int.from_bytes(values[0], 'little') if values else None


def section(body):
    opts = options(body[16:])
    return {'comments': texts(opts, 1), 'hardware': texts(opts, 2), 'os': texts(opts, 3), 'application': texts(opts, 4)}


def interface(body):
    opts = options(body[8:])
    return {'link': struct.unpack_from('<H', body)[0], 'snaplen': struct.unpack_from('<I', body, 4)[0],
            'comments': texts(opts, 1), 'name': texts(opts, 2), 'description': texts(opts, 3), 'speed': number(opts, 8),
            'tsresol': number(opts, 9), 'filter': [value[1:].decode() for value in opts.get(11, [])],
            'os': texts(opts, 12), 'hardware': texts(opts, 15)}


def packet(body):
    ident, _, _, captured, length = struct.unpack_from('<IIIII', body)
    opts = options(body[20 + (captured + 3) // 4 * 4:])
    return {'interface': ident, 'captured': captured, 'length': length, 'comments': texts(opts, 1), 'flags': number(opts, 2),
            'hash': [value.hex() for value in opts.get(3, [])], 'drops': number(opts, 4), 'queue': number(opts, 6)}


def time(values):
    return int.from_bytes(values[0][:4], 'little') << 32 | int.from_bytes(values[0][4:], 'little') if values else None


def statistics(body):
    opts = options(body[12:])
    return {'interface': struct.unpack_from('<I', body)[0], 'start': time(opts.get(2)), 'end': time(opts.get(3)), 'comments': texts(opts, 1), 'received': number(opts, 4),
            'ifdrop': number(opts, 5), 'accepted': number(opts, 6), 'osdrop': number(opts, 7), 'delivered': number(opts, 8)}


def main():
    with open(sys.argv[1], 'rb') as file:
        data = file.read()
    kinds = {SHB: ('sections', section), IDB: ('interfaces', interface), EPB: ('packets', packet),
             ISB: ('statistics', statistics)}
    found = {name: [] for name, _ in kinds.values()}
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from('<II', data, at)
        if size < 12 or size % 4 or struct.unpack_from('<I', data, at + size - 4)[0] != size:
            sys.exit(f'the block at {at} has a wrong length')
        name, reader = kinds[kind]
        found[name].append(reader(data[at + 8:at + size - 4]))
        at += size
    json.dump(found, sys.stdout)


if __name__ == '__main__':
    main()
