#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What does capturing to disk cost, and from which rate on are packets lost, beside tcpdump, dumpcap and DPDK?

live: bench_traffic sends into a veth pair at rising rates; each tool in turn writes what arrives to a file. The tool has
one CPU of its own, of which a control group gives it a share (-s): so the limit is found whatever the sender can do. What was sent is
the kernel's count of the sender's interface, what was written is capinfos' count of the file.

file: a capture file through net_pcap to another file, beside tcpdump -r -w: plain, with filters, rotated, as zstd.

    bench/bench_capture.py [-n RUNS] [-t SECONDS] [-s SHARE] [--build DIR] [--dir DIR] [WORD ...]

Prints for each rate what was lost, and the CPU time a packet took; then the highest rate without loss. WORDs choose rows
(live, file, or a tool's or a row's name). Needs root, two processors, tcpdump, dumpcap and capinfos; dpdk-testpmd if it is there.
"""
import argparse
import glob
import json
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
RATES = [50, 100, 200, 300, 400, 600, 800, 1000, 1300]  # thousand packets a second
FRAME = 200
PERIOD_US = 20000


class Share:
    """A control group whose members together get no more than a share of one CPU."""

    def __init__(self, share):
        self.share = share
        self.v1 = os.path.exists("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
        self.path = ("/sys/fs/cgroup/cpu/" if self.v1 else "/sys/fs/cgroup/") + "plx-bench-%d" % os.getpid()

    def __enter__(self):
        os.mkdir(self.path)
        quota = int(PERIOD_US * self.share)
        if self.v1:
            self.write("cpu.cfs_period_us", PERIOD_US)
            self.write("cpu.cfs_quota_us", quota)
        else:
            self.write("cpu.max", "%d %d" % (quota, PERIOD_US))
        return self

    def __exit__(self, *_):
        for _ in range(50):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.1)

    def write(self, name, value):
        with open(os.path.join(self.path, name), "w") as file:
            file.write(str(value))

    def join(self):
        """For the child of a fork: it and its children count."""
        self.write("cgroup.procs", os.getpid())


class Pair:
    """Two namespaces joined by veth: the sender's va, 10.0.0.1, and the capture's vb."""

    def __enter__(self):
        self.names = ["plx-%d-%s" % (os.getpid(), end) for end in "ab"]
        for name in self.names:
            subprocess.run(["ip", "netns", "add", name], check=True)
            self.sh(name, "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6")
        a, b = self.names
        self.sh(a, "ip link add va numrxqueues 4 numtxqueues 4 address 02:00:00:00:00:01 type veth peer name vb netns %s "
                "numrxqueues 4 numtxqueues 4 address 02:00:00:00:00:02" % b)
        self.sh(a, "ip addr add 10.0.0.1/24 dev va; ip link set va up; ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev va; "
                "ethtool -K va tx-udp-segmentation off gso off tx off >/dev/null")
        self.sh(b, "ip link set vb up")
        return self

    def __exit__(self, *_):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False)

    def sh(self, name, text):
        subprocess.run(["ip", "netns", "exec", name, "sh", "-c", text], check=True)

    def sent(self):
        text = subprocess.run(["ip", "-n", self.names[0], "-j", "-s", "link", "show", "va"], check=True, capture_output=True).stdout
        return json.loads(text)[0]["stats64"]["tx"]["packets"]


def count(path):
    files = sorted(glob.glob(path + "*"))
    if not files:
        return 0
    text = subprocess.run(["capinfos", "-TMrc", *files], capture_output=True, check=False).stdout.decode()
    return sum(int(line.split("\t")[-1]) for line in text.splitlines() if line.split("\t")[-1].isdigit())


def cpu_of(pids):
    """CPU seconds of processes that still run, their dead children included."""
    sum_ = 0
    for pid in pids:
        with open("/proc/%d/stat" % pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        sum_ += sum(int(f) for f in fields[11:15])
    return sum_ / TICK


class Tool:
    """A capture in the namespace of vb, on CPU 1, in the group; what says that it runs; how it ends."""

    def __init__(self, name, argv, ready):
        self.name, self.argv, self.ready = name, argv, ready

    def start(self, pair, group, out):
        argv = [word.replace("OUT", out) for word in self.argv]
        self.log = open(out + ".said", "w+b")
        self.child = subprocess.Popen(["ip", "netns", "exec", pair.names[1], "taskset", "-c", "1", *argv], stdin=subprocess.PIPE,
                                      stdout=self.log, stderr=self.log, preexec_fn=group.join)
        self.wait_for(self.ready)

    def wait_for(self, pattern, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.log.seek(0)
            if re.search(pattern, self.log.read()):
                return
            if self.child.poll() is not None:
                break
            time.sleep(0.05)
        self.child.kill()
        self.child.wait()
        self.log.seek(0)
        sys.exit("%s did not start:\n%s" % (self.name, self.log.read().decode()))

    def pids(self):
        """dumpcap and its like may have children that do the work."""
        found = [self.child.pid]
        for pid in found:
            with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
                found += [int(child) for child in children.read().split()]
        return found

    def stop(self):
        self.child.send_signal(signal.SIGINT)
        try:
            self.child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.log.close()


def dpdk():
    """
    DPDK's way to a file that needs no PCI: testpmd from net_af_packet to net_pcap. (dpdk-dumpcap as a secondary process looks
    at every PCI device of the machine and cannot be told not to, and does not find a primary that was.)
    """
    return Tool("dpdk, net_pcap", [
        "stdbuf", "-oL", "dpdk-testpmd", "--lcores", "(0,1)@1", "-n", "4", "--no-pci", "--no-telemetry", "--no-huge", "-m", "256", "--vdev",
        "net_af_packet0,iface=vb", "--vdev", "net_pcap0,tx_pcap=OUT", "--", "--forward-mode=io", "--total-num-mbufs=32768",
        "--no-flush-rx", "--disable-link-check"], rb"Press enter to exit")


def tools(ours, words):
    plx = [ours, "--no-huge", "--idle", "sleep"]  # on one CPU one lcore, which receives and writes in turn
    found = [
        Tool("tcpdump", ["tcpdump", "-Z", "root", "-ni", "vb", "-w", "OUT"], rb"listening on"),
        Tool("dumpcap", ["dumpcap", "-q", "-i", "vb", "-w", "OUT"], rb"File:"),
        Tool("ours, af_packet", [*plx, "--vdev", "net_af_packet0,iface=vb", "--", "-o", "OUT"], rb"capturing on"),
        Tool("ours, af_xdp", [*plx, "--vdev", "net_af_xdp0,iface=vb", "--", "-o", "OUT"], rb"capturing on"),
    ]
    for workers in (1, 2, 3, 4):
        lcores = ["--lcores", "(0-%d)@1" % workers]  # and one that writes
        found.append(Tool("ours, af_xdp, %d worker%s" % (workers, "s"[:workers > 1]), [
            ours, "--no-huge", *lcores, "--idle", "sleep", "--vdev", "net_af_xdp0,iface=vb", "--", "-o", "OUT",
            "--workers", str(workers)], rb"capturing on"))
    found.append(Tool("ours, af_xdp, rotated", [*plx, "--vdev", "net_af_xdp0,iface=vb", "--", "-o", "OUT", "-C", "5"], rb"capturing on"))
    if shutil.which("dpdk-testpmd"):
        found.append(dpdk())
    return [tool for tool in found if not words or any(word in tool.name for word in words)]


def capture_once(args, tool, rate, folder):
    """(part of the packets that is missing, CPU microseconds a packet) at so many thousand packets a second."""
    out = os.path.join(folder, "out.pcap")
    with Pair() as pair, Share(args.share) as group:
        tool.start(pair, group, out)
        time.sleep(0.3)
        sent, cpu = pair.sent(), cpu_of(tool.pids())
        subprocess.run(["ip", "netns", "exec", pair.names[0], args.build + "/bench/bench_traffic", "10.0.0.2", str(rate * 1000),
                        str(args.t), str(FRAME), "0"], check=True, stdout=subprocess.DEVNULL)
        time.sleep(0.7)  # what waits in rings is written
        sent, cpu = pair.sent() - sent, cpu_of(tool.pids()) - cpu
        tool.stop()
    written = min(count(out), sent)
    for path in glob.glob(out + "*"):
        os.unlink(path)
    return 1 - written / max(sent, 1), cpu * 1e6 / max(written, 1), sent / args.t


def live(args, ours, words, folder):
    result = []
    print("live: %d-byte packets, %.0f %% of a CPU, %.1f s each; lost in per cent (CPU us a packet)" % (FRAME, args.share * 100, args.t))
    print("%-26s" % "thousand packets/s" + "".join("%15d" % rate for rate in args.rates) + "   without loss up to")
    for tool in tools(ours, words):
        cells, best = [], 0
        for rate in args.rates:
            runs = [capture_once(args, tool, rate, folder) for _ in range(args.n)]
            lost, cpu, real = (statistics.median(column) for column in zip(*runs))
            cells.append({"rate": rate, "lost": lost, "cpu_us": cpu, "sent_per_second": real})
            if lost == 0 and real > 0.9 * rate * 1000:
                best = rate
            if lost > 0.5:
                break
        print("%-26s" % tool.name + "".join("%15s" % ("%.2f (%.2f)" % (c["lost"] * 100, c["cpu_us"])) for c in cells) +
              " " * 15 * (len(args.rates) - len(cells)) + "   %d" % best, flush=True)
        result.append({"row": "live " + tool.name, "no_loss_up_to": best, "cells": cells})
    return result


# -- from file to file -----------------------------------------------------------------------------------


def make_input(path, packets):
    """UDP, TCP and ICMP in turn, 60 to 1,500 bytes, a microsecond apart."""
    lengths = (60, 90, 200, 590, 1514)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        frames = []
        for i in range(300):
            length, proto = lengths[i % 5], (17, 6, 1)[i % 3]
            ports = struct.pack(">HHHH", 1024 + i, (53, 80, 443)[i // 3 % 3], length - 34, 0)
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length - 14, i, 0, 64, proto, 0, bytes([10, 0, 0, i % 250]), bytes([10, 0, 1, 1]))
            frames.append((b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + ip + ports).ljust(length, b"\x5a"))
        for i in range(packets):
            frame = frames[i % 300]
            file.write(struct.pack("<IIII", 1700000000 + i // 1000000, i % 1000000, len(frame), len(frame)) + frame)


FILTER = "udp port 53 or (tcp and dst net 10.0.1.0/24 and port 80)"


def file_rows(ours, source):
    plx = [ours, "--no-huge", "--lcores", "(0,1)@(0-1)", "--vdev", "net_pcap0,rx_pcap=%s,eof=1" % source, "--", "-q", "-o"]
    theirs = ["tcpdump", "-Z", "root", "-r", source, "-w"]
    return [
        ("copy", [*plx, "OUT"], [*theirs, "OUT"]),
        ("filter", [*plx, "OUT", FILTER], [*theirs, "OUT", FILTER]),
        ("snaplen 64", [*plx, "OUT", "-s", "64"], [*theirs, "OUT", "-s", "64"]),
        ("rotated every 10 MB", [*plx, "OUT", "-C", "10"], [*theirs, "OUT", "-C", "10"]),
        ("zstd", [*plx, "OUT.zst"], ["sh", "-c", "tcpdump -r %s -w - | zstd -q -3 -o OUT.zst" % source]),
    ]


def run_once(argv, out):
    before = os.times()
    began = time.monotonic()
    done = subprocess.run([word.replace("OUT", out) for word in argv], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit("%s: %s" % (" ".join(argv), done.stderr.decode()))
    took, after = time.monotonic() - began, os.times()
    return took, after.children_user + after.children_system - before.children_user - before.children_system


def written(out):
    if os.path.exists(out + ".zst"):
        subprocess.run(["zstd", "-q", "-d", "--rm", out + ".zst", "-o", out], check=True)
    return count(out)


def files(args, ours, words, folder):
    source = os.path.join(folder, "in.pcap")
    make_input(source, args.packets)
    out = os.path.join(folder, "out")
    result = []
    print("\nfile to file: %d packets; million packets/s of wall time (CPU us a packet)" % args.packets)
    print("%-24s %18s %18s %10s %10s" % ("", "ours", "tcpdump", "ratio", "CPU ratio"))
    for name, *sides in file_rows(ours, source):
        if words and not any(word in name for word in words):
            continue
        samples = ([], [])
        counts = [None, None]
        for _ in range(args.n):
            for side in (0, 1):
                samples[side].append(run_once(sides[side], out))
                counts[side] = written(out)
                for path in glob.glob(out + "*"):
                    os.unlink(path)
        if counts[0] != counts[1]:
            sys.exit("%s: %s packets in our files, %s in tcpdump's" % (name, *counts))
        wall, cpu = ([statistics.median(s[k] for s in side) for side in samples] for k in (0, 1))
        cells = ["%.2f (%.3f)" % (args.packets / wall[i] / 1e6, cpu[i] * 1e6 / args.packets) for i in (0, 1)]
        print("%-24s %18s %18s %10.2f %10.2f" % (name, *cells, wall[1] / wall[0], cpu[1] / cpu[0]), flush=True)
        result.append({"row": "file " + name, "ratio": wall[1] / wall[0], "cpu_ratio": cpu[1] / cpu[0]})
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=3, help="runs of each cell")
    parser.add_argument("-t", type=float, default=2.0, help="seconds a live run")
    parser.add_argument("-s", "--share", type=float, default=0.25, help="of a CPU, for a live tool")
    parser.add_argument("--rates", type=lambda text: [int(word) for word in text.split(",")], default=RATES)
    parser.add_argument("--packets", type=int, default=1000000, help="of the input file")
    parser.add_argument("--build", default="build-bench", help="where plx-capture and bench_traffic were built")
    parser.add_argument("--dir", default=None, help="where files are written (a folder of its own in the present one)")
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    ours = os.path.join(args.build, "apps/capture/plx-capture")
    for path in (ours, args.build + "/bench/bench_traffic"):
        if not os.access(path, os.X_OK):
            sys.exit(path + " is not there: ninja -C " + args.build)
    ours = os.path.abspath(ours)
    words = [word for word in args.words if word not in ("live", "file")]
    result = []
    with tempfile.TemporaryDirectory(dir=args.dir or ".", prefix="bench-capture-") as folder:
        if "file" not in args.words or "live" in args.words:
            result += live(args, ours, words, os.path.abspath(folder))
        if "live" not in args.words or "file" in args.words:
            result += files(args, ours, words, os.path.abspath(folder))
    print(json.dumps({"bench": "capture", "runs": args.n, "rows": result}))


if __name__ == "__main__":
    main()
