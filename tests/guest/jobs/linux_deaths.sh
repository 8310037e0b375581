#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The card is taken out of the running machine and put in again; its process dies under load, and the next one and the next machine
# work; the machine dies under load, and the same process serves the third machine. Card 0 is served.
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

load_begin()
{
	timeout 100 iperf3 -c 10.7.0.9 -t 100 >/tmp/load.log 2>&1 &
	before=$(counter "$eth" tx_packets)
	runs() { [ "$(counter "$eth" tx_packets)" -gt $((before + 200)) ]; }
	wait_until 20 "traffic" runs
}

host=$(ask peer 0 10.7.0.9 10.7.0.1 $mac)
life=$(ask life)
works "in life $life"
case $life in
1)
	for round in 1 2; do
		ask replug 0
		works "plugged in again, $round"
	done
	load_begin
	ask kill_nic 0
	sleep 60
	;;
2)
	load_begin
	ask crash
	sleep 60
	;;
esac
