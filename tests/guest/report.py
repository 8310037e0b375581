# SPDX-License-Identifier: BSD-3-Clause
"""What a run came to, and what is told of one that failed: its last lines name the check that failed and the reason."""

import glob
import os
import re
import signal

PASS = 33  # 2 * 16 + 1, see guest_exit.c
JOB_FAILED = 2 * 32 + 1  # and twice the job's status, see init
COMPLAINTS = r'DMAR: .*fault|\bBUG\b|\bOops\b|vtd_iommu_translate: detected translation failure|Kernel panic|NIC \d+ did not end well'
SAID = 6000  # characters of the first serial line


def read(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except FileNotFoundError:
        return ''


def ending(status, done):
    """Of QEMU, in words; done: the guest said that the job had ended."""
    if status < 0:
        said = f'QEMU died of {signal.Signals(-status).name}'
    elif done and status >= JOB_FAILED:
        return f'the job ended with status {(status - JOB_FAILED) // 2}'
    else:
        said = f'QEMU ended with status {status}' + (', which is a panic or a power-off' if status == 0 else '')
    return said if done else said + ', in the middle of the job'


def verdict(status, logs):
    """What is wrong, or None."""
    said = ''.join(read(path) for kind in ('serial', 'qemu') for path in glob.glob(os.path.join(logs, f'*{kind}.log')))
    complaints = re.findall(f'.*(?:{COMPLAINTS}).*', said)
    if complaints:
        return 'complaints: ' + '; '.join(line.strip() for line in complaints[:3])
    if status is None:
        return 'the time was over'
    if status == PASS:
        return None
    return ending(status, 'LAB-DONE' in said)


def lines(path):
    return [line.rstrip() for line in read(path).split('\n') if line.strip()]


def last_words(logs):
    """Of the other programs: QEMU, whose first line is its command, and what stands in the run's folder beside it."""
    for path in sorted(glob.glob(os.path.join(logs, '*.log'))):
        name = os.path.basename(path)
        if not name.endswith(('serial.log', 'trace.log')) and (said := lines(path)[name.endswith('qemu.log'):]):
            yield from (f'{name}: {line[:300]}' for line in said[-3:])


def reasons(logs, asked):
    """Lines, the most telling ones last."""
    serial = lines(os.path.join(logs, 'serial.log'))
    told = list(last_words(logs))
    if not any(line.startswith('LAB-DONE') for line in serial):
        told += [f'the host was last asked {asked or "nothing"}', f'the guest last said {serial[-1] if serial else "nothing"}']
    failed = next((i for i, line in enumerate(serial) if line.startswith('FAIL: ')), len(serial))
    return told + [line for line in serial[failed:] if not line.startswith('LAB-DONE')][-20:]


def tell(wrong, logs, asked):
    print(read(os.path.join(logs, 'serial.log'))[-SAID:].replace('\r', '').rstrip())
    print('\n'.join('guest: ' + line for line in reasons(logs, asked)))
    print(f'guest: FAILED: {wrong}; the logs are in {logs}', flush=True)
