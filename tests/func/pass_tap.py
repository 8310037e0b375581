#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""pass_tap.py NAME FLAGS COMMAND...: makes a tap as root, sets it up and runs the command with its queue as fd 5.

FLAGS: tap (as net_tap wants it), plain (without packet headers), tun.
"""

import fcntl
import os
import struct
import subprocess
import sys

TUNSETIFF = 0x400454ca
IFF_TUN, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 1, 2, 0x1000, 0x4000
FLAGS = {'tap': IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, 'plain': IFF_TAP | IFF_NO_PI, 'tun': IFF_TUN | IFF_NO_PI | IFF_VNET_HDR}

name, flags, command = sys.argv[1], FLAGS[sys.argv[2]], sys.argv[3:]
fd = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', name.encode(), flags))
subprocess.run(['ip', 'link', 'set', 'dev', name, 'up'], check=True)
os.dup2(fd, 5)
os.close(fd)
os.execvp(command[0], command)
