#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the targets virtio_used and virtio_caps into <folder>/virtio_used and <folder>/virtio_caps."""
import os
import struct
import sys

# Steps of fuzz_virtio_used.c.
PUT, PUT_LONG, RECEIVE, SEND, TAMPER, HONEST = 0, 1, 2, 4, 5, 6
USE, JUMP, NUM_BUFFERS, WRITE, IDLE = 7, 8, 9, 10, 11
PACKED, IN_ORDER, NO_MERGE, NO_INDIRECT, NO_EVENT, CHAINS = 1, 2, 4, 8, 16, 32


def word(value):
    return struct.pack('<I', value & 0xffffffff)


def traffic(n=8):
    return bytes([PUT, n - 1, RECEIVE, SEND, 0x30 | (n - 1), RECEIVE])


def lie(*entry):
    """One used entry for each way, and an honest device again."""
    return bytes([TAMPER, PUT, 2]) + bytes(entry) + bytes([RECEIVE, HONEST]) + traffic()


LIES = {
    'id_32': lie(1, 32), 'id_high': lie(2) + word(0x80000001), 'id_ffff': lie(2, 0xff, 0xff),
    'len_0': lie(4, 0, 0, 0, 0), 'len_max': lie(4, 255, 255, 255, 255), 'len_more': lie(32, 255),
    'twice': lie(8, 2), 'never': lie(8, 0), 'wrap': lie(16) + word(0x8080), 'half_wrap': lie(16) + word(0x80),
}
MOVES = {
    'honest': traffic() * 12,
    'long': bytes([PUT_LONG]) + word(4500) + bytes([RECEIVE]) + traffic(),
    'use': bytes([USE, 0, 3]) + word(100) + bytes([1, RECEIVE]) + bytes([USE, 1, 3]) + word(0) + bytes([1, SEND, 8]),
    'jump': bytes([JUMP, 0]) + word(33) + bytes([RECEIVE, JUMP, 1]) + word(0x8000) + bytes([SEND, 15] * 3),
    'num_0': bytes([NUM_BUFFERS, 1, 0, 0]) + traffic(), 'num_2': bytes([NUM_BUFFERS, 1, 0, 2]) + traffic(),
    'num_ffff': bytes([NUM_BUFFERS, 1, 1]) + word(0xffff) + traffic(),
    'ones': bytes([IDLE, 1, 0, WRITE, 0, 0]) + word(0) + bytes([15]) + bytes([255] * 16) + traffic(),
    'ones_used': bytes([IDLE, 1, 0, WRITE, 0, 1]) + word(0) + bytes([15]) + bytes([255] * 16) + traffic(),
    'idle': bytes([IDLE, 1, 0]) + traffic() + bytes([IDLE, 0, 1]) + traffic(),
}
KINDS = {'split': 0, 'packed': PACKED, 'split_order': IN_ORDER, 'packed_order': PACKED | IN_ORDER,
         'split_plain': NO_MERGE | NO_INDIRECT | NO_EVENT, 'packed_chains': PACKED | CHAINS}

# What fuzz_virtio_caps.c writes from 0x34 on: the pointer, twelve bytes, capabilities from 0x40 on.
TRANSITIONAL, PACKED_RINGS, VECTORS, TWIN, DEVICE_CONFIG = 1, 2, 4, 8, 0x80


def cap(kind, bar, off, length, nxt, size=16, multiplier=None):
    tail = b'' if multiplier is None else word(multiplier)
    return struct.pack('<BBBBBBBBII', 9, nxt, size, kind, bar, 0, 0, 0, off & 0xffffffff, length) + tail


def space(common=None, notify=None, isr=None, device=None, pointer=0x40):
    caps = [common or cap(1, 4, 0, 0x3c, 0x50), isr or cap(3, 4, 0x1000, 1, 0x60),
            device or cap(4, 4, 0x2000, 0x18, 0x70), notify or cap(2, 4, 0x3000, 0x1000, 0, 20, 4)]
    return bytes([pointer] + [0] * 11) + b''.join(caps)


CAPS = {
    'good': space(), 'empty': b'', 'no_list': space(pointer=0), 'pointer_low': space(pointer=0x10),
    'pointer_end': space(pointer=0xfc), 'loop': space(notify=cap(2, 4, 0x3000, 0x1000, 0x40, 20, 4)),
    'self': space(common=cap(1, 4, 0, 0x3c, 0x40)), 'bar_5': space(common=cap(1, 5, 0, 0x3c, 0x50)),
    'bar_255': space(notify=cap(2, 255, 0, 0x1000, 0, 20, 4)), 'beyond': space(common=cap(1, 4, 0x3ff0, 0x3c, 0x50)),
    'wraps': space(common=cap(1, 4, -16, 0x3c, 0x50)), 'short_common': space(common=cap(1, 4, 0, 8, 0x50)),
    'short_cap': space(common=cap(1, 4, 0, 0x3c, 0x50, 4)), 'no_multiplier': space(notify=cap(2, 4, 0x3000, 0x1000, 0, 16)),
    'multiplier_0': space(notify=cap(2, 4, 0x3000, 0x1000, 0, 20, 0)),
    'multiplier_odd': space(notify=cap(2, 4, 0x3000, 0x1000, 0, 20, 3)),
    'multiplier_max': space(notify=cap(2, 4, 0x3000, 0x1000, 0, 20, 0xffffffff)),
    'notify_2': space(notify=cap(2, 4, 0x3000, 2, 0, 20, 4)), 'no_device': space(device=cap(9, 4, 0, 0, 0x70)),
    'device_2': space(device=cap(4, 4, 0x2000, 2, 0x70)), 'no_isr': space(isr=cap(9, 4, 0, 0, 0x60)),
    'common_odd': space(common=cap(1, 4, 1, 0x3c, 0x50)), 'ones': bytes([255] * 204),
}
CONFIGS = {'config_zero': bytes(0x18), 'config_ones': bytes([255] * 0x18)}


def write(folder, name, data):
    with open(os.path.join(folder, name), 'wb') as out:
        out.write(data)


def main():
    used, caps = (os.path.join(sys.argv[1], name) for name in ('virtio_used', 'virtio_caps'))
    os.makedirs(used, exist_ok=True)
    os.makedirs(caps, exist_ok=True)
    for kind, bits in KINDS.items():
        for name, steps in {**LIES, **MOVES}.items():
            write(used, f'{kind}_{name}', bytes([bits]) + steps)
    for name, data in CAPS.items():
        write(caps, name, bytes([0]) + data)
    for name in ('good', 'loop', 'no_list', 'beyond'):
        write(caps, f'{name}_transitional', bytes([TRANSITIONAL | VECTORS]) + CAPS[name])
    for name, data in CONFIGS.items():
        write(caps, name, bytes([DEVICE_CONFIG | PACKED_RINGS]) + data)
    write(caps, 'twin', bytes([DEVICE_CONFIG | TWIN]))


if __name__ == '__main__':
    main()
