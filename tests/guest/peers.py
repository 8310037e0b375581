# SPDX-License-Identifier: BSD-3-Clause
"""Two hosts, kernels with TCP, at the two taps of a guest that forwards: each in a network namespace of its own."""

import ctypes
import os
import subprocess
import sys

ADDRESSES = {'4': ('10.99.0.1', '10.99.0.2'), '6': ('fd99::1', 'fd99::2')}
LIMIT = 120
CLONE_NEWNET = 0x40000000

# Both sides: send so many bytes made from a seed and expect those of the other seed, each judged by its hash.
TRANSFER = '''
import hashlib, random, socket, sys, threading
listens, size, mine, other = sys.argv[1] == 'listen', int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
def data(seed):
    return random.Random(seed).randbytes(size)
if listens:
    family = socket.AF_INET6 if ':' in sys.argv[2] else socket.AF_INET
    door = socket.create_server((sys.argv[2], 5000), family=family)
    print('listening', flush=True)
    line = door.accept()[0]
else:
    line = socket.create_connection((sys.argv[2], 5000), 60)
line.settimeout(90)
def send():
    line.sendall(data(mine))
    line.shutdown(socket.SHUT_WR)
sender = threading.Thread(target=send)
sender.start()
got = hashlib.sha256()
while piece := line.recv(1 << 20):
    got.update(piece)
sender.join()
sys.exit(got.digest() != hashlib.sha256(data(other)).digest())
'''


class Peers:
    """The near host is this process's namespace with the tap of one card, the far one gets the other tap."""

    def __init__(self, near, far):
        self.near, self.far = f'card{near}', f'card{far}'
        self.keeper = subprocess.Popen(['unshare', '-n', 'cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.keeper.stdin.write(b'\n')
        self.keeper.stdin.flush()
        self.keeper.stdout.read(1)  # it has its namespace
        self.run('ip', 'link', 'set', self.far, 'netns', str(self.keeper.pid))
        for end, where, name in ((0, [], self.near), (1, self.there(), self.far)):
            self.run(*where, 'sysctl', '-q', f'net.ipv6.conf.{name}.disable_ipv6=0', f'net.ipv6.conf.{name}.accept_ra=0')
            self.run(*where, 'ip', 'address', 'add', ADDRESSES['4'][end] + '/24', 'dev', name)
            self.run(*where, 'ip', 'address', 'add', ADDRESSES['6'][end] + '/64', 'dev', name, 'nodad')
            self.run(*where, 'ip', 'link', 'set', name, 'up')

    def there(self):
        return ['nsenter', f'--net=/proc/{self.keeper.pid}/ns/net']

    def run(self, *command):
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT).stdout

    def transfer(self, size, family='4'):
        """size random bytes each way in one TCP connection; false if either end got others."""
        script, there = [sys.executable, '-c', TRANSFER], ADDRESSES[family][1]
        server = subprocess.Popen([*self.there(), *script, 'listen', there, str(size), '1', '2'], stdout=subprocess.PIPE)
        try:
            server.stdout.readline()
            client = subprocess.run([*script, 'connect', there, str(size), '2', '1'], timeout=LIMIT, check=False)
            return client.returncode == 0 and server.wait(LIMIT) == 0
        finally:
            server.kill()
            server.wait()

    def counts(self, far):
        return kernel_counts(self.there(), self.far) if far else kernel_counts([], self.near)

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()


def kernel_counts(where, name):
    """(packets, bytes) that came to that interface, and wrong checksums that TCP there met; `where` goes before commands."""
    def run(path):
        return subprocess.run([*where, 'cat', path], check=True, capture_output=True, text=True, timeout=LIMIT).stdout

    fields = run('/proc/net/dev').split(name + ':')[1].split()
    snmp = [line.split() for line in run('/proc/net/snmp').splitlines() if line.startswith('Tcp:')]
    return int(fields[1]), int(fields[0]), int(dict(zip(*snmp))['InCsumErrors'])


def unshare_network():
    """This process in a network namespace that goes with it."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
