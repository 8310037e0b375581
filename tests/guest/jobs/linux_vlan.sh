#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# [served]: the kernel's own e1000 driver on two cards whose cables meet, one of them in a network namespace: TCP in a VLAN whose
# tags the cards put in and take out, and the drivers do; a VLAN that nobody asked for is not heard.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

eth=$(linux_card 0)
far=$(linux_card 1)
ask bridge 0 1
unshare -n sh -c 'echo here >/tmp/there; sleep 1000' &
there=$!
wait_until 5 "the other namespace" test -s /tmp/there

# COMMAND...: at the far end.
there()
{
	nsenter -t "$there" -n "$@"
}

load llc stp garp mrp 8021q
ip link set "$eth" up
ip link add link "$eth" name vlan5 type vlan id 5
ip address add 10.7.5.1/24 dev vlan5
ip link set vlan5 up
tool_ip link set "$far" netns "$there"
there ip link set "$far" up
there ip link add link "$far" name vlan5 type vlan id 5
there ip address add 10.7.5.2/24 dev vlan5
there ip link set vlan5 up
wait_until 20 "a link" carrier "$eth"
wait_until 20 "a first answer" ping -qc 1 -W 1 10.7.5.2
there iperf3 -s --forceflush >/tmp/server.log 2>&1 &
wait_until 10 "iperf3" grep -q listening /tmp/server.log

for state in on off; do
	offloads "$eth" $state
	there ethtool -K "$far" rxvlan $state txvlan $state rx $state tx $state >/dev/null 2>&1
	wait_until 20 "the link after a change" ping -qc 1 -W 1 10.7.5.2
	pings 10.7.5.2 -s 1472
	transfers 10.7.5.2 4M "in a VLAN, offloads $state"
done
no_errors "$eth"
there ethtool -S "$far" >/tmp/far.log
grep -q 'rx_errors: 0' /tmp/far.log || fail "the far card: $(cat /tmp/far.log)"

# The far end speaks in VLAN 6, too: without the interface for it the frames end in the card.
there ip link add link "$far" name vlan6 type vlan id 6
there ip address add 10.7.6.2/24 dev vlan6
there ip link set vlan6 up
heard=$(counter "$eth" rx_packets)
there ping -qc 3 -i 0.1 -W 1 10.7.6.1 >/tmp/ping.log 2>&1 && fail "VLAN 6 answered though nobody is there"
[ "$(counter "$eth" rx_packets)" = "$heard" ] || echo "the card counts what its filter does not let through"
before=$(cat "/sys/class/net/$eth/statistics/rx_packets")
there ping -qc 3 -i 0.1 -W 1 10.7.6.1 >/tmp/ping.log 2>&1 && fail "VLAN 6 answered though nobody is there"
[ "$(cat "/sys/class/net/$eth/statistics/rx_packets")" = "$before" ] || fail "VLAN 6 was heard though nobody asked for it"
ip link add link "$eth" name vlan6 type vlan id 6
ip address add 10.7.6.1/24 dev vlan6
ip link set vlan6 up
wait_until 20 "an answer in VLAN 6" ping -qc 1 -W 1 10.7.6.2
ip link delete vlan6
before=$(cat "/sys/class/net/$eth/statistics/rx_packets")
there ping -qc 3 -i 0.1 -W 1 10.7.6.1 >/tmp/ping.log 2>&1 && fail "VLAN 6 answers though it was left"
[ "$(cat "/sys/class/net/$eth/statistics/rx_packets")" = "$before" ] || fail "VLAN 6 is still heard"
