#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What e1000 cards do to frames that the host compares byte by byte: tags taken out, put in, put back and filtered, frames of several
# descriptors; then the link and pause frames as the user sets them, registers, and lcores that sleep until the card interrupts.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

has()
{
	case $SAID in
	*"$1"*) ;;
	*) fail "no $1 in: $SAID" ;;
	esac
}

# N: port 0 has received that many packets.
received()
{
	pmd 'show port stats 0'
	case $SAID in
	*'"rx_packets":'"$1",*) true ;;
	*) false ;;
	esac
}

# true or false: that is what port 0 says of its link.
link_is()
{
	pmd 'show port info 0'
	case $SAID in
	*'"link":{"up":'"$1"*) true ;;
	*) false ;;
	esac
}

tags()
{
	pmd start
	ask tags 0 1 100 100 # neither taken out nor put in
	pmd stop
	pmd 'vlan set strip on 0'
	pmd start
	ask tags 0 1 100 -
	ask tags 1 0 100 100 # put back: this port was not asked to take them out
	ask tags 0 1 - -
	pmd stop
	pmd 'tx_vlan set 1 77'
	pmd start
	ask tags 0 1 100 77
	ask tags 0 1 - 77
	ask tags 1 0 - -
	ask tags 1 0 100 100 # put back, by a card that takes tags out because it puts them in
	pmd stop
	pmd 'tx_vlan reset 1'
}

vlans()
{
	pmd 'set fwd rxonly'
	pmd 'vlan set filter on 0'
	pmd 'rx_vlan add 5 0'
	pmd 'clear port stats 0'
	pmd start
	ask inject 0 10 52:54:00:00:00:08 5
	ask inject 0 10 52:54:00:00:00:08 6
	ask inject 0 1 52:54:00:00:00:08 # always heard, and after the others
	wait_until 10 "11 packets" received 11
	pmd 'rx_vlan rm 5 0'
	pmd 'rx_vlan add 6 0'
	ask inject 0 10 52:54:00:00:00:08 5
	ask inject 0 10 52:54:00:00:00:08 6
	ask inject 0 1 52:54:00:00:00:08
	wait_until 10 "22 packets" received 22
	pmd stop
	pmd 'vlan set filter off 0'
	pmd 'vlan set strip off 0'
	pmd 'set fwd io'
}

link_as_wished()
{
	pmd start
	pmd 'set link-down port 0'
	link_is false || fail "the link is up: $SAID"
	ask inject 0 5
	ask quiet 0.3
	pmd 'set link-up port 0'
	wait_until 10 "the link to come" link_is true
	ask drain 1 3 # QEMU kept what came meanwhile
	ask frames 0 1 50
	pmd stop
}

pauses_and_registers()
{
	pmd 'set flow_ctrl rx on tx off autoneg off 0'
	pmd 'show port 0 flow_ctrl'
	has '"rx_pause":true,"tx_pause":false,"autoneg":false'
	pmd 'read reg 0 CTRL'
	[ $(($(echo "$SAID" | grep -o '"value":[0-9]*' | cut -d: -f2) >> 27 & 3)) -eq 1 ] || fail "CTRL has other pauses: $SAID"
	pmd 'set flow_ctrl rx on tx on autoneg on 0'
	pmd 'show port 0 registers'
	has '"name":"RCTL"'
	has '"name":"RAH[0]"'
}

pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --max-pkt-len 9018 --rx-offloads scatter --tx-offloads multi_segs
pmd start
ask long 0 1 9014
pmd stop
tags
vlans
link_as_wished
pauses_and_registers
pmd_stop
forwards_asleep
