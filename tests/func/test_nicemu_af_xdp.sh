#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The wire of an emulated card is an AF_XDP socket: a real interface, without the kernel's network stack. The driver behind the card, in a
# process without any rights, answers the pings of the host at the interface's far end, and sends to it; tshark, the far kernel and the
# books agree, and nothing stays on the interface.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need ping nstat jq tshark tcpdump
# shellcheck source=tests/func/nicemu.sh
. "$FUNC_DIR/nicemu.sh"

# shellcheck disable=SC2034 # of nicemu.sh
AS=("${NOBODY[@]}")
PINGS=30
MAC_A=02:00:00:00:00:0a
MAC_B=02:00:00:00:00:0b
netns_add a
netns_add b
netns_veth a veth0 b veth0
netns_address a veth0 10.99.0.1/24 $MAC_A 10.99.0.2 $MAC_B # not IPv6, whose kernels speak of their groups

# WORDS...: of plx-nicemu, behind "--".
begin()
{
	start_nicemu b --no-huge --no-pci -l 0 --vdev net_af_xdp0,iface=veth0 -- -s "$TMP/nic.sock" -m $MAC_B -i -v "$@"
	chmod 666 "$TMP/nic.sock"
}

# The frames of the two ways at the far end, ends of the wire included.
far_dump()
{
	start dump a tcpdump -i veth0 -Z root -Uw "$TMP/far.pcap" --immediate-mode -s 0 icmp
	wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
	DUMP=$JOB
}

# SIZE WORDS...: pings with that many bytes.
answers_pings()
{
	local size=$1

	begin "${@:2}"
	far_dump
	start_driver 1 -a "vfio-user:$TMP/nic.sock" -- -i --forward-mode icmpecho --auto-start
	wait_link up
	ping_all a $PINGS -s "$size" 10.99.0.2
	wait_until 10 "tcpdump to see all" has_packets "$TMP/far.pcap" $((2 * PINGS))
	stop "$DUMP" INT
	assert_eq "$(book 0 '| "\(.to_card.passed) \(.to_wire.passed) \(.port.rx.delivered) \(.port.tx.taken) \(.balanced)"')" \
		"$PINGS $PINGS $PINGS $PINGS true" "books of the card and of its wire"
	quit_all driver nicemu
	assert_grep "$TMP/driver.log" "RX-packets: $PINGS +TX-packets: $PINGS "
	for type in 8 0; do
		assert_eq "$(tshark -r "$TMP/far.pcap" -o ip.check_checksum:TRUE -Y "icmp.type == $type && frame.len == $size + 42 &&
			icmp.checksum.status == \"Good\" && ip.checksum.status == \"Good\"" 2>/dev/null | wc -l)" $PINGS "ICMP of type $type at the far end"
	done
	assert_no_xdp b veth0
}

far_reaches()
{
	[ "$(link_stat a veth0 rx_packets)" -ge "$1" ]
}

# All that the driver sends is what the far kernel receives.
sends()
{
	local sent before

	begin "$@"
	before=$(link_stat a veth0 rx_packets)
	start_driver 1 -a "vfio-user:$TMP/nic.sock" -- -i --forward-mode txonly
	wait_link up
	tell driver start
	wait_until 30 "frames" counter_reaches tx_good_packets 10000
	tell_and_see driver stop 'Accumulated forward statistics'
	sent=$(awk '/Accumulated/ {getline; for (i = 1; i < NF; i++) if ($i == "TX-packets:") print $(i + 1)}' "$TMP/driver.log")
	wait_until 20 "all frames to be through" book_reaches 0 '.to_wire | .passed - .pauses' "$sent"
	sent=$((sent + $(book 0 .to_wire.pauses)))
	assert_eq "$(book 0 .card.sent)" "$sent" "frames the card counted"
	wait_until 20 "all frames at the far end" far_reaches $((before + sent))
	assert_eq "$(link_stat a veth0 rx_packets)" $((before + sent)) "frames the far kernel received"
	quit_all driver nicemu
	assert_no_xdp b veth0
}

# A frame wakes the card, of whom else nobody wants anything.
is_woken()
{
	begin --pcap "$TMP/wire.pcapng"
	start_driver 1 -a "vfio-user:$TMP/nic.sock" -- -i --forward-mode icmpecho --auto-start
	wait_link up
	ping_all a 5 10.99.0.2
	arrivals_wake a 10.99.0.2 "$TMP/wire.pcapng"
	wait_until 20 "their answers" book_reaches 0 .to_wire.passed 10
	quit_all driver nicemu
	assert_eq "$(count_packets "$TMP/wire.pcapng")" 20 "frames in the card's own file"
}

answers_pings 56
answers_pings 1400 --poll
is_woken
sends
sends --poll
