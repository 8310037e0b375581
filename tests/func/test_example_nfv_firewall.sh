#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/nfv_firewall is a wire with rules: what they drop does not cross and is counted, rule by rule; SIGHUP reads them again.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin root
need ping iperf3 python3

FIREWALL=$PLX_BUILD/examples/nfv_firewall
RULES=$TMP/firewall.rules
printf '10 drop proto icmp\n20 drop proto udp dport 4000\n' >"$RULES"
example_refusals 2 nfv_firewall -- "$RULES"
example_anywhere nfv_firewall -- "$RULES"
assert_refuses 'a file of rules is needed' "$FIREWALL" -l 0 --no-huge --vdev net_null0 --vdev net_null1
assert_refuses '/no/where: No such file' "$FIREWALL" -l 0 --no-huge --vdev net_null0 --vdev net_null1 -- /no/where
echo '10 drup' >"$TMP/wrong"
assert_refuses 'line 1, column 4' "$FIREWALL" -l 0 --no-huge --vdev net_null0 --vdev net_null1 -- "$TMP/wrong"

# RULE: how many packets it has seen, at the end.
seen()
{
	sed -n "s/^rule $1 .*: \([0-9]*\) packets.*/\1/p" "$TMP/example.log"
}

# N: frames that have come back to host a since `before`.
came_back()
{
	[ "$(link_stat a veth0 rx_packets)" -ge $((before + $1)) ]
}

make_line
for kind in net_af_xdp net_af_packet; do
	printf '10 drop proto icmp\n20 drop proto udp dport 4000\n' >"$RULES"
	example_start r nfv_firewall --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1" -- "$RULES"
	run_in a ping -qc 10 -i 0.01 -W 0.1 10.99.0.2 >/dev/null && fail "rule 10 let a ping through"
	ping_all a 10 fd99::2
	# shellcheck disable=SC2016
	run_in a bash -c 'for i in 1 2 3 4 5; do echo $i >/dev/udp/10.99.0.2/4000; done'
	example_iperf -n 2M
	# The other way round: wrong rules change nothing, right ones do, while it runs.
	echo 'nonsense' >"$RULES"
	kill -HUP "$EXAMPLE"
	wait_until 10 "the refusal" grep -q 'the rules stay as they were: ' "$TMP/example.log"
	run_in a ping -qc 5 -i 0.01 -W 0.1 10.99.0.2 >/dev/null && fail "rule 10 is gone"
	printf '10 drop proto icmp\n20 drop proto udp dport 4000\n30 drop proto icmpv6 bpf "ip6[40] = 128"\n' >"$RULES"
	kill -HUP "$EXAMPLE"
	wait_until 10 "the rules to be read" grep -q 'read again' "$TMP/example.log"
	run_in a ping -qc 7 -i 0.01 -W 0.1 fd99::2 >/dev/null && fail "rule 30 let a ping through"
	example_iperf -n 100K # behind them: they have been judged when it has come
	example_stop
	# Rules that were there before keep their counts.
	assert_eq "$(seen 10)" 15 "packets of rule 10 over $kind"
	assert_eq "$(seen 20)" 5 "packets of rule 20 over $kind"
	assert_eq "$(seen 30)" 7 "packets of rule 30 over $kind"
	assert_grep "$TMP/example.log" '^received .* \+ dropped by rules 27 \+ dropped by policy 0 \+ sampled out 0$'
done

# The policy is to drop, and a rule sends back what it meets.
printf 'policy drop\n10 forward ethertype arp\n20 bounce same proto icmp\n' >"$RULES"
example_start r nfv_firewall --vdev net_af_packet0,iface=r0 --vdev net_af_packet1,iface=r1 -- "$RULES"
before=$(link_stat a veth0 rx_packets)
run_in a ping -qc 5 -i 0.01 -W 0.1 fd99::2 >/dev/null && fail "the policy let a ping through"
run_in a ping -qc 5 -i 0.01 -W 0.1 10.99.0.2 >/dev/null || true # its own requests come back, as no answers
wait_until 10 "all requests to come back" came_back 5
example_stop
assert_ge "$(sed -n 's/.* dropped by policy \([0-9]*\) .*/\1/p' "$TMP/example.log")" 5 "dropped by policy"
assert_eq "$(seen 20)" 5 "packets of rule 20"
assert_grep "$TMP/example.log" '^to be sent 5 = sent 5 '
