#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The functional-test library: it passes, fails and cleans up when it should, also when a script is killed.
# The scripts in single quotes are for another shell.
# shellcheck disable=SC2016
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need ping

# BODY: starts a script that uses the library, in the background; INNER is its pid.
start_inner()
{
	printf '. "%s/lib.sh"\n%s\n' "$FUNC_DIR" "$1" >"$TMP/inner.sh"
	rm -f "$TMP/ready"
	TMP_OUTER=$TMP FUNC_TMPDIR=$TMP env --default-signal=INT bash "$TMP/inner.sh" </dev/null >"$TMP/inner.log" 2>&1 &
	INNER=$!
	FUNC_JOBS+=("$INNER")
}

inner_left_nothing()
{
	[ -z "$(netns_of "$INNER")" ] && [ -z "$(find "$TMP" -mindepth 1 -maxdepth 1 -name 'plx-func.*')" ] &&
		! pgrep -f "tail --pid=$INNER " >/dev/null
}

# BODY STATUS PATTERN
expect_inner()
{
	local status=0

	start_inner "$1"
	wait_end "$INNER" 20 || status=$?
	assert_eq "$status" "$2" "status of: $1"
	assert_grep "$TMP/inner.log" "$3"
	wait_until 10 "everything of '$1' to be gone" inner_left_nothing
}

# SIGNAL: an inner script with a process in its namespace is ended by the signal.
expect_gone_after()
{
	start_inner 'func_begin root; make_pair; start nap b sleep 300; touch "$TMP_OUTER/ready"; wait "$JOB"'
	wait_until 10 "the inner script" test -e "$TMP/ready"
	[ -n "$(netns_of "$INNER")" ] || fail "the inner script has no namespace"
	local napping
	napping=$(ip netns pids "plx-$INNER-b")
	kill "-$1" "$INNER"
	wait_until 10 "namespaces to go after SIG$1" inner_left_nothing
	for pid in $napping; do
		wait_until 10 "process $pid to go after SIG$1" job_ended "$pid"
	done
}

expect_inner 'func_begin root; make_pair; run_in a ping -qc 2 -i 0.05 10.99.0.2; run_in a ping -qc 1 fd99::2
	assert_eq 1 1; assert_ge 2 1; assert_status 3 sh -c "exit 3"; assert_refuses "no way" sh -c "echo no way; exit 1"
	echo all fine' 0 'all fine'
expect_inner 'func_begin root; make_pair; false; echo not reached' 1 'FAIL: a command failed: false'
expect_inner 'func_begin root; assert_eq 1 2 figure' 1 "FAIL: figure: expected '2', got '1'"
expect_inner 'func_begin root; assert_ge 1 2' 1 'FAIL: value: expected at least 2'
expect_inner 'func_begin root; assert_status 0 sh -c "exit 3"' 1 'expected exit status 0, got 3'
expect_inner 'func_begin root; assert_refuses x true' 1 'expected a refusal, got status 0'
expect_inner 'func_begin root; FUNC_LIMIT=1; assert_refuses x sleep 20' 1 'expected a refusal, got status 124'
expect_inner 'func_begin root; FUNC_PATIENCE=1; wait_until 1 rain false' 1 'waited in vain for rain'
expect_inner 'func_begin root; need plx-no-such-tool' 77 'SKIP: needs plx-no-such-tool'
expect_inner 'func_begin root; start nap - sleep 60; stop "$JOB" INT' 1 'a command failed'
expect_inner 'func_begin root; func_undo() { touch "$TMP_OUTER/undone"; false; }; assert_eq 1 2' 1 "expected '2'"
[ -e "$TMP/undone" ] || fail "nothing was undone"
expect_gone_after TERM
expect_gone_after INT
expect_gone_after KILL

status=0
setpriv --reuid 65534 --clear-groups bash -c ". '$FUNC_DIR/lib.sh'; func_begin root" >"$TMP/out.log" 2>&1 || status=$?
assert_eq "$status" 77 "status without root"
assert_grep "$TMP/out.log" 'SKIP: needs root'
