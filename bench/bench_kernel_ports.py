#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How fast are the ports that are a kernel interface's other view, net_af_packet and net_tap, beside DPDK's?

plx-testpmd and dpdk-testpmd in turn on the same interface of a network namespace, without huge pages and with the
same options; bench_af_xdp_peer makes the traffic inside the kernel and takes away what comes back.

    bench/bench_kernel_ports.py [-n RUNS] [-t SECONDS] [--build DIR] [WORD ...]

WORDs choose the rows whose names contain one of them. Needs root, two processors and the package dpdk.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import time

import testpmd_prompt
from testpmd_prompt import Prompt

PACKET = {"vdev": "net_af_packet0,iface=vb", "near": "vb", "far": "va"}
TAP = {"vdev": "net_tap0,iface=tb", "near": "tb", "far": "tb"}

# name, port, forward mode, what the far end does
ROWS = [
    ("af_packet rxonly", PACKET, "rxonly", "send"),
    ("af_packet txonly", PACKET, "txonly", "sink"),
    ("af_packet macswap", PACKET, "macswap", "both"),
    ("tap rxonly", TAP, "rxonly", "send"),
    ("tap txonly", TAP, "txonly", "sink"),
    ("tap macswap", TAP, "macswap", "both"),
]


class Namespace:
    def __enter__(self):
        self.name = "plx-%d-ports" % os.getpid()
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.inside = ["ip", "netns", "exec", self.name]
        self.sh("ip link add va type veth peer name vb && ip link set va up && ip link set vb up && "
                "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; "
                # A packet socket sees live frames only where they pass GRO.
                "ethtool -K vb gro on >/dev/null 2>&1; true")
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def sh(self, text):
        subprocess.run([*self.inside, "sh", "-c", text], check=True)


def measure(build, argv, port, mode, role, seconds):
    """Million packets a second that the program forwarded or, where nothing is sent, received."""
    with Namespace() as namespace:
        prompt = Prompt([*namespace.inside, *argv])
        prompt.expect(rb"testpmd>")
        prompt.say("set fwd " + mode)
        prompt.expect(rb"testpmd>")
        far = subprocess.Popen([*namespace.inside, build + "/bench/bench_af_xdp_peer", port["far"],
                                str(int(seconds + 20)), role, "0"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        began = time.monotonic()
        prompt.say("start")
        time.sleep(seconds)
        prompt.say("stop")
        took = time.monotonic() - began
        text = prompt.quit()
        far.terminate()
        far.communicate(timeout=10)
    rx, tx = re.search(r"Accumulated.*?RX-packets: *(\d+).*?TX-packets: *(\d+)", text, re.S).groups()
    return int(rx if mode == "rxonly" else tx) / took / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=5, help="runs of each side")
    parser.add_argument("-t", type=float, default=2.0, help="seconds a run")
    parser.add_argument("--build", default="build-bench", help="where plx-testpmd and the peer were built")
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    ours, theirs = testpmd_prompt.programs(args.build)
    result = []
    print("%-20s %8s %8s %7s   Mpps, median of %d" % ("", "ours", "dpdk", "ratio", args.n))
    for name, port, mode, role in ROWS:
        if args.words and not any(word in name for word in args.words):
            continue
        tail = ["--vdev", port["vdev"], "--", "-i", "--total-num-mbufs=16384", "--burst=32"]
        sides = [
            [ours, "-l", "0-1", "--no-pci", "--no-huge", *tail],
            [theirs, "-l", "0-1", "-n", "4", "--no-pci", "--no-telemetry", "--no-huge", "-m", "256", *tail],
        ]
        samples = ([], [])
        for _ in range(args.n):
            for side in (0, 1):
                samples[side].append(measure(args.build, sides[side], port, mode, role, args.t))
        medians = [statistics.median(s) for s in samples]
        print("%-20s %8.3f %8.3f %7.2f   (%s | %s)" % (
            name, *medians, medians[0] / max(medians[1], 1e-9),
            " ".join("%.2f" % s for s in samples[0]), " ".join("%.2f" % s for s in samples[1])), flush=True)
        result.append({"row": name, "ours": medians[0], "peer": medians[1],
                       "ratio": medians[0] / max(medians[1], 1e-9), "samples": samples})
    print(json.dumps({"bench": "kernel_ports", "unit": "Mpps", "peer": "dpdk", "runs": args.n, "rows": result}))


if __name__ == "__main__":
    main()
