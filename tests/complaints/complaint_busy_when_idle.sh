#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "It burns a whole CPU while nothing happens."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
# PID: CPU time it used, in ticks of 10 ms.
ticks_of()
{
	sed 's/.*) //' "/proc/$1/stat" | awk '{print $12 + $13}'
}

# POLICY: a capture, with nothing to do.
begin()
{
	start capture b "$PLX_CAPTURE" --no-huge --lcores '(0,1)@0' --idle "$1" --vdev net_af_packet0,iface=veth0 -- -o "$TMP/out.pcap"
	wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
}

has_used()
{
	[ "$(ticks_of "$JOB")" -gt "$1" ]
}

make_pair
begin poll
before=$(ticks_of "$JOB")
wait_until 30 "a second of CPU time that polling takes" has_used $((before + 100))
stop "$JOB" INT
# Two seconds or more, of which polling would take most, if the machine lets it.
begin sleep
before=$(ticks_of "$JOB") since=$(date +%s%N)
sleep 2
used=$(($(ticks_of "$JOB") - before)) ms=$((($(date +%s%N) - since) / 1000000))
[ "$used" -le $((ms / 100)) ] || fail "with --idle sleep $used ticks were used in $ms ms"
stop "$JOB" INT
# And it wakes when there is something to do.
start capture b "$PLX_CAPTURE" --no-huge --lcores '(0,1)@0' --idle sleep --vdev net_af_packet0,iface=veth0 -- -o "$TMP/woken.pcap" -c 5 icmp
wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
run_in a ping -qc 10 -i 0.05 10.99.0.2 >/dev/null
wait_end "$JOB" 10
assert_eq "$(count_packets "$TMP/woken.pcap")" 5 "packets that woke it"
