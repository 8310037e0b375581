#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# WAY: ends as a run must not end, for test_lab.py.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

case $1 in
host) ask nothing ;;
silent) (exit 3) ;;
fault) echo '<3>DMAR: [DMA Read NO_PASID] Request device [00:04.0] fault addr 0x1000' >/dev/kmsg ;;
poweroff) poweroff -f ;;
sleep) sleep 1000 ;;
esac
