#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Cards that return buffers in order: small frames and large ones, as fast as they go, and again after a restart.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --max-pkt-len 9018 --rx-offloads scatter --tx-offloads multi_segs
pmd 'show port info all'
[ "$(echo "$SAID" | grep -o 'ring, mergeable buffers, in order' | wc -l)" = 2 ] || fail "not in order: $SAID"
for _ in 1 2 3; do
	pmd start
	ask frames 0 1 1000 64
	ask long 0 1 9014
	pmd stop
	pmd 'port stop all'
	pmd 'port start all'
done
pmd 'show port stats all'
ask books 0,1 "$SAID"
pmd 'set fwd txonly'
pmd start
ask drain 0 0.3
ask drain 1 0.3
pmd stop
pmd_stop
