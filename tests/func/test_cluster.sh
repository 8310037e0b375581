#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-cluster shares packets out in every way there is, and each of them is accounted for; what cannot be is refused.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3 capinfos tshark

PACKETS=3000
python3 "$FUNC_DIR/make_flows.py" "$TMP/flows.pcap" 60 $PACKETS
FILE=(--vdev "net_pcap0,rx_pcap=$TMP/flows.pcap")
ALL=$(count_packets "$TMP/flows.pcap")
assert_ge "$ALL" $PACKETS "packets in the file"

# Wrong options, each with a sentence.
refuses()
{
	local pattern=$1

	shift
	assert_refuses "^plx-cluster: .*$pattern" "$PLX_CLUSTER" "${CLUSTER_EAL[@]}" --vdev net_null0 -- "$@"
}
refuses 'the cluster needs a number: --cluster 10' -n 2
refuses '--cluster: 65536 is out of range' -c 65536
refuses '--cluster: .ten. is no number' -c ten
refuses '--slaves: .0. is no number of slaves' -c 10 -n 0
refuses '--slaves: .65. is no number of slaves' -c 10 -n 65
refuses '--slaves: .60,5. is no number of slaves' -c 10 -n 60,5
refuses '--slaves: .2x. is no list such as 2,1' -c 10 -n 2x
refuses '--slaves: .2,. is no number of slaves' -c 10 -n 2,
refuses '--mode: .flows. is none of flow, round-robin, .*fanout; did you mean .flow.' -c 10 -m flows
refuses '--mode fanout gives everything to every slave' -c 10 -n 2,1 -m fanout
refuses '--queue-len: 1000 is no power of two' -c 10 -q 1000
refuses '--queue-len: 65536 is out of range' -c 10 -q 65536
refuses '--overflow: .drop. is none of newest, oldest, borrow, pressure' -c 10 -o drop
refuses '--reserve is what --overflow borrow' -c 10 --reserve 100
refuses '--forward: .1. is no list' -c 10 -f 1
refuses '--forward: .0->. is no list' -c 10 -f '0->'
refuses '--forward: .0->1;. is no list' -c 10 -f '0->1;'
refuses '--forward: there is no port 1, but 0 to 0' -c 10 -f '0->1'
refuses '--wait-slaves: 3 will never be there' -c 10 -n 2 --wait-slaves 3
refuses '--rx-lcore and --tx-lcore both name lcore 1' -c 10 -r 1 -t 1
refuses '--rx-lcore: there is no lcore 7' -c 10 -r 7
refuses '--rx-lcore: lcore 0 is the main one' -c 10 -r 0
refuses 'a second lcore is needed' -c 10 -t 1
refuses '--filter: .*syntax error' -c 10 --filter 'tcp and and'
refuses "'--filter' contradicts '--rules'" -c 10 --filter tcp --rules "$TMP/no"
refuses 'rules /no/where: No such file' -c 10 --rules /no/where
printf '10 drop proto tcp\n20 drup proto udp\n' >"$TMP/wrong.rules"
refuses 'rules .*wrong.rules: line 2, column 4' -c 10 --rules "$TMP/wrong.rules"
printf 'a\0b' >"$TMP/binary.rules"
refuses '--purge deletes exact rules, of --rules' -c 10 --purge 1
refuses 'that is no text' -c 10 --rules "$TMP/binary.rules"
refuses '--trusted is of slaves that may write: --writable' -c 10 --trusted
refuses "'--daemon' has no output for '--json'" -c 10 -d --json
refuses '"eth1" is no option of plx-cluster; ports are' -c 10 eth1
refuses "'--vdev' is an option of the EAL" -c 10 --vdev net_null1
refuses '--pid-file /no/where: No such file' -c 10 -p /no/where
assert_refuses 'there is no port to make a pool for|needed, there are 0' "$PLX_CLUSTER" "${CLUSTER_EAL[@]}" -- -c 10
assert_refuses 'a second lcore is needed' "$PLX_CLUSTER" --no-huge --no-pci -l 0 --vdev net_null0 -- -c 10
assert_refuses 'has no control socket' "$PLX_CLUSTER" "${CLUSTER_EAL[@]}" --no-door --vdev net_null0 -- -c 10
# Without "--": the EAL is told what -i says.
assert_refuses 'no ports: -i eth1,eth2' "$PLX_CLUSTER" -c 10
assert_refuses "there is no interface 'nosuch'" "$PLX_CLUSTER" -c 10 -i nosuch
assert_refuses "'--vdev' is an option of the EAL, and there is no '--' behind it: write plx-cluster" "$PLX_CLUSTER" -c 10 --vdev net_null0
start short - taskset -c "$(taskset -pc $$ | sed 's/.*: //; s/[,-].*//')" "$PLX_CLUSTER" -i net_null0,no-rx=1 -i net_null1,no-rx=1 -c 10 -v
MASTER=$JOB
wait_until 30 "the master" cluster_is_ready "$TMP/short.log"
assert_eq "$(run "$PLX_CTL" -t 60s plx-cluster cluster | jq -c '[.idle, (.ports | length)]')" '["sleep",2]' "how it waits, and its ports"
LOG=short cluster_stop
assert_no_grep "$TMP/short.log" 'huge'
assert_status 0 "$PLX_CLUSTER" -- --help
assert_grep "$TMP/out.log" '^EAL options'
assert_status 0 "$PLX_CLUSTER" -- --version

# MODE: two slaves share the file; EVEN the packets of each, if it is known.
share()
{
	local mode=$1 even=${2:-} sum one two

	cluster_start "${FILE[@]}" --idle sleep -- -c 10 -n 2 -m "$mode" -o pressure -q 64 --wait-slaves 2
	slave_start one cluster:10@0
	one=$JOB
	slave_start two cluster:10
	two=$JOB
	wait_until 30 "all packets, by $mode" books_say ".packets.received == $ALL and ([.slaves[].held + .slaves[].backlog] | add) == 0"
	assert_eq "$(books '.packets.delivered')" "$ALL" "packets delivered by $mode"
	assert_eq "$(books -r .mode)" "$mode" "the mode"
	slave_stop "$one" one
	sum=$COUNTED
	[ -z "$even" ] || assert_eq "$COUNTED" "$even" "packets of place 0, by $mode"
	slave_stop "$two" two
	sum=$((sum + COUNTED))
	cluster_stop
	if [ "$mode" = fanout ]; then
		assert_eq "$sum" $((2 * ALL)) "packets of both"
	else
		assert_eq "$sum" "$ALL" "packets of both, by $mode"
	fi
}
both_have_some()
{
	if [ "$COUNTED" -eq 0 ] || [ "$COUNTED" -eq "$ALL" ]; then
		fail "one gets all packets $1"
	fi
}
for mode in flow ip 5-tuple protocol inner src-ip dst-ip; do
	share $mode
	both_have_some "by $mode"
done
share fanout "$ALL"
share round-robin $((ALL / 2))
# All frames have the same two addresses, and none a tag: one slave gets everything.
for mode in mac vlan; do
	share $mode
	[ "$COUNTED" -eq 0 ] || assert_eq "$COUNTED" "$ALL" "packets of one, by $mode"
done

# Groups: each gets everything, and shares it out.
cluster_start "${FILE[@]}" --idle sleep -- -c 10 -n 2,1 -o pressure --wait-slaves 3
slave_start three cluster:10@2
three=$JOB
slave_start one cluster:10
one=$JOB
slave_start two cluster:10@1
two=$JOB
assert_eq "$(books -c '[.slaves[].group]')" '[0,0,1]' "groups of the places"
assert_refuses 'has groups 0 to 1, not 2' "$CLUSTER_COUNT" -g 2 cluster:10
assert_refuses 'all places of group 0 of cluster 10 are taken' "$CLUSTER_COUNT" cluster:10
assert_refuses 'all places of group 1 of cluster 10 are taken' "$CLUSTER_COUNT" -g 1 cluster:10
assert_refuses 'place 1 of cluster 10 is taken' "$CLUSTER_COUNT" cluster:10@1
assert_refuses 'there is no cluster 11; there is: 10' "$CLUSTER_COUNT" cluster:11
wait_until 30 "all packets" books_say ".packets.received == $ALL and ([.slaves[].held] | add) == 0"
slave_stop "$three" three
assert_eq "$COUNTED" "$ALL" "packets of the second group"
slave_stop "$one" one
sum=$COUNTED
slave_stop "$two" two
assert_eq $((sum + COUNTED)) "$ALL" "packets of the first group"
both_have_some "of the first group"
cluster_stop

# Nobody is there; a slave that wants only some; JSON, a period, an end by itself.
cluster_start "${FILE[@]}" -- -c 10 --json -S 50ms --duration 1
wait_end "$MASTER" 30 || fail "status $? of the master"
grep '^{' "$TMP/master.log" >"$TMP/lines"
assert_ge "$(wc -l <"$TMP/lines")" 2 "lines of JSON"
assert_eq "$(tail -n 1 "$TMP/lines" | jq -c '[.packets.received, .packets.nobody, .balanced]')" "[$ALL,$ALL,true]" "the last line"
UDP=$(tshark -r "$TMP/flows.pcap" -Y udp 2>/dev/null | wc -l)
cluster_start "${FILE[@]}" -- -c 10 --wait-slaves 1 -o pressure
slave_start one -f udp -l 40 cluster:10
one=$JOB
wait_until 30 "all packets" books_say ".packets.received == $ALL and .slaves[0].held == 0"
slave_stop "$one" one
assert_eq "$COUNTED" "$UDP" "packets of who wants UDP"
assert_grep "$TMP/one.log" "^cluster:10: $UDP packets, $((UDP * 40)) bytes"
cluster_stop
rest=$((ALL - UDP))
assert_grep "$TMP/master.log" "filtered by slaves +${rest:0:1},${rest:1}$"

# What it does while nothing comes: as the EAL was told, or as it is told itself; two lcores on one CPU do not poll.
for wait in '' '-w active' '-w passive'; do
	# Words to be split.
	# shellcheck disable=SC2086
	cluster_start --vdev net_null0,no-rx=1 --idle poll -- -c 10 $wait
	case $wait in
	'') idle=poll ;;
	*active) idle=yield ;;
	*) idle="sleep" ;;
	esac
	assert_eq "$(books -r .idle)" $idle "what is done while nothing comes, $wait"
	cluster_stop
done

# The master's own filter, and rules that are read again.
cluster_start "${FILE[@]}" -- -c 10 --wait-slaves 1 --filter udp -o pressure
slave_start one cluster:10
one=$JOB
wait_until 30 "all packets" books_say ".packets.received == $ALL and .slaves[0].held == 0"
slave_stop "$one" one
assert_eq "$COUNTED" "$UDP" "packets that the filter lets through"
assert_eq "$(books .packets.dropped_unwanted)" $((ALL - UDP)) "packets that no rule wanted"
assert_eq "$(books '.rules[0].packets')" "$UDP" "packets of the filter's rule"
cluster_stop

echo '10 drop proto udp' >"$TMP/rules"
cluster_start --vdev "net_pcap0,rx_pcap=$TMP/flows.pcap,infinite_rx=1" --idle yield -- -c 10 --rules "$TMP/rules" -v
wait_until 30 "packets dropped" books_say '.packets.dropped_by_rule > 0'
echo '20 drop proto tcp' >"$TMP/rules"
kill -HUP "$MASTER"
wait_until 30 "the rules to be read again" books_say '.rules[0].rule == 20'
wait_until 30 "packets dropped" books_say '.rules[0].packets > 0'
echo 'nonsense' >"$TMP/rules"
kill -HUP "$MASTER"
wait_until 30 "the refusal" grep -q 'the rules stay as they were: .*line 1' "$TMP/master.log"
assert_eq "$(books '.rules[0].rule')" 20 "the rules after the refusal"
assert_refuses 'line 1' "$PLX_CTL" -t 60s master reload
echo '30 drop proto icmp' >"$TMP/rules"
run "$PLX_CTL" -t 60s master reload >/dev/null
assert_eq "$(books '.rules[0].rule')" 30 "the rules, read again by the control socket"
cluster_stop

# Exact rules that actions added end with their flows, if that is wanted.
echo '10 add-rule forward proto udp' >"$TMP/rules"
cluster_start "${FILE[@]}" -- -c 10 --rules "$TMP/rules" --purge 0.5
wait_until 30 "rules of flows" books_say '.rule_sums.asked_for > 0'
wait_until 30 "that they are gone" books_say '.rule_sums.purged > 0 and .rule_sums.exact == 0'
cluster_stop

# A master may be a slave of another: what the first hands over the second shares out again.
cluster_start "${FILE[@]}" -- -c 10 --wait-slaves 1 -o pressure
first=$MASTER
assert_refuses 'there is no cluster 99; there is: 10' "$PLX_CLUSTER" --no-huge --no-pci --lcores '(0,1)@0' --file-prefix second -- -c 11 -i cluster:99
assert_refuses '"1a" is no cluster' "$PLX_CLUSTER" --no-huge --no-pci --lcores '(0,1)@0' --file-prefix second -- -c 11 -i cluster:1a
CLUSTER_EAL=(--no-huge --no-pci --lcores '(0,1)@0' --file-prefix second)
LOG=second cluster_start -- -c 11 -i cluster:10@0 --wait-slaves 1 -o pressure
second=$MASTER
assert_refuses 'place 0 of cluster 10 is taken' "$PLX_CLUSTER" --no-huge --no-pci --lcores '(0,1)@0' --file-prefix third -- -c 12 -i cluster:10@0
slave_start one cluster:11
one=$JOB
second_has_all()
{
	run "$PLX_CTL" -t 60s second cluster | jq -e ".packets.received == $ALL and .slaves[0].held == 0" >/dev/null
}
wait_until 30 "all packets of the second" second_has_all
slave_stop "$one" one
assert_eq "$COUNTED" "$ALL" "packets that went through both"
MASTER=$second
LOG=second cluster_stop
MASTER=$first
cluster_stop

# From port to port: everything leaves, and is handed to slaves, too. A sender of its own takes what it can.
CLUSTER_EAL=(--no-huge --no-pci --lcores '(0-2)@0' --file-prefix master --idle yield)
for lcores in '-r 2' '-t 2'; do
	# Words to be split.
	# shellcheck disable=SC2086
	cluster_start "${FILE[@]}" --vdev "net_pcap1,tx_pcap=$TMP/out.pcap" -- -c 10 -f '0->1' --wait-slaves 1 -o pressure $lcores
	slave_start one cluster:10
	one=$JOB
	wait_until 30 "all packets" books_say ".ports[1].asked == $ALL and .ports[1].waiting == 0 and .slaves[0].held == 0"
	sent=$(books '.ports[1].transmitted')
	assert_ge "$sent" 1 "packets sent with $lcores"
	assert_eq "$(books '.ports[1].transmitted + .ports[1].refused')" "$ALL" "packets to be sent with $lcores"
	slave_stop "$one" one
	assert_eq "$COUNTED" "$ALL" "packets of the slave with $lcores"
	cluster_stop
	assert_eq "$(count_packets "$TMP/out.pcap")" "$sent" "packets that left with $lcores"
	[ "$lcores" = '-t 2' ] || python3 "$FUNC_DIR/make_flows.py" check "$TMP/out.pcap" 60 $PACKETS || fail "they are not the same"
done
