# SPDX-License-Identifier: BSD-3-Clause
"""A testpmd, ours or DPDK's, on a pipe: for the benches that drive both by their prompts."""
import os
import re
import select
import shutil
import subprocess
import sys
import time

NULLS = ["--vdev", "net_null0,size=64", "--vdev", "net_null1,size=64"]


class Prompt:
    def __init__(self, argv):
        self.text = b""
        self.child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)

    def expect(self, pattern, seconds=20):
        """Reads until the pattern stands in what was said; returns and forgets that."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            left = end - time.monotonic()
            ready = select.select([self.child.stdout], [], [], max(left, 0))[0]
            data = os.read(self.child.stdout.fileno(), 65536) if ready else b""
            if not data:
                sys.exit("no %r from %s:\n%s" % (pattern, self.child.args[0], self.text.decode()))
            self.text += data
        said, self.text = self.text, b""
        return said

    def say(self, line):
        self.child.stdin.write(line.encode() + b"\n")
        self.child.stdin.flush()

    def status(self, field):
        """A figure of /proc/PID/status in KiB."""
        with open("/proc/%d/status" % self.child.pid) as status:
            return int(re.search(field + r":\s*(\d+)", status.read()).group(1))

    def quit(self):
        """Everything it said since the last expect()."""
        self.say("quit")
        self.child.stdin.close()
        text = self.text + self.child.stdout.read()
        self.child.wait(timeout=20)
        return text.decode()


def programs(build):
    """(ours, theirs), or the end with a sentence."""
    theirs = shutil.which("dpdk-testpmd")
    if theirs is None:
        sys.exit("dpdk-testpmd is not there: scripts/deps bench installs it")
    ours = os.path.join(build, "apps/testpmd/plx-testpmd")
    if not os.access(ours, os.X_OK):
        sys.exit(ours + " is not there: ninja -C " + build)
    return ours, theirs


class HugePages:
    """At least n free pages of 2 MiB while the block runs, as far as the machine has them."""

    FILE = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

    def __init__(self, n):
        self.n = n

    def __enter__(self):
        with open(self.FILE) as f:
            self.before = int(f.read())
        self.write(max(self.n, self.before))
        with open(self.FILE) as f:
            self.enough = int(f.read()) >= self.n
        return self

    def __exit__(self, *_):
        self.write(self.before)

    def write(self, n):
        with open(self.FILE, "w") as f:
            f.write(str(n))
