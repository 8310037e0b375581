#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A vhost-user front end and its guest, which keep the books of what is in flight when a back end dies and hand them to the next.

inflight_front.py SOCKET split|packed     reads commands, a line each, and says what came of it:

first       connects, and asks the back end for a region to keep the books in
next        connects, and hands the region of the one before over, with memory and rings as they are
send N      makes N lists available, a few at a time; all come back, each once
hang N      N lists that come back at once, and between them as many that a slow disk keeps: they are in flight from now on
flood       goes on sending until the back end is gone
judge       what the region that a dead back end left says, read by the specification ("Inflight I/O tracking"), is what the guest knows
settle      what was out when the last back end died comes back, each list once, and what was in flight first and in its order
region      what is written in it
quit        leaves

It is written from the specification alone and shares no code with a back end. Each list is a request to a virtio-blk
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
VERSION_1, MRG_RXBUF, PROTOCOL, PACKED = 1 << 32, 1 << 15, 1 << 30, 1 << 34
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
    """Of split rings."""

    FEATURES = VERSION_1 | MRG_RXBUF | PROTOCOL

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

    def base(self, ring):
        return self.used(ring)

    def used(self, ring):
        return self.get(ring * RING + USED + 2, 'H')  # by one load

    # -- the conversation

    def connect(self, first):
        peer = self.peer = Peer(self.path)
        peer.say(SET_OWNER)
        features = struct.unpack('<Q', peer.ask(GET_FEATURES)[0])[0]
        protocol = struct.unpack('<Q', peer.ask(GET_PROTOCOL_FEATURES)[0])[0]
        # qemu-storage-daemon does not offer INFLIGHT_SHMFD; the library it is made with keeps the books of who asks for it.
        peer.say(SET_PROTOCOL_FEATURES, struct.pack('<Q', protocol & REPLY_ACK | INFLIGHT))
        peer.acks = protocol & REPLY_ACK != 0
        peer.order(SET_FEATURES, struct.pack('<Q', features & self.FEATURES))
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
            peer.order(SET_VRING_BASE, struct.pack('<II', ring, self.base(ring)))
            peer.order(SET_VRING_ADDR, struct.pack('<IIQQQQ', ring, 0, at + DESC, at + USED, at + AVAIL, 0))
            peer.order(SET_VRING_CALL, struct.pack('<Q', ring), [self.bells[ring]])
            peer.order(SET_VRING_KICK, struct.pack('<Q', ring), [self.bells[2 + ring]])
        for ring in range(2):
            peer.order(SET_VRING_ENABLE, struct.pack('<II', ring, 1))

    # -- the guest's sending ring

    def pieces(self, head, kind):
        at = BUFFERS + head * BUFFER
        self.put(at, '<IIQ', kind, 0, 0)
        return (PHYS + at, 16, 1), (PHYS + at + 512, 512 if kind == READ else 20, 3), (PHYS + at + 16, 1, 2)

    def post_list(self, head, pieces):
        for i, (addr, length, flags) in enumerate(pieces):
            self.put(RING + DESC + 16 * (head + i), '<QIHH', addr, length, flags, head + i + 1)
        self.put(RING + AVAIL + 4 + 2 * (self.posted % SIZE), '<H', head)
        self.posted = (self.posted + 1) & 0xffff

    def post(self, kinds):
        for kind in kinds:
            head = self.free.pop(0)
            self.post_list(head, self.pieces(head, kind))
            self.out.append(head)
        # By one store: pack_into writes zeroes first, and a back end that looks just then sees an index that goes back.
        ctypes.c_uint16.from_buffer(self.memory, RING + AVAIL + 2).value = self.posted
        os.eventfd_write(self.bells[3], 1)

    def next_back(self):
        """The next list that came back, None if there is none."""
        if self.seen == self.used(1):
            return None
        head = self.get(RING + USED + 4 + 8 * (self.seen % SIZE), '<I')
        self.seen = (self.seen + 1) & 0xffff
        return head

    def reap(self):
        n = 0
        while (head := self.next_back()) is not None:
            if head not in self.out:
                no(f'list {head} comes back, and was not out')
            if self.last and self.last.pop(0) != head:
                no(f'list {head} comes back before its turn')
            self.out.remove(head)
            self.free.append(head)
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
        return self.judge_order([head for _, head in sorted((lists[head][2], head) for head in range(SIZE) if marks[head])])

    def judge_order(self, again):
        if again != self.out[:len(again)]:
            no(f'lists {again} are in flight by the books; out are {self.out}')
        self.last = again[:]
        return len(again)

    def show_regions(self):
        for ring in range(2):
            head, lists = self.region(ring)
            print(f'region {ring}: version {head[1]} size {head[2]} marks {sum(i[0] for i in lists)} '
                  f'behind {(self.used(ring) - head[4]) & 0xffff}', flush=True)


class PackedFront(Front):
    """Of packed rings. Lists take one place after the other in the ring, and come back in any order."""

    FEATURES = Front.FEATURES | PACKED
    A, U = 1 << 7, 1 << 15  # of a descriptor's flags

    def base(self, ring):
        """What it was at first: the books know better."""
        return 0x8000

    def flags(self, round_, available):
        return self.A * (round_ % 2 == 0) | self.U * ((round_ % 2 == 0) != available)

    def post_list(self, head, pieces):
        # Here posted and seen count descriptors, and the first descriptor is written last.
        for i in reversed(range(len(pieces))):
            addr, length, flags = pieces[i]
            round_, at = divmod(self.posted + i, SIZE)
            self.put(RING + DESC + 16 * at, '<QIHH', addr, length, head, flags | self.flags(round_, True))
        self.posted += len(pieces)

    def used_flags(self, seen):
        round_, at = divmod(seen, SIZE)
        return self.get(RING + DESC + 16 * at + 14, '<H') & (self.A | self.U), round_

    def next_back(self):
        flags, round_ = self.used_flags(self.seen)
        if flags != self.flags(round_, False):
            return None
        head = self.get(RING + DESC + 16 * (self.seen % SIZE) + 12, '<H')
        self.seen += 3
        return head

    def region(self, ring):
        """features, version, desc_num, free_head, old_free_head, used_idx, old_used_idx, used_wrap_counter, old_used_wrap_counter, and
        each entry's inflight, next, last, num, counter, id, flags, len, addr."""
        at = ring * ((32 + 32 * SIZE + 63) & ~63)
        return (list(struct.unpack_from('<QHHHHHHBB', self.books, at)),
                [list(struct.unpack_from('<BxHHHQHHIQ', self.books, at + 32 + 32 * i)) for i in range(SIZE)])

    def judge(self):
        (features, version, desc_num, free, old_free, used, old_used, wrap, old_wrap), entries = self.region(1)
        if (features, version, desc_num) != (0, 1, SIZE):
            no(f'features {features}, version {version} for {desc_num} descriptors')
        amid = used != old_used
        if amid:
            flags = self.get(RING + DESC + 16 * old_used + 14, '<H') & (self.A | self.U)
            if flags != (self.A if old_wrap else self.U):
                old_free, old_used, old_wrap = free, used, wrap
        if (old_used, old_wrap) != (self.seen % SIZE, 1 - self.seen // SIZE % 2):
            no(f'lists are given back at {old_used} ({old_wrap}) by the books; {self.seen % SIZE} of round {self.seen // SIZE} is next')
        nb_free = 0
        while old_free < SIZE and nb_free <= SIZE:
            entries[old_free][0] = 0
            old_free = entries[old_free][1]
            nb_free += 1
        marked = sorted((entry[4], i) for i, entry in enumerate(entries) if entry[0])
        if nb_free + sum(entries[i][3] for _, i in marked) != SIZE:
            no(f'{nb_free} entries are free, and {len(marked)} lists in flight')
        if amid:
            print('amid', flush=True)
        return self.judge_order([entries[entries[i][2]][5] for _, i in marked])

    def show_regions(self):
        for ring in range(2):
            head, entries = self.region(ring)
            print(f'region {ring}: version {head[1]} size {head[2]} marks {sum(i[0] for i in entries)} '
                  f'behind {(head[5] - head[6]) & 0xffff}', flush=True)


def main():
    front = (PackedFront if sys.argv[2] == 'packed' else Front)(sys.argv[1])
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
            front.show_regions()
        elif words[0] == 'quit':
            break


if __name__ == '__main__':
    main()
