#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "After a crash I have to clean up before it starts again."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
# XDP programs, taps, shared memory: the kernel takes them back. The long form of this is func_killed.
make_pair
links=$(ip -n "${NS_b:?}" -o link | awk '{print $2}')
for device in net_af_xdp0,iface=veth0 net_tap0,iface=tap7; do
	start testpmd b "$PLX_TESTPMD" --no-huge --idle sleep --lcores '(0,1)@0' --vdev $device -- --forward-mode macswap
	wait_until 10 "testpmd on $device" grep -q 'lcore 1: RX' "$TMP/testpmd.log"
	stop "$JOB" KILL || true
	assert_no_xdp b veth0
	assert_eq "$(ip -n "$NS_b" -o link | awk '{print $2}')" "$links" "interfaces after a crash on $device"
	start testpmd b "$PLX_TESTPMD" --no-huge --idle sleep --lcores '(0,1)@0' --vdev $device -- --forward-mode macswap
	wait_until 10 "testpmd on $device after a crash" grep -q 'lcore 1: RX' "$TMP/testpmd.log"
	stop "$JOB" INT
done
