#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/bounce is a wire that one ethertype does not cross: it goes to a third port, or is dropped.
# What takes arguments need not get them.
# shellcheck disable=SC2119
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin root
need ping nstat iperf3 capinfos tshark

example_refusals 2 bounce
example_anywhere bounce
example_anywhere bounce -- 0x0800
for wrong in ipv6 0x5ff 0x10000 '0x86dd ' ''; do
	assert_refuses 'bounce: .* is no ethertype' "$PLX_BUILD/examples/bounce" -l 0 --no-huge --vdev net_null0 --vdev net_null1 -- "$wrong"
done
assert_refuses 'bounce: two ports are needed, or three; there are 4' "$PLX_BUILD/examples/bounce" -l 0 --no-huge \
	--vdev net_null0 --vdev net_null1 --vdev net_null2 --vdev net_null3

# FIELD: the sum of both ways.
total()
{
	sed -n "s/^way .* $1 \([0-9]*\).*/\1/p" "$TMP/example.log" | awk "{ sum += \$1 } END { print sum + 0 }"
}

make_line
for kind in net_af_xdp net_af_packet; do
	# Everything crosses.
	example_start r bounce --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1"
	ping_all a 10 fd99::2
	example_iperf -n 5M
	example_stop
	assert_eq "$(total dropped)" 0 dropped
	# IPv6 does not, and leaves by the third port, a file.
	example_start r bounce --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1" \
		--vdev "net_pcap0,tx_pcap=$TMP/$kind.pcap" -- 0x86dd
	run_in a ping -qc 10 -i 0.01 -W 0.1 fd99::2 >/dev/null && fail "the decision let a ping through"
	ping_all a 10 10.99.0.2
	example_stop
	assert_ge "$(total elsewhere)" 1 "packets in the file"
	assert_eq "$(count_packets "$TMP/$kind.pcap")" "$(total elsewhere)" "packets in the file"
	assert_eq "$(tshark -r "$TMP/$kind.pcap" -Y '!ipv6' 2>/dev/null | wc -l)" 0 "packets in the file that are not IPv6"
	assert_eq "$(total dropped)" 0 dropped
	# Without one it is dropped.
	example_start r bounce --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1" -- 0x86dd
	run_in b ping -qc 10 -i 0.01 -W 0.1 fd99::1 >/dev/null && fail "the decision let a ping through"
	example_stop
	assert_ge "$(total dropped)" 1 dropped
	assert_eq "$(total elsewhere)" 0 elsewhere
done
