#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Several plx-captures share an interface by a plx-cluster: together they have what tcpdump would have, also when one of them is killed
# and another comes; what is known of a packet beside its bytes gets through.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/cluster.sh
. "$(dirname "$0")/cluster.sh"
func_begin root
need jq python3 tshark mergecap tcpdump ping

FLOWS=60
PACKETS=3000
CHUNK=250 # no more than an interface takes while its kernel does nothing else: 256

# KIND ARGS...: the master in namespace b.
master_start()
{
	start master b "$PLX_CLUSTER" "${CLUSTER_EAL[@]}" --idle sleep --vdev "$1" -- -c 10 "${@:2}"
	MASTER=$JOB
	wait_until 30 "the master" cluster_is_ready "$TMP/master.log"
}

# LOG ARGS...
worker_start()
{
	start "$1" - "$PLX_CAPTURE" -i "${@:2}"
	wait_until 30 "worker $1" grep -q '^lcore .* receive' "$TMP/$1.log"
}

worker_stop()
{
	stop "$1" INT
	assert_grep "$TMP/$2.log" '^every packet is accounted for$'
}

# CHUNKS: so many more packets go over the wire, and are in the hands of the workers.
send_chunks()
{
	local i

	for ((i = 0; i < $1; i++)); do
		run_in a python3 "$FUNC_DIR/make_flows.py" send veth0 $FLOWS $PACKETS "$SENT" $CHUNK
		SENT=$((SENT + CHUNK))
		wait_until 30 "$SENT packets" books_say ".packets.delivered == $SENT and ([.slaves[].held + .slaves[].backlog] | add) == 0"
	done
}

make_pair
for kind in net_af_packet0 net_af_xdp0; do
	rm -f "$TMP"/*.pcap
	SENT=0
	master_start $kind,iface=veth0 -n 2 -o pressure --filter 'tcp or udp or ether proto 0x88b5'
	worker_start one cluster:10@0 -w "$TMP/one.pcap"
	one=$JOB
	worker_start two cluster:10@1 -w "$TMP/two.pcap"
	two=$JOB
	send_chunks 4
	released=$(books '.slaves[1].released')
	wait_until 30 "what the second wrote" has_packets "$TMP/two.pcap" "$released"
	kill -KILL "$two"
	wait_until 30 "its end" books_say '.slaves[1].present | not'
	send_chunks 4
	assert_eq "$(books '.slaves[1].offered')" "$released" "packets of a place that is free"
	worker_start three cluster:10@1 -w "$TMP/three.pcap"
	three=$JOB
	send_chunks 4
	worker_stop "$one" one
	worker_stop "$three" three
	cluster_stop
	mergecap -F nsecpcap -w "$TMP/all.pcap" "$TMP/one.pcap" "$TMP/two.pcap" "$TMP/three.pcap"
	python3 "$FUNC_DIR/make_flows.py" check "$TMP/all.pcap" $FLOWS $PACKETS || fail "over $kind they have not all packets, each once and in order"
	for heirs in two three; do
		assert_ge "$(count_packets "$TMP/$heirs.pcap")" 50 "packets of worker $heirs over $kind"
	done
done
assert_no_xdp b veth0

# Beside the bytes: direction, tags, lengths beyond a buffer of the usual size; each worker with a filter of its own, tcpdump with the same.
judge()
{
	start "$1" b tcpdump -Z root --immediate-mode -U -ni veth0 -w "$TMP/$1.pcap" "${@:2}"
	wait_until 10 "tcpdump" grep -q listening "$TMP/$1.log"
}
WANTED='icmp or ip6[40] == 128 or ip6[40] == 129 or vlan'
judge judge_all "$WANTED"
JUDGES=("$JOB")
judge judge_icmp icmp
JUDGES+=("$JOB")
master_start net_af_packet0,iface=veth0,outgoing=1 -n 2 -m fanout -o pressure
worker_start all cluster:10 -w "$TMP/all.pcapng" "$WANTED"
all=$JOB
worker_start icmp cluster:10 -w "$TMP/icmp.pcapng" icmp
icmp=$JOB
ping_all a 30 10.99.0.2
ping_all a 10 -s 1400 fd99::2
run_in a python3 "$FUNC_DIR/send_frames.py" veth0 5 1007 7
wait_until 30 "all packets" books_say '.slaves[0].released == 85 and .slaves[1].released == 60'
worker_stop "$all" all
worker_stop "$icmp" icmp
cluster_stop
wait_until 10 "tcpdump to see all" has_packets "$TMP/judge_all.pcap" 85
wait_until 10 "tcpdump to see all ICMP" has_packets "$TMP/judge_icmp.pcap" 60
for pid in "${JUDGES[@]}"; do stop "$pid" INT; done
for worker in all icmp; do
	list_frames "$TMP/$worker.pcapng" | sort >"$TMP/frames"
	list_frames "$TMP/judge_$worker.pcap" | sort | cmp - "$TMP/frames" || fail "not what tcpdump has: $worker"
done
assert_eq "$(count_packets "$TMP/icmp.pcapng")" 60 "packets of ICMP"
for direction in 1 2; do
	assert_eq "$(tshark -r "$TMP/icmp.pcapng" -Y "frame.packet_flags_direction == $direction" 2>/dev/null | wc -l)" 30 "packets of direction $direction"
done
assert_eq "$(tshark -r "$TMP/all.pcapng" -Y 'vlan.id == 7' 2>/dev/null | wc -l)" 5 "packets with a tag"
