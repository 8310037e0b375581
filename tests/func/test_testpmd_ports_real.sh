#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What plx-testpmd does to a port happens to the interface: ip, bridge, and the far end are the judges.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/testpmd_prompt.sh
. "$(dirname "$0")/testpmd_prompt.sh"
func_begin root
need jq bridge

# a: veth0 --- r: r0 [testpmd]
netns_add a
netns_add r
netns_veth a veth0 r r0 2

# FIELD: what the kernel says of the interface.
link()
{
	netns_exec r ip -j -d link show "${2:-r0}" | jq -r ".[0].$1"
}

carrier_of_peer()
{
	netns_exec a cat /sys/class/net/veth0/carrier
}

is()
{
	local expected=$1

	shift
	[ "$("$@")" = "$expected" ]
}

groups_of_r0()
{
	netns_exec r ip -j maddr show dev r0 | jq -r '.[0].maddr[] | .link // empty' | grep -c '^01:00:5e:01:02:0[34]$' || true
}

stations_of_r0()
{
	netns_exec r bridge -j fdb show dev r0 | jq -r '.[].mac' | grep -c '^02:00:00:00:00:77$' || true
}

MTU=$(link mtu)
MAC=$(link address)
for driver in net_af_xdp net_af_packet; do
	open_prompt r --vdev "${driver}0,iface=r0" -- -i

	# Receive modes; they are held by the program alone, and stay over stop and start.
	assert_eq "$(link promiscuity)" 1 "$driver: promiscuity after the start"
	type_line 'set promisc 0 off'
	assert_eq "$(link promiscuity)" 0 "$driver: promiscuity after set promisc off"
	type_line 'set promisc all on'
	type_line 'set allmulti 0 on'
	type_line 'port stop 0'
	type_line 'port close 0'
	type_line 'port start 0'
	assert_eq "$(link promiscuity)" 1 "$driver: promiscuity after another start"
	assert_eq "$(link allmulti)" 1 "$driver: allmulti after another start"
	type_line 'set promisc 0 off'
	type_line 'set allmulti 0 off'

	# Groups and further addresses are the interface's.
	type_line 'mcast_addr add 0 01:00:5e:01:02:03'
	type_line 'mcast_addr add 0 01:00:5e:01:02:04'
	type_line 'mac_addr add 0 02:00:00:00:00:77'
	assert_eq "$(groups_of_r0)" 2 "$driver: groups of the interface"
	assert_eq "$(stations_of_r0)" 1 "$driver: further addresses of the interface"
	assert_eq "$(ask_json 'show port 0 mcast_macs' | jq -r '.result.ports[0].mcast_macs | sort | join(" ")')" \
		'01:00:5e:01:02:03 01:00:5e:01:02:04' "$driver: groups of the port"
	type_line 'port stop 0'
	type_line 'port start 0'
	assert_eq "$(groups_of_r0)" 2 "$driver: groups after another start"
	type_line 'mcast_addr remove 0 01:00:5e:01:02:03'
	assert_eq "$(groups_of_r0)" 1 "$driver: groups after remove"
	type_line 'mcast_addr flush 0'
	type_line 'mac_addr remove 0 02:00:00:00:00:77'
	assert_eq "$(groups_of_r0) $(stations_of_r0)" '0 0' "$driver: groups and addresses after flush and remove"

	# Length and address.
	type_line 'port config 0 mtu 1400'
	assert_eq "$(link mtu)" 1400 "$driver: MTU"
	type_line 'mac_addr set 0 02:00:00:00:00:88'
	assert_eq "$(link address)" 02:00:00:00:00:88 "$driver: address"
	type_line 'port stop 0'
	type_line 'port config all max-pkt-len 1318'
	type_line 'port start 0'
	assert_eq "$(link mtu)" 1300 "$driver: MTU by max-pkt-len"
	assert_eq "$(ask_json 'show port info 0' | jq -r '.result.ports[0] | "\(.mtu) \(.mac)"')" '1300 02:00:00:00:00:88' \
		"$driver: what the port says"

	# The far end sees the link go and come.
	type_line 'set link-down port 0'
	wait_until 10 "the far end to see the link go" is 0 carrier_of_peer
	assert_eq "$(ask_json 'show port summary 0' | jq .result.ports[0].link.up)" false "$driver: the link, set down"
	wait_until 10 "$driver: the event" grep -q '^\(testpmd> \)*Port 0: link state change event, link is down$' "$TMP/testpmd.log"
	type_line 'set link-up port 0'
	wait_until 10 "the far end to see the link come" is 1 carrier_of_peer
	wait_until 10 "$driver: the second event" grep -q 'Port 0: link state change event, link is up$' "$TMP/testpmd.log"

	# A queue's figures, and pause frames, which a veth has not.
	assert_eq "$(ask_json 'show port 0 rxq 0 desc used count' | jq .result.used_count)" 0 "$driver: packets waiting"
	assert_grep <(ask_json 'show port 0 flow_ctrl') 'flow control is not supported by net_af'
	type_line 'set flow_ctrl rx on 0'
	type_line 'port config 0 mtu 65000'
	assert_grep "$TMP/testpmd.log" 'flow control is not supported'

	# Gone, the interface is free again: the next driver takes it.
	type_line 'port stop 0'
	type_line 'port detach 0'
	assert_eq "$(link promiscuity)" 0 "$driver: promiscuity after detach"
	assert_no_xdp r r0
	type_line 'port attach net_af_packet9,iface=r0'
	type_line 'port start 0'
	assert_eq "$(ask_json 'show port summary 0' | jq -r '.result.ports[0] | "\(.driver) \(.state)"')" 'net_af_packet started' \
		"$driver: the port that came after it"
	close_prompt 1
	netns_exec r ip link set r0 mtu "$MTU" address "$MAC"
done

# AF_XDP puts length and address back when the port goes.
open_prompt r --vdev net_af_xdp0,iface=r0 -- -i
type_line 'port config 0 mtu 1400'
type_line 'mac_addr set 0 02:00:00:00:00:88'
type_line 'port stop 0'
type_line 'port detach 0'
assert_eq "$(link mtu) $(link address)" "$MTU $MAC" "MTU and address after detach"
close_prompt 0

# While packets are forwarded, a link that the far end takes down is told, and the port says so.
open_prompt r --vdev net_af_packet0,iface=r0 -- -i --port-topology loop --forward-mode rxonly
type_line start
netns_exec a ip link set veth0 down
wait_until 10 "the event" grep -q 'Port 0: link state change event, link is down$' "$TMP/testpmd.log"
assert_eq "$(ask_json 'show port info 0' | jq .result.ports[0].link.up)" false "the link, taken down by the far end"
netns_exec a ip link set veth0 up
wait_until 10 "the second event" grep -q 'Port 0: link state change event, link is up$' "$TMP/testpmd.log"
type_line stop
close_prompt 0

# Not told on demand.
open_prompt r --vdev net_af_packet0,iface=r0 -- -i --no-lsc-interrupt
netns_exec a ip link set veth0 down
type_line 'show port summary 0'
netns_exec a ip link set veth0 up
wait_until 10 "the link to come back" is 1 carrier_of_peer
close_prompt 0
assert_no_grep "$TMP/testpmd.log" 'link state change'

# A tap comes and goes with its port.
open_prompt r --vdev net_null0 -- -i
type_line 'port attach net_tap0,iface=tap7'
type_line 'port start 1'
assert_eq "$(link operstate tap7)" UP "the tap's state"
type_line 'port config 1 mtu 1350'
assert_eq "$(link mtu tap7)" 1350 "the tap's MTU"
type_line 'set link-down port 1'
assert_eq "$(netns_exec r cat /sys/class/net/tap7/carrier)" 0 "the tap's carrier, set down"
type_line 'set link-up port 1'
assert_eq "$(netns_exec r cat /sys/class/net/tap7/carrier)" 1 "the tap's carrier, set up"
type_line 'port stop 1'
type_line 'port detach 1'
assert_eq "$(netns_exec r sh -c 'ls /sys/class/net | grep -c tap7' || true)" 0 "taps after detach"
close_prompt 0
