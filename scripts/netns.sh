#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Network namespaces that cannot be left behind: to be sourced by bash scripts (the demo, functional tests).
#
#	. scripts/netns.sh
#	netns_begin                     # before all else: starts the janitor
#	netns_add a                     # NS_a=plx-PID-a
#	netns_veth a veth0 b veth0 4    # a pair of 4 queues each, offloads off, up
#	netns_end                       # in the exit trap
#
# The janitor is a process of its own session that waits for the script to die. When that happens without
# netns_end, for instance by SIGKILL, it ends what runs in the namespaces of that script and deletes them.

netns_of()
{
	ip netns list 2>/dev/null | awk -v p="plx-$1-" 'index($1, p) == 1 {print $1}'
}

netns_kill()
{
	local ns=$1 signal=$2 pids

	pids=$(ip netns pids "$ns" 2>/dev/null) || return 0
	# Numbers, one a line.
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill "-$signal" $pids 2>/dev/null || true
}

# Ends what runs in every namespace of process $1, with a second of grace, and deletes them.
netns_sweep()
{
	local owner=$1 ns tick

	for ns in $(netns_of "$owner"); do
		netns_kill "$ns" TERM
	done
	for ns in $(netns_of "$owner"); do
		for tick in 1 2 3 4 5 6 7 8 9 10; do
			[ -n "$(ip netns pids "$ns" 2>/dev/null)" ] || break
			sleep 0.1
			[ "$tick" -lt 10 ] || netns_kill "$ns" KILL
		done
		ip netns del "$ns" 2>/dev/null || true
	done
}

netns_janitor()
{
	local owner=$1 folder=${2:-} fd

	# Whoever reads the script's output must not wait for the janitor.
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-" 2>/dev/null || true
	done
	trap '' INT TERM HUP
	tail --pid="$owner" -s 0.2 -f /dev/null
	netns_sweep "$owner"
	[ -z "$folder" ] || rm -rf "$folder"
}

# [FOLDER]: a folder to remove as well.
netns_begin()
{
	[ "$(id -u)" -eq 0 ] || return 1
	setsid bash "${BASH_SOURCE[0]}" janitor $$ "${1:-}" </dev/null >/dev/null 2>&1 &
	NETNS_JANITOR=$!
	disown
}

netns_end()
{
	netns_sweep $$
	# By now there is nothing left for it to do, nor for its sleeping tail.
	[ -z "${NETNS_JANITOR:-}" ] || kill -KILL -- "-$NETNS_JANITOR" 2>/dev/null || kill -KILL "$NETNS_JANITOR" 2>/dev/null || true
	NETNS_JANITOR=
}

# NAME: makes the namespace and sets NS_NAME to what the kernel calls it.
netns_add()
{
	local name=$1 ns=plx-$$-$1

	ip netns add "$ns" || return 1
	printf -v "NS_$name" %s "$ns"
	ip -n "$ns" link set lo up
	# Nothing but what a test sends: no router solicitations, no multicast listener reports.
	ip netns exec "$ns" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_ra
		echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode' 2>/dev/null || true
}

# NAME COMMAND...: runs the command in the namespace made as NAME.
netns_exec()
{
	local var=NS_$1

	shift
	ip netns exec "${!var}" "$@"
}

# NAME IF NAME IF [QUEUES]: a veth pair between two of our namespaces, offloads off (a captured checksum is
# one that was computed, a captured frame one that fits the MTU), both ends up.
netns_veth()
{
	local var_a=NS_$1 if_a=$2 var_b=NS_$3 if_b=$4 queues=${5:-1} ns_a ns_b

	ns_a=${!var_a}
	ns_b=${!var_b}
	ip link add name "$if_a" netns "$ns_a" numtxqueues "$queues" numrxqueues "$queues" type veth \
		peer name "$if_b" netns "$ns_b" numtxqueues "$queues" numrxqueues "$queues" || return 1
	netns_plain_link "$ns_a" "$if_a"
	netns_plain_link "$ns_b" "$if_b"
}

netns_plain_link()
{
	ip netns exec "$1" ethtool -K "$2" rx off tx off tso off gso off gro off sg off >/dev/null 2>&1 || true
	ip -n "$1" link set "$2" up
}

# NAME IF ADDRESS/LEN MAC [PEER_ADDRESS PEER_MAC]: addresses, and the peer as a fixed neighbour, so that traffic
# flows while no kernel answers ARP behind the peer's interface.
netns_address()
{
	local var=NS_$1 ns

	ns=${!var}
	# Setting an address, also the same again, makes the kernel forget its neighbours, the fixed ones too.
	if ! ip -n "$ns" -o link show "$2" | grep -q "link/ether $4 "; then
		ip -n "$ns" link set "$2" address "$4" || return 1
	fi
	case $3 in
	*:*) ip -n "$ns" addr add "$3" dev "$2" nodad ;;
	*) ip -n "$ns" addr add "$3" dev "$2" ;;
	esac || return 1
	[ $# -lt 6 ] || ip -n "$ns" neigh replace "$5" lladdr "$6" dev "$2" nud permanent
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	[ "${1:-}" = janitor ] || {
		echo "netns.sh: to be sourced" >&2
		exit 2
	}
	netns_janitor "$2" "${3:-}"
fi
