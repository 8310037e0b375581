#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How fast does one lcore forward between two ports that need no hardware, beside dpdk-testpmd?

Runs plx-testpmd and dpdk-testpmd in turn, both by their prompts over a pipe, with the same lcores, ports, burst
and time; prints the median of each and the ratio, and one JSON line at the end.

Packets from null ports are all zeroes, so csum, 5tswap and icmpecho see no IP in them and do the least they can. In the rows
named pcap they get real packets: both sides repeat one small file of good frames (net_pcap, infinite_rx=1), whose bytes
both copy into each buffer, and send into net_null; "pcap io" is what that costs alone. flowgen's and txonly's packets
have a UDP checksum on our side and none on DPDK's. Noisy lookups: of N MB DPDK touches the first N/64, we all of it, so
64 of theirs stand against 1 of ours.

    bench/bench_testpmd.py [-n RUNS] [-t SECONDS] [--build DIR] [WORD ...]

WORDs choose the rows whose names contain one of them. Needs root and the package dpdk.
"""
import argparse
import json
import os
import re
import statistics
import struct
import tempfile
import time
from collections import namedtuple

import testpmd_prompt
from testpmd_prompt import NULLS, HugePages, Prompt

COPIES = ["--vdev", "net_null0,size=64,copy=1", "--vdev", "net_null1,size=64,copy=1"]

FIFO = ["--noisy-tx-sw-buffer-size=512"]
LOOKUPS = ["--noisy-lkup-num-reads=4", "--noisy-lkup-num-writes=4"]

# kind: what a pcap row's file holds. options: ours and DPDK's, where they differ.
Row = namedtuple("Row", "name ports mode burst kind options", defaults=(None, ([], [])))
ROWS = [
    Row("null io, burst 1", NULLS, "io", 1),
    Row("null io, burst 8", NULLS, "io", 8),
    Row("null io, burst 32", NULLS, "io", 32),
    Row("null io, burst 64", NULLS, "io", 64),
    Row("null io copy, burst 32", COPIES, "io", 32),
    Row("null macswap, burst 1", NULLS, "macswap", 1),
    Row("null macswap, burst 8", NULLS, "macswap", 8),
    Row("null macswap, burst 32", NULLS, "macswap", 32),
    Row("null macswap, burst 64", NULLS, "macswap", 64),
    Row("null rxonly, burst 32", NULLS, "rxonly", 32),
    Row("null txonly, burst 32", NULLS, "txonly", 32),
    Row("null txonly, many flows", NULLS, "txonly", 32, None, (["--txonly-multi-flow"],) * 2),
    Row("null mac, burst 32", NULLS, "mac", 32),
    Row("null 5tswap, burst 32", NULLS, "5tswap", 32),
    Row("null csum, burst 32", NULLS, "csum", 32),
    Row("null icmpecho, burst 32", NULLS, "icmpecho", 32),
    Row("null flowgen, burst 32", NULLS, "flowgen", 32),
    Row("null noisy, burst 32", NULLS, "noisy", 32),
    Row("null noisy, queue of 512", NULLS, "noisy", 32, None, (FIFO, FIFO)),
    Row("null noisy, 8 lookups", NULLS, "noisy", 32, None,
        (["--noisy-lkup-memory=1", *LOOKUPS], ["--noisy-lkup-memory=64", *LOOKUPS])),
    Row("pcap io, UDP 64", None, "io", 32, "udp 64"),
    Row("pcap 5tswap, UDP 64", None, "5tswap", 32, "udp 64"),
    Row("pcap 5tswap, TCP 64 IPv6", None, "5tswap", 32, "tcp6 78"),
    Row("pcap csum, UDP 64", None, "csum", 32, "udp 64"),
    Row("pcap csum, TCP 64", None, "csum", 32, "tcp 64"),
    Row("pcap csum, TCP 64 IPv6", None, "csum", 32, "tcp6 78"),
    Row("pcap csum, TCP 1500", None, "csum", 32, "tcp 1500"),
    Row("pcap csum, wrong TCP 64", None, "csum", 32, "wrong 64"),
    Row("pcap icmpecho, ping 64", None, "icmpecho", 32, "ping 64"),
]


def csum(data):
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def transport(name, length, pseudo):
    """UDP, TCP or an ICMP echo request of so many bytes with its checksum."""
    head = {"udp": struct.pack(">HHHH", 1000, 2000, length, 0),
            "tcp": struct.pack(">HHIIHHHH", 1000, 80, 1, 1, 0x5010, 512, 0, 0),
            "icmp": struct.pack(">BBHHH", 8, 0, 0, 1, 1)}[name]
    data = head + bytes(i & 0xff for i in range(length - len(head)))
    at = {"udp": 6, "tcp": 16, "icmp": 2}[name]
    total = csum(pseudo + data) if name != "icmp" else csum(data)
    return data[:at] + struct.pack(">H", total) + data[at + 2:]


def frame(kind, size):
    macs = bytes.fromhex("020000000002020000000001")
    number, name = {"udp": (17, "udp"), "ping": (1, "icmp")}.get(kind, (6, "tcp"))
    if kind == "tcp6":
        ends = bytes.fromhex("fd00" + "00" * 13 + "01" + "fd00" + "00" * 13 + "02")
        length = size - 54
        return (macs + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, length, number, 64) + ends +
                transport(name, length, ends + struct.pack(">II", length, number)))
    ends = bytes([10, 0, 0, 1, 10, 0, 0, 2])
    length = size - 34
    head = struct.pack(">BBHHHBBH", 0x45, 0, size - 14, 1, 0x4000, 64, number, 0) + ends
    head = head[:10] + struct.pack(">H", csum(head)) + head[12:]
    data = transport(name, length, ends + struct.pack(">HH", number, length))
    return macs + b"\x08\0" + head + (data[:-1] + b"\xff" if kind == "wrong" else data)


def pcap_ports(folder, kind):
    """64 frames, again and again."""
    path = os.path.join(folder, kind.replace(" ", "_") + ".pcap")
    name, size = kind.split()
    data = frame(name, int(size))
    with open(path, "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        out.write((struct.pack("=IIII", 0, 0, len(data), len(data)) + data) * 64)
    return ["--vdev", "net_pcap0,rx_pcap=%s,infinite_rx=1" % path, "--vdev", "net_null0,no-rx=1"]


def measure(argv, mode, seconds):
    """Million packets a second, received and sent ones counted once."""
    prompt = Prompt(argv)
    prompt.expect(rb"testpmd>")
    prompt.say("set fwd " + mode)
    prompt.expect(rb"testpmd>")
    start = time.monotonic()
    prompt.say("start")
    time.sleep(seconds)
    prompt.say("stop")
    elapsed = time.monotonic() - start
    text = prompt.quit()
    rx, tx = re.search(r"Accumulated.*?RX-packets: *(\d+).*?TX-packets: *(\d+)", text, re.S).groups()
    return max(int(rx), int(tx)) / elapsed / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=5, help="runs of each side")
    parser.add_argument("-t", type=float, default=1.0, help="seconds a run")
    parser.add_argument("--build", default="build", help="where plx-testpmd was built")
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    with HugePages(300) as pages, tempfile.TemporaryDirectory() as folder:
        compare(args, folder, *testpmd_prompt.programs(args.build), pages.enough)


def compare(args, folder, ours, theirs, huge):
    memory = [[] if huge else ["--no-huge"],
              ["--in-memory", "-m", "256"] if huge else ["--no-huge", "-m", "256"]]
    result = []
    print("both on %s" % ("2 MiB pages" if huge else "plain pages: there were not enough huge ones"))
    print("%-28s %10s %10s %7s   Mpps, median of %d" % ("", "ours", "dpdk", "ratio", args.n))
    for row in ROWS:
        if args.words and not any(word in row.name for word in args.words):
            continue
        ports = row.ports or pcap_ports(folder, row.kind)
        tail = ["--", "-i", "--total-num-mbufs=8192", "--burst=%d" % row.burst]
        sides = [
            [ours, "-l", "0-1", *memory[0], *ports, *tail, *row.options[0]],
            [theirs, "-l", "0-1", "-n", "4", "--no-pci", "--no-telemetry", *memory[1], *ports, *tail, *row.options[1]],
        ]
        samples = ([], [])
        for _ in range(args.n):
            for side in (0, 1):
                samples[side].append(measure(sides[side], row.mode, args.t))
        medians = [statistics.median(s) for s in samples]
        print("%-28s %10.1f %10.1f %7.2f   (%s | %s)" % (
            row.name, *medians, medians[0] / medians[1],
            " ".join("%.0f" % s for s in samples[0]), " ".join("%.0f" % s for s in samples[1])))
        result.append({"row": row.name, "ours": medians[0], "peer": medians[1],
                       "ratio": medians[0] / medians[1], "samples": samples})
    print(json.dumps({"bench": "testpmd", "unit": "Mpps", "peer": "dpdk", "runs": args.n, "rows": result}))


if __name__ == "__main__":
    main()
