#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The oracle notices each thing that can happen to a frame, and books that do not add up; without a guest."""

import json
import os
import socket
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import host  # noqa: E402
import machine  # noqa: E402
import oracle  # noqa: E402

FRAMES = 50
PATIENCE = 60  # seconds, for what comes in the end; what never does is waited for half a one


class Between:
    """A guest with two cards that forwards what `change` makes of the frames of one way: a list for each, by its number."""

    def __init__(self, change):
        self.folder = tempfile.TemporaryDirectory()
        self.wires = [oracle.make_wire(self.folder.name, n, bytes((2, 0, 0, 0, 0, n))) for n in (0, 1)]
        self.ends = []
        for n in (0, 1):
            end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            end.bind(os.path.join(self.folder.name, f'qemu{n}'))
            self.ends.append(end)
        for n in (0, 1):
            threading.Thread(target=self.forward, args=(n, change if n == 0 else lambda number, frame: [frame]), daemon=True).start()

    def forward(self, n, change):
        number = 0
        while True:
            try:
                frame = self.ends[n].recv(1 << 16)
            except OSError:
                return
            if not frame:
                return
            for out in change(number, frame):
                try:
                    self.ends[1 - n].sendto(out, os.path.join(self.folder.name, f'host{1 - n}'))
                except OSError:
                    return
            number += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in self.ends:
            end.shutdown(socket.SHUT_RDWR)
            end.close()
        for wire in self.wires:
            wire.close()
        self.folder.cleanup()


class Oracle(unittest.TestCase):
    def expect(self, words, change):
        with Between(change) as between:
            ways = [oracle.Way(a, b, oracle.numbered(FRAMES, 1, a.mac), 8)
                    for a, b in (between.wires, between.wires[::-1])]
            if words is None:
                oracle.exchange(ways, PATIENCE)
            else:
                self.assertRaisesRegex(oracle.Mismatch, words, oracle.exchange, ways, 0.5 if 'did not' in words else PATIENCE)
            return between.wires

    def test_tags_are_put_in_and_compared(self):
        with Between(lambda number, frame: [frame[:12] + frame[16:]]) as between:  # takes four bytes out
            source, sink = between.wires

            def way(before, after):
                return oracle.Way(source, sink, oracle.numbered(FRAMES, 1, source.mac), 8, given=lambda frame: oracle.tagged(frame, before),
                                  wanted=lambda frame: oracle.tagged(frame, after))

            oracle.exchange([way(7, None)], PATIENCE)
            self.assertRaisesRegex(oracle.Mismatch, 'byte 12 differs', oracle.exchange, [way(7, 8)], PATIENCE)

    def test_long_frames_are_as_long_as_asked(self):
        frames = list(oracle.numbered(FRAMES, 1, bytes(6), longest=9014))
        self.assertEqual(max(map(len, frames)), 9014)
        self.assertEqual(max(map(len, oracle.numbered(FRAMES, 1, bytes(6)))), oracle.FRAME_MAX)

    def test_unchanged_frames_pass_and_are_counted(self):
        wires = self.expect(None, lambda number, frame: [frame])
        self.assertEqual([wires[0].given, wires[0].taken, wires[1].given, wires[1].taken], [FRAMES] * 4)
        self.assertEqual(wires[0].given_bytes, wires[1].taken_bytes)

    def test_a_bit_in_the_last_byte(self):
        self.expect('byte 59 differs',
                    lambda number, frame: [frame[:-1] + bytes((frame[-1] ^ 1,))] if number == 0 else [frame])

    def test_a_frame_that_is_cut(self):
        self.expect('1513 bytes instead of 1514', lambda number, frame: [frame[:-1]] if number == 1 else [frame])

    def test_a_frame_that_is_longer(self):
        self.expect('61 bytes instead of 60', lambda number, frame: [frame + b'\0'])

    def test_a_frame_that_is_lost(self):
        self.expect('it is the one 1 later', lambda number, frame: [] if number == 20 else [frame])

    def test_the_last_frame_is_lost(self):
        self.expect('49 frames arrived, 1 did not', lambda number, frame: [] if number == FRAMES - 1 else [frame])

    def test_a_frame_that_comes_twice(self):
        self.expect('instead of frame', lambda number, frame: [frame] * (1 + (number == 20)))

    def test_frames_that_change_places(self):
        kept = []

        def swap(number, frame):
            if number == 20:
                kept.append(frame)
                return []
            return [frame, kept.pop()] if kept else [frame]
        self.expect('it is the one 1 later', swap)

    def test_a_frame_of_nobody(self):
        self.expect('instead of frame', lambda number, frame: [bytes(60), frame] if number == 20 else [frame])

    def flows(self, change, words):
        with Between(change) as between:
            ways = [oracle.Way(a, b, oracle.flows(FRAMES, 5, 1, a.mac, 0), 8, oracle.udp_flow)
                    for a, b in (between.wires, between.wires[::-1])]
            if words is None:
                oracle.exchange(ways, PATIENCE)
            else:
                self.assertRaisesRegex(oracle.Mismatch, words, oracle.exchange, ways, 0.5 if 'did not' in words else PATIENCE)

    def later(self, places):
        """A change that lets frame 20 come that many places later."""
        kept = []

        def change(number, frame):
            if number == 20:
                kept.append(frame)
                return []
            return [frame, kept.pop()] if number == 20 + places else [frame]
        return change

    def test_flows_may_overtake_one_another(self):
        self.flows(self.later(3), None)

    def test_frames_of_a_flow_may_not(self):
        self.flows(self.later(5), 'it is the one 1 later')

    def test_quiet_hears_a_frame(self):
        with Between(lambda number, frame: [frame]) as between:
            oracle.quiet(between.wires, 0.1)
            between.wires[0].give(bytes(60))
            self.assertRaisesRegex(oracle.Mismatch, 'where none should', oracle.quiet, between.wires, 1)


class Announcements(unittest.TestCase):
    MAC = bytes.fromhex('020000007700')

    def announce(self, words, *frames):
        with Between(lambda number, frame: [frame]) as between:
            for frame in frames:
                between.wires[0].give(frame)
            if words is None:
                oracle.expect_announcement(between.wires[1], self.MAC, 5)
            else:
                self.assertRaisesRegex(oracle.Mismatch, words, oracle.expect_announcement, between.wires[1], self.MAC, 0.3)

    @staticmethod
    def frame(mac):
        return b'\xff' * 6 + mac + bytes.fromhex('80350001080006040003') + mac + bytes(4) + mac + bytes(22)

    def test_an_announcement_behind_another_one(self):
        self.announce(None, self.frame(bytes(6)), self.frame(self.MAC))

    def test_none(self):
        self.announce('was not announced, but .*00:00', self.frame(bytes(6)))

    def test_other_frames(self):
        self.announce('no announcement of', self.frame(self.MAC)[:-1])
        self.announce('no announcement of', bytes(60))


class Hashes(unittest.TestCase):
    """The hash and two of the flows that those who invented RSS published to verify it by."""

    KEY = bytes.fromhex('6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa')
    TABLE = {0: 1, 1: 0}

    @staticmethod
    def packet(value, queue, flow='66.9.149.187.2794 > 161.142.100.80.1766'):
        return (f'  src=a - dst=b - length=64 - RSS hash=0x{value:x} - RSS queue=0x{queue:x} - Receive queue=0x{queue:x}\n'
                f'  {flow} UDP 64 bytes\n  ol_flags: RX_RSS_HASH\n')

    def test_known_hashes(self):
        said = self.packet(0x51ccc178, 1) + self.packet(0xc626b0ea, 1, '199.92.111.2.14230 > 65.69.140.83.4739')
        self.assertEqual(list(oracle.check_hashes(said, self.KEY, self.TABLE)), [1, 1])

    def wrong(self, said, words):
        self.assertRaisesRegex(oracle.Mismatch, words, list, oracle.check_hashes(said, self.KEY, self.TABLE))

    def test_another_hash(self):
        self.wrong(self.packet(0x51ccc179, 1), 'not 51ccc178')

    def test_another_queue(self):
        self.wrong(self.packet(0x51ccc178, 0), 'on queue 0, not 51ccc178 on 1')

    def test_no_hash(self):
        self.wrong(self.packet(0x51ccc178, 1).replace('RSS hash', 'none'), 'not all of 1 packets')
        self.wrong('', 'not all of 0 packets')


class Books(unittest.TestCase):
    """do_books() of what a program said, changed in one place."""

    @staticmethod
    def ledger(balanced=True, lost=0, taken=6, in_flight=0):
        return {'balanced': balanced, 'rx': {'lost': {'pool empty': lost}},
                'tx': {'lost': {}, 'taken': taken, 'in_flight': in_flight}}

    def answer(self, **changes):
        wire = type('', (), {'name': 'card 0', 'given': 5, 'given_bytes': 400, 'taken': 6, 'taken_bytes': 500})()
        port = {'port': 0, 'rx_packets': 5, 'rx_bytes': 400, 'tx_packets': 6, 'tx_bytes': 500,
                'ledger': self.ledger()} | changes
        verbs = host.Host(None, {0: wire}, None, '', None)
        return verbs.answer(['books', '0', json.dumps({'result': {'ports': [port]}})])

    def test_books_that_agree(self):
        self.assertRegex(self.answer(), '^ok')

    def test_each_figure(self):
        for change in ({'rx_packets': 7}, {'rx_bytes': 7}, {'tx_bytes': 7}, {'ledger': self.ledger(taken=7)}):
            self.assertRegex(self.answer(**change), '^no .*gave and took')

    def test_bytes_in_flight_are_not_counted_yet(self):
        self.assertRegex(self.answer(tx_bytes=7, ledger=self.ledger(in_flight=1)), '^ok')

    def test_a_loss(self):
        self.assertRegex(self.answer(ledger=self.ledger(lost=1)), '^no .*lost')

    def test_books_out_of_balance(self):
        self.assertRegex(self.answer(ledger=self.ledger(balanced=False)), '^no .*balanced False')


class Late:
    """A QEMU that has kept frames, and lets one go each time it is asked; the wire it comes to."""

    def __init__(self, kept):
        self.kept, self.ready, self.taken = kept, 1, 0

    def ask(self, _):
        self.ready += self.kept > 0
        self.kept -= self.kept > 0
        return {'status': 'running'}

    def take(self):
        if self.ready == 0:
            return None
        self.taken += 1
        self.ready -= 1
        return b'frame'


class Drain(unittest.TestCase):
    def test_frames_that_qemu_has_kept(self):
        late = Late(4)
        self.assertEqual(host.Host(None, {0: late}, late, '', None).answer(['drain', '0']), 'ok 5')
        self.assertEqual((late.kept, late.ready), (0, 0))


class Cards(unittest.TestCase):
    def test_words_of_a_card(self):
        card = machine.Card(1, 'packed+mq=on+vectors=6@tap2')
        self.assertEqual((card.kind, card.options, card.wire), ('packed', ['mq=on', 'vectors=6'], 'tap2'))
        self.assertIn('packed=on,mq=on,vectors=6,iommu_platform=on', card.device(True))
        self.assertNotIn('iommu_platform', machine.Card(0, 'transitional').device(True))

    def test_no_such_card(self):
        for text in ('token', 'modern@wifi', 'modern mq=on'):
            self.assertRaises(ValueError, machine.Card, 0, text)


if __name__ == '__main__':
    unittest.main()
