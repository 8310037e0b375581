#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture into compressed files: zstd finds them whole, what comes out is what went in, also in a ring, on a full disk
# and when it was killed; and they are read again without being unpacked.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# Mounts of a namespace of our own go with it, whatever happens.
if [ "$(id -u)" -eq 0 ] && [ -z "${FUNC_MOUNTS:-}" ]; then
	FUNC_MOUNTS=own exec unshare -m bash "$0"
fi
func_begin anyone
need python3 capinfos zstd zstdcat tcpdump

IN=$TMP/in.pcap
python3 "$FUNC_DIR/make_pcap.py" "$IN" 3000

capture()
{
	capture_files "rx_pcap=$IN,eof=1" "$@"
}

# FILE: packets in a compressed file that zstd must find whole.
packed_packets()
{
	zstd -qt "$1"
	zstdcat "$1" >"$TMP/unpacked"
	count_packets "$TMP/unpacked"
}

roundtrips()
{
	for LCORES in 0 '(0-1)@(0-1)'; do
		capture -w "$TMP/out.pcap.zst"
		zstd -qt "$TMP/out.pcap.zst"
		cmp <(zstdcat "$TMP/out.pcap.zst") "$IN"
	done
	LCORES=
	capture -w "$TMP/named.pcap" --compress zstd:9
	cmp <(zstdcat "$TMP/named.pcap.zst") "$IN"
	assert_ge "$(stat -c %s "$TMP/out.pcap.zst")" $(($(stat -c %s "$TMP/named.pcap.zst") + 10000)) 'bytes at a lower level'
	[ ! -e "$TMP/named.pcap" ] || fail 'a file without .zst'
	zstdcat "$TMP/named.pcap.zst" | tcpdump -nr - --count >"$TMP/count" 2>/dev/null
	assert_eq "$(cat "$TMP/count")" '3000 packets' 'packets by tcpdump'
	capture -w "$TMP/out.pcapng.zst"
	assert_eq "$(packed_packets "$TMP/out.pcapng.zst")" 3000 packets
	capinfos -Mt "$TMP/unpacked" >"$TMP/type.log"
	assert_grep "$TMP/type.log" pcapng
	# And back, by ourselves.
	run "$PLX_CAPTURE" -q -r "$TMP/named.pcap.zst" -w "$TMP/again.pcap"
	cmp "$TMP/again.pcap" "$IN"
}

rings()
{
	mkdir "$TMP/ring"
	capture -w "$TMP/ring/log.pcap.zst" -C 1
	assert_eq "$(cd "$TMP/ring" && echo *)" 'log.pcap.zst log.pcap1.zst log.pcap2.zst' files
	cmp <(zstdcat "$TMP/ring/log.pcap.zst" && zstdcat "$TMP/ring/log.pcap1.zst" | tail -c +25 &&
		zstdcat "$TMP/ring/log.pcap2.zst" | tail -c +25) "$IN"
	capture -w "$TMP/ring/n.pcapng" --compress zstd -b packets:1000
	assert_eq "$(packed_packets "$TMP/ring/"n_00002_*.pcapng.zst)" 1000 packets
}

# What zstd can unpack of a file that broke off is whole packets.
killed()
{
	start capture - "$PLX_CAPTURE" --no-huge --lcores '(0-1)@(0-1)' --vdev "net_pcap0,rx_pcap=$IN,infinite_rx=1" -- \
		-w "$TMP/killed.pcap.zst"
	wait_until 20 'some frames' file_exceeds "$TMP/killed.pcap.zst" 10000000
	stop "$JOB" KILL || true
	zstdcat "$TMP/killed.pcap.zst" >"$TMP/unpacked" 2>/dev/null || true
	assert_ge "$(count_packets "$TMP/unpacked")" 3000 'packets after SIGKILL'
}

# A few packets do not wait for more of them: they are in the file while the capture goes on.
few()
{
	tcpdump -r "$IN" --time-stamp-precision=nano -c 10 -w "$TMP/few.pcap" 2>/dev/null
	start capture - "$PLX_CAPTURE" --no-huge -l 0 --vdev "net_pcap0,rx_pcap=$TMP/few.pcap" -- -w "$TMP/few.pcap.zst"
	wait_until 10 'a few packets' unpacks_to "$TMP/few.pcap.zst" "$TMP/few.pcap"
	stop "$JOB" INT
}

unpacks_to()
{
	zstdcat "$1" | cmp -s - "$2"
}

full_disk()
{
	local status=0

	[ "$(id -u)" -eq 0 ] || return 0
	mkdir "$TMP/small"
	mount -t tmpfs -o size=8m none "$TMP/small"
	run "$PLX_CAPTURE" --no-huge --lcores '(0-1)@(0-1)' --vdev "net_pcap0,rx_pcap=$IN,infinite_rx=1" -- \
		-w "$TMP/small/out.pcapng.zst" --on-full stop 2>"$TMP/capture.log" || status=$?
	assert_eq "$status" 1 'status on a full disk'
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
	assert_eq "$(packed_packets "$TMP/small/out.pcapng.zst")" \
		"$(awk '/^ +written /{gsub(",", "", $NF); print $NF}' "$TMP/capture.log")" 'packets on a full disk'
	umount "$TMP/small"
}

refusals()
{
	assert_refuses 'zstd:1 to zstd:19' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" --compress zstd:20
	assert_refuses 'zstd:1 to zstd:19' "$PLX_CAPTURE" -r "$IN" -w "$TMP/x" --compress gzip
	assert_refuses '[|] zstd' "$PLX_CAPTURE" -r "$IN" -w - --compress zstd
	head -c 1500000 "$TMP/named.pcap.zst" >"$TMP/cut.pcap.zst"
	assert_status 1 "$PLX_CAPTURE" -r "$TMP/cut.pcap.zst" -w "$TMP/y.pcap"
	assert_grep "$TMP/out.log" 'the compressed file was cut'
	# One that wants more memory than files of ours may.
	zstd -q --long=27 <"$IN" >"$TMP/wide.pcap.zst"
	assert_refuses 'the compressed data' "$PLX_CAPTURE" -r "$TMP/wide.pcap.zst" -w "$TMP/y.pcap"
	printf 'GARBAGE' | dd of="$TMP/cut.pcap.zst" bs=1 seek=500000 conv=notrunc 2>/dev/null
	assert_status 1 "$PLX_CAPTURE" -r "$TMP/cut.pcap.zst" -w "$TMP/y.pcap"
	assert_grep "$TMP/out.log" 'the compressed data is damaged'
}

roundtrips
rings
few
killed
full_disk
refusals
