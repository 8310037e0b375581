#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "Is another primary running? Two programs at once collide, and one that dies takes the other along."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin anyone
# The comma belongs to the devargs.
# shellcheck disable=SC2054
EAL=(--no-huge --idle sleep --lcores '(0,1)@0' --vdev net_null0,no-rx=1)

for name in one two three; do
	start $name - "$PLX_TESTPMD" "${EAL[@]}" -- --forward-mode io
	wait_until 10 "program $name" grep -q 'lcore 1: RX' "$TMP/$name.log"
	eval "$name=$JOB"
done
stop "${one:?}" KILL || true
stop "${two:?}" INT
assert_grep "$TMP/two.log" '^Bye'
kill -0 "${three:?}" || fail "the third is gone"
stop "$three" INT
assert_grep "$TMP/three.log" '^Bye'
assert_refuses 'no secondary processes' "$PLX_TESTPMD" "${EAL[@]}" --proc-type secondary -- -i
