#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-testpmd without a prompt: statistics on the way, clean ends by time and signal, and every refusal at start.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone

EAL=(--lcores '(0,1)@0' --no-huge)
NULLS=(--vdev net_null0 --vdev net_null1)

# By time, with figures on the way.
assert_status 0 "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" -- --stats-period 500ms --duration 2
assert_ge "$(grep -c 'NIC statistics for port 0' "$TMP/out.log")" 2 "reports of port 0"
assert_grep "$TMP/out.log" 'Accumulated'

# By signal: the last report is complete and the status is 0.
for signal in INT TERM; do
	start testpmd - "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" -- --forward-mode macswap
	wait_until 10 "forwarding" grep -q 'packet forwarding' "$TMP/testpmd.log"
	status=0
	stop "$JOB" $signal || status=$?
	assert_eq "$status" 0 "exit status after SIG$signal"
	assert_grep "$TMP/testpmd.log" 'Accumulated'
	assert_grep "$TMP/testpmd.log" '^Bye'
done

# Refusals name the cause and the cure.
many=$(($(getconf _NPROCESSORS_CONF) + 7))
assert_refuses 'there is no port' "$PLX_TESTPMD" "${EAL[@]}"
assert_refuses "behind ' -- '" "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" --stats-period 1
assert_refuses "wants CPU .*--lcores" "$PLX_TESTPMD" -l 0-$many --no-huge "${NULLS[@]}"
assert_refuses 'no driver .* there are: .*net_null' "$PLX_TESTPMD" "${EAL[@]}" --vdev net_nosuch0
assert_refuses "sise.*did you mean 'size'" "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0,sise=64
assert_refuses "'size' is '0', .*allowed is 1 to 65000" "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0,size=0
assert_refuses 'do not fit' "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0,size=9000
assert_refuses 'no lcore to forward on: .*one more with -l' "$PLX_TESTPMD" -l 0 --no-huge "${NULLS[@]}"
assert_refuses '65 is out of range, allowed is 1 .. 64' "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" -- --rxq 65
assert_refuses 'txq must not be below' "$PLX_TESTPMD" --lcores '(0-2)@0' --no-huge "${NULLS[@]}" -- --rxq 2
assert_refuses 'no such engine' "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" -- --forward-mode nosuch
assert_refuses "a cache of 250 .*half of the pool's 64" "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" -- --total-num-mbufs 64 --mbcache 250
assert_refuses 'burst' "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" -- --burst 0
assert_refuses 'burst' "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" -- --burst 8 --burst 16
assert_refuses 'no option of testpmd' "$PLX_TESTPMD" "${EAL[@]}" "${NULLS[@]}" -- start
assert_refuses 'net_null0' "$PLX_TESTPMD" "${EAL[@]}" --vdev net_null0 --vdev net_null0

# Help is no refusal, and tells of both kinds of options.
assert_status 0 "$PLX_TESTPMD" -h
assert_grep "$TMP/out.log" '--vdev'
assert_grep "$TMP/out.log" '--forward-mode'

assert_status 0 "$PLX_TESTPMD" --version
assert_grep "$TMP/out.log" '^plx-testpmd \(Pollux\) [0-9]'

# Nothing is left in shared memory or run folders.
assert_eq "$( (find /dev/shm /run/pollux -name '*testpmd*' 2>/dev/null || true) | wc -l)" 0 "files left"
