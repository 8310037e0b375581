#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd's engines judged by others: ping and arping are answered, and tshark finds no bad checksum in what csum
# sends, whether testpmd or the kernel behind a port makes it.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need ping nstat arping tshark tcpdump jq python3 ethtool

LCORES='(0,1)@0'

# FILE: how many of its frames have a checksum that is wrong.
bad_checksums()
{
	tshark -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o "sctp.checksum:CRC 32c" \
		-Y 'ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || sctp.checksum.status == 0' \
		2>/dev/null | wc -l
}

# FIELD: of the accumulated report.
total()
{
	awk -v f="$1:" '/Accumulated/ {on = 1} /NIC statistics/ {on = 0} on {for (i = 1; i < NF; i++) if ($i == f) print $(i + 1)}' \
		"$TMP/testpmd.log"
}

# file to file: whole packets, and in chains of 512 bytes and less
csum_of_files()
{
	python3 "$FUNC_DIR/make_spoilt.py" "$TMP/in.pcap"
	assert_eq "$(bad_checksums "$TMP/in.pcap")" 36 "frames that are wrong to begin with"
	for size in 2304 512; do
		rm -f "$TMP/out.pcap"
		start testpmd - "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,tx_pcap=$TMP/out.pcap" \
			-- --forward-mode csum --mbuf-size "$size" --mtu 9000 --stats-period 1
		wait_until 10 "all packets" grep -Eq 'TX-packets: 36' "$TMP/testpmd.log"
		stop "$JOB" INT
		assert_eq "$(count_packets "$TMP/out.pcap")" 36 "packets through csum"
		assert_eq "$(bad_checksums "$TMP/out.pcap")" 0 "bad checksums behind csum, buffers of $size bytes"
		assert_eq "$(total Bad-ipcsum)" 18 Bad-ipcsum
		assert_eq "$(total Bad-l4csum)" 36 Bad-l4csum
	done
	# Many kinds, fragments among them, all sent with zeroes where checksums belong: what can be right is right.
	python3 "$FUNC_DIR/make_pcap.py" "$TMP/many.pcap" 2000
	rm -f "$TMP/out.pcap"
	start testpmd - "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --vdev "net_pcap0,rx_pcap=$TMP/many.pcap,tx_pcap=$TMP/out.pcap" \
		-- --forward-mode csum --mtu 9000 --stats-period 1
	wait_until 10 "all packets" grep -Eq 'TX-packets: 2000' "$TMP/testpmd.log"
	stop "$JOB" INT
	assert_eq "$(bad_checksums "$TMP/out.pcap")" 0 "bad checksums of many kinds"
}

# The far end of veth0 sees what the kernel of b made of our wishes.
csum_by_the_kernel()
{
	python3 "$FUNC_DIR/make_spoilt.py" "$TMP/in.pcap" 4,udp 6,udp 4,tcp 6,tcp 4,tcp,tag
	make_pair
	netns_exec b ethtool -K veth0 tx off tso off gso off >/dev/null
	start tcpdump a tcpdump -i veth0 -U -w "$TMP/wire.pcap" 'ether src 02:00:00:00:00:0a and ether dst 02:00:00:00:00:0b'
	wait_until 10 "tcpdump" grep -q 'listening on' "$TMP/tcpdump.log"
	TCPDUMP=$JOB
	mkfifo "$TMP/commands"
	exec 3<>"$TMP/commands"
	start testpmd b bash -c "exec \"\$@\" <'$TMP/commands'" - "$PLX_TESTPMD" --lcores "$LCORES" --no-huge \
		--vdev "net_pcap0,rx_pcap=$TMP/in.pcap" --vdev net_af_packet0,iface=veth0 -- -i
	printf '%s\n' 'set fwd csum' 'csum mac-swap off 1' 'csum set ip hw 1' 'csum set tcp hw 1' 'csum set udp hw 1' 'tso set 500 1' \
		'csum show 1 --json' 'tso show 1 --json' start >&3
	wait_until 10 "15 frames on the wire, three of them in three pieces" wire_has 21
	printf '%s\n' stop quit >&3
	exec 3>&-
	wait_end "$JOB" 10
	stop "$TCPDUMP" INT
	grep -o '{.*}' "$TMP/testpmd.log" | jq -sc 'map(.result)' >"$TMP/facts"
	assert_eq "$(jq -c '.[0] | [.ip, .udp, .tcp, .sctp, .mac_swap]' "$TMP/facts")" '["hw","hw","hw","sw",false]' "csum show"
	assert_eq "$(jq -c '.[1].segment_size' "$TMP/facts")" 500 "tso show"
	assert_eq "$(bad_checksums "$TMP/wire.pcap")" 0 "bad checksums on the wire"
	# 1,200 bytes of TCP are 500, 500 and 200; everything else is as long as it was.
	assert_eq "$(tshark -r "$TMP/wire.pcap" -Y tcp -T fields -e tcp.len 2>/dev/null | sort -n | uniq -c | tr -s ' \n' ' ')" \
		" 3 0 3 101 3 200 6 500 " "lengths of TCP segments"
	assert_eq "$(total Bad-l4csum)" 0 "bad checksums that a port with hw would have to tell"
}

# A sender on this host leaves its checksums to its interface. They are put right, but they were not bad.
csum_of_local_senders()
{
	start testpmd b "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --vdev net_af_packet0,iface=veth0 \
		--vdev "net_pcap0,tx_pcap=$TMP/local.pcap" -- --forward-mode "$1" --stats-period 1
	LOCAL=$JOB
	wait_until 10 "testpmd to listen" grep -q 'packet forwarding' "$TMP/testpmd.log"
	for _ in 1 2 3 4 5; do
		run_in a bash -c 'echo datagram >/dev/udp/10.99.0.2/9; echo datagram >/dev/udp/fd99::2/9'
	done
	wait_until 10 "ten datagrams" grep -Eq 'RX-packets: [1-9][0-9]' "$TMP/testpmd.log"
	stop "$LOCAL" INT
	assert_ge "$(tshark -r "$TMP/local.pcap" -Y 'udp.dstport == 9 && !icmp && !icmpv6' 2>/dev/null | wc -l)" 10 "datagrams"
}

wire_has()
{
	[ "$(count_packets "$TMP/wire.pcap")" -ge "$1" ]
}

# A host on the other side of a tap, and one on the other end of a veth.
echo_answers()
{
	local name=$1 iface=$2 address=$3

	run_in "$name" arping -I "$iface" -c 3 -w 30 "$address" >"$TMP/arping.log"
	assert_grep "$TMP/arping.log" '(Received 3 response|3 packets received)' "arping over $iface"
	ping_all "$name" 20 "$address"
	ping_all "$name" 3 -s 1400 "$address"
}

echo_over()
{
	local where=$1 vdev=$2

	start testpmd "$where" "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --vdev "$vdev" -- --forward-mode icmpecho
	ECHO=$JOB
	wait_until 20 "icmpecho over $vdev" grep -q 'packet forwarding' "$TMP/testpmd.log"
}

end_echo()
{
	stop "$ECHO" INT
	assert_ge "$(total TX-packets)" 26 "answers"
	assert_eq "$(($(total TX-packets) + $(total TX-dropped) + $(total Not-answered)))" "$(total RX-packets)" "sum of icmpecho"
}

refusals()
{
	printf '%s\n' 'csum set ip hw 0' 'tso set 800 0' 'csum set ip hw 7' 'set eth-peer 0 nobody' 'set fwd io again' \
		'set burst tx delay x retry 1' 'set fwd io retry' 'csum show 0 --json' start 'csum set ip sw 0' quit |
		run "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --vdev net_null0 -- -i >"$TMP/said.log" 2>&1 || true
	assert_grep "$TMP/said.log" 'port 0 \(net_null0\) has no ipv4_cksum; .show port 0 tx_offload capabilities. lists'
	assert_grep "$TMP/said.log" 'port 0 \(net_null0\) has no tcp_tso'
	assert_grep "$TMP/said.log" 'there is no port 7'
	assert_grep "$TMP/said.log" '"nobody": a MAC address is expected'
	assert_grep "$TMP/said.log" '"again" is not right here'
	assert_grep "$TMP/said.log" 'delay in microseconds "x": a number from 0 to 1000000'
	assert_grep "$TMP/said.log" 'Set io packet forwarding mode with retry'
	assert_grep "$TMP/said.log" '"ip":"sw"'
	assert_grep "$TMP/said.log" 'packets are being forwarded; stop first'
}

refusals
csum_of_files
csum_by_the_kernel
netns_exec a ethtool -K veth0 tx on >/dev/null
csum_of_local_senders io
assert_ge "$(bad_checksums "$TMP/local.pcap")" 10 "checksums that the sender left to its interface"
csum_of_local_senders csum
netns_exec a ethtool -K veth0 tx off >/dev/null
assert_eq "$(bad_checksums "$TMP/local.pcap")" 0 "bad checksums of local senders behind csum"
assert_eq "$(total Bad-l4csum)" 0 "bad checksums counted of local senders"

# Nobody in b has this address but us.
echo_over b net_af_packet0,iface=veth0
echo_answers a veth0 10.99.0.77
end_echo

netns_add t
echo_over t net_tap0,iface=tap0
netns_exec t ip address add 10.98.0.1/24 dev tap0
netns_exec t ip link set tap0 up
echo_answers t tap0 10.98.0.2
end_echo
