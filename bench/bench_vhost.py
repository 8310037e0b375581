#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How fast are the two ends of vhost-user, net_virtio_user and net_vhost, beside DPDK's in the same role?

The end in question, ours and DPDK's in turn, faces the same peer: DPDK's other end, or with --peer plx ours, which is the
faster one and so shows more of the end in question. Each forwards on a processor of its own, without huge pages. One start of the
same command may be twice as fast as the next, so every start is shown, and what counts is our slowest start against DPDK's best.
The host of a virtual machine moves its processors: behind each start stands whether they were near or far then (n, f: hop.c; ? if
it changed meanwhile), and only starts of the same place are fairly compared.

    bench/bench_vhost.py [-n STARTS] [-t SECONDS] [--build DIR] [--peer dpdk|plx] [WORD ...]

WORDs choose the rows whose names contain all of them. Needs two processors and the package dpdk; no root.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
import time

import testpmd_prompt
from testpmd_prompt import Prompt

# name, what the front end does, what the back end does, which end counts what it received
FRONT_FLOWS = [
    ("rxonly", "rxonly", "txonly", "front"),
    ("txonly", "txonly", "rxonly", "back"),
    ("macswap", "macswap", "flowgen", "back"),
]
BACK_FLOWS = [
    ("rxonly", "txonly", "rxonly", "back"),
    ("txonly", "rxonly", "txonly", "front"),
    ("macswap", "flowgen", "macswap", "front"),
]


def rows():
    for end, flows in (("front", FRONT_FLOWS), ("back", BACK_FLOWS)):
        for ring in ("split", "packed"):
            for size in (64, 1500):
                for pairs in (1, 2):
                    for flow in flows:
                        yield end, ring, size, pairs, flow


def argv(program, lcores, prefix, vdev, pairs, extra):
    # On a pipe a program of DPDK keeps its words for itself until there are 4 KiB of them.
    return ["stdbuf", "-oL", program, "--no-pci", "--no-huge", "--file-prefix", prefix, "--lcores", lcores,
            "--vdev", vdev, *extra, "--", "-i", "--total-num-mbufs=16384", "--burst=32", "--nb-cores=1",
            "--rxq=%d" % pairs, "--txq=%d" % pairs]


def start_end(programs, is_ours, end, path, ring, pairs):
    lcores = "0@0,1@1" if end == "front" else "0@1,1@0"
    if end == "front":
        vdev = "net_virtio_user0,path=%s,queues=%d,packed_vq=%d,queue_size=256" % (path, pairs, ring == "packed")
    else:
        vdev = "net_vhost0,iface=%s,queues=%d" % (path, pairs)
    extra = [] if is_ours else ["-n", "4", "--no-telemetry", "-m", "512"]
    prompt = Prompt(argv(programs[0 if is_ours else 1], lcores, "plx%d%s" % (os.getpid(), end), vdev, pairs, extra))
    prompt.expect(rb"testpmd>", 30)
    return prompt


def received(prompt):
    """Packets that the port has received, and when."""
    prompt.say("show port stats 0")
    said = prompt.expect(rb"RX-packets: *\d+\s[^#]*Tx-bps")
    return int(re.search(rb"RX-packets: *(\d+)", said).group(1)), time.monotonic()


def place(build):
    """n or f: whether the two processors share a cache now."""
    try:
        return subprocess.run([os.path.join(build, "bench/bench_hop")], capture_output=True, text=True, timeout=10,
                              check=True).stdout.split()[1][0]
    except (OSError, subprocess.SubprocessError):
        return "?"


def placed(build, measured):
    """What measured() returns, and where the processors were before and after it."""
    before = place(build)
    result = measured()
    return result, before if place(build) == before else "?"


def measure(programs, is_ours, row, seconds, peer_is_ours=False):
    """Million packets a second that came through in one start of both ends."""
    end, ring, size, pairs, (_, front_mode, back_mode, counter) = row
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/x.sock"
        back = start_end(programs, is_ours if end == "back" else peer_is_ours, "back", path, ring, pairs)
        front = start_end(programs, is_ours if end == "front" else peer_is_ours, "front", path, ring, pairs)
        for prompt, mode in ((back, back_mode), (front, front_mode)):
            prompt.say("set fwd " + mode)
            prompt.say("set txpkts %d" % size)
        time.sleep(1.0)
        for prompt in (back, front):
            prompt.say("start")
        time.sleep(0.7)
        at = front if counter == "front" else back
        first, began = received(at)
        time.sleep(seconds)
        last, ended = received(at)
        for prompt in (front, back):
            prompt.say("stop")
        for prompt in (front, back):
            prompt.quit()
    return (last - first) / (ended - began) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=5, help="starts of each side")
    parser.add_argument("-t", type=float, default=1.5, help="seconds a start")
    parser.add_argument("--build", default="build-bench", help="where plx-testpmd was built")
    parser.add_argument("--peer", choices=("dpdk", "plx"), default="dpdk", help="who plays the other end for both")
    parser.add_argument("--peer-only", action="store_true", help="DPDK against itself only")
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    programs = testpmd_prompt.programs(args.build)
    result = []
    print("%-32s %8s %8s %7s   Mpps: our slowest start, DPDK's best, their ratio (every start)" % (
        "", "ours", "dpdk", "ratio"))
    for row in rows():
        name = "%s %s %s %d, %d pair%s" % (row[0], row[1], row[4][0], row[2], row[3], "s" if row[3] > 1 else "")
        if not all(word in name.split() for word in args.words):
            continue
        ours, theirs = [], []
        for _ in range(args.n):
            if not args.peer_only:
                ours.append(placed(args.build, lambda: measure(programs, True, row, args.t, args.peer == "plx")))
            theirs.append(placed(args.build, lambda: measure(programs, False, row, args.t, args.peer == "plx")))
        places = [[mark for _, mark in starts] for starts in (ours, theirs)]
        ours, theirs = [rate for rate, _ in ours], [rate for rate, _ in theirs]
        worst = min(ours, default=0)
        best = max(theirs)
        print("%-32s %8.2f %8.2f %7.2f   (%s | %s)" % (
            name, worst, best, worst / max(best, 1e-9), " ".join("%.2f%s" % s for s in zip(ours, places[0])),
            " ".join("%.2f%s" % s for s in zip(theirs, places[1]))), flush=True)
        result.append({"row": name, "ours": ours, "peer": theirs, "places": places, "ratio": worst / max(best, 1e-9),
                       "medians": [statistics.median(s) for s in (ours, theirs) if s]})
    print(json.dumps({"bench": "vhost", "unit": "Mpps", "peer": args.peer, "starts": args.n, "rows": result}))


if __name__ == "__main__":
    main()
