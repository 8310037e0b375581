# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# What jobs in the guest share. They run under `sh -eu` of busybox. A job talks with the host over the second serial line:
# `ask VERB WORDS...` sends a line and prints the answer; README.md lists the verbs.
HOST=/dev/ttyS1
UNSAFE=/sys/module/vfio/parameters/enable_unsafe_noiommu_mode

# Whatever ends a job in the middle has its line in the log, a command without words of its own, too.
trap 'status=$?; [ $status = 0 ] || echo "FAIL: ${0##*/} ended with status $status at line $LINENO" >&2' EXIT

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

host_begin()
{
	stty -F $HOST raw -echo
	exec 3<>$HOST
}

# VERB WORDS...: prints what the host answers; ends the job if that is a no.
ask()
{
	echo "$*" >&3
	read -r answer words <&3
	[ "$answer" = ok ] || fail "the host says no to '$1': $words"
	echo "$words"
}

# FILE NAME: brings a file out of the guest.
give()
{
	echo "keep $2 $(stat -c %s "$1")" >&3
	cat "$1" >&3
	read -r answer words <&3
	[ "$answer" = ok ] || fail "the host did not get $2: $words"
}

# Network cards, by PCI address, in order.
cards()
{
	for device in /sys/bus/pci/devices/*; do
		case $(cat "$device/class") in
		0x020000) echo "${device##*/}" ;;
		esac
	done
}

# N: the PCI address of the N-th card, from 0.
card()
{
	printf '0000:00:%02x.0\n' $(($1 + 8))
}

# MODULE...: loads modules that were not loaded yet.
load()
{
	for module; do
		grep -q "^$(echo "$module" | tr - _) " /proc/modules || insmod "/modules/$module.ko"
	done
}

# Where there is no IOMMU vfio is told to do without, if it was built for that.
load_vfio()
{
	load irqbypass vfio vfio_virqfd vfio_iommu_type1 vfio-pci-core vfio-pci
	if [ -z "$(ls /sys/kernel/iommu_groups)" ] && [ -e $UNSAFE ]; then
		echo 1 >$UNSAFE
	fi
}

# CARD DRIVER: vfio-pci, uio_pci_generic, virtio-pci or none.
bind_card()
{
	case $2 in
	none) return 0 ;;
	vfio-pci) load_vfio ;;
	uio_pci_generic) load uio uio_pci_generic ;;
	virtio-pci)
		load failover net_failover virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_net
		;;
	esac
	[ ! -e "/sys/bus/pci/devices/$1/driver" ] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo "$2" >"/sys/bus/pci/devices/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
	[ -e "/sys/bus/pci/drivers/$2/$1" ] || fail "$1 was not bound to $2"
}

# CARD: the name of the kernel's interface on it.
interface()
{
	for name in "/sys/bus/pci/devices/$1"/virtio*/net/* "/sys/bus/pci/devices/$1"/net/*; do
		[ ! -e "$name" ] || echo "${name##*/}"
	done
}

# Since the boot.
seconds()
{
	cut -d . -f 1 /proc/uptime
}

# SECONDS WHAT COMMAND...: until the command succeeds; three times as long on a busy machine.
wait_until()
{
	end=$(($(seconds) + $1 * 3))
	what=$2
	shift 2
	until "$@"; do
		[ "$(seconds)" -le $end ] || fail "waited in vain for $what"
		usleep 50000
	done
}

# EAL-ARGUMENTS... -- ARGUMENTS...: starts plx-testpmd with a prompt for programs, and waits for it.
pmd_start()
{
	rm -f /tmp/pmd.in /tmp/pmd.out
	mkfifo /tmp/pmd.in /tmp/pmd.out
	plx-testpmd "$@" -i --json </tmp/pmd.in >/tmp/pmd.out 2>/tmp/pmd.log &
	PMD=$!
	exec 4>/tmp/pmd.in 5</tmp/pmd.out
	pmd 'show port summary all'
}

# COMMAND: types it; the answer, a line of JSON, is in $SAID.
pmd()
{
	echo "$1" >&4
	# busybox has read -t.
	# shellcheck disable=SC3045
	read -r -t 90 SAID <&5 || {
		cat /tmp/pmd.log
		fail "plx-testpmd gave no answer to: $1"
	}
	case $SAID in
	*'"error":'*) fail "plx-testpmd: $SAID" ;;
	esac
}

# Leaves; its status must be 0, which it is only if the books of every port add up.
pmd_stop()
{
	echo quit >&4
	exec 4>&-
	cat <&5 >/tmp/pmd.rest
	exec 5<&-
	wait "$PMD" || {
		status=$?
		cat /tmp/pmd.log
		fail "plx-testpmd ended with status $status"
	}
}

# All threads of plx-testpmd wait in the kernel.
all_sleep()
{
	! cat /proc/"$PMD"/task/*/stat | sed 's/.*) //' | grep -q '^R'
}

# [,DEVARGS]: between cards 0 and 1, by lcores that sleep until a card interrupts.
forwards_asleep()
{
	ask fresh
	pmd_start -l 0-1 --idle sleep -a "$(card 0)${1:-}" -a "$(card 1)${1:-}" --
	pmd start
	for _ in 1 2 3; do
		wait_until 20 "lcores to sleep" all_sleep
		before=$(grep -E 'vfio|uio' /proc/interrupts)
		ask frames 0 1 100
		after=$(grep -E 'vfio|uio' /proc/interrupts)
		[ "$before" != "$after" ] || fail "nobody was woken by an interrupt: $(cat /proc/interrupts)"
	done
	pmd stop
	pmd 'show port stats all'
	ask books 0,1 "$SAID"
	pmd_stop
}

# Jobs with the kernel's own driver: LINUX_TOOLS in meson.build are there, plx-testpmd is not.

has_interface()
{
	[ -n "$(interface "$(card "$1")")" ]
}

# N: loads the driver; prints the interface it makes of that card.
linux_card()
{
	load e1000
	wait_until 20 "an interface" has_interface "$1"
	interface "$(card "$1")"
}

# INTERFACE: its link is up.
carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = 1 ]
}

no_carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = 0 ]
}

# INTERFACE ADDRESS PEER MAC: up, with an address, and it knows who has the other.
linux_up()
{
	ip link set "$1" up
	wait_until 20 "the link of $1" carrier "$1"
	ip address replace "$2/24" dev "$1"
	tool_ip neigh replace "$3" lladdr "$4" nud permanent dev "$1"
}

# ADDRESS [ARGUMENTS...]: all pings are answered.
pings()
{
	ping -i 0.05 -W 5 -c 5 "$@" >/tmp/ping.log 2>&1 || fail "no answer: ping $*: $(cat /tmp/ping.log)"
}

# INTERFACE COUNTER: of ethtool -S.
counter()
{
	ethtool -S "$1" | sed -n "s/^ *$2: //p"
}

# N INTERFACE: the driver reads the counters, which a reset of the card sets to 0.
count_all()
{
	ask settle "$1" >/dev/null
	ethtool -S "$2" >/dev/null
}

# N INTERFACE COUNTERS...: the host saw what the driver counted, since it was loaded.
counted()
{
	card=$1
	eth=$2
	shift 2
	for _ in 1 2 3 4 5; do
		ask settle "$card" >/dev/null
		said=
		for name; do
			said="$said $name=$(counter "$eth" "$name")"
		done
		told=$(ask counted "$card$said") || exit 1
		[ "$told" = again ] || break
	done
	[ "$told" != again ] || fail "there is no end of packets"
	echo "$told"
}

# INTERFACE: nothing went wrong, as ethtool -S and TCP have it.
no_errors()
{
	for name in rx_errors tx_errors rx_crc_errors rx_missed_errors rx_no_buffer_count tx_timeout_count; do
		[ "$(counter "$1" $name)" = 0 ] || fail "$name: $(counter "$1" $name)"
	done
	! awk '/^Tcp: [0-9]/ {exit $NF == 0}' /proc/net/snmp || fail "there were wrong checksums: $(cat /proc/net/snmp)"
}

# INTERFACE STATE: of all that the card can do for TCP and VLANs.
offloads()
{
	ethtool -K "$1" tx "$2" sg "$2" tso "$2" rx "$2" rxvlan "$2" txvlan "$2" >/tmp/ethtool.log 2>&1 ||
		fail "ethtool -K: $(cat /tmp/ethtool.log)"
	wait_until 20 "the link of $1" carrier "$1"
}

# Between two clients iperf3's server shuts its door for a moment, and resets who stands at it: before anything was sent.
door_was_shut()
{
	! grep -q 'bits/sec' /tmp/iperf.log && grep -Eq 'control message: Connection reset|server is busy' /tmp/iperf.log
}

# ADDRESS SIZE WHAT: TCP both ways, by iperf3.
transfers()
{
	for way in '' -R; do
		tries=0
		# shellcheck disable=SC2086 # an empty word is none
		until timeout 150 iperf3 -c "$1" -n "$2" $way >/tmp/iperf.log 2>&1; do
			tries=$((tries + 1))
			{ door_was_shut && [ $tries -le 5 ]; } || fail "iperf3 $way, $3: $(cat /tmp/iperf.log)"
			sleep 1
		done
		echo "iperf3 $way, $3: $(sed -n 's/ *receiver//p' /tmp/iperf.log | head -n 1)"
	done
}

# [EAL-ARGUMENTS...]: DPDK's testpmd forwards between cards 0 and 1; it writes to the first serial line.
DPDK_STARTS=0
dpdk_start()
{
	chmod 755 / # else it takes no parts from below it
	parts=
	for part in bus_pci bus_vdev mempool_ring net_e1000; do
		parts="$parts -d /lib/librte_$part.so.23"
	done
	DPDK_STARTS=$((DPDK_STARTS + 1))
	rm -f /tmp/keys
	mkfifo /tmp/keys
	# To a terminal, where its lines come as they are written.
	# shellcheck disable=SC2086 # words
	dpdk-testpmd $parts -l 0-1 -a "$(card 0)" -a "$(card 1)" --no-telemetry "$@" -- --total-num-mbufs=8192 --port-topology=paired \
		</tmp/keys >/dev/ttyS0 2>&1 &
	DPDK=$!
	exec 6>/tmp/keys
	ask said $DPDK_STARTS 'Press enter to exit' >/dev/null
	ask said $((DPDK_STARTS * 2)) 'link state change event' >/dev/null
}

dpdk_stop()
{
	echo >&6
	exec 6>&-
	wait "$DPDK" || fail "dpdk-testpmd ended with status $?"
}

[ ! -c $HOST ] || host_begin
