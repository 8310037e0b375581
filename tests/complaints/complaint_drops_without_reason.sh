#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "Packets are missing, and nobody says which stage lost them."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
make_pair
# A flood into a capture whose rings are far too small, and which stands still: losses are certain. What the kernel
# counted is what the stages add up to.
start capture b "$PLX_CAPTURE" --no-huge --lcores '(0,1)@0' --vdev net_af_xdp0,iface=veth0 -- -o "$TMP/out.pcap" --rxd 64 --ring 64 udp
wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
capture=$JOB
before=$(link_stat a veth0 tx_packets)
freeze "$capture"
run_in a "$PLX_TESTPMD" --no-huge --lcores '(0,1)@1' --vdev net_af_packet0,iface=veth0 -- --forward-mode txonly --duration 1 >"$TMP/sender"
sent=$(($(link_stat a veth0 tx_packets) - before))
kill -CONT "$capture"
# What the filter refuses is no loss.
run_in a ping -qc 10 -i 0.05 -W 0.1 10.99.0.2 >/dev/null || true # the capture takes the echoes
sent=$((sent + 10))
stop "$capture" INT
assert_grep "$TMP/capture.log" 'every packet is accounted for'
# The sum, made here once more: received = delivered + losses; delivered = written + filtered + losses.
figures()
{
	awk -v from="$1" -v to="$2" '$0 ~ from {on = 1} on && $0 ~ to {exit} on {gsub(",", "", $NF); print $NF + 0, $0}' "$TMP/capture.log"
}
figures '^  received' '^capture' | awk 'NR == 1 {total = $1; next} {sum += $1} END {exit NR < 2 || total == 0 || sum != total}' ||
	fail "received is not delivered and the losses"
figures '^  delivered by' '^every' | awk 'NR == 1 {total = $1; next} {sum += $1} END {exit NR < 2 || total == 0 || sum != total}' ||
	fail "delivered is not written, filtered and the losses"
assert_grep "$TMP/capture.log" '^ +filtered out +[1-9]'
assert_grep "$TMP/capture.log" '^ +lost: [a-z ,]+ [1-9][0-9,]*$' "a loss has a name"
# No other rows than these: a loss is called one.
rows='received|delivered|delivered by the ports|still waiting|written|filtered out|lost: [a-z ,]+'
if sed -n '/^veth0/,/^every/p' "$TMP/capture.log" | grep '^  ' | grep -Evx " +($rows) +[0-9,]+"; then
	fail "rows that nobody knows"
fi
received=$(figures '^  received' '^capture' | awk 'NR == 1 {print $1}')
missing=$((sent - received))
# The peer's driver may have dropped before us: then the kernel has counted it.
dropped=$(ip -n "${NS_a:?}" -j -s link show veth0 | jq '.[0].stats64.tx.dropped')
[ "$missing" -le "$dropped" ] || [ "$missing" -le 0 ] || fail "$sent were sent, $received received, the kernel dropped $dropped"
