#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# WAY: what docs/guides/bind-a-nic.md says, as it stands there, with an IOMMU (vfio) or without (uio, noiommu).
# shellcheck source=tests/guest/lib.sh
. /lib.sh

GUIDE=/bin/bind-a-nic.md

# N: the N-th block of commands.
commands()
{
	awk -v wanted="$1" '$0 == "```sh" {if (++n == wanted) on = 1; next} /^```$/ {on = 0} on' $GUIDE
}

# N FILE: each line of the N-th block that quotes an answer is part of a line of the file.
check_answer()
{
	awk -v wanted="$1" '/^```/ {inside = !inside; on = 0; if (inside && $0 == "```" && ++n == wanted) on = 1; next} on' \
		$GUIDE >/tmp/quoted
	[ -s /tmp/quoted ] || fail "the guide quotes no answer $1"
	while read -r line; do
		grep -qF -e "$line" "$2" || fail "nobody said: $line. There is: $(cat "$2")"
	done </tmp/quoted
}

# N: runs the N-th block as a reader would.
run_block()
{
	commands "$1" >/tmp/block.sh
	[ -s /tmp/block.sh ] || fail "the guide has no block $1"
	sh -eu /tmp/block.sh >/tmp/said 2>&1 || fail "block $1 fails: $(cat /tmp/said)"
	cat /tmp/said
}

# The guide's blocks are those that are run and compared below, by some WAY: another one has a place here, too.
blocks=$(awk '$0 == "```sh" {n++} END {print n + 0}' $GUIDE)
quoted=$(awk '/^```/ {inside = !inside; if (inside && $0 == "```") n++} END {print n + 0}' $GUIDE)
[ "$blocks $quoted" = "6 6" ] || fail "the guide has $blocks blocks of commands and quotes $quoted answers; 6 and 6 are tried"

# N: the N-th command that looks at the machine and is only named in the text.
named()
{
	awk -v RS='`' -v wanted="$1" '/^plx-doctor [a-z ]+$/ && ++n == wanted' $GUIDE
}

# The reader's machine: modules where modprobe looks, the interfaces of the kernel, root already.
folder=/lib/modules/$(uname -r)
mkdir -p "$folder"
cp /modules/*.ko "$folder"
depmod
printf '#!/bin/sh\nexec "$@"\n' >/bin/sudo
chmod +x /bin/sudo
modprobe virtio_pci
modprobe virtio_net
wait_until 5 "eth0" [ -e /sys/class/net/eth0 ]
# Which modprobe would have done because of vfio's "softdep"; that of busybox does not read it.
[ "$1" = uio ] || modprobe vfio_iommu_type1

run_block 1
check_answer 1 /tmp/said
n=1
while command=$(named $n) && [ -n "$command" ]; do
	# Its status tells of the machine: what is missing here is not what is asked.
	$command >/tmp/doctor 2>&1 || true
	for topic in ${command#plx-doctor }; do
		grep -q "($topic)$" /tmp/doctor || fail "$command says nothing of $topic: $(cat /tmp/doctor)"
	done
	n=$((n + 1))
done
[ $n -gt 3 ] || fail "the guide names $((n - 1)) commands of plx-doctor"
case $1 in
vfio)
	run_block 2
	check_answer 2 /tmp/said
	;;
uio) run_block 3 ;;
noiommu)
	run_block 4
	check_answer 3 /tmp/said
	;;
esac
[ ! -e /sys/class/net/eth0 ] || fail "eth0 is still there"

commands 5 >/tmp/block.sh
cd /tmp || exit
sh -eu /tmp/block.sh >/tmp/capture.log 2>&1 &
wait_until 20 "the capture to begin" grep -q capturing /tmp/capture.log
check_answer 4 /tmp/capture.log
bytes=$(ask inject 0 300)
complete()
{
	[ "$(stat -c %s log.pcap)" -eq $((24 + 300 * 16 + bytes)) ]
}
wait_until 20 "300 frames in the file" complete
kill -INT "$(pidof plx-capture)"
wait $! || fail "plx-capture ended with status $?: $(cat /tmp/capture.log)"
check_answer 5 /tmp/capture.log
give log.pcap log.pcap
ask captured log.pcap 0

run_block 6
check_answer 6 /tmp/said
wait_until 5 "eth0" [ -e /sys/class/net/eth0 ]
