#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Standard output on a full disk, closed, or read by somebody who goes away: it is told, the status says so, and what the
# programs have open is finished.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need capinfos

EAL=(--no-huge --no-pci --lcores '(0,1)@0')
NICS=(--nic "socket=$TMP/a.sock" --nic "socket=$TMP/b.sock" --join "nic0,nic1")

# What is printed goes to a full disk.
full()
{
	local status=0

	run "$@" >/dev/full 2>"$TMP/said" || status=$?
	assert_eq "$status" 1 "exit status of $*"
	assert_grep "$TMP/said" "^${1##*/}: cannot write standard output"
}

full_disk()
{
	local program

	for program in "$PLX_CAPTURE" "$PLX_CLUSTER" "$PLX_CTL" "$PLX_DEVBIND" "$PLX_DOCTOR" "$PLX_NICEMU" "$PLX_TESTPMD"; do
		full "$program" --help
	done
	full "$PLX_DOCTOR" --list
	full "$PLX_CAPTURE" --filter-code port 80
	full "$PLX_CAPTURE" --no-huge --vdev net_null0 -- -c 1 -w "$TMP/in.pcap" --summary -
	full "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 -- --duration 1
	full "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 -- --duration 1 --json
	full "$PLX_CLUSTER" "${EAL[@]}" --vdev net_null0 -- -c 10 --duration 100ms
	full "$PLX_NICEMU" "${NICS[@]}" --duration 100ms
	full "$PLX_NICEMU" "${NICS[@]}" --duration 100ms --json
}

# The first line is read, and no more; then the program ends by itself, with status 0.
one_line()
{
	local statuses

	run "$@" 2>"$TMP/said" | { IFS= read -r _ || true; }
	statuses="${PIPESTATUS[*]}"
	assert_eq "$statuses" '0 0' "exit status of $* when nobody reads it"
	assert_no_grep "$TMP/said" 'standard output'
}

reader_goes()
{
	one_line "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --vdev "net_pcap0,tx_pcap=$TMP/out.pcap" -- --stats-period 1
	capinfos "$TMP/out.pcap" >"$TMP/infos" 2>&1 || fail "a file is not whole: $(cat "$TMP/infos")"
	one_line "$PLX_CLUSTER" "${EAL[@]}" --vdev net_null0 -- -c 10 -S 100ms -p "$TMP/pid"
	[ ! -e "$TMP/pid" ] || fail 'the file of a process number stayed'
	one_line "$PLX_NICEMU" "${NICS[@]}" --stats-period 1
	[ ! -e "$TMP/a.sock" ] || fail 'a socket stayed'
}

closed()
{
	local status=0

	run "$PLX_CAPTURE" --no-huge --vdev net_null0 -- -c 1 -w - >&- 2>"$TMP/said" || status=$?
	assert_eq "$status" 2 'exit status'
	assert_grep "$TMP/said" 'standard output, which is closed'
	run "$PLX_CAPTURE" --no-huge --vdev net_null0 -- -c 1 -w "$TMP/one.pcap" >&-
	assert_eq "$(count_packets "$TMP/one.pcap")" 1 packets
}

full_disk
reader_goes
closed
