#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-cluster: what is lost where a slave stands still, by each policy; the share of a place where nobody is; how much a slave may hold.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3 capinfos

python3 "$FUNC_DIR/make_flows.py" "$TMP/flows.pcap" 60 3000
FOREVER=(--vdev "net_pcap0,rx_pcap=$TMP/flows.pcap,infinite_rx=1" --idle yield)

# POLICY FILTER ARGS...: one slave stands still, until the filter holds of the books; then it goes on, and so do the packets.
stand_still()
{
	local policy=$1 filter=$2 one had

	shift 2
	cluster_start "${FOREVER[@]}" -- -c 10 -q 128 -o "$policy" "$@"
	slave_start one cluster:10
	one=$JOB
	wait_until 30 "packets" books_say '.slaves[0].released > 0'
	freeze "$one"
	wait_until 30 "a full queue, $policy" books_say ".slaves[0].held == 128 and ($filter)"
	assert_eq "$(books -r .overflow)" "$policy" "the policy"
	if [ "$policy" = pressure ]; then
		had=$(books .packets.received)
		assert_eq "$(books '.slaves[0].full + .slaves[0].oldest + .packets.full')" 0 "packets lost under pressure"
		assert_eq "$(books .packets.received)" "$had" "packets received while all wait"
	fi
	kill -CONT "$one"
	had=$(books '.slaves[0].released')
	wait_until 30 "packets after that" books_say ".slaves[0].released > $had + 1000"
	slave_stop "$one" one
	cluster_stop
	# What it lost it knows itself.
	if [ "$policy" = pressure ]; then
		assert_grep "$TMP/one.log" ' bytes, 0 lost$'
	else
		assert_grep "$TMP/one.log" ' bytes, [1-9][0-9]{3,} lost$'
	fi
}
stand_still newest '.slaves[0].full > 1000 and .slaves[0].oldest == 0 and .slaves[0].backlog == 0'
stand_still oldest '.slaves[0].oldest > 1000 and .slaves[0].backlog == 128'
stand_still borrow '.slaves[0].full > 1000 and .slaves[0].backlog == 300 and .slaves[0].oldest == 0' --reserve 300
stand_still borrow '.slaves[0].full > 1000 and .slaves[0].backlog == 256 and .slaves[0].oldest == 0' -n 2
stand_still pressure '.slaves[0].backlog > 0'

# Who may write and how much may be held is the master's to say: one keeps what it may, changes it and sends it out.
cluster_start "${FOREVER[@]}" -- -c 10
assert_refuses 'lets its slaves read packets, not change or send' "$SLAVE_SENDS" cluster:10 1 1
cluster_stop
cat >"$TMP/changed.py" <<'END_PY'
import struct, sys

data, at, changed = open(sys.argv[1], 'rb').read(), 24, 0
while at < len(data):
    at += 16 + struct.unpack_from('=I', data, at + 8)[0]
    changed += data[at - 1:at] == b'!'
print(changed)
END_PY
for extra in 0 5; do
	cluster_start "${FOREVER[@]}" --vdev "net_pcap1,tx_pcap=$TMP/sent.pcap" -- -c 10 --writable -x $extra
	start sender - "$SLAVE_SENDS" cluster:10 20 2
	sender=$JOB
	wait_until 30 "what it may keep" grep -q "^kept $extra, sent $extra$" "$TMP/sender.log"
	wait_until 30 "what it sends" books_say ".slaves[0].sent == $extra and .ports[1].transmitted == $extra"
	kill -KILL "$sender"
	wait_until 30 "the place to be free" books_say '.slaves[0].present | not'
	cluster_stop
	assert_eq "$(count_packets "$TMP/sent.pcap")" $extra "packets that left"
	assert_eq "$(python3 "$TMP/changed.py" "$TMP/sent.pcap")" $extra "packets that were changed"
done

# With --sticky nobody else gets the share of a place that nobody has; without, the one who is there gets all.
ALL=$(count_packets "$TMP/flows.pcap")
for sticky in '' --sticky; do
	# Words to be split.
	# shellcheck disable=SC2086
	cluster_start --vdev "net_pcap0,rx_pcap=$TMP/flows.pcap" -- -c 10 -n 2 -o pressure --wait-slaves 1 $sticky
	slave_start one cluster:10
	one=$JOB
	wait_until 30 "all packets" books_say ".packets.received == $ALL and .slaves[0].held == 0 and .slaves[0].backlog == 0"
	nobody=$(books .packets.nobody)
	slave_stop "$one" one
	assert_eq "$((COUNTED + nobody))" "$ALL" "packets counted, and for nobody"
	if [ -n "$sticky" ]; then
		assert_ge "$nobody" 1 "packets for nobody"
		assert_ge "$COUNTED" 1 "packets counted"
	else
		assert_eq "$nobody" 0 "packets for nobody"
	fi
	cluster_stop
done
