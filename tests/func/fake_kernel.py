#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""fake_kernel.py ROOT: does below ROOT/sys/bus/pci what the kernel does when its files are written to.

The files are plain ones: each is looked at in turn, acted on and emptied. A driver that has a file `refuses` takes nothing; a
device's `wants` is what the kernel itself would give it to.
"""

import os
import sys
import time

BUS = os.path.join(sys.argv[1], 'sys/bus/pci')
assert os.path.realpath(BUS) != os.path.realpath('/sys/bus/pci')


def take(path):
    """What was written into a file, which is empty from then on."""
    with open(path, 'r+', encoding='ascii') as file:
        text = file.read()
        if text:
            file.truncate(0)
        return text


def give(address, driver):
    """Binds the device, if the driver is there and takes it."""
    device = os.path.join(BUS, 'devices', address)
    folder = os.path.join(BUS, 'drivers', driver)
    if os.path.isdir(folder) and not os.path.exists(os.path.join(folder, 'refuses')):
        os.symlink('../../drivers/' + driver, os.path.join(device, 'driver'))


def main():
    """Until it is killed."""
    overrides = {}
    while True:
        # What is asked for first, then the overrides: those that were written before are known then.
        asked = [(what, driver, address) for what in ('unbind', 'bind') for driver in os.listdir(BUS + '/drivers')
                 if (address := take(os.path.join(BUS, 'drivers', driver, what)))]
        probed = take(BUS + '/drivers_probe')
        for address in os.listdir(BUS + '/devices'):
            path = os.path.join(BUS, 'devices', address, 'driver_override')
            text = take(path) if os.path.exists(path) else ''
            if text:
                overrides[address] = text.strip()
        for what, driver, address in asked:
            if what == 'unbind':
                os.unlink(os.path.join(BUS, 'devices', address, 'driver'))
            elif overrides.get(address, '') in ('', driver):
                give(address, driver)
        if probed:
            with open(os.path.join(BUS, 'devices', probed, 'wants'), encoding='ascii') as wants:
                give(probed, overrides.get(probed) or wants.read().strip())
        time.sleep(0.005)


main()
