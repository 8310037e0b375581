#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The reader of QEMU's traces takes an initialisation as the specification has it, and none that leaves out a step."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import registers  # noqa: E402

GOOD = {
    'modern': ('s0 S0 s1 s3 x F x F x f x f sb Sb X C q0 Z z a a a a a a v V e1 q1 Z z a a a a a a e1 sf Sf n n').split(),
    'legacy': ('s0 S0 s1 s3 F f C q0 Z e1000 q1 Z e2000 s7 S7 n n').split(),
}


def text(words, kind):
    """The trace that makes these words."""
    table = {letter: at for at, letter in reversed((registers.MODERN if kind == 'modern' else registers.LEGACY).items())}
    for word in words:
        letter, value = word[0].lower(), word[1:] or '1'
        way = 'read' if word[0].isupper() else 'write'
        region, base = ('common', 0xfebf8000) if kind == 'modern' else ('', 0xc000)
        if letter not in table and kind == 'modern':
            region = {'c': 'device', 'n': 'notify'}[letter]
        name = f'virtio-pci-{region}-virtio-net' if kind == 'modern' else 'virtio-pci'
        yield f"memory_region_ops_{way} cpu 0 mr 0x1 addr {base + table.get(letter, 0x14):#x} value 0x{value} size 4 name '{name}'\n"


def check(words, kind):
    return registers.check_init(''.join(text(words, kind)), kind)


class Init(unittest.TestCase):
    def refuse(self, kind, without, words, instead=()):
        good = GOOD[kind]
        at = good.index(without)
        self.assertRaisesRegex(registers.Wrong, words, check, good[:at] + list(instead) + good[at + 1:], kind)

    def test_good_ones(self):
        for kind, good in GOOD.items():
            self.assertEqual(check(good, kind), 1)
            self.assertEqual(check(good + good, kind), 2)

    def test_each_step_that_is_left_out(self):
        for kind, steps in (('modern', ('S0', 's1', 's3', 'f', 'sb', 'Sb')), ('legacy', ('S0', 's1', 's3', 'f'))):
            for step in steps:
                good = [word for word in GOOD[kind] if word != step]
                self.assertRaisesRegex(registers.Wrong, 'no initialisation', check, good, kind)

    def test_reset_that_is_not_waited_for(self):
        self.refuse('modern', 'S0', 'no initialisation', ['Sf'])

    def test_device_that_never_runs(self):
        self.refuse('modern', 'sf', 'no device was initialised')

    def test_queue_enabled_without_addresses(self):
        self.assertRaisesRegex(registers.Wrong, 'queue 0 is enabled before', check, [w for w in GOOD['modern'] if w != 'a'], 'modern')

    def test_notification_too_early(self):
        for kind in GOOD:
            self.refuse(kind, 'C', 'notified before DRIVER_OK', ['n'])

    def test_queue_set_up_too_late(self):
        self.assertRaisesRegex(registers.Wrong, 'after DRIVER_OK', check, GOOD['modern'] + ['a'], 'modern')
        self.assertRaisesRegex(registers.Wrong, 'after DRIVER_OK', check, GOOD['legacy'] + ['e3000'], 'legacy')


class Notifications(unittest.TestCase):
    def test_counted_by_queue(self):
        self.assertEqual(registers.notifications('virtio_queue_notify vdev 0x1 n 1 vq 0x2\n' * 3 +
                                                 'virtio_queue_notify vdev 0x1 n 0 vq 0x2\n'), {1: 3, 0: 1})


if __name__ == '__main__':
    unittest.main()
