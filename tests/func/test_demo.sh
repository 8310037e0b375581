#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The demo shows traffic and an account that adds up, captures all that the kernel mirrored, and leaves nothing behind,
# also when it is interrupted.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need iperf3 ping tcpdump tc

demo=$FUNC_DIR/../../scripts/demo
export PLX_BUILD TMPDIR=$TMP

# PID of a demo that has ended
assert_left_nothing()
{
	assert_eq "$(netns_of "$1")" "" "namespaces left by the demo"
	assert_eq "$(find "$TMP" -maxdepth 1 -name 'plx-demo.*')" "" "files left by the demo"
}

start demo - "$demo" -t 2 -o "$TMP/kept.pcapng"
wait_end "$JOB" 120
assert_left_nothing "$JOB"
assert_grep "$TMP/demo.log" 'every packet is accounted for'
assert_grep "$TMP/demo.log" '10\.99\.0\.1.* <-> 10\.99\.0\.2:5201 +TCP'
assert_grep "$TMP/demo.log" ' 0% packet loss'
line=$(grep 'packets the kernel sent to the analyser port' "$TMP/demo.log")
sent=$(sed 's/.*port: \([0-9]*\);.*/\1/' <<<"$line")
filed=$(sed 's/.*in the file: //' <<<"$line")
lost=$(awk '$1 == "lost:" {gsub(",", "", $NF); n += $NF} END {print n + 0}' "$TMP/demo.log")
assert_ge "$sent" 10000 "packets mirrored"
assert_eq "$((filed + lost))" "$sent" "packets in the file or counted as lost"
assert_eq "$(count_packets "$TMP/kept.pcapng")" "$filed" "packets in the file that was kept"

start interrupted - "$demo" -t 30
wait_until 30 "the capture" grep -q captured "$TMP/interrupted.log"
status=0
stop "$JOB" INT || status=$?
assert_eq "$status" 130 "status after SIGINT"
assert_left_nothing "$JOB"
assert_grep "$TMP/interrupted.log" 'interrupted; nothing is left behind'

assert_refuses 'whole number of seconds' "$demo" -t soon
