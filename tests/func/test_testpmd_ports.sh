#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd's ports come and go, stop and start, and tell what they are; on ports that need no rights.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin anyone
need jq

NULLS=(--vdev net_null0 --vdev net_null1)

# A stopped port takes no part in forwarding, and that is told; started again it does.
printf '%s\n' 'port stop 0' 'show port summary 0 --json' 'show port summary 0' start stop 'port start 0' \
	'show port summary 0 --json' start stop quit | prompt 0 "${NULLS[@]}" -- -i
assert_eq "$(jq -r '.result.ports[0] | .state + " " + (.link.up | tostring)' "$TMP/said.json" | tr '\n' ';')" \
	'stopped false;started true;' "the port's states"
assert_grep "$TMP/said" '^0 .* net_null0 .* down .* stopped '
assert_grep "$TMP/said" 'Port 0 is stopped and is left out; port start 0 brings it back'
assert_eq "$(grep -c 'RX P=0' "$TMP/said")" 1 "runs with the port"
assert_eq "$(grep -c 'RX P=1' "$TMP/said")" 2 "runs with the other one"

# A port is attached, started, forwards as the others do, and goes away completely; its number is free again.
{
	printf '%s\n' 'port attach net_null3,size=100' 'show port info 2 --json' start stop 'port start 2' \
		'show port info all --json' 'dump mempool --json' 'set fwd rxonly' start
	until_told 'show port stats 2 --json' '.result.ports[0].rx_packets > 0'
	printf '%s\n' stop 'show port stats 2 --json' 'port detach 2' 'port stop 2' 'port detach 2' 'show port summary all --json' \
		'dump_mempool --json' 'show fwd stats all --json' \
		'port attach net_null4' 'port detach net_null4' 'port attach net_null3,size=100' start quit
} | prompt 1 "${NULLS[@]}" -- -i --mtu 1400
assert_eq "$(grep -c 'RX P=2' "$TMP/said")" 1 "runs with the attached port"
assert_grep "$TMP/said" '^Port 2 is attached. Now total ports is 3$'
assert_eq "$(answer 'show port info 2' '.result.ports[0] | "\(.name) \(.state) \(.rx.queues)"')" 'net_null3 closed 0' \
	"the port as it was attached"
# It has what the options ask for, and buffers of its own as long as it is there; nothing tells of it afterwards.
assert_eq "$(answer 'show port info all' '.result.ports[2] | "\(.mtu) \(.state)"')" '1400 started' "the port with the options"
assert_eq "$(answer 'dump mempool' '[.result.rows[].name] | join(" ")')" 'testpmd testpmd_1' "pools with the port"
assert_eq "$(answer dump_mempool '[.result.rows[].name] | join(" ")')" testpmd "pools without the port"
assert_eq "$(answer 'show fwd stats all' '.result | [.ports, .streams] | tostring')" '[[],[]]' "figures of ports that may be gone"
assert_eq "$(answer 'show port stats 2' '.result.ports[0] | .rx_packets > 0 and .rx_bytes == 100 * .rx_packets and .ledger.balanced')" \
	true "the attached port's figures"
assert_eq "$(grep -c 'detaching it needs' "$TMP/said")" 1 "refusals to detach a running port"
assert_eq "$(grep -c '^Port 2 is detached. Now total ports is 2$' "$TMP/said")" 2 "ports detached"
assert_eq "$(answer 'show port summary all' '.result.ports | length')" 2 "ports after that"
assert_grep "$TMP/said" 'Port 2 is closed and is left out'

# All at once; closed ports start again with their queues.
printf '%s\n' 'port stop all' 'port close all' 'show port summary all --json' 'port start all' 'show rxq info 1 1 --json' \
	'port stop all' 'port reset 1' 'show port summary 1 --json' 'port start all' 'show port summary all --json' \
	'port stop 1' 'port detach all' 'show port info all --json' 'port start 1' 'port detach all' \
	'port stop all' 'port detach all' start quit | prompt 1 "${NULLS[@]}" -- -i --rxq 2 --txq 2
assert_eq "$(jq -r 'select(.command == "show port summary all") | [.result.ports[].state] | join(" ")' "$TMP/said.json" |
	tr '\n' ';')" 'closed closed;started started;' "states of all"
assert_eq "$(answer 'show port summary 1' '.result.ports[0].state')" closed "state after a reset"
# All or none: while one runs the others stay, too.
assert_eq "$(grep -c 'detaching it needs .port stop 0. before' "$TMP/said")" 2 "refusals to detach all"
assert_eq "$(answer 'show port info all' '[.result.ports[].state] | join(" ")')" 'started stopped' "ports after one refusal"
assert_eq "$(grep -c '^Now total ports is ' "$TMP/said")" 1 "times that all were detached"
assert_eq "$(answer 'show rxq info 1 1' '.result | "\(.state) \(.descriptors) \(.pool)"')" 'started 512 testpmd' "the queue"
assert_grep "$TMP/said" '^Now total ports is 0$'
assert_grep "$TMP/said" '^no port to forward on'

# Rings are buffers that others may still hold: what was on its way is at home when its ports are gone.
{
	echo 'start tx_first'
	until_told 'show port stats 0 --json' '.result.ports[0].rx_packets > 0'
	printf '%s\n' stop 'port attach net_ring2' 'port start 2' 'port stop all' 'port close 0' 'port detach 2' 'port start 0' quit
} | prompt 0 --vdev net_ring0,peer=net_ring1 --vdev net_ring1 -- -i
assert_no_grep "$TMP/said" 'still out'

# What there is to show.
printf '%s\n' 'show port summary all' 'show port 0 tx_offload capabilities' 'show port 0 tx_offload capabilities --json' \
	'show port 0 rx_offload configuration' 'show port offloads 0 --json' 'show port 0 macs' 'show port 0 macs --json' \
	'show port 0 mcast_macs --json' 'show txq info 0 0 --json' 'clear port stats all' quit | prompt 0 "${NULLS[@]}" -- -i
assert_grep "$TMP/said" '^Port MAC Address +Name +Driver +Status +Link'
assert_grep "$TMP/said" '^  Per Port  : MULTI_SEGS$'
assert_eq "$(answer 'show port 0 tx_offload capabilities' '.result.capabilities | join(" ")')" multi_segs
assert_eq "$(answer 'show port offloads 0' '.result.ports[0].rx.capabilities | length')" 0
assert_eq "$(answer 'show port 0 macs' '.result.ports[0].macs[0]')" 02:70:6c:78:00:00
assert_grep "$TMP/said" '^  02:70:6C:78:00:00$'
assert_eq "$(answer 'show port 0 mcast_macs' '.result.ports[0].mcast_macs | length')" 0
assert_grep "$TMP/said" 'NIC statistics for port 1 cleared'

# While packets are forwarded nothing of that is possible, and forwarding goes on.
{
	printf '%s\n' start 'port stop 0' 'port start 0' 'port close 0' 'port reset all' 'port attach net_null5' 'port detach 1' \
		'port detach all'
	until_told 'show fwd stats all --json' '.result.forwarding and .result.total.rx_packets > 0'
	printf '%s\n' 'show port summary all --json' stop quit
} | prompt 1 "${NULLS[@]}" -- -i
assert_eq "$(grep -c 'packets are being forwarded; stop first' "$TMP/said")" 7 "refusals while forwarding"
assert_eq "$(answer 'show port summary all' '[.result.ports[].state] | join(" ")')" 'started started' "states after the refusals"
assert_grep "$TMP/said" 'Accumulated'

# Wrong ports, names and queues: a sentence each, nothing changed.
printf '%s\n' 'port start 7' 'port start 0' 'port stop x' 'port close 0' 'port reset 0' 'port detach nosuch0' 'port attach net_nosuch0' \
	'port attach net_null0' 'port attach net_null5,sise=1' 'port 0 rxq 7 stop' 'show rxq info 0 9' 'show rxq info all 0' \
	'show port 0 rxq 0 desc used count' 'show port summary all --json' quit | prompt 1 "${NULLS[@]}" -- -i
assert_grep "$TMP/said" 'there is no port 7'
assert_grep "$TMP/said" '^port 0 \(net_null0\) runs already$'
assert_grep "$TMP/said" 'port "x": a number from 0'
assert_grep "$TMP/said" 'port 0 \(net_null0\) runs; closing it needs .port stop 0. before'
assert_grep "$TMP/said" 'port 0 \(net_null0\) runs; a reset needs'
assert_grep "$TMP/said" 'port "nosuch0": a number'
assert_grep "$TMP/said" 'no driver for a virtual device of that name'
assert_grep "$TMP/said" 'there is one of that name already'
assert_grep "$TMP/said" "unknown key 'sise'"
assert_grep "$TMP/said" 'no rx queue 7; 1 were configured'
assert_grep "$TMP/said" 'port 0 has no rx queue 9 now'
assert_grep "$TMP/said" 'a single port is expected here'
assert_grep "$TMP/said" 'counting what waits in a queue is not supported by net_null'
assert_eq "$(answer 'show port summary all' '[.result.ports[] | .name + " " + .state] | join(" ")')" \
	'net_null0 started net_null1 started' "ports after all that"
