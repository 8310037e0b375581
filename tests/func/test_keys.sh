#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What packets are distributed by, judged by tshark: the same value of a key and the same hash are one and the same thing.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need python3 tshark tcpdump ping

# FILE VALUES: at least that many conversations are in it.
judge()
{
	"$PLX_BUILD/tests/func/key_hashes" -l 0 --no-huge --vdev "net_pcap0,rx_pcap=$1,eof=1" >"$TMP/hashes"
	python3 "$FUNC_DIR/check_keys.py" check "$1" "$TMP/hashes" >"$TMP/judged" || fail "$(cat "$TMP/judged")"
	assert_ge "$(sed -n 's/^flow: \([0-9]*\) values$/\1/p' "$TMP/judged")" "$2" "conversations"
}

python3 "$FUNC_DIR/check_keys.py" make "$TMP/made.pcap"
judge "$TMP/made.pcap" 1000
python3 "$FUNC_DIR/make_flows.py" "$TMP/flows.pcap" 200 3000
judge "$TMP/flows.pcap" 100

# What two kernels say to each other: ARP, ping of both versions, in fragments too, and "port unreachable".
make_line
start dump a tcpdump -i veth0 -Uw "$TMP/live.pcap" --immediate-mode
DUMP=$JOB
wait_until 10 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"
start wire r "$PLX_BUILD/examples/forward" --lcores 0@0 --idle sleep --no-huge --vdev net_af_packet0,iface=r0 --vdev net_af_packet1,iface=r1
WIRE=$JOB
wait_until 20 "the wire to run" grep -q '\.\.\.$' "$TMP/wire.log"
run_in a ping -qc 3 -i 0.01 -W 5 10.99.0.2 >/dev/null
run_in a ping -qc 3 -i 0.01 -W 5 -s 3000 10.99.0.2 >/dev/null
run_in a ping -qc 3 -i 0.01 -W 5 fd99::2 >/dev/null
for port in 4000 4001 4002; do
	run_in a bash -c "echo 1 >/dev/udp/10.99.0.2/$port"
done
run_in a ping -qc 3 -i 0.01 -W 5 10.99.0.2 >/dev/null
stop "$WIRE" INT
stop "$DUMP" INT
assert_ge "$(tshark -r "$TMP/live.pcap" -Y 'icmp.type == 3' 2>/dev/null | wc -l)" 1 "port unreachable"
judge "$TMP/live.pcap" 4
