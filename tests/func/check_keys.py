#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""check_keys.py make FILE: conversations of many sorts, both directions, bare, tagged, in tunnels and in fragments.
check_keys.py check FILE HASHES: what key_hashes printed about FILE is held against what tshark sees in it: two packets have the
same hash by a key if, and only if, they have the same value of it; and the hashes of conversations are spread evenly."""

import random
import struct
import subprocess
import sys
import xml.etree.ElementTree as xml
from collections import Counter, defaultdict

NUMBERS = {'tcp': 6, 'udp': 17, 'sctp': 132, 'icmp': 1, 'icmpv6': 58, 'gre': 47, 'esp': 50, 'ip': 4, 'ipv6': 41}
PORTS = ('tcp', 'udp', 'sctp')

# -- frames ------------------------------------------------------------------------------------------------------------------


def ether(dice, kind, payload, tags=()):
    macs = bytes([2, 0, 0, 0, 0, dice.randrange(256), 2, 0, 0, 0, 1, dice.randrange(256)])
    return macs + b''.join(struct.pack('>HH', *tag) for tag in tags) + struct.pack('>H', kind) + payload


def ipv4(ends, proto, data, frag=0x4000, size=None):
    return struct.pack('>BBHHHBBH', 0x45, 0, 20 + (size or len(data)), 7, frag, 64, proto, 0) + ends[0][:4] + ends[1][:4] + data


def ipv6(ends, proto, data, ext=b''):
    return struct.pack('>IHBB', 0x60000000, len(ext + data), 60 if ext else proto, 64) + \
        b''.join(b'\xfd\x99' + end[:4].rjust(14, b'\0') for end in ends) + ext + data


def transport(proto, ports, data):
    if proto == 17:
        return struct.pack('>HHHH', *ports, 8 + len(data), 0) + data
    if proto == 6:
        return struct.pack('>HHIIBBHHH', *ports, 1, 0, 0x50, 0x10, 1024, 0, 0) + data
    if proto == 132:
        return struct.pack('>HHII', *ports, 7, 0) + b'\x06\0\0\x04' # an abort
    return bytes([8, 0, 0, 0, 0, 1, 0, 1]) + data # echo


def datagram(dice, ends, ports, proto, six):
    data = transport(proto, ports, bytes(18))
    if not six:
        return 0x0800, ipv4(ends, proto, data)
    if proto == 1:
        proto, data = 58, b'\x80' + data[1:]
    return 0x86dd, ipv6(ends, proto, data, bytes([proto, 0, 1, 4, 0, 0, 0, 0]) if dice.randrange(4) == 0 else b'')


def tunnel(dice, kind, packet, inner_kind, ends):
    inner = ether(dice, inner_kind, packet)
    ports = (dice.randrange(40000, 60000), {'vxlan': 4789, 'gtpu': 2152}.get(kind))
    if kind == 'vxlan':
        return ipv4(ends, 17, transport(17, ports, struct.pack('>II', 0x08000000, 5 << 8) + inner))
    if kind == 'gtpu':
        return ipv4(ends, 17, transport(17, ports, struct.pack('>BBHI', 0x30, 255, len(packet), 9) + packet))
    if kind == 'gre':
        return ipv4(ends, 47, struct.pack('>HH', 0, inner_kind) + packet)
    if kind == 'teb':
        return ipv4(ends, 47, struct.pack('>HHI', 0x2000, 0x6558, 3) + inner)
    return ipv4(ends, 4 if inner_kind == 0x0800 else 41, packet)


def conversation(dice, i):
    ends = [bytes([10, 1, i >> 8, i & 255]), bytes([10, 2, 0, dice.randrange(1, 9)])]
    ports = [dice.randrange(1024, 40000), 8888]
    proto, six = dice.choice((6, 6, 17, 17, 132, 1)), dice.randrange(3) == 0
    way = dice.choice(('', '', 'tag', 'qinq', 'vxlan', 'gtpu', 'gre', 'teb', 'ipip', 'fragments', 'error', 'arp', 'other'))
    outer = [bytes([192, 168, 0, dice.randrange(1, 5)]), bytes([192, 168, 1, dice.randrange(1, 5)])]
    for _ in range(2):
        kind, packet = datagram(dice, ends, ports, proto, six)
        if way == 'tag':
            yield ether(dice, kind, packet, [(0x8100, dice.randrange(8) << 13 | dice.randrange(20))])
        elif way == 'qinq':
            yield ether(dice, kind, packet, [(0x88a8, dice.randrange(20)), (0x8100, dice.randrange(4096))])
        elif way == 'fragments':
            data = transport(17, ports, bytes(56))
            yield ether(dice, 0x0800, ipv4(ends, 17, data[:32], 0x2000))
            yield ether(dice, 0x0800, ipv4(ends, 17, data[32:], 4))
        elif way == 'error':
            back = ipv4(ends[::-1], 17, transport(17, ports[::-1], bytes(4)))
            yield ether(dice, 0x0800, ipv4(ends, 17, transport(17, ports, bytes(4))))
            yield ether(dice, 0x0800, ipv4([outer[0], ends[1]], 1, b'\x03\x03\0\0\0\0\0\0' + back))
        elif way == 'arp':
            yield ether(dice, 0x0806, bytes.fromhex('0001080006040001') + bytes(6) + ends[0] + bytes(6) + ends[1])
        elif way == 'other':
            yield ether(dice, 0x88b5 + dice.randrange(2), bytes(46))
        elif way:
            yield ether(dice, 0x0800, tunnel(dice, way, packet, kind, outer))
        else:
            yield ether(dice, kind, packet)
        ends.reverse()
        ports.reverse()
        outer.reverse()


def make(path):
    dice = random.Random(11)
    with open(path, 'wb') as out:
        out.write(struct.pack('=IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for i in range(1500):
            for data in conversation(dice, i):
                out.write(struct.pack('=IIII', 1700000000, i, len(data), len(data)) + data)


# -- what tshark sees -----------------------------------------------------------------------------------------------------------


def field(proto, name):
    for found in proto.iter('field'):
        if found.get('name') == name:
            return found.get('show')
    return None


def read_layers(protos):
    """Of a packet or of what an ICMP error quotes: IP headers from the outside in, as dicts."""
    layers = []
    for i, proto in enumerate(protos):
        name = proto.get('name')
        after = protos[i + 1].get('name') if i + 1 < len(protos) else ''
        if name in ('eth', 'vlan', 'ieee8021ad'):
            kind = field(proto, {'eth': 'eth.type', 'vlan': 'vlan.etype', 'ieee8021ad': 'ieee8021ad.etype'}[name])
            if name == 'eth':
                layers.append({'macs': [field(proto, 'eth.src'), field(proto, 'eth.dst')], 'open': True})
            elif 'vlan' not in layers[-1]:
                layers[-1]['vlan'] = int(field(proto, name + '.id'))
            layers[-1]['kind'] = int(kind, 0) if kind else layers[-1].get('kind')
        elif name == 'arp':
            layers[-1].update(ends=[field(proto, 'arp.src.proto_ipv4'), field(proto, 'arp.dst.proto_ipv4')], arp=True)
        elif name in ('ip', 'ipv6'):
            if not layers or 'ends' in layers[-1]:
                layers.append({})
            fragment = (field(proto, 'ip.flags.mf') in ('1', 'True') or field(proto, 'ip.frag_offset') not in (None, '0')) \
                if name == 'ip' else False
            number = int(field(proto, 'ip.proto')) if name == 'ip' else NUMBERS.get(after, int(field(proto, 'ipv6.nxt')))
            layers[-1].update(ends=[field(proto, name + '.src'), field(proto, name + '.dst')], number=number,
                              fragment=fragment, ports=[0, 0])
            if after in PORTS and not fragment:
                layers[-1]['ports'] = [int(field(protos[i + 1], after + end)) for end in ('.srcport', '.dstport')]
            if after == 'icmp' and field(protos[i + 1], 'icmp.type') == '3':
                layers[-1]['quoted'] = read_layers(list(protos[i + 1].findall('proto')))
    return layers


def both(layer, ports=False, number=None):
    """The value of a key that does not mind the direction."""
    if 'ends' not in layer:
        return frozenset(layer['macs']), layer['kind']
    if layer.get('arp') or layer['fragment'] or not ports:
        return frozenset((end, 0) for end in layer['ends']), 0
    return frozenset(zip(layer['ends'], layer['ports'])), number


def values(layers):
    outer, inner = layers[0], layers[-1]
    quoted = inner['quoted'][0] if inner.get('quoted') else None
    ends = outer.get('ends', outer['macs'])
    if 'number' in outer:
        protocol = 'ip', outer['number']
    else:
        protocol = 'kind', outer['kind']
    return {
        'flow': both(quoted or inner, True, 0),
        'mac': frozenset(outer['macs']),
        'ip': both(outer),
        '5-tuple': both(outer, True, outer.get('number')),
        'protocol': protocol,
        'vlan': outer.get('vlan', 0),
        'inner': both(inner, True, inner.get('number')),
        'src-ip': ends[0],
        'dst-ip': ends[1],
    }


def dissect(path):
    out = subprocess.run(['tshark', '-r', path, '-T', 'pdml', '-o', 'ip.defragment:FALSE', '-o', 'tcp.desegment_tcp_streams:FALSE'],
                         capture_output=True, check=True).stdout
    for packet in xml.fromstring(out).findall('packet'):
        yield values(read_layers([p for p in packet.findall('proto')
                                  if p.get('name') not in ('geninfo', 'frame', 'fake-field-wrapper')]))


def check(path, hashes):
    with open(hashes) as file:
        names, *rows = [line.split() for line in file]
    seen = list(dissect(path))
    if len(rows) != len(seen):
        sys.exit(f'{len(rows)} packets hashed, {len(seen)} in the file')
    for column, name in enumerate(names):
        if name == 'round-robin':
            continue
        by_value, by_hash = defaultdict(set), defaultdict(set)
        for row, value in zip(rows, seen):
            by_value[value[name]].add(row[column])
            by_hash[row[column]].add(value[name])
        for value, found in by_value.items():
            if len(found) > 1:
                sys.exit(f'{name}: {value} has {len(found)} hashes')
        for value, found in by_hash.items():
            if len(found) > 1:
                sys.exit(f'{name}: the hash {value} is of {found}')
        print(f'{name}: {len(by_value)} values')
        loads = Counter(int(value) * 8 >> 32 for value in by_hash)
        if len(by_hash) >= 500 and max(loads.values()) > 1.3 * len(by_hash) / 8:
            sys.exit(f'{name}: {loads} of {len(by_hash)}')


if sys.argv[1] == 'make':
    make(sys.argv[2])
else:
    check(*sys.argv[2:])
