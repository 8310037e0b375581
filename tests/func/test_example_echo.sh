#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/echo is a host: arping, ping of both versions, 2ping and UDP port 7 are answered, over every kind of interface.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin root
need arping ping nstat 2ping python3 tcpdump tshark

# VDEV: echo as 10.99.0.7 and fd99::7 in namespace b.
begin()
{
	example_start b echo --vdev "$1" -- 10.99.0.7 fd99::7
}

end()
{
	example_stop
	assert_grep "$TMP/example.log" 'lost, no room to send 0$'
}

udp_echo()
{
	run_in a python3 - "$1" <<-'END_PY'
		import socket, sys
		family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
		s = socket.socket(family, socket.SOCK_DGRAM)
		s.settimeout(20)
		for size in (0, 1, 100, 1400):
		    sent = bytes(i % 251 for i in range(size))
		    s.sendto(sent, (sys.argv[1], 7))
		    data, peer = s.recvfrom(2000)
		    assert peer[:2] == (sys.argv[1], 7) and data == sent, (peer, data)
	END_PY
}

# WHERE IF: what a host sees of it.
judge()
{
	run_in "$1" arping -qc 3 -w 30 -i "$2" 10.99.0.7 || fail "arping got no answer"
	ping_all "$1" 20 10.99.0.7
	assert_no_grep "$TMP/ping.log" duplicates
	ping_all "$1" 20 -s 1400 fd99::7
}

netns_add a
netns_add b
netns_veth a veth0 b veth0
netns_exec a ip addr add 10.99.0.1/24 dev veth0
netns_exec a ip addr add fd99::1/64 dev veth0 nodad

for kind in net_af_xdp net_af_packet; do
	begin "${kind}0,iface=veth0"
	start dump a tcpdump -i veth0 -Uw "$TMP/$kind.pcap" --immediate-mode
	DUMP=$JOB
	wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
	judge a veth0
	udp_echo 10.99.0.7
	udp_echo fd99::7
	for _ in 1 2 3; do # it waits no longer for the last answer than it would between two pings
		run_in a 2ping -c 1 -i 20 --port 7 10.99.0.7 >"$TMP/2ping.log" 2>&1 || true
		assert_grep "$TMP/2ping.log" ' 0% ping loss' "2ping"
	done
	# Nobody else is answered for.
	if run_in a ping -qc 2 -i 0.1 -W 0.5 10.99.0.8 >/dev/null; then
		fail "10.99.0.8 answered"
	fi
	end
	stop "$DUMP" INT
	assert_eq "$(tshark -r "$TMP/$kind.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -Y \
		'ip.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0 || _ws.malformed' \
		2>/dev/null | wc -l)" 0 "packets with a wrong checksum"
done
assert_no_xdp b veth0

# A tap: the kernel of the same namespace asks.
begin net_tap0,iface=echo0
netns_exec b ip addr add 10.99.0.1/24 dev echo0
netns_exec b ip addr add fd99::1/64 dev echo0 nodad
judge b echo0
end
