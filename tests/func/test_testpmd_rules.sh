#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd forwards what rules let pass, from the first packet and as they change while packets come; what they send goes out by a tx
# queue of their own; every packet has an account.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin anyone
need python3 tshark jq

IN=$TMP/in.pcap
OUT=$TMP/out.pcap
RULES=$TMP/rules
python3 "$FUNC_DIR/make_flows.py" "$IN" 60 3000

# From file to file, with tshark as the judge.
printf '10 drop proto udp\n20 drop ipv6\n' >"$RULES"
tshark -r "$IN" -Y '!udp && !ipv6' -w "$TMP/expected.pcapng" 2>/dev/null
WANTED=$(count_packets "$TMP/expected.pcapng")
start testpmd - "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --no-pci --file-prefix testpmd --vdev "net_pcap0,rx_pcap=$IN" \
	--vdev "net_pcap1,tx_pcap=$OUT" -- --rules "$RULES"

all_are_out()
{
	run "$PLX_CTL" -t 60s testpmd show port stats 1 2>"$TMP/ctl.err" | jq -e ".ports[0].tx_packets == $WANTED" >"$TMP/jq.log"
}
wait_until 30 "all packets" all_are_out
stop "$JOB" INT
assert_eq "$(list_frames "$OUT" frame.len frame.protocols data.data)" "$(list_frames "$TMP/expected.pcapng" frame.len frame.protocols data.data)" "what was forwarded"
assert_grep "$TMP/testpmd.log" '^ *received  *3,000$'
assert_grep "$TMP/testpmd.log" '^ *dropped by a rule  *1,994$'
assert_eq "$WANTED" 1006 "packets that pass"

# What rules send: by a queue of their own; where there is none, or no port, it is counted.
printf '10 bounce 1 proto udp\n20 reflect-continue 7 proto tcp\n' >"$RULES"
UDP=$(tshark -r "$IN" -Y udp 2>/dev/null | wc -l)
TCP=$(tshark -r "$IN" -Y tcp 2>/dev/null | wc -l)
open_prompt - --no-pci --vdev "net_pcap0,rx_pcap=$IN" --vdev net_null0,no-rx=1 -- -i --rules "$RULES"
type_line start

# COMMAND FILTER: true if it holds of the answer.
says()
{
	ask_json "$1" | jq -e ".result.ports[0] | $2" >"$TMP/jq.log"
}
wait_until 30 "all packets" says 'show port 0 rules' '.packets.received == 3000'
says 'show port 0 rules' ".packets == {received: 3000, passed: (3000 - $UDP), dropped: 0, unwanted: 0, sampled_out: 0, sent: $UDP, unsent: 0, unread: 0}" ||
	fail "packets: $(cat "$TMP/jq.log")"
says 'show port 0 rules' ".sends == {asked: ($UDP + $TCP), handed_over: $UDP, misdirected: $TCP, unmade: 0, crowded: 0}" || fail 'sends'
says 'show port 1 rules' ".egress | .queue == 1 and .transmitted == $UDP and .refused == 0" || fail 'the queue that they send by'
says 'show port stats 1' ".tx_packets == 3000 and .ledger.balanced" || fail 'what port 1 sent'
says 'show port xstats 0' ".xstats.rx_rules_sent == $UDP" || fail 'xstats'
type_line stop
type_line 'port stop all'
type_line 'port start all'
says 'show port 1 rules' '.egress.transmitted == 0' || fail 'no queue after a new start'
close_prompt

# Changed while packets come; a file that is wrong changes nothing.
echo '10 drop' >"$RULES"
echo '20 drop proto udp' >"$TMP/other"
echo '30 drup' >"$TMP/wrong"
open_prompt - --no-pci --idle yield --vdev "net_pcap0,rx_pcap=$IN,infinite_rx=1" --vdev net_null0,no-rx=1 -- -i
type_line start
wait_until 30 "packets" says 'show port stats 1' '.tx_packets > 0'
type_line "set port 0 rules $RULES"
wait_until 30 "packets dropped" says 'show port 0 rules' '.packets.dropped > 0 and .packets.passed == 0'
type_line "set port all rules $TMP/other"
wait_until 30 "packets that pass" says 'show port 0 rules' '.rules[0].rule == 20 and .rules[0].packets > 0 and .packets.passed > 0'
says 'show port 1 rules' '.rules[0].rule == 20' || fail 'no rules on port 1'
type_line "set port 0 rules $TMP/wrong"
assert_grep "$TMP/testpmd.log" 'rules .*wrong: line 1, column 4'
says 'show port 0 rules' '.rules[0].rule == 20' || fail 'other rules after a refusal'
echo '20 reflect 1 proto udp' >"$TMP/other"
type_line "set port 0 rules $TMP/other"
assert_grep "$TMP/testpmd.log" 'its rules send, but no port has a tx queue for that; start with --rules-txq'
wait_until 30 "packets that cannot be sent" says 'show port 0 rules' '.packets.unsent > 0'
type_line 'set port all rules none'
says 'show port 0 rules' '.file == null' || fail 'rules after none'
type_line stop
type_line 'show port stats all'
close_prompt 1

# What cannot be, told at the start.
assert_refuses 'rules .*wrong: line 1' "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --no-pci --vdev net_null0 -- --rules "$TMP/wrong"
