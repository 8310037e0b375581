#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What an e1000 listens to, as frames show it: promiscuous or not, its addresses, groups.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

OTHER=02:11:22:33:44:55

# N: port 0 has received that many packets.
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
hear $OTHER 11

pmd 'set promisc 0 off'
hear $OTHER 12
pmd "mac_addr add 0 $OTHER"
hear $OTHER 23
pmd "mac_addr remove 0 $OTHER"
hear $OTHER 24

pmd 'mcast_addr add 0 01:00:5e:00:00:07'
hear 01:00:5e:00:00:07 35
pmd 'mcast_addr remove 0 01:00:5e:00:00:07'
hear 01:00:5e:00:00:07 36
pmd 'set allmulti 0 on'
hear 01:00:5e:00:00:07 47
pmd 'set allmulti 0 off'
hear 01:00:5e:00:00:07 48
pmd stop

# The card counted what came to it, and nothing was lost.
pmd 'show port xstats all'
case $SAID in
*'"rx_card_packets":48,'*) ;;
*) fail "the card counted otherwise: $SAID" ;;
esac
pmd_stop
