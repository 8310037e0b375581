# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-nicemu with a prompt that it reads from a pipe, and plx-testpmd as the driver of its cards, with another. To be sourced
# behind lib.sh. What they said is in $TMP/nicemu.log and $TMP/driver.log.

# shellcheck source=tests/func/prompts.sh
. "$FUNC_DIR/prompts.sh"
make_prompts nicemu driver
chmod 711 "$TMP"

# NAMESPACE WORDS...: the whole command line but for the program (- for no namespace). NICEMU is its pid.
start_nicemu()
{
	start_prompt nicemu "$1" "$PLX_NICEMU" "${@:2}"
	# shellcheck disable=SC2034 # for the tests
	NICEMU=$JOB
	wait_until 20 "plx-nicemu to serve" grep -q '^nic0: .* its wire is ' "$TMP/nicemu.log"
}

# CPU WORDS...: EAL options and those behind "--".
start_driver()
{
	start_prompt driver - "${AS[@]}" "$PLX_TESTPMD" --no-huge --no-pci --lcores "0@$1,1@$1" "${@:2}"
	# shellcheck disable=SC2034 # for the tests
	DRIVER=$JOB
}
AS=() # in front of the driver's program, as in AS=("${NOBODY[@]}")

# WHO COMMAND: its answer, the command ends in --json.
ask()
{
	tell_and_see "$1" "$2" '^\{"command":"'"${2% --json}"'"' >&2
	grep -F "{\"command\":\"${2% --json}\"" "$TMP/$1.log" | tail -n 1
}

# NIC FILTER: of its books, by jq.
book()
{
	ask nicemu 'show stats --json' | jq -r ".result.nics[$1]$2"
}

# NIC FILTER LEAST
book_reaches()
{
	[ "$(book "$1" "$2")" -ge "$3" ]
}

# WHO NAME: a counter of the driver's port 0, as it is now.
counter()
{
	ask driver 'show port xstats 0 --json' | jq -r ".result.ports[0].xstats.\"$1\" // 0"
}

counter_reaches()
{
	[ "$(counter "$1")" -ge "$2" ]
}

# true|false
driver_link_is()
{
	[ "$(ask driver 'show port info 0 --json' | jq -r '.result.ports[0].link.up')" = "$1" ]
}

driver_runs()
{
	[ "$(ask driver 'show port info 0 --json' | jq -r '.result.ports[0] | "\(.state) \(.promiscuous)"')" = "started true" ]
}

# FILE: requests of pings in it.
requests()
{
	tshark -r "$1" -Y 'icmp.type == 8' 2>/dev/null | wc -l
}

requests_reach()
{
	[ "$(requests "$1")" -ge "$2" ]
}

# NAMESPACE ADDRESS FILE: five pings from there wake the card, whose wire is recorded in FILE, by themselves: the driver, who answers
# them in the end, is stopped, and nobody types.
arrivals_wake()
{
	local before

	before=$(requests "$3")
	freeze "$DRIVER"
	run_in "$1" ping -qc 5 -l 5 -W 1 "$2" >"$TMP/ping.log" && fail "somebody answered"
	wait_until 20 "requests that wake the card" requests_reach "$3" $((before + 5))
	kill -CONT "$DRIVER"
}

# A card whose cable was out is plugged in when its driver takes all that comes: not one frame is missed then.
plug_in()
{
	wait_until 30 "the driver to listen" driver_runs
	tell_and_see nicemu 'link nic0 up' 'link nic0 up'
}

# up|down
wait_link()
{
	case $1 in
	up) wait_until 30 "the driver's link to come" driver_link_is true ;;
	down) wait_until 30 "the driver's link to go" driver_link_is false ;;
	esac
}

# nicemu and driver, in the order given: they end well, and what nicemu counted adds up.
quit_all()
{
	quit_prompts 'do(es)? not add up|unaccounted|the card itself counted' "$@"
}
