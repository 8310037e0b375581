#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "It must run as root, and nobody says which rights it really needs."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need setpriv capinfos

make_pair
chmod 777 "$TMP"
# UID 65534 with CAPS and nothing else, in namespace b.
as_nobody()
{
	local caps=$1

	shift
	start capture b setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set="-all,$caps" --inh-caps="-all,$caps" \
		--ambient-caps="-all,$caps" "$PLX_CAPTURE" --no-huge -l 0 --idle sleep "$@"
}
as_nobody +net_raw --vdev net_af_packet0,iface=veth0 -- --no-promisc -o "$TMP/out.pcap" -c 3 icmp
wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
run_in a ping -qc 5 -i 0.05 10.99.0.2 >/dev/null
wait_end "$JOB" 10
assert_eq "$(count_packets "$TMP/out.pcap")" 3 "packets with CAP_NET_RAW only"
# One right less: the sentence names it.
assert_refuses CAP_NET_RAW ip netns exec "${NS_b:?}" setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
	"$PLX_CAPTURE" --no-huge -l 0 --vdev net_af_packet0,iface=veth0 -- -o /dev/null
