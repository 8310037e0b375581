#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# [served]: the kernel's own e1000 driver on card 0: its cable is pulled and plugged, what it listens to, pauses, the driver's own test of
# the card (served: passes as a whole), its registers and EEPROM as ethtool shows them.
# shellcheck source=tests/guest/lib.sh
. /lib.sh
kind=${1:-qemu}
mac=52:54:00:00:00:08
other=02:11:22:33:44:55
group=01:00:5e:00:00:07

eth=$(linux_card 0)
host=$(ask peer 0 10.7.0.9 10.7.0.1 $mac)
linux_up "$eth" 10.7.0.1 10.7.0.9 "$host"
wait_until 10 "a first answer" ping -qc 1 -W 1 10.7.0.9

# The cable.
for round in 1 2; do
	ask link 0 off
	wait_until 20 "the link to go" no_carrier "$eth"
	ask link 0 on
	wait_until 20 "the link to come" carrier "$eth"
	pings 10.7.0.9
done
[ "$(dmesg | grep -c "$eth NIC Link is Down")" -ge 2 ] || fail "the driver did not tell of all $round: $(dmesg | tail)"

# Packets that arrived since "was".
begin()
{
	was=$(cat "/sys/class/net/$eth/statistics/rx_packets")
}

more()
{
	echo $(($(cat "/sys/class/net/$eth/statistics/rx_packets") - was))
}

arrived()
{
	[ "$(more)" -ge "$1" ]
}

# ADDRESS COUNT: so many arrive of ten to that address and of one to the card itself.
hears()
{
	begin
	ask send 0 10 "$1" >/dev/null
	ask send 0 1 "$own" >/dev/null # always heard, and after the others
	wait_until 10 "$2 packets to $1" arrived "$2"
	[ "$(more)" = "$2" ] || fail "$(more) packets came of those to $1, not $2"
}
own=$mac
hears $mac 11
hears ff:ff:ff:ff:ff:ff 11
hears $other 1
hears $group 1
ip link set "$eth" promisc on
hears $other 11
ip link set "$eth" promisc off
hears $other 1
tool_ip link set "$eth" allmulticast on
hears $group 11
hears $other 1
tool_ip link set "$eth" allmulticast off
hears $group 1
tool_ip maddress add $group dev "$eth"
hears $group 11
hears 01:00:5e:00:00:08 1
tool_ip maddress del $group dev "$eth"
hears $group 1
# More groups than the card has entries for addresses: by the hash of each.
for i in $(seq 10 39); do
	tool_ip maddress add 01:00:5e:10:20:"$i" dev "$eth"
done
hears 01:00:5e:10:20:39 11
hears 01:00:5e:77:66:55 1
for i in $(seq 10 39); do
	tool_ip maddress del 01:00:5e:10:20:"$i" dev "$eth"
done
hears 01:00:5e:10:20:39 1
ip link set "$eth" down
ip link set "$eth" address $other
linux_up "$eth" 10.7.0.1 10.7.0.9 "$host"
own=$other
hears $mac 1
hears $other 11
ip link set "$eth" down
ip link set "$eth" address $mac
linux_up "$eth" 10.7.0.1 10.7.0.9 "$host"
pings 10.7.0.9

# Pause frames: the driver finds those that the card took in its counters, the kernel gets to see none. QEMU's card knows none.
# COUNTER VALUE
counts()
{
	[ "$(counter "$eth" "$1")" = "$2" ]
}

if [ "$kind" = served ]; then
	dmesg | grep -q "$eth NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX" || fail "no flow control: $(dmesg | tail)"
	xoff=$(counter "$eth" rx_flow_control_xoff)
	xon=$(counter "$eth" rx_flow_control_xon)
	begin
	ask pause 0 7 65535 >/dev/null
	ask pause 0 3 0 >/dev/null
	wait_until 20 "7 pauses" counts rx_flow_control_xoff $((xoff + 7))
	wait_until 20 "3 ends of pauses" counts rx_flow_control_xon $((xon + 3))
	[ "$(more)" = 0 ] || fail "$(more) pause frames came to the kernel"
	pings 10.7.0.9
fi

# What the driver shows of the card.
ethtool -e "$eth" length 128 raw on >/tmp/eeprom
[ "$(wc -c </tmp/eeprom)" = 128 ] || fail "the EEPROM has $(wc -c </tmp/eeprom) bytes"
sum=$(od -An -v -tu2 /tmp/eeprom | awk '{for (i = 1; i <= NF; i++) sum += $i} END {print sum % 65536}')
[ "$sum" = $((0xbaba)) ] || fail "the EEPROM's sum is $sum"
[ "$(od -An -tx1 -N6 /tmp/eeprom | tr -d ' ')" = 525400000008 ] || fail "the EEPROM has another address"
ethtool -d "$eth" >/tmp/registers
grep -q 'Link up: *link config' /tmp/registers || fail "registers: $(cat /tmp/registers)"
grep -q 'Receiver: *enabled' /tmp/registers || fail "registers: $(cat /tmp/registers)"
grep -q 'Transmitter: *enabled' /tmp/registers || fail "registers: $(cat /tmp/registers)"

# The driver's test of registers, EEPROM, interrupts, loopback and link. QEMU's card fails some.
# It waits 10 ms for each interrupt, 200 ms for 64 looped frames, and then may take 8 ms to compare these. What came later is missed (4, 13),
# or taken for one that must not come (3, 5), and 14 is its own comparing alone. That is tried again; what is found each time is wrong, and
# whatever else is found. Why late: an interrupt needs plx-nicemu, QEMU's main loop, its virtual processor and plx-nicemu again to be given a
# processor. From its message to the eventfd plx-nicemu takes 1 us (129 us at most of 3,000 times, two processors, load 12); until
# the driver has read ICR it is 150 us, and in one of 270 cases 22 ms. From a client through the card to the client's eventfd it is 25 us,
# and under that load 15 of 3,000 take more than 10 ms, as do 9 of 3,000 between two processes that do nothing but pass it on.
only_late()
{
	awk '/^(Register|Eeprom|Link) test/ {wrong += $NF != 0; seen++}
		/^(Interrupt|Loopback) test/ {seen++}
		END {exit wrong != 0 || seen != 5}' /tmp/test.log
}

# online or offline: the driver's verdict.
tests_itself()
{
	for try in 1 2 3 4 5 6; do
		! ethtool -t "$eth" "$1" >/tmp/test.log 2>&1 || return 0
		[ "$kind" = served ] || return 0
		only_late || fail "ethtool -t $1: $(cat /tmp/test.log)"
		echo "ethtool -t $1, try $try: $(grep -E '^(Interrupt|Loopback)' /tmp/test.log | tr '\n\t' '  ')"
	done
	fail "ethtool -t $1, each time: $(cat /tmp/test.log)"
}

for way in online offline; do
	tests_itself $way
	cat /tmp/test.log
	wait_until 20 "the link after the test" carrier "$eth"
done
wait_until 10 "an answer after the test" ping -qc 1 -W 1 10.7.0.9
