#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# net_virtio_user and net_vhost, one at each end of a socket: split and packed rings, one and two pairs, both directions byte by
# byte, either end killed, stopped and started under traffic, either end listening, and buffers that are made later on.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
# shellcheck source=tests/func/two_ends.sh
. "$FUNC_DIR/two_ends.sh"
need tshark python3

start_back() # DEVARGS ARGS...
{
	start_ours back 0 "net_vhost0,iface=$SOCKET$1" "${@:2}"
}

start_front() # DEVARGS ARGS...
{
	start_ours front 1 "net_virtio_user0,path=$SOCKET$1" "${@:2}"
}

# WHO...: in that order. Nothing is told as a failure.
quit()
{
	quit_ends "$@"
	assert_no_grep "$TMP/back.log" '[Ee]rror([^s]|$)|could not'
	assert_no_grep "$TMP/front.log" '[Ee]rror([^s]|$)|could not'
	[ ! -e "$SOCKET" ] || fail "the socket's file is left behind"
}

# PACKED QUEUES: a file goes either way, through rings that hold all of it, each queue with its share.
both_directions()
{
	local packed=$1 queues=$2 i

	start_back ",queues=$queues" --vdev "net_pcap0,rx_pcap=$(files_of a "$queues"),tx_pcap=$(files_of at_back "$queues")" -- \
		-i --enable-scatter --forward-mode io --portlist 0,1 --rxq "$queues" --txq "$queues"
	wait_for_socket
	start_front ",queue_size=1024,queues=$queues,packed_vq=$packed" \
		--vdev "net_pcap0,rx_pcap=$(files_of b "$queues"),tx_pcap=$(files_of at_front "$queues")" -- \
		-i --enable-scatter --forward-mode io --portlist 0,1 --rxq "$queues" --txq "$queues" --rxd 1024 --txd 1024
	link_went back up 1
	tell_and_see front start 'packet forwarding'
	tell_and_see back start 'packet forwarding'
	wait_until 20 "frames at the back end" counts_more back rx_good_packets 199
	wait_until 20 "frames at the front end" counts_more front rx_good_packets 199
	for ((i = 0; i < queues; i++)); do
		assert_ge "$(counter back "rx_q${i}_packets")" 1 "frames of queue $i at the back end"
		assert_ge "$(counter front "rx_q${i}_packets")" 1 "frames of queue $i at the front end"
	done
	tell back stop
	tell front stop
	quit front back
	assert_eq "$(frames_of "$TMP"/at_back*.pcap)" "$(frames_of "$TMP/b.pcap")" "frames at the back end"
	assert_eq "$(frames_of "$TMP"/at_front*.pcap)" "$(frames_of "$TMP/a.pcap")" "frames at the front end"
	rm "$TMP"/at_*.pcap
}

# PACKED SERVER QUEUES: the front end makes packets and the back end returns them; SERVER=1: the front end listens.
start_traffic()
{
	FRONT_SERVES=$2
	BACK_ARGS=(",client=$2,queues=$3" -- -i --forward-mode macswap --rxq "$3" --txq "$3" --auto-start)
	FRONT_ARGS=(",packed_vq=$1,server=$2,queues=$3" -- -i --forward-mode flowgen --rxq "$3" --txq "$3" --auto-start)
	[ "$2" = 1 ] || start_back "${BACK_ARGS[@]}"
	[ "$2" = 1 ] || wait_for_socket
	start_front "${FRONT_ARGS[@]}"
	[ "$2" = 0 ] || wait_for_socket
	[ "$2" = 0 ] || start_back "${BACK_ARGS[@]}"
	receives front
}

# The back end dies twice; the port of the front end goes on, and what the dead one held is a loss under a name.
back_end_dies()
{
	local round

	start_traffic "$@"
	for round in 1 2; do
		stop "$BACK" KILL || true
		link_went front down "$round"
		start_back "${BACK_ARGS[@]}"
		link_went front up $((round + FRONT_SERVES))
		receives front
		receives back
	done
	quit front back
}

front_end_dies()
{
	local round

	start_traffic "$@"
	for round in 1 2; do
		stop "$FRONT" KILL || true
		link_went back down "$round"
		start_front "${FRONT_ARGS[@]}"
		link_went back up $((round + 1))
		receives front
		receives back
	done
	quit back front
}

# Either port is stopped and started while the other end goes on.
ports_stop()
{
	local who

	start_traffic "$@"
	for who in front back front; do
		tell_and_see "$who" stop 'Accumulated forward'
		tell_and_see "$who" 'port stop 0' '^Done'
		tell_and_see "$who" 'port start 0' '^Done'
		tell_and_see "$who" start 'packet forwarding'
		receives front
		receives back
	done
	quit back front
}

# PACKED: packets of a pool that is younger than the connection.
pool_comes_later()
{
	start_back "" --vdev "net_pcap0,tx_pcap=$TMP/at_back.pcap" -- -i --enable-scatter --forward-mode io --portlist 0,1 --auto-start
	wait_for_socket
	start_front ",queue_size=1024,packed_vq=$1" -- -i --enable-scatter --forward-mode io
	link_went back up 1
	tell_and_see front "port attach net_pcap0,rx_pcap=$TMP/b.pcap" '^Done'
	tell_and_see front 'port start 1' '^Done'
	tell_and_see front start 'packet forwarding'
	wait_until 20 "frames at the back end" counts_more back rx_good_packets 199
	tell back stop
	quit front back
	assert_eq "$(frames_of "$TMP/at_back.pcap")" "$(frames_of "$TMP/b.pcap")" "frames of the later pool"
	rm "$TMP/at_back.pcap"
}

for name in a b; do
	python3 "$FUNC_DIR/make_pcap.py" "$TMP/$name.pcap" 200
	deal_out "$TMP/$name.pcap" "$TMP/${name}0.pcap" "$TMP/${name}1.pcap"
done
for packed in 0 1; do
	both_directions $packed 1
	both_directions $packed 2
	back_end_dies $packed 0 1
	back_end_dies $packed 1 2
	front_end_dies $packed 0 2
	front_end_dies $packed 1 1
	ports_stop $packed 0 1
	ports_stop $packed 1 2
	pool_comes_later $packed
done
