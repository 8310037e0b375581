#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What does a bouncer cost beside testpmd's io, ours and DPDK's, between null ports on one lcore?

The three take turns, with the same lcores, ports, length, burst and pages; the median of each counts. What is measured is packets
a second of processor time, so that other work on the machine takes less part in it. Rows "burst" and "one"
ask a function that passes everything, once a burst and once a packet: no testpmd has the like, so the peer is io again."""

import argparse
import json
import os
import re
import statistics
import subprocess
import time

import testpmd_prompt
from testpmd_prompt import NULLS, HugePages, Prompt

ROWS = [("none", 32), ("none", 8), ("none", 64), ("burst", 32), ("one", 32)]


def bounce(program, memory, decides, burst, seconds):
    argv = [program, "-l", "0-1", *memory, *NULLS, "--", decides, str(burst), str(seconds)]
    return float(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout)


def processor_seconds(pid):
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as file:
            total += int(file.read().split()[0])
    return total / 1e9


def forward(argv, burst, seconds):
    prompt = Prompt([*argv, "--", "-i", "--total-num-mbufs=8192", "--burst=%d" % burst])
    prompt.expect(rb"testpmd>")
    prompt.say("set fwd io")
    prompt.expect(rb"testpmd>")
    start = processor_seconds(prompt.child.pid)
    prompt.say("start")
    time.sleep(seconds)
    prompt.say("stop")
    time.sleep(0.5) # until it has: it says so only when it ends, and takes no processor time meanwhile
    elapsed = processor_seconds(prompt.child.pid) - start
    text = prompt.quit()
    return int(re.search(r"Accumulated.*?TX-packets: *(\d+)", text, re.S).group(1)) / elapsed / 1e6


def compare(args, ours, theirs, huge):
    bouncer = os.path.join(args.build, "bench/bench_bouncer_plx")
    memory = [[] if huge else ["--no-huge"], ["--in-memory", "-m", "256"] if huge else ["--no-huge", "-m", "256"]]
    result = []
    print("all on %s" % ("2 MiB pages" if huge else "plain pages: there were not enough huge ones"))
    print("%-20s %9s %9s %9s %9s %9s   Mpps of processor time, median of %d" % ("", "bouncer", "our io", "dpdk io", "/ our io", "/ dpdk io", args.n))
    for decides, burst in ROWS:
        sides = [
            lambda: bounce(bouncer, memory[0], decides, burst, args.t),
            lambda: forward([ours, "-l", "0-1", *memory[0], *NULLS], burst, args.t),
            lambda: forward([theirs, "-l", "0-1", "-n", "4", "--no-pci", "--no-telemetry", *memory[1], *NULLS], burst, args.t),
        ]
        samples = [[], [], []]
        for _ in range(args.n):
            for taken, side in zip(samples, sides):
                taken.append(side())
        medians = [statistics.median(taken) for taken in samples]
        row = "decides %s, burst %d" % (decides, burst)
        print("%-20s %9.1f %9.1f %9.1f %9.2f %9.2f   (%s)" % (
            row, *medians, medians[0] / medians[1], medians[0] / medians[2],
            " | ".join(" ".join("%.0f" % s for s in taken) for taken in samples)), flush=True)
        result.append({"row": row, "ours": medians[0], "testpmd": medians[1], "peer": medians[2],
                       "ratio": medians[0] / medians[2], "samples": samples})
    print(json.dumps({"bench": "bouncer", "unit": "Mpps", "peer": "dpdk", "runs": args.n, "rows": result}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=5, help="runs of each side")
    parser.add_argument("-t", type=float, default=1.0, help="seconds a run")
    parser.add_argument("--build", default="build", help="where the programs were built")
    args = parser.parse_args()
    with HugePages(300) as pages:
        compare(args, *testpmd_prompt.programs(args.build), pages.enough)


if __name__ == "__main__":
    main()
