#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The process that is card 0 dies under load, twice, and a new one is plugged in; the guest goes on. Then the machine dies under
# load; a second one gets the same process as its card, and it works.
# shellcheck source=tests/guest/lib.sh
. /lib.sh
mac=52:54:00:00:00:08

works()
{
	eth=$(linux_card 0)
	linux_up "$eth" 10.7.0.1 10.7.0.9 "$host"
	wait_until 20 "an answer" ping -qc 1 -W 1 10.7.0.9
	pings 10.7.0.9 -s 1472
	transfers 10.7.0.9 4M "$1"
}

# Traffic that ends when its peer is away.
load_begin()
{
	timeout 100 iperf3 -c 10.7.0.9 -t 100 -u -b 20M >/tmp/load.log 2>&1 &
	LOAD=$!
	was=$(counter "$eth" tx_packets)
	runs() { [ "$(counter "$eth" tx_packets)" -gt $((was + 200)) ]; }
	wait_until 20 "traffic" runs
}

host=$(ask peer 0 10.7.0.9 10.7.0.1 $mac)
works "at first"
[ "$(ask life)" = 1 ] || exit 0
for round in 1 2; do
	load_begin
	ask kill_nic 0
	kill $LOAD 2>/dev/null || true
	host=$(ask new_nic 0)
	works "after death number $round"
done
load_begin
ask crash
