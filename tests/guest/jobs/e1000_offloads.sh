#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Kernels at two taps talk TCP, over IPv4 and IPv6, through engine csum, which leaves the checksums of what it sends to e1000 cards;
# then jumbo segments that come in over several descriptors and are cut by the cards into those of 1,448 bytes; over IPv4 only: QEMU's
# cards write 40 bytes too many into the length of an IPv6 segment.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

ask mtu 0 9000
ask mtu 1 9000
pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --max-pkt-len 9018 --rx-offloads scatter \
	--tx-offloads multi_segs,ipv4_cksum,udp_cksum,tcp_cksum
pmd 'set fwd csum'
for port in 0 1; do
	pmd "csum set ip hw $port"
	pmd "csum set tcp hw $port"
	pmd "csum set udp hw $port"
	pmd "csum mac-swap off $port"
done
pmd start
ask tcp 0 1 2 2000 9000 4
ask tcp 0 1 2 2000 9000 6
pmd stop

for port in 0 1; do
	pmd "tso set 1448 $port"
done
pmd start
ask tcp 0 1 2 500 1514 4
pmd stop
pmd 'show port xstats all'
case $SAID in
*'"tx_segmented":0,'*) fail "a card cut nothing: $SAID" ;;
*'"tx_segmented":'*) ;;
*) fail "nobody says how much was cut: $SAID" ;;
esac
pmd_stop
