#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture into a pipe: tcpdump and tshark see each packet while the capture goes on, and may go away when they like.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need tcpdump tshark ping nstat

make_pair 1
mkfifo "$TMP/pipe"

# ARGS...: a capture into the pipe. Until connect, both ends of it are open, so that nobody waits for the other.
begin()
{
	exec 8<>"$TMP/pipe"
	# shellcheck disable=SC2016 # they are for the other bash
	start capture "${PLACE:-b}" bash -c 'exec "$@" >"$0" 8>&-' "$TMP/pipe" "$PLX_CAPTURE" "$@"
	capture=$JOB
}

# COMMAND...: reads from the pipe.
connect()
{
	# shellcheck disable=SC2016
	start reader - bash -c 'exec "$@" <"$0" 8>&-' "$TMP/pipe" "$@"
	reader=$JOB
	exec 8>&-
}

seen()
{
	[ "$(grep -c 'ICMP' "$TMP/reader.log")" -ge "$1" ]
}

# READER FORMAT ARGS...: one packet after another is seen, each while nothing else comes.
live()
{
	local format=$1 i

	shift
	begin -i veth0 -Q in -w - --format "$format" icmp
	connect "$@"
	wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
	for i in 1 2 3; do
		ping_all a 1 10.99.0.2
		wait_until 10 "packet $i in $1" seen "$i"
	done
	stop "$capture" INT
	wait_end "$reader" 10
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
	assert_eq "$(grep -c ICMP "$TMP/reader.log")" 3 "packets of $*"
}

live pcap tcpdump -lnr -
live pcap-us tcpdump -lnr -
live pcap tshark -lnr -
live pcapng tshark -lnr -
live pcapng tshark -lni -
live pcap tshark -lni -

# Busy as the writer may be, and with one lcore for all: what is in the pipe grows without an end of the capture.
PLACE=- begin -i lo -w - -U
connect tcpdump -lnr - -c 5
wait_until 10 "the capture" grep -q 'capturing on lo' "$TMP/capture.log"
ping -q -c 5 -i 0.2 127.0.0.1 >/dev/null
wait_end "$reader" 10

# The reader goes: noticed without a single packet, in both formats; status 0, one line of ours.
for format in pcap pcapng; do
	begin -i veth0 -w - -q --format "$format" 'port 9'
	connect head -c 24
	wait_end "$reader" 10
	wait_end "$capture" 10
	assert_eq "$(wc -l <"$TMP/capture.log")" 1 'lines'
	assert_grep "$TMP/capture.log" 'plx-capture: the reader of the output has gone'
done
begin -i veth0 -w - --json 'port 9'
connect head -c 24
wait_end "$capture" 10
assert_grep "$TMP/capture.log" '"status":0,"reason":"reader_gone"'

# Onto a terminal it does not write.
assert_refuses 'terminal' script -qec "'$PLX_CAPTURE' -i lo -w -" /dev/null
