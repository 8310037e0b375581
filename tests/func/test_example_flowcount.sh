#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/flowcount finds the conversations of a file, both directions as one, and those between two hosts.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin anyone
need python3 ping nstat

FLOWCOUNT=$PLX_BUILD/examples/flowcount
example_refusals 1 flowcount
assert_refuses 'flowcount: one number' "$FLOWCOUNT" -l 0 --no-huge --vdev net_null0 -- 0
example_start - flowcount --vdev net_null0
example_stop

# From a file, which ends by itself.
for flows in 1 300; do
	python3 "$FUNC_DIR/make_flows.py" "$TMP/in.pcap" $flows 5000
	read -r nb_flows packets other sizes < <(python3 "$FUNC_DIR/make_flows.py" expect $flows 5000)
	run "$FLOWCOUNT" --lcores 0@0 --no-huge --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,eof=1" -- 1000 >"$TMP/example.log" 2>&1
	assert_grep "$TMP/example.log" "^received 5000 = in $nb_flows flows $packets \+ no IP $other \+ in no flow, table full 0$"
	assert_grep "$TMP/example.log" '^every packet is accounted for$'
	assert_eq "$(awk '$2 == "packets" {printf " %s", $1}' "$TMP/example.log")" " $sizes" "packets of the flows, largest first"
done
assert_grep "$TMP/example.log" 'bytes  (10\.1\.0\.[0-9]*\.10[0-9]* > 10\.2\.0\.[0-6]\.80|10\.2.* > 10\.1.*) (TCP|UDP)$'

[ "$(id -u)" -eq 0 ] || exit 0
netns_begin "$TMP"
make_pair
example_start b flowcount --vdev net_af_packet0,iface=veth0,outgoing=1
ping_all a 20 10.99.0.2
ping_all a 10 fd99::2
example_stop
assert_grep "$TMP/example.log" ' 40 packets +3920 bytes  10\.99\.0\.1 > 10\.99\.0\.2 ICMP$'
assert_grep "$TMP/example.log" ' 20 packets +2360 bytes  fd99::1 > fd99::2 ICMPv6$'
