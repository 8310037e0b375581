# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd by its prompt, for tests of its commands; to be sourced after lib.sh. What it said is in $TMP/said, its
# answers in JSON in $TMP/said.json, a line each.

LCORES='(0,1)@0'

# STATUS ARGS...: runs the commands on standard input.
prompt()
{
	local expected=$1 status=0

	shift
	run "$PLX_TESTPMD" --lcores "$LCORES" --no-huge "$@" >"$TMP/said" 2>&1 || status=$?
	sed -n 's/^\(testpmd> \)*{/{/p' "$TMP/said" >"$TMP/said.json"
	[ "$status" -eq "$expected" ] || {
		cat "$TMP/said" >&2
		fail "exit status $status, expected $expected"
	}
}

# COMMAND FILTER: jq's answer about the last answer to that command.
answer()
{
	jq -rs --arg c "$1" "[.[] | select(.command == \$c)] | last | $2" "$TMP/said.json"
}
