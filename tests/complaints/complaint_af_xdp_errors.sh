#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "AF_XDP says EINVAL or EBUSY and leaves me guessing."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need tcpdump

make_pair
CAPTURE=(ip netns exec "${NS_b:?}" "$PLX_CAPTURE" --no-huge -l 0 --idle sleep)

assert_refuses 'no interface "eth7".*there are: lo, veth0' "${CAPTURE[@]}" --vdev net_af_xdp0,iface=eth7 -- -o /dev/null
# Taken by another program: its name and process.
start first b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev net_af_xdp0,iface=veth0 -- -o "$TMP/first.pcap"
first=$JOB
wait_until 10 "the first capture" grep -q 'receives and writes' "$TMP/first.log"
assert_refuses "veth0 is taken.*plx-capture \(pid $first\)" "${CAPTURE[@]}" --vdev net_af_xdp0,iface=veth0 -- -o /dev/null
# Killed, it leaves nothing that has to be swept: the next one starts at once.
stop "$first" KILL || true
start next b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev net_af_xdp0,iface=veth0 -- -o "$TMP/next.pcap"
wait_until 10 "the next capture" grep -q 'receives and writes' "$TMP/next.log"
stop "$JOB" INT
assert_no_xdp b veth0
# No native XDP here: it says so and goes on in the other mode.
ip -n "$NS_b" link set lo mtu 1500 up
start fallback b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev net_af_xdp0,iface=lo -- -o "$TMP/fallback.pcap" -d 1 -v
wait_end "$JOB" 10
assert_grep "$TMP/fallback.log" 'net_af_xdp0 on lo: .*generic'
