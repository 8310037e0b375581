#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "The fast capture tool has no rotation, no limits, and cannot stop after so many bytes; tcpdump's drifts and overwrites."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin anyone
need python3 capinfos

python3 -B "$FUNC_DIR/make_flows.py" "$TMP/in.pcap" 50 5000
all=$(count_packets "$TMP/in.pcap")
mkdir "$TMP/out" "$TMP/done"
cd "$TMP/out"

# PATTERN...: packets in all files together.
in_all() { capinfos -TMrc "$@" | awk '{sum += $NF} END {print sum}'; }

# By size, each finished file handed to a command, the last one too: no packet is lost between files.
cat >"$TMP/move" <<'END'
#!/bin/sh
mv "$1" ../done/
END
chmod 755 "$TMP/move"
run "$PLX_CAPTURE" -r "$TMP/in.pcap" -q -w set.pcap -C 100k -z "$TMP/move"
all_moved() { [ "$(in_all "$TMP"/done/set.pcap*)" = "$all" ]; }
wait_until 10 "all files to be handed over" all_moved
assert_ge "$(find "$TMP/done" -type f | wc -l)" 3 "files"
rm -f "$TMP"/done/* "$TMP"/out/*

# A ring of files never grows, and no other file is touched.
echo mine >other.pcap
run "$PLX_CAPTURE" -r "$TMP/in.pcap" -q -w ring.pcapng -b packets:500 -b files:3
assert_eq "$(find . -name 'ring*' | wc -l)" 3 "files of the ring"
assert_eq "$(in_all ring*)" 1500 "packets in the last three files"
assert_eq "$(cat other.pcap)" mine "a file of somebody else"

# Stop after so many packets, or bytes.
run "$PLX_CAPTURE" -r "$TMP/in.pcap" -q -w some.pcap -a packets:700
assert_eq "$(count_packets some.pcap)" 700 "packets when it stopped"
run "$PLX_CAPTURE" -r "$TMP/in.pcap" -q -w bytes.pcap -a filesize:50
assert_ge 60000 "$(stat -c %s bytes.pcap)" "50 kB and a packet, not less than"
assert_ge "$(stat -c %s bytes.pcap)" 50000 "bytes when it stopped"

# A name appears when the file is whole.
run "$PLX_CAPTURE" -r "$TMP/in.pcap" -q -w whole.pcap --safe-rename
assert_eq "$(count_packets whole.pcap)" "$all" "packets"
