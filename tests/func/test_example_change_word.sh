#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/change_word: what one host says the other hears with one word changed, and both kernels find the checksums right.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin root
need python3 tcpdump tshark

example_refusals 2 change_word -- cloud sheep
example_anywhere change_word -- cloud sheep
assert_refuses 'two words of the same length' "$PLX_BUILD/examples/change_word" -l 0 --no-huge --vdev net_null0 -- cat horse

cat >"$TMP/hear.py" <<'END_PY'
import socket, sys

family = socket.AF_INET6 if sys.argv[2] == '6' else socket.AF_INET
kind = socket.SOCK_STREAM if sys.argv[1] == 'tcp' else socket.SOCK_DGRAM
s = socket.socket(family, kind)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', 5201))
if kind == socket.SOCK_STREAM:
    s.listen()
    s, _ = s.accept()
s.settimeout(20)
said = b''
while not said.endswith(b'.'):
    said += s.recv(4096)
print(said.decode())
END_PY
cat >"$TMP/say.py" <<'END_PY'
import socket, sys

kind = socket.SOCK_STREAM if sys.argv[1] == 'tcp' else socket.SOCK_DGRAM
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[2] else socket.AF_INET, kind)
s.settimeout(20)
s.connect((sys.argv[2], 5201))
s.sendall(sys.argv[3].encode())
END_PY

# PROTO ADDRESS TEXT EXPECTED
say()
{
	local version=4

	case $2 in *:*) version=6 ;; esac
	start hear b python3 "$TMP/hear.py" "$1" $version
	HEAR=$JOB
	wait_until 10 "the listener" host_listens b
	run_in a python3 "$TMP/say.py" "$1" "$2" "$3"
	wait_end "$HEAR" 10
	assert_eq "$(cat "$TMP/hear.log")" "$4" "what was heard over $1 to $2"
}

make_line
example_taps change_word -- cloud sheep
start dump b tcpdump -i veth0 -Uw "$TMP/b.pcap" --immediate-mode
DUMP=$JOB
wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
for kind in net_af_xdp net_af_packet; do
	# A word of even length and one of odd length, at even and at odd places.
	example_start r change_word --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1" -- cloud sheep
	for proto in tcp udp; do
		for host in 10.99.0.2 fd99::2; do
			say $proto $host "a cloud, two clouds and no cloudburst." "a sheep, two sheeps and no sheepburst."
			say $proto $host "cloud." "sheep."
		done
	done
	example_stop
	assert_grep "$TMP/example.log" '^8 packets changed, 16 words$'
	example_start r change_word --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1" -- even odd!
	say tcp 10.99.0.2 "even, xeven." "odd!, xodd!."
	say udp fd99::2 "even, xeven." "odd!, xodd!."
	example_stop
done
stop "$DUMP" INT
assert_eq "$(tshark -r "$TMP/b.pcap" -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
	-Y 'tcp.checksum.status == 0 || udp.checksum.status == 0' 2>/dev/null | wc -l)" 0 "packets with a wrong checksum"
