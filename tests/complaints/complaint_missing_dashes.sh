#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "testpmd does not understand my options, and shows zeroes without a reason."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin anyone
# The comma belongs to the devargs.
# shellcheck disable=SC2054
EAL=(--no-huge --lcores '(0,1)@0' --vdev net_null0,no-rx=1)

assert_refuses "unknown EAL option.*behind ' -- '" "$PLX_TESTPMD" "${EAL[@]}" --duration 1
assert_refuses "'--vdev' is an option of the EAL: write it in front of '--'" "$PLX_TESTPMD" --no-huge -- --vdev net_null0
assert_refuses "did you mean" "$PLX_TESTPMD" "${EAL[@]}" -- --durration 1
# Nothing came: the reason, or where to look.
run "$PLX_TESTPMD" "${EAL[@]}" -- --duration 1 >"$TMP/said"
assert_grep "$TMP/said" 'Nothing was received'
