#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd's ports configured at the prompt and by options, on ports that need no rights; and what is refused.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin anyone
need jq

NULLS=(--vdev net_null0 --vdev net_null1)
KEY=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627

# Queues, descriptors and lengths are changed while ports are stopped, and forwarding goes on with them.
{
	printf '%s\n' 'port stop all' 'port config all rxq 2' 'port config all txq 2' 'port config all rxd 4096' \
		'port config all txd 256' 'port config all max-pkt-len 1018' 'port config 1 mtu 9000' 'port start all' \
		'show port info all --json' 'show rxq info 1 1 --json' 'show txq info 0 1 --json' start
	until_told 'show port stats all --json' '[.result.ports[].rx_packets] | min > 0'
	printf '%s\n' stop 'show port stats all --json' quit
} | prompt 0 "${NULLS[@]}" -- -i
assert_eq "$(answer 'show port info all' '[.result.ports[] | "\(.mtu) \(.rx.queues)/\(.tx.queues)"] | join(" ")')" \
	'1000 2/2 9000 2/2' "MTU and queues"
assert_eq "$(answer 'show rxq info 1 1' .result.descriptors)" 4096 "rx descriptors"
assert_eq "$(answer 'show txq info 0 1' .result.descriptors)" 256 "tx descriptors"
assert_grep "$TMP/said" 'RX P=1/Q=1 -> TX P=0/Q=1'
assert_eq "$(answer 'show port stats all' '[.result.ports[] | .rx_packets > 0 and .ledger.balanced] | all')" true "the books"

# More queues than the first pool has buffers for: ports have pools of their own then, and give them back.
printf '%s\n' 'port stop all' 'port config all rxd 32768' 'port start all' 'show rxq info 0 0 --json' 'show rxq info 1 0 --json' \
	'port stop all' 'port config all rxd 512' 'port start all' 'show rxq info 0 0 --json' start stop quit |
	prompt 0 "${NULLS[@]}" -- -i
assert_eq "$(jq -r 'select(.command == "show rxq info 0 0") | .result.pool' "$TMP/said.json" | tr '\n' ' ')" 'testpmd_1 testpmd ' \
	"the pools of port 0"
assert_eq "$(answer 'show rxq info 1 0' '.result | "\(.pool) \(.descriptors)"')" 'testpmd_2 32768' "the pool of port 1"

# The hash that chooses a queue: types, key and table, kept over stop, start and other offloads.
printf '%s\n' 'port config all rss udp' "port config 0 rss-hash-key ipv4-udp $KEY" 'port config 0 rss reta (0,1),(1,1),(2,0)' \
	'port stop 0' 'port config 0 tx_offload multi_segs on' 'port start 0' 'show port 0 rss-hash key --json' \
	'show port 0 rss reta 3' 'show port 0 rss reta 128 (0x3,0x1) --json' 'show port 0 rss reta --json' \
	'port config 1 rss none' 'show port 1 rss-hash' 'port config 1 rss all' 'show port 1 rss-hash --json' quit |
	prompt 0 "${NULLS[@]}" -- -i --rxq 2 --txq 2
assert_eq "$(answer 'show port 0 rss-hash key' '.result | "\(.types | join("+")) \(.key)"')" "udp $KEY" "hash of port 0"
assert_eq "$(grep -c '^RSS RETA configuration: hash index=[01], queue=1$' "$TMP/said")" 2 "entries that were changed"
assert_grep "$TMP/said" '^RSS RETA configuration: hash index=2, queue=0$'
assert_no_grep "$TMP/said" 'hash index=3,'
assert_eq "$(answer 'show port 0 rss reta 128 (0x3,0x1)' '.result.reta | tojson')" '{"0":1,"1":1,"64":0}' "chosen entries"
assert_eq "$(answer 'show port 0 rss reta' '.result.reta | length')" 128 "the whole table"
assert_grep "$TMP/said" '^RSS disabled$'
assert_eq "$(answer 'show port 1 rss-hash' '.result.types | join(" ")')" 'ipv4 ipv6 tcp udp sctp' "all types"

# A table for other queues than there are is forgotten, not kept half.
printf '%s\n' 'port config 0 rss reta (0,3)' 'port stop all' 'port config all rxq 2' 'port start all' 'show port 0 rss reta 1' quit |
	prompt 0 "${NULLS[@]}" -- -i --rxq 4 --txq 4
assert_grep "$TMP/said" '^RSS RETA configuration: hash index=0, queue=0$'

# Offloads by options, as DPDK's bits, and at the prompt; what a device has not is told by its name.
printf '%s\n' 'show port 0 tx_offload configuration' 'port stop 0' 'port config 0 tx_offload multi_segs off' 'port start 0' \
	'show port 0 tx_offload configuration --json' 'show port 0 rss-hash --json' 'show port info 0 --json' quit |
	prompt 0 "${NULLS[@]}" -- -i --tx-offloads=0x18000 --enable-hw-vlan-strip --rx-offloads 0x4000 --rss-ip --max-pkt-len 2018 \
	--numa --socket-num=0 --rxpt 8 --txfreet=32 --mp-alloc=native
assert_grep "$TMP/said" '^  Port : MULTI_SEGS$'
assert_eq "$(answer 'show port 0 tx_offload configuration' '.result.configuration | length')" 0 "offloads after that"
assert_grep "$TMP/said" 'port 0 \(net_null0\): rx offloads not offered by the device, going on without: vlan_strip timestamp'
assert_eq "$(answer 'show port 0 rss-hash' '.result.types | join(" ")')" 'ipv4 ipv6' "types by option"
assert_eq "$(answer 'show port info 0' .result.ports[0].mtu)" 2000 "MTU by option"

# Receive modes and the address stay over close and start; ports that are not to be started are not.
printf '%s\n' 'show port summary all --json' 'set promisc 0 off' 'set allmulti all on' 'mac_addr set 0 02:00:00:00:00:09' \
	'port start all' 'port stop all' 'port close all' 'port start all' 'show port info all --json' quit |
	prompt 0 "${NULLS[@]}" -- -i --disable-device-start
assert_eq "$(answer 'show port summary all' '[.result.ports[].state] | unique | join(" ")')" stopped "states before"
assert_eq "$(answer 'show port info all' '[.result.ports[] | "\(.promiscuous) \(.allmulticast)"] | join(" ")')" \
	'false true true true' "receive modes"
assert_eq "$(answer 'show port info all' '.result.ports[0].mac')" 02:00:00:00:00:09 "address"

# Wrong times, numbers and names: a sentence each, and nothing is changed.
printf '%s\n' 'port config all rxq 2' 'port config all max-pkt-len 2000' 'port config 0 tx_offload multi_segs on' 'vlan set strip on 0' \
	'port stop 0' 'port config all rxq 2' 'port stop 1' 'port config all rxq 65' 'port config all rxd 0' \
	'port config all max-pkt-len 65535' 'port config 0 mtu 67' 'port config 0 mtu 65500' 'port config mtu 7 1500' \
	'port config 0 rx_offload vlan_strip on' 'port config 0 rx_offload nosuch on' 'vlan set filter on all' 'port start all' \
	'port config 0 rss reta (0,1)' 'port config 0 rss reta (128,0)' 'port config 0 rss reta 0,0' 'port config 0 rss-hash-key ipv4 00' \
	"port config 0 rss-hash-key ipv5 $KEY" 'port config 0 rss ether' 'show port 0 rss reta 129' 'show port 0 rss reta 128 (0x1)' \
	'mac_addr add 0 02:00:00:00:00:01' 'mac_addr add 0 nonsense' 'mac_addr set 0 01:00:5e:00:00:01' 'mac_addr set 0 00:00:00:00:00:00' \
	'mac_addr remove 0 02:70:6c:78:00:00' 'mcast_addr add 0 02:00:00:00:00:01' 'mcast_addr add all 01:00:5e:00:00:01' \
	'set link-down port all' 'set flow_ctrl rx on tx on 0' 'show port 0 flow_ctrl' 'set flow_ctrl rx on tx on 9 5 1 1 mac_ctrl_frame_fwd on autoneg on 0' 'set flow_ctrl rx on tx off 0 0 0 0 mac_ctrl_frame_fwd off autoneg on 1' 'rx_vlan add 4095 0' 'rx_vlan add 5 0' \
	'set promisc 9 on' 'port stop 0' 'tx_vlan set 0 5' 'tx_vlan set 0 4095' 'port start 0' 'tx_vlan set 0 5' 'show port info all --json' 'show port 0 rss-hash --json' quit | prompt 1 "${NULLS[@]}" -- -i
assert_eq "$(grep -c 'runs; another number of queues or descriptors needs .port stop' "$TMP/said")" 2 "queues of running ports"
while read -r pattern; do
	assert_grep "$TMP/said" "$pattern"
done <<'EOF'
runs; another length of packets needs .port stop 0. before
runs; another set of offloads needs .port stop 0. before
65 rx queues: port 0 \(net_null0\) has at most 64
rxd "0": a number from 1 to 65535
max-pkt-len 65535: port 0 \(net_null0\) takes 86 to 65004
mtu "67": a number from 68
an MTU of 65500; 68 to 64986 are possible
there is no port 7
has no vlan_strip; .show port 0 rx_offload capabilities. lists
there is no rx_offload "nosuch"; there are ipv4_cksum
has no vlan_filter.* \(and 1 more ports\)
\(0,1\): there are rx queues 0 to 0
\(128,0\): the table has entries 0 to 127
0,0: pairs of entry and queue are expected
00: a key of 40 bytes is expected
"ipv5" is no type that the device hashes
rss ether: no device here hashes
size "129": a number from 1 to 128
\(0x1\): a mask for each 64 of 128 entries
a further address is not supported by net_null
"nonsense": a MAC address is expected, as in
01:00:5e:00:00:01 is the address of a group: mcast_addr
00:00:00:00:00:00 cannot be the address of one station
is the port's own address, which it cannot be without
02:00:00:00:00:01 is the address of one station: mac_addr
setting its link down is not supported by net_null.* \(and 1 more ports\)
port 0 \(net_null0\): flow control is not supported by net_null
water marks, pause time .* set flow_ctrl rx on tx on autoneg on 0
port 1 \(net_null1\): flow control is not supported by net_null
vlan "4095": a number from 0 to 4094
a filter by VLAN is not supported by net_null
there is no port 9
has no vlan_insert; .show port 0 tx_offload capabilities. lists
vlan "4095": a number from 1 to 4094
EOF
assert_eq "$(answer 'show port info all' '[.result.ports[] | "\(.mtu) \(.rx.queues) \(.mac[15:])"] | join(" ")')" \
	'1500 1 00 1500 1 01' "what is left as it was"
assert_eq "$(answer 'show port 0 rss-hash' '.result.key[:8]')" 6d5a6d5a "the key"

# While packets are forwarded what needs new queues is refused, and what does not is done.
printf '%s\n' start 'port config all rxq 2' 'port config 0 tx_offload multi_segs on' 'vlan set strip on all' \
	'port config all max-pkt-len 2000' 'port config 0 mtu 2000' 'set promisc all off' 'mac_addr set 1 02:00:00:00:00:09' \
	'show port info all --json' stop quit | prompt 1 "${NULLS[@]}" -- -i
assert_eq "$(grep -c 'packets are being forwarded; stop first' "$TMP/said")" 4 "refusals while forwarding"
assert_eq "$(answer 'show port info all' '[.result.ports[] | "\(.mtu) \(.promiscuous) \(.mac[15:])"] | join(" ")')" \
	'2000 false 00 1500 false 09' "what was done"

# Options that are wrong or contradict one another.
assert_refuses '"foo" is no offload; names with commas' "$PLX_TESTPMD" --no-huge -l 0 --vdev net_null0 -- --rx-offloads vlan_strip,foo
assert_refuses 'contradict one another' "$PLX_TESTPMD" --no-huge -l 0 --vdev net_null0 -- --rss-ip --disable-rss
assert_refuses 'goes with --interactive alone' "$PLX_TESTPMD" --no-huge -l 0 --vdev net_null0 -- --disable-device-start
assert_refuses 'mtu contradicts --max-pkt-len' "$PLX_TESTPMD" --no-huge -l 0 --vdev net_null0 -- --mtu 1000 --max-pkt-len 1000
