#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture in Wireshark's extcap folder: the real tshark lists its interfaces, takes its filters and captures through it.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# tshark takes a folder from the environment from nobody who is root, so in a mount namespace of our own another folder
# is laid over its own.
if [ "$(id -u)" -eq 0 ] && [ -z "${FUNC_MOUNTS:-}" ]; then
	FUNC_MOUNTS=own exec unshare -m bash "$0"
fi
func_begin root
need tshark ping jq python3

FOLDER=$(tshark -G folders 2>/dev/null | sed -n 's/^Extcap path:[[:space:]]*//p')
[ -d "$FOLDER" ] || skip "tshark has no extcap folder"
mkdir "$TMP/extcap"
ln -s "$PLX_CAPTURE" "$TMP/extcap/plx-extcap"
mount --bind "$TMP/extcap" "$FOLDER"
export HOME=$TMP
make_pair 2
IN_B=(ip netns exec "${NS_b:-}")

# What is asked and answered, without tshark.
run_in b "$PLX_CAPTURE" --extcap-interfaces --extcap-version=4.0 >"$TMP/interfaces"
assert_grep "$TMP/interfaces" '^extcap \{version=[0-9.]+\}'
assert_grep "$TMP/interfaces" '^interface \{value=plx-veth0\}\{display=.*\}$'
assert_grep "$TMP/interfaces" '^interface \{value=plx-xdp-veth0\}'
run "$PLX_CAPTURE" --extcap-interface=plx-veth0 --extcap-dlts >"$TMP/dlts"
assert_grep "$TMP/dlts" '^dlt \{number=1\}\{name=EN10MB\}'
run "$PLX_CAPTURE" --extcap-interface plx-veth0 --extcap-config >"$TMP/config"
assert_grep "$TMP/config" '^arg \{number=0\}\{call=--snaplen\}'
assert_eq "$(run "$PLX_CAPTURE" --extcap-interface plx-veth0 --extcap-capture-filter='tcp port 80')" '' 'a right filter'
run "$PLX_CAPTURE" --extcap-interface plx-veth0 --extcap-capture-filter='tcp prot 80' >"$TMP/judged"
assert_grep "$TMP/judged" 'syntax error at "prot"'
assert_refuses "'--capture' needs '--fifo FILE'" "$PLX_CAPTURE" --extcap-interface=plx-veth0 --capture
assert_refuses 'is none of ours' "$PLX_CAPTURE" --extcap-interface=eth0 --extcap-dlts
assert_refuses 'which interface' "$PLX_CAPTURE" --extcap-dlts
assert_refuses "no interface 'veth9'" "${IN_B[@]}" "$PLX_CAPTURE" --extcap-interface=plx-veth9 --capture --fifo="$TMP/none"

run_in b tshark -D >"$TMP/list" 2>/dev/null
assert_grep "$TMP/list" 'plx-veth0 \(veth0 by AF_PACKET \(Pollux\)\)'
assert_grep "$TMP/list" 'plx-xdp-veth0 '
run_in b tshark -L -i plx-veth0 >"$TMP/links" 2>&1
assert_grep "$TMP/links" 'EN10MB'

# PACKETS ARGS...: tshark captures through us until it has that many, while echoes come.
capture()
{
	local expected=$1 pinger

	shift
	start ping a ping -i 0.2 10.99.0.2
	pinger=$JOB
	run_in b tshark "$@" -c "$expected" -w "$TMP/out.pcapng" >/dev/null 2>"$TMP/tshark.log"
	stop "$pinger" INT || true
	assert_eq "$(count_packets "$TMP/out.pcapng")" "$expected" "packets of tshark $*"
	assert_eq "$(tshark -r "$TMP/out.pcapng" -Y 'not icmp' 2>/dev/null | wc -l)" 0 "other packets than asked for"
	assert_no_xdp b veth0
}

# FILE INTERFACE ARGS...: into the file, without tshark, until there are five packets. PROMISC is how often the interface was asked
# to take all there is.
direct()
{
	local file=$1 interface=$2 pinger taker

	shift 2
	start ping a ping -i 0.05 -s 500 10.99.0.2
	pinger=$JOB
	start taker b "$PLX_CAPTURE" --extcap-interface="$interface" --capture --fifo="$file" --extcap-capture-filter=icmp "$@"
	taker=$JOB
	wait_until 10 "five packets" five_in "$file"
	PROMISC=$(ip -n "${NS_b:?}" -d -j link show veth0 | jq '.[0].promiscuity')
	stop "$taker" INT
	stop "$pinger" INT || true
}

five_in()
{
	[ "$(count_packets "$1" 2>/dev/null)" -ge 5 ]
}

direct "$TMP/all.pcapng" plx-veth0
assert_eq "$PROMISC" 1 'promiscuity as usual'
assert_eq "$(tshark -r "$TMP/all.pcapng" -T fields -e icmp.type -e frame.cap_len 2>/dev/null | sort -u | tr '\t\n' ' ;')" \
	'0 542;8 542;' 'types and lengths'
direct "$TMP/some.pcapng" plx-veth0 --no-promisc --snaplen=60 --direction=in
assert_eq "$PROMISC" 0 'promiscuity with --no-promisc'
assert_eq "$(tshark -r "$TMP/some.pcapng" -T fields -e icmp.type -e frame.cap_len 2>/dev/null | sort -u | tr '\t\n' ' ;')" \
	'8 60;' 'types and lengths as asked'
direct "$TMP/xdp.pcapng" plx-xdp-veth0
for driver in af_packet:all af_xdp:xdp; do
	python3 "$FUNC_DIR/read_pcapng.py" "$TMP/${driver#*:}.pcapng" | jq -r '.interfaces[0].hardware[0]' >"$TMP/driver"
	assert_eq "$(cat "$TMP/driver")" "net_${driver%:*}" 'the driver'
done

capture 8 -i plx-veth0 -f icmp
tshark -r "$TMP/out.pcapng" -T fields -e frame.packet_flags_direction 2>/dev/null | sort -u >"$TMP/ways"
assert_eq "$(wc -l <"$TMP/ways")" 2 'directions'
capture 4 -i plx-xdp-veth0 -f icmp
capture 4 -i plx-veth0 -f 'icmp[icmptype] == icmp-echo'
assert_eq "$(tshark -r "$TMP/out.pcapng" -T fields -e icmp.type 2>/dev/null | sort -u)" 8 'types of what the filter asked for'
