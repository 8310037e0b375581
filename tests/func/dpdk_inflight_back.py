#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A disk on DPDK's library of vhost-user, which keeps the books of what is in flight on packed rings; no program of Debian's does.

dpdk_inflight_back.py SOCKET     answers who it is, and never ends a read; until it is killed

What is in flight, where rings are gone on with and how the region is written is the library's (rte_vhost_*inflight*); here is what its users
do by its description: take a list, give one back. What was in flight when a back end died it gives back, reads as well.
"""
import ctypes as c
import queue
import sys
import time

RING = 1  # the only one with lists
NEXT, AVAIL, USED = 1, 1 << 7, 1 << 15
GET_ID = 8
VERSION_1, PACKED, PROTOCOL = 1 << 32, 1 << 34, 1 << 30
REPLY_ACK, INFLIGHT = 1 << 3, 1 << 12
U16, U32, U64 = c.c_uint16, c.c_uint32, c.c_uint64


class Desc(c.Structure):
    _fields_ = [('addr', U64), ('len', U32), ('id', U16), ('flags', U16)]


class Entry(c.Structure):
    _fields_ = [('inflight', c.c_uint8), ('padding', c.c_uint8), ('next', U16), ('last', U16), ('num', U16), ('counter', U64), ('id', U16),
                ('flags', U16), ('len', U32), ('addr', U64)]


class Region(c.Structure):
    _fields_ = [('features', U64), ('version', U16), ('desc_num', U16), ('free_head', U16), ('old_free_head', U16), ('used_idx', U16),
                ('old_used_idx', U16), ('used_wrap', c.c_uint8), ('old_used_wrap', c.c_uint8), ('padding', c.c_uint8 * 7), ('desc', Entry * 0)]


class Resubmit(c.Structure):
    _fields_ = [('index', U16), ('counter', U64)]


class ResubmitInfo(c.Structure):
    _fields_ = [('list', c.POINTER(Resubmit)), ('num', U16)]


class RingInflight(c.Structure):
    _fields_ = [('region', c.POINTER(Region)), ('resubmit', c.POINTER(ResubmitInfo))]


class Vring(c.Structure):
    _fields_ = [('desc', c.POINTER(Desc)), ('driver', c.c_void_p), ('device', c.c_void_p), ('log', U64), ('callfd', c.c_int),
                ('kickfd', c.c_int), ('size', U16)]


class MemRegion(c.Structure):
    _fields_ = [('phys', U64), ('user', U64), ('host', U64), ('size', U64), ('mmap_addr', c.c_void_p), ('mmap_size', U64), ('fd', c.c_int)]


class Memory(c.Structure):
    _fields_ = [('nb', U32), ('region', MemRegion * 0)]


ON_DEVICE = c.CFUNCTYPE(c.c_int, c.c_int)
OFF_DEVICE = c.CFUNCTYPE(None, c.c_int)


class Ops(c.Structure):
    _fields_ = [('new_device', ON_DEVICE), ('destroy_device', OFF_DEVICE)] + [(f'unused{i}', c.c_void_p) for i in range(6)]


eal, lib = c.CDLL('librte_eal.so.23', mode=c.RTLD_GLOBAL), c.CDLL('librte_vhost.so.23')


def must(name, *args):
    ret = getattr(lib, name)(*args)
    if ret != 0:
        print(f'NO: {name} returns {ret}', flush=True)
        sys.exit(1)


class Disk:
    def __init__(self, vid):
        self.vid, self.vring = vid, Vring()
        inflight, avail, used, memory = RingInflight(), U16(), U16(), c.POINTER(Memory)()
        must('rte_vhost_get_vhost_vring', vid, RING, c.byref(self.vring))
        must('rte_vhost_get_vhost_ring_inflight', vid, RING, c.byref(inflight))
        must('rte_vhost_get_vring_base_from_inflight', vid, RING, c.byref(avail), c.byref(used))
        must('rte_vhost_get_mem_table', vid, c.byref(memory))
        self.memory = c.cast(c.addressof(memory.contents) + 8, c.POINTER(MemRegion))[0]
        self.entries = c.cast(c.addressof(inflight.region.contents) + 32, c.POINTER(Entry))
        self.size = self.vring.size
        self.avail, self.avail_wrap = avail.value & 0x7fff, avail.value >> 15
        self.used, self.used_wrap = used.value & 0x7fff, used.value >> 15
        # The library sorts them newest first.
        again = inflight.resubmit.contents if inflight.resubmit else ResubmitInfo()
        again = [again.list[i].index for i in reversed(range(again.num))]
        print(f'again {len(again)}', flush=True)
        for entry in again:
            self.advance_avail(self.entries[entry].num)
        for entry in again:
            self.give_back(entry)

    def advance_avail(self, nb):
        self.avail += nb
        if self.avail >= self.size:
            self.avail, self.avail_wrap = self.avail - self.size, self.avail_wrap ^ 1

    def give_back(self, entry):
        last, nb = self.entries[entry].last, self.entries[entry].num
        must('rte_vhost_set_last_inflight_io_packed', self.vid, RING, entry)
        desc = self.vring.desc[self.used]
        desc.len = 1
        desc.id = self.entries[last].id
        desc.flags = AVAIL | USED if self.used_wrap else 0
        self.used += nb
        if self.used >= self.size:
            self.used, self.used_wrap = self.used - self.size, self.used_wrap ^ 1
        must('rte_vhost_clr_inflight_desc_packed', self.vid, RING, entry)

    def poll(self):
        head = last = self.avail
        flags = self.vring.desc[head].flags
        if bool(flags & AVAIL) != bool(self.avail_wrap) or bool(flags & USED) == bool(self.avail_wrap):
            return False
        nb, entry = 1, U16()
        while self.vring.desc[last].flags & NEXT:
            last = (last + 1) % self.size
            nb += 1
        must('rte_vhost_set_inflight_desc_packed', self.vid, RING, head, last, c.byref(entry))
        kind = U32.from_address(self.memory.host + self.vring.desc[head].addr - self.memory.phys).value
        self.advance_avail(nb)
        if kind == GET_ID:
            self.give_back(entry.value)
        return True


def main():
    path = sys.argv[1].encode()
    args = [b'disk', b'--no-huge', b'--no-pci', b'--no-telemetry', b'--file-prefix', b'plx-disk', b'-m', b'64', b'-l', b'0', b'--log-level', b'lib.*:error']
    if eal.rte_eal_init(len(args), (c.c_char_p * (len(args) + 1))(*args)) < 0:
        print('NO: DPDK does not start', flush=True)
        sys.exit(1)
    devices = queue.Queue()
    ops = Ops(ON_DEVICE(lambda vid: devices.put(vid) or 0), OFF_DEVICE(lambda vid: None))
    must('rte_vhost_driver_register', path, U64(0))
    must('rte_vhost_driver_set_features', path, U64(VERSION_1 | PACKED | PROTOCOL))
    must('rte_vhost_driver_set_protocol_features', path, U64(REPLY_ACK | INFLIGHT))
    must('rte_vhost_driver_callback_register', path, c.byref(ops))
    must('rte_vhost_driver_start', path)
    disk = Disk(devices.get())
    while True:
        if not disk.poll():
            time.sleep(0.0002)


if __name__ == '__main__':
    main()
