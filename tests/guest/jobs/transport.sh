#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The EAL reaches each card: configuration space, BARs, memory, every kind of interrupt, and lets go of it again.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# WORDS COMMAND...: the command fails, and says these words.
refused()
{
	words=$1
	shift
	! "$@" 2>/tmp/refused || fail "not refused: $*"
	grep -q -- "$words" /tmp/refused || fail "'$words' is missing: $(cat /tmp/refused)"
}

# CARD-NUMBER: the frames of one guest_pci came out of it.
sent()
{
	out=$(ask drain "$1")
	[ "$out" = 3 ] || fail "card $1: $out frames came out, not 3"
	ask fresh
}

kinds=intx
[ ! -e /dev/vfio/vfio ] || kinds='msix intx msix'
allow=
n=0
for card in $(cards); do
	for kind in $kinds; do
		guest_pci -l 0 -a "$card" -- "$kind"
		sent $n
	done
	allow="$allow -a $card"
	n=$((n + 1))
done
# All in one program, which is told beforehand that some need physical addresses.
# shellcheck disable=SC2086
guest_pci -l 0 --iova-mode pa $allow -- intx
while [ $n -gt 0 ]; do
	n=$((n - 1))
	sent $n
done

echo 'user:x:1000:1000::/:/bin/sh' >>/etc/passwd
as_user="guest_pci -l 0 -a $(card 0) -- msix"
if [ ! -e /dev/vfio/vfio ] || [ -e /dev/vfio/noiommu-0 ]; then
	refused '--iova-mode va forbids' guest_pci -l 0 --iova-mode va -a "$(card 0)" -- intx
	[ -e /dev/vfio/vfio ] || exit 0
	# Rights to the file are no help; nor is anything, once vfio is told to do without no longer.
	chown user /dev/vfio/noiommu-*
	refused 'only root may drive it (CAP_SYS_RAWIO)' su user -c "$as_user"
	echo 0 >$UNSAFE
	refused "echo 1 . sudo tee $UNSAFE" guest_pci -l 0 -a "$(card 0)" -- msix
	echo 1 >$UNSAFE
	guest_pci -l 0 -a "$(card 0)" -- msix
	exit 0
fi
# As a user: no rights, rights to the group, no right to lock memory.
refused 'no right to open /dev/vfio' su user -c "$as_user"
chown user /dev/vfio/[0-9]*
su user -c "$as_user"
sent 0
refused 'beyond the limit of 8 KiB' su user -c "ulimit -l 8; $as_user"
refused 'CAP_SYS_ADMIN' su user -c "guest_pci -l 0 -a $(card 1) -- msix"

# The kernel's own driver has it: which one is said. Then nobody has it, then vfio-pci again.
bind_card "$(card 0)" virtio-pci
refused virtio-pci guest_pci -l 0 -a "$(card 0)" -- intx
card 0 >/sys/bus/pci/drivers/virtio-pci/unbind
refused vfio-pci guest_pci -l 0 -a "$(card 0)" -- intx
bind_card "$(card 0)" vfio-pci
guest_pci -l 0 -a "$(card 0)" -- msix
