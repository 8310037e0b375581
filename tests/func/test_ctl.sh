#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Control sockets: two programs at once, each asked for itself; who is killed, who is another user, where there is no folder.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need jq

EAL=(--no-huge --no-pci --lcores '(0,1)@0' --idle yield)
DOORS=$RUNTIME_DIRECTORY

ask()
{
	run "$PLX_CTL" -t 20s "$@" 2>"$TMP/ask.log"
}

# NAME: it has a door, and is somewhere beyond its start.
is_there()
{
	ask "$1" stats 0 >"$TMP/there.json"
}

# Two of a kind.
start one - "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0,size=100 -- --port-topology loop
one=$JOB
start two - "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --vdev net_null1 --file-prefix second -- --forward-mode rxonly
two=$JOB
wait_until 20 "both doors" is_there "plx-testpmd-$one"
wait_until 20 "both doors" is_there second
ask >"$TMP/list"
assert_grep "$TMP/list" "^plx-testpmd-$one +$one .* plx-testpmd$"
assert_grep "$TMP/list" "^second +$two .* plx-testpmd$"
assert_eq "$(ask --json | jq -c "[.[] | select(.path | startswith(\"$DOORS/\")) | [.name, .pid, .program]]")" \
	"[[\"plx-testpmd-$one\",$one,\"plx-testpmd\"],[\"second\",$two,\"plx-testpmd\"]]" "the list for programs"
assert_eq "$(stat -c %a "$DOORS") $(stat -c %a "$DOORS/second.sock")" "700 600" "modes"
assert_eq "$(ask second info | jq -c '[.name, .pid, (.args | index("second") != null)]')" "[\"second\",$two,true]" "who it is"
assert_eq "$(ask "$one" ports | jq -c '[.ports[].name]')" '["net_null0"]' "ports of the one, asked by its pid"
assert_eq "$(ask sec ports | jq -c '[.ports[].name]')" '["net_null0","net_null1"]' "ports of the other, by the name's beginning"
first=$(ask second stats 1 | jq .rx_packets)
more_came()
{
	[ "$(ask second stats 1 | jq .rx_packets)" -gt "$first" ]
}
wait_until 20 "more packets" more_came
assert_eq "$(ask second stats 0 | jq .tx_packets)" 0 "packets that nobody sends"
assert_eq "$(ask second xstats 0 | jq '.xstats | length > 3')" true "figures in detail"
assert_eq "$(ask "$DOORS/second.sock" link 0 | jq .up)" true "a link, asked by the socket's path"
assert_eq "$(ask second lcores | jq -c '[.lcores[].role]')" '["main","worker"]' "lcores"
assert_eq "$(ask second pools | jq '.pools[0].buffers > 0')" true "pools"
assert_eq "$(ask second show port summary all | jq -c '[.ports[].name]')" '["net_null0","net_null1"]' "what a prompt shows"
assert_eq "$(ask "plx-testpmd-$one" show fwd stats | jq 'length > 0')" true "what a prompt shows of forwarding"

# What is refused.
assert_status 1 "$PLX_CTL" -t 60s second stats 7
assert_grep "$TMP/out.log" 'plx-ctl: there is no port 7'
assert_status 1 "$PLX_CTL" -t 60s second stat 0
assert_grep "$TMP/out.log" 'there is no command "stat"; did you mean "stats"'
assert_status 1 "$PLX_CTL" -t 60s second show port nonsense
assert_status 2 "$PLX_CTL" -t 60s third info
assert_grep "$TMP/out.log" 'no program of that name runs here'
assert_status 2 "$PLX_CTL" --nonsense
assert_status 2 "$PLX_CTL" '' info
assert_grep "$TMP/out.log" 'the name of the program is empty'
assert_status 2 "$PLX_CTL" --file-prefix second
assert_grep "$TMP/out.log" "unknown option '--file-prefix'"
# A name that is taken: it runs all the same.
assert_status 0 "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --file-prefix second -- --duration 1
assert_grep "$TMP/out.log" 'goes on without a control socket: .*another program listens there'
is_there second || fail "the first of that name lost its door"

# Another user, let through to the socket by whoever: the kernel tells who it is.
if [ "$(id -u)" -eq 0 ]; then
	chmod 711 "$TMP" "$DOORS"
	chmod 666 "$DOORS/second.sock"
	assert_status 1 "${NOBODY[@]}" "$PLX_CTL" -t 60s "$DOORS/second.sock" info
	assert_grep "$TMP/out.log" 'answers its own user and root'
	chmod 600 "$DOORS/second.sock"
	assert_status 1 "${NOBODY[@]}" "$PLX_CTL" -t 60s "$DOORS/second.sock" info
	assert_grep "$TMP/out.log" 'no right to socket'
fi

# One is stopped, and is waited for in vain; then killed, and its socket stays until somebody looks.
freeze "$two"
assert_status 1 "$PLX_CTL" -t 200ms second info
assert_grep "$TMP/out.log" 'no answer within 200 ms'
stop "$two" KILL || true
[ -S "$DOORS/second.sock" ] || fail "who was killed removed its socket"
ask >"$TMP/list"
assert_no_grep "$TMP/list" '^second'
assert_grep "$TMP/list" "^plx-testpmd-$one "
[ ! -e "$DOORS/second.sock" ] || fail "a stale socket is left"

# The next program removes it, too.
start three - "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --file-prefix third --
three=$JOB
wait_until 20 "the third" is_there third
stop "$three" KILL || true
[ -S "$DOORS/third.sock" ] || fail "who was killed removed its socket"
assert_status 0 "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --file-prefix fourth -- --duration 1
[ ! -e "$DOORS/third.sock" ] || fail "a stale socket is left by a start"
stop "$one" INT
assert_eq "$(ls "$DOORS")" '' "what is left of all"

# A prompt answers while it waits for a line.
mkfifo "$TMP/lines"
exec 3<>"$TMP/lines"
# shellcheck disable=SC2016
start prompt - bash -c 'exec "$@" <"$0"' "$TMP/lines" "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --file-prefix prompt -- -i
prompt=$JOB
wait_until 20 "the prompt's door" is_there prompt
echo quit >&3
exec 3>&-
wait_end "$prompt" 20 || fail "status $? of the prompt"

# The emulated cards, and what goes wrong with them.
start cards - "$PLX_NICEMU" --no-huge --no-pci -l 0 --file-prefix cards -- --nic "socket=$TMP/a.sock" --nic "socket=$TMP/b.sock" --join nic0,nic1
cards=$JOB
nics_answer()
{
	ask cards show stats >"$TMP/stats.json"
}
wait_until 20 "the cards' door" nics_answer
assert_eq "$(jq '.nics | length' "$TMP/stats.json")" 2 "cards"
assert_eq "$(ask cards cable nic0 down)" '{}' "a cable that is pulled"
ask cards link >"$TMP/link" || true
assert_grep "$TMP/ask.log" 'link needs a port'
assert_eq "$(ask cards show nics | jq '.nics | length')" 2 "cards, as the prompt shows them"
assert_eq "$(ask cards fault all drop 10)" '{}' "frames that are to be lost"
assert_status 1 "$PLX_CTL" -t 60s cards fault nic7 drop 10
assert_grep "$TMP/out.log" 'nic7'
assert_status 1 "$PLX_CTL" -t 60s cards quit
stop "$cards" INT

# A capture, while it goes on; the main lcore sleeps.
start capture - "$PLX_CAPTURE" --no-huge --no-pci --idle sleep --lcores '(0,1)@0' --vdev net_null0 --file-prefix capture -- \
	-o /dev/null
capture=$JOB
captured()
{
	[ "$(ask capture summary | jq .account.delivered)" -gt 0 ]
}
wait_until 20 "packets captured" captured
assert_eq "$(ask capture summary | jq -c '[.ports[].name | type]')" '["string"]' "what is captured from"
assert_eq "$(ask capture stats 0 | jq '.rx_packets > 0')" true "its port"
stop "$capture" INT

# No folder is ours: none is made, and nothing is said. The user's own, where there is one.
mkdir -m 755 "$TMP/own"
as=()
if [ "$(id -u)" -eq 0 ]; then
	as=("${NOBODY[@]}")
	chown 65534:65534 "$TMP/own"
	assert_status 0 env -u XDG_RUNTIME_DIR RUNTIME_DIRECTORY=/nowhere "${as[@]}" "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 -- --duration 1
	assert_no_grep "$TMP/out.log" 'control socket'
fi
start own - env RUNTIME_DIRECTORY=/nowhere XDG_RUNTIME_DIR="$TMP/own" "${as[@]}" "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --file-prefix "own-$$" --
own=$JOB
if [ "$(id -u)" -eq 0 ] || [ ! -O /run/pollux ]; then
	is_in_own()
	{
		run "${as[@]}" env RUNTIME_DIRECTORY=/nowhere XDG_RUNTIME_DIR="$TMP/own" "$PLX_CTL" -t 60s "own-$$" stats 0 >"$TMP/own.json"
	}
	wait_until 20 "the user's own door" is_in_own
	assert_eq "$(stat -c %a "$TMP/own/pollux")" 700 "mode of the user's own folder"
	[ "$(id -u)" -ne 0 ] || is_there "$TMP/own/pollux/own-$$.sock" || fail "root was refused"
	# The doctor takes it for a leftover when it is one.
	leftovers()
	{
		run "${as[@]}" env XDG_RUNTIME_DIR="$TMP/own" "$PLX_DOCTOR" leftovers >"$TMP/leftovers" || true
	}
	leftovers
	assert_no_grep "$TMP/leftovers" "own-$$.sock"
	stop "$own" KILL || true
	leftovers
	assert_grep "$TMP/leftovers" "socket $TMP/own/pollux/own-$$.sock: nobody listens on it"
else
	stop "$own" INT
fi
