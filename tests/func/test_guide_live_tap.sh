#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/guides/live-tap.md does what it says.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/guide.sh
. "$(dirname "$0")/guide.sh"
func_begin anyone
need jq tcpdump capinfos

PAGE=live-tap.md
mkdir "$TMP/reader"
PATH=$(dirname "$PLX_TESTPMD"):$(dirname "$PLX_CTL"):$(dirname "$PLX_CAPTURE"):$PATH
guide_patience
guide_run - $PAGE 1
assert_eq "$(count_packets "$TMP/reader/all.pcapng")" 1000 "packets"
assert_eq "$(grep -Ec '^[0-9:]+\.[0-9]+ ' "$TMP/block.log")" 10 "packets that tcpdump saw"
guide_run - $PAGE 2
assert_eq "$(grep '^{' "$TMP/block.log" | jq -c '[.taps[].filter] | unique')" '["len < 1000"]' "who looks"
nobody_looks()
{
	[ "$(run "$PLX_CTL" -t 60s router taps | jq '.taps | length')" -eq 0 ]
}
wait_until 20 "the killed reader to be forgotten" nobody_looks
kill "$(run "$PLX_CTL" -t 60s router info | jq .pid)"
