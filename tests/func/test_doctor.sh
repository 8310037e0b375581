#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-doctor on this machine: it agrees with ip, ethtool and the kernel about interfaces, says who holds one, answers as an
# ordinary user, changes nothing, and sweeps what dead programs left but nothing that lives.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need jq ethtool setpriv script

make_pair 2

# ARGS...: the doctor in namespace a; output in $TMP/doctor, status in STATUS.
doctor()
{
	STATUS=0
	run_in a "$PLX_DOCTOR" "$@" </dev/null >"$TMP/doctor" 2>&1 || STATUS=$?
}

# FILTER: a fact of the last --json output.
fact()
{
	jq -r "$1" "$TMP/doctor"
}

usage()
{
	assert_status 2 "$PLX_DOCTOR" hugepage
	assert_grep "$TMP/out.log" "did you mean 'hugepages'"
	assert_status 2 "$PLX_DOCTOR" --for usb
	assert_status 2 "$PLX_DOCTOR" --sweep
	assert_grep "$TMP/out.log" 'no terminal: --sweep --yes'
	assert_status 0 "$PLX_DOCTOR" --list
	assert_grep "$TMP/out.log" '^memlock '
	assert_status 0 "$PLX_DOCTOR" --version
}

interfaces()
{
	doctor --json interfaces
	assert_eq "$STATUS" 0 "status: $(cat "$TMP/doctor")"
	assert_eq "$(fact '.checks[0].facts | keys | join(" ")')" veth0 'interfaces of the namespace'
	assert_eq "$(fact '.checks[0].facts.veth0.driver')" veth driver
	assert_eq "$(fact '.checks[0].facts.veth0.rx_queues')" \
		"$(run_in a ethtool -l veth0 | awk '/^Current/ {now = 1} now && $1 == "RX:" {print $2}')" queues
	assert_eq "$(fact '.checks[0].facts.veth0.mtu')" "$(netns_exec a cat /sys/class/net/veth0/mtu)" MTU
	doctor --interface eth77 --for af_packet
	assert_eq "$STATUS" 1 'status for an interface that is not there'
	assert_grep "$TMP/doctor" 'no interface "eth77" .*there are: lo, veth0'
	ip -n "${NS_a:?}" link set veth0 down
	doctor --interface veth0 --for af_packet interfaces
	assert_eq "$STATUS" 1 'status for an interface that is down'
	assert_grep "$TMP/doctor" 'sudo ip link set dev veth0 up'
	ip -n "$NS_a" link set veth0 up
}

# While a capture runs, the doctor names it, and does not take its program for a leftover.
a_holder()
{
	# One in another namespace on an interface of the same index, which is not the one.
	assert_eq "$(netns_exec a cat /sys/class/net/veth0/ifindex)" "$(netns_exec b cat /sys/class/net/veth0/ifindex)" indices
	start other b "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev net_af_xdp0,iface=veth0 -- -o "$TMP/other.pcap"
	OTHER=$JOB
	wait_until 10 'the other capture' grep -q 'receives and writes' "$TMP/other.log"
	start capture a "$PLX_CAPTURE" --no-huge -l 0 --idle sleep --vdev net_af_xdp0,iface=veth0 -- -o "$TMP/out.pcap"
	wait_until 10 'the capture' grep -q 'receives and writes' "$TMP/capture.log"
	doctor --for af_xdp interfaces
	assert_eq "$STATUS" 1 'status for a taken interface'
	assert_grep "$TMP/doctor" "veth0 is taken by XDP program [0-9]+ 'plx_af_xdp' of process $JOB \(plx-capture\)"
	doctor leftovers
	assert_eq "$STATUS" 0 'status while the capture lives'
	run_in a "$PLX_DOCTOR" --sweep --yes >"$TMP/sweep" </dev/null || true # others may have left something, too
	ip -n "$NS_a" link show veth0 | grep -q xdp || fail 'the sweep took the program of a living capture'
	run_in a "${NOBODY[@]}" "$PLX_DOCTOR" leftovers >"$TMP/doctor" || fail 'leftovers as nobody'
	assert_grep "$TMP/doctor" 'unseen .*only root may see'
	stop "$JOB" INT
	stop "$OTHER" INT
	assert_no_xdp a veth0
}

stale_program()
{
	run_in a "$PLX_BUILD/tests/func/stale_xdp" veth0
	doctor leftovers
	assert_eq "$STATUS" 1 'status with a stale program'
	assert_grep "$TMP/doctor" "XDP program [0-9]+ 'plx_af_xdp' on veth0: no process holds it"
	# On a terminal it asks; no is the default.
	echo n | run_in a script -qec "$PLX_DOCTOR --sweep" /dev/null >"$TMP/sweep"
	assert_grep "$TMP/sweep" 'remove it\? \[y/N\]'
	doctor leftovers
	assert_eq "$STATUS" 1 'status after a sweep that was not agreed to'
	run_in a "$PLX_DOCTOR" --sweep --yes >"$TMP/sweep" </dev/null || true # others may have left something, too
	assert_grep "$TMP/sweep" "removed: XDP program"
	assert_no_xdp a veth0
	doctor leftovers
	assert_eq "$STATUS" 0 'status after the sweep'
}

# Told while nothing runs on it, swept never.
persistent_tap()
{
	run_in a ip tuntap add dev tap9 mode tap
	doctor leftovers
	assert_eq "$STATUS" 0 'status with a persistent tap'
	assert_grep "$TMP/doctor" 'note +tap9 is a persistent tap that is down or has no carrier'
	run_in a "$PLX_DOCTOR" --sweep --yes >"$TMP/sweep" </dev/null || true # others may have left something, too
	run_in a ip link del tap9
	doctor leftovers
	assert_no_grep "$TMP/doctor" 'persistent tap'
}

as_nobody()
{
	local status=0

	run_in a "${NOBODY[@]}" "$PLX_DOCTOR" --for af_xdp </dev/null >"$TMP/nobody" 2>&1 || status=$?
	assert_eq "$status" 1 'status as nobody'
	assert_grep "$TMP/nobody" 'net_af_xdp lacks .*CAP_BPF'
	assert_grep "$TMP/nobody" 'sudo setcap cap_net_admin,cap_net_raw,cap_ipc_lock,cap_bpf\+ep'
	status=0
	run "${NOBODY[@]}" "$PLX_DOCTOR" --json </dev/null >"$TMP/doctor" || status=$?
	assert_eq "$(fact '[.checks[].findings[] | select(.level == "problem")] | length')" "$(fact .problems)" 'problems counted'
	assert_eq "$status" "$(fact 'if .problems > 0 then 1 else 0 end')" 'status and problems'
}

# NAME: what the doctor could have changed.
state_of_machine()
{
	{
		cat /sys/kernel/mm/hugepages/*/nr_hugepages /proc/sys/kernel/unprivileged_bpf_disabled
		ip -n "$NS_a" -d link
		ls -l /dev/net /sys/bus/pci/devices/*/driver
	} >"$TMP/$1" 2>&1
}

changes_nothing()
{
	hold_hugepages
	state_of_machine before
	doctor
	doctor --for pci
	doctor --for tap --json
	state_of_machine after
	cmp "$TMP/before" "$TMP/after" || fail 'the doctor changed the machine'
}

usage
interfaces
a_holder
stale_program
persistent_tap
as_nobody
changes_nothing
