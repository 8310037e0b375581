#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture's options over both ends of vhost-user, split and packed: one plx-testpmd sends without pause into the rings that
# the capture serves and the rings that it drives. What is written is what was asked for, and every packet is accounted for.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need capinfos jq tcpdump zstd

OUT=$TMP/out.pcap
SERVED=$TMP/served
DRIVEN=$TMP/driven

# It listens at both sockets, and goes on whoever comes and goes. It waits for its prompt's input to end.
start_source()
{
	mkfifo "$TMP/source.in"
	exec 7<>"$TMP/source.in"
	# shellcheck disable=SC2016 # for the shell in between
	start source - bash -c 'exec "$@" <"$0"' "$TMP/source.in" "$PLX_TESTPMD" --no-huge --no-pci --lcores '(0,1)@(0-1)' \
		--vdev "net_virtio_user0,path=$SERVED,server=1,queues=2,packed_vq=$PACKED" \
		--vdev "net_vhost0,iface=$DRIVEN,queues=2" -- \
		-i --forward-mode flowgen --rxq 2 --txq 2 --auto-start
	SOURCE=$JOB
	wait_until 20 "the sockets" test -S "$SERVED" -a -S "$DRIVEN"
}

end_source()
{
	echo quit >&7
	wait_end "$SOURCE" 20
	exec 7>&-
	rm "$TMP/source.in"
	assert_no_grep "$TMP/source.log" 'do not add up|unaccounted|broken_queues: [1-9]|rings_stopped: [1-9]'
	[ ! -e "$SERVED" ] || fail "the socket of the front end is left behind"
	[ ! -e "$DRIVEN" ] || fail "the socket of the back end is left behind"
}

# ARGS...: a capture of both ports; what it says is in $TMP/capture.log.
capture()
{
	rm -rf "$TMP"/out*
	run "$PLX_CAPTURE" --no-huge --no-pci --lcores "${LCORES:-(0-1)@(0-1)}" \
		--vdev "net_vhost0,iface=$SERVED,client=1,queues=2" \
		--vdev "net_virtio_user0,path=$DRIVEN,queues=2,packed_vq=$PACKED" -- "$@" \
		2>"$TMP/capture.log" || fail "status $? of plx-capture $*"
	assert_no_grep "$TMP/capture.log" 'do not add up|unaccounted'
}

# N ARGS...: into OUT, that many packets.
captures()
{
	local n=$1

	shift
	capture -o "$OUT" -c "$n" "$@"
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
	assert_eq "$(count_packets "$OUT")" "$n" "packets of plx-capture $*"
	assert_eq "$(tcpdump -nr "$OUT" udp 2>/dev/null | wc -l)" "$n" "packets of the source of plx-capture $*"
}

what_is_captured()
{
	captures 300
	captures 200 -p 0
	captures 200 -p 1
	captures 200 --no-promisc
	captures 200 --promisc -s 30
	assert_eq "$(capinfos -TrMl "$OUT" | cut -f2 | grep -c 30)" 1 "a short snapshot"
	captures 200 -f udp -f 'greater 40'
	captures 200 ip and udp
	capture -o "$OUT" -d 300ms tcp or arp
	assert_eq "$(count_packets "$OUT")" 0 "packets that match nothing"
}

where_it_goes()
{
	captures 200 --format pcap-us
	captures 200 --format pcapng --comment 'both ends'
	assert_eq "$(capinfos -Tr "$OUT" | wc -l)" 1 "a whole pcapng file"
	capture -c 200 -w "$TMP/out.pcap.zst"
	zstd -qd "$TMP/out.pcap.zst" -o "$OUT"
	assert_eq "$(count_packets "$OUT")" 200 "packets of a compressed file"
	capture -c 200 -o - >"$TMP/piped"
	assert_eq "$(count_packets "$TMP/piped")" 200 "packets of a pipe"
	LCORES='(0-2)@(0-1)' capture -c 200 --workers 2 -w "$TMP/out%w.pcap"
	assert_ge "$(count_all)" 200 "packets of all workers"
	captures 200 --safe-rename
	captures 200 --on-full wait
	captures 200 --on-full stop
}

# Of all files of a capture.
count_all()
{
	local file n=0

	for file in "$TMP"/out*.pcap*; do
		n=$((n + $(count_packets "$file")))
	done
	echo $n
}

when_a_file_is_full()
{
	capture -c 500 -C 10k -w "$OUT"
	[ -e "${OUT}1" ] || fail "there is no second file of -C"
	assert_eq "$(count_all)" 500 "packets of the files of -C"
	capture -c 500 -b packets:100 -w "$OUT"
	assert_eq "$(count_all)" 500 "packets of the files of -b"
	capture -c 200 --quota 10m -w "$OUT"
	capture -a files:2 -G 1 -w "$TMP/out%s.pcap" -f 'ip[5] & 0x3f = 0' -z true
	assert_eq "$(find "$TMP" -name 'out*.pcap' | wc -l)" 2 "files of -G"
}

how()
{
	captures 200 --queues 1
	captures 200 --queues 2 --rxd 256
	captures 200 --ring 64
	captures 200 --keep-privileges
	LCORES=0 captures 200
	LCORES='(0-2)@(0-1)' captures 200 --workers 2
	captures 200 -U -l -n
}

what_is_shown()
{
	captures 200 --top 3
	captures 200 -v --stats-period 100ms
	captures 200 --summary "$TMP/summary"
	assert_eq "$(jq .balanced "$TMP/summary")" true "what a summary says of the books"
	capture -c 200 -o "$OUT" -q
	# The drivers were there before this was asked for.
	assert_no_grep "$TMP/capture.log" '^[^p]|account'
	assert_eq "$(count_packets "$OUT")" 200 "packets of a quiet capture"
	capture -a packets:200 -o "$OUT" --json
	assert_eq "$(grep '^{' "$TMP/capture.log" | jq '.ports[].ledger.balanced' | uniq)" true "what is told to programs"
}

PACKED=0
start_source
what_is_captured
where_it_goes
when_a_file_is_full
end_source
PACKED=1
start_source
what_is_captured
how
what_is_shown
end_source
