#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ours | dpdk FRAMES: two e1000 cards under our driver or DPDK's, which forwards between them: how often it reads and writes their
# registers meanwhile. For bench/, with QEMU's trace of memory_region_ops_*.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

if [ "$1" = ours ]; then
	pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" --
	pmd start
else
	dpdk_start
fi
ask frames 0 1 64 64 >/dev/null # the links are up, and the mitigation of what came at first is over
ask mark
ask frames 0 1 "$2" 64
for way in read write; do
	ask events "memory_region_ops_$way .*e1000-mmio" >/tmp/$way
	give /tmp/$way $way
done
