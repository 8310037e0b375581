#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long does a program take to its prompt, and how much memory, beside dpdk-testpmd?

    bench/bench_start.py [-n RUNS] [--build DIR]

Two null ports, two lcores, plain pages on both sides (8,192 buffers), in turn. Needs the package dpdk; strace for the
count of system calls, if it is there.
"""
import argparse
import json
import shutil
import statistics
import subprocess
import time

import testpmd_prompt
from testpmd_prompt import NULLS, Prompt

FIGURES = [("exec to prompt, ms", "ms"), ("prompt to exit, ms", "exit"), ("resident, MiB", "rss"),
           ("address space, MiB", "size")]


def run(argv):
    start = time.monotonic()
    prompt = Prompt(argv)
    prompt.expect(rb"testpmd>")
    ready = time.monotonic()
    figures = {"ms": (ready - start) * 1e3, "rss": prompt.status("VmRSS") / 1024,
               "size": prompt.status("VmSize") / 1024}
    ready = time.monotonic()
    prompt.quit()
    figures["exit"] = (time.monotonic() - ready) * 1e3
    return figures


def system_calls(argv):
    """Of all threads, from exec to exit."""
    text = subprocess.run(["strace", "-fc", "-o", "/dev/stdout", *argv], input="quit\n", text=True,
                          capture_output=True).stdout
    total = [line.split() for line in text.splitlines() if line.endswith("total")]
    return int(total[-1][-2 if len(total[-1]) < 6 else -3])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=9, help="runs of each side")
    parser.add_argument("--build", default="build", help="where plx-testpmd was built")
    args = parser.parse_args()
    ours, theirs = testpmd_prompt.programs(args.build)
    tail = [*NULLS, "--", "-i", "--total-num-mbufs=8192"]
    sides = [[ours, "-l", "0-1", "--no-huge", *tail],
             [theirs, "-l", "0-1", "--no-huge", "-m", "256", "--no-pci", "--no-telemetry", *tail]]
    samples = ([], [])
    for _ in range(args.n):
        for side in (0, 1):
            samples[side].append(run(sides[side]))
    result = []
    print("%-28s %10s %10s %7s   median of %d" % ("", "ours", "dpdk", "ratio", args.n))
    for name, key in FIGURES:
        medians = [statistics.median(s[key] for s in side) for side in samples]
        print("%-28s %10.1f %10.1f %7.2f" % (name, *medians, medians[1] / medians[0]))
        result.append({"row": name, "ours": medians[0], "peer": medians[1], "ratio": medians[1] / medians[0]})
    if shutil.which("strace"):
        calls = [system_calls(side) for side in sides]
        print("%-28s %10d %10d %7.2f" % ("system calls, all", *calls, calls[1] / calls[0]))
        result.append({"row": "system calls", "ours": calls[0], "peer": calls[1], "ratio": calls[1] / calls[0]})
    print(json.dumps({"bench": "start", "peer": "dpdk", "runs": args.n, "rows": result}))


if __name__ == "__main__":
    main()
