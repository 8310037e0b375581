#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# SECONDS: how fast card 0 is under the kernel's own e1000 driver, by iperf3: TCP and small UDP packets, out and in; and what that costs.
# For bench/.
# shellcheck source=tests/guest/lib.sh
. /lib.sh
mac=52:54:00:00:00:08

eth=$(linux_card 0)
host=$(ask peer 0 10.7.0.9 10.7.0.1 $mac)
linux_up "$eth" 10.7.0.1 10.7.0.9 "$host"
wait_until 20 "an answer" ping -qc 1 -W 1 10.7.0.9

# So far: packets in, packets out, interrupts, and what `spent` says.
costs()
{
	at=/sys/class/net/$eth/statistics
	# shellcheck disable=SC2046 # words
	echo $(cat "$at/rx_packets" "$at/tx_packets") $(awk -v eth="$eth" '$NF == eth {print $2 + $3}' /proc/interrupts) $(ask spent 0)
}

# NAME ARGUMENTS...: iperf3 as a client.
measure()
{
	name=$1
	shift
	costs >/tmp/costs
	timeout 60 iperf3 -J -c 10.7.0.9 -t "$seconds" "$@" >/tmp/speed || fail "iperf3 $*: $(cat /tmp/speed)"
	costs >>/tmp/costs
	give /tmp/speed "$name.json"
	give /tmp/costs "$name.costs"
}

seconds=$1
measure tcp_out
measure tcp_in -R
measure udp_out -u -b 0 -l 18
measure udp_in -u -b 0 -l 18 -R
