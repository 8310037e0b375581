#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Boots a guest with a machine and network cards, runs a job in it and says whether it passed.

The verdict is the value that the guest's init writes to isa-debug-exit: a panic, a power-off or a time-out can never pass.
The machine is started a second time only if the first never came as far as its init, and that is told.
"""

import argparse
import atexit
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import host
import machine
import oracle
import outside
import peers
import served
from report import read, tell, verdict

HERE = os.path.dirname(os.path.abspath(__file__))
UP_LIMIT = 150  # seconds until init speaks: three on a machine that does nothing else
PROGRAMS = ['apps/testpmd/plx-testpmd', 'apps/capture/plx-capture', 'apps/doctor/plx-doctor', 'apps/devbind/plx-devbind']


def cache_folder(build, name='kernel'):
    home = os.environ.get('XDG_CACHE_HOME')
    if home:
        return os.path.join(home, 'pollux', 'guest', *([] if name == 'kernel' else [name]))
    return os.path.join(build, 'tests', 'guest', name)


def get_kernel(options):
    """The folder of the one that the machine boots."""
    kind = [machine.KERNELS[options.machine]] if options.machine in machine.KERNELS else []
    folder = cache_folder(options.build, '_'.join(['kernel', *kind]))
    if subprocess.run([os.path.join(HERE, 'lab'), folder, *kind], check=False).returncode:
        sys.exit('guest: there is no kernel to boot')
    return folder


def get_qemu(options, cards):
    """The program: this system's, or the newer one that takes served cards."""
    if not options.newer and not any(card.is_served for card in cards):
        return 'qemu-system-x86_64'
    folder = cache_folder(options.build, 'newer')
    if status := subprocess.run([os.path.join(HERE, 'newer'), folder], check=False).returncode:
        sys.exit(status)
    return os.path.join(folder, 'qemu')


class Boot:
    """One start of the machine."""

    def __init__(self, options, cards, lab, logs):
        self.options, self.cards, self.lab, self.logs = options, cards, lab, logs
        self.folder = tempfile.mkdtemp(prefix='plx-guest.')
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)  # also when what follows fails
        self.qemu = None
        self.life = 0
        self.crashed = False
        self.asked = None  # the last, with its answer
        self.wires = {}
        behind = [card for card in cards if card.is_vhost]
        self.outside = outside.Outside(options.build, self.folder, behind, logs, options.vhost) if behind else None
        self.nics = served.Nics(options.build, self.folder, [card for card in cards if card.is_served], logs)
        for card in cards:
            if card.wire == 'oracle':
                self.wires[card.number] = oracle.make_wire(self.folder, card.number, card.mac)
            elif card.wire.startswith('tap') or card.is_vhost or card.is_served:
                self.wires[card.number] = oracle.make_tap(card.number, card.mac)
        self.doors = {name: self.door(name) for name in ('host', 'typist', 'qmp')}

    def door(self, name):
        """A socket that QEMU connects to."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(os.path.join(self.folder, name))
        listening.listen(1)
        listening.settimeout(20)
        return listening

    def initrd(self):
        build = self.options.build
        programs = self.options.tool
        if not programs and not self.options.dpdk:
            programs = {os.path.basename(p): os.path.join(build, p) for p in PROGRAMS if os.path.exists(os.path.join(build, p))}
        files = {'init': os.path.join(HERE, 'init'), 'lib.sh': os.path.join(HERE, 'lib.sh'), 'job.sh': self.options.job,
                 'bin/busybox': shutil.which('busybox'), 'bin/guest_exit': os.path.join(build, 'tests/guest/guest_exit')}
        modules = os.path.join(self.lab['kernel'], 'modules')
        files |= {f'modules/{name}': os.path.join(modules, name) for name in os.listdir(modules)}
        files |= {'bin/' + name: program for name, program in programs.items()}
        files |= {'bin/' + os.path.basename(path): path for path in self.options.file}
        files |= machine.libraries(programs.values()) | (machine.dpdk() if self.options.dpdk else {})
        path = os.path.join(self.folder, 'initrd')
        with open(path, 'wb') as file:
            file.write(machine.archive(files))
        return path

    def start(self):
        self.life += 1
        command = machine.command(self.options.machine, self.cards, self.folder, os.path.join(self.lab['kernel'], 'vmlinuz'),
                                  self.initrd(), self.logs, self.options.args, trace=self.options.trace, qemu=self.lab['qemu'])
        with open(os.path.join(self.logs, 'qemu.log'), 'wb') as log:
            log.write((' '.join(command) + '\n').encode())
            log.flush()
            self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            lines = {name: door.accept()[0] for name, door in self.doors.items()}
            qmp = machine.Qmp(lines['qmp'])
            host.Host(host.Line(lines['host']), self.wires, qmp, self.logs, host.Line(lines['typist']), self).serve()
        except OSError as error:
            print(f'guest: the lines to QEMU broke: {error}')

    def crash(self):
        """Kills QEMU in the middle of whatever it does; wait() starts it again."""
        self.crashed = True
        self.qemu.kill()

    def rise(self):
        self.crashed = False
        for name in ('serial.log', 'qemu.log'):
            os.rename(os.path.join(self.logs, name), os.path.join(self.logs, f'life{self.life}.{name}'))
        for nic in self.nics.values():
            nic.revive()
        self.start()

    def is_up(self):
        return 'LAB-UP' in read(os.path.join(self.logs, 'serial.log'))

    def wait(self):
        """QEMU's exit status; None: it did not end in time."""
        begin = time.monotonic()
        up = False
        while time.monotonic() - begin < self.options.limit:
            try:
                status = self.qemu.wait(0.1)
                if not self.crashed:
                    return status
                self.rise()
            except subprocess.TimeoutExpired:
                up = up or self.is_up()
                if not up and time.monotonic() - begin > UP_LIMIT:
                    return None
        return None

    def end(self):
        if self.qemu is not None and self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()
        for thing in (*self.doors.values(), *self.wires.values(), self.nics, *([self.outside] if self.outside else [])):
            thing.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def boot(options, cards, lab, logs):
    """(status of QEMU or None, whether init spoke, what the host was last asked)"""
    for path in glob.glob(os.path.join(logs, '*.log')):
        os.unlink(path)
    one = Boot(options, cards, lab, logs)
    try:
        one.start()
        return one.wait(), one.is_up(), one.asked
    finally:
        one.end()
        for number, how in one.nics.bad.items():
            with open(os.path.join(logs, 'qemu.log'), 'a', encoding='utf-8') as log:
                log.write(f'NIC {number} did not end well: {how}\n')


def need(tool):
    """Where it is."""
    path = shutil.which(tool)
    if path is None:
        sys.exit(f'guest: {tool} is missing; scripts/deps test installs it')
    return path


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--build', default=os.path.join(HERE, '..', '..', 'build'), help='the build folder')
    parser.add_argument('--name', help='of the folder of logs below BUILD/tests/guest/logs; the job, when not given')
    parser.add_argument('--machine', choices=machine.MACHINES, default='vfio')
    parser.add_argument('--card', action='append', default=[], metavar='KIND[+OPTION=VALUE][@WIRE]',
                        help=f'a network card: {", ".join(machine.CARDS)}; see README.md')
    parser.add_argument('--args', default='', help='arguments of the job, joined by commas')
    parser.add_argument('--tool', action='append', default=[], metavar='PROGRAM[=NAME]',
                        help='a program of this system, for the guest instead of our own; its name there')
    parser.add_argument('--dpdk', action='store_true', help="DPDK's testpmd with its driver for e1000, for the guest")
    parser.add_argument('--newer', action='store_true', help='the QEMU that served cards need, in any case')
    parser.add_argument('--file', action='append', default=[], help='another program for the guest, without libraries of its own')
    parser.add_argument('--vhost', default='', metavar=',DEVARGS', help='more arguments of net_vhost outside: ,tso=1')
    parser.add_argument('--trace', action='append', default=[], help='events that QEMU writes to trace.log')
    parser.add_argument('--limit', type=int, default=300, help='seconds the guest may take')
    parser.add_argument('job', help='a shell script, or the name of one in jobs/')
    options = parser.parse_args()
    if not os.path.exists(options.job):
        options.job = os.path.join(HERE, 'jobs', options.job + '.sh')
    options.build = os.path.abspath(options.build)
    options.tool = {name or program: need(program) for program, _, name in (text.partition('=') for text in options.tool)}
    return options


def own_network():
    """A network namespace of this process, which goes with it."""
    if os.geteuid() != 0:
        print('SKIP: needs root (interfaces in a network namespace)')
        sys.exit(77)
    peers.unshare_network()
    with open('/proc/sys/net/ipv6/conf/default/disable_ipv6', 'w', encoding='utf-8') as file:
        file.write('1')


def make_taps(cards):
    for card in cards:
        queues = ['multi_queue'] if card.wire != 'tap1' else []
        name = f'card{card.number}'
        subprocess.run(['ip', 'tuntap', 'add', 'dev', name, 'mode', 'tap', 'vnet_hdr', *queues], check=True)
        subprocess.run(['ip', 'link', 'set', name, 'up'], check=True)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('guest: ended from outside'))  # and QEMU with it
    options = arguments()
    name = options.name or os.path.basename(options.job).removesuffix('.sh')
    for tool in ('qemu-system-x86_64', 'busybox'):
        need(tool)
    cards = [machine.Card(number, text) for number, text in enumerate(options.card)]
    lab = {'kernel': get_kernel(options), 'qemu': get_qemu(options, cards)}
    taps = [card for card in cards if card.wire.startswith('tap')]
    if taps or any(card.is_vhost or card.is_served for card in cards):
        own_network()
    make_taps(taps)
    logs = os.path.join(options.build, 'tests', 'guest', 'logs', name)
    os.makedirs(logs, exist_ok=True)
    status, up, asked = boot(options, cards, lab, logs)
    if status is None and not up:
        print('guest: the machine never came up; once more')
        status, up, asked = boot(options, cards, lab, logs)
    wrong = verdict(status, logs)
    if wrong:
        tell(wrong, logs, asked)
        return 1
    print('guest: passed')
    return 0


if __name__ == '__main__':
    sys.exit(main())
