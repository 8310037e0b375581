#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Capture files that are cut, hostile or none, and outputs that cannot be: what is whole is kept, the rest is told, with
# the place, and the exit status is not 0.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# Mounts of a namespace of our own go with it, whatever happens.
if [ "$(id -u)" -eq 0 ] && [ -z "${FUNC_MOUNTS:-}" ]; then
	FUNC_MOUNTS=own exec unshare -m bash "$0"
fi
func_begin anyone
need python3 capinfos

LCORES='(0,1)@0'
python3 "$FUNC_DIR/make_broken.py" "$TMP"
python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" 3000

# FILE PATTERN: the file's only whole packet comes through both programs, the fault is told, and they do not end with 0.
breaks_off()
{
	assert_status 1 "$PLX_CAPTURE" --no-huge -l 0 --vdev "net_pcap0,rx_pcap=$TMP/$1,eof=1" -- -o "$TMP/out.pcap"
	assert_grep "$TMP/out.log" "$1': .*$2"
	assert_grep "$TMP/out.log" 'every packet is accounted for'
	assert_eq "$(count_packets "$TMP/out.pcap")" 1 "packets of $1"
	assert_status 1 "$PLX_TESTPMD" --no-huge --lcores "$LCORES" --vdev "net_pcap0,rx_pcap=$TMP/$1,tx_pcap=$TMP/out.pcap" -- \
		--duration 1
	assert_grep "$TMP/out.log" "$1': .*$2"
	assert_eq "$(count_packets "$TMP/out.pcap")" 1 "packets forwarded of $1"
}

# FILE PATTERN
refused()
{
	assert_refuses "$2" "$PLX_CAPTURE" --no-huge -l 0 --vdev "net_pcap0,rx_pcap=$TMP/$1,eof=1" -- -o "$TMP/none.pcap"
	assert_refuses "$2" "$PLX_TESTPMD" --no-huge --lcores "$LCORES" --vdev "net_pcap0,rx_pcap=$TMP/$1" -- --duration 1
	[ ! -e "$TMP/none.pcap" ] || fail "an output was made for $1"
}

inputs()
{
	breaks_off cut_record.pcap 'offset 100: the file ends within a record: 26 bytes of 76 .* cut'
	breaks_off cut_header.pcap 'the file ends within a record header: 7 bytes of 16'
	breaks_off huge_record.pcap 'it claims 4294967295 captured bytes; allowed are'
	breaks_off block_of_none.pcapng 'a block length of 0'
	breaks_off block_of_all.pcapng 'a block of 4294967280 bytes; allowed are'
	breaks_off no_interface.pcapng 'it names interface 3; 1 were described'
	breaks_off longer_than_block.pcapng 'it claims 4000 captured bytes; the block has 8'
	refused empty "empty' is empty"
	refused short 'the file ends within its header: 10 bytes of 24 .* cut'
	refused text 'neither pcap nor pcapng: it begins with 0x746f6f72'
	refused version.pcap 'pcap version 9.9; only 2.4 is read'
	refused raw_ip.pcap 'link type 101; a port takes Ethernet'
	refused missing.pcap 'No such file or directory'
	refused . 'Is a directory'
}

# PATTERN FILE
cannot_write()
{
	assert_refuses "$1" "$PLX_TESTPMD" --no-huge --lcores "$LCORES" --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$2" -- \
		--duration 1
	assert_refuses "$1" "$PLX_CAPTURE" --no-huge -l 0 --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,eof=1" -- -o "$2"
}

outputs()
{
	local before

	cannot_write "cannot write '$TMP/none/out.pcap': No such file or directory" "$TMP/none/out.pcap"
	cannot_write "cannot write '$TMP': Is a directory" "$TMP"
	cannot_write "cannot write '/dev/full': No space left on device" /dev/full
	before=$(cksum <"$TMP/in.pcap")
	assert_refuses 'in.pcap' "$PLX_TESTPMD" --no-huge --lcores "$LCORES" \
		--vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$TMP/in.pcap" -- --duration 1
	assert_eq "$(cksum <"$TMP/in.pcap")" "$before" 'an input named as output too'
}

mounts()
{
	[ "$(id -u)" -eq 0 ] || return 0
	mkdir "$TMP/small"
	mount -t tmpfs -o size=1m,ro none "$TMP/small"
	cannot_write 'Read-only file system' "$TMP/small/out.pcap"
	umount "$TMP/small"
	mount -t tmpfs -o size=1m none "$TMP/small"
	assert_status 1 "$PLX_TESTPMD" --no-huge --lcores "$LCORES" \
		--vdev "net_pcap0,rx_pcap=$TMP/in.pcap,infinite_rx=1,tx_pcap=$TMP/small/out.pcap" -- --duration 1
	cp "$TMP/small/out.pcap" "$TMP/out.pcap"
	umount "$TMP/small"
	assert_grep "$TMP/out.log" "cannot write '.*out.pcap': No space left on device, after [0-9]+ bytes"
	assert_grep "$TMP/out.log" 'lost: the file could not be written'
	sent=$(awk '/^ +sent / {gsub(",", "", $2); print $2}' "$TMP/out.log")
	assert_ge "$sent" 100 'packets written'
	assert_eq "$(count_packets "$TMP/out.pcap")" "$sent" 'packets in the file of a full disk'
	mkdir -m 0755 "$TMP/roots"
	chmod 0755 "$TMP"
	assert_refuses "cannot write '$TMP/roots/out.pcap': Permission denied" "${NOBODY[@]}" "$PLX_CAPTURE" --no-huge -l 0 \
		--vdev net_null0 -- -c 1 -o "$TMP/roots/out.pcap"
}

inputs
outputs
mounts
