#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# net_virtio_user is served by DPDK's net_vhost: split and packed rings, one and two pairs, both directions byte by byte, the
# back end killed and started again with the port going on, the front end killed and started again, and the other way round
# who listens. No rights and no huge pages.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
# shellcheck source=tests/func/two_ends.sh
. "$FUNC_DIR/two_ends.sh"
need dpdk-testpmd capinfos tshark python3

# DEVARGS ARGS...: DPDK's. It refuses a socket that another one left behind.
start_back()
{
	[[ $1 == *client=1* ]] || rm -f "$SOCKET"
	start_dpdk back 0 "net_vhost0,iface=$SOCKET$1" "${@:2}"
}

# DEVARGS ARGS...
start_front()
{
	start_ours front 1 "net_virtio_user0,path=$SOCKET$1" "${@:2}"
}

# PACKED QUEUES: a file goes either way, through rings that hold all of it, each queue with its share.
both_directions()
{
	local packed=$1 queues=$2

	start_back ",queues=$queues" \
		--vdev "net_pcap0,$(dpdk_files_of rx_pcap a "$queues"),$(dpdk_files_of tx_pcap at_back "$queues")" -- -i --forward-mode=io \
		--total-num-mbufs=8192 --no-flush-rx --portlist=0,1 "--rxq=$queues" "--txq=$queues"
	wait_for_socket
	start_front ",queue_size=1024,packed_vq=$packed,queues=$queues" \
		--vdev "net_pcap0,rx_pcap=$(files_of b "$queues"),tx_pcap=$(files_of at_front "$queues")" -- \
		-i --forward-mode io --rxd 1024 --txd 1024 --enable-scatter --rxq "$queues" --txq "$queues"
	wait_until 20 "the back end to be ready" grep -q 'virtio is now ready' "$TMP/back.log"
	tell back start
	wait_until 20 "the back end to forward" grep -q 'Logical Core' "$TMP/back.log"
	tell front start
	wait_until 20 "frames from the front end" counts_more back rx_good_packets 199
	wait_until 20 "frames to the front end" counts_more front rx_good_packets 199
	quit_ends front back
	assert_eq "$(frames_by "$queues" "$TMP"/at_back*.pcap)" "$(frames_by "$queues" "$TMP/b.pcap")" \
		"frames at the back end, packed_vq=$packed, $queues queues"
	assert_eq "$(frames_by "$queues" "$TMP"/at_front*.pcap)" "$(frames_by "$queues" "$TMP/a.pcap")" \
		"frames at the front end, packed_vq=$packed, $queues queues"
	rm "$TMP"/at_*.pcap
}

# PACKED: two pairs, and each carries packets, both ways.
every_queue()
{
	local packed=$1 i

	start_back ,queues=2 -- -i --forward-mode=macswap --rxq=2 --txq=2 --total-num-mbufs=8192 --auto-start
	wait_for_socket
	start_front ",queues=2,packed_vq=$packed" -- -i --forward-mode flowgen --rxq 2 --txq 2 --auto-start
	wait_until 30 "packets to come back" counts_more front rx_good_packets 1000
	tell front 'show port xstats 0'
	for i in 0 1; do
		wait_until 20 "packets on queue $i" grep -Eq "^rx_q${i}_packets: [1-9]" "$TMP/front.log"
		assert_grep "$TMP/front.log" "^tx_q${i}_packets: [1-9]"
	done
	quit_ends front back
}

# PACKED: the queues of a pair stop and start again while the port runs. DPDK takes its whole device down for that long; afterwards all
# carry packets as before.
single_queues()
{
	local packed=$1 pair round

	start_back ,queues=2 -- -i --forward-mode=macswap --rxq=2 --txq=2 --total-num-mbufs=8192 --auto-start
	wait_for_socket
	start_front ",queues=2,packed_vq=$packed" -- -i --forward-mode flowgen --rxq 2 --txq 2 --auto-start
	receives front
	for pair in 1 0; do
		for round in 1 2; do
			tell front "port 0 rxq $pair stop"
			tell front "port 0 txq $pair stop"
			tell_and_see front "show rxq info 0 $pair" '^RX queue state: stopped'
			tell_and_see front "show txq info 0 $pair" '^TX queue state: stopped'
			tell front "port 0 txq $pair start"
			tell front "port 0 rxq $pair start"
			tell_and_see front "show rxq info 0 $pair" '^RX queue state: started'
			tell_and_see front "show txq info 0 $pair" '^TX queue state: started'
			receives front
			wait_until 20 "packets on queue $pair" counts_more front "rx_q${pair}_packets" \
				"$(counter front "rx_q${pair}_packets")"
		done
	done
	quit_ends front back
}

# PACKED: the back end dies twice, and the port goes on; whoever of the two listens.
back_end_dies()
{
	local packed=$1 server=$2 before round

	[ "$server" = 1 ] || start_back "" -- -i --forward-mode=macswap --total-num-mbufs=8192 --auto-start
	[ "$server" = 1 ] || wait_for_socket
	start_front ",packed_vq=$packed,server=$server" -- -i --forward-mode flowgen --auto-start
	[ "$server" = 0 ] || assert_eq "$(counter front rx_good_packets)" 0 "packets from nobody"
	[ "$server" = 0 ] || start_back ,client=1 -- -i --forward-mode=macswap --total-num-mbufs=8192 --auto-start
	wait_until 30 "packets to come back" counts_more front rx_good_packets 1000
	for round in 1 2; do
		stop "$BACK" KILL || true
		link_went front down "$round"
		before=$(counter front rx_good_packets)
		start_back ",client=$server" -- -i --forward-mode=macswap --total-num-mbufs=8192 --auto-start
		link_went front up $((round + server))
		wait_until 30 "packets to come back again" counts_more front rx_good_packets $((before + 1000))
	done
	quit_ends front
	[ "$server" = 0 ] || [ ! -e "$SOCKET" ] || fail "the socket's file is left behind"
	quit_ends back
}

# PACKED: the back end serves the next one as it did the first.
front_end_dies()
{
	local packed=$1

	start_back "" -- -i --forward-mode=macswap --total-num-mbufs=8192 --auto-start
	wait_for_socket
	for _ in 1 2; do
		start_front ",packed_vq=$packed" -- -i --forward-mode flowgen --auto-start
		wait_until 30 "packets to come back" counts_more front rx_good_packets 1000
		stop "$FRONT" KILL || true
	done
	quit_ends back
}

python3 "$FUNC_DIR/make_pcap.py" "$TMP/a.pcap" 200
python3 "$FUNC_DIR/make_pcap.py" "$TMP/b.pcap" 200
for name in a b; do
	deal_out "$TMP/$name.pcap" "$TMP/${name}0.pcap" "$TMP/${name}1.pcap"
done
for packed in 0 1; do
	both_directions $packed 1
	both_directions $packed 2
	every_queue $packed
	single_queues $packed
	back_end_dies $packed 0
	back_end_dies $packed 1
	front_end_dies $packed
done

# What cannot be is refused, with the cure.
front=("$PLX_TESTPMD" --no-huge --no-pci --lcores '(0,1)@0')
rm -f "$SOCKET"
assert_refuses 'is not there: start the other end first .wait=1' "${front[@]}" --vdev "net_virtio_user0,path=$SOCKET" -- -i
touch "$SOCKET"
assert_refuses 'is no socket' "${front[@]}" --vdev "net_virtio_user0,path=$SOCKET" -- -i
assert_refuses 'is no socket' "${front[@]}" --vdev "net_virtio_user0,path=$SOCKET,server=1" -- -i
