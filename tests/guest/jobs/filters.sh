#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What card 0 listens to, as QEMU tells it and as frames show it: promiscuous or not, its addresses, groups, VLANs.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

OTHER=02:11:22:33:44:55

# N: port 0 has received that many packets, and no more come.
received()
{
	pmd 'show port stats 0'
	case $SAID in
	*'"rx_packets":'"$1",*) true ;;
	*) false ;;
	esac
}

# MAC COUNT: ten frames to MAC; port 0 then has received COUNT.
hear()
{
	ask inject 0 10 "$1" >/dev/null
	ask inject 0 1 52:54:00:00:00:08 >/dev/null # always heard, and after the others
	wait_until 10 "$2 packets" received "$2"
}

pmd_start -l 0-1 -a "$(card 0)" --
pmd 'set fwd rxonly'
pmd start
ask filter 0 promiscuous=true
hear $OTHER 11

pmd 'set promisc 0 off'
ask filter 0 promiscuous=false main-mac=52:54:00:00:00:08
hear $OTHER 12
pmd "mac_addr add 0 $OTHER"
ask filter 0 "unicast-table=$OTHER"
hear $OTHER 23
pmd "mac_addr remove 0 $OTHER"
ask filter 0 unicast-table=
hear $OTHER 24

pmd 'mcast_addr add 0 01:00:5e:00:00:07'
ask filter 0 multicast-table=01:00:5e:00:00:07
hear 01:00:5e:00:00:07 35
pmd 'mcast_addr remove 0 01:00:5e:00:00:07'
hear 01:00:5e:00:00:07 36
pmd 'set allmulti 0 on'
ask filter 0 multicast=all
hear 01:00:5e:00:00:07 47
pmd 'set allmulti 0 off'

pmd "mac_addr set 0 $OTHER"
ask filter 0 "main-mac=$OTHER"
hear $OTHER 57 # and not the old one
pmd stop
pmd_stop
