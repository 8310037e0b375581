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

# KIND ARGS...: the master in namespace r, between a and b; its ports named by -i or in the EAL's words.
wire_start()
{
	local ports=(--vdev "${1}0,iface=r0" --vdev "${1}1,iface=r1" --) prefix=${1%r0}

	[ "$prefix" = "$1" ] || ports=(-- -i "$1,${prefix}r1")
	start master r "$PLX_CLUSTER" "${CLUSTER_EAL[@]}" --idle sleep "${ports[@]}" -c 10 -f '0->1,1->0' "${@:2}"
	MASTER=$JOB
	wait_until 30 "the master" cluster_is_ready "$TMP/master.log"
}

make_line
for kind in net_af_xdp net_af_packet xdp:r0 r0; do
	wire_start $kind -n 2 -m fanout
	slave_start one -f 'icmp[0] = 8' cluster:10@0
	one=$JOB
	slave_start two -f icmp cluster:10@1
	two=$JOB
	ping_all a 20 10.99.0.2
	wait_until 30 "what the slaves saw" books_say '.slaves[0].released == 20 and .slaves[1].released == 40'
	kill -KILL "$two"
	ping_all a 20 10.99.0.2
	wait_until 30 "what the other saw" books_say '.slaves[0].released == 40 and (.slaves[1].present | not)'
	slave_stop "$one" one
	assert_eq "$COUNTED" 40 "packets of one over $kind"
	ping_all a 20 10.99.0.2
	assert_ge "$(books .packets.forwarded)" 40 "packets that only crossed"
	cluster_stop
	assert_no_xdp r r0
	assert_no_xdp r r1
done
