#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The guest's kernel on card 1 pings plx-testpmd on card 0, plain and in a VLAN, which port 0 hears only when it is told to,
# and whose tag it takes out and puts in when it is told to.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

bind_card "$(card 1)" virtio-pci
load llc stp garp mrp 8021q
eth=$(interface "$(card 1)")
ip link set "$eth" up
ip address add 10.7.0.1/24 dev "$eth"
ip link add link "$eth" name vlan5 type vlan id 5
ip address add 10.7.5.1/24 dev vlan5
ip link set vlan5 up
# By hand, as a question asked while the VLAN is not heard would still be waiting when it is.
arp -i "$eth" -s 10.7.0.2 52:54:00:00:00:08
arp -i vlan5 -s 10.7.5.2 52:54:00:00:00:08

# ADDRESS SIZE: all of five pings are answered.
answers()
{
	ping -c 5 -i 0.1 -W 2 -s "$2" "$1" >/tmp/ping.log 2>&1
}

pmd_start -l 0-1 -a "$(card 0)" --
pmd 'set fwd icmpecho'
pmd 'set promisc 0 off'
pmd start
for size in 0 56 1000 1472; do
	answers 10.7.0.2 $size || fail "no answer to $size bytes: $(cat /tmp/ping.log)"
done
pmd stop

pmd 'vlan set filter on 0'
pmd start
answers 10.7.0.2 56 || fail "no answer without a tag while VLANs are filtered: $(cat /tmp/ping.log)"
ping -c 2 -W 1 10.7.5.2 >/tmp/ping.log 2>&1 && fail "VLAN 5 was heard though nobody asked for it"
ask filter 0 vlan=none
pmd 'rx_vlan add 5 0'
ask filter 0 vlan=normal vlan-table=5
answers 10.7.5.2 1400 || fail "no answer in VLAN 5: $(cat /tmp/ping.log)"
pmd 'rx_vlan rm 5 0'
ask filter 0 vlan-table=
ping -c 2 -W 1 10.7.5.2 >/tmp/ping.log 2>&1 && fail "VLAN 5 is still heard"
pmd stop

# The tag is taken out and another put in: each way by the driver, judged by the kernel, which is to take answers only from
# where it would ask.
echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter
pmd 'vlan set filter off 0'
pmd 'vlan set strip on 0'
pmd start
ping -c 2 -W 1 10.7.5.2 >/tmp/ping.log 2>&1 && fail "the answer has a tag though it was taken out"
answers 10.7.0.2 56 || fail "no answer without a tag while tags are taken out: $(cat /tmp/ping.log)"
pmd stop
pmd 'tx_vlan set 0 5'
pmd start
for size in 56 1472; do
	answers 10.7.5.2 $size || fail "no answer to $size bytes with a tag put in: $(cat /tmp/ping.log)"
done
pmd stop
pmd 'tx_vlan reset 0'
pmd 'vlan set strip off 0'
pmd start
answers 10.7.5.2 56 || fail "no answer with the tag that came: $(cat /tmp/ping.log)"
pmd stop
pmd 'show port stats 0'
echo "$SAID" | grep -q '"balanced":true' || fail "$SAID"
pmd_stop
