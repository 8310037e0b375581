#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the target e1000_model_regs into <folder>/e1000_model_regs."""
import os
import struct
import sys

# Steps of fuzz_e1000_model_regs.c.
WRITE, READ, FAVOURITE, _, ACCESS, CONFIG, WIRE, PHY, TIME, SPOIL, RECEIVE, STORE, CABLE, POLL, MEMORY, RESET = range(16)
PLUG = CABLE | 16
CTRL, EECD, EERD, ICR, ITR, ICS, IMS, IMC = 0x0, 0x10, 0x14, 0xc0, 0xc4, 0xc8, 0xd0, 0xd8
RCTL, TCTL, RDBAL, RDLEN, RDH, RDT, RDTR = 0x100, 0x400, 0x2800, 0x2808, 0x2810, 0x2818, 0x2820
TDBAL, TDLEN, TDH, TDT = 0x3800, 0x3808, 0x3810, 0x3818
RST, PHY_RST, MEMORY_AT = 1 << 26, 1 << 31, 0x10000


def write(reg, value):
    return bytes([WRITE]) + struct.pack('<HI', reg // 4, value & 0xffffffff)


def read(reg):
    return bytes([READ]) + struct.pack('<H', reg // 4)


def access(bar, offset, length, value, put):
    return bytes([ACCESS, bar | (4 if put else 0)]) + struct.pack('<IBB', offset, length, value)


def config(offset, length, value, put):
    return bytes([CONFIG, offset, (length - 1) | (4 if put else 0)]) + struct.pack('<I', value)


def wire(bits, selected=1):
    """The first bit leaves first."""
    value = sum(1 << i for i, bit in enumerate(bits) if bit == '1')
    return bytes([WIRE]) + struct.pack('<IB', value, selected)


def phy(reg, value=None):
    return bytes([PHY, reg, 0 if value is None else 1]) + struct.pack('<H', value or 0)


def wait(amount, shift=20, absolute=0):
    return bytes([TIME]) + struct.pack('<HBB', amount, shift, absolute)


def spoil(bits):
    return bytes([SPOIL]) + struct.pack('<H', bits)


def receive(length, first=0xff):
    return bytes([RECEIVE]) + struct.pack('<HB', length, first)


def ring(base, where, tail):
    return write(base, where) + write(base + 8, 256) + write(base + 0x10, 0) + write(base + 0x18, tail)


OPEN = (ring(RDBAL, MEMORY_AT, 15) + ring(TDBAL, MEMORY_AT + 0x1000, 3) + write(RCTL, 0x8002) + write(TCTL, 0x0103f0fa) +
        write(ITR, 100) + write(IMS, 0x9d))
SEEDS = {
    'empty': b'',
    'link': wait(600) + write(IMS, 4) + phy(1) + phy(1) + phy(17) + phy(0, 0x1340) + read(ICR) + wait(600) + read(ICR),
    'cable': wait(600) + bytes([CABLE]) + phy(0, 0x9140) + bytes([PLUG]) + wait(600) + bytes([CABLE, PLUG, RESET]) + wait(600),
    'forced': phy(0, 0x2100) + wait(600) + phy(0, 0x4140) + write(CTRL, 0x8c1) + phy(0, 0x0800) + phy(4, 0) + phy(0, 0x1340) + wait(600),
    'reset': OPEN + write(CTRL, RST) + read(CTRL) + OPEN + write(CTRL, RST | PHY_RST) + wait(600) + write(CTRL, 0x41) + wait(600),
    'reset_by_ports': access(6, 0, 4, 0, True) + access(6, 4, 4, 4, True) + access(2, 0, 8, 0, False) + access(6, 4, 1, 255, True),
    'eerd': write(EERD, 1) + read(EERD) + write(EECD, 0x40) + read(EERD) + write(EECD, 0) + write(EERD, 0xff01) + read(EERD),
    'eeprom_read': wire('110000000') + wire('0' * 32) * 40 + wire('', 0),
    'eeprom_write': (wire('', 0) + wire('10011' + '0000') + wire('', 0) + wire('101000101' + '1010101010101010' + '0000000')),
    'eeprom_wrong': wire('1' * 32) * 3 + wire('', 0) + wire('0' * 32) + wire('111', 1) + wire('', 0),
    'irq': write(ITR, 0xffff) + write(IMS, 0xffffffff) + (write(ICS, 0x80) + read(ICR) + wait(1)) * 8 + write(ITR, 0) + write(IMC, 0x80),
    'intx_off': write(IMS, 0x80) + write(ICS, 0x80) + config(4, 2, 0x407, True) + config(6, 1, 0, False) + config(4, 2, 7, True),
    'config': b''.join(config(at, 4, 0xffffffff, True) + config(at, 4, 0, False) for at in range(0, 252, 4)),
    'config_end': config(252, 4, 0, True) + config(253, 4, 0, True) + config(255, 4, 0, False),
    'not_decoded': config(4, 2, 0, True) + read(CTRL) + access(1, 0, 8, 0, False) + access(6, 0, 4, 1, True),
    'bars': b''.join(access(bar | put, off, n, 0x5a, put != 0) for bar in range(4) for put in (0, 4)
                     for off in (0, 1, 0x3c, 0x3d, 0x40, 0xfffc, 0x10000, 0x1fffc, 0x1fffd, 0x20000) for n in (0, 1, 2, 4, 8, 9)),
    'flash': write(EECD, 0x20) + access(1, 0xfff8, 8, 7, True) + access(1, 0xfffc, 8, 7, True) + write(EECD, 0x10) + access(1, 0, 4, 1, True),
    'traffic': wait(600) + OPEN + receive(60) + receive(1514) + receive(16000) + bytes([POLL]) * 3 + wait(10) + read(ICR) + write(RDTR, 1 << 31),
    'traffic_no_ring': wait(600) + write(RCTL, 0x8002) + write(TCTL, 2) + receive(60) + write(TDT, 9) + bytes([POLL]) + receive(0),
    'rings_ones': wait(600) + b''.join(write(r, 0xffffffff) for r in (RDBAL, RDLEN, RDH, RDT, TDBAL, TDLEN, TDH, TDT, TCTL, RCTL)) +
                  receive(60) + bytes([POLL]),
    'stores': wait(600) + OPEN + b''.join(bytes([STORE]) + struct.pack('<HI', page | 0x200 | word, 0xffffffff)
                                          for page in (0, 0x8000) for word in (0, 2, 4, 6)) + receive(60) + bytes([POLL]),
    'statistics': wait(600) + OPEN + receive(60) + b''.join(read(0x4000 + 4 * i) for i in range(80)),
    'faults': b''.join(spoil(1 << i) + OPEN + write(CTRL, RST) + phy(1) + write(EERD, 1) + read(EERD) + wire('110000000') + receive(60) +
                       bytes([POLL]) for i in range(12)) + spoil(0) + wait(600) + OPEN,
    'time_jumps': phy(0, 0x1340) + wait(0xffff, 48) + phy(0, 0x1340) + wait(0xffff, 48) + wait(1, 0, 1) + wait(600),
    'time_end': OPEN + wait(0xffff, 48, 1) + phy(0, 0x1340) + write(ICS, 0x80) + read(ICR) + write(ICS, 0x80) + wait(0xffff, 0),
}


def main():
    folder = os.path.join(sys.argv[1], 'e1000_model_regs')
    os.makedirs(folder, exist_ok=True)
    for name, steps in SEEDS.items():
        with open(os.path.join(folder, name), 'wb') as out:
            out.write(bytes([len(steps) % 2]) + steps)


if __name__ == '__main__':
    main()
