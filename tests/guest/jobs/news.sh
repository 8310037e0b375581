#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What cards tell: an MTU, which frames then have; that they want to be announced; and, to lcores that sleep, that something came, with
# event indexes and without.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

long_frames()
{
	pmd 'show port info all'
	[ "$(echo "$SAID" | grep -o '"mtu_max":9000,' | wc -l)" = 2 ] || fail "the cards' MTU is not told: $SAID"
	pmd start
	ask long 0 1 9014
	pmd stop
	pmd 'show port stats all'
	ask books 0,1 "$SAID"
}

# QEMU announces its address of each card, and asks the driver, which has got another one.
announced()
{
	for port in 0 1; do
		pmd "mac_addr set $port 02:00:00:00:77:0$port"
	done
	ask announce
	for port in 0 1; do
		ask announced $port 02:00:00:00:77:0$port
	done
	ask fresh
	pmd start
	ask frames 0 1 50
	pmd stop
}

pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --max-pkt-len 9018 --rx-offloads scatter --tx-offloads multi_segs
long_frames
announced
pmd_stop
forwards_asleep
forwards_asleep ,event_idx=1
