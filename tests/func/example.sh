# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the tests of examples share; to be sourced behind lib.sh.

# WHERE NAME ARGS...: the example in a namespace (- for none), until example_stop. Its first line, which says that it
# runs, ends in "...". One CPU is enough; LCORES may say otherwise. LOG in place of "example".
example_start()
{
	local where=$1 name=$2 log=${LOG:-example}

	shift 2
	start "$log" "$where" "$PLX_BUILD/examples/$name" --lcores "${LCORES:-0@0}" --idle sleep --no-huge "$@"
	EXAMPLE=$JOB
	wait_until 20 "$name to run" grep -qE '^[a-z].*\.\.\.$' "$TMP/$log.log"
}

# [PID [LOG]]: ends it and reads its books.
example_stop()
{
	local status=0

	stop "${1:-$EXAMPLE}" INT || status=$?
	assert_eq "$status" 0 "exit status of the example"
	assert_grep "$TMP/${2:-example}.log" '^every packet is accounted for$'
}

# The refusals that every example has: no port, one too few of PORTS, and words that nobody knows. PORTS NAME ARGS...
example_refusals()
{
	local ports=$1 name=$2 program=$PLX_BUILD/examples/$2

	shift 2
	assert_status 0 "$program" -h
	assert_grep "$TMP/out.log" "^usage: $name \[EAL options\]"
	assert_refuses "^$name: .*port.* needed, there are 0" "$program" -l 0 --no-huge "$@"
	[ "$ports" -eq 1 ] ||
		assert_refuses "^$name: .*port.* needed, there is 1" "$program" -l 0 --no-huge --vdev net_null0 "$@"
	assert_refuses "^$name: " "$program" -l 0 --no-huge --vdev net_null0 --vdev net_null1 -- one two three four five six seven
	assert_refuses 'did you mean --vdev' "$program" -l 0 --vdve net_null0
}

# NAME ARGS...: ports that need no interface: from nowhere into nothing, two ends of a cable, files. The books balance.
example_anywhere()
{
	local name=$1 ports

	shift
	python3 "$FUNC_DIR/make_pcap.py" "$TMP/anywhere.pcap" 1000
	for ports in '--vdev net_null0 --vdev net_null1' '--vdev net_ring0,peer=net_ring1 --vdev net_ring1' \
		"--vdev net_pcap0,rx_pcap=$TMP/anywhere.pcap --vdev net_pcap1,tx_pcap=$TMP/anywhere.out"; do
		# Words to be split.
		# shellcheck disable=SC2086
		example_start - "$name" $ports "$@"
		example_stop
	done
}

# A tap is open for packets a while after it was set up, when the kernel gets to it.
left_takes_packets()
{
	run_in a ping -qbc 5 -i 0.01 -W 0.1 10.97.0.255 >/dev/null 2>&1 || true
	[ "$(link_stat a left tx_packets)" -ge 1 ]
}

# NAME ARGS...: two taps in namespace a, of which the kernel there sends into the first.
example_taps()
{
	local name=$1

	shift
	example_start a "$name" --vdev net_tap0,iface=left --vdev net_tap1,iface=right "$@"
	netns_exec a ip link set left up
	netns_exec a ip addr replace 10.97.0.1/24 dev left
	wait_until 10 "packets from the kernel to be taken" left_takes_packets
	example_stop
	assert_grep "$TMP/example.log" '^port 0 \(net_tap0\): received [1-9]'
}

host_listens()
{
	[ -n "$(netns_exec "$1" ss -Hln 'sport = :5201')" ]
}

# iperf3 from a to b, ARGS for the client. A server that has not ended would be taken for the next one.
example_iperf()
{
	start iperf b iperf3 -s -1
	wait_until 10 "iperf3 to listen" host_listens b
	run_in a iperf3 -c 10.99.0.2 "$@" >"$TMP/client.log"
	wait_end "$JOB" 10
}
