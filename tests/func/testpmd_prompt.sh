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

# FILTER: of all answers, on one line.
json()
{
	jq -rc "$1" "$TMP/said.json" | tr '\n' ' '
}

# COMMAND FILTER: jq's answer about the last answer to that command.
answer()
{
	jq -rs --arg c "$1" "[.[] | select(.command == \$c)] | last | $2" "$TMP/said.json"
}

# NAMESPACE ARGS...: a prompt that stays open in the namespace; `type_line` types at it, `close_prompt` ends it. What it
# says is in $TMP/testpmd.log.
open_prompt()
{
	local name=$1

	shift
	rm -f "$TMP/typed"
	mkfifo "$TMP/typed"
	exec 8<>"$TMP/typed"
	# The inner shell has the arguments.
	# shellcheck disable=SC2016
	start testpmd "$name" bash -c 'typed=$0; exec "$@" <"$typed"' "$TMP/typed" \
		"$PLX_TESTPMD" --lcores "$LCORES" --no-huge "$@"
	TESTPMD=$JOB
	type_line 'show port summary all'
}

# COMMAND: types it and waits until it was run.
type_line()
{
	local n

	# Counted where they are seen, since this is called in subshells, too.
	n=$(grep -c '# typed-' "$TMP/testpmd.log" || true)
	printf '%s\n# typed-%s\n' "$*" "$n" >&8
	wait_until 20 "testpmd to run $*" grep -q "# typed-$n\$" "$TMP/testpmd.log"
}

# COMMAND: the line of JSON that answers it.
ask_json()
{
	type_line "$* --json"
	sed -n 's/^\(testpmd> \)*{/{/p' "$TMP/testpmd.log" | tail -n 1
}

# [STATUS]: types quit and looks at the exit status: 0, or 1 if a line was refused.
close_prompt()
{
	local status=0

	echo quit >&8
	wait_end "$TESTPMD" 20 || status=$?
	exec 8>&-
	assert_eq "$status" "${1:-0}" "exit status of testpmd"
	assert_grep "$TMP/testpmd.log" '^Bye'
}
