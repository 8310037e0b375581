# SPDX-License-Identifier: BSD-3-Clause
"""Cards of the guest that are processes outside of it: plx-nicemu behind a socket, with the tap card<N> as the far end of its cable."""

import json
import os
import select
import subprocess
import time

LIMIT = 90  # seconds for an answer, or for a socket to be there


class Nic:
    """Options of a card are more words for plx-nicemu: nicemu+--poll, nicemu+--pcap=wire.pcapng (in the folder of the run)."""

    def __init__(self, build, folder, card, logs):
        self.program, self.card, self.process = os.path.join(build, 'apps/nicemu/plx-nicemu'), card, None
        self.folder, card.path = folder, os.path.join(folder, f'nic{card.number}')
        self.log = os.path.join(logs, f'nic{card.number}.log')
        open(self.log, 'wb').close()
        self.start()

    def start(self):
        command = [self.program, '-s', self.card.path, '-t', f'card{self.card.number}', '-m', self.card.mac.hex(':'), '-i', '--json', '-v',
                   *self.card.options]
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                            cwd=self.folder)
        self.say('show nics')
        subprocess.run(['ip', 'link', 'set', f'card{self.card.number}', 'up'], check=True)

    def revive(self):
        if self.process.poll() is not None:
            self.start()

    def say(self, command):
        """The result, of a line of JSON."""
        self.process.stdin.write(command.encode() + b'\n')
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], LIMIT)[0]:
            raise ValueError(f'the NIC gave no answer to {command}')
        said = json.loads(self.process.stdout.readline() or '{"error": "it ended"}')
        if 'error' in said:
            raise ValueError(f'the NIC, {command}: {said["error"]}')
        return said['result']

    def plug(self, state):
        self.say('link nic0 ' + {'on': 'up', 'off': 'down'}[state])

    def books(self):
        """{rx_packets, rx_bytes, tx_packets, tx_bytes}, as its driver should have them; nothing was lost unless that is told."""
        stats = self.say('show stats nic0')['nics'][0]
        if not stats['balanced']:
            raise ValueError(f'the books of the NIC do not add up: {stats}')
        return {'rx_packets': stats['card']['taken'], 'rx_bytes': stats['to_card']['passed_bytes'],
                'tx_packets': stats['card']['sent'], 'tx_bytes': stats['to_wire']['passed_bytes']}

    def wait_connected(self, connected):
        end = time.monotonic() + LIMIT
        while (self.say('show nics')['nics'][0]['driver'] == 'connected') != connected:
            if time.monotonic() > end:
                raise ValueError(f'waited in vain for the driver to {"come" if connected else "go"}')
            time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        """It ends by itself, and well if its books add up, when nobody types any more. Its status."""
        try:
            said = self.process.communicate(timeout=LIMIT)[0]
        except subprocess.TimeoutExpired:
            self.kill()
            said = b'it did not end'
        with open(self.log, 'ab') as log:
            log.write(said)
        return self.process.returncode


class Nics(dict):
    """By the number of the card."""

    def __init__(self, build, folder, cards, logs):
        super().__init__()
        self.bad = {}  # how those ended that ended badly
        try:
            for card in cards:
                self[card.number] = Nic(build, folder, card, logs)
        except BaseException:
            self.close()
            raise

    def close(self):
        self.bad = {number: f'status {status}' for number, nic in self.items() if (status := nic.close())}
