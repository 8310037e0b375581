#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture without "--": interfaces by name as with tcpdump, devices by -b, and clear words where an option of the EAL
# stands among these.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need tcpdump ping nstat

make_pair 2
IN_B=(ip netns exec "${NS_b:-}")
OUT=$TMP/out.pcap

# PATTERN ARGS...: refused in namespace b, and nothing is written.
refused()
{
	local pattern=$1

	shift
	assert_refuses "$pattern" "${IN_B[@]}" "$PLX_CAPTURE" "$@"
	[ ! -e "$OUT" ] || fail "a file was written: $*"
}

# N ARGS...: captures N echoes of ping and compares them with tcpdump's.
compare()
{
	local expected=$1 judge capture

	shift
	rm -f "$TMP"/*.pcap*
	start judge b tcpdump -Z root --immediate-mode -U -ni veth0 -w "$TMP/judge.pcap" "${JUDGE[@]}" icmp
	judge=$JOB
	wait_until 10 "tcpdump" grep -q listening "$TMP/judge.log"
	start capture b "$PLX_CAPTURE" "$@" -w "$OUT" icmp
	capture=$JOB
	wait_until 10 "the capture" grep -q 'capturing on veth0' "$TMP/capture.log"
	ping_all a 20 10.99.0.2
	wait_until 10 "packets" has_packets "$OUT" "$expected"
	wait_until 10 "tcpdump's packets" has_packets "$TMP/judge.pcap" "$expected"
	stop "$capture" INT
	stop "$judge" INT
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
	assert_eq "$(tcpdump -nr "$OUT" -tt 2>/dev/null | cut -d' ' -f2- | sort)" \
		"$(tcpdump -nr "$TMP/judge.pcap" -tt 2>/dev/null | cut -d' ' -f2- | sort)" 'packets'
	assert_eq "$(count_packets "$OUT")" "$expected" 'packets'
}

interfaces()
{
	JUDGE=(-Q inout)
	compare 40 -i veth0
	compare 40 -nn -U -l -i 2 # by its number: lo is the first
	compare 40 -b veth0
	JUDGE=(-Q in)
	compare 20 -i veth0 -Q in
	# In front of "--" are the EAL's options, and -i still works behind it.
	compare 20 --no-huge -l 0 -- -i veth0 --direction in
}

# On lo each packet comes back as it went: it is written once.
loopback()
{
	ip -n "${NS_b:?}" link set lo up
	start capture b "$PLX_CAPTURE" -i lo -w "$TMP/lo.pcap" icmp
	wait_until 10 "the capture" grep -q 'capturing on lo' "$TMP/capture.log"
	ping_all b 5 127.0.0.1
	wait_until 10 'packets on lo' has_packets "$TMP/lo.pcap" 10
	stop "$JOB" INT
	assert_eq "$(count_packets "$TMP/lo.pcap")" 10 'packets on lo'
}

xdp()
{
	local capture

	rm -f "$OUT"
	start capture b "$PLX_CAPTURE" -i xdp:veth0 -w "$OUT" icmp
	capture=$JOB
	wait_until 10 "the capture" grep -q 'capturing on veth0.*net_af_xdp0' "$TMP/capture.log"
	run_in a ping -qc 10 -i 0.01 -W 0.1 10.99.0.2 >/dev/null || true # the capture takes the echoes
	wait_until 10 'packets over AF_XDP' has_packets "$OUT" 10
	stop "$capture" INT
	assert_eq "$(count_packets "$OUT")" 10 'packets over AF_XDP'
	assert_no_xdp b veth0
	start capture b "$PLX_CAPTURE" -i veth0 --driver af_xdp --top 2
	wait_until 10 "the capture" grep -q 'net_af_xdp0' "$TMP/capture.log"
	stop "$JOB" INT
}

several()
{
	netns_veth a veth1 b veth1
	start capture b "$PLX_CAPTURE" -i veth0 -i veth1 -w "$TMP/two.pcapng"
	wait_until 10 "the capture" grep -q 'capturing on veth1 (port 1' "$TMP/capture.log"
	stop "$JOB" INT
	assert_grep "$TMP/capture.log" 'capturing on veth0 \(port 0'
}

lists()
{
	local words

	for words in -D --list-interfaces '-- -D'; do
		# shellcheck disable=SC2086
		assert_status 0 "${IN_B[@]}" "$PLX_CAPTURE" $words
		assert_grep "$TMP/out.log" '^1\.lo \[Down, Loopback\]$|^1\.lo \[Up, Running, Loopback\]$'
		assert_grep "$TMP/out.log" '^2\.veth0 \[Up, Running\]$'
	done
}

refusals()
{
	rm -f "$OUT"
	refused "no interface 'veth7' .* did you mean 'veth0'\? There are: lo, veth0" -i veth7 -w "$OUT"
	refused "no interface 'xx' .* there are: lo, veth0" -i xdp:xx -w "$OUT"
	ip -n "${NS_b:?}" link set veth1 down
	refused '-i any: .* Those that are up: .*-i veth0' -i any -w "$OUT"
	assert_no_grep "$TMP/out.log" 'veth1'
	refused 'device 0000:7f:1f.7: there is no such PCI device' -b 0000:7f:1f.7 -o "$OUT"
	refused 'device 0000:7f:1f.7: there is no such PCI device' -b 7f:1f.7 -o "$OUT"
	refused "no interface 'nonet_null0'" -b nonet_null0 -o "$OUT"
	refused "'-l' is an option of the EAL, and there is no '--'" -l 0-1 -i veth0 -w "$OUT"
	refused "'-l' is an option of the EAL, and there is no '--'" '-l(0-1)@0' -i veth0 -w "$OUT"
	refused "'--vdev' is an option of the EAL, and there is no '--'" --vdev net_null0 -w "$OUT"
	refused "'--vdev' is an option of the EAL, and there is no '--'" --vdev=net_null0 -w "$OUT"
	refused "'-n' is an option of the EAL, and there is no '--'" -n 4 -i veth0 -w "$OUT"
	refused "'-a' is an option of the EAL, and there is no '--'" -a 00:08.0 -w "$OUT"
	refused "'-m' is an option of the EAL, and there is no '--'" -m 512 -i veth0 -w "$OUT"
	refused "'-i' stands in front of '--'" -i veth0 -- -w "$OUT"
	refused "'-w' stands in front of '--'" -w "$OUT" -i veth0 -- port 80
	refused "'-r' stands in front of '--'" -r in.pcap -- -w "$OUT"
	refused 'veth0 is named twice' -i lo -i veth0 -i veth0 -w "$OUT"
	refused 'nothing is named to capture: -i INTERFACE' -w "$OUT"
	refused "'--read' contradicts '--interface'" -r in.pcap -i veth0 -w "$OUT"
	refused "--driver: 'xdp' is none of af_packet, af_xdp" --driver xdp -i veth0 -w "$OUT"
}

# The oldest spelling, with a device that needs no rights.
assert_status 0 "$PLX_CAPTURE" -o "$OUT" -b net_null0,size=100 -c 7
assert_eq "$(count_packets "$OUT")" 7 'packets of net_null0'
interfaces
loopback
xdp
several
lists
refusals
