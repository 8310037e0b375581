# SPDX-License-Identifier: BSD-3-Clause
"""What the job in the guest may ask of the host, a line each on the second serial line; the answer is "ok ..." or "no ...".

The verbs are the methods of Host whose names begin with do_; README.md lists them.
"""

import json
import os

import oracle


class No(Exception):
    """An answer that ends the job."""


class Line:
    """A serial line, as a stream of bytes over a socket."""

    def __init__(self, connection):
        self.connection = connection
        self.kept = b''

    def more(self):
        data = self.connection.recv(1 << 16)
        if not data:
            raise EOFError
        self.kept += data

    def line(self):
        while b'\n' not in self.kept:
            self.more()
        line, self.kept = self.kept.split(b'\n', 1)
        return line.decode(errors='replace').strip()

    def bytes(self, size):
        while len(self.kept) < size:
            self.more()
        data, self.kept = self.kept[:size], self.kept[size:]
        return data

    def say(self, text):
        self.connection.sendall(text.encode() + b'\n')


class Host:
    def __init__(self, line, wires, qmp, logs, typist):
        self.line, self.wires, self.qmp, self.logs, self.typist = line, wires, qmp, logs, typist
        self.seed = 0

    def serve(self):
        """Until the guest closes the line."""
        try:
            while True:
                words = self.line.line().split(' ')
                self.line.say(self.answer(words))
        except (EOFError, ConnectionError):
            pass

    def answer(self, words):
        verb = getattr(self, 'do_' + words[0], None)
        try:
            if verb is None:
                raise No('there is no such verb')
            said = 'ok ' + str(verb(*words[1:]) or '')
        except (No, oracle.Mismatch, ValueError, TypeError, KeyError, OSError) as error:
            said = f'no {type(error).__name__}: {error}'.replace('\n', ' ')
        print(f'host: {" ".join(words)[:200]}: {said}', flush=True)
        return said

    # -- frames ------------------------------------------------------------------------------------------------------------

    def do_frames(self, a, b, count='200', window='16'):
        """Frames into card a that must come out of card b, and the other way round."""
        a, b = self.wires[int(a)], self.wires[int(b)]
        self.seed += 2
        oracle.through(a, b, int(count), int(window), self.seed)
        return f'{count} frames each way'

    def do_echo(self, n, count='200', window='16'):
        """Frames into card n that must come out of it again."""
        wire = self.wires[int(n)]
        self.seed += 2
        oracle.exchange([oracle.Way(wire, wire, oracle.numbered(int(count), self.seed, wire.mac), int(window))])
        return f'{count} frames'

    def do_fresh(self):
        """The wires' books begin anew."""
        for wire in self.wires.values():
            wire.fresh()

    def do_books(self, cards, *text):
        """Cards of ports 0, 1, ... and the answer of "show port stats all --json": compared with the wires' books."""
        ports = json.loads(' '.join(text))['result']['ports']
        if len(ports) != len(cards.split(',')):
            raise No(f'{len(ports)} ports, not {cards}')
        for port, card in zip(ports, cards.split(',')):
            self.compare(port, self.wires[int(card)])
        return f'{len(ports)} ports'

    def compare(self, port, wire):
        said = [port[name] for name in ('rx_packets', 'rx_bytes', 'tx_packets', 'tx_bytes')]
        saw = [wire.given, wire.given_bytes, wire.taken, wire.taken_bytes]
        if said != saw:
            raise No(f'port {port["port"]} received and sent packets, bytes {said}; {wire.name} gave and took {saw}')
        ledger = port['ledger']
        lost = {k: v for side in ('rx', 'tx') for k, v in ledger[side]['lost'].items() if v}
        if not ledger['balanced'] or lost:
            raise No(f'port {port["port"]}: balanced {ledger["balanced"]}, lost {lost}')

    # -- files, the machine ------------------------------------------------------------------------------------------------

    def do_keep(self, name, size):
        """A file of that many bytes follows."""
        data = self.line.bytes(int(size))
        with open(os.path.join(self.logs, os.path.basename(name)), 'wb') as file:
            file.write(data)
        return size

    def do_link(self, n, state):
        """Plugs card n's cable in (on) or out (off)."""
        self.qmp.ask('set_link', name=f'card{n}', up=state == 'on')

    def do_filter(self, n, *wanted):
        """What card n listens to, and must: promiscuous=true, multicast=normal, main-mac=..., in QEMU's words."""
        found = self.qmp.ask('query-rx-filter', name=f'card{n}')[0]
        for word in wanted:
            name, value = word.split('=', 1)
            have = found[name]
            have = ','.join(sorted(map(str, have))) if isinstance(have, list) else str(have).lower()
            if have != value:
                raise No(f'{name} is {have}, not {value}')
        return ' '.join(wanted) or json.dumps(found)
