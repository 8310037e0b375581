#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# [mute]: what card 0 listens to, as frames show it and, unless it is mute, as QEMU tells: promiscuous or not, its addresses, groups.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

OTHER=02:11:22:33:44:55

# WORDS...: what QEMU must say of the card's filters.
told()
{
	[ "$KIND" = mute ] || ask filter 0 "$@"
}

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
	ask inject 0 1 "${3:-52:54:00:00:00:08}" >/dev/null # always heard, and after the others
	wait_until 10 "$2 packets" received "$2"
}

KIND=${1:-told}
pmd_start -l 0-1 -a "$(card 0)" --
pmd 'set fwd rxonly'
pmd start
told promiscuous=true
hear $OTHER 11

pmd 'set promisc 0 off'
told promiscuous=false main-mac=52:54:00:00:00:08
hear $OTHER 12
pmd "mac_addr add 0 $OTHER"
told "unicast-table=$OTHER"
hear $OTHER 23
pmd "mac_addr remove 0 $OTHER"
told unicast-table=
hear $OTHER 24

pmd 'mcast_addr add 0 01:00:5e:00:00:07'
told multicast-table=01:00:5e:00:00:07
hear 01:00:5e:00:00:07 35
pmd 'mcast_addr remove 0 01:00:5e:00:00:07'
told multicast-table=
hear 01:00:5e:00:00:07 36
pmd 'set allmulti 0 on'
told multicast=all
hear 01:00:5e:00:00:07 47
pmd 'set allmulti 0 off'

pmd "mac_addr set 0 $OTHER"
told "main-mac=$OTHER"
hear 52:54:00:00:00:08 48 $OTHER # not the old one any more
pmd stop

# What the card counted itself, where it does: what came to it, and nothing else was lost.
pmd 'show port xstats all'
case $SAID in
*'"rx_card_packets":48,'*) ;;
*'"rx_card_packets":'*) fail "the card counted otherwise: $SAID" ;;
esac
pmd_stop
