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

# WORD...: what the master answers to it.
mode()
{
	run "$PLX_CTL" -t 20s master mode "$@" | jq -r .mode
}

# MODE: asked for; BEFORE and AFTER are the books behind it and those when 3,000 more packets had come.
change_to()
{
	assert_eq "$(mode "$1")" "$1" "the mode"
	BEFORE=$(books -c .)
	wait_until 60 "packets by $1" books_say ".packets.received >= $(jq .packets.received <<<"$BEFORE") + 3000"
	AFTER=$(books -c .)
	assert_eq "$(jq -r .mode <<<"$AFTER")" "$1" "the mode in the books"
}

# What the slaves got meanwhile, those that got least in front.
got()
{
	jq -cn --argjson a "$BEFORE" --argjson b "$AFTER" '[range($a.slaves | length)] | map($b.slaves[.].offered - $a.slaves[.].offered) | sort'
}

# How often each packet was handed out meanwhile, rounded.
copies()
{
	jq -n --argjson a "$BEFORE" --argjson b "$AFTER" --argjson got "$(got)" '($got | add) / ($b.packets.received - $a.packets.received) | round'
}

# All frames of the file have the same two addresses: by MAC they go to one slave.
one_gets_all()
{
	change_to "$1"
	assert_eq "$(got | jq '.[-2]')" 0 "packets of the others by $1"
	assert_eq "$(got | jq '.[-1] >= 3000')" true "packets of the one by $1"
}

all_get_some()
{
	change_to "$1"
	assert_eq "$(got | jq '.[0] > 0')" true "that all get packets by $1"
	assert_eq "$(copies)" "$2" "slaves that get each packet by $1"
}

two_slaves()
{
	slave_start one cluster:10@0
	one=$JOB
	slave_start two cluster:10@1
	two=$JOB
}

# PLACE: what the master says of one that is gone is what it said itself; what was left in its queue it did not see.
saw_its_own()
{
	assert_ge "$COUNTED" "$(books ".slaves[$1].released")" "packets that slave $1 saw"
	assert_ge "$(books ".slaves[$1].queued")" "$COUNTED" "packets that slave $1 could see"
}

slaves_end()
{
	slave_stop "$one" one
	wait_until 30 "the end of one" books_say '.slaves[0].held == 0 and (.slaves[0].present | not)'
	saw_its_own 0
	slave_stop "$two" two
	wait_until 30 "the end of the other" books_say '.slaves[1].held == 0 and (.slaves[1].present | not)'
	saw_its_own 1
	cluster_stop
}

for forward in '' '-f 0->1'; do
	# Words to be split.
	# shellcheck disable=SC2086
	cluster_start "${FILE[@]}" --vdev net_null1,no-rx=1 --idle yield -- -c 10 -n 2 -m flow --wait-slaves 2 -o pressure $forward
	assert_eq "$(mode)" flow "the mode it was started with"
	two_slaves
	all_get_some flow 1
	one_gets_all mac
	all_get_some fanout 2
	one_gets_all vlan
	all_get_some round-robin 1
	assert_refuses "--mode: 'flows' is none of flow, .*did you mean 'flow'" "$PLX_CTL" master mode flows
	assert_refuses 'mode is one word' "$PLX_CTL" master mode flow fanout
	assert_eq "$(mode)" round-robin "the mode behind two that are none"
	all_get_some ip 1
	assert_eq "$(books '.packets.full + .packets.nobody + .packets.dropped')" 0 "packets lost"
	[ -z "$forward" ] || assert_eq "$(jq -n --argjson a "$BEFORE" --argjson b "$AFTER" '$b.ports[1].asked - $a.ports[1].asked >= 3000')" true "that they are forwarded, too"
	slaves_end
done

# With rules, which stay, and with groups, of which each goes on getting everything.
echo '10 drop proto udp' >"$TMP/rules"
cluster_start "${FILE[@]}" --idle yield -- -c 10 -n 1,1 -m flow --wait-slaves 2 -o pressure --rules "$TMP/rules"
two_slaves
all_get_some ip 1
change_to mac
assert_eq "$(got | jq '.[0] > 0 and .[0] * 10 > .[1] * 9')" true "that both groups get everything"
assert_eq "$(jq -n --argjson a "$BEFORE" --argjson b "$AFTER" '$b.packets.dropped_by_rule > $a.packets.dropped_by_rule')" true "that rules stay"
assert_refuses '--mode fanout gives everything to every slave' "$PLX_CTL" master mode fanout
slaves_end
