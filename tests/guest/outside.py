# SPDX-License-Identifier: BSD-3-Clause
"""plx-testpmd outside of the guest as the other side of its cards: net_vhost behind the card, net_af_packet on a veth pair.

Card N is port 2N; port 2N + 1 is the interface port<N>, whose peer card<N> is the wire of the tests.
"""

import contextlib
import hashlib
import json
import os
import random
import select
import socket
import subprocess
import threading
import time

import oracle
import peers

LIMIT = 90  # seconds for an answer
ETH_P_ALL = 3
BARE = 100  # bytes that no packet of TCP without data has
ADDRESS = '10.7.0.9'  # of the host on the wire


class Outside:
    def __init__(self, build, folder, cards, logs, devargs):
        queues = max(card.queues for card in cards)
        self.log = os.path.join(logs, 'outside.log')
        self.command = [os.path.join(build, 'apps/testpmd/plx-testpmd'), '--no-huge', '--no-pci', '--lcores', '(0,1)@(0-1)']
        for card in cards:
            self.veth(card.number, queues)
            self.command += ['--vdev', f'net_vhost{card.number},iface={card.socket(folder)},queues={card.queues}{devargs}',
                             '--vdev', f'net_af_packet{card.number},iface=port{card.number}']
        self.command += ['--', '-i', '--json', '--rxq', str(queues), '--txq', str(queues), '--enable-scatter']
        self.served = None
        open(self.log, 'wb').close()
        self.start()

    @staticmethod
    def veth(number, queues):
        many = ['numtxqueues', str(queues), 'numrxqueues', str(queues)]
        subprocess.run(['ip', 'link', 'add', f'card{number}', *many, 'type', 'veth', 'peer', 'name', f'port{number}', *many],
                       check=True)
        for name in (f'card{number}', f'port{number}'):
            subprocess.run(['ip', 'link', 'set', name, 'up'], check=True)
        Outside.leave_work(number, 'off')

    @staticmethod
    def leave_work(number, state):
        """Whether the host's kernel leaves checksums and cutting to the wire."""
        subprocess.run(['ethtool', '-K', f'card{number}', 'tx', state, 'tso', state], check=True, stdout=subprocess.DEVNULL)

    def start(self):
        with open(self.log, 'ab') as log:
            self.program = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.forwards = False
        self.say('show port summary all')

    def say(self, command):
        """The answer, a line of JSON."""
        self.program.stdin.write(command.encode() + b'\n')
        self.program.stdin.flush()
        if not select.select([self.program.stdout], [], [], LIMIT)[0]:
            raise ValueError(f'plx-testpmd outside gave no answer to {command}')
        said = self.program.stdout.readline().decode()
        if not said or 'error' in json.loads(said):
            raise ValueError(f'plx-testpmd outside, {command}: {said or "it ended"}')
        return said.strip()

    def forward(self, engine, ports):
        """Leaves off what it does, and forwards between those ports."""
        self.idle()
        for command in (f'set fwd {engine}', f'set portlist {ports}', 'start'):
            self.say(command)
        self.forwards = True

    def idle(self):
        if self.forwards:
            self.say('stop')
        self.forwards = False

    def segments(self, card):
        """Between that card and its wire, TCP is neither cut nor summed up. While it is idle."""
        self.leave_work(card, 'on')
        for port in (2 * card, 2 * card + 1):
            self.say(f'port stop {port}')
            for word in ('rx_offload tcp_cksum', 'rx_offload udp_cksum', 'rx_offload scatter', 'tx_offload tcp_cksum',
                         'tx_offload udp_cksum', 'tx_offload multi_segs', 'tx_offload tcp_tso'):
                self.say(f'port config {port} {word} on')
            self.say(f'port start {port}')
            for command in (f'csum set tcp hw {port}', f'csum set udp hw {port}', f'csum mac-swap off {port}', f'tso set 1448 {port}'):
                self.say(command)
        self.say(f'port stop {2 * card}')
        self.say(f'port config {2 * card} rx_offload tcp_lro on')
        self.say(f'port start {2 * card}')

    def kill(self):
        self.program.kill()
        self.program.wait()

    def leave(self):
        """Its status is 0 only if the books of every port add up."""
        self.idle()
        self.program.stdin.write(b'quit\n')
        self.program.stdin.close()
        self.program.stdout.read()
        if status := self.program.wait(LIMIT):
            raise ValueError(f'plx-testpmd outside ended with status {status}')

    def serve(self, card, size):
        """The host's kernel awaits a connection at the wire of a card, sends so many bytes over it and takes what comes."""
        name = f'card{card}'
        subprocess.run(['ip', 'address', 'add', ADDRESS + '/24', 'dev', name], check=True)
        self.served = Served(name, socket.create_server((ADDRESS, 5000)), random.Random(size).randbytes(size))

    def drop(self):
        """Who was at the other end of the connection is gone."""
        if self.served:
            self.served.drop()
        self.served = None

    def close(self):
        if self.program.poll() is None:
            self.kill()


class Served:
    """One TCP connection, both ways at once."""

    def __init__(self, name, door, data):
        self.name, self.door, self.data = name, door, data
        self.before = peers.kernel_counts([], name)
        self.got = hashlib.sha256()
        self.sizes = []
        self.watcher = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.watcher.setsockopt(socket.SOL_SOCKET, oracle.SO_RCVBUFFORCE, oracle.KEPT)
        self.watcher.bind((name, 0))
        threading.Thread(target=self.watch, daemon=True).start()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def watch(self):
        """Lengths of what comes with data in it."""
        with contextlib.suppress(OSError):
            while True:
                size, _, _, address = self.watcher.recvmsg_into([bytearray(1)], 0, socket.MSG_TRUNC)
                if address[2] != socket.PACKET_OUTGOING and size > BARE:
                    self.sizes.append(size)

    def run(self):
        with contextlib.suppress(OSError), self.door, self.door.accept()[0] as line:
            line.settimeout(LIMIT)
            sender = threading.Thread(target=self.send, args=(line,), daemon=True)
            sender.start()
            while piece := line.recv(1 << 16):
                self.got.update(piece)
            sender.join()

    def send(self, line):
        with contextlib.suppress(OSError):
            line.sendall(self.data)
            line.shutdown(socket.SHUT_WR)

    def drop(self):
        """Takes the address back and looks no more; threads that wait end when their time is over."""
        subprocess.run(['ip', 'address', 'flush', 'dev', self.name], check=True)
        self.watcher.close()
        self.door.close()

    def end(self):
        """(hash of what was sent, of what came; lengths of what came with data; wrong checksums)"""
        self.thread.join(LIMIT)
        if self.thread.is_alive():
            raise ValueError('the connection did not end')
        end = time.monotonic() + LIMIT
        while select.select([self.watcher], [], [], 0)[0] and time.monotonic() < end:
            time.sleep(0.01)  # until all that came has been looked at
        self.drop()
        wrong = peers.kernel_counts([], self.name)[2] - self.before[2]
        return hashlib.sha256(self.data).hexdigest(), self.got.hexdigest(), self.sizes, wrong
