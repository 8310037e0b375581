# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the tests of clusters share; to be sourced behind lib.sh.

# shellcheck disable=SC2034
SLAVE_SENDS=$PLX_BUILD/tests/func/slave_sends
CLUSTER_COUNT=$PLX_BUILD/examples/cluster_count
CLUSTER_EAL=(--no-huge --no-pci --lcores '(0,1)@0' --file-prefix master)

# ARGS...: plx-cluster in the background, until it is ready; MASTER is its pid. EAL options are in front of "--". LOG in place of "master".
cluster_start()
{
	start "${LOG:-master}" - "$PLX_CLUSTER" "${CLUSTER_EAL[@]}" "$@"
	MASTER=$JOB
	wait_until 30 "the master" cluster_is_ready "$TMP/${LOG:-master}.log"
}

cluster_is_ready()
{
	local ended=

	# One that ends by itself may do so before this looks.
	! job_ended "$MASTER" || ended=yes
	grep -q ' \.\.\.$' "$1" && return
	[ -z "$ended" ] || fail "the master ended before it was ready"
	return 1
}

# Ends the master and reads its books.
cluster_stop()
{
	local status=0

	stop "$MASTER" "${1:-INT}" || status=$?
	assert_eq "$status" 0 "exit status of the master"
	assert_grep "$TMP/${LOG:-master}.log" '^every packet is accounted for$'
}

# LOG ARGS...: a slave that counts; JOB is its pid.
slave_start()
{
	local log=$1

	start "$log" - "$CLUSTER_COUNT" "${@:2}"
	wait_until 30 "slave $log" grep -q ' \.\.\.$' "$TMP/$log.log"
}

# PID LOG: ends one; COUNTED is how many packets it says it counted.
slave_stop()
{
	local status=0

	stop "$1" INT || status=$?
	assert_eq "$status" 0 "exit status of slave $2"
	COUNTED=$(sed -n 's/^cluster:[^ ]*: \([0-9]*\) packets.*/\1/p' "$TMP/$2.log")
	[ -n "$COUNTED" ] || fail "slave $2 does not tell how many it counted"
}

# FILTER...: jq on the books of the master that runs.
books()
{
	run "$PLX_CTL" -t 20s master cluster 2>"$TMP/books.err" | jq "$@"
}

# FILTER: true if it holds of the books.
books_say()
{
	books -e "$1" >/dev/null
}

# -- what changes while packets come ---------------------------------------------------------------------------------

# NAME [WORD]: what the master answers to it: how that is, or is from now on.
ask()
{
	run "$PLX_CTL" -t 20s master "$@" | jq -r ".$1"
}

# NAME WORD: asked for; BEFORE and AFTER are the books behind it and those when 3,000 more packets had come.
change_to()
{
	assert_eq "$(ask "$1" "$2")" "$2" "the $1"
	BEFORE=$(books -c .)
	wait_until 60 "packets by $1 $2" books_say ".packets.received >= $(jq .packets.received <<<"$BEFORE") + 3000"
	AFTER=$(books -c .)
	assert_eq "$(ask "$1")" "$2" "the $1 behind some packets"
}

# FILTER: of how much a figure grew meanwhile.
grew()
{
	jq -n --argjson a "$BEFORE" --argjson b "$AFTER" "(\$b | $1) - (\$a | $1)"
}

# What the slaves got meanwhile, those that got least in front.
got()
{
	jq -cn --argjson a "$BEFORE" --argjson b "$AFTER" '[range($a.slaves | length)] | map($b.slaves[.].offered - $a.slaves[.].offered) | sort'
}

# How often each packet was handed out meanwhile, rounded.
copies()
{
	jq -n --argjson a "$BEFORE" --argjson b "$AFTER" --argjson got "$(got)" '($got | add) / ($b.packets.received - $a.packets.received) | round'
}

# N: a slave for each of so many places; SLAVES are their pids.
slaves_come()
{
	local i

	SLAVES=()
	for ((i = 0; i < $1; i++)); do
		slave_start "slave$i" "cluster:10@$i"
		SLAVES+=("$JOB")
	done
}

# They end, and the master; what it says of each is what that one said itself, but for what was left in its queue, which it did not see.
slaves_end()
{
	local i

	for i in "${!SLAVES[@]}"; do
		slave_stop "${SLAVES[i]}" "slave$i"
		wait_until 30 "the end of slave $i" books_say ".slaves[$i].held == 0 and (.slaves[$i].present | not)"
		assert_ge "$COUNTED" "$(books ".slaves[$i].released")" "packets that slave $i saw"
		assert_ge "$(books ".slaves[$i].queued")" "$COUNTED" "packets that slave $i could see"
	done
	cluster_stop
}
