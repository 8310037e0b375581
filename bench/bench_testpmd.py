#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How fast does one lcore forward between two ports that need no hardware, beside dpdk-testpmd?

Runs plx-testpmd and dpdk-testpmd in turn, both by their prompts over a pipe, with the same lcores, ports, burst
and time; prints the median of each and the ratio, and one JSON line at the end.

    bench/bench_testpmd.py [-n RUNS] [-t SECONDS] [--build DIR] [WORD ...]

WORDs choose the rows whose names contain one of them. Needs root and the package dpdk.
"""
import argparse
import json
import re
import statistics
import time

import testpmd_prompt
from testpmd_prompt import NULLS, HugePages, Prompt

COPIES = ["--vdev", "net_null0,size=64,copy=1", "--vdev", "net_null1,size=64,copy=1"]

# name, ports, forward mode, burst
ROWS = [
    ("null io, burst 1", NULLS, "io", 1),
    ("null io, burst 8", NULLS, "io", 8),
    ("null io, burst 32", NULLS, "io", 32),
    ("null io, burst 64", NULLS, "io", 64),
    ("null io copy, burst 32", COPIES, "io", 32),
    ("null macswap, burst 1", NULLS, "macswap", 1),
    ("null macswap, burst 8", NULLS, "macswap", 8),
    ("null macswap, burst 32", NULLS, "macswap", 32),
    ("null macswap, burst 64", NULLS, "macswap", 64),
    ("null rxonly, burst 32", NULLS, "rxonly", 32),
    ("null txonly, burst 32", NULLS, "txonly", 32),
]


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
    with HugePages(300) as pages:
        compare(args, *testpmd_prompt.programs(args.build), pages.enough)


def compare(args, ours, theirs, huge):
    memory = [[] if huge else ["--no-huge"],
              ["--in-memory", "-m", "192"] if huge else ["--no-huge", "-m", "256"]]
    result = []
    print("both on %s" % ("2 MiB pages" if huge else "plain pages: there were not enough huge ones"))
    print("%-28s %10s %10s %7s   Mpps, median of %d" % ("", "ours", "dpdk", "ratio", args.n))
    for name, ports, mode, burst in ROWS:
        if args.words and not any(word in name for word in args.words):
            continue
        tail = ["--", "-i", "--total-num-mbufs=8192", "--burst=%d" % burst]
        sides = [
            [ours, "-l", "0-1", *memory[0], *ports, *tail],
            [theirs, "-l", "0-1", "-n", "4", "--no-pci", "--no-telemetry", *memory[1], *ports, *tail],
        ]
        samples = ([], [])
        for _ in range(args.n):
            for side in (0, 1):
                samples[side].append(measure(sides[side], mode, args.t))
        medians = [statistics.median(s) for s in samples]
        print("%-28s %10.1f %10.1f %7.2f   (%s | %s)" % (
            name, *medians, medians[0] / medians[1],
            " ".join("%.0f" % s for s in samples[0]), " ".join("%.0f" % s for s in samples[1])))
        result.append({"row": name, "ours": medians[0], "peer": medians[1],
                       "ratio": medians[0] / medians[1], "samples": samples})
    print(json.dumps({"bench": "testpmd", "unit": "Mpps", "peer": "dpdk", "runs": args.n, "rows": result}))


if __name__ == "__main__":
    main()
