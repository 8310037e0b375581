#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Two queues each way: flows spread over both, none out of order; then one queue, and two again.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --rxq 2 --txq 2
for queues in 2 1 2; do
	pmd 'port stop all'
	pmd "port config all rxq $queues"
	pmd "port config all txq $queues"
	pmd 'port start all'
	pmd 'clear port stats all'
	pmd 'clear port xstats all'
	ask fresh
	pmd start
	ask flows 0 1 600 32
	pmd stop
	pmd 'show port stats all'
	ask books 0,1 "$SAID"
	pmd 'show port xstats all'
	ask queues $queues "$SAID"
done
pmd_stop
