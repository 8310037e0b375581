#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# [no]: single queues stop and start again and again while packets are forwarded and nobody loses one, are left out of a start, and
# carry frames as before; with "no" the cards cannot, and say what is missing.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# RX-OR-TX PORT: the state of its queue 0.
state_of()
{
	pmd "show ${1}q info $2 0"
	echo "$SAID" | sed 's/.*"state": *"\([a-z]*\)".*/\1/'
}

# RX-OR-TX PORT STATE
expect_state()
{
	[ "$(state_of "$1" "$2")" = "$3" ] || fail "$1 queue of port $2: $SAID"
}

ask fresh
pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" --
if [ "${1:-}" = no ]; then
	for command in 'port 0 rxq 0 stop' 'port 1 txq 0 stop'; do
		echo "$command" >&4
		# busybox has read -t.
		# shellcheck disable=SC3045
		read -r -t 90 SAID <&5
		case $SAID in
		*'does not offer RING_RESET'*) ;;
		*) fail "$command: $SAID" ;;
		esac
	done
	pmd start
	ask frames 0 1 100
	pmd stop
	pmd 'show port stats all'
	ask books 0,1 "$SAID"
	echo quit >&4
	exit 0
fi
pmd start
for _ in 1 2 3 4 5; do
	ask frames 0 1 100
	for port in 0 1; do
		pmd "port $port rxq 0 stop"
		pmd "port $port txq 0 stop"
		expect_state rx $port stopped
		expect_state tx $port stopped
	done
	for port in 0 1; do
		pmd "port $port txq 0 start"
		pmd "port $port rxq 0 start"
		expect_state rx $port started
	done
	ask frames 0 1 100
done
pmd stop
pmd 'show port stats all'
ask books 0,1 "$SAID"

# What is left out of a start carries nothing, and everything once it is started.
pmd 'port stop all'
pmd 'port 0 rxq 0 deferred_start on'
pmd 'port 1 txq 0 deferred_start on'
pmd 'port start all'
expect_state rx 0 stopped
expect_state tx 1 stopped
expect_state rx 1 started
pmd start
pmd 'port 0 rxq 0 start'
pmd 'port 1 txq 0 start'
ask frames 0 1 200
pmd stop
pmd 'show port stats all'
ask books 0,1 "$SAID"
pmd_stop
