#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The books of what is in flight go from a back end that was killed to the next one, which takes them over in place: from one of another
# program, with requests in flight, to net_vhost, from there amid traffic to the next net_vhost, and so to the other program's. That is QEMU's
# storage daemon for split rings, and for packed ones DPDK's library of vhost-user, in a few lines of Python. The front end is
# written from the specification: each list comes back once, in its order, and what a dead back end left is true. No rights and no huge
# pages. (DPDK's net_vhost keeps no such books, nor does QEMU on packed rings.)
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
SOCKET=$TMP/sock
# shellcheck source=tests/func/prompts.sh
. "$FUNC_DIR/prompts.sh"
make_prompts qemu ours split packed
need qemu-storage-daemon dpdk-testpmd python3

# A disk that answers who it is, and reads for hours.
start_split()
{
	rm -f "$SOCKET"
	start_prompt qemu - qemu-storage-daemon --blockdev driver=null-co,node-name=disk,size=1048576,latency-ns=9000000000000 \
		--export "type=vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path=$SOCKET,num-queues=2"
	BACK=$JOB
}

# The same.
start_packed()
{
	rm -f "$SOCKET"
	[ -d "$RUNTIME_DIRECTORY" ] || mkdir -m 700 "$RUNTIME_DIRECTORY" # DPDK makes but a folder in it
	start dpdk - python3 "$FUNC_DIR/dpdk_inflight_back.py" "$SOCKET"
	BACK=$JOB
}

start_ours()
{
	start_prompt ours - "$PLX_TESTPMD" --no-huge --no-pci --lcores '0@1,1@1' --vdev "net_vhost0,iface=$SOCKET" -- \
		-i --forward-mode rxonly --auto-start
	BACK=$JOB
}

# Kills the back end, and what it left is true. TIMES: so often the front end has seen it.
kill_back()
{
	stop "$BACK" KILL || true
	[ $# = 0 ] || wait_until 20 "the front end to see it" said_more "$RINGS" '^gone after' "$(($1 - 1))"
	front judge '^true with'
}

# COMMAND ANSWER: one line of the front end's more that says so.
front()
{
	tell_and_see "$RINGS" "$1" "$2"
}

# From net_vhost amid traffic to the next one.
go_on()
{
	front flood '^floods'
	sleep 0.2
	kill_back "$1"
}

for RINGS in split packed; do
	start_prompt "$RINGS" - python3 "$FUNC_DIR/inflight_front.py" "$SOCKET" "$RINGS"

	# The other program's dies with every other list in flight; net_vhost gives them back, and goes on.
	"start_$RINGS"
	front first '^connected'
	front 'send 100' '^sent'
	front 'hang 8' '^hangs'
	kill_back
	assert_grep "$TMP/$RINGS.log" '^true with 8 in flight$'
	start_ours
	front next '^connected'
	front settle '^settled'
	front 'send 100' '^sent'
	front region '^region 1: version 1 size 64 marks 0 behind 0$'

	# net_vhost dies amid traffic, again and again. (DPDK takes a list that was just to be given back for one that has been, so it
	# is not given such a region.)
	for ((round = 1;; round++)); do
		before=$(grep -c '^amid' "$TMP/$RINGS.log" || true)
		go_on "$round"
		[ "$round" -lt 5 ] || [ "$(grep -c '^amid' "$TMP/$RINGS.log" || true)" -gt "$before" ] || break
		start_ours
		front next '^connected'
		front settle '^settled'
		front 'send 100' '^sent'
	done

	# And the other program's goes on with what it left.
	"start_$RINGS"
	front next '^connected'
	front settle '^settled'
	front 'send 100' '^sent'
	tell "$RINGS" quit
	stop "$BACK" KILL || true
	assert_no_grep "$TMP/$RINGS.log" '^NO'
done
assert_grep "$TMP/dpdk.log" '^again 0$'
