#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What plx-cluster shares packets out by is changed while they come: from one packet to the next, and with none lost.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3

python3 "$FUNC_DIR/make_flows.py" "$TMP/flows.pcap" 60 3000
FILE=(--vdev "net_pcap0,rx_pcap=$TMP/flows.pcap,infinite_rx=1")

# All frames of the file have the same two addresses: by MAC they go to one slave.
one_gets_all()
{
	change_to mode "$1"
	assert_eq "$(got | jq '.[-2]')" 0 "packets of the others by $1"
	assert_eq "$(got | jq '.[-1] >= 3000')" true "packets of the one by $1"
}

all_get_some()
{
	change_to mode "$1"
	assert_eq "$(got | jq '.[0] > 0')" true "that all get packets by $1"
	assert_eq "$(copies)" "$2" "slaves that get each packet by $1"
}

for forward in '' '-f 0->1'; do
	# Words to be split.
	# shellcheck disable=SC2086
	cluster_start "${FILE[@]}" --vdev net_null1,no-rx=1 --idle yield -- -c 10 -n 2 -m flow --wait-slaves 2 -o pressure $forward
	assert_eq "$(ask mode)" flow "the mode it was started with"
	slaves_come 2
	all_get_some flow 1
	one_gets_all mac
	all_get_some fanout 2
	one_gets_all vlan
	all_get_some round-robin 1
	assert_refuses "--mode: 'flows' is none of flow, .*did you mean 'flow'" "$PLX_CTL" master mode flows
	assert_refuses 'mode is one word' "$PLX_CTL" master mode flow fanout
	assert_eq "$(ask mode)" round-robin "the mode behind two that are none"
	all_get_some ip 1
	assert_eq "$(books '.packets.full + .packets.nobody + .packets.dropped')" 0 "packets lost"
	[ -z "$forward" ] || assert_eq "$(jq -n --argjson a "$BEFORE" --argjson b "$AFTER" '$b.ports[1].asked - $a.ports[1].asked >= 3000')" true "that they are forwarded, too"
	slaves_end
done

# With rules, which stay, and with groups, of which each goes on getting everything.
echo '10 drop proto udp' >"$TMP/rules"
cluster_start "${FILE[@]}" --idle yield -- -c 10 -n 1,1 -m flow --wait-slaves 2 -o pressure --rules "$TMP/rules"
slaves_come 2
all_get_some ip 1
change_to mode mac
assert_eq "$(got | jq '.[0] > 0 and .[0] * 10 > .[1] * 9')" true "that both groups get everything"
assert_eq "$(jq -n --argjson a "$BEFORE" --argjson b "$AFTER" '$b.packets.dropped_by_rule > $a.packets.dropped_by_rule')" true "that rules stay"
assert_refuses '--mode fanout gives everything to every slave' "$PLX_CTL" master mode fanout
slaves_end
