#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture --json: a line for programs at the end and for each period, whose sums are right and are what people are told.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3 jq capinfos

IN=$TMP/in.pcap
OUT=$TMP/out.pcap
LINE=$TMP/line.json
python3 "$FUNC_DIR/make_pcap.py" "$IN" 3000

# FILTER...: the last line, judged by jq; FILTER must be true of it.
assert_json()
{
	local filter

	for filter; do
		tail -n 1 "$LINE" | jq -e "$filter" >/dev/null || {
			cat "$LINE" >&2
			fail "not so: $filter"
		}
	done
}

# All sums of the line: each port's ledger, its queues, the account, the files, the conversations.
assert_sums()
{
	assert_json '.balanced and .account.balanced' \
		'all(.ports[]; .ledger.balanced and .ledger.rx.received == .ledger.rx.delivered + .ledger.rx.waiting + ([.ledger.rx.lost[]] | add))' \
		'all(.ports[]; ([.queues[].delivered] | add) == .ledger.rx.delivered)' \
		'([.ports[].ledger.rx.delivered] | add) == .account.delivered' \
		'([.account.rows[]] | add) == .account.delivered' \
		'([.ports[].queues[].filtered_out] | add) == .account.rows["filtered out"]' \
		'([.ports[].queues[].lost_writer_too_slow] | add) == .account.rows["lost: writer too slow"]' \
		'.files == [] or ([.files[].packets] | add) == .account.rows.written' \
		'(.talkers == null) or (([.talkers.conversations[].ends[].packets] | add) + .talkers.others.packets
			== (.account.rows.written // .account.rows.counted))'
}

# In place of the text, on standard error.
run "$PLX_CAPTURE" -r "$IN" -w "$OUT" --json --top 3 tcp 2>"$LINE"
assert_eq "$(wc -l <"$LINE")" 1 'lines'
assert_sums
assert_json '.event == "end" and .status == 0 and .reason == "input_ended" and .signal == null and .filter == "tcp"' \
	'.account.delivered == 3000' ".files[0].path == \"$OUT\"" ".files[0].packets == $(count_packets "$OUT")" \
	".files[0].bytes == $(stat -c %s "$OUT")" '(.talkers.conversations | length) == 3'

# Talkers have two directions, and all their packets and bytes are those of the file.
run "$PLX_CAPTURE" -r "$IN" -w "$OUT" --json --top 3 icmp6 2>"$LINE"
assert_sums
assert_json 'any(.talkers.conversations[]; all(.ends[]; .packets > 0))' '.talkers.others.packets > 0' \
	"([.talkers.conversations[].ends[].bytes] | add) + .talkers.others.bytes == $(capinfos -TMrd "$OUT" | awk '{print $NF}')"

# Files that follow one another are one entry.
run "$PLX_CAPTURE" -r "$IN" -w "$TMP/set.pcap" -b packets:1000 --json 2>"$LINE"
assert_sums
assert_json '.files == [.files[0]] and .files[0].packets == 3000 and .files[0].finished == 3 and .files[0].removed == 0'
assert_json '[.files[0].list[].packets] == [1000, 1000, 1000]' '([.files[0].list[].bytes] | add) == .files[0].bytes'
tail -n 1 "$LINE" | jq -r '.files[].list[].path' | while read -r file; do
	assert_eq "$(count_packets "$file")" 1000 "packets in $file"
done
# Those that a ring has removed again are not named.
for ring in '-b packets:700 -b files:2' '-C 1 -W 2 --safe-rename'; do
	rm -rf "$TMP/ring" && mkdir "$TMP/ring"
	# shellcheck disable=SC2086
	run "$PLX_CAPTURE" -r "$IN" -w "$TMP/ring/ring.pcap" $ring --json 2>"$LINE"
	assert_eq "$(tail -n 1 "$LINE" | jq -r '.files[].list[].path' | sort)" "$(printf '%s\n' "$TMP/ring"/*)" "files of $ring"
done

# Beside the text, into a file, a descriptor, standard output.
run "$PLX_CAPTURE" -r "$IN" --top 2 -c 100 --summary "$LINE" 2>"$TMP/capture.log"
assert_sums
assert_json '.reason == "count" and .account.rows.counted == 100 and .files == []'
assert_grep "$TMP/capture.log" '^ +counted +100$'
run "$PLX_CAPTURE" -q -r "$IN" -w "$OUT" --summary /dev/fd/7 7>"$LINE"
assert_sums
run "$PLX_CAPTURE" -q -r "$IN" -w "$OUT" --json --summary - >"$LINE"
assert_sums

run "$PLX_CAPTURE" -r "$IN" -w - --json 2>"$LINE" >"$OUT"
assert_sums
assert_json ".files[0].bytes == $(stat -c %s "$OUT")"

# Several queues and workers, a filter, a ring that is too small, and a line each period.
start capture - "$PLX_CAPTURE" --no-huge --lcores '(0-2)@(0-1)' --vdev net_null0,size=100 -- --ring 64 --queues 3 \
	-w "$TMP/part%w.pcapng" --json --stats-period 200ms 'len < 1000' --top 1
# Of which one at least brought packets: on a busy machine nothing may run for the length of one.
three_lines() { jq -es 'length >= 3 and any(.[1:][]; .period.packets > 0)' "$TMP/capture.log" >"$TMP/jq.log"; }
wait_until 20 'three periods' three_lines
stop "$JOB" INT
cp "$TMP/capture.log" "$LINE"
assert_sums
assert_json 'all(.ports[].queues[]; .bytes == 100 * .delivered)' \
	".duration_ns >= $(head -n -1 "$LINE" | tail -n 1 | jq .elapsed_ns)" '.end_ns > .start_ns'
delivered=$(tail -n 1 "$LINE" | jq .account.delivered)
assert_json '.reason == "signal" and .signal == "INT" and (.ports[0].queues | length) == 3 and (.files | length) == 2'
head -n -1 "$LINE" | jq -es --argjson delivered "$delivered" 'length >= 3 and all(.[]; .event == "period") and (map(.elapsed_ns) | . == sort)
	and (map(.account.delivered) | . == sort) and any(.[1:][]; .period.packets > 0)
	and (map(.period.packets) | add) <= $delivered' >/dev/null || fail 'the periods'

# What fails is in the line, too.
status=0
head -c 100000 "$IN" >"$TMP/cut.pcap"
run "$PLX_CAPTURE" -r "$TMP/cut.pcap" --top 1 --json 2>"$LINE" || status=$?
assert_eq "$status" 1 'status of a file that is cut'
assert_json '.status == 1'
assert_refuses "--summary: cannot write '/none/line'" "$PLX_CAPTURE" -r "$IN" --top 1 --summary /none/line
assert_refuses "'--summary -' and '--output -' would mix" "$PLX_CAPTURE" -r "$IN" -w - --summary -
