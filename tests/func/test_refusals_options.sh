#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Options that are unknown, given twice, contradict each other or ask for more than there is: both programs say which and
# what to write instead. (capture's own options: test_capture_refusals.sh.)
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone

NULL=(--vdev net_null0)

# PATTERN ARGS...: of the EAL, which both programs start.
eal_refuses()
{
	local pattern=$1

	shift
	assert_refuses "$pattern" "$PLX_TESTPMD" "$@" -- --duration 1
	assert_refuses "$pattern" "$PLX_CAPTURE" "$@" -- -c 1 -o "$TMP/out.pcap"
	[ ! -e "$TMP/out.pcap" ] || fail "an output was made: $*"
}

# PATTERN ARGS...: of testpmd, behind "--".
testpmd_refuses()
{
	local pattern=$1

	shift
	assert_refuses "$pattern" "$PLX_TESTPMD" --no-huge --lcores '(0-1)@0' "${NULL[@]}" -- "$@"
}

eal_options()
{
	eal_refuses "unknown EAL option '--vdve': did you mean --vdev" -l 0 --vdve net_null0
	eal_refuses "unknown EAL option '--duration'.*behind ' -- '" -l 0 "${NULL[@]}" --duration 1
	eal_refuses "'net_null0' belongs to no EAL option" -l 0 net_null0
	eal_refuses '-l/--lcores: given twice' -l 0 -l 0-1 "${NULL[@]}"
	eal_refuses '-l/--lcores: given twice' -l 0 --lcores 0 "${NULL[@]}"
	eal_refuses '--no-huge: given twice' --no-huge --no-huge "${NULL[@]}"
	eal_refuses '-l/--lcores and -c contradict each other: -l is enough' -l 0 -c 1 "${NULL[@]}"
	eal_refuses '-a/--allow and -b/--block contradict' -a 0000:99:00.0 -b 0000:99:00.0
	eal_refuses '--vdev: its value DEVICE is missing' --vdev
	eal_refuses "--idle: 'turbo' is none of poll, yield, sleep" --idle turbo "${NULL[@]}"
	eal_refuses "unknown level 'loud'; levels are emergency" --log-level eal:loud "${NULL[@]}"
	eal_refuses "'pv' is neither pa nor va" --iova-mode pv "${NULL[@]}"
	eal_refuses "-m/--memory-size: 'lots' is no number of megabytes" -m lots "${NULL[@]}"
	eal_refuses 'plugin /none.so: No such file or directory' -d /none.so "${NULL[@]}"
	eal_refuses 'plugin /etc/passwd cannot be loaded: .*ELF' -d /etc/passwd "${NULL[@]}"
}

devices()
{
	eal_refuses 'net_nosuch0: no driver .* there are: .*net_null' --vdev net_nosuch0
	eal_refuses "sise.*did you mean 'size'" --vdev net_null0,sise=64
	eal_refuses "key 'size' is given twice" --vdev net_null0,size=64,size=65
	eal_refuses 'device 0000:99:00.0: there is no such PCI device.*plx-doctor pci' -a 0000:99:00.0
	eal_refuses 'net_null0' "${NULL[@]}" "${NULL[@]}"
	eal_refuses 'give rx_pcap=FILE, tx_pcap=FILE or both' --vdev net_pcap0
}

lcores()
{
	local many=$(($(getconf _NPROCESSORS_CONF) + 7))

	eal_refuses "wants CPU .*--lcores" -l "0-$many" "${NULL[@]}"
	eal_refuses 'lcore number 4000 is too high, the highest is 127' -l 0-4000 "${NULL[@]}"
	eal_refuses 'the range 3-1 runs backwards' -l 3-1 "${NULL[@]}"
	eal_refuses "an lcore number should stand at 'abc'" -l abc "${NULL[@]}"
	eal_refuses "ends where '\)' should follow" --lcores '(0-1' "${NULL[@]}"
	testpmd_refuses '--rx-offloads 0x20: what DPDK means by bit 5 is not here' --rx-offloads=0x20
	testpmd_refuses '--tx-offloads 0xz: a number' --tx-offloads=0xz
	testpmd_refuses '--nb-cores 2: there are 2 lcores, and the main one does not forward; name more with -l' --nb-cores 2
}

testpmd_options()
{
	testpmd_refuses "'--burst' is given twice" --burst 8 --burst 16
	testpmd_refuses "unknown option '--forward-mod'; did you mean '--forward-mode'" --forward-mod io
	testpmd_refuses "'--vdev' is an option of the EAL: write it in front of '--'" --vdev net_null1
	testpmd_refuses "'--burst' needs a value: --burst N" --burst
	testpmd_refuses "--burst: 600 is out of range, allowed is 1 .. 512" --burst 600
	testpmd_refuses "'star' is none of paired, chained, loop" --port-topology star
	testpmd_refuses '--auto-start goes with --interactive' --auto-start
	testpmd_refuses '--duration contradicts --interactive' -i --duration 3
	testpmd_refuses '--stats-period contradicts --interactive' -i --stats-period 1
	testpmd_refuses '--tx-first with --interactive needs --auto-start' -i --tx-first
	testpmd_refuses '2 tx queues asked for|65 is out of range, allowed is 1 .. 64' --txq 65
}

# Buffers: fewer than there must be, smaller than what is put into them, more than there is memory.
pools()
{
	testpmd_refuses '--total-num-mbufs: 10 is out of range' --total-num-mbufs 10
	testpmd_refuses "--txpkts 2000: the pool's buffers take 256 bytes; use larger ones with --mbuf-size" --txpkts 2000 \
		--mbuf-size 512 --forward-mode txonly
	testpmd_refuses '--txpkts 2000: the pool.s buffers take 256 bytes' --txpkts 2000 --mbuf-size 512 --tx-first
	testpmd_refuses 'KiB of memory are needed, [0-9]+ KiB can be had' --total-num-mbufs 60000000 --mbuf-size 60000
	assert_refuses 'of the 8 MiB that -m allows [0-9]+ KiB are taken: raise -m' "$PLX_TESTPMD" --no-huge --lcores '(0-1)@0' \
		-m 8 "${NULL[@]}"
}

eal_options
devices
lcores
testpmd_options
pools
