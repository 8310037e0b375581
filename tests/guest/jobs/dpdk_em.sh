#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# FRAMES: DPDK's own driver on two e1000 cards, which its testpmd forwards between: every byte compared, started anew three times.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

chmod 755 / # else it takes no parts from below it
parts=
for part in bus_pci bus_vdev mempool_ring net_e1000; do
	parts="$parts -d /lib/librte_$part.so.23"
done
for round in 1 2 3; do
	mkfifo /tmp/keys
	ask fresh
	# To a terminal, where its lines come as they are written.
	# shellcheck disable=SC2086 # words
	dpdk-testpmd $parts -l 0-1 -a "$(card 0)" -a "$(card 1)" --no-telemetry -- --total-num-mbufs=8192 --port-topology=paired \
		</tmp/keys >/dev/ttyS0 2>&1 &
	pmd=$!
	exec 4>/tmp/keys
	ask said "$round" 'Press enter to exit' >/dev/null
	ask said $((round * 2)) 'link state change event' >/dev/null
	ask frames 0 1 "$1"
	echo >&4
	exec 4>&-
	wait $pmd || fail "dpdk-testpmd ended with status $?"
	ask testpmd_books 0 1
	rm /tmp/keys
done
