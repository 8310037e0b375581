#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Which places are a group, and which port's packets also leave by which, is changed while packets come; none is lost, and what cannot be is refused.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3

python3 "$FUNC_DIR/make_flows.py" "$TMP/flows.pcap" 60 3000
PORTS=(--vdev "net_pcap0,rx_pcap=$TMP/flows.pcap,infinite_rx=1" --vdev "net_null1,no-rx=1" --idle yield)

# SHAPE COPIES GROUPS: so many slaves get each packet; the groups that the places belong to.
groups_are()
{
	change_to groups "$1"
	assert_eq "$(copies)" "$2" "slaves that get each packet with groups $1"
	assert_eq "$(books -c '[.slaves[].group]')" "$3" "groups of the places with $1"
	assert_eq "$(got | jq '.[0] > 0')" true "that all get packets with groups $1"
}

nothing_is_lost()
{
	assert_eq "$(books '.packets | .full + .nobody + .dropped + .misdirected')" 0 "packets lost"
}

for forward in '' '-f 0->1'; do
	# Words to be split.
	# shellcheck disable=SC2086
	cluster_start "${PORTS[@]}" -- -c 10 -n 3 --wait-slaves 3 -o pressure $forward
	assert_eq "$(ask groups)" 3 "the groups it was started with"
	slaves_come 3
	groups_are 2,1 2 '[0,0,1]'
	assert_ge "$(grew '.slaves[2].offered')" 3000 "packets of the slave that is a group alone"
	groups_are 1,1,1 3 '[0,1,2]'
	groups_are 1,2 2 '[0,1,1]'
	assert_ge "$(grew '.slaves[0].offered')" 3000 "packets of the slave that is a group alone now"
	assert_refuses 'groups 2,2 have 4 places, the cluster has 3, as --slaves said' "$PLX_CTL" master groups 2,2
	assert_refuses "'3,0' is no number of slaves or list" "$PLX_CTL" master groups 3,0
	assert_refuses "'two' is no number of slaves or list" "$PLX_CTL" master groups two
	assert_refuses "'1,2,' is no number of slaves or list" "$PLX_CTL" master groups 1,2,
	assert_refuses 'groups is one word: groups 2,1' "$PLX_CTL" master groups 1 2
	assert_refuses '--mode fanout gives everything to every slave' "$PLX_CTL" master mode fanout
	groups_are 1,2 2 '[0,1,1]'
	groups_are 3 1 '[0,0,0]'
	change_to mode fanout
	assert_refuses '--mode fanout gives everything to every slave' "$PLX_CTL" master groups 2,1
	change_to mode flow
	assert_eq "$(copies)" 1 "slaves that get each packet behind what was refused"
	nothing_is_lost
	[ -z "$forward" ] || assert_ge "$(grew '.ports[1].asked')" 3000 "packets forwarded, whatever the groups"
	slaves_end
done

# A slave that comes when the groups are others: its place says which one it belongs to.
cluster_start "${PORTS[@]}" -- -c 10 -n 2,1 -o pressure
slave_start one cluster:10@0
one=$JOB
groups_are_now=$(ask groups 1,2)
assert_eq "$groups_are_now" 1,2 "the groups"
slave_start two cluster:10@1
BEFORE=$(books -c .)
wait_until 60 "packets of both" books_say ".slaves[0].offered >= $(jq '.slaves[0].offered' <<<"$BEFORE") + 3000 and .slaves[1].offered >= 3000"
stop "$one" INT
stop "$JOB" INT
cluster_stop

# Where packets leave. When the answer is there the former list is not used any more: not one packet goes by it.
cluster_start "${PORTS[@]}" -- -c 10 -n 1 --wait-slaves 1 -o pressure -f none
assert_eq "$(ask forward)" none "what is forwarded at first"
slaves_come 1
change_to forward none
assert_eq "$(grew '.ports[1].asked')" 0 "packets forwarded by none"
change_to forward '0->1'
assert_ge "$(grew '.ports[1].asked')" 3000 "packets forwarded by 0->1"
change_to forward '0->0,0->1'
assert_ge "$(grew '.ports[0].asked')" 3000 "packets that go back"
assert_ge "$(grew '.ports[1].asked')" 3000 "packets that go on"
change_to mode fanout
assert_ge "$(grew '.ports[1].asked')" 3000 "packets forwarded in another mode"
change_to forward '1->0'
assert_eq "$(grew '.ports | map(.asked) | add')" 0 "packets of port 0 by 1->0"
assert_refuses '--forward: there is no port 2, but 0 to 1' "$PLX_CTL" master forward '0->2'
assert_refuses "--forward: '0-1' is no list such as" "$PLX_CTL" master forward 0-1
assert_refuses "--forward: '0->1,' is no list such as" "$PLX_CTL" master forward '0->1,'
assert_refuses "forward is one word: forward '0->1'" "$PLX_CTL" master forward '0->1' '1->0'
assert_eq "$(ask forward)" '1->0' "what is forwarded behind what was refused"
change_to forward none
assert_eq "$(grew '.ports | map(.asked) | add')" 0 "packets forwarded by none again"
nothing_is_lost
slaves_end

# Who may send is decided when it begins.
cluster_start "${PORTS[@]}" -- -c 10
assert_refuses 'no ports to send by: --forward, when it begins' "$PLX_CTL" master forward '0->1'
assert_eq "$(ask forward none)" none "nothing, which can always be"
assert_refuses "there is no port 7, but 0 to 1" "$PLX_CLUSTER" "${CLUSTER_EAL[@]}" "${PORTS[@]}" -- -c 11 -f '0->7'
cluster_stop
