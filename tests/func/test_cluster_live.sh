#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-cluster as a wire between two hosts, which slaves look into: what they see is what crosses, and their death does not stop it.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin root
need jq ping

# KIND ARGS...: the master in namespace r, between a and b.
wire_start()
{
	start master r "$PLX_CLUSTER" "${CLUSTER_EAL[@]}" --idle sleep --vdev "${1}0,iface=r0" --vdev "${1}1,iface=r1" -- -c 10 -f '0->1,1->0' "${@:2}"
	MASTER=$JOB
	wait_until 30 "the master" cluster_is_ready "$TMP/master.log"
}

make_line
for kind in net_af_xdp net_af_packet; do
	wire_start $kind -n 2 -m fanout
	slave_start one -f 'icmp[0] = 8' cluster:10@0
	one=$JOB
	slave_start two -f icmp cluster:10@1
	two=$JOB
	run_in a ping -qc 20 -i 0.01 -W 5 10.99.0.2 >"$TMP/ping.log"
	assert_grep "$TMP/ping.log" ' 20 received' "ping over $kind"
	wait_until 30 "what the slaves saw" books_say '.slaves[0].released == 20 and .slaves[1].released == 40'
	kill -KILL "$two"
	run_in a ping -qc 20 -i 0.01 -W 5 10.99.0.2 >"$TMP/ping.log"
	assert_grep "$TMP/ping.log" ' 20 received' "ping over $kind, after a death"
	wait_until 30 "what the other saw" books_say '.slaves[0].released == 40 and (.slaves[1].present | not)'
	slave_stop "$one" one
	assert_eq "$COUNTED" 40 "packets of one over $kind"
	run_in a ping -qc 20 -i 0.01 -W 5 10.99.0.2 >"$TMP/ping.log"
	assert_grep "$TMP/ping.log" ' 20 received' "ping over $kind, without slaves"
	assert_ge "$(books .packets.forwarded)" 40 "packets that only crossed"
	cluster_stop
	assert_no_xdp r r0
	assert_no_xdp r r1
done
