#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "Time stamps are microseconds, the same for a whole burst, or ticks of who knows what."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need capinfos jq ping python3 tshark

waiting()
{
	[ "$(link_stat b veth0 rx_packets)" -ge $(($1 + 50)) ]
}

# DRIVER SOURCE: pings come while the capture stands still, so that it sees all of them at once and late.
times_are_those_of_the_packets()
{
	local capture from before resumed

	start capture b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev "$1,iface=veth0" -- -o "$TMP/out.pcapng" 'icmp[0] == 8'
	capture=$JOB
	wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
	freeze "$capture"
	from=$(date +%s.%N)
	before=$(link_stat b veth0 rx_packets)
	run_in a ping -q -c 50 -i 0.002 -W 0.1 10.99.0.2 >/dev/null || true
	wait_until 10 "50 packets" waiting "$before"
	resumed=$(date +%s.%N)
	kill -CONT "$capture"
	wait_until 10 "the packets in the file" written
	stop "$capture" INT
	tshark -r "$TMP/out.pcapng" -T fields -e frame.time_epoch >"$TMP/times"
	# Each packet has a moment of its own, not all on a microsecond, before anybody looked for it, in order.
	awk -v from="$from" -v to="$resumed" '
		{split($1, part, "."); if (substr(part[2], 7) != "000") fine++}
		$1 < from || $1 > to || $1 <= last {bad++}
		{last = $1}
		END {exit bad > 0 || NR != 50 || fine < NR / 2}' "$TMP/times" || fail "$1: times are coarse, equal, out of order or not of the packets"
	python3 "$FUNC_DIR/read_pcapng.py" "$TMP/out.pcapng" | jq -e --arg time "time: $2, ns" '.interfaces[0].comments == [$time]' >/dev/null ||
		fail "$1: the file does not name $2"
	rm "$TMP/out.pcapng"
}

written()
{
	[ "$(count_packets "$TMP/out.pcapng" 2>/dev/null)" = 50 ]
}

make_pair
times_are_those_of_the_packets net_af_packet0 'kernel software stamp, CLOCK_REALTIME'
times_are_those_of_the_packets net_af_xdp0 'XDP program, CLOCK_TAI'
