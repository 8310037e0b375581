#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/guides/first-application.md does what it says, from the empty folder to the capture file.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/guide.sh
. "$(dirname "$0")/guide.sh"
func_begin root
need meson pkg-config make cc ping tcpdump

PAGE=first-application.md
guide_install
guide_block $PAGE make 1 >"$TMP/reader/Makefile"
guide_block $PAGE c 1 >"$TMP/reader/count.c"
assert_ge 70 "$(wc -l <"$TMP/reader/count.c")" "lines the program may have"

guide_run - $PAGE 1
assert_grep "$TMP/block.log" '^IPv4 0, IPv6 0, other 1000000$'
assert_no_grep "$TMP/block.log" 'warning|not accounted'

netns_add a
guide_run a $PAGE 2
assert_grep "$TMP/block.log" '^IPv4 10, IPv6 0, other 0$'
assert_grep "$TMP/block.log" '10 packets captured'

guide_run - $PAGE 3
assert_grep "$TMP/block.log" '^port 0 \(net_pcap0\): received 10 = delivered 10 \+ waiting 0 \+ lost 0$'
assert_grep "$TMP/block.log" '^IPv4 10, IPv6 0, other 0$'

# What the page promises of refusals.
cd "$TMP/reader"
assert_refuses 'count: 1 port is needed, there are 0' ./count -l 0 --no-huge
assert_refuses 'count: .*did you mean --vdev' ./count -l 0 --vdve net_null0
assert_status 0 ./count --help
