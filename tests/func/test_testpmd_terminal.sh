#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd as a person sees it: what is on the screen of a real terminal, wide, narrow, resized, dumb.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need tmux

export TMUX_TMPDIR=$TMP XDG_STATE_HOME=$TMP/state
unset TMUX
RUN="$PLX_TESTPMD --lcores '(0,1)@0' --no-huge --vdev net_null0 --vdev net_null1 -- -i"

terminal()
{
	tmux -L plx -f /dev/null "$@"
}

# COLUMNS ROWS: a shell on a terminal of that size.
open_terminal()
{
	terminal new-session -d -x "$1" -y "$2" "PS1='sh> ' exec bash --norc --noprofile -i"
	FUNC_JOBS+=("$(terminal display-message -p '#{pid}')")
	wait_screen 'sh> ?$'
}

close_terminal()
{
	terminal kill-server
	wait_until 10 "tmux to end" server_ended
}

server_ended()
{
	! terminal has-session
}

screen()
{
	terminal capture-pane -p
}

on_screen()
{
	screen | grep -Eq -- "$1"
}

# PATTERN: until a line of the screen matches.
wait_screen()
{
	local end=$((SECONDS + 20))

	until on_screen "$1"; do
		if [ $SECONDS -ge $end ]; then
			screen >&2
			fail "the screen never showed '$1'"
		fi
		sleep 0.05
	done
}

keys()
{
	terminal send-keys "$@"
}

# LINE PATTERN: a clean screen, a line typed and sent, until the screen shows the pattern.
type_line()
{
	keys C-l
	keys -l "$1"
	keys Enter
	wait_screen "$2"
}

# PATTERN: what is typed so far.
wait_typed()
{
	wait_screen "^testpmd> $1\$"
}

# The text of the line under the one that matches.
line_under()
{
	screen | grep -EA1 -m1 -- "$1" | tail -n 1
}

start_program()
{
	keys -l "clear; ${1:-} $RUN; echo status=\$?"
	keys Enter
	wait_screen '^testpmd> ?$'
}

completion()
{
	keys sho Tab
	wait_typed 'show'
	keys port Space sum Tab
	wait_typed 'show port summary'
	keys Tab
	wait_screen '^0 +1 +all$'
	wait_typed 'show port summary'
	keys 0 Enter
	wait_screen '^0 .*net_null0'
	keys C-l set Space log Space glob Tab warn Tab
	wait_typed 'set log global warning'
	keys Enter C-l load Space /proc/self/cmdl Tab
	wait_typed 'load /proc/self/cmdline'
	keys C-u
	keys C-l 'dump mempool test' Tab '--j' Tab Enter
	wait_screen '"command":"dump mempool testpmd"'
	keys C-l 'set log ?'
	wait_screen '^  set log <component> <level>$'
	wait_screen '^ +what is logged'
	wait_typed 'set log'
	keys C-u
}

mistakes()
{
	type_line 'show prot info 0' 'did you mean "port"'
	assert_eq "$(line_under '^testpmd> show prot info 0$')" "              ^" "the line under the wrong one"
	type_line 'show port info 7' 'there is no port 7'
	assert_eq "$(line_under '^testpmd> show port info 7$')" "                        ^" "the line under the wrong port"
	type_line 'shwo' 'there is no command "shwo"; did you mean "show"'
	type_line 'help' 'help dump'
	type_line 'help control' 'quit\|exit\|q +stop forwarding and leave'
}

forwarding()
{
	type_line start 'packet forwarding - ports=2'
	type_line stop 'Accumulated forward statistics'
	on_screen 'RX-packets: [0-9]+ +TX-packets: [0-9]+' || fail "no figures in the report of stop"
	keys C-l Up
	wait_typed stop
	keys Up
	wait_typed start
	keys Enter
	wait_screen 'packet forwarding - ports=2'
}

# While packets are forwarded: the program's end by a key, with its summary.
interrupt()
{
	keys C-l
	wait_screen '^testpmd> ?$'
	terminal clear-history
	keys C-c
	wait_screen '^Bye'
	wait_screen '^status=0'
	terminal capture-pane -p -S - >"$TMP/interrupted"
	assert_grep "$TMP/interrupted" 'Accumulated forward statistics'
	assert_grep "$TMP/interrupted" 'NIC statistics for port 1'
}

resize_and_suspend()
{
	start_program
	keys Up
	wait_typed start # typed before the program was interrupted, in the run before
	keys C-u 'show config'
	wait_typed 'show config'
	terminal resize-window -x 50 -y 12
	keys Space fwd C-a C-e Enter
	wait_screen 'packet forwarding - ports=2'
	keys C-l C-z
	wait_screen 'Stopped'
	keys fg Enter
	wait_screen 'testpmd> ?$'
	type_line 'show port summary 1' 'net_null1'
	keys C-l C-d
	wait_screen '^Bye'
	keys 'echo status=$?' Enter
	wait_screen '^status=0'
}

# COLUMNS ROWS: until the shell's terminal has that size; tmux takes its time.
resize_shell()
{
	terminal resize-window -x "$1" -y "$2"
	keys -l "clear; until [ \"\$(stty size)\" = '$2 $1' ]; do sleep 0.05; done; clear; echo resized"
	keys Enter
	wait_screen '^resized'
}

narrow()
{
	resize_shell 20 10
	keys -l "clear; $RUN; echo status=\$?"
	keys Enter
	wait_screen '^testpmd> ?$'
	keys C-l 'show port summary 0 1 2 3 4 5 6'
	wait_screen '4 5 6$'
	keys Enter
	wait_screen '^ +\^$|\^'
	keys C-l 'show port ' Tab
	wait_screen '(^| )xstats'
	keys C-u
	type_line 'show port stats all' '####'
	type_line 'help' 'JSON'
	type_line 'quit' '^status=0'
}

# Neither the cursor can move nor colours be shown: lines are read as they come.
dumb()
{
	resize_shell 80 24
	start_program 'TERM=dumb'
	keys 'show prot info 0' Enter
	wait_screen 'did you mean "port"'
	assert_eq "$(screen | grep -Ec '^ +\^')" 1 "carets without a terminal that moves its cursor"
	keys C-d
	wait_screen '^status=0'
	start_program 'env -u TERM'
	keys quit Enter
	wait_screen '^status=0'
	start_program 'TERM=nosuchterminal'
	type_line 'quit' '^status=0'
}

open_terminal 80 24
start_program
completion
mistakes
forwarding
interrupt
assert_grep "$XDG_STATE_HOME/pollux/testpmd_history" '^start'
resize_and_suspend
narrow
dumb
close_terminal
