#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What plx-nicemu cannot do it says, with what would be right, and leaves nothing behind.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need ip

A=$TMP/a.sock B=$TMP/b.sock
eal=(--no-huge --no-pci -l 0)
short=(--duration 100ms)

refuses()
{
	local pattern=$1

	shift
	assert_refuses "$pattern" "$PLX_NICEMU" "$@"
	[ ! -S "$A" ] || fail "a socket is left behind by: $*"
}

assert_status 0 "$PLX_NICEMU" --version
assert_grep "$TMP/out.log" '^plx-nicemu \(Pollux\) [0-9]'

# What is asked for.
refuses 'there is no NIC: name the socket of one' "${short[@]}"
refuses 'nic0 has no wire. Give it one' -s "$A" "${short[@]}"
refuses "there is no port \"7\"; there are 1" "${eal[@]}" --vdev net_null0 -- --nic "socket=$A,port=7" "${short[@]}"
refuses 'there is no port "net_nul0"' "${eal[@]}" --vdev net_null0 -- --nic "socket=$A,port=net_nul0" "${short[@]}"
refuses 'port 0 is the wire of another NIC' "${eal[@]}" --vdev net_null0 -- --nic "socket=$A,port=0" --nic "socket=$B,port=0" "${short[@]}"
refuses 'nic1 has no wire' "${eal[@]}" --vdev net_null0 -- --nic "socket=$A" --nic "socket=$B" "${short[@]}"
refuses 'nic0 and nic1 have one socket' "${eal[@]}" --vdev net_null0 -- -s "$A" --nic "socket=$A" "${short[@]}"
refuses 'is no MAC address' "${eal[@]}" --vdev net_null0 -- -s "$A" -m nonsense "${short[@]}"
refuses 'that of a group' "${eal[@]}" --vdev net_null0 -- -s "$A" -m 33:33:00:00:00:01 "${short[@]}"
refuses 'is no address; write' -s "$A" -t nic0 -n 10.0.0/24 "${short[@]}"
refuses "no host's address" -s "$A" -t nic0 -n 10.0.0.0/24 "${short[@]}"
refuses 'how large is its net' -s "$A" -t nic0 -n 10.0.0.1 "${short[@]}"
refuses 'a net has 1 to 32 bits, not "33"' -s "$A" -t nic0 -n 10.0.0.1/33 "${short[@]}"
refuses 'is to be the address of a tap, and there is none' "${eal[@]}" --vdev net_null0 -- -s "$A" -n 10.0.0.1/24 "${short[@]}"
refuses "which is nobody's" "${eal[@]}" --vdev net_null0 -- -s "$A" -m 00:00:00:00:00:00 "${short[@]}"
refuses 'is longer than 15 bytes' -s "$A" -t a-name-that-is-too-long "${short[@]}"
refuses '"a/b" cannot be an interface name' -s "$A" -t a/b "${short[@]}"
refuses "no '--' behind it: write plx-nicemu" -s "$A" --vdev net_null0 "${short[@]}"
refuses 'option of the EAL: write it in front of' "${eal[@]}" -- -s "$A" --vdev net_null0 "${short[@]}"
refuses 'unknown option' --socket-path "$A" "${short[@]}"

# Places for sockets and files.
refuses '/nowhere/a.sock' "${eal[@]}" --vdev net_null0 -- -s /nowhere/a.sock "${short[@]}"
refuses "$TMP" "${eal[@]}" --vdev net_null0 -- -s "$TMP" "${short[@]}"
refuses '/nowhere/x.pcap' "${eal[@]}" --vdev net_null0 -- -s "$A" --pcap /nowhere/x.pcap "${short[@]}"
echo precious >"$TMP/file"
refuses "$TMP/file" "${eal[@]}" --vdev net_null0 -- -s "$TMP/file" "${short[@]}"
assert_eq "$(cat "$TMP/file")" precious "a file that is no socket"

# A socket that somebody serves; one that somebody left.
start first - "$PLX_NICEMU" "${eal[@]}" --vdev net_null0 -- -s "$A"
first=$JOB
wait_until 20 "the socket" test -S "$A"
assert_refuses "$A" "$PLX_NICEMU" "${eal[@]}" --vdev net_null0 -- -s "$A" "${short[@]}"
[ -S "$A" ] || fail "the socket of the first was taken away"
stop "$first" KILL || true
[ -S "$A" ] || fail "who was killed removed its socket"
assert_status 0 "$PLX_NICEMU" "${eal[@]}" --vdev net_null0 -- -s "$A" "${short[@]}"
[ ! -e "$A" ] || fail "a socket is left behind"

# Taps that are none; one that is not there is made, and goes with it.
if [ "$(id -u)" -eq 0 ]; then
	refuses 'interface lo is there already and is no tap' -s "$A" -t lo "${short[@]}"
	ip tuntap add plxtun0 mode tun
	refuses 'interface plxtun0 is there already and is no tap' -s "$A" -t plxtun0 "${short[@]}"
	ip tuntap delete plxtun0 mode tun
	assert_status 0 "$PLX_NICEMU" -s "$A" -t plxtap0 -n 10.0.0.1/24 "${short[@]}"
	[ ! -e /sys/class/net/plxtap0 ] || fail "the tap is left behind"
	start holder - "$PLX_NICEMU" -s "$B" -t plxtap0
	wait_until 20 "the holder of a tap" grep -q 'its wire is' "$TMP/holder.log"
	refuses 'plxtap0 is in use already' -s "$A" -t plxtap0 "${short[@]}"
	stop "$JOB" INT
	[ ! -e /sys/class/net/plxtap0 ] || fail "the tap is left behind by its holder"
fi

# Two taps of no rights, for who has none.
if [ "$(id -u)" -eq 0 ]; then
	chmod 777 "$TMP"
	assert_refuses 'CAP_NET_ADMIN' "${NOBODY[@]}" "$PLX_NICEMU" -s "$A" -t plxnone0 "${short[@]}"
fi

# A disk that is full is told.
refuses 'No space left on device' "${eal[@]}" --vdev net_null0 -- -s "$A" --pcap /dev/full "${short[@]}"
