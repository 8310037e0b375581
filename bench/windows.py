# SPDX-License-Identifier: BSD-3-Clause
"""Rates of two programs that work together on processors 0 and 1, window by window, and where the processors were.

The host of a virtual machine moves its processors: near to each other (they share a cache) or far (hop.c), for seconds or for less. A
window counts only if they stayed, and if nobody else had them meanwhile.
"""
import collections
import glob
import os
import statistics
import subprocess
import time

SETTLE_S = 0.03   # after a look at the places, which takes the processors away for as long
DISTURBED = 0.05  # of a window: waited for a processor, or taken by the host

# place: n, f, ? (moved, or not known) or x (disturbed)
Window = collections.namedtuple("Window", "rate place")


class Places:
    """bench_hop, asked again and again."""

    def __init__(self, build):
        self.child = subprocess.Popen([os.path.join(build, "bench/bench_hop"), "-i"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)

    def now(self):
        """n, f, or ? if it is not known."""
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        mark = self.child.stdout.readline().split()[1][0]
        return mark if mark in "nf" else "?"

    def close(self):
        self.child.stdin.close()
        self.child.wait(timeout=10)


class First:
    """These programs and this script go before all others while the block runs: for a machine that is not quiet."""

    def __init__(self, pids, places):
        main, rest = 2, 1  # who answers goes before who polls, and who asks before both
        self.threads = {tid: main if tid == pid else rest for pid in pids for tid in self.threads_of(pid)}
        self.threads[places.child.pid] = 3
        self.threads[0] = 2

    @staticmethod
    def threads_of(pid):
        return [int(os.path.basename(task)) for task in glob.glob("/proc/%d/task/*" % pid)]

    def __enter__(self):
        for tid, priority in self.threads.items():
            os.sched_setscheduler(tid, os.SCHED_FIFO, os.sched_param(priority))

    def __exit__(self, *_):
        for tid in self.threads:
            os.sched_setscheduler(tid, os.SCHED_OTHER, os.sched_param(0))


def waited_s(pids):
    """Seconds that threads of these processes were ready to run and did not."""
    waited = 0
    for pid in pids:
        for path in glob.glob("/proc/%d/task/*/schedstat" % pid):
            with open(path) as stat:
                waited += int(stat.read().split()[1])
    return waited / 1e9


def stolen_s():
    """Seconds that the host took from all processors."""
    with open("/proc/stat") as stat:
        return int(stat.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


def one(places, pids, count, seconds, before):
    """A window of what count() returns with its time; the place it began in is known."""
    time.sleep(SETTLE_S)
    lost = waited_s(pids) + stolen_s()
    first, began = count()
    time.sleep(seconds)
    last, ended = count()
    lost = waited_s(pids) + stolen_s() - lost
    after = places.now()
    mark = "?" if after != before else "x" if lost > DISTURBED * seconds else after
    return Window((last - first) / (ended - began) / 1e6, mark), after


def take(places, pids, count, seconds, wanted):
    """Windows, until one place has as many as wanted, or eight times as many in all."""
    windows, place = [], places.now()
    while len(windows) < 8 * wanted and most(windows) < wanted:
        window, place = one(places, pids, count, seconds, place)
        windows.append(window)
    return windows


def of_place(windows, place):
    return [w.rate for w in windows if w.place == place]


def most(windows):
    return max(len(of_place(windows, place)) for place in "nf")


def rates(starts, place, wanted):
    """The median window of each start that has as many of this place as wanted."""
    return [statistics.median(of_place(windows, place)) for windows in starts
            if len(of_place(windows, place)) >= wanted]
