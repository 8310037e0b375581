#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture --attach: copies of the packets of a plx-testpmd that knows nothing of it, for several readers at once, each with
# its own filter and snaplen. One is killed, the others and the program go on; the program ends, and so do they.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need jq python3 tshark tcpdump capinfos

N=300
EAL=(--no-huge --no-pci --lcores '(0,1)@0' --idle yield)
mkfifo "$TMP/prompt"
python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" $N

# ARGS...: a program at whose prompt tell() speaks.
begin()
{
	exec 8<>"$TMP/prompt"
	# shellcheck disable=SC2016 # they are for the other bash
	start testpmd - bash -c 'exec "$@" <"$0" 8>&-' "$TMP/prompt" "$PLX_TESTPMD" "${EAL[@]}" --file-prefix "$NAME" "$@"
	testpmd=$JOB
	wait_until 20 "the control socket" taps_are 0
}

tell()
{
	printf '%s\n' "$@" >&8
}

# FILTER: of what plx-ctl says of the taps.
taps_say()
{
	run "$PLX_CTL" -t 60s "$NAME" taps >"$TMP/taps.log" 2>/dev/null && jq -e "$1" "$TMP/taps.log" >/dev/null
}

taps_are()
{
	taps_say ".taps | length == $1"
}

# LOG ARGS...: a capture in the background.
attach()
{
	local log=$1

	shift
	start "$log" - "$PLX_CAPTURE" --attach "$NAME" "$@"
}

running()
{
	kill -0 "$1"
}

# ROUNDS: forwards the file once more, and waits until all readers have seen all of so many rounds.
forward()
{
	tell 'port stop all' 'port start all' start
	wait_until 20 "all packets" taps_say \
		"[.taps[] | .recorded + .filtered == $1 * $N * (if .direction == \"out\" then 1 else 2 end)] | all"
	tell stop
}

# FILE FILTER...: all of them are true of it.
assert_json()
{
	local file=$1 filter

	shift
	for filter; do
		jq -e "$filter" "$file" >/dev/null || {
			jq -c '.ports // .statistics' "$file" >&2
			fail "not so: $filter"
		}
	done
}

# LOG: the books of a capture that lost nothing.
lost_nothing()
{
	assert_grep "$TMP/$1.log" 'every packet is accounted for'
	assert_no_grep "$TMP/$1.log" 'lost: .* [1-9]|still waiting'
}

# Both directions, both times: what passes the port is 4 N packets.
NAME=attach-$$
begin --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$TMP/out.pcap" -- -i --port-topology loop --enable-scatter
attach all -w "$TMP/all.pcapng"
all=$JOB
attach some -s 60 --summary "$TMP/some.json" -w "$TMP/some.pcapng" tcp
some=$JOB
attach killed -w "$TMP/killed.pcap"
killed=$JOB
attach sent -Q out -w "$TMP/sent.pcap"
sent=$JOB
wait_until 20 "four readers" taps_say '[.taps[] | select(.reading)] | length == 4'
taps_say '[.taps[].filter] | sort == ["", "", "", "tcp"]' || fail "filters of the readers"
forward 1
kill -KILL "$killed"
wait_until 20 "the killed reader to be forgotten" taps_are 3
running "$testpmd" || fail "the program died with its reader"
forward 2
tell quit
exec 8>&-
for job in "$testpmd" "$all" "$some" "$sent"; do
	status=0
	wait_end "$job" 20 || status=$?
	assert_eq "$status" 0 "status of process $job"
done
for log in all some sent; do
	lost_nothing $log
	assert_grep "$TMP/$log.log" 'there is nothing left to come'
	assert_grep "$TMP/$log.log" "$NAME ended"
done
assert_no_grep "$TMP/testpmd.log" 'not accounted|do not add up|still out'

# Judged by others.
list_frames "$TMP/in.pcap" >"$TMP/in.txt"
for _ in 1 2 3 4; do cat "$TMP/in.txt"; done | sort >"$TMP/in4.txt"
list_frames "$TMP/all.pcapng" | sort | cmp - "$TMP/in4.txt" || fail "not the packets that passed, twice in each direction"
assert_eq "$(tshark -r "$TMP/all.pcapng" -Y 'frame.packet_flags_direction == 2' 2>/dev/null | wc -l)" $((2 * N)) "packets out"
assert_eq "$(tshark -r "$TMP/all.pcapng" -Tfields -e frame.interface_name 2>/dev/null | sort -u)" net_pcap0 "name of the interface"
assert_eq "$(capinfos "$TMP/all.pcapng" | awk -F': *' '/Strict time/ {print $2}')" True "order of time"
tcpdump -r "$TMP/in.pcap" -w "$TMP/tcp.pcap" tcp 2>/dev/null
tcp=$(count_packets "$TMP/tcp.pcap")
assert_eq "$(count_packets "$TMP/some.pcapng")" $((4 * tcp)) "packets that match"
assert_grep "$TMP/some.log" "$((4 * (N - tcp))) did not match the filter, in $NAME" "what was left out there"
assert_json "$TMP/some.json" ".ports[0].attached == {program: \"$NAME\", port: \"net_pcap0\", number: 0, filter: \"tcp\",
	filtered_out: $((4 * (N - tcp))), lost: 0, end: \"ended\"}"
python3 "$FUNC_DIR/read_pcapng.py" "$TMP/some.pcapng" >"$TMP/blocks.json"
assert_json "$TMP/blocks.json" ".statistics[0] | .received == $((4 * N)) and .accepted == $((4 * tcp))"
tshark -r "$TMP/tcp.pcap" -Tfields -e frame.len 2>/dev/null | sort -n | uniq >"$TMP/lengths"
tshark -r "$TMP/some.pcapng" -Tfields -e frame.len 2>/dev/null | sort -n | uniq | cmp - "$TMP/lengths" || fail "lengths on the wire"
assert_eq "$(tshark -r "$TMP/some.pcapng" -Tfields -e frame.cap_len 2>/dev/null | sort -n | tail -n 1)" 60 "bytes of each packet"
assert_eq "$(count_packets "$TMP/sent.pcap")" $((2 * N)) "packets that were sent"

# Far more than a reader can take: books that add up all the same, and a pipe into tcpdump. The program is killed, and the
# reader ends as if it had ended itself.
NAME=flood-$$
begin --vdev net_null0,size=100 --vdev net_null1 -- -i --port-topology loop
tell start
run "$PLX_CAPTURE" --attach "$NAME:net_null0" -w - -c 20 -s 70 2>"$TMP/pipe.log" | tcpdump -nr - >"$TMP/dump.log" 2>"$TMP/dump.err"
assert_eq "$(wc -l <"$TMP/dump.log")" 20 "packets that tcpdump saw"
attach flood --top 1 --summary "$TMP/flood.json"
flood=$JOB
wait_until 20 "packets of both ports" taps_say '(.taps | length == 2) and ([.taps[].recorded > 100000] | all)'
kill -KILL "$testpmd"
exec 8>&-
status=0
wait_end "$flood" 20 || status=$?
assert_eq "$status" 0 "status of the reader of a killed program"
assert_grep "$TMP/flood.log" 'there is nothing left to come'
assert_grep "$TMP/flood.log" 'every packet is accounted for'
assert_grep "$TMP/flood.log" 'net_null0 \(port 0\)'
assert_grep "$TMP/flood.log" 'net_null1 \(port 1\)'
assert_json "$TMP/flood.json" '.balanced and (.ports | length == 2)' 'all(.ports[]; .attached.end == "ended" and .attached.filtered_out == 0)' \
	'all(.ports[]; .attached.lost == .ledger.rx.lost["read too slowly"])'

# What cannot be.
assert_refuses "no program of that name runs here" "$PLX_CAPTURE" --attach nobody -w "$TMP/x.pcap"
NAME=refuse-$$
begin --vdev net_null0 -- -i
assert_refuses "no program of that name runs here.*there are: .*$NAME" "$PLX_CAPTURE" --attach nobody -w "$TMP/x.pcap"
assert_refuses "$NAME has no port 'net_null7'; there are: net_null0" "$PLX_CAPTURE" --attach "$NAME:0,net_null7" -w "$TMP/x.pcap"
assert_refuses 'syntax error at "prot"' "$PLX_CAPTURE" --attach "$NAME" -w "$TMP/x.pcap" tcp prot 80
assert_refuses "'--read' contradicts '--attach'" "$PLX_CAPTURE" --attach "$NAME" -r "$TMP/in.pcap" -w "$TMP/x.pcap"
assert_refuses '"prot"' "$PLX_CAPTURE" --vdev "net_attach0,program=$NAME,filter='tcp prot 80'" -- -w "$TMP/x.pcap"
run "$PLX_CAPTURE" -D >"$TMP/list"
assert_grep "$TMP/list" "^--attach $NAME \[net_null0\]$"
if [ "$(id -u)" -eq 0 ]; then
	chmod 711 "$TMP" "$RUNTIME_DIRECTORY"
	chmod 666 "$RUNTIME_DIRECTORY/$NAME.sock"
	assert_refuses 'answers its own user and root' "${NOBODY[@]}" "$PLX_CAPTURE" --attach "$RUNTIME_DIRECTORY/$NAME.sock" -w /dev/null
fi
tell quit
exec 8>&-
wait_end "$testpmd" 20
