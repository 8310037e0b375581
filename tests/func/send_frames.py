#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends frames out of an interface: send_frames.py INTERFACE COUNT UDP-PORT [VLAN]. Broadcast, with a tag if VLAN is given."""
import socket
import struct
import sys


def frame(port, vlan):
    udp = struct.pack("!HHHH", port, port, 8 + 32, 0) + bytes(32)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes((198, 18, 0, 1)), bytes((198, 18, 0, 2)))
    tag = struct.pack("!HH", 0x8100, vlan) if vlan else b""
    return b"\xff" * 6 + bytes((2, 0, 0, 0, 0, 10)) + tag + struct.pack("!H", 0x0800) + ip + udp


def main():
    interface, count, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    vlan = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((interface, 0))
        for _ in range(count):
            out.send(frame(port, vlan))


main()
