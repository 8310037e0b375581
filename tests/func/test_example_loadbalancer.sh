#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/loadbalancer spreads flows over workers and keeps each in order: from file to file, and between two hosts.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin anyone
need python3

BALANCER=$PLX_BUILD/examples/loadbalancer
assert_refuses 'loadbalancer: an lcore for the ports and some for the work' "$BALANCER" -l 0 --no-huge --vdev net_null0 --vdev net_null1
assert_refuses '2 ports are needed, there is 1' "$BALANCER" --lcores '(0-1)@0' --no-huge --vdev net_null0
LCORES='(0-2)@0' example_anywhere loadbalancer

# Fewer packets than a ring holds: none may be missing. One worker, and several.
python3 "$FUNC_DIR/make_flows.py" "$TMP/in.pcap" 100 4000
for last in 1 2 4; do
	run "$BALANCER" --lcores "(0-$last)@0" --no-huge --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,eof=1" \
		--vdev "net_pcap1,tx_pcap=$TMP/out.pcap" >"$TMP/example.log" 2>&1
	assert_grep "$TMP/example.log" '^received 4000 = forwarded 4000 \+ lost, ring full 0 \+ lost, no room to send 0$'
	assert_grep "$TMP/example.log" '^every packet is accounted for$'
	assert_eq "$(grep -cE '^worker [0-9]: [1-9]' "$TMP/example.log")" "$last" "workers that had packets"
	python3 "$FUNC_DIR/make_flows.py" check "$TMP/out.pcap" 100 4000
done

[ "$(id -u)" -eq 0 ] || exit 0
netns_begin "$TMP"
make_line
LCORES='(0-2)@0' example_taps loadbalancer
# As far as the listener has heard: an interface takes no more than 256 frames while its kernel does nothing else.
cat >"$TMP/hear.py" <<'END_PY'
import socket, sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 1 << 23)  # SO_RCVBUFFORCE
s.settimeout(20)
s.bind(('', 5201))
last = {}
heard = open(sys.argv[1], 'wb', buffering=0)
for number in range(1, 1001):
    data, peer = s.recvfrom(100)
    assert int(data) == last.get(peer, 0) + 1, f'{int(data)} after {last.get(peer, 0)} from {peer}'
    last[peer] = int(data)
    if number % 200 == 0:
        heard.write(b'.')
print(f'{len(last)} flows in order')
END_PY
cat >"$TMP/say.py" <<'END_PY'
import socket, sys

heard = open(sys.argv[1], 'rb', buffering=0)
flows = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
for i in range(1, 51):
    for s in flows:
        s.sendto(b'%d' % i, ('10.99.0.2', 5201))
    if i % 10 == 0:
        heard.read(1)
END_PY
mkfifo "$TMP/heard"
for kind in net_af_xdp net_af_packet; do
	LCORES='(0-3)@0' example_start r loadbalancer --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1"
	start hear b python3 "$TMP/hear.py" "$TMP/heard"
	HEAR=$JOB
	wait_until 10 "the listener" host_listens b
	run_in a python3 "$TMP/say.py" "$TMP/heard"
	wait_end "$HEAR" 25
	assert_grep "$TMP/hear.log" '^20 flows in order$'
	example_stop
	assert_ge "$(grep -cE '^worker [0-9]: [1-9]' "$TMP/example.log")" 2 "workers that had packets"
done
