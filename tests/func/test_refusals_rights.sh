#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# As nobody: kernel interfaces are refused with the capabilities that are missing, ports that need no rights work, and
# where an administrator prepared a tap, that works as well.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need setpriv setcap

EAL=(--no-huge --lcores '(0-1)@0')
chmod 0755 "$TMP"
mkdir -m 0777 "$TMP/nobodys"
OUT=$TMP/nobodys/out.pcap
"${NOBODY[@]}" test -x "$PLX_TESTPMD" || skip "nobody may not run $PLX_TESTPMD"

make_pair 1
NETNS=(nsenter --net="/run/netns/$NS_a")

# PATTERN DEVICE
refused()
{
	assert_refuses "$1" "${NETNS[@]}" "${NOBODY[@]}" "$PLX_TESTPMD" "${EAL[@]}" --vdev "$2" -- --duration 1
	assert_refuses "$1" "${NETNS[@]}" "${NOBODY[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev "$2" -- -c 1 -o "$OUT"
}

no_rights()
{
	local mode

	refused 'CAP_BPF and CAP_NET_ADMIN .*run as root, or setcap cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock\+ep' \
		net_af_xdp0,iface=veth0
	refused 'CAP_NET_RAW: run as root, or setcap cap_net_raw,cap_net_admin\+ep' net_af_packet0,iface=veth0
	mode=$(stat -c %a /dev/net/tun 2>/dev/null) || return 0
	[ "${mode: -1}" -ge 6 ] || return 0
	refused 'making the tap dtap0 needs CAP_NET_ADMIN: .*ip tuntap add dtap0 mode tap .*iface=dtap0,persist=1' net_tap0
	# What the sentence tells to type, typed.
	run_in a ip tuntap add dtap0 mode tap multi_queue user 65534
	refused 'bringing dtap0 up needs CAP_NET_ADMIN: .sudo ip link set dev dtap0 up. beforehand' \
		net_tap0,iface=dtap0,persist=1
	run_in a ip link set dev dtap0 up
	assert_status 0 "${NETNS[@]}" "${NOBODY[@]}" "$PLX_TESTPMD" "${EAL[@]}" --vdev net_tap0,iface=dtap0,persist=1 -- \
		--duration 1
	run_in a ip link del dtap0
}

# The capabilities that the refusals name are enough, as file capabilities of a copy of the program.
named_capabilities()
{
	local copy=$TMP/nobodys/plx-capture

	cp "$PLX_CAPTURE" "$copy"
	setcap "$1" "$copy" 2>/dev/null || return 0
	# A program with capabilities does not look for libraries beside itself; one that is linked to the build folder
	# cannot be tried so.
	"${NOBODY[@]}" "$copy" --version >/dev/null 2>&1 || return 0
	assert_status 0 "${NETNS[@]}" "${NOBODY[@]}" "$copy" --no-huge -l 0 --vdev "$2" -- -d 100ms -o "$OUT"
	assert_grep "$TMP/out.log" 'every packet is accounted for'
	rm -f "$OUT" "$copy"
}

no_rights
named_capabilities cap_net_raw,cap_net_admin+ep net_af_packet0,iface=veth0
named_capabilities cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep net_af_xdp0,iface=veth0
assert_no_xdp a veth0
# No rights are needed where no kernel interface is.
assert_status 0 "${NOBODY[@]}" "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 -- --duration 1
assert_status 0 "${NOBODY[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev net_null0 -- -c 10 -o "$OUT"
