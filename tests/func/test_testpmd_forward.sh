#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd between two hosts: what one sends the other gets, over every kind of port that has a kernel behind it.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need ping nstat iperf3 tcpdump tshark

make_line 2
MSS=1448
LCORES='(0,1)@0'

# KIND ARGS...: forwards by devices KIND0 and KIND1 until `end`.
begin()
{
	local kind=$1

	shift
	start testpmd r "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1" "$@"
	TESTPMD=$JOB
	wait_until 20 "forwarding by $kind" grep -q 'packet forwarding' "$TMP/testpmd.log"
}

end()
{
	local status=0

	stop "$TESTPMD" INT || status=$?
	assert_eq "$status" 0 "exit status of testpmd"
	assert_no_grep "$TMP/testpmd.log" 'not accounted|do not add up|still out'
}

# FIELD: the sum over ports of a figure in the last report.
sum()
{
	awk -v f="$1:" '/NIC statistics/ {on = 1} on {for (i = 1; i < NF; i++) if ($i == f) s += $(i + 1)} END {printf "%d", s}' \
		<(sed -n '/Accumulated/,$p' "$TMP/testpmd.log")
}

listening()
{
	[ -n "$(netns_exec b ss -Hltn 'sport = :5201')" ]
}

back()
{
	[ "$(tshark -r "$TMP/back.pcap" -Y 'eth.dst == 02:00:00:00:00:0a && icmp.type == 8 && ip.src == 10.99.0.1' 2>/dev/null | wc -l)" -eq "$1" ]
}

# What iperf3's server got; its client stops when the last byte is in its socket, not when it came.
bytes_received()
{
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["end"]["sum_received"]["bytes"])' "$TMP/iperf.log"
}

# io: two hosts talk through us as through a wire.
for ports in net_af_xdp net_af_packet; do
	begin "$ports" -- --forward-mode io --rxq 2 --txq 2
	ping_all a 50 10.99.0.2
	assert_no_grep "$TMP/ping.log" 'duplicates' "ping over $ports"
	start iperf b iperf3 -s -1 -J
	iperf=$JOB
	wait_until 10 "iperf3 to listen" listening
	run_in a iperf3 -c 10.99.0.2 -n 20M >"$TMP/client.log"
	wait_end "$iperf" 10
	end
	assert_ge "$(bytes_received)" 1000000 "bytes that came over $ports"
	assert_ge "$(sum RX-packets)" $(($(bytes_received) / MSS)) "packets received over $ports"
	assert_eq "$(sum TX-packets)" "$(sum RX-packets)" "packets sent over $ports"
	assert_no_xdp r r0
	assert_no_xdp r r1
done

# Sleeping lcores wake up for packets and cost next to nothing between them.
begin net_af_xdp --idle sleep -- --forward-mode io --rxq 2 --txq 2
before=$(awk '{print $14 + $15}' "/proc/$TESTPMD/stat")
ping_all a 20 -i 0.05 10.99.0.2
used=$(($(awk '{print $14 + $15}' "/proc/$TESTPMD/stat") - before))
[ "$used" -lt 50 ] || fail "a sleeping testpmd used $used ticks of 10 ms in a second"
end

# macswap: a sender gets its own packets back, with the addresses exchanged and nothing else changed.
begin net_af_xdp -- --forward-mode macswap --port-topology loop --rxq 2 --txq 2
start dump a tcpdump -i veth0 -Uw "$TMP/back.pcap" --immediate-mode 'ether src 02:00:00:00:00:0b and icmp'
wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
run_in a ping -qc 30 -i 0.01 -W 0.1 10.99.0.2 >/dev/null || true
wait_until 10 "30 packets to come back" back 30
end

# txonly: the packets are right, by tshark's judgement, down to their checksums.
start dump a tcpdump -i veth0 -c 200 -w "$TMP/tx.pcap" 'udp port 9'
DUMP=$JOB
wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
start testpmd r "$PLX_TESTPMD" --lcores "$LCORES" --no-huge --vdev net_af_xdp0,iface=r0 -- --forward-mode txonly --duration 1 --txpkts 128
TESTPMD=$JOB
wait_end "$DUMP" 20
wait_end "$TESTPMD" 20
count=$(tshark -r "$TMP/tx.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
	-Y 'frame.len == 128 && ip.checksum.status == 1 && udp.checksum.status == 1' 2>/dev/null | wc -l)
assert_eq "$count" 200 "frames of txonly that are right"
