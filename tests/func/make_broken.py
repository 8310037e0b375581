#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_broken.py FOLDER: capture files that are cut, lie about their lengths, or are none at all."""
import os
import struct
import sys

PCAP = struct.pack('=IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
SHB = struct.pack('=IIIHHqI', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28)
IDB = struct.pack('=IIHHII', 1, 20, 1, 0, 65535, 20)


def record(claim, data):
    return struct.pack('=IIII', 1, 1, claim, claim) + data


def packet(interface, claim, data):
    size = 32 + len(data)
    return struct.pack('=IIIIIII', 6, size, interface, 0, 0, claim, claim) + data + struct.pack('=I', size)


GOOD = record(60, bytes(60))
GOOD_NG = SHB + IDB + packet(0, 60, bytes(60))
FILES = {
    # Read up to the fault: one whole packet each.
    'cut_record.pcap': PCAP + GOOD + record(60, bytes(10)),
    'cut_header.pcap': PCAP + GOOD + bytes(7),
    'huge_record.pcap': PCAP + GOOD + record(0xffffffff, bytes(100)),
    'block_of_none.pcapng': GOOD_NG + struct.pack('=III', 6, 0, 0),
    'block_of_all.pcapng': GOOD_NG + struct.pack('=III', 6, 0xfffffff0, 0),
    'no_interface.pcapng': GOOD_NG + packet(3, 8, bytes(8)),
    'longer_than_block.pcapng': GOOD_NG + packet(0, 4000, bytes(8)),
    # Refused at once.
    'empty': b'',
    'short': PCAP[:10],
    'text': b'root:x:0:0:root:/root:/bin/bash\n',
    'version.pcap': PCAP[:4] + struct.pack('=HH', 9, 9) + PCAP[8:],
    'raw_ip.pcap': PCAP[:20] + struct.pack('=I', 101),
}

for name, data in FILES.items():
    with open(os.path.join(sys.argv[1], name), 'wb') as out:
        out.write(data)
