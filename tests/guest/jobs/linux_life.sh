#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ROUNDS: the interface comes up and goes down, the kernel's own e1000 driver goes and comes, again and again; each tenth time it is
# shown to work (the driver looks for a link every two seconds only).
# shellcheck source=tests/guest/lib.sh
. /lib.sh
rounds=$1
mac=52:54:00:00:00:08

eth=$(linux_card 0)
host=$(ask peer 0 10.7.0.9 10.7.0.1 $mac)

works()
{
	linux_up "$eth" 10.7.0.1 10.7.0.9 "$host"
	wait_until 20 "an answer in round $round" ping -qc 1 -W 1 10.7.0.9
}

for round in $(seq "$rounds"); do
	ip link set "$eth" up
	[ $((round % 10)) != 0 ] || works
	ip link set "$eth" down
done
echo "up and down $round times, $(cut -d ' ' -f 1 /proc/uptime) s after the boot"
for round in $(seq "$rounds"); do
	rmmod e1000
	insmod /modules/e1000.ko
	eth=$(linux_card 0)
	[ $((round % 10)) != 0 ] || works
done
echo "gone and come $round times, $(cut -d ' ' -f 1 /proc/uptime) s after the boot"
works
pings 10.7.0.9 -s 1472
no_errors "$eth"
