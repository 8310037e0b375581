#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-nicemu by its users' first command: a card on a tap with an address. Our driver, without any rights, answers the kernel's
# pings and sends to it; the kernel, tshark and the books agree. The tap goes, an address on a tap that stays goes, too.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need ping nstat jq tshark ip
# shellcheck source=tests/func/nicemu.sh
. "$FUNC_DIR/nicemu.sh"

MAC=02:00:00:00:00:11
# shellcheck disable=SC2034 # of nicemu.sh
AS=("${NOBODY[@]}")
netns_add a

begin()
{
	start_nicemu a -s "$TMP/nic.sock" -t nic0 -n 10.99.0.1/24 -m $MAC -i -v "$@"
	chmod 666 "$TMP/nic.sock"
	netns_exec a ip neigh replace 10.99.0.2 lladdr $MAC dev nic0
}

# The kernel asks, the driver behind the card answers. MODE: extra words of plx-nicemu.
answers_pings()
{
	begin --pcap "$TMP/wire.pcapng" "$@"
	netns_exec a ip -o address show dev nic0 | grep -q 'inet 10.99.0.1/24 ' || fail "the tap has no address"
	start_driver 1 -a "vfio-user:$TMP/nic.sock" -- -i --forward-mode icmpecho --auto-start
	wait_link up
	ping_all a 20 10.99.0.2
	assert_grep "$TMP/nicemu.log" '^nic0: a driver connected$|nicemu> .*nic0: a driver connected'
	assert_eq "$(ask nicemu 'show nics --json' | jq -r '.result.nics[0] | .mac + " " + .link + " " + .driver')" \
		"$MAC up connected" "what show nics says"
	quit_all driver nicemu
	run_in a test ! -e /sys/class/net/nic0 || true
	if netns_exec a ip link show nic0 >"$TMP/link.log" 2>&1; then
		fail "the tap is left behind"
	fi
	[ ! -e "$TMP/nic.sock" ] || fail "the socket is left behind"
	assert_eq "$(tshark -r "$TMP/wire.pcapng" -Y 'icmp.type == 8 && frame.packet_flags_direction == 1' 2>/dev/null | wc -l)" 20 \
		"requests in the file, inbound"
	assert_eq "$(tshark -r "$TMP/wire.pcapng" -o ip.check_checksum:TRUE \
		-Y 'icmp.type == 0 && frame.packet_flags_direction == 2 && icmp.checksum.status == "Good" && ip.checksum.status == "Good"' 2>/dev/null |
		wc -l)" 20 "answers in the file, outbound, with right checksums"
}

# All that the driver sends arrives in the kernel: four who counted say the same.
sends_to_the_kernel()
{
	local sent

	begin "$@"
	start_driver 1 -a "vfio-user:$TMP/nic.sock" -- -i --forward-mode txonly
	wait_link up
	tell driver start
	wait_until 30 "frames" counter_reaches tx_good_packets 10000
	tell_and_see driver stop 'Accumulated forward statistics'
	sent=$(awk '/Accumulated/ {getline; for (i = 1; i < NF; i++) if ($i == "TX-packets:") print $(i + 1)}' "$TMP/driver.log")
	wait_until 20 "all frames to be through" book_reaches 0 '.to_wire | .passed - .pauses' "$sent"
	assert_eq "$(book 0 '.to_wire | .frames - .pauses')" "$sent" "frames the card sent"
	sent=$((sent + $(book 0 .to_wire.pauses)))
	assert_eq "$(book 0 .card.sent)" "$sent" "frames the card counted"
	assert_eq "$(book 0 .port.tx.sent)" "$sent" "frames the tap was given"
	assert_eq "$(link_stat a nic0 rx_packets)" "$sent" "frames the kernel received"
	assert_eq "$(book 0 .balanced)" true "balanced"
	quit_all driver nicemu
}

# Frames wait in the tap while the driver takes none; when it does again all arrive. Those that come then wake the card by themselves.
# MODE: as above.
waits_in_the_tap()
{
	local all=200 ring=64 before

	begin --pcap "$TMP/wire.pcapng" "$@"
	start_driver 1 -a "vfio-user:$TMP/nic.sock" -- -i --forward-mode icmpecho --rxd $ring
	wait_link up
	before=$(count_pings a)
	run_in a ping -qc $all -l $all -W 1 10.99.0.2 >"$TMP/ping.log" && fail "somebody answered"
	wait_until 20 "a full card" book_reaches 0 .to_card.passed $((ring - 1))
	[ "$(book 0 .to_card.passed)" -le $ring ] || fail "nothing had to wait"
	tell driver start
	wait_until 30 "all answers" pings_reach a $((before + all))
	arrivals_wake a 10.99.0.2 "$TMP/wire.pcapng"
	wait_until 30 "their answers" pings_reach a $((before + all + 5))
	quit_all driver nicemu
}

answers_pings
answers_pings --poll
waits_in_the_tap
waits_in_the_tap --lossless
sends_to_the_kernel
sends_to_the_kernel --doorbells

# A tap that is there: it stays, with its addresses, without ours.
netns_exec a ip tuntap add dev nic0 mode tap user 65534
netns_exec a ip address add 10.98.0.1/24 dev nic0
begin
netns_exec a ip -o address show dev nic0 | grep -q 'inet 10.99.0.1/24 ' || fail "the tap has no address"
quit_all nicemu
netns_exec a ip -o address show dev nic0 >"$TMP/address.log"
assert_grep "$TMP/address.log" 'inet 10.98.0.1/24 '
assert_no_grep "$TMP/address.log" 'inet 10.99.0.1/24 '

# Its owner needs no rights for it; for an address, he does.
chmod 777 "$TMP"
var=NS_a
in_a=(ip netns exec "${!var}" "${NOBODY[@]}")
assert_status 0 "${in_a[@]}" "$PLX_NICEMU" -s "$TMP/own.sock" -t nic0 --duration 100ms
assert_refuses "the tap's address needs CAP_NET_ADMIN" "${in_a[@]}" "$PLX_NICEMU" -s "$TMP/own.sock" -t nic0 -n 10.97.0.1/24 --duration 100ms
assert_refuses 'CAP_NET_ADMIN' "${in_a[@]}" "$PLX_NICEMU" -s "$TMP/own.sock" -t another --duration 100ms
netns_exec a ip link add kernel0 type veth peer name kernel1
assert_refuses 'kernel0' ip netns exec "${!var}" "$PLX_NICEMU" -s "$TMP/own.sock" -t kernel0 --duration 100ms
