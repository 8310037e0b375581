#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Peers of net_vhost and net_virtio_user that are no peers, or lie: each costs one line that says what was wrong, leaves no file
# and no mapping, and the port serves the next one that is good, with books that balance.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
# shellcheck source=tests/func/two_ends.sh
. "$FUNC_DIR/two_ends.sh"
need python3

PEER=(python3 "$FUNC_DIR/make_hostile_peer.py")

# What a back end says when it sends each kind of front end away.
FRONTS=(
	'noise=does not speak vhost-user'
	'http=does not speak vhost-user'
	'half-a-head=a message breaks off in its first 12 bytes'
	'half-a-body=message 5 .SET_MEM_TABLE. breaks off, the other end has hung up'
	'stops-in-a-head=a message did not come whole in 500 ms'
	'huge=message 5 has 4294967295 bytes'
	'short=SET_MEM_TABLE: 1 regions in 16 bytes with 0 files'
	'many-files=more than 8 files came with a message'
	'files-in-the-middle=files came in the middle of message 2'
	'deaf=GET_FEATURES: no answer can be sent'
	'overlap=SET_MEM_TABLE: the region at 0x400fffff overlaps another'
	'wraps=SET_MEM_TABLE: a region of memory at 0xfffffffffffff000.* is none that can be'
	'user-wraps=SET_MEM_TABLE: a region of memory .* is none that can be'
	'offset-wraps=SET_MEM_TABLE: the region at 0x40000000: 0x100000 bytes from 0xfffffffffffff000 of a file'
	'beyond-its-file=the memory ends at 0x100001 of a file of 0x100000 bytes'
	'no-bytes=SET_MEM_TABLE: a region of memory .* is none that can be'
	'device=what came as memory is no file of memory'
	'folder=what came as memory is no file of memory'
	'ring-outside=ring 1: its descriptors at .* are not whole in one region'
	'ring-odd=ring 1: its descriptors at .* or not aligned'
	'ring-cut-off=ring 1: its descriptors at .* are not whole in one region'
	'bell-file=SET_VRING_CALL: the file that came is no eventfd'
	'bell-folder=SET_VRING_CALL: the file that came is no eventfd'
	'bell-socket=SET_VRING_CALL: the file that came is no eventfd'
	'bell-epoll=SET_VRING_CALL: the file that came is no eventfd'
	'bell-pipe=SET_VRING_CALL: the file that came is no eventfd'
	'shrinks=a file of its memory has become shorter than it said'
	'file-shrinks=a file of its memory has become shorter than it said'
	'storm=message 99: it is not known here'
	'jumps=message 98: it is not known here'
)

# What a start says that finds such a back end.
BACKS=(
	'noise=does not speak vhost-user'
	'http=does not speak vhost-user'
	'half-a-head=GET_FEATURES: a message breaks off in its first 12 bytes'
	'half-a-body=GET_FEATURES: message 1 .GET_FEATURES. breaks off'
	'hangs-up=the back end hung up before it answered GET_FEATURES'
	'many-files=GET_FEATURES: more than 8 files came with a message'
	'a-file=GET_FEATURES was answered with 1 file descriptors'
	'other=GET_FEATURES .1. was answered with message 77'
	'empty=the answer to GET_FEATURES has 0 bytes and not 8'
	'long=the answer to GET_FEATURES has 40 bytes and not 8'
	'huge=message 1 has 4294967295 bytes'
	'version=does not speak vhost-user: version 2'
	'request=the answer to GET_FEATURES does not say that it is one'
)

# WHO VDEV ARGS...
start_forwarding()
{
	start_ours "$1" 0 "$2" -- -i --auto-start "${@:3}"
}

# PID: files open, and memory of others mapped.
holdings()
{
	find "/proc/$1/fd" -type l | wc -l
	grep -c 'memfd:hostile\|vhost-inflight' "/proc/$1/maps" || true
}

holds()
{
	[ "$(holdings "$1")" = "$2" ]
}

# The front ends that lie, one after the other, to one back end; then one that is good.
back_end_survives()
{
	local before entry kinds=() n=0

	start_forwarding back "net_vhost0,iface=$SOCKET" --forward-mode macswap
	wait_until 10 "the start" grep -q 'packet forwarding' "$TMP/back.log"
	before=$(holdings "$BACK")
	for entry in "${FRONTS[@]}"; do
		kinds+=("${entry%%=*}")
	done
	run "${PEER[@]}" front "$SOCKET" "${kinds[@]}" cycles=200
	grep 'is sent away' "$TMP/back.log" >"$TMP/sent_away.log" || true
	for entry in "${FRONTS[@]}"; do
		n=$((n + 1))
		sed -n "${n}p" "$TMP/sent_away.log" >"$TMP/one.log"
		assert_grep "$TMP/one.log" "${entry#*=}" "what is said of ${entry%%=*}"
	done
	assert_eq "$(wc -l <"$TMP/sent_away.log")" "$n" "front ends sent away"
	assert_eq "$(grep -c 'ring 1 is stopped: its indexes are nonsense' "$TMP/back.log")" 1 "rings stopped"
	wait_until 10 "what was handed over to be given back" holds "$BACK" "$before"
	start_forwarding front "net_virtio_user0,path=$SOCKET" --forward-mode flowgen
	wait_until 20 "packets of a good one" counts_more back rx_good_packets 5000
	tell front quit
	wait_end "$FRONT" 20
	wait_until 10 "the good one to be gone" holds "$BACK" "$before"
	tell back quit
	wait_end "$BACK" 20
	assert_no_grep "$TMP/back.log" 'do not add up|unaccounted'
	[ ! -e "$SOCKET" ] || fail "the socket's file is left behind"
}

# A start that finds such a back end is refused; the one that says nothing costs five seconds, while the others are tried.
starts_are_refused()
{
	local entry kinds=() silent status=0
	local front=("$PLX_TESTPMD" --no-huge --no-pci --lcores '(0,1)@0')

	start silent_back - "${PEER[@]}" back "$TMP/silent" silent
	wait_until 10 "the silent one" test -S "$TMP/silent"
	start silent - "${front[@]}" --vdev "net_virtio_user0,path=$TMP/silent" -- -i
	silent=$JOB
	for entry in "${BACKS[@]}"; do
		kinds+=("${entry%%=*}")
	done
	start backs - "${PEER[@]}" back "$SOCKET" "${kinds[@]}"
	wait_until 10 "the back ends" test -S "$SOCKET"
	for entry in "${BACKS[@]}"; do
		assert_refuses "net_virtio_user0.*${entry#*=}" "${front[@]}" --vdev "net_virtio_user0,path=$SOCKET" -- -i
	done
	wait_end "$silent" 20 || status=$?
	assert_eq "$status" 2 "status of a start without an answer"
	assert_grep "$TMP/silent.log" 'GET_FEATURES was not answered in 5000 ms'
	rm -f "$SOCKET"
}

# A good back end calls, exchanges packets and goes.
good_back_end()
{
	start_forwarding back "net_vhost0,iface=$SOCKET,client=1" --forward-mode macswap
	wait_until 20 "packets of the front end" counts_more back rx_good_packets 10000
	tell back quit
	wait_end "$BACK" 20
	assert_no_grep "$TMP/back.log" 'do not add up|unaccounted'
}

link_went_down()
{
	[ "$(grep -c 'net_virtio_user0: link down: ' "$TMP/front.log")" -ge "$1" ]
}

# Back ends that lie call a port that listens, between two that do not; each costs one line.
front_end_survives()
{
	local before entry

	start_forwarding front "net_virtio_user0,path=$SOCKET,server=1" --forward-mode flowgen
	wait_until 10 "the start" grep -q 'packet forwarding' "$TMP/front.log"
	good_back_end
	wait_until 10 "the good one to be gone" link_went_down 1
	before=$(holdings "$FRONT")
	run "${PEER[@]}" call "$SOCKET" http half-a-body many-files empty
	for entry in 'does not speak' 'breaks off' 'more than 8 files' 'has 0 bytes'; do
		wait_until 10 "a line with '$entry'" grep -q "net_virtio_user0: .*$entry" "$TMP/front.log"
	done
	good_back_end
	wait_until 10 "the second one to be gone" link_went_down 2
	wait_until 10 "what was handed over to be given back" holds "$FRONT" "$before"
	tell front quit
	wait_end "$FRONT" 20
	assert_eq "$(grep -c 'net_virtio_user0: ' "$TMP/front.log")" 8 "lines of two good and four bad ones"
	assert_no_grep "$TMP/front.log" 'do not add up|unaccounted|broken_queues: [1-9]'
	[ ! -e "$SOCKET" ] || fail "the socket's file is left behind"
}

back_end_survives
starts_are_refused
front_end_survives
