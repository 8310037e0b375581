#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# [served]: the kernel's own e1000 driver on card 0: link, ping, TCP both ways with and without its offloads,
# large frames. The driver's counters are compared with what the host saw; served: with the emulated card's own, and TCP over IPv6, too.
# shellcheck source=tests/guest/lib.sh
. /lib.sh
kind=${1:-qemu}
mac=52:54:00:00:00:08

eth=$(linux_card 0)
ip link show "$eth" | grep -q "link/ether $mac" || fail "no address: $(ip link show "$eth")"
host=$(ask peer 0 10.7.0.9 10.7.0.1 $mac)
linux_up "$eth" 10.7.0.1 10.7.0.9 "$host"
ethtool "$eth" | grep -q 'Speed: 1000Mb/s' || fail "$(ethtool "$eth")"

for bytes in 0 1 56 1000 1472; do
	pings 10.7.0.9 -s $bytes
done
# Every byte of a file, both ways at once.
sent=$(sha256sum </bin/tool_ip)
ask listen 0 4000000
got=$(nc 10.7.0.9 5000 </bin/tool_ip | sha256sum)
ask listened 0 "${sent%% *}" "${got%% *}"

count_all 0 "$eth"
offloads "$eth" on
transfers 10.7.0.9 10M "with all offloads"
count_all 0 "$eth"
segments=$(counter "$eth" tx_tcp_seg_good) # QEMU does not count them, and looks at no checksum
sums=$(counter "$eth" rx_csum_offload_good)
[ "$kind" != served ] || [ "$segments" -gt 0 ] || fail "nothing was cut by the card"
[ "$kind" != served ] || [ "$sums" -gt 0 ] || fail "no checksum was found good by the card"
# Over IPv6: the card sums both ways. This driver has TCP over IPv6 cut by nobody but the kernel. QEMU looks at no sum, and what its filter
# leaves of a kernel's words to groups of neighbours nobody counts.
if [ "$kind" = served ]; then
	ask peer6 0 fd07::9 fd07::1 $mac >/dev/null
	echo 0 >/proc/sys/net/ipv6/conf/"$eth"/disable_ipv6
	tool_ip address replace fd07::1/64 dev "$eth" nodad
	tool_ip neigh replace fd07::9 lladdr "$host" nud permanent dev "$eth"
	ethtool -k "$eth" | grep -q 'tx-tcp6-segmentation: off .fixed.' || fail "$(ethtool -k "$eth" | grep tcp6)"
	transfers fd07::9 10M "over IPv6, with all offloads"
	count_all 0 "$eth"
	more=$(($(counter "$eth" rx_csum_offload_good) - sums))
	[ "$more" -gt 1000 ] || fail "of 10M over IPv6 the card found $more checksums good"
	[ "$(counter "$eth" tx_tcp_seg_good)" = "$segments" ] || fail "the card cut IPv6, which its driver cannot ask for"
	ask sums >/dev/null
	sums=$((sums + more))
	# What it told its neighbours of itself while the card begins anew would be counted by one side only, or be no one's for too long.
	echo 1 >/proc/sys/net/ipv6/conf/"$eth"/disable_ipv6
	count_all 0 "$eth"
fi
offloads "$eth" off
transfers 10.7.0.9 10M "without offloads"
[ "$(counter "$eth" tx_tcp_seg_good)" = "$segments" ] || fail "the card cut segments, though told not to"
[ "$(counter "$eth" rx_csum_offload_good)" = "$sums" ] || fail "the card looked at checksums, though told not to"
counted 0 "$eth" rx_packets tx_packets
[ "$kind" != served ] || counted 0 "$eth" rx_bytes tx_bytes # QEMU's are 0
no_errors "$eth"

# Frames of nine thousand bytes, over several descriptors.
ask mtu 0 9000
ip link set "$eth" mtu 9000
wait_until 20 "the link of $eth" carrier "$eth"
for bytes in 1473 4000 8972; do
	pings 10.7.0.9 -s $bytes
done
transfers 10.7.0.9 10M "large frames"
ask sums >/dev/null
if [ "$kind" = served ]; then # QEMU drops large frames when descriptors are few
	counted 0 "$eth" rx_packets tx_packets
	no_errors "$eth"
fi
