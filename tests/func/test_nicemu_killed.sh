#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Drivers of an emulated card are killed, and the next one is served; the card's program is killed, and its driver goes on with
# the next one; a second driver is sent away; nothing is left behind that would be in the way.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need jq
# shellcheck source=tests/func/nicemu.sh
. "$FUNC_DIR/nicemu.sh"

A=$TMP/a.sock
card=(--no-huge --no-pci -l 0 --vdev "net_null0,copy=1" -- -s "$A" -i -v)
words=(-a "vfio-user:$A" -- -i --forward-mode io --port-topology loop --auto-start)

driver_has_gone()
{
	[ "$(ask nicemu 'show nics --json' | jq -r '.result.nics[0].driver')" = none ]
}

# Killed in the middle of it, thrice.
start_nicemu - "${card[@]}"
for _ in 1 2 3; do
	start_driver 1 "${words[@]}"
	wait_until 30 "frames" counter_reaches rx_good_packets 1000
	stop "$DRIVER" KILL || true
	wait_until 20 "its end to be seen" driver_has_gone
done
assert_eq "$(book 0 .balanced)" true balanced
start_driver 1 "${words[@]}"
wait_until 30 "frames" counter_reaches rx_good_packets 1000

# Somebody else is sent away, and the first does not notice.
assert_refuses 'no answer to VERSION .* has a driver, which is to go first' "$PLX_TESTPMD" --no-huge --no-pci -l 0-1 -a "vfio-user:$A" -- --duration 1
before=$(counter rx_good_packets)
wait_until 30 "more frames" counter_reaches rx_good_packets $((before + 1000))

# The card's program is killed. Its socket is left, and in nobody's way.
stop "$NICEMU" KILL || true
wait_link down
[ -S "$A" ] || fail "who was killed removed its socket"
start_nicemu - "${card[@]}"
before=$(counter rx_good_packets)
tell driver stop
tell driver 'port stop 0'
tell driver 'port start 0'
tell driver start
wait_link up
wait_until 30 "frames from the next one" counter_reaches rx_good_packets $((before + 1000))
tell driver quit
wait_end "$DRIVER" 30 || fail "status $? of the driver that had two cards"
start_driver 1 "${words[@]}"
wait_until 30 "frames for the next driver" counter_reaches rx_good_packets 1000
quit_all driver nicemu
[ ! -e "$A" ] || fail "the socket is left behind"
