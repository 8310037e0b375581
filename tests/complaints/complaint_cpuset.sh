#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "It ignores my cpuset, or an lcore is beyond the limit."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin anyone
cpu=$(taskset -pc $$ | sed 's/.*: //; s/[-,].*//')

# One CPU allowed: one lcore by default, and it runs there.
run taskset -c "$cpu" "$PLX_CAPTURE" --no-huge --vdev net_null0 -- -o /dev/null -c 1000 >"$TMP/said" 2>&1
assert_grep "$TMP/said" 'lcore 0 receives and writes'
# CPUs that are not allowed are refused, with those that are.
assert_refuses "CPU $cpu only" taskset -c "$cpu" "$PLX_TESTPMD" --no-huge -l "0-63" --vdev net_null0 -- --duration 1
# More lcores than CPUs, and lcores with high numbers, are fine.
run taskset -c "$cpu" "$PLX_TESTPMD" --no-huge --lcores "(5,100)@$cpu" --vdev net_null0 -- --duration 1 >"$TMP/said"
assert_grep "$TMP/said" 'lcore 100: RX P=0'
assert_refuses 'lcore.*5000' "$PLX_TESTPMD" --no-huge --lcores "5000@$cpu" --vdev net_null0 -- --duration 1
