#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/guides/embed-the-nic.md does what it says, and so does examples/nic_in_process: what its driver sends comes back.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/guide.sh
. "$(dirname "$0")/guide.sh"
func_begin anyone
need meson pkg-config make cc

PAGE=embed-the-nic.md
guide_install
guide_block $PAGE make 1 >"$TMP/reader/Makefile"
guide_block $PAGE c 1 >"$TMP/reader/card.c"
assert_ge 60 "$(wc -l <"$TMP/reader/card.c")" "lines the program may have"
guide_run - $PAGE 1
assert_no_grep "$TMP/block.log" 'warning'
frames=$(sed -n 's/^\([0-9]*\) frames, .*/\1/p' "$TMP/block.log")
assert_ge "$frames" 100 "frames the card sent"
assert_eq "$(sed -n 's/.* frames, \([0-9]*\) bytes/\1/p' "$TMP/block.log")" $((frames * 64)) "their bytes"
[ ! -e "$TMP/reader/card.sock" ] || fail "the socket is left behind"
assert_refuses 'card: .*/nowhere' "$TMP/reader/card" /nowhere/card.sock

# Every frame comes back, and the driver turns it once more.
start example - "$PLX_BUILD/examples/nic_in_process" "$TMP/nic.sock"
EXAMPLE=$JOB
wait_until 20 "the card" test -S "$TMP/nic.sock"
for _ in 1 2; do
	run "$PLX_TESTPMD" --no-huge --no-pci --lcores '(0,1)@0' -a "vfio-user:$TMP/nic.sock" -- --forward-mode flowgen \
		--port-topology loop --duration 3 >"$TMP/driver.log" 2>&1 || fail "status $? of the driver"
	assert_ge "$(awk '/Accumulated/ {getline; print $2}' "$TMP/driver.log")" 100 "frames that came back"
done
stop "$EXAMPLE" INT || fail "status $? of the example"
assert_grep "$TMP/example.log" '^every frame is accounted for$'
assert_eq "$(grep -c 'a driver came' "$TMP/example.log")" 2 "drivers"
[ ! -e "$TMP/nic.sock" ] || fail "the socket is left behind"
assert_refuses '^usage: ' "$PLX_BUILD/examples/nic_in_process"
assert_refuses 'nic_in_process: .*/nowhere' "$PLX_BUILD/examples/nic_in_process" /nowhere/nic.sock
