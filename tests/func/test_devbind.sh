#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-devbind on a made-up machine, whose kernel is fake_kernel.py. The machine's own /sys is out of reach: the test runs in a
# mount namespace where an empty folder hides it.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"

if [ -z "${DEVBIND_HIDDEN:-}" ]; then
	[ "$(id -u)" -eq 0 ] || skip "needs root (a mount namespace)"
	DEVBIND_HIDDEN=1 exec unshare --mount --propagation private bash "$0"
fi
mount -t tmpfs none /sys
[ ! -e /sys/bus ] || fail 'the real /sys is to be seen'
func_begin anyone
need jq python3

ROOT=$TMP/machine
PCI=$ROOT/sys/bus/pci

# ADDRESS GROUP [INTERFACE]: a network card in an IOMMU group, that virtio-pci has.
card()
{
	local device=$PCI/devices/$1

	mkdir -p "$device" "$ROOT/sys/kernel/iommu_groups/$2/devices"
	echo 0x1af4 >"$device/vendor"
	echo 0x1000 >"$device/device"
	echo 0x020000 >"$device/class"
	echo 11 >"$device/irq"
	echo virtio-pci >"$device/wants"
	: >"$device/driver_override"
	ln -s ../../drivers/virtio-pci "$device/driver"
	ln -s "../../../kernel/iommu_groups/$2" "$device/iommu_group"
	ln -s none "$ROOT/sys/kernel/iommu_groups/$2/devices/$1"
	[ -z "${3:-}" ] || mkdir -p "$device/virtio0/net/$3"
}

# NAME: a kernel driver that is loaded.
driver()
{
	mkdir -p "$PCI/drivers/$1"
	: >"$PCI/drivers/$1/bind"
	: >"$PCI/drivers/$1/unbind"
}

make_machine()
{
	driver virtio-pci
	driver vfio-pci
	: >"$PCI/drivers_probe"
	card 0000:00:03.0 1 eth0
	card 0000:00:08.0 7 eth1
	card 0000:00:09.0 8 eth2
	card 0000:00:09.1 8 eth3
	mkdir -p "$ROOT/proc/net" "$ROOT/run"
	printf 'Iface\tDestination\neth0\t00000000\t0102000A\t3\t0\t0\t0\t00000000\n' >"$ROOT/proc/net/route"
}

# ARGS...
devbind()
{
	run "$PLX_DEVBIND" --root "$ROOT" "$@" </dev/null >"$TMP/out.log" 2>&1
}

# PATTERN ARGS...
refuses()
{
	local pattern=$1 status=0

	shift
	devbind "$@" || status=$?
	assert_eq "$status" 1 "status of plx-devbind $*"
	assert_grep "$TMP/out.log" "$pattern"
}

# ADDRESS DRIVER
assert_holder()
{
	assert_eq "$(basename "$(readlink "$PCI/devices/$1/driver" || echo none)")" "$2" "who has $1"
}

usage()
{
	assert_status 2 "$PLX_DEVBIND" bnd
	assert_grep "$TMP/out.log" "did you mean 'bind'"
	assert_status 2 "$PLX_DEVBIND" bind 00:08.0
	assert_status 2 "$PLX_DEVBIND" --root / status
	assert_grep "$TMP/out.log" 'this machine'
	assert_status 0 "$PLX_DEVBIND" --version
}

shows()
{
	devbind -s
	assert_grep "$TMP/out.log" '^Network devices using kernel drivers$'
	assert_grep "$TMP/out.log" '^0000:00:03.0 1af4:1000 if=eth0 drv=virtio-pci unused=vfio-pci group=1.* \*Active\* \(the default route'
	devbind --json
	assert_eq "$(jq -r '[.devices[] | select(.active) | .address] | join(" ")' "$TMP/out.log")" 0000:00:03.0 'active devices'
	devbind --json status eth2
	assert_eq "$(jq -r '.devices[0].group' "$TMP/out.log")" 8 group
}

keeps_what_is_in_use()
{
	refuses '0000:00:03.0: the default route leads through eth0; --force' bind -d vfio-pci 0:3.0
	refuses 'the default route leads through eth0; --force' -u eth0
	assert_holder 0000:00:03.0 virtio-pci
	ln -s ../br0 "$(mkdir -p "$ROOT/sys/class/net/eth1" && echo "$ROOT/sys/class/net/eth1/master")"
	refuses 'eth1 belongs to br0' bind -d vfio-pci eth1
	rm "$ROOT/sys/class/net/eth1/master"
	refuses 'cannot part it from others .*0000:00:09.1' -b vfio-pci 0000:00:09.0
	refuses 'no driver uio_pci_generic loaded: sudo modprobe uio_pci_generic' -b uio_pci_generic 00:08.0
	refuses 'there is no such PCI device; network devices: 0000:00:03.0 eth0' -b vfio-pci 0000:7f:00.0
}

hands_over_and_takes_back()
{
	devbind bind --driver vfio-pci 00:08.0 || fail "$(cat "$TMP/out.log")"
	assert_grep "$TMP/out.log" '^0000:00:08.0: virtio-pci -> vfio-pci$'
	assert_holder 0000:00:08.0 vfio-pci
	assert_eq "$(cat "$ROOT/run/pollux/devbind/0000:00:08.0")" virtio-pci 'what is remembered'
	devbind -b vfio-pci 0000:00:09.0 0000:00:09.1 || fail "$(cat "$TMP/out.log")"
	devbind -s
	assert_grep "$TMP/out.log" '^Network devices handed to programs$'
	devbind restore 00:08.0 || fail "$(cat "$TMP/out.log")"
	assert_holder 0000:00:08.0 virtio-pci
	devbind --json restore || fail "$(cat "$TMP/out.log")"
	assert_eq "$(jq -r '[.changes[] | select(.to == "virtio-pci") | .address] | join(" ")' "$TMP/out.log")" \
		'0000:00:09.0 0000:00:09.1' 'devices given back'
	assert_holder 0000:00:09.1 virtio-pci
	assert_eq "$(ls "$ROOT/run/pollux/devbind")" '' 'what is remembered in the end'
}

# A driver that refuses: the device is where it was.
survives_a_refusal()
{
	: >"$PCI/drivers/vfio-pci/refuses"
	refuses '0000:00:08.0: the driver does not take it' bind -d vfio-pci 00:08.0
	wait_until 10 'the kernel to take it back' test -L "$PCI/devices/0000:00:08.0/driver"
	assert_holder 0000:00:08.0 virtio-pci
	rm "$PCI/drivers/vfio-pci/refuses"
}

for_root_only()
{
	chmod -R go-w "$ROOT"
	chmod 755 "$TMP"
	local status=0

	run "${NOBODY[@]}" "$PLX_DEVBIND" --root "$ROOT" bind -d vfio-pci 00:08.0 >"$TMP/out.log" 2>&1 || status=$?
	assert_eq "$status" 1 'status as nobody'
	assert_grep "$TMP/out.log" 'is for root: sudo plx-devbind'
	assert_holder 0000:00:08.0 virtio-pci
}

make_machine
start kernel - python3 "$FUNC_DIR/fake_kernel.py" "$ROOT"
usage
shows
keeps_what_is_in_use
hands_over_and_takes_back
survives_a_refusal
for_root_only
