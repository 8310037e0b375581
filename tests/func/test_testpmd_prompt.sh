#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd by its prompt, on ports that need no rights: commands, figures that agree, refusals, exit status.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin anyone
need jq

NULLS=(--vdev net_null0 --vdev net_null1)

# What "Accumulated" says of RX-packets or TX-packets.
accumulated()
{
	awk -v f="$1:" '/Accumulated/ {getline; for (i = 1; i < NF; i++) if ($i == f) print $(i + 1)}' "$TMP/said"
}

# io: what one port receives the other sends, and the ports' own figures say the same.
{ echo start; until_told 'show port stats 0 --json' '.result.ports[0].rx_packets >= 1000'; printf '%s\n' stop 'show port stats all' quit; } |
	prompt 0 "${NULLS[@]}" -- -i
rx=$(accumulated RX-packets)
assert_ge "$rx" 1000 "packets received"
assert_eq "$(accumulated TX-packets)" "$rx" "packets sent"
by_port=$(awk '/NIC statistics/ {getline; sum += $2} END {printf "%d", sum}' "$TMP/said")
assert_eq "$by_port" "$rx" "packets received by the ports' own count"
assert_grep "$TMP/said" 'lcore 1: RX P=0/Q=0 -> TX P=1/Q=0'
assert_grep "$TMP/said" '^Bye'

# Engines: rxonly sends nothing, txonly receives nothing, macswap does both.
forwards_by()
{
	printf '%s\n' "set fwd $1" start
	until_told 'show port stats 0 --json' ".result.ports[0].$2 > 0"
	printf '%s\n' stop quit
}
forwards_by rxonly rx_packets | prompt 0 "${NULLS[@]}" -- -i
assert_eq "$(accumulated TX-packets)" 0 "rxonly's packets sent"
assert_ge "$(accumulated RX-packets)" 1 "rxonly's packets received"
forwards_by txonly tx_packets | prompt 0 "${NULLS[@]}" -- -i
assert_eq "$(accumulated RX-packets)" 0 "txonly's packets received"
assert_ge "$(accumulated TX-packets)" 1 "txonly's packets sent"
forwards_by macswap tx_packets | prompt 0 "${NULLS[@]}" -- -i
assert_eq "$(accumulated TX-packets)" "$(accumulated RX-packets)" "macswap's packets"

# A started port shows what it is; several queues, several lcores.
LCORES='(0-2)@0'
printf '%s\n' 'show port info all' 'show port xstats 1' 'show port summary all' 'show config fwd' quit |
	prompt 0 "${NULLS[@]}" -- -i --rxq 2 --txq 2
assert_grep "$TMP/said" '^Driver name: net_null$'
assert_grep "$TMP/said" '^Rx queues: 2 of 64'
assert_grep "$TMP/said" '^rx_q1_packets: 0$'
assert_grep "$TMP/said" 'lcore 2: RX P=1/Q=1 -> TX P=0/Q=1'

LCORES='(0,1)@0'

# The same for programs: a line of JSON for each --json, errors too.
printf '%s\n' 'show port stats all --json' 'show port info 7 --json' 'show port summary 1 --json' quit |
	prompt 1 "${NULLS[@]}" -- -i
grep '^{' "$TMP/said" >"$TMP/said.json"
assert_eq "$(jq -r '.result.ports | length' "$TMP/said.json" | tr '\n' ' ')" '2 0 1 ' "ports in each answer"
assert_eq "$(jq -r 'select(.error) | .command' "$TMP/said.json")" 'show port info 7' "command that failed"

# Nothing received: a hint.
{ echo start; until_told 'show fwd stats --json' '.result.hints | length == 1'; printf '%s\n' stop quit; } |
	prompt 0 --vdev net_null0,no-rx=1 -- -i
assert_grep "$TMP/said" 'Nothing was received'

# Wrong lines are answered, the rest still runs, and a script is told by the exit status.
printf '%s\n' 'frobnicate' 'show port info' 'show port info 7' 'set fwd nosuch' 'stop' 'set burst 0' '# a comment' '' \
	'show port summary 0' quit | prompt 1 "${NULLS[@]}" -- -i
assert_grep "$TMP/said" 'there is no command "frobnicate"'
assert_grep "$TMP/said" 'show port info\|stats\|xstats\|summary\|offloads <port>'
assert_grep "$TMP/said" 'there is no port 7'
assert_grep "$TMP/said" 'there is no engine "nosuch"; there are .*io, '
assert_grep "$TMP/said" 'start first'
assert_grep "$TMP/said" 'a number from 1 to 512'
assert_grep "$TMP/said" 'net_null0 .* up'

# While packets are forwarded, what would disturb is refused.
{ printf '%s\n' start start 'set fwd rxonly' 'set burst 8' stop quit; } | prompt 1 "${NULLS[@]}" -- -i
assert_eq "$(grep -c 'stop first' "$TMP/said")" 3 "refusals while forwarding"

# The end of input is a quit; forwarding is stopped and reported.
echo start | prompt 0 "${NULLS[@]}" -- -i
assert_grep "$TMP/said" 'Accumulated'
