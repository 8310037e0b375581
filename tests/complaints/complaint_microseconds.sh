#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "Time stamps are microseconds, the same for a whole burst, or ticks of who knows what."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need tshark ping

make_pair
start capture b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev net_af_packet0,iface=veth0 -- -o "$TMP/out.pcapng" 'icmp[0] == 8'
wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
from=$(date +%s)
run_in a ping -qf -c 200 10.99.0.2 >/dev/null
stop "$JOB" INT
tshark -r "$TMP/out.pcapng" -T fields -e frame.time_epoch >"$TMP/times"
to=$(date +%s)
# Each packet has a moment of its own, not all on a microsecond, within the time of this test, in order.
awk -v from="$from" -v to="$to" '
	{split($1, part, "."); if (substr(part[2], 7) != "000") fine++}
	$1 < from || $1 > to + 1 || $1 == last || $1 < last {bad++}
	{last = $1}
	END {exit bad > 0 || NR < 200 || fine < NR / 2}' "$TMP/times" || fail "times are coarse, equal, out of order or of another day"
