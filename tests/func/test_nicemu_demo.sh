#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The demo of emulated cards runs without rights, shows books that grow and add up, and leaves nothing behind, also when it is
# interrupted.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone

demo=$FUNC_DIR/../../scripts/demo
chmod 711 "$TMP"
mkdir "$TMP/tmp"
chmod 777 "$TMP/tmp"
export PLX_BUILD TMPDIR=$TMP/tmp
# Whose files are given to whom: those of other tests lie in the build, too.
mkdir "$TMP/bin"
printf '#!/bin/sh\necho "$*" >>"%s"\nexec %s "$@"\n' "$TMP/chown.log" "$(command -v chown)" >"$TMP/bin/chown"
chmod +x "$TMP/bin/chown"
: >"$TMP/chown.log"
PATH=$TMP/bin:$PATH

start demo - "$demo" nicemu -t 2
wait_end "$JOB" 120 || fail "status $?"
assert_eq "$(ls "$TMP/tmp")" "" "files left by the demo"
assert_no_grep "$TMP/chown.log" '^-R'
assert_grep "$TMP/demo.log" 'every frame is accounted for'
assert_no_grep "$TMP/demo.log" 'do(es)? not add up|counted [+-]'
# The last books, of the second card.
passed=$(awk '/received by the card/ {gsub(",", "", $NF); n = $NF} END {print n}' "$TMP/demo.log")
assert_ge "$passed" 1000 "frames received at the end"
assert_ge "$(grep -c '^nic1 and nic0$' "$TMP/demo.log")" 2 "times the books are shown"

start interrupted - "$demo" nicemu -t 60
wait_until 60 "frames" grep -q 'the books of both cards' "$TMP/interrupted.log"
status=0
stop "$JOB" INT || status=$?
assert_eq "$status" 130 "status after SIGINT"
assert_grep "$TMP/interrupted.log" 'interrupted; nothing is left behind'
assert_eq "$(ls "$TMP/tmp")" "" "files left by the demo"
assert_refuses 'whole number of seconds' "$demo" nicemu -t soon
