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
