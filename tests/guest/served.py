# SPDX-License-Identifier: BSD-3-Clause
"""Cards of the guest that are processes outside of it: plx-nicemu behind a socket, with the tap card<N> as the far end of its cable."""

import json
import os
import select
import subprocess
import time

LIMIT = 30  # seconds for an answer, or for a socket to be there


class Nic:
    def __init__(self, build, folder, card, logs):
        self.program, self.card, self.process = os.path.join(build, 'tests/guest/guest_nic'), card, None
        card.path = os.path.join(folder, f'nic{card.number}')
        self.log = os.path.join(logs, f'nic{card.number}.log')
        open(self.log, 'wb').close()
        self.start()

    def start(self):
        command = [self.program, self.card.path, f'card{self.card.number}', self.card.mac.hex(':'), *self.card.options]
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.say('books')
        subprocess.run(['ip', 'link', 'set', f'card{self.card.number}', 'up'], check=True)

    def revive(self):
        if self.process.poll() is not None:
            self.start()

    def say(self, command):
        """The answer, a line of JSON."""
        self.process.stdin.write(command.encode() + b'\n')
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], LIMIT)[0]:
            raise ValueError(f'the NIC gave no answer to {command}')
        said = json.loads(self.process.stdout.readline() or '{"error": "it ended"}')
        if 'error' in said:
            raise ValueError(f'the NIC, {command}: {said["error"]}')
        return said

    def plug(self, state):
        self.say('link ' + state)

    def books(self):
        """What the card counted, by the names of struct plx_e1000_model_stats."""
        return self.say('books')

    def wait_connected(self, connected):
        end = time.monotonic() + LIMIT
        while self.books()['connected'] != connected:
            if time.monotonic() > end:
                raise ValueError(f'waited in vain for the driver to {"come" if connected else "go"}')
            time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        """It ends by itself and well when nobody types any more."""
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode


class Nics(dict):
    """By the number of the card."""

    def __init__(self, build, folder, cards, logs):
        super().__init__()
        self.bad = []  # the numbers of those that ended badly
        try:
            for card in cards:
                self[card.number] = Nic(build, folder, card, logs)
        except BaseException:
            self.close()
            raise

    def close(self):
        self.bad = [number for number, nic in self.items() if nic.close()]
