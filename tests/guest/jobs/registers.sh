#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# KIND: the accesses to a modern or legacy device, as QEMU's trace has them: its initialisation, and notifications by burst.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# Bursts that sent something: the sum of {"32":7,"5":1} in the answer of "show fwd stats".
bursts()
{
	pmd 'show fwd stats'
	echo "$SAID" | sed 's/.*"total":.*"tx_bursts":{\([^}]*\)}.*/\1/' | tr , '\n' | awk -F: '$1 != "\"0\"" {n += $2} END {print n + 0}'
}

ask mark
pmd_start -l 0-1 -a "$(card 0)" -- --record-burst-stats
ask init "$1"

ask mark
pmd start
ask echo 0 500
pmd stop
sent=$(bursts)
ask notified 1 1 "$sent"

# A device that is busy asks for none: there are more bursts than notifications.
pmd 'set fwd txonly'
ask mark
pmd start
ask drain 0 0.5
pmd stop
ask drain 0
sent=$(bursts)
ask notified 1 1 $((sent - 1))
pmd 'show port stats all'
ask books 0 "$SAID"
pmd_stop
