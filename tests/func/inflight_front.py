#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A vhost-user front end and its guest, which keep the books of what is in flight when a back end dies and hand them to the next.

inflight_front.py SOCKET     reads commands, a line each, and says what came of it:

first       connects, and asks the back end for a region to keep the books in
next        connects, and hands the region of the one before over, with memory and rings as they are
send N      makes N lists available, a few at a time; all come back, each once
hang N      N lists that come back at once, and between them as many that a slow disk keeps: they are in flight from now on
flood       goes on sending until the back end is gone
judge       what the region that a dead back end left says, read by the specification ("Inflight I/O tracking"), is what the guest knows
settle      what was out when the last back end died comes back, each list once, and what was in flight first and in its order
region      what is written in it
quit        leaves

It is written from the specification alone and shares no code with a back end. Rings are split. Each list is a request to a virtio-blk
device; to a network device, on whose sending ring (1) they are, it is a frame that cannot be, and comes back at once.
"""
import array
import ctypes
import mmap
import os
import select
import socket
import struct
import sys
import time

SIZE, PHYS, USER, LENGTH = 64, 1 << 30, 1 << 40, 1 << 20
DESC, AVAIL, USED, RING = 0, 0x2000, 0x4000, 0x8000  # of ring i at i * RING
BUFFERS, BUFFER = 0x10000, 2048
LISTS = SIZE // 3  # a header, data, a status
READ, GET_ID = 0, 8  # VIRTIO_BLK_T_
VERSION_1, MRG_RXBUF, PROTOCOL = 1 << 32, 1 << 15, 1 << 30
REPLY_ACK, INFLIGHT = 1 << 3, 1 << 12
(GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE, SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, SET_VRING_KICK, SET_VRING_CALL,
 GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, SET_VRING_ENABLE, GET_INFLIGHT_FD, SET_INFLIGHT_FD) = (
     1, 2, 3, 5, 8, 9, 10, 12, 13, 15, 16, 18, 31, 32)
PATIENCE = 30


def no(sentence):
    print(f'NO: {sentence}', flush=True)
    sys.exit(1)


def eventfd():
    return ctypes.CDLL(None, use_errno=True).eventfd(0, os.O_CLOEXEC | os.O_NONBLOCK)


class Peer:
    """One connection."""

    def __init__(self, path):
        end = time.monotonic() + PATIENCE
        while True:
            self.sock = socket.socket(socket.AF_UNIX)
            try:
                self.sock.connect(path)
                break
            except OSError as error:
                self.sock.close()
                if time.monotonic() > end:
                    no(f'nobody at {path}: {error}')
                time.sleep(0.05)
        self.sock.settimeout(PATIENCE)
        self.acks = False

    def say(self, request, payload=b'', fds=()):
        flags = 1 | (8 if self.acks else 0)
        anc = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
        self.sock.sendmsg([struct.pack('<III', request, flags, len(payload)) + payload], anc)

    def hear(self, request):
        head, anc, _, _ = self.sock.recvmsg(12, socket.CMSG_SPACE(4))
        if len(head) != 12:
            no(f'the back end hung up at message {request}')
        said, _, size = struct.unpack('<III', head)
        if said != request:
            no(f'message {said} answers {request}')
        fds = array.array('i')
        for _, _, data in anc:
            fds.frombytes(data)
        return (self.sock.recv(size, socket.MSG_WAITALL) if size else b''), list(fds)

    def ask(self, request, payload=b''):
        acks, self.acks = self.acks, False
        self.say(request, payload)
        self.acks = acks
        return self.hear(request)

    def order(self, request, payload=b'', fds=()):
        self.say(request, payload, fds)
        if self.acks and struct.unpack('<Q', self.hear(request)[0])[0] != 0:
            no(f'message {request} is refused')

    def is_gone(self):
        ready, _, _ = select.select([self.sock], [], [], 0)
        return bool(ready)


class Front:
    def __init__(self, path):
        self.path, self.peer = path, None
        self.memory_fd = os.memfd_create('guest')
        os.ftruncate(self.memory_fd, LENGTH)
        self.memory = mmap.mmap(self.memory_fd, LENGTH)
        self.books = self.books_fd = self.told = None
        self.free = [3 * i for i in range(LISTS)]  # heads of lists
        self.posted = self.seen = 0                # free-running indexes of ring 1
        self.out = []                              # heads that are out, in the order that they were made available
        self.last = []                             # of these, in flight when the back end died, in their order
        self.bells = [eventfd() for _ in range(4)]

    def put(self, at, form, *values):
        struct.pack_into(form, self.memory, at, *values)

    def get(self, at, form):
        return struct.unpack_from(form, self.memory, at)[0]

    def used(self, ring):
        return self.get(ring * RING + USED + 2, '<H')

    # -- the conversation

    def connect(self, first):
        peer = self.peer = Peer(self.path)
        peer.say(SET_OWNER)
        features = struct.unpack('<Q', peer.ask(GET_FEATURES)[0])[0]
        protocol = struct.unpack('<Q', peer.ask(GET_PROTOCOL_FEATURES)[0])[0]
        # qemu-storage-daemon does not offer INFLIGHT_SHMFD; the library it is made with keeps the books of who asks for it.
        peer.say(SET_PROTOCOL_FEATURES, struct.pack('<Q', protocol & REPLY_ACK | INFLIGHT))
        peer.acks = protocol & REPLY_ACK != 0
        peer.order(SET_FEATURES, struct.pack('<Q', features & (VERSION_1 | MRG_RXBUF | PROTOCOL)))
        if first:
            self.told, fds = peer.ask(GET_INFLIGHT_FD, struct.pack('<QQHHI', 0, 0, 2, SIZE, 0))
            size, offset = struct.unpack_from('<QQ', self.told)
            if len(fds) != 1 or size == 0:
                no('GET_INFLIGHT_FD gives no region')
            self.books_fd = fds[0]
            self.books = mmap.mmap(self.books_fd, size, offset=offset)
        peer.order(SET_INFLIGHT_FD, self.told.ljust(24, b'\0'), [self.books_fd])
        peer.order(SET_MEM_TABLE, struct.pack('<II4Q', 1, 0, PHYS, LENGTH, USER, 0), [self.memory_fd])
        for ring in range(2):
            at = USER + ring * RING
            peer.order(SET_VRING_NUM, struct.pack('<II', ring, SIZE))
            peer.order(SET_VRING_BASE, struct.pack('<II', ring, self.used(ring)))
            peer.order(SET_VRING_ADDR, struct.pack('<IIQQQQ', ring, 0, at + DESC, at + USED, at + AVAIL, 0))
            peer.order(SET_VRING_CALL, struct.pack('<Q', ring), [self.bells[ring]])
            peer.order(SET_VRING_KICK, struct.pack('<Q', ring), [self.bells[2 + ring]])
        for ring in range(2):
            peer.order(SET_VRING_ENABLE, struct.pack('<II', ring, 1))

    # -- the guest's sending ring

    def post(self, kinds):
        for kind in kinds:
            head = self.free.pop(0)
            at = BUFFERS + head * BUFFER
            self.put(at, '<IIQ', kind, 0, 0)
            self.put(RING + DESC + 16 * head, '<QIHH', PHYS + at, 16, 1, head + 1)
            self.put(RING + DESC + 16 * head + 16, '<QIHH', PHYS + at + 512, 512 if kind == READ else 20, 3, head + 2)
            self.put(RING + DESC + 16 * head + 32, '<QIHH', PHYS + at + 16, 1, 2, 0)
            self.put(RING + AVAIL + 4 + 2 * (self.posted % SIZE), '<H', head)
            self.posted = (self.posted + 1) & 0xffff
            self.out.append(head)
        self.put(RING + AVAIL + 2, '<H', self.posted)
        os.eventfd_write(self.bells[3], 1)

    def reap(self):
        n = 0
        while self.seen != self.used(1):
            head = self.get(RING + USED + 4 + 8 * (self.seen % SIZE), '<I')
            if head not in self.out:
                no(f'list {head} comes back, and was not out')
            if self.last and self.last.pop(0) != head:
                no(f'list {head} comes back before its turn')
            self.out.remove(head)
            self.free.append(head)
            self.seen = (self.seen + 1) & 0xffff
            n += 1
        return n

    def wait_for(self, n):
        end = time.monotonic() + PATIENCE
        while n > 0:
            n -= self.reap()
            if time.monotonic() > end:
                no(f'{n} lists do not come back')
            time.sleep(0.0005)

    def send(self, n):
        while n > 0:
            some = min(n, 7)
            self.post([GET_ID] * some)
            self.wait_for(some)
            n -= some

    def hang(self, n):
        self.post([READ, GET_ID] * n)
        self.wait_for(n)

    def flood(self):
        sent, end = 0, time.monotonic() + 2 * PATIENCE
        while not self.peer.is_gone():
            sent += len(self.free)
            self.post([GET_ID] * len(self.free))
            self.reap()
            if time.monotonic() > end:
                no('the back end does not die')
        self.reap()
        return sent

    # -- the books

    def region(self, ring):
        """features, version, desc_num, last_batch_head, used_idx, and each list's inflight, next, counter."""
        at = ring * ((16 + 16 * SIZE + 63) & ~63)
        return (struct.unpack_from('<QHHHH', self.books, at),
                [struct.unpack_from('<B5xHQ', self.books, at + 16 + 16 * head) for head in range(SIZE)])

    def judge(self):
        (features, version, desc_num, head, used_idx), lists = self.region(1)
        if (features, version, desc_num) != (0, 1, SIZE):
            no(f'features {features}, version {version} for {desc_num} descriptors')
        marks = [inflight for inflight, _, _ in lists]
        for _ in range((self.used(1) - used_idx) & 0xffff):
            marks[head] = 0
            head = lists[head][1]
        again = [head for _, head in sorted((lists[head][2], head) for head in range(SIZE) if marks[head])]
        if again != self.out[:len(again)]:
            no(f'lists {again} are in flight by the books; out are {self.out}')
        self.last = again[:]
        return len(again)


def main():
    front = Front(sys.argv[1])
    for line in sys.stdin:
        words = line.split() or ['']
        if words[0] in ('first', 'next'):
            front.connect(words[0] == 'first')
            print('connected', flush=True)
        elif words[0] == 'send':
            front.send(int(words[1]))
            print('sent', flush=True)
        elif words[0] == 'hang':
            front.hang(int(words[1]))
            print('hangs', flush=True)
        elif words[0] == 'flood':
            print('floods', flush=True)
            print(f'gone after {front.flood()}', flush=True)
        elif words[0] == 'judge':
            print(f'true with {front.judge()} in flight', flush=True)
        elif words[0] == 'settle':
            front.wait_for(len(front.out))
            print('settled', flush=True)
        elif words[0] == 'region':
            for ring in range(2):
                head, lists = front.region(ring)
                print(f'region {ring}: version {head[1]} size {head[2]} marks {sum(i[0] for i in lists)} '
                      f'behind {(front.used(ring) - head[4]) & 0xffff}', flush=True)
        elif words[0] == 'quit':
            break


if __name__ == '__main__':
    main()
