#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Whoever of a cluster is killed costs the others nothing: slaves, the master, a second one of the same number; the daemon.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3

python3 "$FUNC_DIR/make_flows.py" "$TMP/flows.pcap" 60 3000
FOREVER=(--vdev "net_pcap0,rx_pcap=$TMP/flows.pcap,infinite_rx=1" --idle yield)

# PLACE: it gets more than it had.
gets_more()
{
	local had

	had=$(books ".slaves[$1].released")
	wait_until 30 "more packets for place $1" books_say ".slaves[$1].released > $had"
}

cluster_start "${FOREVER[@]}" -- -c 10 -n 2 -v
slave_start one cluster:10@0
one=$JOB
slave_start two cluster:10@1
two=$JOB
gets_more 0
gets_more 1

# A second master of this number, while the first lives; of another one it may.
assert_refuses 'cluster 10 is there already: program master' "$PLX_CLUSTER" --no-huge --no-pci --lcores '(0,1)@0' --vdev net_null0 -- -c 10
assert_status 0 "$PLX_CLUSTER" --no-huge --no-pci --lcores '(0,1)@0' --vdev net_null0,no-rx=1 -- -c 11 --duration 100ms

# A slave is killed: what it held is taken back, its share goes to the other, nothing is lost but in full queues.
for round in 1 2 3; do
	kill -KILL "$two"
	wait_until 30 "the place to be free" books_say '.slaves[1].present | not'
	nobody=$(books .packets.nobody)
	gets_more 0
	assert_eq "$(books .packets.nobody)" "$nobody" "packets for nobody, with one slave left"
	assert_eq "$(books '.slaves[1].held')" 0 "what the dead one holds"
	slave_start two cluster:10@1
	two=$JOB
	gets_more 1
	assert_eq "$(books '.slaves[1].slaves')" $((round + 1)) "slaves that were there"
done
assert_grep "$TMP/master.log" "slave 1: process $two came"
assert_grep "$TMP/master.log" 'slave 1: process [0-9]+ is gone'

# The master is killed: slaves wait, and serve the next one.
kill -KILL "$MASTER"
wait_until 30 "the slaves to notice" grep -q 'waiting for the next' "$TMP/one.log"
wait_until 30 "the slaves to notice" grep -q 'waiting for the next' "$TMP/two.log"
LOG=second cluster_start "${FOREVER[@]}" -- -c 10 -n 2
wait_until 30 "both slaves" books_say '[.slaves[].present] == [true, true]'
gets_more 0
gets_more 1
# It ends well: slaves wait again, and end when they are told to.
LOG=second cluster_stop TERM
slave_stop "$one" one
assert_ge "$COUNTED" 1 "packets of one"
slave_stop "$two" two
assert_eq "$(ls "$RUNTIME_DIRECTORY")" '' "what is left of all"

# A slave that takes any place goes where it was, however late the one that names its own comes back to the next master. Who was not
# there before may be quicker: then that one says so, and waits.
cluster_start "${FOREVER[@]}" -- -c 10 -n 2
slave_start one cluster:10@0
one=$JOB
slave_start two cluster:10
two=$JOB
freeze "$one"
kill -KILL "$MASTER"
wait_until 30 "the slave to notice" grep -q 'waiting for the next' "$TMP/two.log"
LOG=second cluster_start "${FOREVER[@]}" -- -c 10 -n 2
wait_until 30 "the slave that takes any" books_say '[.slaves[].present] | any'
assert_eq "$(books -c '[.slaves[].present]')" '[false,true]' "who is there"
kill -KILL "$two"
slave_start three cluster:10
three=$JOB
assert_eq "$(books '.slaves[0].pid')" "$three" "who has the place"
kill -CONT "$one"
wait_until 30 "the other to be told" grep -q '^cluster:10@0: place 0 of cluster 10 is taken; trying again$' "$TMP/one.log"
slave_stop "$three" three
wait_until 30 "it to have its place" books_say ".slaves[0].pid == $one"
LOG=second cluster_stop TERM
slave_stop "$one" one

# In the background.
echo '10 drop proto udp' >"$TMP/rules"
CLUSTER=("$PLX_CLUSTER" "${CLUSTER_EAL[@]}" "${FOREVER[@]}" -- -c 10)
(cd "$TMP" && run "${CLUSTER[@]}" -d -p "$TMP/pid" --rules rules >"$TMP/daemon.log" 2>&1)
MASTER=$(cat "$TMP/pid")
FUNC_JOBS+=("$MASTER")
wait_until 30 "packets" books_say '.packets.dropped_by_rule > 0'
assert_eq "$(readlink "/proc/$MASTER/fd/0" "/proc/$MASTER/fd/1" "/proc/$MASTER/fd/2" "/proc/$MASTER/cwd" | sort -u | tr '\n' ' ')" \
	'/ /dev/null ' "where the daemon is"
if [ "$(id -u)" -eq 0 ]; then
	assert_eq "$(awk '$1 == "CapEff:" {print $2}' "/proc/$MASTER/status")" 0000000000000002 "what is left of its capabilities: the rules are read again"
fi
echo '20 drop proto tcp' >"$TMP/rules"
kill -HUP "$MASTER"
wait_until 30 "the rules to be read again" books_say '.rules[0].rule == 20'
assert_refuses "--pid-file .*: process $MASTER runs and has it" "$PLX_CLUSTER" --no-huge --no-pci --lcores '(0,1)@0' --vdev net_null0 -- \
	-c 12 -p "$TMP/pid"
assert_eq "$(cat "$TMP/pid")" "$MASTER" "the process number, after the refusal"
# One that cannot start says so in the foreground.
assert_refuses 'cluster 10 is there already' "$PLX_CLUSTER" --no-huge --no-pci --lcores '(0,1)@0' --vdev net_null0 -- -c 10 -d
kill -TERM "$MASTER"
wait_until 30 "the end" job_ended "$MASTER"
[ ! -e "$TMP/pid" ] || fail "the file with the process number is left"
# The file of one that was killed is taken over.
run "${CLUSTER[@]}" -d -p "$TMP/pid"
MASTER=$(cat "$TMP/pid")
FUNC_JOBS+=("$MASTER")
kill -KILL "$MASTER"
wait_until 30 "the end" job_ended "$MASTER"
wait_until 30 "its last thread to end, which has the file" flock --nonblock "$TMP/pid" true
run "${CLUSTER[@]}" -p "$TMP/pid" --duration 100ms >"$TMP/taken.log" 2>&1
assert_grep "$TMP/taken.log" 'every packet is accounted for'
[ ! -e "$TMP/pid" ] || fail "the file with the process number is left"
