# SPDX-License-Identifier: BSD-3-Clause
"""The guest's machine: what QEMU is told, the archive it boots from, and QMP."""

import json
import re
import shutil
import stat
import subprocess

MACHINES = {
    # name: (options of QEMU, words for the kernel)
    'vfio': (['-M', 'q35', '-device', 'intel-iommu,intremap=on,caching-mode=on'], 'intel_iommu=on lab.bind=vfio-pci'),
    'vfio48': (['-M', 'q35', '-device', 'intel-iommu,intremap=on,caching-mode=on,aw-bits=48'],
               'intel_iommu=on lab.bind=vfio-pci'),
    'iommu': (['-M', 'q35', '-device', 'intel-iommu,intremap=on,caching-mode=on'], 'intel_iommu=on'),  # nothing bound
    'bridge': (['-M', 'q35', '-device', 'intel-iommu,intremap=on,caching-mode=on', '-device', 'pcie-pci-bridge,id=bridge,addr=7'],
               'intel_iommu=on'),  # the same, and a bridge for cards with +bus=bridge
    'uio': (['-M', 'pc'], 'lab.bind=uio_pci_generic'),
    'plain': (['-M', 'pc'], ''),  # no IOMMU, nothing bound
    # the same with the kernel that drives real cards, and whose interfaces do IPv6 when told
    'linux': (['-M', 'pc'], 'ipv6.disable=0 ipv6.disable_ipv6=1'),
    'noiommu': (['-M', 'pc'], 'lab.bind=vfio-pci'),  # no IOMMU, vfio-pci all the same
    'unsafe': (['-M', 'pc'], ''),  # the same, nothing bound
}
KERNELS = {'linux': 'full', 'noiommu': 'noiommu', 'unsafe': 'noiommu'}  # of machines that need another than the first
CARDS = {
    'modern': 'disable-legacy=on',
    'packed': 'disable-legacy=on,packed=on',
    'transitional': 'disable-legacy=off,disable-modern=off',
    'legacy': 'disable-modern=on',
}
OTHER_CARDS = {  # not virtio: QEMU's name of the device
    'e1000': 'e1000',
    'e1000_82544': 'e1000-82544gc',
    'e1000_82545': 'e1000-82545em',
}
SERVED = 'nicemu'  # a card that is another process: plx-nicemu, a tap behind it
KINDS = [*CARDS, *OTHER_CARDS, SERVED]
FIRST_SLOT = 8
DPDK_ABI = '23'
DPDK_FOLDER = f'/usr/lib/x86_64-linux-gnu/dpdk/pmds-{DPDK_ABI}.0'
DPDK_PARTS = ('bus_pci', 'bus_vdev', 'mempool_ring', 'net_e1000')


class Card:
    """KIND[+QEMU-OPTION...][@WIRE]: packed+mq=on@tap2. WIRE: oracle (when nothing is said), hub<number>, tap<queues> or vhost<pairs>."""

    def __init__(self, number, text):
        match = re.fullmatch(r'(\w+)((?:\+[\w=,./-]+)*)(?:@(oracle|hub\d+|tap\d+|vhost\d+))?', text)
        if not match or match[1] not in KINDS or (match[1] == SERVED and match[3]):
            raise ValueError(f'{text} is no card: {" | ".join(KINDS)} [+option=value...] [@oracle|hubN|tapN|vhostN]')
        self.number, self.kind, self.wire = number, match[1], match[3] or ('served' if match[1] == SERVED else 'oracle')
        self.options = [option for option in match[2].split('+') if option]
        self.path = None  # of a served card's socket
        self.mac = bytes((0x52, 0x54, 0, 0, 0, number + FIRST_SLOT))

    @property
    def is_vhost(self):
        return self.wire.startswith('vhost')

    @property
    def is_served(self):
        return self.kind == SERVED

    @property
    def queues(self):
        """Pairs, of a card whose wire says it."""
        return int(self.wire.lstrip('adehopstv'))

    def socket(self, folder):
        return f'{folder}/vhost{self.number}'

    def netdev(self, folder):
        name = f'id=net{self.number}'
        if self.wire == 'oracle':
            return (f'dgram,{name},local.type=unix,local.path={folder}/qemu{self.number},'
                    f'remote.type=unix,remote.path={folder}/host{self.number}')
        if self.wire.startswith('hub'):
            return f'hubport,{name},hubid={self.wire[3:]}'
        if self.is_vhost:
            return f'vhost-user,{name},chardev=vhost{self.number},queues={self.queues}'
        queues = self.queues
        return f'tap,{name},ifname=card{self.number},script=no,downscript=no,vhost=off' + (
            f',queues={queues}' if queues > 1 else '')

    def served_device(self):
        """For JSON, as a socket's address has no other form, and as QMP takes it."""
        return {'driver': 'vfio-user-pci', 'id': f'card{self.number}', 'addr': f'{self.number + FIRST_SLOT:#x}',
                'socket': {'type': 'unix', 'path': self.path}}

    def device(self, iommu):
        where = f'id=card{self.number},netdev=net{self.number},addr={self.number + FIRST_SLOT:#x},mac={self.mac.hex(":")},romfile='
        if self.kind in OTHER_CARDS:
            return ','.join([OTHER_CARDS[self.kind], where, *self.options])
        options = ['virtio-net-pci', where, CARDS[self.kind], *self.options]
        # With vectors, QEMU 7.2 without KVM reaches for a notifier that is not there.
        if self.is_vhost:
            options.append('vectors=0')
        # A device that is not told so goes past the IOMMU; those with a legacy interface cannot be told.
        if iommu and 'disable-legacy=on' in CARDS[self.kind] and not any(o.startswith('iommu_platform') for o in self.options):
            options.append('iommu_platform=on')
        return ','.join(options)


# -- the archive ---------------------------------------------------------------------------------------------------------


def entry(name, mode, data=b''):
    """One of a cpio archive of the "newc" kind."""
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b'070701' + b''.join(b'%08X' % field for field in fields) + name.encode() + b'\0'
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def libraries(programs):
    """What the dynamic linker loads for them, {name in the guest: file}."""
    found = {}
    for program in programs:
        said = subprocess.run(['ldd', program], capture_output=True, text=True, check=True).stdout
        for name, path in re.findall(r'^\s*(\S+) => (/\S+)', said, re.M):
            found['lib/' + name] = path
        for path in re.findall(r'^\s*(/\S+) \(', said, re.M):
            found[path.lstrip('/')] = path
    return found


def dpdk():
    """DPDK's testpmd and its driver for e1000 cards, {name in the guest: file}."""
    parts = {f'lib/librte_{name}.so.{DPDK_ABI}': f'{DPDK_FOLDER}/librte_{name}.so.{DPDK_ABI}' for name in DPDK_PARTS}
    program = shutil.which('dpdk-testpmd')
    # What a thread that is cancelled loads by itself.
    unwinder = subprocess.run(['gcc', '-print-file-name=libgcc_s.so.1'], capture_output=True, text=True, check=True).stdout.strip()
    return libraries([program, *parts.values()]) | parts | {'bin/dpdk-testpmd': program, 'lib/libgcc_s.so.1': unwinder}


def archive(files):
    """files: {name in the guest: path here}."""
    folders = {''} | {'bin', 'lib', 'dev', 'proc', 'sys', 'tmp', 'run', 'etc', 'var'}
    for name in files:
        parts = name.split('/')[:-1]
        folders |= {'/'.join(parts[:i + 1]) for i in range(len(parts))}
    out = [entry(folder, stat.S_IFDIR | 0o755) for folder in sorted(folders - {''})]
    for name, path in sorted(files.items()):
        with open(path, 'rb') as file:
            out.append(entry(name, stat.S_IFREG | 0o755, file.read()))
    out.append(entry('bin/sh', stat.S_IFLNK | 0o777, b'busybox'))
    out.append(entry('var/run', stat.S_IFLNK | 0o777, b'/run'))
    out.append(entry('TRAILER!!!', 0))
    return b''.join(out)


# -- QEMU -----------------------------------------------------------------------------------------------------------------


def again(qemu):
    """The option of a socket that has it connect again after a second."""
    said = subprocess.run([qemu, '--version'], capture_output=True, text=True, check=True).stdout
    version = tuple(int(number) for number in re.search(r'version (\d+)\.(\d+)', said).groups())
    return 'reconnect-ms=1000' if version >= (9, 2) else 'reconnect=1'


def command(machine, cards, folder, kernel, initrd, logs, args='', memory=768, trace=(), qemu='qemu-system-x86_64'):
    """QEMU's command line. `folder` holds the sockets, `logs` gets serial.log and trace.log."""
    options, words = MACHINES[machine]
    words += ' mitigations=off init_on_alloc=0'  # no attackers here; to guard against them is a sixth of a boot
    line = [qemu, '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-accel', 'tcg,thread=multi',
            '-cpu', 'max', '-smp', '2', '-m', str(memory), *options, '-kernel', kernel, '-initrd', initrd,
            '-append', f'console=ttyS0 quiet panic=-1 hugepages={memory // 8} no_timer_check ipv6.disable=1 {words} lab.args={args}',
            '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
            '-serial', f'file:{logs}/serial.log',
            '-chardev', f'socket,id=host,path={folder}/host', '-serial', 'chardev:host',
            '-chardev', f'socket,id=typist,path={folder}/typist', '-serial', 'chardev:typist',
            '-chardev', f'socket,id=qmp,path={folder}/qmp', '-mon', 'chardev=qmp,mode=control',
            '-D', f'{logs}/trace.log', '-d', 'guest_errors']
    for pattern in trace:
        line += ['-trace', pattern]
    if any(card.is_vhost or card.is_served for card in cards):
        line += ['-object', f'memory-backend-memfd,id=memory,size={memory}M,share=on', '-machine', 'memory-backend=memory']
    for card in cards:
        if card.is_served:
            line += ['-device', json.dumps(card.served_device())]
            continue
        if card.is_vhost:
            line += ['-chardev', f'socket,id=vhost{card.number},path={card.socket(folder)},{again(qemu)}']
        line += ['-netdev', card.netdev(folder), '-device', card.device('intel-iommu' in ' '.join(options))]
    return line


class Qmp:
    """The machine's monitor, over a connected socket."""

    def __init__(self, connection):
        self.file = connection.makefile('rw', encoding='utf-8')
        self.read()
        self.ask('qmp_capabilities')

    def read(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError('QEMU has closed its monitor')
        return json.loads(line)

    def ask(self, command_name, /, **arguments):
        self.file.write(json.dumps({'execute': command_name, 'arguments': arguments}) + '\n')
        self.file.flush()
        while True:
            answer = self.read()
            if 'error' in answer:
                raise ValueError(f'{command_name}: {answer["error"]["desc"]}')
            if 'return' in answer:
                return answer['return']
