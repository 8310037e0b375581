#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/cluster_rules is a worker that runs rules itself over what it was handed; what the master has is untouched by them.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3 capinfos tshark

CLUSTER_RULES=$PLX_BUILD/examples/cluster_rules
RULES=$TMP/rules
python3 "$FUNC_DIR/make_flows.py" "$TMP/in.pcap" 20 1000
ALL=$(count_packets "$TMP/in.pcap")
UDP=$(tshark -r "$TMP/in.pcap" -Y udp 2>/dev/null | wc -l)
echo '10 drop proto udp' >"$RULES"
assert_refuses 'usage: cluster_rules FILE cluster:ID' "$CLUSTER_RULES"
assert_refuses 'there is no cluster 10' "$CLUSTER_RULES" "$RULES" cluster:10
assert_refuses 'none: No such file' "$CLUSTER_RULES" "$TMP/none" cluster:10
echo '10 drup' >"$TMP/wrong"
assert_refuses 'line 1, column 4' "$CLUSTER_RULES" "$TMP/wrong" cluster:10

# One with rules, and one that counts everything: each gets each packet.
cluster_start --vdev "net_pcap0,rx_pcap=$TMP/in.pcap" --idle sleep -- -c 10 -n 2 -m fanout --wait-slaves 2 -o pressure
start rules - "$CLUSTER_RULES" "$RULES" cluster:10
rules=$JOB
wait_until 30 "the slave with rules" grep -q ' \.\.\.$' "$TMP/rules.log"
slave_start all cluster:10
all=$JOB
wait_until 30 "all packets" books_say ".packets.received == $ALL and ([.slaves[] | .held + .backlog] | add) == 0"
echo '20 drop proto tcp' >"$RULES"
kill -HUP "$rules"
wait_until 30 "the rules to be read again" grep -q 'rules: read again' "$TMP/rules.log"
stop "$rules" INT
slave_stop "$all" all
assert_eq "$COUNTED" "$ALL" "packets of the one without rules"
assert_grep "$TMP/rules.log" '^rule 20 drop proto tcp: 0 packets$'
assert_grep "$TMP/rules.log" "^passed $((ALL - UDP)), dropped $UDP, unwanted 0, sampled out 0, to be sent 0$"
cluster_stop
