#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/guides/control-socket.md does what it says.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/guide.sh
. "$(dirname "$0")/guide.sh"
func_begin anyone
need jq python3 cc

PAGE=control-socket.md
mkdir "$TMP/reader"
PATH=$(dirname "$PLX_TESTPMD"):$(dirname "$PLX_CTL"):$PATH
guide_patience
guide_run - $PAGE 1
assert_grep "$TMP/block.log" '^NAME +PID +USER +UPTIME +PROGRAM$'
assert_grep "$TMP/block.log" '^router +[0-9]+ .* plx-testpmd$'
FUNC_JOBS+=("$(awk '$1 == "router" {print $2}' "$TMP/block.log")") # it would go on for a while
grep '^{' "$TMP/block.log" >"$TMP/answers"
assert_ge "$(sed -n 1p "$TMP/answers" | jq .rx_packets)" 1 "packets"
assert_eq "$(sed -n 2p "$TMP/answers" | jq '.. | .xstats? | objects | length > 0')" true "figures in detail"
assert_eq "$(sed -n 3p "$TMP/answers" | jq '[.commands[].command | select(startswith("show"))] | length')" 1 "commands"
guide_block $PAGE python 1 >"$TMP/reader/ask.py"
assert_ge "$(run python3 "$TMP/reader/ask.py" "$RUNTIME_DIRECTORY/router.sock")" 1 "packets, as Python has them"
guide_run - $PAGE 2
assert_grep "$TMP/block.log" 'no program of that name runs here'
assert_no_grep "$TMP/reader/silent.log" 'control socket'
{
	echo '#include <pollux/plx_door.h>'
	guide_block $PAGE c 1
	echo 'int main(void) { uint64_t flows = 0; add_flows(&flows); return 0; }'
} >"$TMP/door.c"
run cc -Wall -Werror -fsyntax-only -I"$PLX_BUILD/include" -I"$PLX_BUILD" "$TMP/door.c"
