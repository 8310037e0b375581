#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd in scripts: files of commands, answers in JSON, and an exit status that can be trusted.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need jq

EAL=(--lcores '(0,1)@0' --no-huge --vdev net_null0 --vdev net_null1)

# STATUS ARGS...: runs testpmd; standard output goes to $TMP/said, errors to $TMP/errors.
testpmd()
{
	local expected=$1 status=0

	shift
	run "$PLX_TESTPMD" "${EAL[@]}" -- "$@" >"$TMP/said" 2>"$TMP/errors" || status=$?
	[ "$status" -eq "$expected" ] || {
		cat "$TMP/said" "$TMP/errors" >&2
		fail "exit status $status, expected $expected: $*"
	}
}

# LINES...: a file of commands, $TMP/NAME.
commands()
{
	local name=$1

	shift
	printf '%s\n' "$@" >"$TMP/$name"
}

file_before_the_prompt()
{
	commands setup '# a comment' '' 'set fwd rxonly' 'show config fwd   # and another'
	echo 'show port summary 1' | testpmd 0 -i --cmdline-file "$TMP/setup"
	assert_grep "$TMP/said" '^testpmd> set fwd rxonly$'
	assert_grep "$TMP/said" '^rxonly packet forwarding'
	assert_grep "$TMP/said" 'net_null1 '
	echo 'show port summary 1' | testpmd 0 -i --cmdline-file-noecho "$TMP/setup"
	assert_no_grep "$TMP/said" 'testpmd> set fwd'
	assert_grep "$TMP/said" '^Set rxonly packet forwarding'
}

# Without a prompt forwarding follows, as set up by the file; with quit in the file nothing does.
file_without_a_prompt()
{
	testpmd 0 --cmdline-file "$TMP/setup" --duration 1 </dev/null
	assert_grep "$TMP/said" 'Accumulated'
	commands start 'start tx_first'
	testpmd 0 --cmdline-file "$TMP/start" --duration 1 </dev/null
	assert_eq "$(grep -c 'packet forwarding - ports=2' "$TMP/said")" 1 "starts"
	commands leave start quit 'show port stats all'
	testpmd 0 --cmdline-file "$TMP/leave" </dev/null
	assert_grep "$TMP/said" 'Accumulated'
	assert_no_grep "$TMP/said" 'testpmd> show'
}

errors_name_file_and_line()
{
	commands wrong start 'show prot info 0' stop 'set burst 0' quit
	testpmd 1 -i --cmdline-file "$TMP/wrong" </dev/null
	assert_grep "$TMP/errors" "^$TMP/wrong:2: \"prot\" is not right here; did you mean \"port\""
	assert_grep "$TMP/errors" '^  show prot info 0$'
	assert_grep "$TMP/errors" '^       \^$'
	assert_grep "$TMP/errors" "^$TMP/wrong:4: burst \"0\": a number from 1"
	assert_grep "$TMP/said" 'Accumulated' "the commands behind the wrong one"
	printf 'load %s\n' "$TMP/wrong" | testpmd 1 -i
	assert_grep "$TMP/errors" '2 of the 5 lines of .*wrong" failed'
}

odd_files()
{
	local i

	printf '\xef\xbb\xbfset fwd rxonly\r\n\r\n# c\r\nset burst 8\r\nshow config fwd' >"$TMP/dos"
	testpmd 0 -i --cmdline-file "$TMP/dos" </dev/null
	assert_grep "$TMP/said" '^rxonly .* burst=8'
	commands one "load $TMP/two" 'set burst 8'
	commands two "load $TMP/one" "load $TMP/nosuch" 'set fwd rxonly'
	testpmd 1 -i --cmdline-file "$TMP/one" </dev/null
	assert_grep "$TMP/errors" "^$TMP/two:1: .*one\" would load itself"
	assert_grep "$TMP/errors" "^$TMP/two:2: cannot read .*nosuch\": No such file"
	assert_grep "$TMP/said" '^Set rxonly'
	commands deep0 'set burst 8'
	for i in $(seq 17); do
		commands "deep$i" "load $TMP/deep$((i - 1))"
	done
	testpmd 0 -i --cmdline-file "$TMP/deep15" </dev/null
	testpmd 1 -i --cmdline-file "$TMP/deep16" </dev/null
	assert_grep "$TMP/errors" 'more than 16 deep'
	{ echo 'set fwd rxonly'; head -c 6000 /dev/zero | tr '\0' x; echo; echo 'set burst 8'; } >"$TMP/long"
	testpmd 1 -i --cmdline-file "$TMP/long" </dev/null
	assert_grep "$TMP/errors" "^$TMP/long:2: the line is longer than 4095 bytes"
	assert_eq "$(wc -c <"$TMP/errors")" "$(head -c 2000 "$TMP/errors" | wc -c)" "an answer that is short"
	testpmd 1 -i <"$TMP/long"
	assert_grep "$TMP/errors" 'too long is left out'
	testpmd 0 -i --cmdline-file <(echo 'set burst 8') </dev/null
}

# Nothing of them is run, and the program does not start; at the prompt it goes on.
no_files_of_commands()
{
	{ echo 'set fwd rxonly'; head -c 4096 /dev/zero; } >"$TMP/binary"
	testpmd 2 -i --cmdline-file "$TMP/binary" </dev/null
	assert_grep "$TMP/errors" 'byte 0x00 in line 2; none of it was run'
	assert_no_grep "$TMP/said" 'rxonly'
	testpmd 2 -i --cmdline-file "$TMP" </dev/null
	assert_grep "$TMP/errors" 'is a directory'
	testpmd 2 -i --cmdline-file "$TMP/nosuch" </dev/null
	assert_grep "$TMP/errors" 'cannot read .*No such file'
	testpmd 2 -i --cmdline-file /dev/zero </dev/null
	assert_grep "$TMP/errors" 'neither a file nor a pipe'
	truncate -s 20M "$TMP/huge"
	testpmd 2 -i --cmdline-file "$TMP/huge" </dev/null
	assert_grep "$TMP/errors" 'more than 16 MiB'
	testpmd 2 -i --cmdline-file a --cmdline-file-noecho b </dev/null
	assert_grep "$TMP/errors" 'contradicts'
	printf 'load %s\nset burst 8\n' "$TMP" | testpmd 1 -i
	printf 'set burst 8\n\0\nset fwd rxonly\n' | testpmd 1 -i
	assert_grep "$TMP/errors" 'a 0 byte is left out'
	assert_grep "$TMP/said" '^Set rxonly'
}

# Each command one line, whatever it is, and nothing else on standard output.
answers_for_the_run()
{
	printf '%s\n' start 'show port stats all' '# no answer' '' frobnicate 'show port info 9' stop 'dump lcores' \
		$'show \xff' quit | testpmd 1 -i --json
	assert_eq "$(jq -c 'has("result") != has("error")' "$TMP/said" | sort | uniq -c | xargs)" "8 true" "answers"
	assert_eq "$(wc -l <"$TMP/said")" 8 "lines of the answers"
	assert_eq "$(jq -r 'select(.error) | .command' "$TMP/said" | xargs)" "frobnicate show port info 9 show ?" "commands that failed"
	testpmd 0 --json --duration 1 </dev/null
	assert_eq "$(jq -r .command "$TMP/said" | xargs)" "show fwd stats show port stats all" "answers at the end"
	jq -es '[.[] | select(.command == "show port stats all").result.ports[].ledger.balanced] | length == 2 and all' "$TMP/said" >/dev/null ||
		fail "the books in the last answer"
}

# An answer is there as soon as the question is asked: the next line is written only then.
answers_are_flushed()
{
	local line='' pid

	coproc PMD { exec "$PLX_TESTPMD" "${EAL[@]}" -- -i "$@" 2>/dev/null; }
	pid=$PMD_PID
	FUNC_JOBS+=("$pid")
	echo 'show port summary all --json' >&"${PMD[1]}"
	while IFS= read -r -t 20 line <&"${PMD[0]}" && [ "${line:0:1}" != '{' ]; do :; done
	assert_eq "$(jq '.result.ports | length' <<<"$line")" 2 "ports in an answer"
	kill -INT "$pid"
	wait_until 10 "testpmd to end while it waits for a line" job_ended "$pid"
	wait "$pid" || fail "status $? after SIGINT at the prompt"
}

# A stop is heard while a line is waited for, and the summary comes.
interrupt()
{
	local status=0

	mkfifo "$TMP/lines"
	# shellcheck disable=SC2016
	start testpmd - sh -c 'exec "$@" <"$0"' "$TMP/lines" "$PLX_TESTPMD" "${EAL[@]}" -- -i
	exec 5>"$TMP/lines"
	echo start >&5
	wait_until 10 "forwarding" grep -q 'packet forwarding - ports' "$TMP/testpmd.log"
	stop "$JOB" INT || status=$?
	exec 5>&-
	assert_eq "$status" 0 "exit status after SIGINT at the prompt"
	assert_grep "$TMP/testpmd.log" 'Accumulated'
	assert_grep "$TMP/testpmd.log" '^Bye'
}

# Descriptors that are closed are no way into memory or files of ours.
closed()
{
	testpmd 0 -i <&-
	assert_grep "$TMP/said" '^Bye'
	run "$PLX_TESTPMD" "${EAL[@]}" -- -i <&- >&- 2>&- || fail "status $? with everything closed"
	: | testpmd 0 -i
	run "$PLX_TESTPMD" "${EAL[@]}" -- -i </dev/null | cat >"$TMP/said"
	assert_grep "$TMP/said" '^Bye'
}

hints()
{
	local status=0

	run "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' --vdev net_null0 -i --rxq 2 >"$TMP/out" 2>&1 || status=$?
	assert_eq "$status" 2 "exit status without --"
	assert_grep "$TMP/out" '-i is an option of plx-testpmd, not of the EAL'
	assert_grep "$TMP/out" "--lcores '\(0,1\)@0' --vdev net_null0 -- -i --rxq 2$"
	echo 'strat' | testpmd 1 -i
	assert_grep "$TMP/errors" 'no command "strat"; did you mean "start"\?'
	testpmd 2 --forward-mod io </dev/null
	assert_grep "$TMP/errors" "did you mean '--forward-mode'"
}

# The same words as in DPDK and as two, for people and for programs.
dumps()
{
	printf '%s\n' 'dump_mempool --json' 'dump mempool testpmd --json' 'dump ring --json' 'dump_memzone --json' \
		'dump lcores --json' 'dump_devargs --json' 'dump socket_mem --json' 'dump log_types --json' |
		testpmd 0 -i
	grep '^{' "$TMP/said" >"$TMP/json"
	assert_eq "$(wc -l <"$TMP/json")" 8 "answers"
	assert_eq "$(jq -c 'select(.command | test("mempool")).result.rows[] | .free + .cached + .out == .buffers' "$TMP/json" |
		xargs)" "true true" "pools that add up"
	assert_eq "$(jq -r 'select(.command == "dump lcores").result.rows[] | .role' "$TMP/json" | xargs)" "main worker" lcores
	assert_eq "$(jq -r 'select(.command == "dump_devargs").result.rows[] | .name' "$TMP/json" | xargs)" \
		"net_null0 net_null1" devices
	assert_eq "$(jq 'select(.command == "dump_memzone").result.rows | map(.bytes) | add' "$TMP/json")" \
		"$(jq 'select(.command == "dump socket_mem").result.rows | map(.bytes) | add' "$TMP/json")" "bytes of memory"
	printf '%s\n' 'dump mempool nosuch' 'dump_mempool' 'set log pmd.* debug' 'set log a:b debug' 'set log x loud' \
		'dump log_types' | testpmd 1 -i
	assert_grep "$TMP/errors" 'there is no pool "nosuch"'
	assert_grep "$TMP/errors" "unknown level 'loud'"
	assert_grep "$TMP/errors" 'no component'
	assert_grep "$TMP/said" '^testpmd +[0-9]+ '
	assert_grep "$TMP/said" '^pmd\.\* +rule +debug$'
}

# A packet that nobody can account for is a failure, whatever else went well.
books()
{
	local status=0

	LD_PRELOAD=$PLX_BUILD/tests/func/libunbalanced.so ASAN_OPTIONS=verify_asan_link_order=0 \
		run "$PLX_TESTPMD" "${EAL[@]}" -- -i </dev/null >"$TMP/said" 2>"$TMP/errors" || status=$?
	assert_eq "$status" 1 "exit status with books that do not add up"
	assert_grep "$TMP/errors" '^port 1: the books do not add up: 1 received and 0 sent packets are not accounted for'
}

file_before_the_prompt
file_without_a_prompt
errors_name_file_and_line
odd_files
no_files_of_commands
answers_for_the_run
answers_are_flushed
answers_are_flushed --json
interrupt
closed
hints
dumps
books
