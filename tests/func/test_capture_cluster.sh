#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture as a worker: several processes share what a plx-cluster receives, each writes its part, and nothing is missing or there
# twice. One is killed and another takes its place; the master is killed, and they wait for the next. A plx-testpmd sends by one.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3 tshark mergecap capinfos tcpdump

PACKETS=3000
python3 "$FUNC_DIR/make_flows.py" "$TMP/flows.pcap" 60 $PACKETS
EAL=(--no-huge --no-pci --lcores '(0,1)@0' --idle sleep)
FILE=(--vdev "net_pcap0,rx_pcap=$TMP/flows.pcap")
ALL=$(count_packets "$TMP/flows.pcap")

# LOG ARGS...: a capture in the background; JOB is its pid.
worker_start()
{
	start "$1" - "$PLX_CAPTURE" "${@:2}"
	wait_until 30 "worker $1" grep -q '^lcore .* receive' "$TMP/$1.log"
}

# PID LOG: ends one, whose books must be right.
worker_stop()
{
	local status=0

	stop "$1" INT || status=$?
	assert_eq "$status" 0 "exit status of worker $2"
	assert_grep "$TMP/$2.log" '^every packet is accounted for$'
}

# NUMBER: as people are told it.
told()
{
	sed ':again; s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/; t again' <<<"$1"
}

# Who has what came: nothing is left in any queue.
all_handed_over()
{
	books_say ".packets.received == $ALL and ([.slaves[].held + .slaves[].backlog] | add) == 0"
}

# Two processes share by flow; the union of their files is the file.
cluster_start "${FILE[@]}" --idle sleep -- -c 10 -n 2 -o pressure -q 64 --wait-slaves 2
run "$PLX_CAPTURE" -D >"$TMP/list"
assert_grep "$TMP/list" '^-i cluster:10 \[master, 2 of 2 places free\]$'
worker_start one -i cluster:10 -w "$TMP/one.pcap"
one=$JOB
worker_start two -i cluster:10@1 -w "$TMP/two.pcap"
two=$JOB
wait_until 30 "all packets" all_handed_over
assert_refuses 'place 1 of cluster 10 is taken' "$PLX_CAPTURE" -i cluster:10@1 -w "$TMP/x.pcap"
assert_refuses 'all 2 places of cluster 10 are taken' "$PLX_CAPTURE" -i cluster:10 -w "$TMP/x.pcap"
assert_refuses 'there is no cluster 11; there is: 10' "$PLX_CAPTURE" -i cluster:11 -w "$TMP/x.pcap"
assert_refuses 'has places 0 to 1, not 7' "$PLX_CAPTURE" -i cluster:10@7 -w "$TMP/x.pcap"
assert_refuses '"ten" is no cluster: 10 is expected' "$PLX_CAPTURE" -i cluster:ten -w "$TMP/x.pcap"
assert_refuses "what a cluster's workers get is for its master to say" "$PLX_CAPTURE" -i cluster:10 -Q in -w "$TMP/x.pcap"
worker_stop "$one" one
worker_stop "$two" two
cluster_stop
assert_grep "$TMP/one.log" '^capturing on cluster:10 '
assert_grep "$TMP/two.log" '^cluster:10@1 \(port 0\)$'
mergecap -F nsecpcap -w "$TMP/both.pcap" "$TMP/one.pcap" "$TMP/two.pcap"
python3 "$FUNC_DIR/make_flows.py" check "$TMP/both.pcap" 60 $PACKETS || fail "they have not all packets, each once and in order"
for worker in one two; do
	python3 "$FUNC_DIR/make_flows.py" flows "$TMP/$worker.pcap" >"$TMP/$worker.flows"
	assert_ge "$(wc -l <"$TMP/$worker.flows")" 5 "flows of worker $worker"
	assert_eq "$(capinfos "$TMP/$worker.pcap" | awk -F': *' '/Strict time/ {print $2}')" True "order of time of worker $worker"
done
assert_eq "$(comm -12 "$TMP/one.flows" "$TMP/two.flows" | wc -l)" 0 "flows that both have"

# One process has both places, a queue each.
cluster_start "${FILE[@]}" --idle sleep -- -c 10 -n 2 -o pressure -q 64 --wait-slaves 2
worker_start one "${EAL[@]}" --vdev 'net_cluster0,cluster=10@0,queues=2' -- -w "$TMP/queues.pcap"
one=$JOB
wait_until 30 "all packets" all_handed_over
worker_stop "$one" one
cluster_stop
assert_grep "$TMP/one.log" '^capturing on cluster:10@0 \(port 0, net_cluster0, 2 rx queues\)'
list_frames "$TMP/flows.pcap" | sort >"$TMP/flows.txt"
list_frames "$TMP/queues.pcap" | sort | cmp - "$TMP/flows.txt" || fail "not all packets, of both places"

# All to all: each has its own filter, which the master asks; one has files that follow one another.
cluster_start "${FILE[@]}" --idle sleep -- -c 10 -n 3 -m fanout -o pressure -q 64 --wait-slaves 3
worker_start one -i cluster:10 -w "$TMP/tcp.pcapng" tcp
one=$JOB
worker_start two -i cluster:10 -b packets:200 -w "$TMP/udp.pcap" udp and not ip6
two=$JOB
worker_start three "${EAL[@]}" --vdev net_cluster0,cluster=10,times=0 -- -w "$TMP/all.pcap" -f tcp
three=$JOB
wait_until 30 "all packets" all_handed_over
worker_stop "$one" one
worker_stop "$two" two
worker_stop "$three" three
cluster_stop
tcpdump -r "$TMP/flows.pcap" -w "$TMP/tcp" tcp 2>/dev/null
tcpdump -r "$TMP/flows.pcap" -w "$TMP/udp" udp and not ip6 2>/dev/null
list_frames "$TMP/tcp" >"$TMP/tcp.txt"
list_frames "$TMP/tcp.pcapng" | cmp - "$TMP/tcp.txt" || fail "not the packets of TCP"
list_frames "$TMP/all.pcap" | cmp - "$TMP/tcp.txt" || fail "not the packets of TCP, asked here"
assert_grep "$TMP/one.log" "^  $(told $((ALL - $(count_packets "$TMP/tcp")))) did not match the filter, in the master$"
assert_grep "$TMP/three.log" "^    filtered out +$(told $((ALL - $(count_packets "$TMP/tcp"))))$"
mergecap -a -F nsecpcap -w "$TMP/udp.pcap" "$TMP"/udp_*.pcap
assert_ge "$(find "$TMP" -name 'udp_*.pcap' | wc -l)" 3 "files of who wants UDP"
list_frames "$TMP/udp" >"$TMP/udp.txt"
list_frames "$TMP/udp.pcap" | cmp - "$TMP/udp.txt" || fail "not the packets of UDP"

# One is killed while packets flow, and another takes its place: the master's books are right, and the other's, too.
cluster_start --vdev "net_pcap0,rx_pcap=$TMP/flows.pcap,infinite_rx=1" --idle yield -- -c 10 -n 2 -m round-robin -v
worker_start one -i cluster:10@0 --top 1
one=$JOB
worker_start two -i cluster:10@1 --top 1
two=$JOB
wait_until 30 "packets of both" books_say '[.slaves[].released > 10000] | all'
kill -KILL "$two"
wait_until 30 "its end" books_say '(.slaves[1].present | not) and .slaves[1].held == 0'
before=$(books '.slaves[1].released')
worker_start three -i cluster:10@1 --top 1
three=$JOB
wait_until 30 "packets of its heir" books_say ".slaves[1].present and .slaves[1].released > $before + 10000"
worker_stop "$three" three
worker_stop "$one" one
cluster_stop
assert_grep "$TMP/master.log" "slave 1: process $two is gone"

# The master is killed: they wait, and go on with the next one's.
cluster_start "${FILE[@]}" --idle sleep -- -c 10 -o pressure --wait-slaves 1
worker_start one -i cluster:10 -w "$TMP/lives.pcapng"
one=$JOB
wait_until 30 "all packets" all_handed_over
kill -KILL "$MASTER"
wait_until 30 "what the worker says of it" grep -q 'link down: a master of cluster:10 has ended, waiting for the next' "$TMP/one.log"
wait_until 30 "packets of the first master" has_packets "$TMP/lives.pcapng" "$ALL"
LOG=second cluster_start "${FILE[@]}" --idle sleep -- -c 10 -o pressure --wait-slaves 1
wait_until 30 "all packets again" all_handed_over
worker_stop "$one" one
LOG=second cluster_stop
assert_grep "$TMP/one.log" 'link up: a master of cluster:10 is there'
assert_grep "$TMP/one.log" 'masters ended and came: 2 places were taken'
assert_eq "$(count_packets "$TMP/lives.pcapng")" $((2 * ALL)) "packets of both masters"

# Who may send: packets come back with their addresses swapped, by the master's port.
PMD=("${EAL[@]}" --vdev 'net_cluster0,cluster=10,writable=1' -- --forward-mode macswap)
cluster_start "${FILE[@]}" -- -c 10 --wait-slaves 1
assert_refuses 'cluster 10 lets its slaves read packets, not change or send their own' "$PLX_TESTPMD" "${PMD[@]}"
cluster_stop
cluster_start --vdev "net_pcap0,rx_pcap=$TMP/flows.pcap,tx_pcap=$TMP/swapped.pcap" --idle sleep -- -c 10 --writable -x 512 -o pressure --wait-slaves 1
start pmd - "$PLX_TESTPMD" "${PMD[@]}"
pmd=$JOB
wait_until 30 "all packets" books_say ".packets.received == $ALL and .slaves[0].held <= 512 and .slaves[0].sent == .ports[0].asked and .ports[0].waiting == 0 and .slaves[0].released + .slaves[0].sent >= $ALL"
status=0
stop "$pmd" INT || status=$?
assert_eq "$status" 0 "exit status of plx-testpmd"
cluster_stop
sent=$(sed -n 's/.*RX-packets: [0-9]* *TX-packets: \([0-9]*\).*/\1/p' "$TMP/pmd.log" | tail -n 1)
assert_ge "$sent" 100 "packets that plx-testpmd sent"
assert_eq "$(count_packets "$TMP/swapped.pcap")" "$sent" "packets that left by the master's port"
assert_eq "$(tshark -r "$TMP/swapped.pcap" -Y 'eth.dst == 02:00:00:00:00:0a && eth.src == 02:00:00:00:00:0b' 2>/dev/null | wc -l)" "$sent" "packets with swapped addresses"
