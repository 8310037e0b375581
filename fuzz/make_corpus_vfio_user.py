#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_corpus_vfio_user.py CORPUS: conversations for fuzz_vfio_user_server and fuzz_vfio_user_client, good ones and hostile ones."""

import os
import struct
import sys

REPLY, NO_REPLY, ERROR = 1, 0x10, 0x20
CAPS = b'{"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576,"x":[1,{"y":null}]}}\0'
TWIN = b'{"capabilities":{"max_msg_fds":8,"twin_socket":{"supported":true,"fd_index":0}}}\0'


def say(command, payload=b'', flags=0, files=0, memory=False):
    return bytes([command, flags, files | (0x10 if memory else 0)]) + struct.pack('<H', len(payload)) + payload


def version(text=CAPS, major=0):
    return struct.pack('<HH', major, 0) + text


def dma_map(address, size, flags=3, offset=0):
    return struct.pack('<IIQQQ', 32, flags, offset, address, size)


def access(region, offset, data=b'', count=None):
    return struct.pack('<QII', offset, region, len(data) if count is None else count) + data


def irqs(flags, index, start, count):
    return struct.pack('<IIIII', 20, flags, index, start, count)


def server():
    hello = say(1, version())
    memory = say(2, dma_map(0x10000, 0x4000), files=1, memory=True)
    bare = say(2, dma_map(0x20000, 0x1000))
    poke = struct.pack('<Q', 0x10010)
    yield 'hello', hello + say(4, struct.pack('<IIII', 16, 0, 0, 0)) + b''.join(
        say(5, struct.pack('<IIIIQQ', 32, 0, i, 0, 0, 0)) for i in range(10))
    yield 'twin', say(1, version(TWIN)) + bare + say(10, access(0, 0, struct.pack('<Q', 0x20000)))
    yield 'major', say(1, version(major=1)) + memory
    yield 'no_version', memory + hello
    yield 'no_json', say(1, version(b'{"capabilities":{"max_msg_fds":-1}}\0'))
    yield 'deep', say(1, version(b'{"a":' + b'[' * 64 + b'\0'))
    yield 'dma', hello + memory + say(10, access(0, 0, poke)) + say(3, struct.pack('<IIQQ', 24, 0, 0x10000, 0x4000)) + \
        say(10, access(0, 0, poke))
    yield 'dma_straddle', hello + memory + say(2, dma_map(0x14000, 0x4000), files=1, memory=True) + \
        say(10, access(0, 0, struct.pack('<QQ', 0x13ff8, 0)))
    yield 'dma_overflow', hello + say(2, dma_map(2**64 - 0x1000, 0x2000), files=1, memory=True)
    yield 'dma_beyond', hello + say(2, dma_map(0x10000, 0x100000), files=1, memory=True)
    yield 'dma_flags', hello + say(2, dma_map(0x10000, 0x1000, 0xff), files=1, memory=True)
    yield 'dma_no_file', hello + say(2, dma_map(0x10000, 0x4000), files=1)
    yield 'irqs', hello + say(8, irqs(0x24, 2, 0, 4), files=4) + say(8, irqs(0x09, 2, 0, 1)) + \
        say(10, access(0, 0, struct.pack('<Q', 0))) + say(8, irqs(0x11, 2, 0, 1)) + say(8, irqs(0x21, 2, 0, 0))
    yield 'intx', hello + say(8, irqs(0x24, 0, 0, 1), files=1) + say(10, access(0, 0, struct.pack('<Q', 1))) + \
        say(8, irqs(0x11, 0, 0, 1))
    yield 'irqs_beyond', hello + say(8, irqs(0x24, 2, 0xffffffff, 2), files=2) + say(8, irqs(0x22, 2, 0, 4) + b'\1')
    yield 'beyond', hello + say(9, access(0, 0xfff, count=2)) + say(9, access(0, 2**64 - 1, count=2)) + \
        say(9, access(7, 0, count=0xffffffff)) + say(10, access(0, 0, b'12345678', 9))
    yield 'posted', hello + say(10, access(0, 0, poke), NO_REPLY) + say(10, access(9, 0, poke), NO_REPLY)
    yield 'multi', hello + say(15, struct.pack('<QQII8s', 1, 0, 0, 8, poke)) + say(15, struct.pack('<Q', 2**61))
    yield 'files', hello + say(13, files=15)
    yield 'reply', hello + say(11, flags=REPLY)


def answer(number, command, payload=b'', flags=REPLY, error=0, size=None):
    return struct.pack('<HHIII', number, command, 16 + len(payload) if size is None else size, flags, error) + payload


def client():
    def region(index, size, flags=3, caps=b'', cap_offset=0):
        return struct.pack('<IIIIQQ', 32 + len(caps), flags, index, cap_offset, size, 0) + caps

    def opened(areas=b'', flags=3):
        out = answer(0, 1, version())
        for i in range(6):
            out += answer(1 + i, 5, region(i, 0x3000 if i == 0 else 0, flags if i == 0 else 3,
                                           areas if i == 0 else b'', 32 if areas and i == 0 else 0))
        return out + b''.join(answer(7 + i, 7, struct.pack('<IIII', 16, 1, 0, 4)) for i in range(2))

    tail = answer(9, 9, access(7, 0, bytes(256))) + answer(10, 8) + answer(11, 8) + answer(12, 8)
    areas = struct.pack('<HHIIIQQQQ', 1, 1, 0, 2, 0, 0, 0x1000, 0x2000, 0x1000)
    yield 'good', b'\0' + opened() + tail
    yield 'areas', b'\0' + opened(areas, 0xf) + tail
    yield 'areas_many', b'\0' + opened(struct.pack('<HHIII', 1, 1, 0, 2**32 - 1, 0), 0xf)
    yield 'areas_loop', b'\0' + opened(struct.pack('<HHIII', 2, 1, 32, 0, 0), 0xf)
    yield 'files', b'\5' + answer(0, 1, version(TWIN)) + tail
    yield 'no_twin', b'\0' + answer(0, 1, version(TWIN))
    yield 'asks', b'\0' + answer(0, 1, version()) + b''.join(
        answer(9, 11, struct.pack('<QQ', a, n), 0) for a, n in ((0x10000, 64), (0x10ff0, 64), (0, 8), (2**64 - 4, 8), (0x10000, 2**63)))
    yield 'writes', b'\0' + answer(0, 1, version()) + answer(9, 12, struct.pack('<QQ', 0x10ff8, 8) + b'12345678', 0) + \
        answer(9, 12, struct.pack('<QQ', 0x10ffc, 8) + b'12345678', 0) + answer(9, 12, struct.pack('<QQ', 0x10000, 16) + b'1', 0)
    yield 'refused', b'\0' + answer(0, 1, flags=REPLY | ERROR, error=22)
    yield 'error_number', b'\0' + answer(0, 1, version()) + answer(1, 5, flags=REPLY | ERROR, error=2**32 - 1)
    yield 'wrong_id', b'\0' + answer(7, 1, version())
    yield 'oversize', b'\0' + answer(0, 1, version(), size=2**32 - 1)
    yield 'breaks_off', b'\0' + answer(0, 1, version())[:30]
    yield 'huge_bar', b'\0' + answer(0, 1, version()) + answer(1, 5, region(0, 2**63))
    yield 'command', b'\0' + answer(0, 1, version(), flags=0)


def main():
    for name, inputs in (('vfio_user_server', server()), ('vfio_user_client', client())):
        folder = os.path.join(sys.argv[1], name)
        os.makedirs(folder, exist_ok=True)
        for case, data in inputs:
            with open(os.path.join(folder, case), 'wb') as out:
                out.write(data)


main()
