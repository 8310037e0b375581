# SPDX-License-Identifier: BSD-3-Clause
"""What the job in the guest may ask of the host, a line each on the second serial line; the answer is "ok ..." or "no ...".

The verbs are the methods of Host whose names begin with do_; README.md lists them.
"""

import hashlib
import json
import os
import random
import re
import socket
import subprocess
import time

import linux
import oracle
import outside
import peers
import registers
import tagged as tagged_tap
from answers import No


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

    def until(self, wanted, seconds):
        """What came up to and with the first match of a regular expression."""
        self.connection.settimeout(seconds)
        try:
            while (match := re.search(wanted.encode(), self.kept)) is None:
                self.more()
        except TimeoutError:
            raise No(f'waited in vain for {wanted!r}; there is {self.kept[-300:]!r}') from None
        finally:
            self.connection.settimeout(None)
        found, self.kept = self.kept[:match.end()], self.kept[match.end():]
        return found.decode(errors='replace')

    def say_raw(self, text):
        self.connection.sendall(text.encode())

    def say(self, text):
        self.connection.sendall(text.encode() + b'\n')


class Host(linux.Verbs):
    def __init__(self, line, wires, qmp, logs, typist, boot=None):
        self.line, self.wires, self.qmp, self.logs, self.typist, self.boot = line, wires, qmp, logs, typist, boot
        self.outside = boot.outside if boot else None
        self.nics = boot.nics if boot else {}
        self.seed = 0
        self.injected = {}  # by card: what `inject` gave
        self.peers = None
        self.met = self.tagged = None  # a connection, and a tap on its way
        self.marked = 0  # how long trace.log was at `mark`

    def serve(self):
        """Until the guest closes the line."""
        try:
            while True:
                words = self.line.line().split(' ')
                self.line.say(self.answer(words))
        except (EOFError, ConnectionError):
            pass
        finally:
            if self.peers:
                self.peers.close()
            self.end_linux()

    def answer(self, words):
        verb = getattr(self, 'do_' + words[0], None)
        self.note(words, 'no answer yet')
        try:
            if verb is None:
                raise No('there is no such verb')
            said = 'ok ' + str(verb(*words[1:]) or '')
        except (No, oracle.Mismatch, registers.Wrong, subprocess.SubprocessError, ValueError, TypeError, KeyError, OSError) as error:
            said = f'no {type(error).__name__}: {error}'.replace('\n', ' ')
        print('host: ' + self.note(words, said), flush=True)
        return said

    def note(self, words, said):
        asked = f'{" ".join(words)[:200]}: {said}'
        if self.boot:
            self.boot.asked = asked
        return asked

    # -- frames ------------------------------------------------------------------------------------------------------------

    def do_frames(self, a, b, count='200', window='16'):
        """Frames into card a that must come out of card b, and the other way round."""
        a, b = self.wires[int(a)], self.wires[int(b)]
        self.seed += 2
        oracle.through(a, b, int(count), int(window), self.seed)
        return f'{count} frames each way'

    def do_long(self, a, b, longest, count='100'):
        """The same with frames of up to that many bytes, a few at a time."""
        self.seed += 2
        oracle.through(self.wires[int(a)], self.wires[int(b)], int(count), 4, self.seed, int(longest))
        return f'{count} frames each way'

    def do_tags(self, a, b, before, after, count='100'):
        """Frames into card a with the tag `before` that must come out of card b with the tag `after`; - is none."""
        source, sink = self.wires[int(a)], self.wires[int(b)]
        before, after = (None if word == '-' else int(word) for word in (before, after))
        self.seed += 2
        frames = oracle.numbered(int(count), self.seed, source.mac, longest=oracle.FRAME_MAX - 4)
        oracle.exchange([oracle.Way(source, sink, frames, 16, given=lambda frame: oracle.tagged(frame, before),
                                    wanted=lambda frame: oracle.tagged(frame, after))])
        return f'{count} frames'

    def do_echo(self, n, count='200', window='16'):
        """Frames into card n that must come out of it again."""
        wire = self.wires[int(n)]
        self.seed += 2
        oracle.exchange([oracle.Way(wire, wire, oracle.numbered(int(count), self.seed, wire.mac), int(window))])
        return f'{count} frames'

    def do_flows(self, a, b, count='200', number='16', window='16'):
        """As frames, of that many UDP flows; the order is that of each flow."""
        a, b = self.wires[int(a)], self.wires[int(b)]
        self.seed += 2
        oracle.exchange([oracle.Way(source, sink, oracle.flows(int(count), int(number), self.seed + i, source.mac, i),
                                    int(window), oracle.udp_flow)
                         for i, (source, sink) in enumerate(((a, b), (b, a)))])
        return f'{count} frames each way'

    def do_inject(self, n, count='200', to=None, tag=None):
        """Frames into card n, for `to` or its own MAC address, with a tag or none, that come out nowhere. Their bytes."""
        wire = self.wires[int(n)]
        self.seed += 1
        frames = oracle.numbered(int(count), self.seed, bytes.fromhex(to.replace(':', '')) if to else wire.mac,
                                 longest=oracle.FRAME_MAX - 4 if tag else oracle.FRAME_MAX)
        frames = oracle.inject(wire, (oracle.tagged(frame, int(tag) if tag else None) for frame in frames))
        self.injected.setdefault(int(n), []).extend(frames)
        return sum(map(len, frames))

    def do_drain(self, n, seconds='0'):
        """Takes what comes out of card n, for so long or until nothing more comes."""
        wire = self.wires[int(n)]
        self.take_all(wire, float(seconds) or 0.3, seconds == '0')
        # QEMU keeps what a wire has no room for, and may have had to wait for a processor: it has looked again when it answers.
        while seconds == '0' and any(self.qmp.ask('query-status') and self.take_all(wire, 0.05, True) for _ in range(3)):
            self.take_all(wire, 0.3, True)
        return wire.taken

    @staticmethod
    def take_all(wire, seconds, anew):
        """For so long, with each frame anew if that is said. How many there were."""
        before, end = wire.taken, time.monotonic() + seconds
        while time.monotonic() < end:
            if wire.take() is None:
                time.sleep(0.001)
            elif anew:
                end = time.monotonic() + seconds
        return wire.taken - before

    def do_quiet(self, seconds='0.3'):
        """Nothing comes out of any card for so long."""
        oracle.quiet(self.wires.values(), float(seconds))

    def do_mtu(self, n, mtu):
        """The kernel at the tap of card n, before `tcp`."""
        subprocess.run(['ip', 'link', 'set', f'card{n}', 'mtu', mtu], check=True)

    def do_tcp(self, near, far, megabytes, least='0', most='65536', family='4'):
        """A TCP connection between the kernels at two taps; what comes out of the guest has `least` to `most` bytes a packet on
        average."""
        if self.peers is None:
            self.peers = peers.Peers(near, far)
        before = [self.peers.counts(side) for side in (False, True)]
        if not self.peers.transfer(int(megabytes) << 20, family):
            raise No('the bytes that arrived are not those that were sent')
        said = []
        for side in (False, True):
            packets, size, wrong = (now - then for now, then in zip(self.peers.counts(side), before[side]))
            said.append(f'{packets} packets of {size // packets} bytes')
            if wrong:
                raise No(f'{wrong} wrong checksums')
            if not int(least) <= size // packets <= int(most):
                raise No(f'{said[-1]} came, not {least} to {most}')
        return ', '.join(said)

    def do_meet(self, near, tagged, size):
        """The kernel at the first tap, 10.99.0.1, awaits a TCP connection over which it sends so many bytes and takes what comes;
        what the other tap receives is watched for its tags."""
        name = f'card{near}'
        subprocess.run(['ip', 'address', 'add', '10.99.0.1/24', 'dev', name], check=True)
        self.met = outside.Served(name, socket.create_server(('10.99.0.1', 5000)), random.Random(size).randbytes(int(size)))
        self.tagged = tagged_tap.Tagged(f'card{tagged}')

    def do_met(self, sent, got, vlan, least):
        """It has ended: hashes of what the guest sent and got. All that the other tap received was in that VLAN, and the longest packet
        that either tap received has at least so many bytes."""
        given, taken, sizes, wrong = self.met.end()
        self.tagged.close()
        said = f'up to {max(sizes)} bytes came, {self.tagged.longest} by VLAN; {wrong} wrong checksums'
        if (sent, got) != (taken, given):
            raise No('the bytes that arrived are not those that were sent: ' + said)
        if wrong or list(self.tagged.longest) != [int(vlan)] or min(max(sizes), self.tagged.longest[int(vlan)]) < int(least):
            raise No(said)
        return said

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
        ledger = port['ledger']
        said = [port['rx_packets'], port['rx_bytes'], ledger['tx']['taken'], port['tx_bytes']]
        saw = [wire.given, wire.given_bytes, wire.taken, wire.taken_bytes]
        if ledger['tx']['in_flight']:  # the driver has not looked since the device took them: their bytes come later
            said[3] = saw[3] = None
        if said != saw:
            raise No(f'port {port["port"]} received and took packets, bytes {said}; {wire.name} gave and took {saw}')
        lost = {k: v for side in ('rx', 'tx') for k, v in ledger[side]['lost'].items() if v}
        if not ledger['balanced'] or lost:
            raise No(f'port {port["port"]}: balanced {ledger["balanced"]}, lost {lost}')

    def do_queues(self, number, *text):
        """The answer of "show port xstats all --json": each of so many queues was used both ways; they make up the port."""
        for port in json.loads(' '.join(text))['result']['ports']:
            for way in ('rx', 'tx'):
                each = [port['xstats'][f'{way}_q{q}_packets'] for q in range(int(number))]
                if min(each) == 0 or sum(each) != port['xstats'][f'{way}_good_packets']:
                    raise No(f'port {port["port"]} {way}: {each} of {port["xstats"][way + "_good_packets"]}')
        return number

    def do_hashes(self, name, port, least, key, table):
        """What the file that was kept says of each packet that a port received: the hash is made of it by that key, the queue is where
        the table ("0:1,1:0,...") leads; so many queues at least had some."""
        with open(os.path.join(self.logs, os.path.basename(name)), encoding='utf-8', errors='replace') as file:
            said = file.read()
        table = dict(map(int, entry.split(':')) for entry in table.split(','))
        queues = set()
        for part in re.split(r'^(?=port \d+/queue )', said, flags=re.M):
            if part.startswith(f'port {port}/') and ': received ' in part:
                queues |= set(oracle.check_hashes(part, bytes.fromhex(key), table))
        if len(queues) < int(least):
            raise No(f'port {port} received on queues {sorted(queues)}')
        return f'queues {sorted(queues)}'

    # -- files, the machine ------------------------------------------------------------------------------------------------

    def do_keep(self, name, size):
        """A file of that many bytes follows."""
        data = self.line.bytes(int(size))
        with open(os.path.join(self.logs, os.path.basename(name)), 'wb') as file:
            file.write(data)
        return size

    def do_link(self, n, state):
        """Plugs card n's cable in (on) or out (off)."""
        if int(n) in self.nics:
            self.nics[int(n)].plug(state)
        else:
            self.qmp.ask('set_link', name=f'card{n}', up=state == 'on')

    def do_announce(self):
        """QEMU announces all cards and asks their drivers to do so, once."""
        self.qmp.ask('announce-self', initial=50, max=50, rounds=1, step=0)

    def do_announced(self, n, mac):
        """Card n's driver has announced that address: a RARP request came out."""
        oracle.expect_announcement(self.wires[int(n)], bytes.fromhex(mac.replace(':', '')))

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

    def do_captured(self, name, n):
        """The file that was kept holds what `inject` gave to card n, as tshark reads it."""
        path = os.path.join(self.logs, os.path.basename(name))
        said = subprocess.run(['tshark', '-r', path, '-o', 'frame.generate_md5_hash:TRUE', '-T', 'fields', '-e', 'frame.len',
                               '-e', 'frame.md5_hash'], capture_output=True, text=True, check=True).stdout
        found = [line.split() for line in said.splitlines()]
        wanted = [[str(len(frame)), hashlib.md5(frame).hexdigest()] for frame in self.injected[int(n)]]
        if found != wanted:
            at = next((i for i, pair in enumerate(zip(found, wanted)) if pair[0] != pair[1]), min(len(found), len(wanted)))
            raise No(f'{len(found)} frames, {len(wanted)} were given; number {at} is the first that differs')
        return f'{len(found)} frames'

    def do_life(self):
        """1 in a machine's first life, 2 in the one after its death by `crash`."""
        return self.boot.life

    def do_crash(self):
        """Kills QEMU and starts it again: the job begins anew."""
        self.boot.crash()
        if self.outside:
            self.outside.drop()

    # -- a person at the third serial line ---------------------------------------------------------------------------------

    def do_type(self, *words):
        """LINE => PATTERN: types the line at a prompt and waits for the pattern, then for the next prompt."""
        line, _, wanted = ' '.join(words).partition(' => ')
        for char in line + '\n' if line else '':
            self.typist.say_raw(char)
        said = self.typist.until(wanted, 20) if wanted else ''
        return said.strip().splitlines()[-1] if said.strip() else ''

    # -- plx-testpmd outside ------------------------------------------------------------------------------------------------

    def do_outside(self, *words):
        """Types a command there; its answer is this one's."""
        return self.outside.say(' '.join(words))

    def do_forward(self, engine, ports):
        """It forwards between those ports by that engine."""
        self.outside.forward(engine, ports)

    def do_idle(self):
        """It forwards nothing."""
        self.outside.idle()

    def do_segments(self, card):
        """TCP of that card is neither cut nor summed up there; while it does not forward."""
        self.outside.segments(int(card))

    def do_kill(self):
        """Kills it in the middle of whatever it does, and starts it again."""
        self.outside.kill()
        self.outside.start()

    def do_leave(self):
        """It ends, by itself and well."""
        self.outside.leave()

    def do_serve(self, card, size):
        """The host's kernel awaits one TCP connection at that card's wire: it sends so many bytes and takes what comes."""
        self.outside.serve(card, int(size))

    def do_served(self, sent, got, least='0'):
        """The connection has ended: hashes of what the guest sent and got; the longest packet it sent has at least so many bytes."""
        given, taken, sizes, wrong = self.outside.served.end()
        if (sent, got) != (taken, given):
            raise No('the bytes that arrived are not those that were sent')
        if wrong:
            raise No(f'{wrong} wrong checksums')
        if max(sizes) < int(least):
            raise No(f'the longest of {len(sizes)} packets has {max(sizes)} bytes, less than {least}')
        return f'{len(sizes)} packets of up to {max(sizes)} bytes'

    # -- what QEMU saw -----------------------------------------------------------------------------------------------------

    def trace(self):
        with open(os.path.join(self.logs, 'trace.log'), encoding='utf-8', errors='replace') as file:
            file.seek(self.marked)
            return file.read()

    def do_mark(self):
        """Events are counted from here on."""
        time.sleep(0.05)
        self.marked = os.path.getsize(os.path.join(self.logs, 'trace.log'))

    def do_events(self, *pattern):
        """How many events since the mark match."""
        return str(len(re.findall(' '.join(pattern), self.trace())))

    def do_init(self, kind):
        """Since the mark a modern or legacy device was initialised as 3.1.1 has it: how often."""
        return registers.check_init(self.trace(), kind)

    def do_notified(self, queue, low, high):
        """Since the mark that queue was notified so many times."""
        found = registers.notifications(self.trace()).get(int(queue), 0)
        if not int(low) <= found <= int(high):
            raise No(f'{found} notifications, not {low} to {high}')
        return found
