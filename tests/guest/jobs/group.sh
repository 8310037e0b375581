#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Two cards behind one bridge, which the IOMMU cannot tell apart: both are programs' or none; then frames between them.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# PATTERN COMMAND...
refused()
{
	pattern=$1
	shift
	! timeout 20 "$@" >/tmp/said 2>&1 || fail "not refused: $*"
	cat /tmp/said
	grep -q "$pattern" /tmp/said || fail "nothing like '$pattern' is said"
}

# shellcheck disable=SC2046 # words
set -- $(cards)
[ $# = 2 ] || fail "there are $# cards: $*"
bind_card "$1" vfio-pci
bind_card "$2" virtio-pci
refused "the IOMMU cannot tell it from other devices of its group .*$2 (virtio-pci)" plx-testpmd -l 0-1 -a "$1" -- --duration 1
bind_card "$1" virtio-pci
refused "cannot part it from others .*$2" plx-devbind bind --driver vfio-pci "$1"
bind_card "$1" vfio-pci
echo "$2" >"/sys/bus/pci/devices/$2/driver/unbind"
plx-testpmd -l 0-1 -a "$1" -- --duration 1 >/tmp/said 2>&1 || fail "one card alone: $(cat /tmp/said)"
bind_card "$2" vfio-pci
pmd_start -l 0-1 -a "$1" -a "$2" --
pmd start
ask frames 0 1 200
pmd stop
pmd 'show port stats all'
ask books 0,1 "$SAID"
pmd_stop
