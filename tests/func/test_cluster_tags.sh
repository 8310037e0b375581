#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A port that takes VLAN tags out, and a cluster over it: what it forwards, and what its slaves send as it came, has the tag on the
# next wire again, where io without a cluster leaves it out. tshark is the judge at the far end.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need python3 tcpdump tshark

# a: tagged and plain --- r0, which strips [testpmd in r] r1 --- b
netns_add a
netns_add b
netns_add r
netns_veth a veth0 r r0 1
netns_veth b veth0 r r1 1
start dump b tcpdump -i veth0 -Uw "$TMP/far.pcap" --immediate-mode 'udp or (vlan and udp)'
wait_until 60 "tcpdump to listen" grep -q 'listening on' "$TMP/dump.log"

# PORT TAG: how many frames to that UDP port came with that tag ("" for none).
came()
{
	tshark -r "$TMP/far.pcap" -Y "udp.dstport == $1" -T fields -e vlan.id 2>/dev/null | grep -cx "$2"
}

# PORT TAG: five did, and no others.
five_came()
{
	[ "$(came "$1" "$2")" -eq 5 ] && [ "$(tshark -r "$TMP/far.pcap" -Y "udp.dstport == $1" 2>/dev/null | wc -l)" -eq 5 ]
}

runs()
{
	run "$PLX_CTL" -t 60s pmd show fwd stats all >"$TMP/stats.json" 2>&1 && grep -q streams "$TMP/stats.json"
}

# PORT TAG ARGS...: frames with tag 5 to PORT come out with TAG (plain ones, to the next port, plain).
passes()
{
	local port=$1 tag=$2

	start testpmd r "$PLX_TESTPMD" --no-huge --no-pci --lcores '(0-3)@0' --idle yield --file-prefix pmd \
		--vdev net_af_packet0,iface=r0 --vdev net_af_packet1,iface=r1 -- --enable-hw-vlan-strip "${@:3}"
	wait_until 60 "forwarding by ${*:3}" runs
	run_in a python3 "$FUNC_DIR/send_frames.py" veth0 5 "$port" 5
	run_in a python3 "$FUNC_DIR/send_frames.py" veth0 5 $((port + 1))
	wait_until 60 "tagged frames by ${*:3}" five_came "$port" "$tag"
	wait_until 60 "plain frames by ${*:3}" five_came $((port + 1)) ""
	stop "$JOB" INT || fail "status $? of plx-testpmd"
}

passes 2001 "" --forward-mode io
passes 2003 5 --forward-mode cluster
passes 2005 5 --forward-mode cluster --cluster-work io
