# SPDX-License-Identifier: BSD-3-Clause
"""What a job whose cards have the kernel's own driver may ask of the host: a peer at a tap, and books compared with the driver's."""

import ctypes
import json
import os
import random
import re
import socket
import struct
import subprocess
import time

import oracle
import outside
from answers import No

LIMIT = 90
TAGGED = bytes.fromhex('8100')
TYPE = bytes.fromhex('88b5')  # for local experiments
SOURCE = bytes.fromhex('02feed000001')
FCS = 4
SO_ATTACH_FILTER = 26
PACKET_STATISTICS = 6


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT).stdout


def tap_counts(name):
    """What the guest's card saw of it: its rx is what the tap transmitted."""
    stats = interface(name)['stats64']
    return {f'{ours}_{what}': stats[theirs][what] for ours, theirs in (('rx', 'tx'), ('tx', 'rx')) for what in ('packets', 'bytes')}


def interface(name):
    """Of this process's network namespace, which /sys does not show."""
    return json.loads(run('ip', '-j', '-s', 'link', 'show', name))[0]


def wrong_sums():
    """Checksums that this namespace's kernel found wrong."""
    with open('/proc/net/snmp', encoding='ascii') as file:
        lines = [line.split() for line in file]
    return sum(int(value) for names, values in zip(lines[::2], lines[1::2]) for name, value in zip(names[1:], values[1:])
               if name == 'InCsumErrors')


def spent_ms(process):
    """Of all its threads, in user space and in the kernel."""
    with open(f'/proc/{process}/stat', encoding='utf-8') as file:
        fields = file.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf('SC_CLK_TCK')


class ShortFrames:
    """Those that leave by an interface with less than the 60 bytes that a cable carries."""

    # Classic BPF: the length; 60 and more: nothing of it, else all.
    FILTER = b''.join(struct.pack('HBBI', *line) for line in ((0x80, 0, 0, 0), (0x35, 1, 0, 60), (0x06, 0, 0, 0xffff), (0x06, 0, 0, 0)))

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(oracle.ETH_P_ALL))
        program = ctypes.create_string_buffer(self.FILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                               struct.pack('HP', len(self.FILTER) // 8, ctypes.addressof(program)))
        self.socket.setsockopt(socket.SOL_SOCKET, oracle.SO_RCVBUFFORCE, oracle.KEPT)
        self.socket.bind((name, 0))
        self.socket.setblocking(False)
        self.sum = self.lost = 0

    def missing(self):
        """Bytes, in all of them."""
        try:
            while True:
                frame, address = self.socket.recvfrom(100)
                if address[2] == socket.PACKET_OUTGOING:
                    self.sum += 60 - len(frame)
        except BlockingIOError:
            pass
        self.lost += struct.unpack('II', self.socket.getsockopt(oracle.SOL_PACKET, PACKET_STATISTICS, 8))[1]
        if self.lost:
            raise No(f'{self.lost} short frames were not seen: no room for them')
        return self.sum


class Verbs:
    """A part of host.Host."""

    nics, wires, logs = {}, {}, ''
    iperf = None
    addresses, short, settled = {}, {}, {}  # by card
    served = None

    def do_peer(self, n, address, theirs, mac):
        """The host has that address at the tap of card n, knows who has `theirs`, and serves iperf3. Its MAC address."""
        name = f'card{n}'
        run('ip', 'address', 'replace', address + '/24', 'dev', name)
        run('ip', 'neigh', 'replace', theirs, 'lladdr', mac, 'nud', 'permanent', 'dev', name)
        self.addresses = {**self.addresses, n: (address, theirs, mac)}
        self.short = {**self.short, n: ShortFrames(name)}
        self.serve_iperf()
        return interface(name)['address']

    def do_peer6(self, n, address, theirs, mac):
        """The same over IPv6, beside the other one."""
        run('sysctl', '-q', f'net.ipv6.conf.card{n}.disable_ipv6=0', f'net.ipv6.conf.card{n}.accept_ra=0')
        run('ip', 'address', 'replace', address + '/64', 'dev', f'card{n}', 'nodad')
        run('ip', 'neigh', 'replace', theirs, 'lladdr', mac, 'nud', 'permanent', 'dev', f'card{n}')

    def serve_iperf(self):
        if self.iperf is None:
            with open(os.path.join(self.logs, 'iperf3.log'), 'wb') as log:
                self.iperf = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', 'iperf3', '-s', '--forceflush'], stdout=log,
                                              stderr=subprocess.STDOUT)
            self.wait_listening(5201)

    @staticmethod
    def wait_listening(port):
        end = time.monotonic() + LIMIT
        while not run('ss', '-Hltn', f'sport = :{port}'):
            if time.monotonic() > end:
                raise No('iperf3 does not listen')
            time.sleep(0.05)

    def do_bridge(self, *numbers):
        """The cables of those cards end in one bridge."""
        run('ip', 'link', 'add', 'bridge', 'type', 'bridge')
        for n in numbers:
            run('ip', 'link', 'set', f'card{n}', 'master', 'bridge')
        run('ip', 'link', 'set', 'bridge', 'up')

    def do_mtu(self, n, size):
        """Of the tap of card n."""
        run('ip', 'link', 'set', f'card{n}', 'mtu', size)

    def do_settle(self, n):
        """Until nothing has gone over the tap of card n for a while."""
        end, last = time.monotonic() + LIMIT, None
        while (now := tap_counts(f'card{n}')) != last:
            if time.monotonic() > end:
                raise No('there is no end of packets')
            last = now
            time.sleep(0.4)
        self.settled = {**self.settled, n: last}

    def do_sums(self):
        """This kernel found no checksum wrong."""
        if wrong := wrong_sums():
            raise No(f'{wrong} wrong checksums')

    def do_counted(self, n, *words):
        """What the driver says the card counted, rx_packets=7 ..., of all there was: what went over the tap, and the card's books.
        "again" if something went over the tap since `settle`: then it was not all of one moment."""
        if tap_counts(f'card{n}') != self.settled.get(n):
            return 'again'
        said = {name: int(value) for name, _, value in (word.partition('=') for word in words)}
        n = int(n)
        if n in self.nics:
            saw = self.nics[n].books()
        else:
            saw = tap_counts(f'card{n}')
        for way in ('rx', 'tx'):
            saw[f'{way}_bytes'] += FCS * saw[f'{way}_packets']
        saw['rx_bytes'] += self.short[str(n)].missing()
        wrong = [f'{name} is {value}, the host saw {saw[name]}' for name, value in said.items() if value != saw[name]]
        if wrong:
            raise No('; '.join(wrong))
        return ' '.join(words)

    def do_spent(self, n):
        """Milliseconds of processor time of QEMU and of what is card n, and accesses to the card, as far as it is one of ours."""
        if int(n) not in self.nics:
            return f'{spent_ms(self.boot.qemu.pid)} 0 0 0'
        nic = self.nics[int(n)]
        card = nic.say('show stats nic0')['nics'][0]['card']
        return f'{spent_ms(self.boot.qemu.pid)} {spent_ms(nic.process.pid)} {card["reads"]} {card["writes"]}'

    def do_pause(self, n, count, quanta):
        """Pause frames into card n: 802.3, annex 31B."""
        frame = bytes.fromhex('0180c2000001') + SOURCE + bytes.fromhex('88080001') + int(quanta).to_bytes(2, 'big') + bytes(42)
        self.give_all(n, count, frame)

    def do_send(self, n, count, to, vid='0'):
        """Frames of 100 bytes to that address, in that VLAN, into card n."""
        tag = TAGGED + int(vid).to_bytes(2, 'big') if vid != '0' else b''
        frame = bytes.fromhex(to.replace(':', '')) + SOURCE + tag + TYPE + bytes(100 - 14 - len(tag))
        self.give_all(n, count, frame)

    def give_all(self, n, count, frame):
        end = time.monotonic() + LIMIT
        for _ in range(int(count)):
            while not self.wires[int(n)].give(frame):
                if time.monotonic() > end:
                    raise No('the card takes no more')
                time.sleep(0.01)

    def do_listen(self, n, size):
        """The host awaits a TCP connection at port 5000 of the tap of card n: it sends so many bytes and takes what comes."""
        self.served = outside.Served(f'card{n}', socket.create_server((self.addresses[n][0], 5000)),
                                     random.Random(size).randbytes(int(size)))

    def do_listened(self, n, sent, got):
        """That connection has ended: hashes of what the guest sent and got."""
        given, taken, *_ = self.served.end()
        self.readdress(n)
        if (sent, got) != (taken, given):
            raise No('the bytes that arrived are not those that were sent')

    def readdress(self, n):
        address, theirs, mac = self.addresses[n]
        run('ip', 'address', 'replace', address + '/24', 'dev', f'card{n}')
        run('ip', 'neigh', 'replace', theirs, 'lladdr', mac, 'nud', 'permanent', 'dev', f'card{n}')

    # -- DPDK's testpmd in the guest, which writes to the first serial line ---------------------------------------------

    def serial(self):
        with open(os.path.join(self.logs, 'serial.log'), encoding='utf-8', errors='replace') as file:
            return file.read()

    def do_said(self, times, *words):
        """That text is on the first serial line so many times, or will be."""
        end = time.monotonic() + LIMIT
        while self.serial().count(' '.join(words)) < int(times):
            if time.monotonic() > end:
                raise No('it never came')
            time.sleep(0.1)

    def do_testpmd_books(self, *numbers):
        """testpmd's last words about ports 0, 1, ...: it received and sent what the wires of those cards gave and took."""
        last = re.findall(r'Forward statistics for port (\d+) .*\n\s*RX-packets: (\d+) .*RX-total: (\d+)\s*\n\s*TX-packets: (\d+) .*'
                          r'TX-total: (\d+)', self.serial().replace('\r', ''))
        said = {int(port): (int(rx), int(rx_all), int(tx), int(tx_all)) for port, rx, rx_all, tx, tx_all in last}
        for port, n in enumerate(numbers):
            wire = self.wires[int(n)]
            wanted = (wire.given, wire.given, wire.taken, wire.taken)
            if said.get(port) != wanted:
                raise No(f'port {port}: {said.get(port)}, not {wanted}')
        return f'{said}'

    # -- deaths ------------------------------------------------------------------------------------------------------------

    def do_kill_nic(self, n):
        """kill -9 of the process that is card n. QEMU 11.1 falls over when it notices; the machine begins anew, with a new NIC."""
        qemu, end = self.boot.qemu, time.monotonic() + 3
        self.boot.crashed = True
        self.nics[int(n)].kill()
        while qemu.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        qemu.kill()  # this one, and not the next, which may be there by now

    def do_replug(self, n):
        """Takes card n out of the machine and puts it in again, the same process."""
        self.qmp.ask('device_del', id=f'card{n}')
        end = time.monotonic() + LIMIT
        while f'card{n}' in [each['name'] for each in self.qmp.ask('qom-list', path='/machine/peripheral')]:
            if time.monotonic() > end:
                raise No('the card does not go')
            time.sleep(0.05)
        self.nics[int(n)].wait_connected(False)
        self.qmp.ask('device_add', **self.nics[int(n)].card.served_device())

    def end_linux(self):
        if self.iperf:
            self.iperf.kill()
            self.iperf.wait()
