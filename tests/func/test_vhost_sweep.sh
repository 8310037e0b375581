#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# One plx-testpmd with both ends of vhost-user, split and packed: whatever of its commands makes sense over them, with packets
# going round in between. Those that cannot be carried out say so, and all ends with books that balance.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
# shellcheck source=tests/func/two_ends.sh
. "$FUNC_DIR/two_ends.sh"

# What each port is asked for, with its number for P, and what it answers to by saying nothing.
REPORTS='show port info P|show port stats P|show port xstats P|show port summary P|show port offloads P|show port P macs
show port P mcast_macs|show port P rx_offload capabilities|show port P tx_offload configuration|show rxq info P 1
show txq info P 0|csum show P|tso show P'
SETTINGS='set promisc P off|set promisc P on|set allmulti P on|set allmulti P off|mac_addr set P 02:00:00:00:00:7P
port config P mtu 1400|port config mtu P 1500|vlan set strip on P|vlan set strip off P|tx_vlan set P 5|tx_vlan reset P
csum set tcp hw P|csum set udp sw P|tso set 1448 P|tso set 0 P
port P rxq 1 stop|port P rxq 1 start|port P txq 0 stop|port P txq 0 start'
OFFLOADS='port config P rx_offload udp_cksum on|port config P rx_offload tcp_cksum on|port config P rx_offload scatter on
port config P rx_offload tcp_lro on|port config P tx_offload ipv4_cksum on|port config P tx_offload udp_cksum on
port config P tx_offload tcp_tso on|port config P tx_offload multi_segs on'
# Not of a back end, not of a front end.
REFUSED='show port P rss-hash|show port P flow_ctrl|show port P registers|port config P mtu 20
port config P mtu 70000|vlan set filter on P|rx_vlan add 5 P|port config P rss all'

# PORT COMMANDS...: a line each.
of_port()
{
	tr '|' '\n' <<<"$2" | sed "s/P/$1/g"
}

# COMMANDS: all of them, one after the other, until the program has answered the last.
run()
{
	local line

	while read -r line; do
		tell front "$line"
	done <<<"$1"
	tell_and_see front 'show port summary all' '^Port MAC Address'
}

# Packets go round by every engine that forwards, and the counters of both ports move.
traffic()
{
	local engine

	for engine in io mac macswap 5tswap csum noisy; do
		tell front "set fwd $engine"
		tell_and_see front 'start tx_first 2' "^$engine packet forwarding"
		receives front
		tell_and_see front stop 'Accumulated forward'
	done
}

sweep() # DEVARGS
{
	local port complaints

	start_end front "$PLX_TESTPMD" --no-huge --no-pci --lcores '(0,1)@(0-1)' --vdev "net_vhost0,iface=$SOCKET,queues=2,tso=1" \
		--vdev "net_virtio_user0,path=$SOCKET,queues=2$1" -- -i --rxq 2 --txq 2
	link_went front up 1
	for port in 0 1; do
		run "$(of_port $port "$REPORTS")"
		run "$(of_port $port "$SETTINGS")"
	done
	traffic
	tell front 'set link-down port 0'
	link_went front down 1
	tell front 'set link-up port 0'
	run 'port stop all'
	for port in 0 1; do
		run "$(of_port $port "$OFFLOADS")"
	done
	run $'port config all max-pkt-len 9018\nport start all\nport stop 0\nport start 0'
	traffic
	run $'dump mempool\ndump zone\ndump devargs\nshow device info all\nclear port xstats 0\nset burst 8\nset txpkts 64'
	complaints=$(grep -cE '^ +\^$' "$TMP/front.log" || true)
	assert_eq "$complaints" 0 "commands that were refused"
	for port in 0 1; do
		run "$(of_port $port "$REFUSED")"
	done
	assert_eq "$(grep -cE '^ +\^$' "$TMP/front.log")" 16 "commands that cannot be carried out"
	run $'port stop all\nport close all'
	tell front quit
	wait_end "$FRONT" 30 && fail "commands that were refused are forgotten in its status"
	assert_no_grep "$TMP/front.log" 'do not add up|unaccounted|broken_queues: [1-9]|rings_stopped: [1-9]'
	[ ! -e "$SOCKET" ] || fail "the socket's file is left behind"
}

sweep ''
sweep ,packed_vq=1
