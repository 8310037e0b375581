#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The least rights: each driver runs as nobody with exactly the capabilities of docs/guides/privileges.md, and with one less is
# refused by its name; the programs give up what they have once everything is open, on every thread, and leave nothing behind
# all the same.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# Mounts of our own, for the cache of the dynamic linker.
if [ "$(id -u)" -eq 0 ] && [ -z "${FUNC_MOUNTS:-}" ]; then
	FUNC_MOUNTS=own exec unshare -m bash "$0"
fi
func_begin root
need setpriv setcap ldconfig ping gzip tcpdump capinfos

EAL=(--no-huge --idle sleep --lcores '(0-1)@(0-1)')
RUNS='lcore [0-9]+( writes|: RX| receives)'
chmod 0755 "$TMP"
mkdir -m 0755 "$TMP/nobodys"
chown 65534:65534 "$TMP/nobodys"
OUT=$TMP/nobodys/out.pcap
setpriv --reuid 65534 --clear-groups test -x "$PLX_TESTPMD" || skip "nobody may not run $PLX_TESTPMD"
make_pair 1

# CAPS: sets AS to the command prefix for nobody with exactly these, as in net_raw,bpf.
as_nobody_with()
{
	local caps=-all cap

	for cap in ${1//,/ }; do
		caps=$caps,+$cap
	done
	AS=(setpriv --reuid 65534 --regid 65534 --clear-groups "--inh-caps=$caps" "--ambient-caps=$caps" "--bounding-set=$caps")
}

# PID FIELD: the field of /proc/PID/task/*/status, once if all threads have the same.
of_threads()
{
	awk -v field="$2:" '$1 == field {print $2}' "/proc/$1/task/"*/status | sort -u
}

# NAMES: the mask, as /proc has it.
mask()
{
	local bits=0 cap

	declare -A number=([dac_override]=1 [net_admin]=12 [net_raw]=13 [ipc_lock]=14 [bpf]=39)
	for cap in ${1//,/ }; do
		bits=$((bits | 1 << number[$cap]))
	done
	printf '%016x' $bits
}

promiscuity()
{
	ip -n "${NS_a:?}" -d link show veth0 | sed -n 's/.*promiscuity \([0-9]*\).*/\1/p'
}

assert_untouched()
{
	assert_no_xdp a veth0
	assert_eq "$(promiscuity)" 0 "promiscuity after $1"
	assert_eq "$(netns_exec a cat /sys/class/net/veth0/mtu)" 1500 "MTU after $1"
}

# -- the least -------------------------------------------------------------------------------------------

# CAPS DEVICE: a capture by nobody that sees packets.
suffices()
{
	local status=0

	as_nobody_with "$1"
	rm -f "$OUT"
	start capture a "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev "$2" -- -o "$OUT" icmp
	wait_until 10 "a capture on $2 with $1" grep -Eq "$RUNS" "$TMP/capture.log"
	run_in b ping -qc 5 -i 0.01 -W 0.1 10.99.0.1 >"$TMP/ping.out" || true
	wait_until 10 "echo requests on $2 with $1" has_packets "$OUT" 5
	stop "$JOB" INT || status=$?
	assert_eq "$status" 0 "status on $2 with $1"
	# Requests; af_packet does not copy what the host answers.
	assert_eq "$(tcpdump -nr "$OUT" 'icmp[0] == 8' 2>/dev/null | wc -l)" 5 "echo requests on $2 with $1"
	assert_untouched "$2 with $1"
}

# CAPS MISSING DEVICE: both programs refuse and name what is missing; the check they point at names it, too.
lacks()
{
	local check status=0 kind=${3%%0,*}

	as_nobody_with "$1"
	assert_refuses "$2.*\(plx-doctor [a-z]+\)" ip netns exec "$NS_a" "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev "$3" -- \
		-c 1 -o "$OUT"
	check=$(sed -n 's/.*(plx-doctor \([a-z]*\)).*/\1/p' "$TMP/out.log" | head -n 1)
	run_in a "${AS[@]}" "$PLX_DOCTOR" "$check" --for "${kind#net_}" >"$TMP/doctor" || status=$?
	assert_eq "$status" 1 "status of plx-doctor $check with $1"
	assert_grep "$TMP/doctor" "problem .*($2|may be locked)" "plx-doctor $check with $1"
	assert_refuses "$2" ip netns exec "$NS_a" "${AS[@]}" "$PLX_TESTPMD" "${EAL[@]}" --vdev "$3" -- --duration 1
}

the_least()
{
	local device=net_af_xdp0,iface=veth0

	suffices net_raw net_af_packet0,iface=veth0
	lacks net_admin,bpf CAP_NET_RAW net_af_packet0,iface=veth0
	suffices net_raw,net_admin,bpf,ipc_lock $device
	lacks net_admin,bpf,ipc_lock CAP_NET_RAW $device
	lacks net_raw,bpf,ipc_lock CAP_NET_ADMIN $device
	lacks net_raw,net_admin,ipc_lock CAP_BPF $device
	(
		ulimit -l 1024
		lacks net_raw,net_admin,bpf CAP_IPC_LOCK $device
	)
	# A pool below the limit does as well.
	as_nobody_with net_raw,net_admin,bpf
	assert_status 0 ip netns exec "$NS_a" "${AS[@]}" "$PLX_TESTPMD" "${EAL[@]}" --vdev $device -- --duration 1 \
		--total-num-mbufs 1000 --mbuf-size 2048 --mbcache 0 --rxd 256 --txd 256
	lacks net_raw,bpf CAP_NET_ADMIN net_tap0,iface=tap7
	as_nobody_with net_admin
	assert_status 0 ip netns exec "$NS_a" "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev net_tap0,iface=tap7 -- -o /dev/null -d 200ms
	as_nobody_with ''
	for device in net_null0 net_ring0; do
		assert_status 0 "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev $device -- -o /dev/null -d 200ms
	done
	assert_status 0 "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev net_null0 -- -c 10 -o "$OUT"
	assert_status 0 "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev "net_pcap0,rx_pcap=$OUT,eof=1" -- -o /dev/null
}

# As file capabilities of a copy, which nobody starts.
file_capabilities()
{
	local copy=$TMP/nobodys/plx-capture

	case $(findmnt -no OPTIONS -T "$TMP") in
	*nosuid*) fail "$TMP is on a file system without file capabilities: set FUNC_TMPDIR" ;;
	esac
	# A program with capabilities takes no library from beside itself: the linker's cache tells where ours is.
	echo "$PLX_BUILD" >"$TMP/ld.conf"
	ldconfig -X -C "$TMP/ld.cache" -f <(cat /etc/ld.so.conf "$TMP/ld.conf")
	chmod 0644 "$TMP/ld.cache"
	mount --bind "$TMP/ld.cache" /etc/ld.so.cache
	cp "$PLX_CAPTURE" "$copy"
	as_nobody_with ''
	AS=("${NOBODY[@]}")
	setcap "$1" "$copy" || fail "setcap $1"
	assert_status 0 ip netns exec "$NS_a" "${AS[@]}" "$copy" "${EAL[@]}" --vdev "$2" -- -o /dev/null -d 200ms
	setcap -r "$copy"
	assert_refuses CAP_ ip netns exec "$NS_a" "${AS[@]}" "$copy" "${EAL[@]}" --vdev "$2" -- -o /dev/null -d 200ms
	umount /etc/ld.so.cache
	rm -f "$copy"
}

# -- taps that somebody else made ---------------------------------------------------------------------------

passed_taps()
{
	local pass=(ip netns exec "$NS_a" python3 "$FUNC_DIR/pass_tap.py" tap5) status=0

	as_nobody_with ''
	start passed a python3 "$FUNC_DIR/pass_tap.py" tap5 tap "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev net_tap0,fd=5 -- \
		-o "$OUT" arp
	wait_until 10 'a capture on a passed tap' grep -Eq "$RUNS" "$TMP/passed.log"
	run_in a ip addr add 10.98.0.1/24 dev tap5
	run_in a ping -qc 1 -W 0.1 10.98.0.2 >"$TMP/ping.out" || true
	wait_until 10 'ARP requests on a passed tap' file_exceeds "$OUT" 24
	stop "$JOB" INT || status=$?
	assert_eq "$status" 0 'status on a passed tap'
	assert_ge "$(count_packets "$OUT")" 1 'ARP requests on a passed tap'
	assert_refuses 'tap5, made without the flags IFF_NO_PI and IFF_VNET_HDR' "${pass[@]}" plain "${AS[@]}" "$PLX_CAPTURE" \
		"${EAL[@]}" --vdev net_tap0,fd=5 -- -o "$OUT" -c 1
	assert_refuses 'tap5, a tun: packets without Ethernet' "${pass[@]}" tun "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" \
		--vdev net_tap0,fd=5 -- -o "$OUT" -c 1
	assert_refuses 'fd=5 is not open' "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev net_tap0,fd=5 -- -o "$OUT" -c 1
	# With rights that others do not have there: prepared by name.
	run_in a ip tuntap add dtap0 mode tap multi_queue user 65534
	run_in a ip link set dev dtap0 up
	assert_status 0 ip netns exec "$NS_a" "${AS[@]}" "$PLX_CAPTURE" "${EAL[@]}" --vdev net_tap0,iface=dtap0,persist=1 -- -o /dev/null -d 200ms
	run_in a ip link del dtap0
}

# -- giving up ----------------------------------------------------------------------------------------------

# PROGRAM DEVICE KEPT OPTIONS...: started by root, what its threads have while it runs.
gives_up()
{
	local program=$1 device=$2 kept=$3 var=PLX_${1^^} no_new=1 field

	shift 3
	start running a "${!var}" "${EAL[@]}" --vdev "$device" -- "$@"
	wait_until 10 "plx-$program on $device" grep -Eq "$RUNS" "$TMP/running.log"
	if [ "$kept" = all ]; then
		kept=$(awk '$1 == "CapEff:" {print $2}' /proc/self/status)
		no_new=0
	else
		kept=$(mask "$kept")
	fi
	for field in CapEff CapPrm; do
		wait_until 10 "$field of plx-$program on $device $* to be $kept" same_on_threads "$JOB" $field "$kept"
	done
	assert_eq "$(of_threads "$JOB" NoNewPrivs)" $no_new "no_new_privs of plx-$program"
}

same_on_threads()
{
	[ "$(of_threads "$1" "$2")" = "$3" ]
}

end_running()
{
	local status=0

	stop "$JOB" "$1" || status=$?
	[ "$1" = KILL ] || assert_eq "$status" 0 "status of $2 without capabilities"
	assert_no_grep "$TMP/running.log" 'Operation not permitted|stays'
	assert_untouched "$2, $1"
}

drops_and_restores()
{
	local device signal

	for device in net_af_xdp0,iface=veth0 net_af_packet0,iface=veth0 net_tap0,iface=tap7; do
		for signal in INT KILL; do
			gives_up capture $device '' -o "$TMP/root.pcap"
			end_running $signal "plx-capture on $device"
			gives_up testpmd $device '' --forward-mode rxonly
			[ $device = net_tap0,iface=tap7 ] || assert_eq "$(promiscuity)" 1 "promiscuity during plx-testpmd on $device"
			end_running $signal "plx-testpmd on $device"
		done
	done
	# An MTU that was changed is put back.
	gives_up testpmd net_af_xdp0,iface=veth0 net_admin --mtu 1400
	assert_eq "$(netns_exec a cat /sys/class/net/veth0/mtu)" 1400 'MTU while it runs'
	end_running INT 'plx-testpmd --mtu 1400'
	gives_up capture net_af_packet0,iface=veth0 all --keep-privileges -o "$TMP/root.pcap"
	end_running INT 'plx-capture --keep-privileges'
}

# Root in somebody's folder could make no second file there without this one.
files_of_others()
{
	gives_up capture net_af_packet0,iface=veth0 dac_override -o "$TMP/nobodys/roots.pcap"
	end_running INT 'plx-capture in the folder of nobody'
	# The files that follow the first, and a command on each.
	assert_status 0 "$PLX_CAPTURE" "${EAL[@]}" --vdev net_null0 -- -w "$TMP/nobodys/set.pcap" -C 1 -z gzip -c 40000
	assert_ge "$(find "$TMP/nobodys" -name 'set.pcap*.gz' | wc -l)" 3 'files of a set in the folder of nobody'
	mkdir "$TMP/roots"
	assert_status 0 "$PLX_CAPTURE" "${EAL[@]}" --vdev net_null0 -- -w "$TMP/roots/set.pcap" -C 1 -z gzip -c 40000
	assert_ge "$(find "$TMP/roots" -name 'set.pcap*.gz' | wc -l)" 3 'files of a set in the folder of root'
}

# A prompt may stop and start ports, which takes all of it again.
prompts_keep_what_ports_need()
{
	local caps status=0 ready=0

	mkfifo "$TMP/keys"
	nsenter --net="/run/netns/$NS_a" "$PLX_TESTPMD" "${EAL[@]}" --vdev net_af_xdp0,iface=veth0 -- -i <"$TMP/keys" \
		>"$TMP/prompt.log" 2>&1 &
	JOB=$!
	FUNC_JOBS+=("$JOB")
	exec 7>"$TMP/keys"
	echo 'show port info 0' >&7
	wait_until 10 'the prompt' grep -q 'MTU' "$TMP/prompt.log"
	caps=$(mask net_admin,net_raw,ipc_lock,bpf,dac_override)
	assert_eq "$(of_threads "$JOB" CapEff)" "$caps" 'capabilities at the prompt'
	printf 'port stop all\nport start all\nquit\n' >&7
	exec 7>&-
	wait_end "$JOB" 10 || status=$?
	assert_eq "$status" 0 'status of the prompt'
	ready=$(grep -c 'net_af_xdp0 on veth0: native XDP' "$TMP/prompt.log")
	assert_eq "$ready" 2 'starts of the port at the prompt'
	assert_untouched 'the prompt'
}

the_least
file_capabilities cap_net_raw+ep net_af_packet0,iface=veth0
file_capabilities cap_net_raw,cap_net_admin,cap_bpf,cap_ipc_lock+ep net_af_xdp0,iface=veth0
passed_taps
drops_and_restores
files_of_others
prompts_keep_what_ports_need
