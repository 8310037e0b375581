#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the target attach_lane into <folder>."""
import os
import struct
import sys

# fuzz_attach_lane.c
PLAIN, SCATTER, LYING_HEAD = 0, 1, 2
RECORD, MANY, LIE, HEAD, WRITE, COUNTS, ABOUT, RECEIVE, STOP, START, ASK = range(11)
LANE = 256 << 10
PACKET, PAD = 0x504b, 0x5044
# Words of a record, of the region's head, and the counts.
SIZE, KIND, TIME, WIRE_LEN, CAP_LEN, OL_FLAGS = 0, 1, 2, 4, 5, 6
MAGIC, VERSION, NB_LANES, LANE_BYTES, SNAPLEN, PORT_MTU, NAME, GONE, OFF = 0, 2, 3, 4, 6, 7, 8, 40, 41
HEAD_COUNT, RECORDED, FILTERED, DROPPED, UNLANED = range(5)


def word(value):
    return struct.pack('<I', value & 0xffffffff)


def record(length=100, flags=0):
    return struct.pack('<BHB', RECORD, length, flags)


def many(n, length):
    return struct.pack('<BBH', MANY, n, length)


def lie(number, value, length=100):
    return struct.pack('<BHB', LIE, length, number) + word(value)


def head(by):
    return bytes([HEAD]) + word(by)


def write(at, data):
    return bytes([WRITE]) + word(at) + bytes([len(data)]) + data


def count(which, value):
    return bytes([COUNTS, which]) + word(value)


def about(at, value):
    return bytes([ABOUT, at]) + word(value)


RECEIVE_ALL = bytes([RECEIVE, 31])
AGAIN = RECEIVE_ALL + record() + RECEIVE_ALL
# Read up to 136 bytes in front of the lane's end; a good record is at its beginning.
TO_THE_END = (record(65504) + RECEIVE_ALL) * 3 + record(65368) + RECEIVE_ALL + \
    write(0, struct.pack('<IIQIIII', 136, PACKET, 0, 100, 100, 0, 0))



def about_lie(at, value):
    return bytes([PLAIN | LYING_HEAD]) + (bytes([at]) + word(value)) * 4 + record() + RECEIVE_ALL


SEEDS = {
    'honest': bytes([SCATTER]) + (record() + record(1500, 0x73) + record(9000) + RECEIVE_ALL) * 4,
    'around': bytes([PLAIN]) + (many(200, 300) + RECEIVE_ALL * 8) * 10,
    'around_long': bytes([SCATTER]) + (record(60000) * 3 + RECEIVE_ALL) * 6,
    'full': bytes([PLAIN]) + many(255, 1500) + RECEIVE_ALL * 2, 'empty_packet': bytes([PLAIN]) + record(0) + AGAIN,
    'stop_with_some': bytes([PLAIN]) + many(9, 60) + bytes([RECEIVE, 3, STOP, ASK, START]) + AGAIN,
    'stop_with_nonsense': bytes([PLAIN]) + record() + lie(KIND, 0) + bytes([STOP, ASK, START]) + AGAIN,
    'one_buffer_short': bytes([SCATTER]) + record(65535) * 3 + AGAIN, 'too_long': bytes([PLAIN]) + record(5000) + AGAIN,
    'size_0': bytes([PLAIN]) + lie(SIZE, 0) + AGAIN, 'size_8': bytes([PLAIN]) + lie(SIZE, 8) + AGAIN,
    'size_more': bytes([PLAIN]) + lie(SIZE, 200) + AGAIN,
    'size_odd': bytes([PLAIN]) + lie(SIZE, 137) + AGAIN, 'size_max': bytes([PLAIN]) + lie(SIZE, 0xffffffff) + AGAIN,
    'size_lane': bytes([PLAIN]) + lie(SIZE, LANE) + head(LANE - 136) + AGAIN,
    'kind_0': bytes([PLAIN]) + lie(KIND, 0) + AGAIN, 'kind_pad': bytes([PLAIN]) + lie(KIND, PAD) + AGAIN,
    'cap_max': bytes([SCATTER]) + lie(CAP_LEN, 0xffffffff) + AGAIN, 'cap_more': bytes([PLAIN]) + lie(CAP_LEN, 105) + AGAIN,
    'cap_lane': bytes([SCATTER]) + lie(CAP_LEN, LANE) + AGAIN, 'wire_less': bytes([PLAIN]) + lie(WIRE_LEN, 99) + AGAIN,
    'wire_max': bytes([PLAIN]) + lie(WIRE_LEN, 0xffffffff) + AGAIN, 'flags': bytes([PLAIN]) + lie(OL_FLAGS, 0xffffffff) + AGAIN,
    'time_max': bytes([PLAIN]) + lie(TIME, 0xffffffff) + AGAIN,
    'head_back': bytes([PLAIN]) + record() + RECEIVE_ALL + head(-136) + AGAIN, 'head_odd': bytes([PLAIN]) + head(3) + AGAIN,
    'head_far': bytes([PLAIN]) + head(LANE + 8) + AGAIN, 'head_lane': bytes([PLAIN]) + head(LANE) + AGAIN,
    'head_8': bytes([PLAIN]) + head(8) + AGAIN, 'head_32': bytes([PLAIN]) + head(32) + AGAIN,
    'end_exact': bytes([SCATTER]) + TO_THE_END + record() + AGAIN, 'end_pad': bytes([SCATTER]) + TO_THE_END + record(200) + AGAIN,
    'end_beyond': bytes([SCATTER]) + TO_THE_END + lie(SIZE, 1000) + write(LANE - 120, word(900) * 2) + head(864) + AGAIN,
    'end_8': bytes([SCATTER]) + TO_THE_END + record(96) + RECEIVE_ALL +
    write(LANE - 8, struct.pack('<II', 136, PACKET)) + head(136) + AGAIN,
    'end_pad_less': bytes([SCATTER]) + TO_THE_END + write(LANE - 136, struct.pack('<II', 128, PAD)) + head(272) + AGAIN,
    'end_pad_more': bytes([SCATTER]) + TO_THE_END + write(LANE - 136, struct.pack('<II', 136, PAD)) + head(128) + AGAIN,
    'end_pad_bare': bytes([SCATTER]) + TO_THE_END + write(LANE - 136, struct.pack('<II', 136, PAD)) + head(136) + AGAIN,
    'pad_only': bytes([PLAIN]) + write(0, struct.pack('<IHH', LANE, PAD, 0)) + head(LANE) + AGAIN,
    'pad_short': bytes([PLAIN]) + write(0, struct.pack('<IHH', 136, PAD, 0)) + head(136) + AGAIN,
    'counts': bytes([PLAIN]) + record() + b''.join(count(i, -1) for i in range(1, 5)) + bytes([ASK]) + AGAIN,
    'counts_back': bytes([PLAIN]) + record() + RECEIVE_ALL + count(RECORDED, 0) + bytes([ASK, STOP, ASK]),
    'gone': bytes([PLAIN]) + record() + about(GONE, 1) + bytes([ASK]) + AGAIN, 'off': bytes([PLAIN]) + about(OFF, 1) + AGAIN,
    'later_lanes': bytes([PLAIN]) + about(NB_LANES, 0xffff) + about(LANE_BYTES, 1) + AGAIN,
    'mtu_0': about_lie(PORT_MTU, 0), 'mtu_max': about_lie(PORT_MTU, 0xffffffff), 'name_escape': about_lie(NAME, 0x4a325b1b),
    'name_none': about_lie(NAME, 0), 'name_high': about_lie(NAME, 0xfffefdfc), 'snaplen_0': about_lie(SNAPLEN, 0),
    'lanes_0': about_lie(NB_LANES, 0), 'lanes_2': about_lie(NB_LANES, 2), 'lanes_max': about_lie(NB_LANES, 0xffffffff),
    'lane_odd': about_lie(LANE_BYTES, LANE + 1), 'lane_0': about_lie(LANE_BYTES, 0), 'magic': about_lie(MAGIC, 0),
    'version_2': about_lie(VERSION, 2), 'none': b'',
}

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
for name, data in SEEDS.items():
    with open(os.path.join(folder, name), 'wb') as out:
        out.write(data)
