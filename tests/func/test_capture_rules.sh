#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture --rules: rules keep what tcpdump's filters do, in the order of time, are read again while packets come, and all is told.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3 tcpdump tshark editcap jq

IN=$TMP/in.pcap
OUT=$TMP/out.pcap
RULES=$TMP/rules
python3 "$FUNC_DIR/make_pcap.py" "$IN" 3000
editcap -r "$IN" "$TMP/a.pcap" 1-1500
editcap -r "$IN" "$TMP/b.pcap" 1501-3000

# FILTER: the last run wrote what tcpdump takes, and no packet has no account.
as_tcpdump()
{
	tcpdump -r "$IN" --time-stamp-precision=nano -w "$TMP/expected.pcap" "$1" 2>/dev/null
	cmp -s "$OUT" "$TMP/expected.pcap" ||
		fail "$1: $(count_packets "$OUT") packets, tcpdump has $(count_packets "$TMP/expected.pcap")"
	jq -e '.balanced' "$TMP/summary" >"$TMP/jq.log" || fail "the books do not balance"
}

# ARGS...: with these rules. The summary for programs is in the file summary.
capture()
{
	run "$PLX_CAPTURE" "$@" -w "$OUT" --rules "$RULES" --summary "$TMP/summary" 2>"$TMP/capture.log" || fail "status $? of plx-capture $*"
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
}

# FILTER: jq on the summary.
summary()
{
	jq "$@" "$TMP/summary"
}

# Rules, and behind them a filter. Of rare packets whole bursts do not pass: two files are in the order of time all the same.
for rare in 'tcp[tcpflags] & tcp-syn != 0' 'ether[45] = 7' 'udp port 53'; do
	printf '10 forward bpf "%s"\npolicy drop\n' "$rare" >"$RULES"
	capture -r "$IN"
	as_tcpdump "$rare"
	capture -r "$TMP/b.pcap" -r "$TMP/a.pcap"
	as_tcpdump "$rare"
	WANTED=$(count_packets "$OUT")
	assert_ge "$WANTED" 2 "packets of $rare"
	assert_eq "$(summary '[.ports[].ledger.rx.delivered] | add')" "$WANTED" "delivered by the ports"
	assert_eq "$(summary '[.ports[].ledger.rx.kept_by_rules."dropped by the policy of rules"] | add')" $((3000 - WANTED)) "kept from us"
	assert_eq "$(summary '.rules.rules[0].packets')" "$WANTED" "packets of the rule"
done
printf '10 drop proto udp\n20 drop ipv6\n' >"$RULES"
capture -r "$IN" greater 200
# Rules look behind VLAN tags, as tshark does.
tshark -r "$IN" -o ip.defragment:false -Y 'frame.len >= 200 && !(ip.proto == 17) && !ipv6' -w "$TMP/expected.pcapng" 2>/dev/null
assert_eq "$(list_frames "$OUT" frame.time_epoch frame.len)" "$(list_frames "$TMP/expected.pcapng" frame.time_epoch frame.len)" 'packets that two rules leave'
assert_grep "$TMP/capture.log" '^    dropped by a rule  '
assert_grep "$TMP/capture.log" '^  rule 10 drop proto udp: [0-9,]* packets'
printf 'sample 10\n' >"$RULES"
capture -r "$IN"
assert_eq "$(count_packets "$OUT")" 300 "packets of a sample"

# What cannot be, told before a file is written.
rm -f "$OUT"
assert_refuses 'rules .*none: No such file' "$PLX_CAPTURE" -r "$IN" -w "$OUT" --rules "$TMP/none"
printf '10 drop proto udp\n20 drup\n' >"$RULES"
assert_refuses 'rules .*rules: line 2, column 4' "$PLX_CAPTURE" -r "$IN" -w "$OUT" --rules "$RULES"
for send in '10 reflect 1' '10 bounce-continue same' '10 add-rule reflect 1 proto tcp' \
	'exact bounce 1 proto udp src 1.1.1.1 dst 2.2.2.2'; do
	echo "$send" >"$RULES"
	assert_refuses 'rules .*rules: nothing is sent from here: ' "$PLX_CAPTURE" -r "$IN" -w "$OUT" --rules "$RULES"
done
assert_refuses '--purge deletes exact rules, of --rules' "$PLX_CAPTURE" -r "$IN" -w "$OUT" --purge 5
[ ! -e "$OUT" ] || fail 'a file was written'

# Read again while packets come; exact rules that actions added end with --purge.
echo '10 drop' >"$RULES"
start capture - "$PLX_CAPTURE" --no-huge --no-pci --lcores '(0,1)@0' --idle yield --file-prefix capture --vdev "net_pcap0,rx_pcap=$IN,infinite_rx=1" -- \
	--top 3 --rules "$RULES" --purge 0.2 --json

# FILTER: true if it holds of what is captured now.
now()
{
	run "$PLX_CTL" -t 60s capture summary 2>"$TMP/ctl.err" | jq -e "$1" >"$TMP/jq.log"
}

reload()
{
	run "$PLX_CTL" -t 60s capture reload >/dev/null
}
wait_until 30 "packets dropped" now '.rules.rules[0].packets > 0 and .account.delivered == 0'
echo '20 drop proto udp' >"$RULES"
reload
wait_until 30 "packets that pass" now '.rules.rules[0].rule == 20 and .account.delivered > 0'
echo 'nonsense' >"$RULES"
assert_refuses 'line 1' "$PLX_CTL" -t 60s capture reload
echo '10 reflect 0' >"$RULES"
assert_refuses 'nothing is sent from here' "$PLX_CTL" -t 60s capture reload
now '.rules.rules[0].rule == 20' || fail 'other rules after a refusal'
echo '30 add-rule drop proto tcp' >"$RULES"
reload
wait_until 30 "rules of flows" now '.rules.sums.exact > 0'
printf '40 drop\n' >"$RULES"
reload
stop "$JOB" INT
assert_eq "$(jq -s '.[-1].balanced' "$TMP/capture.log")" true "the books at the end"
