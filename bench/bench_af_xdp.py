#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How much of what AF_XDP can do does net_af_xdp reach?

Three programs with the same loop (bench_af_xdp.h) at one end of a veth pair in a network namespace: ours, a bare
loop over the rings (the ceiling) and DPDK's net_af_xdp. At the other end bench_af_xdp_peer makes the traffic
inside the kernel and counts what comes back. "stamps" is ours with a time stamp a packet. Rows: rxonly, txonly, macswap; with the far end's softirq on the
core that sends, or ("threaded") in a kernel thread on the other core.

    bench/bench_af_xdp.py [-n RUNS] [-t SECONDS] [-q] [--build DIR] [WORD ...]

Prints two medians for each, in million packets a second of wall time and of the loop's own processor time. Packets
count when they arrive: in the loop (rxonly) or at the far end. WORDs choose rows. Needs root and two processors, and
takes the processors from others while it runs, as far as nice(1) and autogroups do.
"""
import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time

ROWS = [("rxonly", False), ("txonly", False), ("txonly", True), ("macswap", False), ("macswap", True)]
# name, program, devargs. DPDK busy-polls unless told not to: both are shown.
SIDES = [("raw", "raw", ""), ("plx", "plx", ""), ("stamps", "plx", ""), ("dpdk", "dpdk", ""), ("dpdk-bb0", "dpdk", ",busy_budget=0")]
TICK = os.sysconf("SC_CLK_TCK")
WARM_UP = 0.3
DISTURBED = 0.25  # of a core


def busy():
    """Processor seconds spent by processes since boot; softirqs are ours."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system = map(int, stat.readline().split()[1:4])
    return (user + nice + system) / TICK


def own():
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def wait_until_quiet(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = busy()
        time.sleep(0.5)
        if busy() - before < 0.5 * DISTURBED:
            return True
    return False


class Pair:
    """A namespace with a veth pair in it, far and near; gone at the end."""

    def __init__(self):
        self.name = "plx-%d-bench" % os.getpid()

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.sh("ip link add far type veth peer name near && ip link set far up && ip link set near up && "
                "echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6 >/dev/null; "
                "ethtool -K far tx off rx off gro off >/dev/null 2>&1; "
                "ethtool -K near tx off rx off gro off >/dev/null 2>&1; true")
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def sh(self, text):
        subprocess.run(["ip", "netns", "exec", self.name, "sh", "-c", text], check=True)

    def start(self, *argv, devargs="", stamps=False):
        return subprocess.Popen(["ip", "netns", "exec", self.name, *argv], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True, env={**os.environ, "BENCH_DEVARGS": devargs, **({"BENCH_STAMPS": "1"} if stamps else {})})

    def thread(self):
        """The far end's NAPI in a thread on processor 0; its number."""
        self.sh("echo 1 > /sys/class/net/far/threaded")
        found = subprocess.run(["pgrep", "^napi/far-"], stdout=subprocess.PIPE, text=True, check=False)
        newest = found.stdout.split()[-1:]
        for number in newest:
            subprocess.run(["taskset", "-pc", "0", number], check=True, stdout=subprocess.DEVNULL)
            subprocess.run(["renice", "-n", "-20", number], check=True, stdout=subprocess.DEVNULL)
        return newest[0] if newest else None


def thread_time(number):
    if number is None:
        return 0.0
    with open("/proc/%s/stat" % number, encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def await_ready(process):
    for line in process.stdout:
        if line.startswith("ready"):
            return
    sys.exit("%s did not start" % process.args[4])


def take_processors():
    """Ahead of what else runs: by nice, and where the kernel groups sessions, by the group's."""
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    try:
        os.setsid()
        with open("/proc/self/autogroup", "w", encoding="ascii") as group:
            group.write("-20")
    except OSError:
        pass


def sample(build, side, mode, threaded, seconds):
    """(Mpps of wall time, Mpps of processor time, share of a core that others took)"""
    name, program, devargs = side
    with Pair() as pair:
        far = pair.start(build + "/bench_af_xdp_peer", "far", str(seconds + 20),
                         "sink" if mode == "txonly" else "both", "0")
        await_ready(far)
        number = pair.thread() if threaded else None
        time.sleep(WARM_UP)
        before = busy() - own() - thread_time(number)
        began = time.monotonic()
        near = pair.start(build + "/bench_af_xdp_" + program, "near", mode, str(seconds), "1",
                          devargs=devargs, stamps=name == "stamps")
        out = near.communicate(timeout=seconds + 30)[0]
        thread = thread_time(number)
        far.terminate()
        far_out = far.communicate(timeout=10)[0]
        took = time.monotonic() - began
        others = (busy() - own() - thread - before) / took
    found = re.search(r"packets (\d+) seconds ([\d.]+) cpu ([\d.]+)", out)
    if found is None:
        return None
    packets, wall, cpu = int(found[1]), float(found[2]), float(found[3])
    if mode != "rxonly":
        packets = min(packets, int(re.search(r"sunk (\d+)", far_out)[1]))
    return packets / wall / 1e6, packets / cpu / 1e6, others


def measure(args, mode, threaded, sides):
    kept = {side[0]: [] for side in sides}
    disturbed = 0
    tries = 0
    while min(len(k) for k in kept.values()) < args.n and tries < 3 * args.n:
        tries += 1
        for side in sides:
            if len(kept[side[0]]) >= args.n:
                continue
            if not args.q:
                wait_until_quiet(10)
            got = sample(args.build, side, mode, threaded, args.t)
            if got is None:
                sys.exit("%s gave no figure" % side[0])
            if got[2] > DISTURBED and not args.q and tries < 2 * args.n:
                disturbed += 1
                continue
            kept[side[0]].append(got)
    return kept, disturbed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=5, help="runs of each side")
    parser.add_argument("-t", type=float, default=1.0, help="seconds a run")
    parser.add_argument("-q", action="store_true", help="do not wait for a quiet machine")
    parser.add_argument("--build", default="build/bench", help="where the programs are")
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    sides = [s for s in SIDES if os.path.exists("%s/bench_af_xdp_%s" % (args.build, s[1]))]
    names = [s[0] for s in sides]
    if "plx" not in names or "raw" not in names:
        sys.exit("not built: meson setup -Dbench=true; the ceiling needs libxdp-dev")
    take_processors()
    result = []
    width = 9 * len(names)
    print("%-18s%*s   %*s   median of %d" % ("", width, "Mpps, wall time", width, "Mpps, loop's cpu time", args.n))
    print("%-18s" % "" + "   ".join("".join("%9s" % s for s in names) for _ in range(2)) +
          "   " + "  ".join("ours/" + s for s in names if s != "plx"))
    for mode, threaded in ROWS:
        name = mode + (", threaded" if threaded else "")
        if args.words and not any(word in name for word in args.words):
            continue
        kept, disturbed = measure(args, mode, threaded, sides)
        wall = {s: statistics.median(k[0] for k in kept[s]) for s in names}
        cpu = {s: statistics.median(k[1] for k in kept[s]) for s in names}
        ratios = ["%.2f/%.2f" % (wall["plx"] / wall[s], cpu["plx"] / cpu[s]) for s in names if s != "plx"]
        print("%-18s" % name + "".join("%9.2f" % wall[s] for s in names) + "   " +
              "".join("%9.2f" % cpu[s] for s in names) + "   " + "  ".join(ratios) +
              ("   (%d disturbed samples thrown away)" % disturbed if disturbed else ""))
        sys.stdout.flush()
        result.append({"row": name, "wall": wall, "cpu": cpu, "samples": kept})
    print(json.dumps({"bench": "af_xdp", "unit": "Mpps", "runs": args.n, "rows": result}))


if __name__ == "__main__":
    main()
