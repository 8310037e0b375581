# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Two testpmds, ours or DPDK's, at the ends of a vhost-user socket: "back" has the rings served, "front" drives them. Each has a
# prompt that it reads from a pipe of its own, which stays open here. To be sourced after lib.sh. Port 0 is the one with the
# socket; what an end said is in $TMP/back.log and $TMP/front.log.

SOCKET=$TMP/sock

# shellcheck source=tests/func/prompts.sh
. "$FUNC_DIR/prompts.sh"
make_prompts back front

# WHO COMMAND...: BACK or FRONT is its pid.
start_end()
{
	start_prompt "$1" - "${@:2}"
	# shellcheck disable=SC2034 # for the tests
	case $1 in
	back) BACK=$JOB ;;
	front) FRONT=$JOB ;;
	esac
}

# WHO CPU VDEV ARGS...
start_ours()
{
	start_end "$1" "$PLX_TESTPMD" --no-huge --no-pci --lcores "0@$2,1@$2" --vdev "$3" "${@:4}"
}

# WHO CPU VDEV ARGS...
start_dpdk()
{
	[ -d "$RUNTIME_DIRECTORY" ] || mkdir -m 700 "$RUNTIME_DIRECTORY" # DPDK makes but a folder in it
	start_end "$1" stdbuf -oL dpdk-testpmd --no-pci --no-huge -m 256 --file-prefix "plx-$1-$$" --lcores "0@$2,1@$2" \
		--vdev "$3" "${@:4}"
}

wait_for_socket()
{
	wait_until 30 "the socket" test -S "$SOCKET"
}

# WHO NAME: a counter of port 0, as it is now.
counter()
{
	tell_and_see "$1" 'show port xstats 0' "^$2: "
	sed -n "s/^$2: //p" "$TMP/$1.log" | tail -n 1
}

# WHO NAME MORE-THAN
counts_more()
{
	[ "$(counter "$1" "$2")" -gt "$3" ]
}

# WHO: it receives packets, from now on.
receives()
{
	wait_until 30 "packets at the $1 end" counts_more "$1" rx_good_packets "$(($(counter "$1" rx_good_packets) + 1000))"
}

# WHO WORD TIMES: waits until the link of that end, which is ours, went up or down that often.
link_went()
{
	wait_until 30 "the link of the $1 end to go $2 ($3)" said_more "$1" "link $2[:,]" $(($3 - 1))
}

# WHO...: in that order. They end well, the books of what is ours balance, and nothing is broken.
quit_ends()
{
	quit_prompts 'do not add up|unaccounted|broken_queues: [1-9]|rings_stopped: [1-9]' "$@"
}

# FILE...: frames in them, sorted, as packets of two queues may overtake each other.
frames_of()
{
	local file

	for file; do
		list_frames "$file"
	done | sort
}

# QUEUES FILE...: the same, in the order they came if there is but one queue.
frames_by()
{
	if [ "$1" = 1 ]; then
		list_frames "$2"
	else
		frames_of "${@:2}"
	fi
}

# NAME QUEUES: the files of that name, one a queue, as net_pcap of ours is told them.
files_of()
{
	if [ "$2" = 1 ]; then
		echo "$TMP/$1.pcap"
	else
		echo "[$TMP/${1}0.pcap,$TMP/${1}1.pcap]"
	fi
}

# KEY NAME QUEUES: the same as DPDK's is told them.
dpdk_files_of()
{
	if [ "$3" = 1 ]; then
		echo "$1=$TMP/$2.pcap"
	else
		echo "$1=$TMP/${2}0.pcap,$1=$TMP/${2}1.pcap"
	fi
}
