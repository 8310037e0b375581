#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/cluster_count counts what a cluster hands it, awake or asleep, without EAL or rights; wrong arguments are refused.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3 capinfos

python3 "$FUNC_DIR/make_flows.py" "$TMP/in.pcap" 20 1000
ALL=$(count_packets "$TMP/in.pcap")
BYTES=$(capinfos -TMrd "$TMP/in.pcap" | awk '{print $NF}')
assert_status 0 "$CLUSTER_COUNT" -h
assert_grep "$TMP/out.log" '^usage: cluster_count '
assert_refuses 'the name of one cluster is needed' "$CLUSTER_COUNT"
assert_refuses 'the name of one cluster is needed' "$CLUSTER_COUNT" cluster:1 cluster:2
assert_refuses 'there is no cluster 10, nor any other' "$CLUSTER_COUNT" cluster:10
for wrong in 10 cluster cluster: cluster:x cluster:10@ cluster:10@x 'cluster:10 ' cluster:65536 clusters:10; do
	assert_refuses 'is no cluster: cluster:10 is expected' "$CLUSTER_COUNT" "$wrong"
done
assert_refuses '-l: "x" is no number' "$CLUSTER_COUNT" -l x cluster:10
assert_refuses '-g: "-1" is no number' "$CLUSTER_COUNT" -g -1 cluster:10
assert_refuses '-h lists' "$CLUSTER_COUNT" -z cluster:10

# Polling and sleeping: every packet and every byte; with a limit only so many bytes of each.
for how in '' -a '-l 20'; do
	cluster_start --vdev "net_pcap0,rx_pcap=$TMP/in.pcap" --idle sleep -- -c 10 --wait-slaves 1 -o pressure -q 8
	# Words to be split.
	# shellcheck disable=SC2086
	slave_start one $how cluster:10
	one=$JOB
	wait_until 30 "all packets" books_say ".packets.received == $ALL and .slaves[0].held == 0 and .slaves[0].backlog == 0"
	wait_until 30 "a block of figures" grep -q "^Absolute Stats: $ALL pkts" "$TMP/one.log"
	assert_grep "$TMP/one.log" '^Actual Stats: [0-9]+ pkts \([0-9]+ lost\) \[[0-9.]+ ms\]\[[0-9.]+ pps/[0-9.]+ Gbps\]'
	slave_stop "$one" one
	assert_eq "$COUNTED" "$ALL" "packets counted $how"
	cluster_stop
	[ "$how" != '-l 20' ] || BYTES=$((ALL * 20))
	assert_grep "$TMP/one.log" "^cluster:10: $ALL packets, $BYTES bytes, 0 lost$"
done

# With -a it does not sleep while nothing comes: it uses the processor.
used_ticks()
{
	awk '{sub(/.*\) /, ""); print $12 + $13}' "/proc/$1/stat"
}
used_more()
{
	[ "$(used_ticks "$1")" -ge "$2" ]
}
cluster_start --vdev net_null0,no-rx=1 --idle sleep -- -c 10 -n 2
slave_start one cluster:10
one=$JOB
slave_start two -a cluster:10
two=$JOB
began=$(used_ticks "$one") # to start costs, too
wait_until 30 "who polls to use the processor" used_more "$two" 50
assert_ge "$(used_ticks "$two")" $((10 * ($(used_ticks "$one") - began))) "ticks of who polls, beside who sleeps"
slave_stop "$one" one
slave_stop "$two" two
cluster_stop
