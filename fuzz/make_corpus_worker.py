#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the target worker_lane into <folder>."""
import os
import struct
import sys

# fuzz_worker_lane.c
SCATTER, WRITABLE, TIMES, LYING_ANSWER, LYING_WELCOME, LYING_FDS, LYING_LANE = (1 << i for i in range(7))
NO_FD, UNSEALED, A_PIPE, TINY, A_FILE, FULL_BELL, READ_ONLY = range(7)
PACKETS, LIE, TAIL, GRANT, WRITE, WORD, TALK, RECEIVE, TRANSMIT, STOP, START, HANG_UP, ASK = range(13)
LANE, DATA, BELL = range(3)
MORE, ALL_FLAGS = 1, 0xff
BUFFERS, BUF_SIZE = 64, 2304
# Words of a lane's head, and behind it of the counters, where each line has 64 bytes.
(MAGIC, BYTES, VERSION, FLAGS, PLACE, RX_PORTS, TX_PORTS, EXTRA, QUEUE_LEN, GRANT_LEN, RETURN_LEN, SEND_LEN, QUEUE_AT, KEPT_AT,
 GRANT_AT, RETURN_AT, SEND_AT, TIMES_AT, NB_BUFFERS, STRIDE, BUFFER_SIZE, HEADROOM) = (0, 2, *range(4, 24))
W_TAIL, W_GRANT_TAIL, W_RETURN_HEAD, W_SEND_HEAD, W_OVER = range(5)
W_HEAD, W_ASLEEP, W_DOZING, W_BOOKS = 16, 32, 33, 48


def word(value):
    return struct.pack('<I', value & 0xffffffff)


def packets(n=1, length=100, flags=0):
    return struct.pack('<BBHB', PACKETS, n, length, flags)


def lie(number, value):
    return bytes([LIE, number]) + word(value)


def tail(by):
    return bytes([TAIL]) + word(by)


def grant(n, number):
    return bytes([GRANT, n]) + word(number)


def write(at, data):
    return struct.pack('<BHB', WRITE, at, len(data)) + data


def change(at, value):
    return bytes([WORD, at]) + word(value)


def send(n, length=100):
    return struct.pack('<BBH', TRANSMIT, n - 1, length)


RECEIVE_ALL = bytes([RECEIVE, 31])
AGAIN = RECEIVE_ALL + packets(3) + RECEIVE_ALL
PLAIN = b'\0'


def answer(text):
    return bytes([LYING_ANSWER, len(text)]) + text + AGAIN


def welcome(at, data, length=0xffff):
    return bytes([LYING_WELCOME, len(data)]) + struct.pack('<H', at) + data + struct.pack('<H', length) + AGAIN


def fds(which, what, more=0, steps=AGAIN):
    return bytes([LYING_FDS | more, which, what]) + steps


def lane(at, value, more=0, steps=AGAIN):
    return bytes([LYING_LANE | more]) + (bytes([at]) + word(value)) * 4 + steps


def lanes(words, more=0, steps=AGAIN):
    words = (words * 4)[:4]
    return bytes([LYING_LANE | more]) + b''.join(bytes([at]) + word(value) for at, value in words) + steps


SEEDS = {
    'honest': PLAIN + (packets(16) + RECEIVE_ALL) * 5, 'honest_times': bytes([TIMES | SCATTER]) + (packets(7) + RECEIVE_ALL) * 9,
    'honest_flags': PLAIN + packets(4, 60, ALL_FLAGS & ~MORE) + RECEIVE_ALL, 'empty': PLAIN + packets(3, 0) + AGAIN,
    'chains': bytes([SCATTER]) + (packets(3, 2000, MORE) + packets(1, 2000) + RECEIVE_ALL) * 6,
    'no_scatter': PLAIN + packets(3, 2000, MORE) + packets(1) + AGAIN, 'no_end': bytes([SCATTER]) + (packets(16, 2304, MORE) + RECEIVE_ALL) * 20,
    'no_end_of_nothing': bytes([SCATTER]) + (packets(16, 0, MORE) + RECEIVE_ALL) * 9,
    'half_and_stop': bytes([SCATTER]) + packets(3, 900, MORE) + RECEIVE_ALL + bytes([STOP, ASK, START]) + AGAIN,
    'stop_with_some': PLAIN + packets(9) + bytes([RECEIVE, 3, STOP, ASK, START]) + AGAIN,
    'number': PLAIN + lie(0, BUFFERS) + lie(0, 0xffffffff) + AGAIN, 'length': PLAIN + lie(1, 0xffffffff) + lie(1, BUF_SIZE + 1) + AGAIN,
    'off': PLAIN + lie(1, BUF_SIZE << 16 | 1) + lie(1, (BUF_SIZE - 1) << 16 | 1) + AGAIN, 'port': PLAIN + lie(3, 0x00ff0000) + AGAIN,
    'tail_far': PLAIN + tail(0x7fffffff) + RECEIVE_ALL * 3 + AGAIN, 'tail_back': PLAIN + packets(4) + RECEIVE_ALL + tail(-3) + RECEIVE_ALL * 3 + AGAIN,
    'tail_all_more': bytes([SCATTER]) + packets(16, 64, MORE) + tail(0x40000000) + RECEIVE_ALL * 9,
    'over': PLAIN + packets(5) + change(W_OVER, 1) + AGAIN, 'hang_up': PLAIN + packets(5) + bytes([HANG_UP]) + AGAIN,
    'hang_up_unread': PLAIN + packets(5) + bytes([HANG_UP, STOP, ASK, START]) + RECEIVE_ALL,
    'talks': PLAIN + bytes([TALK, 255]) + RECEIVE_ALL * 4 + bytes([TALK, 3, HANG_UP]) + RECEIVE_ALL,
    'slave_s_words': PLAIN + change(W_HEAD, 77) + change(W_HEAD + 1, 1 << 31) + change(W_ASLEEP, 5) + AGAIN,
    'books': PLAIN + b''.join(change(W_BOOKS + i, 0xffffffff) for i in range(20)) + bytes([ASK]) + AGAIN,
    'sends': bytes([WRITABLE]) + grant(8, 0) + send(8) + send(1) + grant(8, 8) + send(4, 2000) + send(1, 0) + AGAIN,
    'sends_numbers': bytes([WRITABLE]) + grant(2, BUFFERS - 1) + grant(2, 0xfffffffe) + send(8) + AGAIN,
    'sends_far': bytes([WRITABLE]) + change(W_GRANT_TAIL, 0x80000000) + send(32) + send(32) + change(W_SEND_HEAD, 1 << 30) + send(32),
    'sends_backwards': bytes([WRITABLE]) + grant(8, 0) + send(3) + change(W_GRANT_TAIL, 1) + send(32) + send(32),
    'sends_full': bytes([WRITABLE]) + (grant(8, 0) + send(8)) * 5, 'sends_dozing': bytes([WRITABLE]) + change(W_DOZING, 1) + grant(8, 0) + send(8),
    'sends_at_the_end': bytes([WRITABLE]) + grant(8, 0) + bytes([HANG_UP]) + send(8) + AGAIN,
    'answer_none': answer(b''), 'answer_no_end': answer(b'{"id":10,"id":"id":4294967306"id":'), 'answer_other': answer(b'{"id":11}{"id":100}'),
    'answer_many': answer(b'"id":7' * 40), 'welcome_short': welcome(0, b'', 7), 'welcome_version': welcome(0, word(2)),
    'welcome_refused': welcome(4, word(-28) + b'\x1b[2Jno\x00'), 'welcome_err_odd': welcome(4, word(-0x80000000) + b'x' * 40),
    'welcome_err_over_0': welcome(4, word(5)),
}
for number, name in enumerate(('lane', 'data', 'bell')):
    for what in range(7):
        SEEDS[f'{name}_lie_{what}'] = fds(number, what)
SEEDS['bell_pipe_rings'] = fds(BELL, A_PIPE, WRITABLE, change(W_DOZING, 1) + grant(8, 0) + send(8))
SEEDS['data_to_read_only'] = fds(DATA, READ_ONLY, WRITABLE, grant(8, 0) + send(8))
SEEDS['bell_full_rings'] = fds(BELL, FULL_BELL, WRITABLE, change(W_DOZING, 1) + grant(8, 0) + send(8))
for at, name in ((MAGIC, 'magic'), (VERSION, 'version'), (PLACE, 'place'), (RX_PORTS, 'rx_ports'), (TX_PORTS, 'tx_ports'), (EXTRA, 'extra'),
                 (QUEUE_LEN, 'queue_len'), (GRANT_LEN, 'grant_len'), (RETURN_LEN, 'return_len'), (SEND_LEN, 'send_len'), (QUEUE_AT, 'queue_at'),
                 (KEPT_AT, 'kept_at'), (GRANT_AT, 'grant_at'), (RETURN_AT, 'return_at'), (SEND_AT, 'send_at'), (TIMES_AT, 'times_at'),
                 (NB_BUFFERS, 'buffers'), (STRIDE, 'stride'), (BUFFER_SIZE, 'buf_size'), (HEADROOM, 'headroom')):
    for value in (0, 1, 0x1ff0, 0x80000000, 0xffffffff):
        SEEDS[f'shape_{name}_{value:x}'] = lane(at, value, WRITABLE | TIMES, grant(8, 0) + send(8) + AGAIN)
# No empty buffers, their place the lane's end, and a counter that says otherwise.
SEEDS['grants_of_nothing'] = lanes([(GRANT_LEN, 0), (GRANT_AT, 8192)], WRITABLE, change(W_GRANT_TAIL, 5) + send(8) + AGAIN)
# A packet where the shape lets it lie: a buffer as long as all.
SEEDS['one_big_buffer'] = lanes([(NB_BUFFERS, 1), (STRIDE, 147456), (BUFFER_SIZE, 147456), (HEADROOM, 0xffffffff)], WRITABLE | SCATTER,
                                grant(1, 0) + send(1, 60000) + lie(1, 0xffffffff) + AGAIN)

os.makedirs(sys.argv[1], exist_ok=True)
for name, seed in SEEDS.items():
    with open(os.path.join(sys.argv[1], name), 'wb') as file:
        file.write(seed)
