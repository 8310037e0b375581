#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/fanout_callback gives TCP, UDP and all of both to the workers that want it, and nobody what is no IP.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3 tshark

FANOUT=$PLX_BUILD/examples/fanout_callback
assert_status 0 "$FANOUT" -h
assert_grep "$TMP/out.log" '^usage: fanout_callback \[EAL options\]'
assert_refuses 'an lcore for the port and three for the work' "$FANOUT" --lcores '(0-2)@0' --no-huge --no-pci --vdev net_null0
assert_refuses '1 port.* needed, there are 0' "$FANOUT" --lcores '(0-3)@0' --no-huge --no-pci
assert_refuses 'nothing else' "$FANOUT" --lcores '(0-3)@0' --no-huge --no-pci --vdev net_null0 -- word

python3 "$FUNC_DIR/make_flows.py" "$TMP/in.pcap" 100 4000
run "$FANOUT" --lcores '(0-3)@0' --no-huge --no-pci --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,eof=1" >"$TMP/example.log" 2>&1
# FILTER: packets of the file, as tshark knows them.
of()
{
	tshark -r "$TMP/in.pcap" -Y "$1" 2>/dev/null | wc -l
}
ip=$(of 'ip or ipv6')
tcp=$(of tcp)
udp=$(of udp)
assert_ge "$tcp" 1 "TCP in the file"
assert_ge "$udp" 1 "UDP in the file"
assert_grep "$TMP/example.log" "^worker 0: $ip packets"
assert_grep "$TMP/example.log" "^worker 1: $tcp packets"
assert_grep "$TMP/example.log" "^worker 2: $udp packets"
assert_grep "$TMP/example.log" "^received 4000 = to workers $ip \+ dropped $((4000 - ip)) \+ lost, queues full 0; seen by workers $((ip + tcp + udp))$"
assert_grep "$TMP/example.log" '^every packet is accounted for$'

# Without an end, until it is told to.
start endless - "$FANOUT" --lcores '(0-4)@0' --no-huge --no-pci --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,infinite_rx=1"
endless=$JOB
wait_until 20 "it to run" grep -q '^4 workers \.\.\.$' "$TMP/endless.log"
stop "$endless" INT || fail "status $? of the example"
assert_grep "$TMP/endless.log" '^every packet is accounted for$'
