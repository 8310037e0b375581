#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_flows.py FILE FLOWS PACKETS: a capture file of PACKETS packets in FLOWS conversations, both directions, with IPv4 and
IPv6, TCP and UDP, each packet with its number in the flow as last four bytes; some packets that are no IP between them.
make_flows.py check FILE FLOWS PACKETS: the same packets are in FILE, each once, in order within each flow and direction.
make_flows.py flows FILE: the conversations of which FILE has packets, a line each.
make_flows.py send INTERFACE FLOWS PACKETS FIRST N: N of these packets, from the FIRST-th on, out of an interface.
make_flows.py expect FLOWS PACKETS: the packets of each flow, largest first, and of those that are no IP."""

import itertools
import random
import socket
import struct
import sys
from collections import Counter

MACS = bytes.fromhex('02000000000b02000000000a')


def frame(flow, back, number):
    ports = [1024 + flow, 80]
    ends = [struct.pack('>BBH', 10, 1, flow), struct.pack('>BBH', 10, 2, flow % 7)]
    ipv6 = flow % 3 == 0
    if ipv6:
        ends = [bytes.fromhex('fd99') + b'\0' * 10 + end for end in ends]
    if back:
        ports.reverse()
        ends.reverse()
    data = struct.pack('>IBI', flow, back, number)
    if flow % 2:
        proto, l4 = 17, struct.pack('>HHHH', *ports, 8 + len(data), 0) + data
    else:
        proto, l4 = 6, struct.pack('>HHIIBBHHH', *ports, number, 0, 0x50, 0x10, 1024, 0, 0) + data
    if ipv6:
        return MACS + b'\x86\xdd' + struct.pack('>IHBB', 0x60000000, len(l4), proto, 64) + ends[0] + ends[1] + l4
    return MACS + b'\x08\0' + struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(l4), 0, 0, 64, proto, 0) + ends[0] + ends[1] + l4


def traffic(flows, packets):
    """(flow or None, frame) in turn; a few flows have most of the packets."""
    dice, numbers = random.Random(3), Counter()
    for i in range(packets):
        if i % 50 == 49:
            yield None, MACS + b'\x88\xb5' + struct.pack('>I', i).ljust(46, b'\0')
            continue
        flow = min(int(dice.expovariate(8 / flows)), flows - 1)
        numbers[flow] += 1
        yield flow, frame(flow, dice.random() < 0.5, numbers[flow])


def write(path, flows, packets):
    with open(path, 'wb') as out:
        out.write(struct.pack('=IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
        for i, (_, data) in enumerate(traffic(flows, packets)):
            out.write(struct.pack('=IIII', 1700000000, i, len(data), len(data)) + data)


def read(path):
    with open(path, 'rb') as file:
        file.read(24)
        while head := file.read(16):
            yield file.read(struct.unpack('=IIII', head)[2])


def send(interface, flows, packets, first, n):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((interface, 0))
        for _, data in itertools.islice(traffic(flows, packets), first, first + n):
            out.send(data)


def by_flow(frames):
    lists = {}
    for data in frames:
        key = None if data[12:14] == b'\x88\xb5' else data[-9:-4]
        lists.setdefault(key, []).append(data)
    return lists


def main():
    what, rest = sys.argv[1], sys.argv[2:]
    if what == 'check':
        expected = by_flow(data for _, data in traffic(int(rest[1]), int(rest[2])))
        found = by_flow(read(rest[0]))
        wrong = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
        if wrong:
            sys.exit(f'{len(wrong)} of {len(expected)} flows differ, the first: {wrong[0]}')
    elif what == 'flows':
        print(*sorted({data[-9:-5].hex() for data in read(rest[0]) if data[12:14] != b'\x88\xb5'}), sep='\n')
    elif what == 'send':
        send(rest[0], *map(int, rest[1:]))
    elif what == 'expect':
        counts = Counter(flow for flow, _ in traffic(int(rest[0]), int(rest[1])))
        other = counts.pop(None)
        print(len(counts), sum(counts.values()), other, *sorted(counts.values(), reverse=True))
    else:
        write(what, int(rest[0]), int(rest[1]))


main()
