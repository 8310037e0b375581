#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What plx-capture's pcapng files say beside the packets: where and how they were taken, and what was lost where.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need python3 tshark capinfos jq ping nstat

OUT=$TMP/out.pcapng

# FILTER...: each must be true of the file's blocks.
assert_blocks()
{
	local filter

	python3 "$FUNC_DIR/read_pcapng.py" "$OUT" >"$TMP/blocks.json"
	for filter; do
		jq -e "$filter" "$TMP/blocks.json" >/dev/null || {
			jq -c '.packets |= .[:3]' "$TMP/blocks.json" >&2
			fail "not so: $filter"
		}
	done
}

interfaces_are_described()
{
	local from to

	from=$(date +%s)
	start capture b "$PLX_CAPTURE" -i veth0 -i veth1 -w "$OUT" --comment 'first note' --comment 'second note' icmp
	wait_until 10 "the capture" grep -q 'capturing on veth1' "$TMP/capture.log"
	ping_all a 10 10.99.0.2
	wait_until 10 "packets" has_packets "$OUT" 20
	stop "$JOB" INT
	to=$(date +%s)
	assert_blocks "all(.statistics[]; .start >= ${from}000000000 and .start < .end and .end < $((to + 1))000000000)" \
		'.sections[0].comments == ["first note", "second note"]' '.sections[0].application[0] | startswith("plx-capture")' \
		".sections[0].os == [\"$(uname -sr)\"]" ".sections[0].hardware == [\"$(uname -m)\"]" \
		'[.interfaces[].name[0]] == ["veth0", "veth1"]' 'all(.interfaces[]; .tsresol == 9 and .filter == ["icmp"] and .link == 1)' \
		'all(.interfaces[]; .comments == ["time: kernel software stamp, CLOCK_REALTIME, ns"])' \
		".interfaces[0].speed == $(netns_exec b cat /sys/class/net/veth0/speed)000000" \
		".interfaces[0].os == [\"$(uname -sr)\"]" '.interfaces[0].hardware == ["net_af_packet"]' \
		'.interfaces[0].description[0] | startswith("net_af_packet0: ")' \
		'([.packets[] | .flags] | group_by(.) | map([.[0], length])) == [[1, 10], [2, 10]]' \
		'all(.packets[]; .queue != null and .drops == null and .comments == [])' \
		'(.statistics | length) == 2 and .statistics[0].accepted == 20 and .statistics[0].osdrop == 0 and .statistics[0].ifdrop == 0' \
		'all(.statistics[]; .comments == ["lost: nothing"])'
	tshark -r "$OUT" >/dev/null 2>"$TMP/tshark.log"
	assert_no_grep "$TMP/tshark.log" 'malformed|cut short|invalid'
}

files_keep_their_times()
{
	python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" 10
	run "$PLX_CAPTURE" -q -r "$TMP/in.pcap" -w "$OUT"
	assert_blocks '.interfaces[0].comments == ["time: as in the file that was read"]'
	assert_refuses 'only pcapng files have room for it' "$PLX_CAPTURE" -r "$TMP/in.pcap" -w "$TMP/a.pcap" --comment x
	[ ! -e "$TMP/a.pcap" ] || fail 'a file was written'
}

# Each of several files says what was known when it ended.
files_that_follow_one_another()
{
	local last=0 accepted n=0

	python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" 300
	run "$PLX_CAPTURE" -q -r "$TMP/in.pcap" -w "$TMP/set.pcapng" -b packets:100
	for OUT in "$TMP"/set_*.pcapng; do
		assert_blocks '.packets | length == 100' '(.statistics | length) == 1' '.statistics[0].comments == ["lost: nothing"]'
		accepted=$(jq '.statistics[0].accepted' "$TMP/blocks.json")
		assert_ge "$accepted" $((last + 1)) "accepted by the filter until the end of $OUT"
		last=$((n++ == 2 ? accepted : 100 * n))
	done
	assert_eq "$n $last" '3 300' 'files, and packets at the end'
	OUT=$TMP/out.pcapng
}

# Losses: each packet behind a gap knows its size, the first one says it; the sums are those of the accounts.
losses_are_where_they_were()
{
	local told

	start capture - "$PLX_CAPTURE" --no-huge --lcores '(0-2)@(0-1)' --vdev net_null0,size=100 -- --ring 64 --queues 2 -w "$OUT" -s 64 \
		--summary "$TMP/summary.json"
	wait_until 20 'losses in the file' file_exceeds "$OUT" 3000000
	stop "$JOB" INT
	assert_blocks '.interfaces[0].comments[0] | startswith("time: stamp of plx-capture")' \
		'[.packets[] | select(.drops != null)] | length > 3 and all(.drops > 0)' \
		'([.packets[] | select(.comments != [])] | length) <= 2' \
		'[.packets[] | select(.comments != [])] | length > 0 and all(.comments == ["\(.drops) lost before this packet: writer too slow"])' \
		".statistics[0].osdrop == $(account 'lost: writer too slow')" ".statistics[0].received == $(account '  received ')" \
		'.statistics[0] | .comments == ["lost: writer too slow \(.osdrop)"] and .accepted == .osdrop + .delivered' \
		'.statistics[0].delivered == (.packets | length)' \
		'([.packets[].drops // 0] | add) <= .statistics[0].osdrop'
	# Which queue each came from: as many of each as that queue handed to the writer.
	assert_eq "$(jq -c '[.packets[].queue] | group_by(.) | map([.[0], length])' "$TMP/blocks.json")" \
		"$(jq -c 'select(.event == "end") | .ports[0].queues | map([.queue, .delivered - .lost_writer_too_slow])' "$TMP/summary.json")" \
		'packets by queue'
	told=$(tshark -r "$OUT" -Y frame.drop_count -T fields -e frame.drop_count 2>/dev/null | awk '{n += $1} END {print n}')
	assert_ge "$told" 1 'losses that are told'
	assert_eq "$told" "$(jq '[.packets[].drops // 0] | add' "$TMP/blocks.json")" 'losses as tshark reads them'
}

make_pair 2
netns_veth a veth1 b veth1
interfaces_are_described
files_keep_their_times
files_that_follow_one_another
losses_are_where_they_were
