#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture into files that follow one another, by tcpdump's options and by dumpcap's: every packet is in exactly one of
# them, and each can be read.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3 tcpdump capinfos mergecap tshark

IN=$TMP/in.pcap
OUT=$TMP/out
python3 "$FUNC_DIR/make_pcap.py" "$IN" 3000

# ARGS...: a capture of IN into a new folder OUT.
capture()
{
	rm -rf "$OUT"
	mkdir "$OUT"
	capture_files "rx_pcap=$IN,eof=1" "$@"
}

# [COUNT]: the files of OUT together are IN, each of them whole and none empty.
assert_all_there()
{
	local file

	for file in "$OUT"/*; do
		assert_ge "$(count_packets "$file")" 1 "packets in $file"
	done
	mergecap -F nsecpcap -w "$TMP/merged" "$OUT"/* 2>/dev/null
	assert_eq "$(md5 "$TMP/merged")" "$(md5 "$IN")" 'packets of all files together'
	[ -z "${1:-}" ] || assert_eq "$(names | wc -w)" "$1" 'number of files'
}

md5()
{
	list_frames "$1" frame.time_epoch | sort | md5sum
}

names()
{
	(cd "$OUT" && echo *)
}

# ARGS...: what tcpdump makes of IN, file for file and byte for byte.
assert_as_tcpdump()
{
	local file

	rm -rf "$TMP/expected"
	mkdir "$TMP/expected"
	tcpdump -Z "$(id -un)" -r "$IN" --time-stamp-precision=nano -w "$TMP/expected/log.pcap" "$@" >"$TMP/tcpdump.log" 2>&1
	capture -w "$OUT/log.pcap" "$@"
	assert_eq "$(names)" "$(cd "$TMP/expected" && echo *)" "files of $*"
	for file in "$TMP/expected"/*; do
		cmp "$file" "$OUT/${file##*/}"
	done
}

tcpdumps_options()
{
	assert_as_tcpdump -C 1
	assert_all_there
	assert_as_tcpdump -C 1 -W 2
	assert_as_tcpdump -C 1 -W 12
	slots_again
	# Units that newer ones know.
	capture -w "$OUT/log.pcap" -C 100k
	assert_all_there 22
	assert_ge "$(stat -c %s "$OUT/log.pcap")" 102401 'size'
	# A name that is taken stays as it is.
	rm -rf "$TMP/keep" && mkdir "$TMP/keep"
	echo precious >"$TMP/keep/log.pcap1"
	run "$PLX_CAPTURE" -q -r "$IN" -w "$TMP/keep/log.pcap" -C 1
	assert_eq "$(cat "$TMP/keep/log.pcap1")" precious 'a file of somebody else'
	assert_eq "$(cd "$TMP/keep" && echo *)" 'log.pcap log.pcap1 log.pcap2 log.pcap3' 'files beside it'
}

# Once more over the slots that are there; who reads an old one goes on reading it.
slots_again()
{
	local before

	run "$PLX_CAPTURE" -q -r "$IN" -w "$TMP/slot.pcap" -C 1 -W 2
	before=$(md5sum <"$TMP/slot.pcap0")
	exec 8<"$TMP/slot.pcap0"
	run "$PLX_CAPTURE" -q -r "$IN" -w "$TMP/slot.pcap" -C 1 -W 2 -s 500
	assert_eq "$(md5sum <&8)" "$before" 'an old slot that is being read'
	exec 8<&-
	[ "$(md5sum <"$TMP/slot.pcap0")" != "$before" ] || fail 'the slot is the old one'
}

# The input again, but a packet a second from 2026-11-21 13:59:50 UTC on.
slow_input()
{
	python3 - "$IN" "$TMP/slow.pcap" <<-'END'
		import struct, sys
		data, at, n = open(sys.argv[1], 'rb').read(), 24, 0
		out = open(sys.argv[2], 'wb')
		out.write(data[:24])
		while at < len(data) and n < 100:
		    end = at + 16 + struct.unpack_from('=I', data, at + 8)[0]
		    out.write(struct.pack('=II', 1795269590 + n, 0) + data[at + 8:end])
		    at, n = end, n + 1
	END
}

periods()
{
	slow_input
	local IN=$TMP/slow.pcap
	export TZ=UTC
	# The time of packets from files is the time, so that they can be cut by the hour afterwards.
	capture -w "$OUT/log-%H%M%S.pcap" -G 30
	assert_eq "$(names)" 'log-135930.pcap log-140000.pcap log-140030.pcap log-140100.pcap' 'files of -G'
	assert_all_there
	assert_eq "$(count_packets "$OUT/log-140000.pcap")" 30 'packets of a whole period'
	capture -w "$OUT/log.pcapng" -b interval:60
	assert_eq "$(names)" 'log_00001_20261121135950.pcapng log_00002_20261121140000.pcapng log_00003_20261121140100.pcapng' \
		'files of -b interval'
	assert_all_there
	capture -w "$OUT/log-%H%M.pcap" -G 20
	assert_eq "$(names)" \
		'log-1359.pcap log-1400.pcap log-1400.pcap1 log-1400.pcap2 log-1401.pcap log-1401.pcap1' \
		'files of a pattern that repeats'
	assert_all_there
	unset TZ
}

dumpcaps_options()
{
	for LCORES in 0 '(0-1)@(0-1)'; do
		capture -w "$OUT/log.pcapng" -b packets:700
		assert_all_there 5
		capture -w "$OUT/log.pcap" -b filesize:100
		assert_all_there 22
	done
	LCORES=
	names | tr ' ' '\n' >"$TMP/names.log"
	assert_grep "$TMP/names.log" '^log_00022_[0-9]{14}\.pcap$'
	capture -w "$OUT/log.pcap" -b packets:700 -b files:2
	assert_eq "$(names | sed 's/_[0-9]*\.pcap//g')" 'log_00004 log_00005' 'files of a ring'
	assert_eq "$(($(count_packets "$OUT/"log_00004*) + $(count_packets "$OUT/"log_00005*)))" 900 'packets of a ring'
	assert_grep "$TMP/capture.log" 'files: 5, of which 3 were removed'
	capture -w "$OUT/log.pcap" --quota 1000000
	assert_ge 1000000 "$(cat "$OUT"/* | wc -c)" 'bytes left by a quota'
	assert_grep "$TMP/capture.log" 'were removed'
}

# Both sides of the collision: a device in the short form, a rule behind the separator and in the short form.
letter_b()
{
	run "$PLX_CAPTURE" -q -b "net_pcap0,rx_pcap=$IN,eof=1" -w "$TMP/b.pcap" -b packets:3000
	assert_eq "$(count_packets "$TMP/"b_00001_*)" 3000 'packets of -b and -b'
}

stops()
{
	capture -w "$OUT/log.pcap" -a packets:17
	assert_eq "$(count_packets "$OUT/log.pcap")" 17 'packets of -a packets'
	capture -w "$OUT/log.pcap" -a filesize:100
	assert_eq "$(names)" log.pcap 'files of -a filesize'
	assert_ge "$(stat -c %s "$OUT/log.pcap")" 100000 'bytes'
	assert_ge 104000 "$(stat -c %s "$OUT/log.pcap")" 'bytes, with the packet that reached the limit'
	assert_grep "$TMP/capture.log" 'the files asked for are full'
	capture -w "$OUT/log.pcap" -b packets:100 -a files:3
	assert_eq "$(names | sed 's/_[0-9]*\.pcap//g')" 'log_00001 log_00002 log_00003' 'files of -a files'
	assert_eq "$(for file in "$OUT"/*; do count_packets "$file"; done | tr '\n' ' ')" '100 100 100 ' 'packets in them'
	run "$PLX_CAPTURE" --no-huge -l 0 --vdev net_null0 -- -q -w /dev/null -a duration:0.1
}

# Each file is handed to the command once it is whole, the last one too.
commands()
{
	cat >"$TMP/after" <<-END
		#!/bin/sh
		[ ! -e "\$1.part" ] && capinfos -Mc "\$1" >/dev/null && echo "\$(nice) \$1" >>"$TMP/done.log"
	END
	chmod +x "$TMP/after"
	: >"$TMP/done.log"
	capture -w "$OUT/log.pcap" -C 1 --safe-rename -z "$TMP/after"
	wait_until 20 'three commands to end' lines_are 3 "$TMP/done.log"
	assert_eq "$(sort "$TMP/done.log" | tr '\n' ' ')" "19 $OUT/log.pcap 19 $OUT/log.pcap1 19 $OUT/log.pcap2 " 'commands'
	assert_all_there 3
	capture -w "$OUT/log.pcap" -C 1 -z gzip
	wait_until 20 'three files to be packed' packed 3
	zcat "$OUT"/log.pcap2.gz | tcpdump -nr - >/dev/null 2>"$TMP/tcpdump.log"
	# One that fails is told once, one that hangs holds nothing up.
	capture -w "$OUT/log.pcap" -C 1 -z false
	assert_eq "$(grep -c 'ended with status 1' "$TMP/capture.log")" 1 'complaints'
	assert_grep "$TMP/capture.log" 'false failed 3 times'
	printf '#!/bin/sh\necho $$ >>%s/pids\nexec sleep 60\n' "$TMP" >"$TMP/after"
	capture -w "$OUT/log.pcap" -C 1 -z "$TMP/after"
	assert_grep "$TMP/capture.log" '3 commands still run'
	wait_until 20 'three commands to begin' lines_are 3 "$TMP/pids"
	xargs kill <"$TMP/pids"
}

# Root in somebody's folder, at the start and later: rights are given up in between, but for the one it takes.
folders_of_others()
{
	slow_input
	# A file's time is not known before its first packet: the hour 00 stands for that.
	rm -rf "$OUT" && mkdir -p "$OUT/00" "$OUT/13" "$OUT/14"
	chown 65534 "$OUT"/*
	chmod 0700 "$OUT"/*
	TZ=UTC run "$PLX_CAPTURE" -q -r "$TMP/slow.pcap" -w "$OUT/%H/log.pcap" -G 30
	assert_eq "$(cd "$OUT" && echo */*.pcap*)" '13/log.pcap 14/log.pcap 14/log.pcap1 14/log.pcap2' 'files in folders of others'
}

lines_are()
{
	[ "$(wc -l <"$2")" -eq "$1" ]
}

packed()
{
	[ "$(find "$OUT" -name '*.gz' | wc -l)" -eq "$1" ] && [ "$(find "$OUT" ! -name '*.gz' -type f | wc -l)" -eq 0 ]
}

workers()
{
	deal_out "$IN" "$TMP/a.pcap" "$TMP/b.pcap"
	rm -rf "$OUT" && mkdir "$OUT"
	run "$PLX_CAPTURE" --no-huge --lcores '(0-2)@(0-1)' --vdev "net_pcap0,rx_pcap=[$TMP/a.pcap,$TMP/b.pcap],eof=1" -- \
		-w "$OUT/part%w.pcap" -C 300k 2>"$TMP/capture.log"
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
	assert_all_there
	names | tr ' ' '\n' >"$TMP/names.log"
	assert_grep "$TMP/names.log" '^part0.pcap1$'
	assert_grep "$TMP/names.log" '^part1.pcap1$'
	# One file in the order of time, however many receive.
	rm -rf "$OUT" && mkdir "$OUT"
	run "$PLX_CAPTURE" --no-huge --lcores '(0-2)@(0-1)' --vdev "net_pcap0,rx_pcap=[$TMP/a.pcap,$TMP/b.pcap],eof=1" -- \
		-w "$OUT/log.pcap" -C 1 2>"$TMP/capture.log"
	assert_all_there 3
	cmp <(cat "$OUT/log.pcap" <(tail -c +25 "$OUT/log.pcap1") <(tail -c +25 "$OUT/log.pcap2")) "$IN"
}

# Killed in the middle, every file that has its name is whole; the last one does not have it yet.
killed()
{
	local file

	rm -rf "$OUT" && mkdir "$OUT"
	start capture - "$PLX_CAPTURE" --no-huge -l 0 --vdev net_null0 -- -w "$OUT/log.pcap" -s 64 -b filesize:1000 -b files:4 --safe-rename
	wait_until 20 'some files' several_files
	stop "$JOB" KILL || true
	for file in "$OUT"/*.pcap; do
		tcpdump -nr "$file" >/dev/null 2>"$TMP/tcpdump.log" || fail "$file is not whole"
	done
	assert_ge "$(find "$OUT" -name '*.pcap.part' | wc -l)" 1 'files without their name'
}

several_files()
{
	[ "$(find "$OUT" -name '*.pcap' | wc -l)" -ge 3 ]
}

refusals()
{
	assert_refuses 'give one kind' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" -C 1 -b packets:1
	assert_refuses 'says when one is full' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" -W 3
	assert_refuses 'says when one is full' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" -b files:3
	assert_refuses 'write filesize:VALUE' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" -b filesise:3
	assert_refuses 'millions of bytes' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" -C 3x
	assert_refuses 'is no number from 1' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" -b packets:0
	assert_refuses 'the least is 2' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" -C 1 -W 1
	assert_refuses 'several need a name' "$PLX_CAPTURE" -r "$IN" -w - -C 1
	assert_refuses 'no such command' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" -C 1 -z 'gzip -9'
	assert_refuses 'no regular file' "$PLX_CAPTURE" -r "$IN" -w /dev/null -C 1
	[ -z "$(find "$TMP" -name 'x*')" ] || fail 'a refusal left a file'
}

tcpdumps_options
periods
dumpcaps_options
letter_b
stops
commands
workers
killed
refusals
[ "$(id -u)" -ne 0 ] || folders_of_others
