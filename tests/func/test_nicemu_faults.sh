#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Cards and wires that go wrong by command: cables, lost, damaged and late frames, counted exactly; stuck descriptors, errors of
# memory, dead cards, EEPROMs; by prompt, by file and by pipe. All is well again when told so.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need jq tshark python3
# shellcheck source=tests/func/nicemu.sh
. "$FUNC_DIR/nicemu.sh"

FRAMES=100
A=$TMP/a.sock
python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" $FRAMES

# FILE...: a card whose wire brings in.pcap once its driver is there; the file has commands that come first.
begin_with()
{
	printf '%s\n' 'link nic0 down' "$@" >"$TMP/script"
	start_nicemu - --no-huge --no-pci -l 0 --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$TMP/back.pcap" -- -s "$A" -i --lossless \
		--cmdline-file "$TMP/script" --pcap "$TMP/wire.pcapng"
	start_driver 1 -a "vfio-user:$A" -- -i --forward-mode io --port-topology loop --auto-start --enable-scatter --mtu 9000
	plug_in
}

# Each fifth frame to the card is lost, and each fourth that comes back; the file has what came through.
begin_with 'fault nic0 drop 5 to_card' 'fault all drop 4 to_wire'
wait_until 30 "all frames" book_reaches 0 .to_wire.frames 80
assert_eq "$(book 0 '.to_card | "\(.frames) \(.passed) \(.lost["fault: drop"])"')" "100 80 20" "to the card"
assert_eq "$(book 0 '.to_wire | "\(.frames) \(.passed) \(.lost["fault: drop"])"')" "80 60 20" "to the wire"
assert_eq "$(ask nicemu 'show faults --json' | jq -c '.result.nics[0] | [.to_card.drop, .to_wire.drop]')" '[5,4]' "faults"
quit_all driver nicemu
assert_eq "$(count_packets "$TMP/back.pcap")" 60 "frames that came back"
assert_eq "$(count_packets "$TMP/wire.pcapng")" 140 "frames recorded"

# Damaged ones arrive, and differ by a bit; late ones arrive later, in order.
begin_with 'fault nic0 corrupt 10 to_wire' 'fault nic0 delay 30ms'
wait_until 30 "all frames" book_reaches 0 .to_wire.passed $FRAMES
assert_eq "$(book 0 '.to_wire | "\(.corrupted) \(.delayed)"')" "10 100" "damaged and late"
quit_all driver nicemu
list_frames "$TMP/in.pcap" >"$TMP/in.txt"
list_frames "$TMP/back.pcap" >"$TMP/back.txt"
assert_eq "$(diff "$TMP/in.txt" "$TMP/back.txt" | grep -c '^>' || true)" 10 "frames that differ"

# A cable that is pulled, and plugged in again: the driver sees both, and nothing comes meanwhile.
start_nicemu - --no-huge --no-pci -l 0 --vdev net_null0,copy=1 -- -s "$A" -i
start_driver 1 -a "vfio-user:$A" -- -i --forward-mode rxonly --auto-start
wait_link up
wait_until 30 "frames" counter_reaches rx_good_packets 1000
tell_and_see nicemu 'link nic0 down' 'link nic0 down'
wait_link down
assert_eq "$(ask nicemu 'show nics --json' | jq -r '.result.nics[0] | .cable + " " + .link')" "out down" "the cable"
tell nicemu 'link 0 up'
wait_link up
before=$(counter rx_good_packets)
wait_until 30 "frames again" counter_reaches rx_good_packets $((before + 1000))

# The same by the control socket.
by_door()
{
	run "$PLX_CTL" -t 20s plx-nicemu "$@" 2>"$TMP/door.log"
}
by_door cable nic0 down >"$TMP/door.json" || fail "the cable by the control socket"
wait_link down
assert_eq "$(by_door show nics | jq -r '.nics[0] | .cable + " " + .link')" "out down" "the cable"
by_door fault nic0 corrupt 7 to_card >"$TMP/door.json" || fail "a fault by the control socket"
assert_eq "$(ask nicemu 'show faults --json' | jq '.result.nics[0].to_card.corrupt')" 7 "the fault"
assert_status 1 "$PLX_CTL" -t 60s plx-nicemu fault nic0 smoke on
assert_status 1 "$PLX_CTL" -t 60s plx-nicemu cable nic1 up
by_door fault nic0 none >"$TMP/door.json"
assert_eq "$(by_door show faults nic0 | jq '.nics[0].to_card.corrupt')" 0 "the fault"
by_door cable nic0 up >"$TMP/door.json"
wait_link up

# Descriptors that are never done: nothing arrives, until they are again.
tell_and_see nicemu 'fault nic0 rx_stuck on' 'rx_stuck on'
arrivals_ended()
{
	stuck=$(counter rx_good_packets)
	sleep 0.2
	[ "$(counter rx_good_packets)" = "$stuck" ]
}
wait_until 20 "the end of arrivals while descriptors are stuck" arrivals_ended
assert_eq "$(ask nicemu 'show faults nic0 --json' | jq -r '.result.nics[0].card.rx_stuck')" true "the fault"
tell nicemu 'fault nic0 none'
wait_until 30 "frames again" counter_reaches rx_good_packets $((stuck + 1000))
assert_eq "$(ask nicemu 'show faults nic0 --json' | jq -r '.result.nics[0].card.rx_stuck')" false "the fault"

# Accesses to memory that fail: counted, and no frame is unaccounted for.
tell_and_see nicemu 'fault nic0 dma_error 100' 'dma_error 100'
wait_until 30 "errors" book_reaches 0 .card.dma_errors 10
tell_and_see nicemu 'fault nic0 none' 'fault nic0 none'
assert_eq "$(book 0 .balanced)" true balanced

# Registers, harmless to look at.
assert_eq "$(ask nicemu 'show registers nic0 --json' | jq -r '.result.nic0.RDLEN != "0x00000000"')" true "a ring's length"

# A card that dies under its driver, who ends well nevertheless.
tell_and_see nicemu 'fault nic0 dead on' 'dead on'
quit_all driver nicemu

# A wire that is full holds the card back: no frame is lost or counted twice, however often it is tried, and all goes on when there is
# room again. Here what the card sends comes back to it, and its driver does not look at first.
stands_still()
{
	local frames

	frames=$(book 0 .to_wire.frames)
	[ "$frames" -gt 0 ] && [ "$(book 0 .to_wire.waiting)" -gt 0 ] && sleep 0.3 && [ "$(book 0 .to_wire.frames)" = "$frames" ]
}
start_nicemu - --no-huge --no-pci -l 0 --vdev net_ring0 -- -s "$A" -i --lossless
start_driver 1 -a "vfio-user:$A" -- -i --forward-mode txonly --port-topology loop
wait_link up
tell driver start
wait_until 30 "a full wire" stands_still
tell_and_see nicemu 'fault nic0 drop 100 to_wire' 'drop 100 to_wire'
stands_still || fail "a frame that has to wait is lost in the end"
assert_eq "$(book 0 ' | [.to_wire.lost[], .to_card.lost[]] | add')" 0 "frames lost on a full wire"
assert_eq "$(book 0 ' | .to_wire.passed == .port.tx.taken')" true "frames on the wire, as it counts itself"
assert_eq "$(book 0 .balanced)" true balanced
tell nicemu 'fault nic0 none'
before=$(book 0 .to_card.passed)
tell_and_see driver stop 'Accumulated forward statistics'
tell driver 'set fwd io'
tell driver start
wait_until 30 "frames again" book_reaches 0 .to_card.passed $((before + 10000))
quit_all driver nicemu

# Cards that a driver refuses, with a sentence, and takes again when they are well.
start_nicemu - --no-huge --no-pci -l 0 --vdev net_null0,copy=1 -- -s "$A" -i
driver=("$PLX_TESTPMD" --no-huge --no-pci -l 0-1 -a "vfio-user:$A" -- --duration 1)
for fault in dead eeprom_damaged eeprom_stuck reset_stuck; do
	tell_and_see nicemu "fault nic0 $fault on" "$fault on"
	assert_refuses '[a-z]' "${driver[@]}"
	tell_and_see nicemu 'fault nic0 none' 'fault nic0 none'
	assert_status 0 "${driver[@]}"
done
tell_and_see nicemu 'fault nic0 no_eerd on' 'no_eerd on'
assert_status 0 "${driver[@]}"

# What makes no sense is said, with what would.
for wrong in 'fault nic1 dead on|there is no such NIC; the last is nic0' 'fault nic0 drop -1|a number from 0' \
	'fault nic0 delay soon|a time up to a minute' 'fault nic0 delay 2m|a time up to a minute' 'fault nic0 smoke on|is not right here' \
	'link nic0 sideways|is not right here' 'shwo nics|did you mean "show"'; do
	tell_and_see nicemu "${wrong%%|*}" "${wrong#*|}"
done
tell nicemu quit
wait_end "$NICEMU" 20 && fail "a pipe's failed commands are no success"
[ ! -e "$A" ] || fail "the socket is left behind"
assert_refuses 'cannot read' "$PLX_NICEMU" --no-huge --no-pci -l 0 --vdev net_null0 -- -s "$A" --cmdline-file "$TMP/none"
