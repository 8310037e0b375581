# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What every functional test starts with; README.md beside this file shows one. Exit codes: 0 passed, 1 failed,
# 77 skipped with the reason as the last line of output.
set -Eeuo pipefail

FUNC_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/netns.sh
. "$FUNC_DIR/../../scripts/netns.sh"

PLX_BUILD=${PLX_BUILD:-$FUNC_DIR/../../build}
# The programs of the build under test, and who runs them without rights, for the tests.
# shellcheck disable=SC2034
{
	PLX_CAPTURE=$PLX_BUILD/apps/capture/plx-capture
	PLX_CLUSTER=$PLX_BUILD/apps/cluster/plx-cluster
	PLX_CTL=$PLX_BUILD/apps/ctl/plx-ctl
	PLX_DEVBIND=$PLX_BUILD/apps/devbind/plx-devbind
	PLX_DOCTOR=$PLX_BUILD/apps/doctor/plx-doctor
	PLX_NICEMU=$PLX_BUILD/apps/nicemu/plx-nicemu
	PLX_TESTPMD=$PLX_BUILD/apps/testpmd/plx-testpmd
	NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all) # in front of a command: an ordinary user
}

FUNC_LIMIT=${FUNC_LIMIT:-120}  # seconds one command may take
FUNC_PATIENCE=${FUNC_PATIENCE:-6} # how many times as long as a test says is waited: the machine may be busy
FUNC_JOBS=()
FUNC_MARKS=0
FUNC_TMP=
exec 9>&2 # where a failure is told also when the command that failed had its output redirected

fail()
{
	trap - ERR
	exec 2>&9
	echo "FAIL: $*" >&2
	local frame=0 line
	while line=$(caller $frame); do
		echo "  at ${line##* }:${line%% *}" >&2
		frame=$((frame + 1))
	done
	exit 1
}

skip()
{
	trap - ERR
	echo "SKIP: $*"
	exit 77
}

# A test that changes the machine says here how that is taken back. It is called at the end, whatever happens, when the jobs
# are gone; the test's status stays.
func_undo()
{
	:
}

func_cleanup()
{
	local status=$? pid

	trap - EXIT ERR
	trap '' INT TERM HUP
	exec 2>&9
	# Whoever ends a test may not wait for what it says last.
	[ "$status" -lt 128 ] || func_show_logs
	for pid in ${FUNC_JOBS[@]+"${FUNC_JOBS[@]}"}; do
		kill -TERM "$pid" 2>/dev/null || true
	done
	netns_end
	for pid in ${FUNC_JOBS[@]+"${FUNC_JOBS[@]}"}; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	func_undo || true
	if [ "$status" -ne 0 ] && [ "$status" -ne 77 ] && [ "$status" -lt 128 ]; then
		func_show_logs
	fi
	[ -z "$FUNC_TMP" ] || rm -rf "$FUNC_TMP"
	exit "$status"
}

func_show_logs()
{
	local log

	[ -n "$FUNC_TMP" ] || return 0
	for log in "$FUNC_TMP"/*.log; do
		[ -s "$log" ] || continue
		echo "--- ${log##*/}"
		tail -n 40 "$log"
	done >&2
}

# WHO: makes $TMP, a folder that is removed at the end, and sets the traps. root: skips when not root; anyone: does not care.
func_begin()
{
	if [ "${1:-}" = root ] && [ "$(id -u)" -ne 0 ]; then
		skip "needs root (network namespaces)"
	fi
	FUNC_TMP=$(mktemp -d "${FUNC_TMPDIR:-${TMPDIR:-/tmp}}/plx-func.XXXXXX")
	TMP=$FUNC_TMP
	export RUNTIME_DIRECTORY=$TMP/doors # of programs' control sockets
	trap func_cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	trap 'fail "a command failed: $BASH_COMMAND (status $?)"' ERR
	if [ "${1:-}" = root ]; then
		netns_begin "$FUNC_TMP"
	fi
}

need()
{
	local tool

	for tool; do
		command -v "$tool" >/dev/null || skip "needs $tool (scripts/deps test installs it)"
	done
}

# [QUEUES]: namespaces a and b joined by veth0 in both: 10.99.0.1 and fd99::1 in a, .2 and ::2 in b.
make_pair()
{
	netns_add a
	netns_add b
	netns_veth a veth0 b veth0 "${1:-1}"
	address_pair
}

# [QUEUES]: the same two hosts with somebody between them: a veth0 --- r0 [r] r1 --- veth0 b.
make_line()
{
	netns_add a
	netns_add b
	netns_add r
	netns_veth a veth0 r r0 "${1:-1}"
	netns_veth b veth0 r r1 "${1:-1}"
	address_pair
}

address_pair()
{
	MAC_A=02:00:00:00:00:0a
	MAC_B=02:00:00:00:00:0b
	netns_address a veth0 10.99.0.1/24 $MAC_A 10.99.0.2 $MAC_B
	netns_address b veth0 10.99.0.2/24 $MAC_B 10.99.0.1 $MAC_A
	netns_address a veth0 fd99::1/64 $MAC_A fd99::2 $MAC_B
	netns_address b veth0 fd99::2/64 $MAC_B fd99::1 $MAC_A
}

# COMMAND...: runs it bounded by FUNC_LIMIT seconds; the command's status, 124 when it took too long.
run()
{
	timeout --kill-after=2 "$FUNC_LIMIT" "$@"
}

# NAME COMMAND...: the same, in a namespace.
run_in()
{
	local var=NS_$1

	shift
	timeout --kill-after=2 "$FUNC_LIMIT" ip netns exec "${!var}" "$@"
}

# LOG NAME COMMAND...: in the background, in namespace NAME (- for none), output to $TMP/LOG.log; JOB is its pid.
start()
{
	local log=$TMP/$1.log name=$2 var

	shift 2
	if [ "$name" = - ]; then
		env --default-signal=INT,QUIT "$@" </dev/null >"$log" 2>&1 &
	else
		var=NS_$name
		# Each becomes the next, so that a signal to JOB reaches the command; bash starts jobs deaf to SIGINT.
		nsenter --net="/run/netns/${!var}" env --default-signal=INT,QUIT "$@" </dev/null >"$log" 2>&1 &
	fi
	JOB=$!
	FUNC_JOBS+=("$JOB")
	wait_until 10 "$1 to start" job_started "$JOB"
}

job_started()
{
	local name

	read -r name <"/proc/$1/comm" || return 0
	case $name in
	bash | nsenter | env) return 1 ;;
	esac
}

# PID SIGNAL: signals a job and returns the status it ends with; fails if it does not end.
stop()
{
	local pid=$1

	kill "-${2:-INT}" "$pid" 2>/dev/null || true
	wait_end "$pid" 10
}

# PID SECONDS: waits for the end of a job and returns its status.
wait_end()
{
	local pid=$1 status=0

	wait_until "$2" "process $pid to end" job_ended "$pid"
	wait "$pid" || status=$?
	return $status
}

job_ended()
{
	local state

	# A job that ended and was not waited for yet is a zombie.
	state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 0
	[ "$state" = Z ]
}

# PID: stops it until SIGCONT. The signal alone lets threads on other CPUs run on for a while.
freeze()
{
	kill -STOP "$1"
	wait_until 10 "process $1 to stand still" is_frozen "$1"
}

is_frozen()
{
	! grep -h '^State:' /proc/"$1"/task/*/status | grep -qv 'T (stopped)'
}

# Until the test ends: nobody else changes how many huge pages there are, of whichever tree his test is (tests/unit/hugepages.h).
hold_hugepages()
{
	exec 8</
	flock 8
}

# SECONDS WHAT COMMAND...: until the command succeeds; FUNC_PATIENCE times as long on a busy machine.
wait_until()
{
	local end=$((SECONDS + $1 * FUNC_PATIENCE)) what=$2

	shift 2
	until "$@" 2>/dev/null; do
		[ $SECONDS -lt $end ] || fail "waited in vain for $what"
		sleep 0.05
	done
}

# COMMAND FILTER: for input of plx-testpmd's prompt whose output goes to $TMP/said: repeats a command that ends in --json
# until jq's filter holds of its answer, for a while at most. The prompt repeats the comment; what stood in the file before, as
# from an earlier prompt, is no answer.
until_told()
{
	local end=$((SECONDS + 10 * FUNC_PATIENCE)) mark="# until-$BASHPID-$((++FUNC_MARKS))"

	echo "$mark"
	until [ $SECONDS -ge $end ] || { told_since "$mark" "${1% --json}" | jq -e "$2"; } >"$TMP/held" 2>&1; do
		echo "$1"
		sleep 0.05
	done
}

told_since()
{
	sed -n "/$1\$/,\$p" "$TMP/said" | grep -F "{\"command\":\"$2\"" | tail -n 1
}

assert_eq()
{
	[ "$1" = "$2" ] || fail "${3:-value}: expected '$2', got '$1'"
}

assert_ge()
{
	[ "$1" -ge "$2" ] || fail "${3:-value}: expected at least $2, got $1"
}

# FILE PATTERN [WHAT]: extended regular expression.
assert_grep()
{
	grep -Eq -- "$2" "$1" || {
		cat "$1" >&2
		fail "${3:-$1}: no line matches '$2'"
	}
}

assert_no_grep()
{
	if grep -E -- "$2" "$1" >&2; then
		fail "${3:-$1}: a line matches '$2'"
	fi
}

# STATUS COMMAND...: the command must end with this status; output in $TMP/out.log.
assert_status()
{
	local expected=$1 status=0

	shift
	run "$@" </dev/null >"$TMP/out.log" 2>&1 || status=$?
	[ "$status" -eq "$expected" ] || fail "expected exit status $expected, got $status: $*"
}

# PATTERN COMMAND...: the command must refuse (status 1..123, 2 for our programs) with a sentence that matches.
assert_refuses()
{
	local pattern=$1 status=0

	shift
	run "$@" </dev/null >"$TMP/out.log" 2>&1 || status=$?
	if [ "$status" -eq 0 ] || [ "$status" -ge 124 ]; then
		fail "expected a refusal, got status $status: $*"
	fi
	case $1 in
	"$PLX_TESTPMD" | "$PLX_CAPTURE" | "$PLX_CLUSTER" | "$PLX_NICEMU") assert_eq "$status" 2 "exit status of the refusal of: $*" ;;
	esac
	assert_grep "$TMP/out.log" "$pattern" "refusal of: $*"
}

# NAMESPACE: answers to pings that its kernel took, with right checksums.
count_pings()
{
	netns_exec "$1" nstat -asz IcmpInEchoReps Icmp6InEchoReplies | awk '!/^#/ {sum += $2} END {print sum}'
}

pings_reach()
{
	[ "$(count_pings "$1")" -ge "$2" ]
}

# NAMESPACE COUNT ARGS...: so many pings, each answered once, be it late: ping itself waits for the last ones no longer than for those
# before them, which says nothing on a busy machine.
ping_all()
{
	local before

	before=$(count_pings "$1")
	run_in "$1" ping -qc "$2" -i 0.02 "${@:3}" >"$TMP/ping.log" || true
	wait_until 20 "all answers" pings_reach "$1" $((before + $2))
	assert_eq "$(count_pings "$1")" $((before + $2)) "answers to $2 pings"
}

# FILE: packets in a capture file, as capinfos counts them.
count_packets()
{
	capinfos -TMrc "$1" | awk '{print $NF}'
}

# FILE N: a capture file that is being written has so many packets. Who is told to end may leave those unread that are on their way to it.
has_packets()
{
	[ "$(count_packets "$1" 2>/dev/null)" = "$2" ]
}

# FILE [FIELD...]: a line for each packet of a capture file: what tshark calls FIELD, its length, a hash of its bytes.
list_frames()
{
	local file=$1

	shift
	tshark -r "$file" -o frame.generate_md5_hash:TRUE -T fields "${@/#/-e}" -eframe.len -eframe.md5_hash 2>/dev/null
}

# IN A B: deals the packets of a pcap file out to two others.
deal_out()
{
	python3 - "$@" <<-'END'
		import random, struct, sys
		data, at = open(sys.argv[1], 'rb').read(), 24
		outs = [open(name, 'wb') for name in sys.argv[2:]]
		for out in outs:
		    out.write(data[:24])
		while at < len(data):
		    end = at + 16 + struct.unpack_from('=I', data, at + 8)[0]
		    outs[random.random() < 0.3].write(data[at:end])
		    at = end
	END
}

# FILE BYTES: true if the file is there and has more.
file_exceeds()
{
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt "$2" ]
}

# DEVARGS ARGS...: plx-capture of net_pcap0,DEVARGS to its end, on two lcores if LCORES says nothing else; what it says goes to
# $TMP/capture.log. Its books balance.
capture_files()
{
	local devargs=$1

	shift
	run "$PLX_CAPTURE" --no-huge --lcores "${LCORES:-(0-1)@(0-1)}" --vdev "net_pcap0,$devargs" -- "$@" \
		2>"$TMP/capture.log" || fail "status $? of plx-capture $*"
	assert_grep "$TMP/capture.log" 'every packet is accounted for'
}

# NAME: that row of the account at the end of $TMP/capture.log; 0 if there is none.
account()
{
	awk -v name="$1" 'index($0, name) {gsub(",", "", $NF); print $NF; found = 1; exit} END {if (!found) print 0}' \
		"$TMP/capture.log"
}

# NAME IF FIELD: one figure of the kernel's interface statistics, as in rx_packets.
link_stat()
{
	netns_exec "$1" cat "/sys/class/net/$2/statistics/$3"
}

# NAME IF: fails if an XDP program is attached.
assert_no_xdp()
{
	local var=NS_$1

	if ip -n "${!var}" link show "$2" | grep -q xdp; then
		fail "an XDP program is left on $2"
	fi
}
