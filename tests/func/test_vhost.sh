#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# net_vhost serves DPDK's net_virtio_user: split and packed rings, one and two pairs, both directions byte by byte, and either
# end killed and started again.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
# shellcheck source=tests/func/two_ends.sh
. "$FUNC_DIR/two_ends.sh"
need dpdk-testpmd capinfos tshark python3

# FILE SEED: 200 frames of 60 to 1,514 bytes, as many as fit a ring at once.
make_frames()
{
	python3 - "$1" "$2" <<-'END'
		import random, struct, sys
		dice = random.Random(int(sys.argv[2]))
		with open(sys.argv[1], 'wb') as out:
		    out.write(struct.pack('=IHHIIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
		    for i in range(200):
		        n = dice.choice([60, 61, 64, 128, 1000, 1513, 1514])
		        frame = bytes.fromhex('02000000000b02000000000a88b5') + struct.pack('>I', i) + dice.randbytes(n - 18)
		        out.write(struct.pack('=IIII', i, 0, n, n) + frame)
	END
}

start_back() # DEVARGS ARGS...
{
	start_ours back 0 "net_vhost0,iface=$SOCKET$1" "${@:2}"
}

start_front() # DEVARGS ARGS...
{
	start_dpdk front 1 "net_virtio_user0,path=$SOCKET,queue_size=256$1" "${@:2}"
}

# PACKED QUEUES
both_directions()
{
	local packed=$1 queues=$2

	start_back ",queues=$queues" \
		--vdev "net_pcap0,rx_pcap=$(files_of to_guest "$queues"),tx_pcap=$(files_of from_guest "$queues")" -- \
		-i --forward-mode io --portlist 0,1 --rxq "$queues" --txq "$queues"
	wait_for_socket
	start_front ",packed_vq=$packed,queues=$queues" \
		--vdev "net_pcap0,$(dpdk_files_of rx_pcap of_guest "$queues"),$(dpdk_files_of tx_pcap at_guest "$queues")" -- \
		-i --forward-mode=io --total-num-mbufs=8192 --no-flush-rx "--rxq=$queues" "--txq=$queues"
	link_went back up 1
	# What comes before its queues run DPDK's front end throws away.
	tell front start
	wait_until 20 "the front end to forward" grep -q 'Logical Core' "$TMP/front.log"
	tell back start
	wait_until 20 "frames from the guest" counts_more back rx_good_packets 199
	wait_until 20 "frames to the guest" counts_more front rx_good_packets 199
	tell back stop
	tell front stop
	quit_ends front back
	assert_eq "$(frames_by "$queues" "$TMP"/from_guest*.pcap)" "$(frames_by "$queues" "$TMP/of_guest.pcap")" \
		"frames from the guest, $queues queues"
	assert_eq "$(frames_by "$queues" "$TMP"/at_guest*.pcap)" "$(frames_by "$queues" "$TMP/to_guest.pcap")" \
		"frames to the guest, $queues queues"
	[ ! -e "$SOCKET" ] || fail "the socket's file is left behind"
	rm "$TMP"/from_guest*.pcap "$TMP"/at_guest*.pcap
}

# PACKED BACK-MODE FRONT-MODE rx|tx: two pairs, and each carries packets.
every_queue()
{
	local packed=$1 i

	start_back ,queues=2 -- -i --forward-mode "$2" --rxq 2 --txq 2 --auto-start
	wait_for_socket
	start_front ",queues=2,packed_vq=$packed" -- -i "--forward-mode=$3" --rxq=2 --txq=2 --total-num-mbufs=8192 --auto-start
	for i in 0 1; do
		wait_until 20 "packets on queue $i" counts_more back "$4_q${i}_packets" 1000
	done
	quit_ends front back
}

# PACKED: the next front end is served as the first one was.
front_end_dies()
{
	local packed=$1 before

	start_back "" -- -i --forward-mode rxonly --auto-start
	wait_for_socket
	start_front ",packed_vq=$packed" -- -i --forward-mode=txonly --total-num-mbufs=8192 --auto-start
	wait_until 20 "packets" counts_more back rx_good_packets 1000
	stop "$FRONT" KILL || true
	wait_until 10 "the end to be seen" grep -q 'the front end is gone' "$TMP/back.log"
	before=$(counter back rx_good_packets)
	start_front ",packed_vq=$packed" -- -i --forward-mode=txonly --total-num-mbufs=8192 --auto-start
	wait_until 20 "packets again" counts_more back rx_good_packets "$before"
	assert_eq "$(counter back front_ends_refused)" 0 "front ends refused"
	quit_ends front back
}

# PACKED: a front end that listens is served by the next back end.
back_end_dies()
{
	local packed=$1 deaths

	start_front ",packed_vq=$packed,server=1" -- -i --forward-mode=txonly --total-num-mbufs=8192 --auto-start
	for _ in 1 2; do
		start_back ,client=1 -- -i --forward-mode rxonly --auto-start
		wait_until 20 "packets" counts_more back rx_good_packets 1000
		deaths=$(grep -c 'virtio-user port 0 is down' "$TMP/front.log" || true)
		stop "$BACK" KILL || true
		# DPDK's would die of a last word to one that it takes for alive.
		wait_until 20 "the death to be seen" said_more front 'virtio-user port 0 is down' "$deaths"
	done
	quit_ends front
}

make_frames "$TMP/to_guest.pcap" 1
make_frames "$TMP/of_guest.pcap" 2
for name in to_guest of_guest; do
	deal_out "$TMP/$name.pcap" "$TMP/${name}0.pcap" "$TMP/${name}1.pcap"
done
for packed in 0 1; do
	both_directions $packed 1
	both_directions $packed 2
	every_queue $packed rxonly txonly rx
	every_queue $packed txonly rxonly tx
	front_end_dies $packed
	back_end_dies $packed
done
