#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The other end of a vhost-user socket, as it should not be.

make_hostile_peer.py front SOCKET KIND...   calls a back end once for each kind, and waits each time until it is sent away
make_hostile_peer.py back SOCKET KIND...    listens, and answers one front end after the other, each in the next kind
make_hostile_peer.py call SOCKET KIND...    the same, but calls front ends that listen
"""
import ctypes
import mmap
import os
import select
import socket
import struct
import sys
import tempfile
import threading
import time

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
NUM, ADDR, BASE, KICK, CALL = 8, 9, 10, 12, 13
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, ENABLE = 15, 16, 18
NEED_REPLY = 8
FEATURES = 1 << 32 | 1 << 30  # VERSION_1, protocol features
PROTOCOL = 1 << 3  # REPLY_ACK

PHYS, USER, LEN = 0x40000000, 0x7f1200000000, 1 << 20
RING, AVAIL, USED, BUFS = 0x10000, 0x4000, 0x8000, 0x40000
SIZE = 256
PATIENCE = 30


def call_on(path):
    end = time.monotonic() + PATIENCE
    while True:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(PATIENCE)
        try:
            sock.connect(path)
            return sock
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def until_hung_up(sock):
    try:
        while sock.recv(65536):
            pass
    except ConnectionResetError:
        pass


# -- a front end ----------------------------------------------------------------------------------------------


class Front:
    def __init__(self, path):
        self.sock = call_on(path)
        self.owner = None

    def say(self, request, payload=b'', fds=(), flags=NEED_REPLY):
        socket.send_fds(self.sock, [struct.pack('=III', request, 1 | flags, len(payload)) + payload], fds)
        if flags & NEED_REPLY:
            self.answer()

    def answer(self):
        head = self.exactly(12)
        return self.exactly(struct.unpack('=III', head)[2])

    def exactly(self, count):
        got = b''
        while len(got) < count:
            more = self.sock.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def hello(self):
        self.say(SET_OWNER, flags=0)
        self.say(SET_PROTOCOL_FEATURES, struct.pack('=Q', PROTOCOL), flags=0)
        self.say(SET_FEATURES, struct.pack('=Q', FEATURES))

    def tell_memory(self, fds, *regions):
        table = struct.pack('=II', len(regions), 0) + b''.join(struct.pack('=QQQQ', *r) for r in regions)
        self.say(SET_MEM_TABLE, table, fds)

    def tell_ring(self, index, at=None):
        at = USER + index * RING if at is None else at
        self.say(NUM, struct.pack('=II', index, SIZE))
        self.say(BASE, struct.pack('=II', index, 0))
        self.say(ADDR, struct.pack('=IIQQQQ', index, 0, at, at + USED, at + AVAIL, 0))
        for request in (CALL, KICK):
            bell = os.eventfd(0)
            self.say(request, struct.pack('=Q', index), [bell])
            os.close(bell)
        self.say(ENABLE, struct.pack('=II', index, 1))

    def start(self, fd):
        """Both rings; the transmit ring is full of frames that nobody asked for."""
        self.hello()
        self.memory = mmap.mmap(fd, LEN)
        for i in range(SIZE):
            struct.pack_into('=QIHH', self.memory, RING + 16 * i, PHYS + BUFS + 2048 * i, 72, 0, 0)
            struct.pack_into('=H', self.memory, RING + AVAIL + 4 + 2 * i, i)
        self.tell_memory([fd], (PHYS, LEN, USER, 0))
        self.tell_ring(0)
        self.tell_ring(1)

    def traffic(self, until):
        """In a thread: always as many frames as the ring holds."""
        avail = ctypes.c_uint16.from_buffer(self.memory, RING + AVAIL + 2)
        used = ctypes.c_uint16.from_buffer(self.memory, RING + USED + 2)
        while not until.is_set():
            avail.value = used.value + SIZE
            time.sleep(0.0002)

    def wait_for_traffic(self, more):
        used = ctypes.c_uint16.from_buffer(self.memory, RING + USED + 2)
        begin, end = used.value, time.monotonic() + PATIENCE
        while (used.value - begin) % 65536 < more:
            if time.monotonic() > end:
                sys.exit('the back end takes no frames')
            time.sleep(0.001)

    def close(self):
        self.sock.close()


def memfd(length=LEN, flags=0):
    fd = os.memfd_create('hostile', os.MFD_CLOEXEC | flags)
    os.ftruncate(fd, length)
    return fd


def file_of_disk():
    with tempfile.TemporaryFile() as file:
        file.truncate(LEN)
        return os.dup(file.fileno())


def noise(front):
    front.sock.sendall(bytes((i * 131 + 7) % 251 for i in range(4096)))


def http(front):
    front.sock.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n')


def half_a_head(front):
    front.sock.sendall(b'\x01\0\0\0\x01\0')
    front.sock.shutdown(socket.SHUT_WR)


def half_a_body(front):
    front.sock.sendall(struct.pack('=III', SET_MEM_TABLE, 1, 40) + b'\0' * 7)
    front.sock.shutdown(socket.SHUT_WR)


def stops_in_a_head(front):
    front.sock.sendall(b'\x01\0\0')


def huge(front):
    front.sock.sendall(struct.pack('=III', SET_MEM_TABLE, 1, 0xffffffff))


def short(front):
    front.say(SET_MEM_TABLE, struct.pack('=IIQ', 1, 0, 0), flags=0)


def many_files(front):
    fd = memfd()
    socket.send_fds(front.sock, [struct.pack('=III', GET_FEATURES, 1, 0)], [fd] * 30)
    os.close(fd)


def files_in_the_middle(front):
    fd = memfd()
    front.sock.sendall(struct.pack('=III', SET_FEATURES, 1, 8))
    socket.send_fds(front.sock, [b'\0' * 8], [fd])
    os.close(fd)


def deaf(front):
    """Asks and asks, and takes no answer."""
    try:
        while True:
            front.say(GET_FEATURES, flags=0)
    except (BrokenPipeError, ConnectionResetError):
        pass


def regions(*said, length=LEN, make=memfd):
    def kind(front):
        fds = [make(length) for _ in said]
        front.hello()
        try:
            front.tell_memory(fds, *said)
        finally:
            for fd in fds:
                os.close(fd)

    return kind


def a_device(_length):
    return os.open('/dev/zero', os.O_RDWR)


def a_folder(_length):
    return os.open('/', os.O_RDONLY)


def ring_at(at):
    def kind(front):
        fd = memfd()
        front.hello()
        front.tell_memory([fd], (PHYS, LEN, USER, 0))
        os.close(fd)
        front.tell_ring(1, at)

    return kind


def bell(make):
    def kind(front):
        fd = make()
        front.hello()
        front.say(CALL, struct.pack('=Q', 0), [fd])

    return kind


def an_epoll():
    with select.epoll() as epoll:
        return os.dup(epoll.fileno())


def shrinks(make):
    def kind(front):
        fd, done = make(), threading.Event()
        front.start(fd)
        thread = threading.Thread(target=front.traffic, args=(done,))
        thread.start()
        front.wait_for_traffic(2000)
        done.set()
        thread.join()
        front.memory.close()
        os.ftruncate(fd, 0)
        os.close(fd)

    return kind


def storm(front):
    """Tables of memory without end while frames are taken; then the message that ends it."""
    fd, done = memfd(flags=os.MFD_ALLOW_SEALING), threading.Event()
    front.start(fd)
    thread = threading.Thread(target=front.traffic, args=(done,))
    thread.start()
    for _ in range(300):
        front.tell_memory([fd], (PHYS, LEN, USER, 0))
    front.wait_for_traffic(2000)
    done.set()
    thread.join()
    front.say(99, flags=0)


def jumps(front):
    """An index that is none, while frames are taken: the ring is stopped, the conversation goes on."""
    fd, done = memfd(), threading.Event()
    front.start(fd)
    thread = threading.Thread(target=front.traffic, args=(done,))
    thread.start()
    front.wait_for_traffic(2000)
    done.set()
    thread.join()
    ctypes.c_uint16.from_buffer(front.memory, RING + AVAIL + 2).value += 20000
    time.sleep(2)  # for it to look
    front.say(SET_OWNER)
    front.say(98, flags=0)


BEYOND = (1 << 64) - 4096

FRONTS = {
    'noise': noise,
    'http': http,
    'half-a-head': half_a_head,
    'half-a-body': half_a_body,
    'stops-in-a-head': stops_in_a_head,
    'huge': huge,
    'short': short,
    'many-files': many_files,
    'files-in-the-middle': files_in_the_middle,
    'deaf': deaf,
    'overlap': regions((PHYS, LEN, USER, 0), (PHYS + LEN - 1, LEN, USER + LEN, 0)),
    'wraps': regions((BEYOND, LEN, USER, 0)),
    'user-wraps': regions((PHYS, LEN, BEYOND, 0)),
    'offset-wraps': regions((PHYS, LEN, USER, BEYOND)),
    'beyond-its-file': regions((PHYS, LEN + 1, USER, 0)),
    'no-bytes': regions((PHYS, 0, USER, 0)),
    'device': regions((PHYS, LEN, USER, 0), make=a_device),
    'folder': regions((PHYS, LEN, USER, 0), make=a_folder),
    'ring-outside': ring_at(USER + LEN),
    'ring-odd': ring_at(USER + 1),
    'ring-cut-off': ring_at(USER + LEN - 64),
    'bell-file': bell(memfd),
    'bell-folder': bell(lambda: os.open('/', os.O_RDONLY)),
    'bell-socket': bell(lambda: socket.socket(socket.AF_UNIX).detach()),
    'bell-epoll': bell(an_epoll),
    'bell-pipe': bell(lambda: os.pipe()[1]),
    'shrinks': shrinks(memfd),
    'file-shrinks': shrinks(file_of_disk),
    'storm': storm,
    'jumps': jumps,
}


def be_front(path, kinds):
    for kind in kinds:
        front = Front(path)
        if kind.startswith('cycles='):
            for _ in range(int(kind[7:])):
                front.hello()
                front.close()
                front = Front(path)
            front.close()
            continue
        try:
            FRONTS[kind](front)
        except (EOFError, ConnectionResetError, BrokenPipeError):
            pass
        until_hung_up(front.sock)
        front.close()


# -- a back end -----------------------------------------------------------------------------------------------

VALUE = {GET_FEATURES: FEATURES, GET_PROTOCOL_FEATURES: PROTOCOL}


def reply(request, size=8, flags=5, value=None):
    value = VALUE.get(request, 0) if value is None else value
    return struct.pack('=III', request, flags, size) + struct.pack('=Q', value)


def answer_of(kind, sock, request):
    """What is sent, or None to hang up."""
    if kind == 'noise':
        return bytes((i * 131 + 7) % 251 for i in range(4096))
    if kind == 'http':
        return b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'
    if kind == 'half-a-head':
        sock.sendall(reply(request)[:6])
        return None
    if kind == 'half-a-body':
        sock.sendall(reply(request)[:15])
        return None
    if kind == 'hangs-up':
        return None
    if kind == 'many-files':
        socket.send_fds(sock, [reply(request)], [0] * 30)
        return b''
    if kind == 'a-file':
        socket.send_fds(sock, [reply(request)], [0])
        return b''
    if kind == 'silent':
        return b''
    return {
        'other': reply(77),
        'empty': reply(request, size=0)[:12],
        'long': reply(request, size=40) + b'\0' * 32,
        'huge': reply(request, size=0xffffffff),
        'version': reply(request, flags=6),
        'request': reply(request, flags=1),
    }[kind]


def serve(sock, kind):
    sock.settimeout(PATIENCE)
    try:
        while True:
            head = sock.recv(12, socket.MSG_WAITALL)
            if len(head) < 12:
                return
            request, flags, size = struct.unpack('=III', head)
            sock.recv(size, socket.MSG_WAITALL)
            if request in VALUE or flags & NEED_REPLY:
                what = answer_of(kind, sock, request)
                if what is None:
                    return
                sock.sendall(what)
    except (ConnectionResetError, BrokenPipeError):
        pass


def be_back(path, kinds):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    for kind in kinds:
        with listener.accept()[0] as sock:
            serve(sock, kind)


def call_fronts(path, kinds):
    for kind in kinds:
        with call_on(path) as sock:
            serve(sock, kind)


def main():
    {'front': be_front, 'back': be_back, 'call': call_fronts}[sys.argv[1]](sys.argv[2], sys.argv[3:])


if __name__ == '__main__':
    main()
