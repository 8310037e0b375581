# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Programs with prompts that they read from pipes, which stay open here. To be sourced behind lib.sh. What WHO says is in $TMP/WHO.log.

declare -A PROMPT_PIPES PROMPT_PIDS

# WHO...: a pipe for each.
make_prompts()
{
	local who pipe

	for who; do
		mkfifo "$TMP/$who.in"
		exec {pipe}<>"$TMP/$who.in"
		PROMPT_PIPES[$who]=$pipe
	done
}

# WHO NAMESPACE COMMAND...: - for no namespace. JOB is its pid.
start_prompt()
{
	# shellcheck disable=SC2016 # for the shell in between
	start "$1" "$2" bash -c 'exec "$@" <"$0"' "$TMP/$1.in" "${@:3}"
	PROMPT_PIDS[$1]=$JOB
}

# WHO COMMAND
tell()
{
	echo "$2" >&"${PROMPT_PIPES[$1]}"
}

# WHO PATTERN THAN
said_more()
{
	[ "$(grep -Ec -- "$2" "$TMP/$1.log")" -gt "$3" ]
}

# WHO COMMAND PATTERN: and waits for one line more that matches.
tell_and_see()
{
	local before

	before=$(grep -Ec -- "$3" "$TMP/$1.log" || true)
	tell "$1" "$2"
	wait_until 20 "'$3' of the $1 after '$2'" said_more "$1" "$3" "$before"
}

# PATTERN WHO...: in that order. They end well, and none has said anything that matches.
quit_prompts()
{
	local pattern=$1 who

	for who in "${@:2}"; do
		tell "$who" quit
		wait_end "${PROMPT_PIDS[$who]}" 30 || fail "status $? of the $who"
		assert_no_grep "$TMP/$who.log" "$pattern"
	done
}
