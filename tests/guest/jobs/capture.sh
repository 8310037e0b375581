#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture from a card into a file that tshark reads outside: every frame, every byte, in order.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

plx-capture -l 0 -a "$(card 0)" -- -o /tmp/log.pcap 2>/tmp/capture.log &
capture=$!
wait_until 20 "the capture to begin" grep -q capturing /tmp/capture.log
bytes=$(ask inject 0 500)
complete()
{
	[ "$(stat -c %s /tmp/log.pcap)" -eq $((24 + 500 * 16 + bytes)) ]
}
wait_until 20 "500 frames in the file" complete
kill -INT $capture
wait $capture || fail "plx-capture ended with status $?: $(cat /tmp/capture.log)"
cat /tmp/capture.log
grep -q 'every packet is accounted for' /tmp/capture.log
give /tmp/log.pcap log.pcap
ask captured log.pcap 0
