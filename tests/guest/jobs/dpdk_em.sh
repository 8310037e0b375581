#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# FRAMES [EAL-ARGUMENTS...]: DPDK's own driver on two e1000 cards, which its testpmd forwards between: every byte compared, started
# anew three times.
# shellcheck source=tests/guest/lib.sh
. /lib.sh
frames=$1
shift

for round in 1 2 3; do
	ask fresh
	dpdk_start "$@"
	ask frames 0 1 "$frames"
	dpdk_stop
	ask testpmd_books 0 1
	echo "started $round times"
done
