#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "Every kernel update breaks the module."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need ping

# Without the right to load a module, and without one loaded: AF_XDP works.
make_pair
cut -d' ' -f1 /proc/modules 2>/dev/null | sort >"$TMP/before" || : >"$TMP/before"
start capture b setpriv --inh-caps=-sys_module --bounding-set=-sys_module "$PLX_CAPTURE" --no-huge -l 0 --idle sleep \
	--vdev net_af_xdp0,iface=veth0 -- -o "$TMP/out.pcap" -c 3 icmp
wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
run_in a ping -qc 5 -i 0.05 -W 0.1 10.99.0.2 >/dev/null || true
wait_end "$JOB" 10
assert_eq "$(count_packets "$TMP/out.pcap")" 3 packets
cut -d' ' -f1 /proc/modules 2>/dev/null | sort >"$TMP/after" || : >"$TMP/after"
cmp "$TMP/before" "$TMP/after"
