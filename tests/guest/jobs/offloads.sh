#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Kernels at two taps talk TCP through engine csum: first checksums left to the devices, then segments of 64 KiB, too.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --rx-offloads udp_cksum,tcp_cksum --tx-offloads udp_cksum,tcp_cksum
pmd 'set fwd csum'
for port in 0 1; do
	pmd "csum set tcp hw $port"
	pmd "csum set udp hw $port"
	pmd "csum mac-swap off $port"
done
pmd start
ask tcp 0 1 2
pmd stop

for port in 0 1; do
	pmd "port stop $port"
	pmd "port config $port rx_offload tcp_lro on"
	pmd "port config $port rx_offload scatter on"
	pmd "port config $port tx_offload multi_segs on"
	pmd "port start $port"
	pmd "tso set 1448 $port"
done
pmd start
ask tcp 0 1 8 10000
pmd stop
case $SAID in
*'"Bad-l4csum":0'*) ;;
*'"Bad-l4csum"'*) fail "wrong checksums arrived: $SAID" ;;
esac
pmd 'show port xstats all'
echo "$SAID" | grep -q '"broken_queues":0' || fail "a queue broke: $SAID"
pmd_stop
