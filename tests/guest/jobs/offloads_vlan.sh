#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The guest's own kernel, in VLAN 5 on card 2, talks TCP with the host's at the tap of card 0, which knows no VLAN: between them is engine
# csum on cards 0 and 1, which has the segments of 64 KiB that come cut by nobody, puts the tag in towards the tap of card 1, whose kernel
# hands them on to card 2, and takes it out on the way back.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

bind_card "$(card 2)" virtio-pci
load llc stp garp mrp 8021q
eth=$(interface "$(card 2)")
ip link set "$eth" up
ip link add link "$eth" name vlan5 type vlan id 5
ip address add 10.99.0.3/24 dev vlan5
ip link set vlan5 up
ask bridge 1 2

# Packets that came to the kernel; its own merging does not count.
received()
{
	cat "/sys/class/net/$eth/statistics/rx_packets"
}

pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --rx-offloads udp_cksum,tcp_cksum --tx-offloads udp_cksum,tcp_cksum
pmd 'set fwd csum'
for port in 0 1; do
	pmd "csum set tcp hw $port"
	pmd "csum set udp hw $port"
	pmd "csum mac-swap off $port"
	pmd "port stop $port"
	pmd "port config $port rx_offload tcp_lro on"
	pmd "port config $port rx_offload scatter on"
	pmd "port config $port tx_offload multi_segs on"
	pmd "port start $port"
	pmd "tso set 1448 $port"
done
pmd 'vlan set strip on 1'
pmd 'tx_vlan set 1 5'
pmd start

ask meet 0 1 4000000
before=$(received)
sent=$(cat /bin/plx-* | sha256sum)
got=$(cat /bin/plx-* | timeout 150 nc 10.99.0.1 5000 | sha256sum)
ask met "${sent%% *}" "${got%% *}" 5 2000
packets=$(($(received) - before))
[ $packets -lt $((4000000 / 1448)) ] || fail "$packets packets came to the guest's kernel, all of them cut"
pmd stop
case $SAID in
*'"Bad-l4csum":0'*) ;;
*'"Bad-l4csum"'*) fail "wrong checksums arrived: $SAID" ;;
esac
pmd 'show port xstats all'
echo "$SAID" | grep -q '"broken_queues":0' || fail "a queue broke: $SAID"
pmd_stop
