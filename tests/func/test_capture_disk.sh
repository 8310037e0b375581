#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture on a disk that is full, has room again, loses its folder, its file or its rights: what is lost is counted by
# its name, what is written can be read, and the capture goes on.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# Mounts of a namespace of our own go with it, whatever happens.
if [ "$(id -u)" -eq 0 ] && [ -z "${FUNC_MOUNTS:-}" ]; then
	FUNC_MOUNTS=own exec unshare -m bash "$0"
fi
func_begin anyone
need python3 capinfos

IN=$TMP/in.pcap
python3 "$FUNC_DIR/make_pcap.py" "$IN" 3000
LOG=$TMP/capture.log

# ARGS...: a capture of IN, again and again, in the background.
start_capture()
{
	start capture - "$PLX_CAPTURE" --no-huge --lcores "${LCORES:-(0-1)@(0-1)}" --vdev "net_pcap0,rx_pcap=$IN,infinite_rx=1" -- "$@"
}

said()
{
	grep -Eq -- "$1" "$LOG"
}

# STATUS: ends the capture, which must say that the books are right.
end_capture()
{
	local status=0

	stop "$JOB" INT || status=$?
	assert_eq "$status" "$1" 'status'
	assert_grep "$LOG" 'every packet is accounted for'
}

# FILES...: together they hold as many packets as the capture says it has written.
assert_written()
{
	local file sum=0

	for file; do
		sum=$((sum + $(count_packets "$file")))
	done
	assert_eq "$sum" "$(account 'written  ')" 'packets in the files'
}

small_disk()
{
	mkdir -p "$TMP/small"
	mount -t tmpfs -o "size=$1" none "$TMP/small"
	head -c "$2" /dev/zero >"$TMP/small/filler"
}

full_and_room_again()
{
	for LCORES in 0 '(0-1)@(0-1)'; do
		small_disk 40m 38m
		start_capture -w "$TMP/small/out.pcapng" "$@"
		wait_until 20 'the disk to be full' said 'No space left on device'
		assert_grep "$LOG" 'plx-capture: [0-9:]{8} cannot write .*/small/out.*packets are lost, and counted'
		rm "$TMP/small/filler"
		wait_until 20 'room to be found' said 'is written again; [0-9,]+ packets were lost'
		end_capture 1
		assert_eq "$(grep -c 'No space left on device' "$LOG")" 1 'complaints'
		assert_ge "$(account 'lost: disk full')" 1 'packets lost'
		assert_written "$TMP/small"/out*
		umount "$TMP/small"
	done
	LCORES=
}

wait_for_room()
{
	small_disk 12m 10m
	start_capture -w "$TMP/small/out.pcap" --on-full wait -c 9000
	wait_until 20 'the disk to be full' said 'the writer waits until there is room'
	rm "$TMP/small/filler"
	wait_end "$JOB" 20 || fail "status $? of --on-full wait"
	assert_written "$TMP/small/out.pcap"
	assert_eq "$(account 'written  ')" 9000 'packets written'
	umount "$TMP/small"
	# A stop ends the wait.
	small_disk 2m 1m
	start_capture -w "$TMP/small/out.pcap" --on-full wait
	wait_until 20 'the disk to be full' said 'the writer waits until there is room'
	end_capture 1
	assert_written "$TMP/small/out.pcap"
	umount "$TMP/small"
}

# The largest file that is allowed (set late: memory is made of files, too): the capture goes on in another one.
file_limit()
{
	mkdir "$TMP/limit"
	start_capture -w "$TMP/limit/out.pcap" -b files:3 -b filesize:1000000
	wait_until 20 'a file' several_files "$TMP/limit" 1
	prlimit --pid "$JOB" --fsize=2000000
	wait_until 20 'more files' several_files "$TMP/limit" 3
	end_capture 1
	assert_grep "$LOG" 'File too large'
	assert_ge "$(account 'lost: disk full')" 1 'packets lost'
	for file in "$TMP/limit"/*; do
		assert_ge "$(count_packets "$file")" 1 "packets in $file"
	done
	rm -r "$TMP/limit"
}

file_removed()
{
	local before

	start_capture -w "$TMP/gone.pcap" -C 4 -W 3 -s 64
	wait_until 20 'some files' test -s "$TMP/gone.pcap1"
	stop "$JOB" INT
	rm -f "$TMP"/gone*
	start_capture -w "$TMP/gone.pcap" -a duration:60 -s 64
	wait_until 20 'a file' test -s "$TMP/gone.pcap"
	exec 7<"$TMP/gone.pcap" # what is in it stays to be counted
	rm "$TMP/gone.pcap"
	wait_until 20 'the loss to be noticed' said "gone.pcap' was removed, with [0-9]+ packets in it"
	wait_until 20 'another file' test -s "$TMP/gone.pcap"
	end_capture 1
	assert_ge "$(count_packets "$TMP/gone.pcap")" 1 'packets in the new file'
	cat <&7 >"$TMP/gone.before"
	exec 7<&-
	before=$(count_packets "$TMP/gone.before")
	assert_grep "$LOG" "was removed, with $before packets in it"
	assert_eq $((before + $(count_packets "$TMP/gone.pcap"))) \
		$(($(account 'written  ') + $(account 'lost: could not be written'))) 'packets of both files'
	rm "$TMP"/gone*
}

folder_vanishes()
{
	mkdir "$TMP/folder"
	start_capture -w "$TMP/folder/out.pcap" -b filesize:20000 -b files:3 -s 64
	wait_until 20 'some files' several_files "$TMP/folder"
	mv "$TMP/folder" "$TMP/moved"
	wait_until 20 'that to be told' said 'No such file or directory; the capture goes on'
	mv "$TMP/moved" "$TMP/folder"
	end_capture 1
	assert_no_grep "$LOG" 'lost: .* [1-9][0-9,]*$'
	for file in "$TMP/folder"/*; do
		assert_ge "$(count_packets "$file")" 1 "packets in $file"
	done
	rm -r "$TMP/folder"
}

several_files()
{
	[ "$(find "$1" -type f | wc -l)" -ge "${2:-2}" ]
}

rounds_are_many()
{
	compgen -G "$TMP/small/out_0003*" >/dev/null
}

# A ring that nearly fills the disk: nothing is lost while the space of its oldest file is on its way.
ring_fills_the_disk()
{
	small_disk 29m 1
	start_capture -w "$TMP/small/out.pcap" -b filesize:9000 -b files:3
	wait_until 20 'many rounds' rounds_are_many
	end_capture 0
	assert_eq "$(account 'lost: disk full')" 0 'packets lost'
	umount "$TMP/small"
}

# Rights that are taken away: the file that is open goes on.
rights_lost()
{
	mkdir "$TMP/rights"
	chmod 0755 "$TMP"
	chmod a+r "$IN"
	chown 65534 "$TMP/rights"
	start capture - "${NOBODY[@]}" "$PLX_CAPTURE" --no-huge -l 0 \
		--vdev "net_pcap0,rx_pcap=$IN,infinite_rx=1" -- -w "$TMP/rights/out.pcap" -b filesize:20000 -b files:3 -s 64
	wait_until 20 'some files' several_files "$TMP/rights" 3
	chmod 0555 "$TMP/rights"
	chown 0 "$TMP/rights"
	wait_until 20 'that to be told' said 'Permission denied; the capture goes on'
	assert_grep "$LOG" "cannot remove '.*out_0.*': Permission denied; it stays, and takes room"
	end_capture 1
	for file in "$TMP/rights"/*; do
		assert_ge "$(count_packets "$file")" 1 "packets in $file"
	done
}

file_limit
file_removed
folder_vanishes
if [ "$(id -u)" -eq 0 ]; then
	full_and_room_again
	full_and_room_again -b filesize:5000
	wait_for_room
	ring_fills_the_disk
	rights_lost
fi
