#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Two emulated cards back to back, and any port as a card's wire, without rights: what goes in at one end comes out at the
# other, byte by byte, asleep, polling and with doorbells, and every frame is in the books.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need jq tshark python3
# shellcheck source=tests/func/nicemu.sh
. "$FUNC_DIR/nicemu.sh"

FRAMES=300
A=$TMP/a.sock B=$TMP/b.sock
python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" $FRAMES

# WORDS...: a file goes from the first card to the second.
back_to_back()
{
	rm -f "$TMP/out.pcap"
	start_nicemu - --no-huge --no-pci -l 0 -- --nic "socket=$A,pcap=$TMP/a.pcapng$1" --nic "socket=$B$1" --join nic0,nic1 -i --lossless \
		"${@:2}"
	start_driver 1 -a "vfio-user:$A" -a "vfio-user:$B" --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,infinite_rx=0" \
		--vdev "net_pcap1,tx_pcap=$TMP/out.pcap" -- -i --portlist "$PORTLIST" --enable-scatter --mtu 9000
	wait_link up
	tell driver start
	wait_until 30 "all frames" book_reaches 1 '.to_card | .frames - .pauses' $FRAMES
	assert_eq "$(book 0 '.to_wire | .passed - .pauses')" $FRAMES "frames from the first card"
	assert_eq "$(book 1 '.to_card | .frames - .pauses')" $FRAMES "frames to the second card"
	assert_eq "$(book 0 .balanced)$(book 1 .balanced)" truetrue balanced
	wait_until 20 "all frames in the file" file_has_all
	tell_and_see nicemu 'link nic0 down' 'link nic0 down'
	assert_eq "$(ask nicemu 'show nics --json' | jq -r '[.result.nics[].cable] | join(" ")')" "out out" "both ends of the cable"
	quit_all driver nicemu
	assert_eq "$(list_frames "$TMP/out.pcap")" "$(list_frames "$TMP/in.pcap")" "frames at the far end ($*)"
	# Cards pause each other as they please.
	tshark -r "$TMP/a.pcapng" -Y 'eth.type != 0x8808' -w "$TMP/a_but_pauses.pcapng" 2>/dev/null
	assert_eq "$(list_frames "$TMP/a_but_pauses.pcapng")" "$(list_frames "$TMP/in.pcap")" "frames recorded on the wire ($*)"
}

file_has_all()
{
	[ "$(ask driver 'show port xstats 3 --json' | jq '.result.ports[0].xstats.tx_good_packets')" -ge $FRAMES ]
}

PORTLIST=0,2,1,3 # the file and the first card, the second card and the other file
back_to_back ""
back_to_back "" --poll
back_to_back ,doorbells=1

echo 'link nic0 down' >"$TMP/unplugged"

# A file is the wire; the driver turns each frame back, and another file has them.
start_nicemu - --no-huge --no-pci -l 0 --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$TMP/back.pcap" -- -s "$A" -i --lossless \
	--cmdline-file "$TMP/unplugged"
start_driver 1 -a "vfio-user:$A" -- -i --forward-mode io --port-topology loop --auto-start --enable-scatter --mtu 9000
plug_in
wait_until 30 "all frames back" book_reaches 0 '.to_wire | .passed - .pauses' $FRAMES
assert_eq "$(book 0 .to_card.passed)" $FRAMES "frames to the card"
assert_eq "$(book 0 .port.rx.delivered)" $FRAMES "frames from the file"
quit_all driver nicemu
assert_eq "$(list_frames "$TMP/back.pcap")" "$(list_frames "$TMP/in.pcap")" "frames that came back"

# The wire of a card is another plx-nicemu's card: file -> near card's wire; far one's driver is the near program.
start far - "$PLX_NICEMU" --no-huge --no-pci -l 0 --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$TMP/far.pcap" -- -s "$B" --lossless --json
FAR=$JOB
wait_until 20 "the far end" test -S "$B"
start_nicemu - --no-huge --no-pci -l 1 -a "vfio-user:$B" -- -s "$A" -i --lossless --mtu 9000 \
	--cmdline-file "$TMP/unplugged"
start_driver 1 -a "vfio-user:$A" -- -i --forward-mode io --port-topology loop --auto-start --enable-scatter --mtu 9000
plug_in
wait_until 30 "all frames back" book_reaches 0 '.to_wire | .passed - .pauses' $FRAMES
quit_all driver nicemu
stop "$FAR" INT || fail "status $? of the far end"
assert_eq "$(grep '^{' "$TMP/far.log" | tail -n 1 | jq -r '.result.nics[0] | "\(.to_wire.passed) \(.to_card.passed) \(.balanced)"')" \
	"$FRAMES $FRAMES true" "what the far end's books say at the end"
assert_eq "$(list_frames "$TMP/far.pcap")" "$(list_frames "$TMP/in.pcap")" "frames that came back from afar"
