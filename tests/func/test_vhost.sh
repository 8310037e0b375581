#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# net_vhost serves DPDK's net_virtio_user: split and packed rings, one and two pairs, both directions byte by byte, and either
# end killed and started again.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need dpdk-testpmd capinfos tshark python3

SOCKET=$TMP/sock

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

# Each end has a prompt that it reads from a pipe of its own, which stays open here: fd 7 the back end's, fd 8 the front end's.
mkfifo "$TMP/back.in" "$TMP/front.in"
exec 7<>"$TMP/back.in" 8<>"$TMP/front.in"

start_back() # DEVARGS ARGS...
{
	local devargs=$1

	shift
	# shellcheck disable=SC2016 # for the shell in between
	start back - bash -c 'exec "$@" <"$0"' "$TMP/back.in" "$PLX_TESTPMD" --no-huge --no-pci --lcores 0@0,1@0 \
		--vdev "net_vhost0,iface=$SOCKET$devargs" "$@"
	BACK=$JOB
}

start_front() # DEVARGS ARGS...
{
	local devargs=$1

	shift
	# shellcheck disable=SC2016
	start front - bash -c 'exec "$@" <"$0"' "$TMP/front.in" stdbuf -oL dpdk-testpmd --no-pci --no-huge -m 256 --file-prefix "plxv$$" \
		--lcores 0@1,1@1 --vdev "net_virtio_user0,path=$SOCKET,queue_size=256$devargs" "$@"
	FRONT=$JOB
}

# WHO COMMAND
tell()
{
	case $1 in
	back) echo "$2" >&7 ;;
	front) echo "$2" >&8 ;;
	esac
}

quit()
{
	tell front quit
	wait_end "$FRONT" 20
	tell back quit
	wait_end "$BACK" 20
}

# TIMES: the link has come up that often.
link_came_up()
{
	[ "$(grep -c 'link up, ' "$TMP/back.log")" -ge "$1" ]
}

# FILE: frames in it, sorted, as packets of two queues may overtake each other.
frames_of()
{
	list_frames "$1" | sort
}

# PACKED
both_directions()
{
	local packed=$1

	start_back "" --vdev "net_pcap0,rx_pcap=$TMP/to_guest.pcap,tx_pcap=$TMP/from_guest.pcap" -- \
		-i --forward-mode io --portlist 0,1
	wait_until 10 "the socket" test -S "$SOCKET"
	start_front ",packed_vq=$packed" \
		--vdev "net_pcap0,rx_pcap=$TMP/of_guest.pcap,tx_pcap=$TMP/at_guest.pcap" -- \
		-i --forward-mode=io --total-num-mbufs=8192 --no-flush-rx
	wait_until 20 "the link" link_came_up 1
	# What comes before its queues run DPDK's front end throws away.
	tell front start
	wait_until 20 "the front end to forward" grep -q 'Logical Core' "$TMP/front.log"
	tell back start
	wait_until 20 "frames from the guest" counts_more rx_good_packets 199
	wait_until 20 "frames to the guest" counts_more rx_good_packets 199 front
	tell back stop
	tell front stop
	quit
	assert_eq "$(frames_of "$TMP/from_guest.pcap")" "$(frames_of "$TMP/of_guest.pcap")" "frames from the guest"
	assert_eq "$(frames_of "$TMP/at_guest.pcap")" "$(frames_of "$TMP/to_guest.pcap")" "frames to the guest"
	[ ! -e "$SOCKET" ] || fail "the socket's file is left behind"
	rm "$TMP/from_guest.pcap" "$TMP/at_guest.pcap"
}

# NAME [WHO]: a counter of port 0, the one with the socket, as it is now; of the back end unless said otherwise.
counter()
{
	local who=${2:-back} before

	before=$(grep -c "^$1: " "$TMP/$who.log" || true)
	tell "$who" "show port xstats 0"
	wait_until 10 "the counter $1" told_again "$1" "$before" "$who"
	sed -n "s/^$1: //p" "$TMP/$who.log" | tail -n 1
}

told_again()
{
	[ "$(grep -c "^$1: " "$TMP/$3.log")" -gt "$2" ]
}

# NAME MORE-THAN [WHO]
counts_more()
{
	[ "$(counter "$1" "${3:-back}")" -gt "$2" ]
}

# PACKED BACK-MODE FRONT-MODE rx|tx: two pairs, and each carries packets.
every_queue()
{
	local packed=$1 i

	start_back ,queues=2 -- -i --forward-mode "$2" --rxq 2 --txq 2 --auto-start
	wait_until 10 "the socket" test -S "$SOCKET"
	start_front ",queues=2,packed_vq=$packed" -- -i "--forward-mode=$3" --rxq=2 --txq=2 --total-num-mbufs=8192 --auto-start
	for i in 0 1; do
		wait_until 20 "packets on queue $i" counts_more "$4_q${i}_packets" 1000
	done
	quit
}

# PACKED: the next front end is served as the first one was.
front_end_dies()
{
	local packed=$1 before

	start_back "" -- -i --forward-mode rxonly --auto-start
	wait_until 10 "the socket" test -S "$SOCKET"
	start_front ",packed_vq=$packed" -- -i --forward-mode=txonly --total-num-mbufs=8192 --auto-start
	wait_until 20 "packets" counts_more rx_good_packets 1000
	stop "$FRONT" KILL || true
	wait_until 10 "the end to be seen" grep -q 'the front end is gone' "$TMP/back.log"
	before=$(counter rx_good_packets)
	start_front ",packed_vq=$packed" -- -i --forward-mode=txonly --total-num-mbufs=8192 --auto-start
	wait_until 20 "packets again" counts_more rx_good_packets "$before"
	assert_eq "$(counter front_ends_refused)" 0 "front ends refused"
	quit
}

# PACKED: a front end that listens is served by the next back end.
back_end_dies()
{
	local packed=$1

	start_front ",packed_vq=$packed,server=1" -- -i --forward-mode=txonly --total-num-mbufs=8192 --auto-start
	for _ in 1 2; do
		start_back ,client=1 -- -i --forward-mode rxonly --auto-start
		wait_until 20 "packets" counts_more rx_good_packets 1000
		stop "$BACK" KILL || true
	done
	tell front quit
	wait_end "$FRONT" 20
}

make_frames "$TMP/to_guest.pcap" 1
make_frames "$TMP/of_guest.pcap" 2
for packed in 0 1; do
	both_directions $packed
	every_queue $packed rxonly txonly rx
	every_queue $packed txonly rxonly tx
	front_end_dies $packed
	back_end_dies $packed
done
