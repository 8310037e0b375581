#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/forward is a wire: hosts at its ends ping and run iperf3 through it, over every kind of port.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/example.sh
. "$(dirname "$0")/example.sh"
func_begin root
need ping nstat iperf3 capinfos python3

example_refusals 2 forward
example_anywhere forward

make_line
for kind in net_af_xdp net_af_packet; do
	example_start r forward --vdev "${kind}0,iface=r0" --vdev "${kind}1,iface=r1"
	ping_all a 50 10.99.0.2
	example_iperf -n 10M
	example_stop
	assert_no_xdp r r0
done

# Ports of different kinds: a tap, behind which the kernel of a has another address, and the interface to b.
netns_exec b ip addr add 10.98.0.2/24 dev veth0
example_start r forward --vdev net_af_packet0,iface=r0 --vdev net_af_xdp0,iface=r1
WIRE=$EXAMPLE
LOG=tap example_start a forward --vdev net_tap0,iface=left --vdev net_af_packet0,iface=veth0
netns_exec a ip addr add 10.98.0.1/24 dev left
ping_all a 20 10.98.0.2
example_stop "$EXAMPLE" tap
example_stop "$WIRE"
example_taps forward

# From file to file: each packet that went in comes out, once.
python3 "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap" 1000
example_start - forward --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,infinite_rx=1" --vdev "net_pcap1,tx_pcap=$TMP/out.pcap"
wait_until 10 "packets in the file" test -s "$TMP/out.pcap"
example_stop
forwarded=$(sed -n 's/^received .* = forwarded \([0-9]*\) .*/\1/p' "$TMP/example.log")
assert_ge "$forwarded" 1 packets
assert_eq "$(count_packets "$TMP/out.pcap")" "$forwarded" "packets in the file"
