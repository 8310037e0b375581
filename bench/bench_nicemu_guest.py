#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How fast is a Linux guest through plx-nicemu, beside QEMU's own e1000: same QEMU, guest and driver, a tap behind both.

The guest's kernel drives the card, iperf3 in it talks with iperf3 at the tap: TCP and UDP packets of 60 bytes, out of the guest and
into it. The two cards alternate, a boot each; the median counts. A UDP rate is that of packets that arrived. Beside each rate stands
what a packet of the card cost: microseconds of processor time of QEMU and of plx-nicemu, interrupts, register reads and writes (those
of QEMU's own card are not counted); they depend less on what else runs than rates do.

Then what a packet costs in register accesses, as QEMU counts them on its own e1000: our driver in a guest beside DPDK's, frames
forwarded between two cards. Time in an emulated processor says nothing of a driver.

    bench/bench_nicemu_guest.py [-n BOOTS] [-t SECONDS] [--build DIR] [WORD ...]

WORDs choose cards by what their names contain. Needs root, the packages of `scripts/deps test`, and a mirror once (tests/guest/README.md).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
RUN = os.path.join(TOP, "tests", "guest", "run.py")
TOOLS = ["--tool", "iperf3", "--tool", "ethtool", "--tool", "ip=tool_ip"]
QEMU = "QEMU's e1000"
CARDS = {
    QEMU: "e1000@tap1",
    "plx-nicemu": "nicemu",
    "plx-nicemu --poll": "nicemu+--poll",
}
FLOWS = [("tcp_out", "TCP out", "Mbit/s"), ("tcp_in", "TCP in", "Mbit/s"), ("udp_out", "UDP out", "kpps"), ("udp_in", "UDP in", "kpps")]
FRAMES = 20000


def run(build, name, *words):
    """The folder of its logs."""
    done = subprocess.run([sys.executable, "-B", RUN, "--build", build, "--name", name, *words], capture_output=True, text=True,
                          check=False)
    if done.returncode == 77:
        sys.exit(done.stdout.strip().splitlines()[-1])
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return os.path.join(build, "tests", "guest", "logs", name)


def rate(path):
    with open(path, encoding="utf-8") as file:
        end = json.load(file)["end"]
    udp = end.get("sum", {})
    if "lost_packets" not in udp:
        return end["sum_received"]["bits_per_second"] / 1e6
    return (udp["packets"] - udp["lost_packets"]) / udp["seconds"] / 1e3


def cost(path):
    """Of a packet, in or out: microseconds of QEMU and of the card, interrupts, reads, writes."""
    with open(path, encoding="ascii") as file:
        before, after = ([int(word) for word in line.split()] for line in file)
    rx, tx, interrupts, qemu_ms, nic_ms, reads, writes = (b - a for a, b in zip(before, after))
    return [n / (rx + tx) for n in (qemu_ms * 1000, nic_ms * 1000, interrupts, reads, writes)]


def boot(build, card, seconds):
    """{flow: (rate, cost)}"""
    words = ["--machine", "linux", "--newer", "--card", card, "--args", str(seconds), "--limit", str(60 + 8 * seconds)]
    logs = run(build, "bench_nicemu", *TOOLS, *words, "linux_speed")
    return {name: (rate(os.path.join(logs, name + ".json")), cost(os.path.join(logs, name + ".costs"))) for name, _, _ in FLOWS}


def accesses(build, whose):
    """(reads, writes) for a packet that came in and went out."""
    words = ["--machine", "uio", "--card", "e1000", "--card", "e1000", "--args", "%s,%d" % (whose, FRAMES),
             "--trace", "memory_region_ops_*"]
    logs = run(build, "bench_accesses", *words, *(["--dpdk"] if whose == "dpdk" else []), "accesses")
    found = []
    for way in ("read", "write"):
        with open(os.path.join(logs, way), encoding="ascii") as file:
            found.append(int(file.read()) / (2 * FRAMES))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=5, help="boots of each card (5)")
    parser.add_argument("-t", type=int, default=4, help="seconds each flow (4)")
    parser.add_argument("--build", default=os.path.join(TOP, "build"), help="one with tests, which has what guests run")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    cards = {name: card for name, card in CARDS.items() if name == QEMU or all(word in name for word in options.words)}

    rates = {name: [] for name in cards}
    for _ in range(options.n):
        for name, card in cards.items():
            rates[name].append(boot(build, card, options.t))
            print("%-24s" % name, "  ".join("%s %8.1f" % (flow, rates[name][-1][flow][0]) for flow, _, _ in FLOWS), flush=True)
    print("\nmedians of %d, and the ratio to %s" % (options.n, QEMU))
    for flow, title, unit in FLOWS:
        base = statistics.median(each[flow][0] for each in rates[QEMU])
        for name in cards:
            here = statistics.median(each[flow][0] for each in rates[name])
            costs = [statistics.median(column) for column in zip(*(each[flow][1] for each in rates[name]))]
            print("%-8s %-24s %9.1f %-6s  %5.2f   %5.1f + %4.1f us  %.3f irq  %.3f r  %.3f w" % (title, name, here, unit, here / base, *costs))

    print("\nregister accesses for a packet forwarded between two of QEMU's e1000: reads, writes")
    for whose, name in (("ours", "net_e1000"), ("dpdk", "DPDK's em")):
        print("%-24s %6.3f %6.3f" % (name, *accesses(build, whose)))


if __name__ == "__main__":
    main()
