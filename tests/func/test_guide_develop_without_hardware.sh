#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/guides/develop-a-driver-without-hardware.md does what it says, for an ordinary user.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/guide.sh
. "$(dirname "$0")/guide.sh"
func_begin anyone
need tshark python3 cmp

PAGE=develop-a-driver-without-hardware.md
mkdir "$TMP/reader"
chmod 711 "$TMP"
chmod 777 "$TMP/reader"
as=()
[ "$(id -u)" -ne 0 ] || as=("${NOBODY[@]}")
for program in "$PLX_CAPTURE" "$PLX_NICEMU" "$PLX_TESTPMD"; do
	PATH=$(dirname "$program"):$PATH
done
export PATH
FUNC_LIMIT=170

# N: as guide_run, by a reader without rights.
read_block()
{
	guide_block $PAGE sh "$1" >"$TMP/reader/block.sh"
	(cd "$TMP/reader" && run "${as[@]}" env HOME="$PWD" bash -eu block.sh) >"$TMP/block.log" 2>&1 || {
		tail -n 20 "$TMP"/reader/*.log >&2
		fail "block $1 of $PAGE ends badly"
	}
}

read_block 1
assert_grep "$TMP/block.log" 'a driver connected'
assert_ge "$(awk '/Accumulated/ {getline; print $2}' "$TMP/block.log")" 1000 "frames received"
assert_no_grep "$TMP/block.log" 'do(es)? not add up|counted [+-]'

python3 "$FUNC_DIR/make_pcap.py" "$TMP/reader/in.pcap" 200
read_block 2
assert_grep "$TMP/block.log" 'what went in came out'

read_block 3
assert_eq "$(grep -c ': status ' "$TMP/block.log")" 13 "faults"
assert_no_grep "$TMP/block.log" 'status (124|1[3-9][0-9])' "drivers that hung or fell over"
for fault in 'dead on' 'eeprom_damaged on' 'eeprom_stuck on' 'reset_stuck on'; do
	assert_grep "$TMP/block.log" "^$fault: status 2"
done
for fault in 'no_eerd on' 'drop 10' 'corrupt 10' 'delay 20ms'; do
	assert_grep "$TMP/block.log" "^$fault: status 0"
done

read_block 4
