#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# plx-devbind and a real kernel: cards go to programs and come back, with and without an IOMMU; what is in use stays.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

A=$(card 0)
B=$(card 1)

# CARD DRIVER: that driver has it, and no other is forced on it.
held_by()
{
	holder=$(readlink "/sys/bus/pci/devices/$1/driver" || echo /none)
	[ "${holder##*/}" = "$2" ] || fail "$1: ${holder##*/} has it, not $2"
	case $(cat "/sys/bus/pci/devices/$1/driver_override") in
	'' | '(null)') ;;
	*) fail "$1: an override is left: $(cat "/sys/bus/pci/devices/$1/driver_override")" ;;
	esac
}

# WORDS ARGS...: plx-devbind refuses with these words, status 1.
refused()
{
	words=$1
	shift
	status=0
	plx-devbind "$@" >/tmp/refused 2>&1 || status=$?
	[ $status = 1 ] || fail "status $status of plx-devbind $*: $(cat /tmp/refused)"
	grep -q -- "$words" /tmp/refused || fail "'$words' is missing: $(cat /tmp/refused)"
}

# An address, a route, a bridge keep the interface where it is.
in_use()
{
	ip addr add 10.1.1.1/24 dev "$IF_A"
	ip link set "$IF_A" up
	refused "$IF_A has the address 10.1.1.1, a route leads through $IF_A; --force" -b vfio-pci "$A"
	ip route add default via 10.1.1.2
	refused "the default route leads through $IF_A" -u "$IF_A"
	plx-devbind -s | grep -q "if=$IF_A drv=virtio-pci .*\*Active\*" || fail "$(plx-devbind -s)"
	ip addr flush dev "$IF_A"
	plx-devbind restore "$A" | grep -q 'virtio-pci has it already'
	held_by "$A" virtio-pci
}

# DRIVER: there and back, by the interface's name and by addresses.
there_and_back()
{
	plx-devbind bind --driver "$1" "$IF_A" "$B"
	held_by "$A" "$1"
	held_by "$B" "$1"
	[ "$(cat "/run/pollux/devbind/$A")" = virtio-pci ] || fail 'the former driver is not remembered'
	plx-devbind -s | grep -q "$A .*drv=$1" || fail "$(plx-devbind -s)"
	plx-doctor --json pci | tr -d ' \n' | grep -q '"cards":2,"ready":' || fail "$(plx-doctor --json pci)"
	guest_pci -l 0 -a "$A" -- intx
	[ "$(ask drain 0)" = 3 ] || fail 'guest_pci has not sent'
	ask fresh
	plx-devbind restore "${A#0000:}"
	held_by "$A" virtio-pci
	held_by "$B" "$1"
	plx-devbind restore
	held_by "$B" virtio-pci
	[ -n "$(interface "$A")" ] || fail "$A has no interface again"
	IF_A=$(interface "$A")
}

# A program that has the card keeps it.
held_by_a_program()
{
	plx-devbind -b vfio-pci "$A"
	group=$(basename "$(readlink "/sys/bus/pci/devices/$A/iommu_group")")
	[ -c "/dev/vfio/$group" ] || group=noiommu-$group
	exec 6<>"/dev/vfio/$group"
	refused 'process [0-9]* (.*) uses it; --force' restore "$A"
	exec 6>&-
	held_by "$A" vfio-pci
	plx-devbind -u "$A"
	held_by "$A" none
	plx-devbind restore "$A"
	held_by "$A" virtio-pci
}

plx-devbind -s
refused 'the kernel has no driver vfio-pci loaded: sudo modprobe vfio-pci' -b vfio-pci "$A"
for n in 0 1; do
	bind_card "$(card $n)" virtio-pci
	echo >"/sys/bus/pci/devices/$(card $n)/driver_override"
done
IF_A=$(interface "$A")
load irqbypass vfio vfio_virqfd vfio_iommu_type1 vfio-pci-core vfio-pci
in_use
if [ -n "$(ls /sys/kernel/iommu_groups)" ]; then
	there_and_back vfio-pci
	held_by_a_program
	plx-doctor iommu vfio
	exit 0
fi
if [ -e $UNSAFE ]; then
	refused 'it is in no IOMMU group: .*enable_unsafe_noiommu_mode (plx-doctor iommu)' -b vfio-pci "$A"
else
	refused 'it is in no IOMMU group: .*Without one, unsafely: --driver uio_pci_generic (plx-doctor iommu)' -b vfio-pci "$A"
fi
held_by "$A" virtio-pci
refused 'sudo modprobe uio_pci_generic' -b uio_pci_generic "$A"
load uio uio_pci_generic
there_and_back uio_pci_generic
[ -e $UNSAFE ] || exit 0
echo 1 >$UNSAFE
plx-devbind -b vfio-pci "$A" | grep -q 'without an IOMMU the device may write anywhere'
held_by "$A" vfio-pci
plx-doctor iommu vfio >/tmp/said
for words in 'VFIO runs without' '/dev/vfio/noiommu-0 may be opened'; do
	grep -q "$words" /tmp/said || fail "'$words' is missing: $(cat /tmp/said)"
done
plx-devbind restore
held_by "$A" virtio-pci
there_and_back vfio-pci
held_by_a_program
