#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd's measurements: cycles a packet, bursts by their length, counting from zero, figures by stream, and hints, for
# people and as JSON.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin anyone
need jq python3

NULLS=(--vdev net_null0 --vdev net_null1)

# As prompt, without the answers that until_told waits for.
prompt_told()
{
	prompt "$@"
	sed -i '/^{"command":"show port/d' "$TMP/said.json"
}

# NAMES: the last answer's hints.
assert_hints()
{
	assert_eq "$(tail -n 1 "$TMP/said.json" | jq -r '[.result.hints[].name] | join(" ")')" "$1" hints
}

measured()
{
	{ printf '%s\n' 'set record-core-cycles on' 'set record-burst-stats on' start; until_told 'show port stats all --json' '[.result.ports[].rx_packets] | min > 1000'
		printf '%s\n' stop 'show fwd stats all --json' quit; } |
		LCORES='(0-2)@0' prompt_told 0 "${NULLS[@]}" -- -i --rxq 2 --txq 2 --burst 16
	assert_grep "$TMP/said" 'CPU cycles/packet=[0-9.]+ \(busy cycles=[0-9]+ / total RX packets=[0-9]+\) at [0-9]+ MHz Clock'
	assert_grep "$TMP/said" 'RX-bursts : [0-9]+ \[100.0 % of 16 pkts\]'
	assert_grep "$TMP/said" 'TX-bursts : [0-9]+ \[100.0 % of 16 pkts\]'
	assert_grep "$TMP/said" 'Forward Stats for RX Port= 1/Queue= 1 -> TX Port= 0/Queue= 1'
	assert_eq "$(json '.result | (.total.rx_bursts["16"] * 16 == .total.rx_packets), (.total.tx_bursts["16"] * 16 == .total.tx_packets),
		(([.streams[].rx_packets] | add) == .total.rx_packets), (([.ports[].tx_packets] | add) == .total.tx_packets),
		(([.streams[].busy_cycles] | add) == .total.busy_cycles), (.total.cycles_per_packet > 0), (.hints | length)')" \
		'true true true true true true 0 ' "figures that agree"

	# Whatever the engine; what does not receive has no bursts of that side.
	assert_status 0 "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' "${NULLS[@]}" -- --forward-mode txonly --duration 1 \
		--record-core-cycles --record-burst-stats
	assert_grep "$TMP/out.log" 'TX-bursts : [0-9]+ \[100.0 % of 32 pkts\]'
	assert_grep "$TMP/out.log" 'total TX packets='
	assert_no_grep "$TMP/out.log" 'RX-bursts'

	# Not asked for, not there.
	printf '%s\n' start stop 'show fwd stats --json' quit |
		prompt_told 0 "${NULLS[@]}" -- -i
	assert_no_grep "$TMP/said" 'cycles/packet|-bursts'
	assert_eq "$(json '.result.total | has("rx_bursts"), has("busy_cycles")')" 'false false ' "what was not asked for"
	printf '%s\n' start 'set record-core-cycles on' stop quit | prompt_told 1 "${NULLS[@]}" -- -i
	assert_grep "$TMP/said" 'stop first'
}

# A file of 300 packets: what is cleared while they are forwarded, and after, is cleared once.
cleared()
{
	python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" 300
	{ echo start; until_told 'show port stats all --json' '.result.ports[0].rx_packets == 300'
		printf '%s\n' 'show fwd stats --json' 'clear fwd stats' 'show fwd stats --json' stop 'show fwd stats --json' quit; } |
		prompt_told 0 --vdev "net_pcap0,rx_pcap=$TMP/in.pcap" --vdev 'net_null0,no-rx=1' -- -i --record-burst-stats \
			--mbuf-size 9000
	assert_eq "$(json '.result.total | "\(.rx_packets) \(.tx_packets)"')" '300 300 0 0 0 0 ' "packets around clear fwd stats"
	assert_eq "$(jq -s '.[2].result.total | [.rx_bursts, .tx_bursts | to_entries[] | select(.key != "0")] | length' "$TMP/said.json")" 0 \
		"bursts after clear fwd stats"
	assert_eq "$(jq -s '.[0].result.total.tx_bursts | to_entries | map((.key | tonumber) * .value) | add' "$TMP/said.json")" 300 \
		"packets in bursts before it"
	{ printf '%s\n' 'set fwd txonly' start; until_told 'show port stats all --json' '.result.ports[0].tx_packets > 0'
		printf '%s\n' stop 'show fwd stats --json' 'clear fwd stats all' 'show fwd stats --json' quit; } |
		prompt_told 0 "${NULLS[@]}" -- -i
	assert_eq "$(json '.result.total.tx_packets > 0')" 'true false ' "packets after clear fwd stats when stopped"
}

# Hints: the cause and what mends it, as a sentence and by name.
hinted()
{
	{ echo start; until_told 'show fwd stats --json' '.result.hints | length == 1'; printf '%s\n' stop quit; } |
		prompt_told 0 --vdev net_null0,no-rx=1 --vdev net_null1,no-rx=1 -- -i
	assert_hints 'nothing-received'
	assert_grep "$TMP/said" 'Nothing was received. All links are up'

	# The other end of a ring stands still.
	{ printf '%s\n' 'set fwd txonly' start; until_told 'show fwd stats --json' '.result.hints | length == 2'; printf '%s\n' stop quit; } |
		prompt_told 0 --vdev net_ring0,peer=net_ring1 -- -i
	assert_hints 'link-down tx-all-dropped'
	assert_grep "$TMP/said" 'took none of [0-9]+ packets: its link is down: start the port at its other end'

	# A pool that the packets waiting in a ring use up, since nobody reads its other end.
	{ echo start; until_told 'show fwd stats --json' '.result.hints | length == 1'; printf '%s\n' stop quit; } |
		prompt_told 0 --vdev net_null0 --vdev net_ring0,peer=net_ring1,entries=4096 --vdev net_ring1 -- -i \
		--total-num-mbufs 2048 --mbcache 0 --portlist 0,1
	assert_hints 'pool-exhausted'
	assert_grep "$TMP/said" 'because the pool testpmd with its 2048 buffers was empty: start with --total-num-mbufs 4096'

	# An odd port that receives, and many queues on few lcores.
	{ echo start; until_told 'show fwd stats --json' '.result.hints | length == 2'; printf '%s\n' stop quit; } |
		LCORES='(0-2)@0' prompt_told 0 "${NULLS[@]}" --vdev net_null2 -- -i --rxq 3 --txq 3 --nb-cores 1
	assert_hints 'paired-with-itself busy-lcore'
	assert_grep "$TMP/said" 'Lcore 1 polls 9 queues while 1 lcores do nothing: set nbcore 2'
}

# Again and again: behind each other in a pipe, over each other on a terminal, with rates and the counters that were named.
periods()
{
	local testpmd=("$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' "${NULLS[@]}" --)

	assert_status 0 "${testpmd[@]}" --stats-period 1 --duration 5 --display-xstats rx_q0_packets,tx_good_bytes
	assert_ge "$(grep -c '^  Rx-pps: *[1-9][0-9]* *Rx-bps: *[1-9][0-9]*$' "$TMP/out.log")" 4 "rates of what was received"
	assert_ge "$(grep -c '^  Tx-pps: *[1-9][0-9]* *Tx-bps: *[1-9][0-9]*$' "$TMP/out.log")" 4 "rates of what was sent"
	assert_ge "$(grep -c '^  rx_q0_packets: [1-9]' "$TMP/out.log")" 6 "counters that were named"
	assert_no_grep "$TMP/out.log" 'rx_good_packets'
	assert_no_grep "$TMP/out.log" $'\033'
	run "${testpmd[@]}" --stats-period 1 --duration 5 --json 2>/dev/null >"$TMP/said.json"
	assert_ge "$(jq -s '[.[].result.ports[]? | select(.rx_pps? > 0 and .tx_bps > 8 * .tx_pps)] | length' "$TMP/said.json")" 4 \
		"rates for programs"
	assert_refuses 'no port counts "nosuch"; show port xstats' "${testpmd[@]}" --duration 1 --display-xstats rx_q0_packets,nosuch
	run python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "${testpmd[@]}" --stats-period 1 --duration 5 \
		</dev/null >"$TMP/terminal" || fail "testpmd on a terminal"
	assert_ge "$(grep -c $'\033\\[H\033\\[J' "$TMP/terminal")" 2 "times the screen was begun again"
}

measured
periods
cleared
hinted
