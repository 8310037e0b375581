#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture whose output fails on the way, and which is stopped or killed: the file is whole up to its last packet, the
# accounts say what is missing.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# Mounts of a namespace of our own go with it, whatever happens.
if [ "$(id -u)" -eq 0 ] && [ -z "${FUNC_MOUNTS:-}" ]; then
	FUNC_MOUNTS=own exec unshare -m bash "$0"
fi
func_begin anyone
need python3 capinfos tcpdump

IN=$TMP/in.pcap
python3 "$FUNC_DIR/make_pcap.py" "$IN" 3000
PORT="net_pcap0,rx_pcap=$IN,infinite_rx=1"

# LCORES STATUS OUTPUT ARGS...: a capture without an end of its own; what it says is in capture.log.
capture_until_it_fails()
{
	local lcores=$1 expected=$2 output=$3 status=0

	shift 3
	run "$PLX_CAPTURE" --no-huge --lcores "$lcores" --vdev "$PORT" -- -o "$output" "$@" 2>"$TMP/capture.log" || status=$?
	assert_eq "$status" "$expected" "status of the capture into $output"
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
}

full_disk()
{
	local file=$TMP/small/out.$1 written

	mount -t tmpfs -o size=3m none "$TMP/small"
	capture_until_it_fails "$2" 1 "$file" --on-full stop
	cp "$file" "$TMP/"
	umount "$TMP/small"
	assert_grep "$TMP/capture.log" "out.$1.*No space left on device"
	assert_grep "$TMP/capture.log" 'since the output could not be written'
	written=$(account 'written  ')
	assert_ge "$written" 1000 'packets written'
	assert_ge "$(account 'lost: disk full')" 1 'packets not written'
	assert_eq "$(count_packets "$TMP/out.$1")" "$written" 'packets in the file'
	tcpdump -nr "$TMP/out.$1" >/dev/null 2>"$TMP/tcpdump.log"
	assert_no_grep "$TMP/tcpdump.log" 'truncated'
}

full_disks()
{
	[ "$(id -u)" -eq 0 ] || return 0
	mkdir "$TMP/small"
	full_disk pcap 0
	full_disk pcap '(0-1)@(0-1)'
	full_disk pcapng '(0-2)@(0-1)'
}

# The reader of a pipe that has seen enough.
reader_goes_away()
{
	local status=0

	{
		capture_until_it_fails '(0-1)@(0-1)' 0 -
	} | head -c 100000 >"$TMP/head.pcap" || status=$?
	assert_eq "$status" 0 'status of the pipe'
	assert_grep "$TMP/capture.log" 'the reader of the output has gone'
	run "$PLX_CAPTURE" --no-huge -l 0 --vdev "net_pcap0,rx_pcap=$IN,eof=1" -- -q -o - | tcpdump -r - --count >"$TMP/count" 2>/dev/null
	assert_eq "$(cat "$TMP/count")" '3000 packets' 'packets through the pipe'
}

signals()
{
	local signal status=0

	for signal in INT TERM HUP; do
		rm -f "$TMP/out.pcap"
		start capture - "$PLX_CAPTURE" --no-huge --lcores '(0-1)@(0-1)' --vdev net_null0,size=1000 -- -o "$TMP/out.pcap" \
			--ring 64 -s 64
		wait_until 10 'packets in the file' file_exceeds "$TMP/out.pcap" 1000000
		stop "$JOB" $signal
		assert_grep "$TMP/capture.log" "ended by SIG$signal"
		assert_grep "$TMP/capture.log" 'every packet is accounted for'
		assert_eq "$(count_packets "$TMP/out.pcap")" "$(account 'written  ')" "packets after SIG$signal"
	done
	# Killed, there is no last word; the kernel may have cut the last write, what is in front of that can be read.
	start capture - "$PLX_CAPTURE" --no-huge -l 0 --vdev net_null0 -- -o "$TMP/out.pcap" -s 64
	wait_until 10 'packets in the file' file_exceeds "$TMP/out.pcap" 1000000
	stop "$JOB" KILL || status=$?
	assert_eq "$status" 137 'status after SIGKILL'
	capinfos -Mc "$TMP/out.pcap" >"$TMP/killed" 2>/dev/null || true
	assert_ge "$(awk '/^Number of packets/ {print $NF}' "$TMP/killed")" 1000 'packets after SIGKILL'
}

full_disks
reader_goes_away
signals
