#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Both programs killed at moments of chance, while they start, run and receive: no XDP program, no tap and no file is left,
# and the next start works at once. KILL_ROUNDS says how often each of them dies.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# A /dev/shm of our own shows what is left there, whoever else works on the machine.
if [ "$(id -u)" -eq 0 ] && [ -z "${FUNC_MOUNTS:-}" ]; then
	FUNC_MOUNTS=own exec unshare -m bash "$0"
fi
func_begin root
need ping

ROUNDS=${KILL_ROUNDS:-5}
EAL=(--no-huge --idle sleep --lcores '(0-1)@(0-1)')
mount -t tmpfs none /dev/shm
BEGAN=$TMP/began # others may have left files of a process that had the same number
touch "$BEGAN"
make_pair 2
start ping a ping -q -i 0.002 10.99.0.2

# WHAT KIND DEVICE: starts it as $JOB; KIND is the program.
start_one()
{
	if [ "$2" = capture ]; then
		start "$1" b "$PLX_CAPTURE" "${EAL[@]}" --vdev "$3" -- -o "$TMP/out.pcap" --top 3
	else
		start "$1" b "$PLX_TESTPMD" "${EAL[@]}" --vdev "$3" -- --forward-mode macswap
	fi
}

links_of_b()
{
	ip -n "${NS_b:?}" -o link | awk '{print $2}' | sort | tr '\n' ' '
}

# PID WHAT
assert_nothing_left()
{
	local links

	assert_no_xdp b veth0
	links=$(links_of_b)
	assert_eq "$links" "$LINKS" "interfaces after the end of $2"
	assert_eq "$(ls -A /dev/shm)" '' "what $2 left in /dev/shm"
	assert_eq "$(find /run /tmp -maxdepth 3 -newer "$BEGAN" -regex ".*[^0-9]$1\([^0-9].*\)?" \
		-regex '.*\(plx\|pollux\|testpmd\|capture\).*' ! -path '*plx-func*' 2>/dev/null)" '' "what $2 left in /run and /tmp"
}

# PROGRAM DEVICE
dies_and_starts_again()
{
	local round status pid

	for ((round = 0; round < ROUNDS; round++)); do
		start_one "killed" "$1" "$2"
		pid=$JOB
		sleep "0.$(printf %03d $((RANDOM % 400)))"
		status=0
		stop "$pid" KILL || status=$?
		assert_eq "$status" 137 "status of plx-$1 on $2, killed"
		start_one "next" "$1" "$2"
		wait_until 10 "plx-$1 on $2 after a kill" grep -Eq 'lcore [0-9]+( writes|: RX)' "$TMP/next.log"
		status=0
		stop "$JOB" INT || status=$?
		assert_eq "$status" 0 "status of plx-$1 on $2 after a kill"
		assert_nothing_left "$pid" "plx-$1 on $2"
	done
}

# Killed while it surely runs: nothing is left without a next start to tidy it up.
dies_alone()
{
	start_one "killed" "$1" "$2"
	wait_until 10 "plx-$1 on $2" grep -Eq 'lcore [0-9]+( writes|: RX)' "$TMP/killed.log"
	stop "$JOB" KILL || true
	assert_nothing_left "$JOB" "plx-$1 on $2, killed while it ran"
}

LINKS=$(links_of_b)
for program in capture testpmd; do
	for device in net_af_xdp0,iface=veth0 net_af_packet0,iface=veth0 net_tap0,iface=tap7; do
		dies_alone $program $device
		dies_and_starts_again $program $device
	done
done
