# SPDX-License-Identifier: BSD-3-Clause
"""What a tap receives, as the kernel has it: the VLAN and the length of each packet, uncut."""

import contextlib
import socket
import struct
import threading

import oracle

PACKET_AUXDATA = 8
AUXDATA = 'IIIHHHH'  # struct tpacket_auxdata
VLAN_VALID = 1 << 4  # TP_STATUS_VLAN_VALID


class Tagged:
    def __init__(self, name):
        self.longest = {}  # by VLAN; None: without a tag
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(oracle.ETH_P_ALL))
        self.socket.setsockopt(oracle.SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, oracle.SO_RCVBUFFORCE, oracle.KEPT)
        self.socket.bind((name, 0))
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        with contextlib.suppress(OSError):
            while True:
                size, beside, _, address = self.socket.recvmsg_into([bytearray(1)], 64, socket.MSG_TRUNC)
                if address[2] == socket.PACKET_OUTGOING:
                    continue
                status, _, _, _, _, tag, _ = struct.unpack_from(AUXDATA, beside[0][2])
                vlan = tag & 0xfff if status & VLAN_VALID else None
                self.longest[vlan] = max(size, self.longest.get(vlan, 0))

    def close(self):
        self.socket.close()
