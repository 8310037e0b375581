# SPDX-License-Identifier: BSD-3-Clause
"""What QEMU's trace of register accesses tells of a driver: how it initialises a device, and what a burst costs.

An access becomes a word: a letter of the register, upper case when it was read, and for some its value.
"""

import re

LINE = re.compile(r"^memory_region_ops_(read|write) cpu \d+ mr \S+ addr 0x(\w+) value 0x(\w+) size \d+ name '(virtio-pci[\w-]*)'",
                  re.M)
# Offsets in the common configuration (4.1.4.3) and in the legacy I/O ports (4.1.4.10).
MODERN = {0x00: 'x', 0x04: 'f', 0x08: 'x', 0x0c: 'f', 0x10: 'v', 0x12: 'x', 0x14: 's', 0x15: 'x', 0x16: 'q', 0x18: 'z', 0x1a: 'v',
          0x1c: 'e', 0x1e: 'x', **{at: 'a' for at in range(0x20, 0x38, 4)}}
LEGACY = {0x00: 'f', 0x04: 'f', 0x08: 'e', 0x0c: 'z', 0x0e: 'q', 0x10: 'n', 0x12: 's', 0x13: 'x'}

# 3.1.1: reset until it reads 0, ACKNOWLEDGE, DRIVER, features, and with VERSION_1 FEATURES_OK, which has to stick.
READ = r'(?:[A-Z]\w* )*'
BEGIN = rf's0 (?:S\w+ )*?S0 {READ}s1 {READ}s3 '
UP_TO_FEATURES = {'modern': rf'{BEGIN}(?:[xA-Z]\w* )*f (?:[xfA-Z]\w* )*sb {READ}?Sb ', 'legacy': rf'{BEGIN}{READ}f '}
READY = {'modern': 'sf', 'legacy': 's7'}


class Wrong(Exception):
    pass


def words(text):
    """The accesses to virtio devices, in order, those of the boot loader left out by the caller's mark."""
    said = []
    for way, address, value, region in LINE.findall(text):
        offset = int(address, 16)
        if region == 'virtio-pci':
            letter = LEGACY.get(offset & 0x1f if offset & 0x1f < 0x14 else -1, 'c')
        elif 'common' in region:
            letter = MODERN.get(offset & 0xfff, 'x')
        else:
            letter = {'isr': 'i', 'device': 'c', 'notify': 'n'}.get(region.split('-')[2], 'x')
        letter = letter.upper() if way == 'read' else letter
        said.append(letter + (value if letter in 'sSqe' else ''))
    return said


def check_queues(line, kind):
    """From the features to DRIVER_OK and on: a queue is enabled once it has its addresses, notified once the device runs."""
    queue, addressed, ready = None, set(), False
    for word in line.split():
        if word[0] == 'q':
            queue = word[1:]
        elif word == READY[kind]:
            ready = True
        elif word[0] == 'a':
            addressed.add(queue)
        elif word[0] == 'e' and word != 'e0' and kind == 'modern' and queue not in addressed:
            raise Wrong(f'queue {queue} is enabled before it has addresses: {line[:700]}')
        elif word[0] == 'n' and not ready:
            raise Wrong(f'a queue is notified before DRIVER_OK: {line[:700]}')
        if ready and word[0] in 'ae' and word != 'e0':
            raise Wrong(f'a queue is set up after DRIVER_OK: {line[:700]}')


def check_init(text, kind):
    """Each initialisation that reached DRIVER_OK followed 3.1.1. How many there were."""
    line = ' '.join(words(text)) + ' '
    starts = [match.start() for match in re.finditer(r'\bs0 ', line)]
    count = 0
    for begin, end in zip(starts, starts[1:] + [len(line)]):
        one = line[begin:end]
        if f'{READY[kind]} ' not in one:
            continue
        features = re.match(UP_TO_FEATURES[kind], one)
        if not features:
            raise Wrong(f'this is no initialisation of a {kind} device: {one[:700]}')
        check_queues(one[features.end():], kind)
        count += 1
    if count == 0:
        raise Wrong(f'no device was initialised: {line[-300:]}')
    return count


def notifications(text):
    """{queue: how often it was notified}"""
    counts = {}
    for queue in re.findall(r'^virtio_queue_notify vdev \S+ n (\d+)', text, re.M):
        counts[int(queue)] = counts.get(int(queue), 0) + 1
    return counts
