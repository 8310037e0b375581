#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# DRIVER: devices that cannot be had: the program says why, and what mends it, and ends with 2.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# PATTERN ARGUMENTS...
refused()
{
	pattern=$1
	shift
	status=0
	timeout 20 plx-testpmd -l 0-1 "$@" -- --duration 1 >/tmp/said 2>&1 || status=$?
	cat /tmp/said
	[ $status -eq 2 ] || fail "status $status instead of 2: $*"
	grep -q "$pattern" /tmp/said || fail "nothing like '$pattern' is said"
}

refused 'bound to no kernel driver; .*plx-devbind bind' -a "$(card 0)"
bind_card "$(card 1)" virtio-pci
refused "held by the kernel's virtio-pci as $(interface "$(card 1)")" -a "$(card 1)"
[ -e "/sys/class/net/$(interface "$(card 1)")" ] || fail "the kernel's interface is gone"
refused 'there is no such PCI device; network devices: 0000:00:08.0' -a 0000:00:1e.7

bind_card "$(card 0)" "$1"
refused "unknown key 'nosuch'" -a "$(card 0),nosuch=1"
pmd_start -l 0-1 -a "$(card 0)" --
pmd start
ask echo 0 100
refused 'is open in another program' -a "$(card 0)"
ask echo 0 100
pmd stop
pmd_stop
plx-testpmd -l 0-1 -a "$(card 0)" -- --duration 1 >/tmp/said 2>&1 || fail "not even when the other one has left"
[ "$1" = vfio-pci ] || exit 0
bind_card "$(card 1)" uio_pci_generic
refused 'an IOMMU stands between it and memory' -a "$(card 1),nosuch=1"
