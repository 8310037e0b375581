#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd's engine "cluster": packets go on as with io, and slaves in other processes see them; they come, go and are killed.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin anyone
need jq python3 capinfos

EAL=(--no-huge --no-pci --lcores '(0,1)@0' --idle yield --file-prefix pmd)
python3 "$FUNC_DIR/make_flows.py" "$TMP/in.pcap" 60 3000

# FIELD: of the accumulated report.
total()
{
	awk -v f="$1:" '/Accumulated/ {on = 1} /NIC statistics/ {on = 0} on {for (i = 1; i < NF; i++) if ($i == f) print $(i + 1)}' \
		"$TMP/testpmd.log"
}

# What cannot be.
assert_refuses 'has no control socket by which slaves could come' "$PLX_TESTPMD" "${EAL[@]}" --no-door --vdev net_null0 -- --forward-mode cluster
assert_refuses 'with 2 streams the last cluster would be number 65536' "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --vdev net_null1 -- \
	--forward-mode cluster --cluster-id 65535
assert_refuses 'make it larger with --total-num-mbufs' "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 -- --forward-mode cluster \
	--total-num-mbufs 1024 --mbcache 0

# Nobody attaches: a wire.
start testpmd - "$PLX_TESTPMD" "${EAL[@]}" --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$TMP/out.pcap" -- --forward-mode cluster \
	--stats-period 1
wait_until 30 "all packets" grep -Eq 'TX-packets: 3000' "$TMP/testpmd.log"
stop "$JOB" INT || fail "status $? of plx-testpmd"
assert_eq "$(total To-slaves)" 0 "packets for slaves"
python3 "$FUNC_DIR/make_flows.py" check "$TMP/out.pcap" 60 3000 || fail "they are not the same"

# Lcores without a stream work for those there are: each packet goes to one of them, which sends it back or is too slow.
WORK=(--no-huge --no-pci --lcores '(0-3)@0' --idle yield --file-prefix pmd)
assert_refuses 'cluster-work io: every forwarding lcore has a stream' "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 -- --forward-mode cluster --cluster-work io
workers_have_some()
{
	run "$PLX_CTL" -t 60s pmd show fwd stats all | jq -e '([.workers[].lcore] == [2, 3]) and ([.workers[].rx_packets] | min) > 0' >/dev/null
}
for work in macswap count; do
	start testpmd - "$PLX_TESTPMD" "${WORK[@]}" --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$TMP/out.pcap" -- --forward-mode cluster \
		--cluster-work $work --stats-period 1
	wait_until 30 "all packets" grep -Eq 'RX-packets: 3000' "$TMP/testpmd.log"
	wait_until 30 "work" workers_have_some
	assert_eq "$(run "$PLX_CTL" -t 60s pmd show config fwd | jq -c '[.workers[] | [.lcore, .rx_port, .rx_queue]]')" '[[2,0,0],[3,0,0]]' "who works"
	stop "$JOB" INT || fail "status $? of plx-testpmd"
	assert_grep "$TMP/testpmd.log" 'lcore 2: works for RX P=0/Q=0'
	assert_eq "$(grep -A1 'Work of lcore' "$TMP/testpmd.log" | awk '$1 == "RX-packets:" {n += $2} END {print n}')" \
		"$(total To-slaves)" "packets of the workers"
	sent=$(total TX-packets)
	assert_eq "$((sent + $(total TX-dropped)))" 3000 "packets that left or were lost"
	assert_eq "$(count_packets "$TMP/out.pcap")" "$sent" "packets in the file"
	[ $work = count ] || assert_eq "$(total From-slaves)" "$sent" "packets that workers sent"
	[ $work = macswap ] || assert_eq "$sent" 3000 "packets that nobody but the master sends"
done

# Two slaves of the first stream, one of the second; at a prompt, where the mode is set.
mkfifo "$TMP/lines"
exec 3<>"$TMP/lines"
# shellcheck disable=SC2016
start testpmd - bash -c 'exec "$@" <"$0"' "$TMP/lines" "$PLX_TESTPMD" "${EAL[@]}" --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,infinite_rx=1" \
	--vdev net_null1,no-rx=1 -- -i --cluster-id 10
testpmd=$JOB
printf 'set fwd cluster\nstart\n' >&3
has_cluster()
{
	run "$PLX_CTL" -t 60s pmd clusters | jq -e '[.clusters[].id] == [10, 11]'
}
wait_until 30 "the clusters" has_cluster
slave_start one cluster:10
one=$JOB
slave_start two cluster:10
two=$JOB
slave_start three cluster:11
three=$JOB
wait_until 30 "packets" grep -q '^Actual Stats: [1-9]' "$TMP/one.log"
wait_until 30 "packets" grep -q '^Actual Stats: [1-9]' "$TMP/two.log"
kill -KILL "$two"
had=$(grep -c '^Actual' "$TMP/one.log")
goes_on()
{
	[ "$(grep -c '^Actual Stats: [1-9]' "$TMP/one.log")" -gt $((had + 1)) ]
}
wait_until 30 "packets after a death" goes_on
# What a slave sends leaves, by the port of its stream. It may hold nothing beside its queue, so it sends none that it kept.
start sender - "$SLAVE_SENDS" cluster:10 1 1
wait_until 30 "what it may keep" grep -q '^kept 0, sent 0$' "$TMP/sender.log"
kill -KILL "$JOB"
# Stop and start: slaves find it again.
echo stop >&3
wait_until 30 "the slaves to notice" grep -q 'waiting for the next' "$TMP/one.log"
echo start >&3
comes_back()
{
	[ "$(grep -c 'place [0-9] \.\.\.' "$TMP/one.log")" -ge 2 ]
}
wait_until 30 "the slave to come back" comes_back
slave_stop "$one" one
assert_ge "$COUNTED" 1 "packets of one"
slave_stop "$three" three
assert_eq "$COUNTED" 0 "packets of a port that receives none"
printf 'stop\nquit\n' >&3
exec 3>&-
wait_end "$testpmd" 30 || fail "status $? of plx-testpmd"
assert_ge "$(total To-slaves | head -n 1)" 1 "packets for slaves"
assert_eq "$(total RX-packets | head -n 1)" "$(($(total TX-packets | head -n 1) + $(total TX-dropped | head -n 1)))" "packets that went on"
