#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Single queues at plx-testpmd's prompt: stopped and started while packets are forwarded, deferred, and refused where they cannot be.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin anyone
need jq

TWO=(--vdev net_null0 --vdev net_null1 -- -i --rxq 2 --txq 2)

# While packets are forwarded: the stopped queue receives nothing more and refuses its lcore, the other one goes on; then both do.
{
	printf '%s\n' 'set fwd rxonly' start
	until_told 'show fwd stats all --json' '.result.total.rx_packets > 0'
	printf '%s\n' 'port 0 rxq 1 stop' 'show rxq info 0 1' 'show rxq info 0 1 --json' 'show rxq info 0 0 --json' \
		'show port info 0 --json' 'show port info 0'
	until_told 'show port xstats 0 --json' '.result.ports[0].xstats.stopped_bursts > 0'
	printf '%s\n' 'port 0 rxq 1 stop' 'port 0 rxq 1 start' 'show txq info 0 1 --json' 'port 0 txq 1 stop' 'show txq info 0 1 --json' \
		'port 0 txq 1 start' 'show port info all --json' stop 'show port stats all --json' quit
} | prompt 0 "${TWO[@]}"
assert_grep "$TMP/said" '^RX queue state: stopped$'
assert_grep "$TMP/said" '^RX deferred start: off$'
assert_grep "$TMP/said" '^Rx queues that do not run: 1$'
assert_eq "$(answer 'show rxq info 0 1' '.result | "\(.state) \(.deferred_start)"')" 'stopped false' "the stopped queue"
assert_eq "$(answer 'show rxq info 0 0' '.result.state')" started "the other queue"
assert_eq "$(answer 'show port info 0' '.result.ports[0] | "\(.state) \(.rx.queues_stopped) \(.tx.queues_stopped)"')" 'started [1] []' \
	"the port's stopped queues"
assert_eq "$(answer 'show txq info 0 1' '.result.state')" stopped "the stopped tx queue"
assert_eq "$(answer 'show port info all' '[.result.ports[] | .rx.queues_stopped + .tx.queues_stopped] | tostring')" '[[],[]]' "all queues in the end"
assert_eq "$(answer 'show port stats all' '[.result.ports[].ledger.balanced] | all')" true "the books"

# A deferred queue is left out of each start of its port, also when that is configured anew, until it is told otherwise.
printf '%s\n' 'port 0 rxq 0 deferred_start on' 'port stop all' 'port 0 rxq 0 deferred_start on' 'port 0 txq 1 deferred_start on' \
	'show rxq info 0 0 --json' 'port start all' 'show port info 0 --json' 'port 0 rxq 0 start' 'port 0 txq 1 start' 'port stop all' \
	'port config all rxd 128' 'port 0 txq 1 deferred_start off' 'port start all' 'show port info 0 --json' quit |
	prompt 1 "${TWO[@]}"
assert_eq "$(grep -c 'deferring a queue needs .port stop 0. before' "$TMP/said")" 1 "refusals while the port runs"
assert_eq "$(answer 'show rxq info 0 0' '.result | "\(.state) \(.deferred_start)"')" 'stopped true' "the deferred queue"
assert_eq "$(jq -rc 'select(.command == "show port info 0") | .result.ports[0] | [.rx.queues_stopped, .tx.queues_stopped]' "$TMP/said.json" |
	tr '\n' ';')" '[[0],[1]];[[0],[]];' "queues that two starts left out"

# Where it cannot be, or means nothing, the answer says so and nothing changes.
printf '%s\n' 'port 0 rxq 0 stop' 'port 0 txq 0 deferred_start on' 'port 1 rxq 9 stop' 'port 1 rxq x stop' 'port 9 rxq 0 stop' 'port stop 1' \
	'port 1 rxq 0 start' 'port stop 0' 'port 0 rxq 0 deferred_start on' 'port start 0' 'show port info 0 --json' quit |
	prompt 1 --vdev "net_pcap0,tx_pcap=$TMP/out.pcap" --vdev net_null1 -- -i
assert_grep "$TMP/said" 'the queues of net_pcap start and stop with their port only'
assert_grep "$TMP/said" 'no rx queue 9; 1 were configured'
assert_grep "$TMP/said" 'there is no port 9'
assert_grep "$TMP/said" 'port 1 \(net_null1\): it does not run'
assert_eq "$(answer 'show port info 0' '.result.ports[0] | "\(.state) \(.rx.queues_stopped)"')" 'started []' "the port that cannot"
