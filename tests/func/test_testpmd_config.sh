#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd's forwarding configuration: who forwards what by options and by the prompt, packets of several segments,
# what waits in the queues, and refusals that change nothing.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin anyone
need jq

THREE=(--vdev net_null0 --vdev net_null1 --vdev net_null2)

by_prompt()
{
	printf '%s\n' 'show config fwd' 'show config fwd --json' 'set portlist 2,0' 'show config fwd --json' 'set nbport 1' \
		'show config fwd --json' 'set portmask 0x7' 'set port-topology chained' 'show config fwd --json' \
		'set corelist 3,1' 'show config cores --json' 'set nbcore 1' 'show config cores --json' \
		'set coremask 0xe' 'show config cores' 'set burst 17' 'show config rxtx' 'show config rxtx --json' \
		'set txpkts 64,128' 'set txsplit rand' 'show config txpkts --json' 'show config txpkts' quit |
		LCORES='(0-3)@0' prompt 0 "${THREE[@]}" -- -i --rxq 2 --txq 2
	assert_grep "$TMP/said" 'Port 2 is paired with itself, since the number of ports \(3\) is odd; set portlist'
	assert_eq "$(json 'select(.result.streams) | [.result.streams[] | select(.rx_queue == 0) | "\(.rx_port)>\(.tx_port)"] | join(" ")')" \
		'0>1 1>0 2>2 2>0 0>2 2>2 0>1 1>2 2>0 ' "ways of packets"
	assert_eq "$(json 'select(.result.streams) | [.result.hints[].name] | join(",")')" \
		'paired-with-itself    ' "hints"
	assert_eq "$(json 'select(.result.lcores) | [.result.lcores[] | "\(.lcore):\(.streams)"] | join(" ")')" '3:3 1:3 3:6 ' lcores
	assert_grep "$TMP/said" '^List of forwarding lcores:  1  2  3$'
	assert_grep "$TMP/said" 'io packet forwarding packets/burst=17'
	assert_grep "$TMP/said" 'port 2: RX queue number: 2 Tx queue number: 2'
	assert_eq "$(json 'select(.result.segments) | .result | "\(.segments) \(.length) \(.split)"')" '[64,128] 192 rand ' txpkts
}

by_options()
{
	assert_status 0 "$PLX_TESTPMD" --no-huge --lcores '(0-3)@0' "${THREE[@]}" -- --duration 1 --portlist 2,1 --coremask 0xc
	assert_grep "$TMP/out.log" 'lcore 2: RX P=2/Q=0 -> TX P=1/Q=0'
	assert_grep "$TMP/out.log" 'lcore 3: RX P=1/Q=0 -> TX P=2/Q=0'
	assert_status 0 "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' "${THREE[@]}" -- --duration 1 --nb-ports 2
	assert_grep "$TMP/out.log" 'ports=2 - cores=1 - streams=2'
	assert_no_grep "$TMP/out.log" 'Forward statistics for port 2'
	assert_status 0 "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' "${THREE[@]}" -- --duration 1 --portmask 6
	assert_grep "$TMP/out.log" 'RX P=1/Q=0 -> TX P=2/Q=0'
	assert_no_grep "$TMP/out.log" 'paired with itself'
}

# Ports that are stopped or gone are left out, and said to be.
absent_ports()
{
	printf '%s\n' 'port stop 1' 'show config fwd --json' 'port close 1' 'port detach 1' 'show config fwd --json' \
		'set portlist 0,2' 'port stop 2' 'show config fwd --json' 'port stop 0' start 'port start all' start \
		'set portlist 0' stop 'show config fwd --json' quit | LCORES='(0-1)@0' prompt 1 "${THREE[@]}" -- -i
	assert_eq "$(json '"\(.result.ports) \([.result.hints[].name])"')" \
		'[0,2] ["port-stopped"] [0,2] [] [0] ["port-stopped"] [0,2] [] ' "ports and hints"
	printf '%s\n' 'set portlist 0,1,2' start stop 'port stop 2' 'port close 2' 'port detach 2' 'show fwd stats' \
		'show config fwd --json' quit | LCORES='(0-1)@0' prompt 0 "${THREE[@]}" -- -i
	assert_eq "$(json '[.result.hints[].name]')" '["port-gone"] ' "hints about a port that is gone"
	assert_grep "$TMP/said" 'Port 2 is not there any more and is left out; set portlist names others'
}

absent_all()
{
	printf '%s\n' 'port stop all' start quit | LCORES='(0-1)@0' prompt 1 "${THREE[@]}" -- -i
	assert_grep "$TMP/said" 'no port to forward on: Port 0 is stopped and is left out; port start 0 brings it back'
}

refusals()
{
	local refused=("$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' "${THREE[@]}" -- --duration 1)

	assert_refuses '--portlist contradicts --portmask' "${refused[@]}" --portlist 0,1 --portmask 3
	assert_refuses 'there is no port 5' "${refused[@]}" --portlist 0,5
	assert_refuses '--portlist.*should stand at "x"' "${refused[@]}" --portlist 0,x
	assert_refuses 'nbport 4: 3 ports are there' "${refused[@]}" --nb-ports 4
	assert_refuses 'lcore 0 is the main one' "${refused[@]}" --coremask 1
	assert_refuses 'hexadecimal' "${refused[@]}" --portmask 0xz
	assert_refuses '--flush-rx.*--no-flush-rx|--no-flush-rx.*--flush-rx' "${refused[@]}" --flush-rx --no-flush-rx
	assert_refuses 'txpkts 20: a packet of 20 bytes; allowed are 60' "${refused[@]}" --txpkts 20
	assert_refuses 'first segment' "${refused[@]}" --txpkts 20,64
	assert_refuses "pool's buffers take" "${refused[@]}" --forward-mode txonly --txpkts 64,3000
	printf '%s\n' start 'set portlist 1,0' 'set nbcore 1' 'set txpkts 99' 'set txsplit on' 'set port-topology loop' start stop stop \
		'show config fwd --json' quit | prompt 1 "${THREE[@]}" -- -i
	assert_eq "$(grep -c 'stop first' "$TMP/said")" 6 "refusals while forwarding"
	assert_grep "$TMP/said" 'nothing is being forwarded; start first'
	assert_eq "$(json '.result | "\(.topology) \(.ports)"')" 'paired [0,1,2] ' "configuration after refusals"
	{ printf '%s\n' 'set fwd txonly' 'set txpkts 64,64' start quit; } | prompt 1 "${THREE[@]}" -- -i
	assert_grep "$TMP/said" 'was started for packets of one segment; start again with --txpkts 64,64'
}

# What waits in a ring from one run is forwarded by the next, or thrown away and told.
flushing()
{
	local ring=(--vdev net_ring0)

	{ printf '%s\n' 'set fwd txonly' 'set burst 32' start; until_told 'show port stats 0 --json' '.result.ports[0].tx_packets >= 1024'
		printf '%s\n' stop 'set fwd rxonly' start; until_told 'show port stats 0 --json' '.result.ports[0].rx_packets >= 1024'
		printf '%s\n' stop quit; } | prompt 0 "${ring[@]}" -- -i
	assert_ge "$(awk '/Accumulated/ {getline; n = $2} END {print n}' "$TMP/said")" 1000 "packets that waited"
	{ printf '%s\n' 'set fwd txonly' start; until_told 'show port stats 0 --json' '.result.ports[0].tx_packets >= 1024'
		printf '%s\n' stop 'set fwd rxonly' 'set flush_rx on' start stop quit; } | prompt 0 "${ring[@]}" -- -i
	assert_grep "$TMP/said" '[0-9]+ packets that waited in the rx queues were thrown away'
	assert_eq "$(awk '/Accumulated/ {getline; n = $2} END {print n}' "$TMP/said")" 0 "packets left by the flush"
}

# Segments: the lengths on the wire are their sums, by tshark's judgement, and checksums are right.
segments()
{
	local lengths

	assert_status 0 "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' --vdev "net_pcap0,tx_pcap=$TMP/whole.pcap" -- \
		--forward-mode txonly --txpkts 64,100,36 --burst 4 --duration 1
	lengths=$(tshark -r "$TMP/whole.pcap" -c 2000 -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-Y 'ip.checksum.status == 1 && udp.checksum.status == 1' -T fields -e frame.len 2>/dev/null | sort -nu | tr '\n' ' ')
	assert_eq "$lengths" '200 ' "lengths of packets of three segments"
	assert_status 0 "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' --vdev "net_pcap0,tx_pcap=$TMP/rand.pcap" -- \
		--forward-mode txonly --txpkts 64,100,36 --txsplit rand --burst 4 --duration 1
	lengths=$(tshark -r "$TMP/rand.pcap" -c 2000 -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-Y 'ip.checksum.status == 1 && udp.checksum.status == 1' -T fields -e frame.len 2>/dev/null | sort -nu | tr '\n' ' ')
	assert_eq "$lengths" '64 164 200 ' "lengths of packets of one to three segments"
}

by_prompt
by_options
absent_ports
absent_all
refusals
flushing
need tshark
segments
