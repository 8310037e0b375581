#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd --latency-stats over loops: two ports of rings, then two ends of a cable, on several queues and lcores. Every
# probe comes back, its packet stays right by tshark's judgement, and a program that stood still is seen.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin root
need jq tshark tcpdump

RINGS=(--vdev 'net_ring0,peer=net_ring1' --vdev 'net_ring1,peer=net_ring0')

# As prompt, and of the answers only the last is kept.
prompt_last()
{
	prompt "$@"
	sed -i '$!d' "$TMP/said.json"
}

# What must hold of any answer to show fwd latency.
assert_sane()
{
	jq -e '.result | .received > 0 and .min_ns <= .p50_ns and .p50_ns <= .p99_ns and .p99_ns <= .p999_ns and
		.p999_ns <= .max_ns and .min_ns <= .avg_ns and .avg_ns <= .max_ns and
		([.histogram[].count] | add) == .received and ([.streams[].received] | add) == .received and
		([.streams[].sent] | add) == .sent' "$1" >"$TMP/sane" || {
		cat "$1" >&2
		fail "figures of latency that cannot be"
	}
}

# Two queues, two lcores: what txonly sends comes back by the end.
{ printf '%s\n' 'set fwd txonly' 'set latency-stats on' start; until_told 'show fwd latency --json' '[.result.streams[].received] | min > 0'
	printf '%s\n' stop 'show fwd latency --json' quit; } |
	LCORES='(0-2)@0' prompt_last 0 "${RINGS[@]}" -- -i --rxq 2 --txq 2
assert_sane "$TMP/said.json"
assert_eq "$(jq -c '.result | [.missing, .out_of_order, ([.streams[] | select(.received > 0)] | length)]' "$TMP/said.json")" '[0,0,4]' "probes"
assert_grep "$TMP/said" 'probes sent: [0-9]+  received: [0-9]+  lost or on the way: 0  out of order: 0'
assert_grep "$TMP/said" 'min .* avg .* p50 .* p99 .* p99.9 .* max .* jitter'

# A ring that is passed round: each hop is measured, and 64 packets are on their way.
{ printf '%s\n' 'set fwd macswap' 'set latency-stats on' 'start tx_first 1'
	until_told 'show fwd stats --json' '.result.latency.received > 1000'; printf '%s\n' stop 'show fwd stats --json' quit; } |
	LCORES='(0-1)@0' prompt_last 0 "${RINGS[@]}" -- -i
jq '{result: .result.latency}' "$TMP/said.json" >"$TMP/hop.json"
assert_sane "$TMP/hop.json"
assert_eq "$(jq '.result.missing' "$TMP/hop.json")" 64 "probes on the way"

# Not asked for: said so. Packets too short for a probe are refused.
printf '%s\n' start 'show fwd latency' 'show fwd latency --json' 'set latency-stats on' stop 'set txpkts 60' 'set latency-stats on' start \
	quit | LCORES='(0-1)@0' prompt_last 1 "${RINGS[@]}" -- -i
assert_grep "$TMP/said" 'latency is not measured: set latency-stats on, then start'
assert_eq "$(jq -r .error "$TMP/said.json")" 'latency is not measured: set latency-stats on, then start' "answer in JSON"
assert_grep "$TMP/said" 'stop first'
assert_grep "$TMP/said" 'a packet of 60 bytes has no room for a probe; set txpkts 62 or more'

# A cable: port 1 sends into r1, and the packets come out of r0.
netns_add r
netns_veth r r0 r r1 2
over_cable()
{
	local ports=$1 status=0

	shift
	run_in r "$PLX_TESTPMD" --lcores '(0,1)@0' --no-huge --vdev "${ports}0,iface=r0" --vdev "${ports}1,iface=r1" -- \
		--forward-mode txonly --latency-stats --burst 4 --duration 1 --json >"$TMP/testpmd.log" 2>&1 || status=$?
	assert_eq "$status" 0 "exit status of testpmd"
	grep '"latency":' "$TMP/testpmd.log" | jq -c '{result: .result.latency}' >"$TMP/cable.json"
	assert_sane "$TMP/cable.json"
	assert_eq "$(jq -c '[.result.streams[] | .received > 0]' "$TMP/cable.json")" '[true,true]' "both directions over $ports"
}

over_cable net_af_xdp
start dump r tcpdump -i r0 -c 100 -w "$TMP/probes.pcap" 'udp port 9'
DUMP=$JOB
wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
over_cable net_af_packet
wait_end "$DUMP" 10
assert_eq "$(tshark -r "$TMP/probes.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
	-Y 'ip.checksum.status == 1 && udp.checksum.status == 1' 2>/dev/null | wc -l)" 100 "probes that are right"

# Packets that wait while the whole program is stopped for 300 ms: the longest way is at least as long.
start held - "$PLX_TESTPMD" --lcores '(0,1)@0' --no-huge "${RINGS[@]}" -- --tx-first --latency-stats --json --stats-period 1
held=$JOB
answers()
{
	grep -c '^{' "$TMP/held.log"
}
more_answers()
{
	[ "$(answers)" -gt "$1" ]
}
goes_round()
{
	grep '^{' "$TMP/held.log" | tail -n 1 | jq -e '.result.ports[0].rx_packets > 1000' >"$TMP/jq.log"
}
wait_until 20 "packets that go round" goes_round
freeze "$held"
sleep 0.3
kill -CONT "$held"
wait_until 20 "figures after it" more_answers $(($(answers || true) + 1))
stop "$held" INT
grep '"latency":' "$TMP/held.log" | jq -c '{result: .result.latency}' >"$TMP/held.json"
assert_sane "$TMP/held.json"
assert_ge "$(jq '.result.max_ns' "$TMP/held.json")" 250000000 "longest way through a program that stood still"
