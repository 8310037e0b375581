#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/guides/write-a-pmd.md: the driver at its end is built against an installed library and runs as a plugin.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/guide.sh
. "$(dirname "$0")/guide.sh"
func_begin anyone
need meson pkg-config cc tshark

PAGE=write-a-pmd.md
guide_install
guide_block $PAGE c 1 >"$TMP/reader/tiny.c"
guide_run - $PAGE 1
assert_no_grep "$TMP/block.log" warning
assert_grep "$TMP/block.log" 'RX-packets: 1000 '

# By folder, from where plugins belong; its packets are what the page says; its arguments are checked.
plugins=$(find "$TMP/root" -type d -path '*/pollux/plugins')
[ -n "$plugins" ] || fail "no folder for plugins is installed"
cp "$TMP/reader/tiny.so" "$plugins"
assert_status 0 plx-capture -l 0 --no-huge -d "$plugins" --vdev net_tiny0,count=100 -- -o "$TMP/tiny.pcap" -c 100
tshark -r "$TMP/tiny.pcap" -T fields -e frame.len -e data.data 2>/dev/null | sort -u | wc -l >"$TMP/distinct"
assert_eq "$(cat "$TMP/distinct")" 100 "different packets"
assert_refuses 'net_tiny0.*cout.*did you mean.*count' plx-testpmd -l 0-1 --no-huge -d "$plugins" --vdev net_tiny0,cout=1
assert_refuses 'net_tiny0: no driver' plx-testpmd -l 0-1 --no-huge --vdev net_tiny0
