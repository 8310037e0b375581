# SPDX-License-Identifier: BSD-3-Clause
"""The other end of the cable: numbered frames through the guest, every byte and the order compared.

A wire is a pair of datagram sockets, a datagram a frame: QEMU's end stands behind a network card of the guest. Each wire
keeps books of what it gave and took, for comparison with what the program inside says it received and sent.
"""

import collections
import errno
import os
import random
import re
import selectors
import socket
import struct
import time

FRAME_MIN, FRAME_MAX = 60, 1514
ETHERTYPE = 0x88b5  # for local experiments
PATIENCE = 30  # seconds without a frame
KEPT = 4 << 20
ETH_P_ALL, SOL_PACKET, PACKET_IGNORE_OUTGOING = 3, 263, 23
SO_RCVBUFFORCE = 33  # beyond what the system allows; a frame in wait takes ten times its length
FLOW_AT = 14 + 20  # the source port of a flow's frames


class Mismatch(Exception):
    pass


class Wire:
    """A cable to a card: ours and qemus are paths of sockets; ours is bound at once, so that QEMU can start."""

    def __init__(self, name, ours, qemus, mac):
        self.name, self.mac = name, mac
        self.socket = self.plug(ours, qemus)
        self.socket.setblocking(False)
        self.fresh()

    def plug(self, ours, qemus):
        self.qemus = qemus
        end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT)
        end.bind(ours)
        return end

    def send(self, frame):
        self.socket.sendto(frame, self.qemus)

    def fresh(self):
        self.given = self.given_bytes = self.taken = self.taken_bytes = 0

    def give(self, frame):
        """False if there is no room now."""
        try:
            self.send(frame)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ENOBUFS):
                return False
            raise
        self.given += 1
        self.given_bytes += len(frame)
        return True

    def take(self):
        """A frame, or None if there is none now."""
        try:
            frame = self.socket.recv(1 << 16)
        except BlockingIOError:
            return None
        self.taken += 1
        self.taken_bytes += len(frame)
        return frame

    def close(self):
        self.socket.close()


class TapWire(Wire):
    """The host's side of a tap device, which offers what sockets do not: queues, checksums, large segments."""

    def plug(self, ours, qemus):
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        end.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, KEPT)
        end.bind((qemus, 0))
        return end

    def send(self, frame):
        self.socket.send(frame)


def sizes(count, chance, longest=FRAME_MAX):
    """The edges first, then all lengths alike."""
    edges = [FRAME_MIN, longest, FRAME_MIN + 1, longest - 1, 64, 128, 1024]
    return (edges + [chance.randint(FRAME_MIN, longest) for _ in range(max(0, count - len(edges)))])[:count]


def numbered(count, seed, to, fro=bytes.fromhex('02feed000001'), longest=FRAME_MAX):
    """count frames to the MAC address `to`: a header, the number, bytes of chance."""
    chance = random.Random(seed)
    for number, size in enumerate(sizes(count, chance, longest)):
        yield to + fro + struct.pack('>HI', ETHERTYPE, number) + chance.randbytes(size - 18)


def tagged(frame, tag):
    """The same with a tag of 802.1Q; without one if tag is None."""
    return frame if tag is None else frame[:12] + struct.pack('>HH', 0x8100, tag) + frame[12:]


def checksum(data):
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def flows(count, number_of_flows, seed, to, host, fro=bytes.fromhex('02feed000001')):
    """The same as UDP over IPv4 from 10.0.<host>.1, of several flows in turn."""
    chance = random.Random(seed)
    for number, size in enumerate(sizes(count, chance)):
        udp = struct.pack('>HHHHI', 1024 + number % number_of_flows, 9, size - 34, 0, number) + chance.randbytes(size - 46)
        head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, size - 14, 0, 0, 64, 17, 0, bytes((10, 0, host, 1)), bytes((10, 0, host, 2)))
        yield to + fro + b'\x08\x00' + head[:10] + struct.pack('>H', checksum(head)) + head[12:] + udp


def toeplitz(key, data):
    """The hash that RSS is named by: the 32 bits of the key from each bit that is set on, all added by exclusive or."""
    key, bits, value = int.from_bytes(key, 'big'), 8 * len(key), 0
    for i in range(8 * len(data)):
        if data[i // 8] >> (7 - i % 8) & 1:
            value ^= key >> (bits - 32 - i) & 0xffffffff
    return value


RECEIVED = re.compile(r' - RSS hash=0x([0-9a-f]+) - RSS queue=0x([0-9a-f]+) .*\n +([0-9.]+)\.(\d+) > ([0-9.]+)\.(\d+) UDP ')


def check_hashes(said, key, table):
    """What plx-testpmd says of packets of flows(): the hash is made of addresses and ports, the queue stands in the table. The queues."""
    if not (count := said.count('  src=')) or count != len(RECEIVED.findall(said)):
        raise Mismatch(f'not all of {count} packets have a hash: {said[:500]}')
    for value, queue, source, source_port, to, to_port in RECEIVED.findall(said):
        wanted = toeplitz(key, socket.inet_aton(source) + socket.inet_aton(to) + struct.pack('>HH', int(source_port), int(to_port)))
        home = table[wanted % len(table)]
        if int(value, 16) != wanted or int(queue, 16) != home:
            raise Mismatch(f'{source}.{source_port} > {to}.{to_port}: hash {value} on queue {queue}, not {wanted:x} on {home}')
        yield int(queue, 16)


def no_flow(frame):
    """All frames in one order."""
    return 0


def udp_flow(frame):
    return frame[FLOW_AT:FLOW_AT + 2]


class Way:
    """One direction: frames given on one wire that must arrive on another one, unchanged and in order, each flow by itself."""

    def __init__(self, source, sink, frames, window, flow_of=no_flow, given=lambda frame: frame, wanted=lambda frame: frame):
        self.source, self.sink, self.window, self.flow_of = source, sink, window, flow_of
        self.given, self.wanted = given, wanted  # what becomes of a frame before it is given, and on its way
        self.frames = iter(frames)
        self.next = next(self.frames, None)
        self.under_way = collections.defaultdict(collections.deque)
        self.waiting = self.arrived = 0

    def pump(self):
        while self.next is not None and self.waiting < self.window and self.source.give(self.given(self.next)):
            self.under_way[self.flow_of(self.next)].append(self.wanted(self.next))
            self.waiting += 1
            self.next = next(self.frames, None)

    def arrive(self, frame):
        line = self.under_way[self.flow_of(frame)]
        if not line:
            raise Mismatch(f'{self}: a frame of {len(frame)} bytes that nobody sent: {frame[:48].hex()}')
        wanted = line[0]
        if frame != wanted:
            at = next((i for i, (a, b) in enumerate(zip(frame, wanted)) if a != b), min(len(frame), len(wanted)))
            later = next((i for i, other in enumerate(line) if other == frame), None)
            what = f'it is the one {later} later' if later else f'byte {at} differs, {len(frame)} bytes instead of {len(wanted)}'
            raise Mismatch(f'{self}: instead of frame {self.arrived} came another one: {what}: '
                           f'{frame[max(0, at - 8):at + 8].hex()} instead of {wanted[max(0, at - 8):at + 8].hex()}')
        line.popleft()
        self.waiting -= 1
        self.arrived += 1

    def done(self):
        return self.next is None and self.waiting == 0

    def __str__(self):
        return f'{self.source.name} to {self.sink.name}'


def exchange(ways, patience=PATIENCE):
    """Until all frames of all ways have arrived. Each wire is the sink of one way at most."""
    sinks = {way.sink: way for way in ways}
    wires = set(sinks) | {way.source for way in ways}
    with selectors.DefaultSelector() as ready:
        for wire in wires:
            ready.register(wire.socket, selectors.EVENT_READ, wire)
        last = time.monotonic()
        while not all(way.done() for way in ways):
            for way in ways:
                way.pump()
            for key, _ in ready.select(0.02):
                frame = key.data.take()
                if frame is None:
                    continue
                if key.data not in sinks:
                    raise Mismatch(f'a frame came out of {key.data.name}, where none should: {frame[:32].hex()}')
                sinks[key.data].arrive(frame)
                last = time.monotonic()
            if time.monotonic() - last > patience:
                raise Mismatch('; '.join(f'{way}: {way.arrived} frames arrived, {way.waiting} did not'
                                         for way in ways if not way.done()))


def through(a, b, count, window=16, seed=1, longest=FRAME_MAX):
    """Both ways between the wires at once."""
    exchange([Way(a, b, numbered(count, seed, a.mac, longest=longest), window),
              Way(b, a, numbered(count, seed + 1, b.mac, longest=longest), window)])


def expect_announcement(wire, mac, patience=PATIENCE):
    """Takes frames until a RARP request comes from that address (RFC 903); others may be announced before."""
    wanted = b'\xff' * 6 + mac + bytes.fromhex('8035 0001 0800 06 04 0003') + mac + bytes(4) + mac + bytes(22)
    end, seen = time.monotonic() + patience, []
    while time.monotonic() < end:
        frame = wire.take()
        if frame == wanted:
            return
        if frame is None:
            time.sleep(0.01)
        elif frame[12:14] != wanted[12:14] or frame[6:12] == mac:
            raise Mismatch(f'{wire.name}: no announcement of {mac.hex(":")}: {frame.hex()}')
        else:
            seen.append(frame[6:12].hex(':'))
    raise Mismatch(f'{wire.name}: {mac.hex(":")} was not announced, but {seen}')


def quiet(wires, seconds):
    """Fails if a frame comes out of any of them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for wire in wires:
            frame = wire.take()
            if frame is not None:
                raise Mismatch(f'a frame came out of {wire.name}, where none should: {frame[:32].hex()}')
        time.sleep(0.02)


def inject(wire, frames, patience=PATIENCE):
    """Into the wire and not out of it again; QEMU takes them as fast as the guest does. Returns them."""
    given = []
    last = time.monotonic()
    for frame in frames:
        while not wire.give(frame):
            if time.monotonic() - last > patience:
                raise Mismatch(f'{wire.name} takes no more after {len(given)} frames')
            time.sleep(0.01)
        last = time.monotonic()
        given.append(frame)
    return given


def make_wire(folder, number, mac):
    return Wire(f'card {number}', os.path.join(folder, f'host{number}'), os.path.join(folder, f'qemu{number}'), mac)


def make_tap(number, mac):
    return TapWire(f'card {number}', None, f'card{number}', mac)
