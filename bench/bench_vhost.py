#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How fast are the two ends of vhost-user, net_virtio_user and net_vhost, beside DPDK's in the same role?

The end in question, ours and DPDK's in turn, faces the same peer: DPDK's other end, or with --peer plx ours, which is the
faster one and so shows more of the end in question. Each forwards on a processor of its own, without huge pages.

The host of a virtual machine moves its processors, near to each other or far, and then the same command is several times as fast or
as slow. So each start is looked at in short windows (windows.py), of which those count that began and ended in one place and that
nobody disturbed; a start has the rate of its median window there. Starts go on, within limits, until there are enough of both sides in the
same place, and what counts is our slowest start of that place against DPDK's best. The windows themselves are in the JSON line.

    bench/bench_vhost.py [-n STARTS] [-w WINDOWS] [-t SECONDS] [--build DIR] [--peer dpdk|plx] [--first] [WORD ...]

WORDs choose the rows whose names contain all of them. Needs two processors and the package dpdk; root for --first only, with which the
windows of a machine that is not quiet are undisturbed nevertheless.
"""
import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import tempfile
import time

import testpmd_prompt
import windows
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


def wait_for_link(prompts):
    for prompt in prompts:
        for _ in range(50):
            prompt.say("show port info 0")
            if b"up" in prompt.expect(rb"Link status: *\w+"):
                break
            time.sleep(0.1)


def measure(programs, is_ours, row, places, args):
    """The windows of one start of both ends: million packets a second that came through."""
    end, ring, size, pairs, (_, front_mode, back_mode, counter) = row
    peer_is_ours = args.peer == "plx"
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/x.sock"
        back = start_end(programs, is_ours if end == "back" else peer_is_ours, "back", path, ring, pairs)
        front = start_end(programs, is_ours if end == "front" else peer_is_ours, "front", path, ring, pairs)
        for prompt, mode in ((back, back_mode), (front, front_mode)):
            prompt.say("set fwd " + mode)
            prompt.say("set txpkts %d" % size)
        wait_for_link((front, back))
        for prompt in (back, front):
            prompt.say("start")
        time.sleep(0.5)
        at = front if counter == "front" else back
        pids = [prompt.child.pid for prompt in (front, back)]
        with windows.First(pids, places) if args.first else contextlib.nullcontext():
            result = windows.take(places, pids, lambda: received(at), args.t, args.w)
        for prompt in (front, back):
            prompt.say("stop")
        for prompt in (front, back):
            prompt.quit()
    return result


def name_of(row):
    end, ring, size, pairs, flow = row
    return "%s %s %s %d, %d pair%s" % (end, ring, flow[0], size, pairs, "s" if pairs > 1 else "")


def both_sides(programs, row, places, args):
    """Starts of both sides in turn until there are enough of one place: {side: windows of each start}, and that place."""
    starts = {"ours": [], "dpdk": []}
    for _ in range(3 * args.n):
        if not args.peer_only:
            starts["ours"].append(measure(programs, True, row, places, args))
        starts["dpdk"].append(measure(programs, False, row, places, args))
        for place in "nf":
            enough = [len(windows.rates(starts[side], place, args.w)) >= args.n for side in starts]
            if enough[1] and (enough[0] or args.peer_only):
                return starts, place
    return starts, max("nf", key=lambda place: min(len(windows.rates(starts[side], place, args.w)) for side in starts))


def told(rates):
    return " ".join("%.2f" % rate for rate in rates) or "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=3, help="starts of each side in the same place")
    parser.add_argument("-w", type=int, default=5, help="windows of a start in that place")
    parser.add_argument("-t", type=float, default=0.1, help="seconds a window")
    parser.add_argument("--build", default="build-bench", help="where plx-testpmd was built")
    parser.add_argument("--peer", choices=("dpdk", "plx"), default="dpdk", help="who plays the other end for both")
    parser.add_argument("--peer-only", action="store_true", help="DPDK against itself only")
    parser.add_argument("--first", action="store_true",
                        help="as root: what is measured goes before all other programs, for a second or two at a time")
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    programs = testpmd_prompt.programs(args.build)
    places = windows.Places(args.build)
    result = []
    print("%-32s %5s %8s %8s %7s   Mpps: our slowest start, DPDK's best, their ratio (every start there)" % (
        "", "place", "ours", "dpdk", "ratio"))
    for row in rows():
        name = name_of(row)
        if not all(word in name.replace(",", "").split() for word in args.words):
            continue
        starts, place = both_sides(programs, row, places, args)
        ours, theirs = (windows.rates(starts[side], place, args.w) for side in ("ours", "dpdk"))
        worst, best = min(ours, default=0), max(theirs, default=0)
        ratio = worst / best if best > 0 else 0
        print("%-32s %5s %8.2f %8.2f %7.2f   (%s | %s)" % (name, place, worst, best, ratio, told(ours), told(theirs)),
              flush=True)
        result.append({"row": name, "place": place, "ours": ours, "dpdk": theirs, "ratio": ratio,
                       "medians": [statistics.median(s) for s in (ours, theirs) if s], "windows": starts})
    places.close()
    print(json.dumps({"bench": "vhost", "unit": "Mpps", "peer": args.peer, "rows": result}))


if __name__ == "__main__":
    main()
