#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The lab itself: the kernel's own virtio driver on both cards, plx-testpmd between the interfaces by net_af_packet.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

for n in 0 1; do
	bind_card "$(card $n)" virtio-pci
	ip link set "$(interface "$(card $n)")" up promisc on
done
a=$(interface "$(card 0)")
b=$(interface "$(card 1)")
pmd_start -l 0-1 --vdev "net_af_packet0,iface=$a" --vdev "net_af_packet1,iface=$b" --
pmd start
ask frames 0 1 500
pmd stop
pmd 'show port stats all'
ask books 0,1 "$SAID"
pmd_stop
