#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A person at plx-testpmd on a serial line.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

stty -F /dev/ttyS2 sane
TERM=dumb plx-testpmd -l 0-1 -a "$(card 0)" -a "$(card 1)" -- -i </dev/ttyS2 >/dev/ttyS2 2>&1 &
pmd=$!
ask type ' => testpmd> '
ask type 'show port summary all => 0000:00:09.0.*\n.*testpmd> '
ask type 'start => testpmd> '
ask frames 0 1 300
ask type 'stop => RX-packets: 300 .*TX-packets: 300 (?s:.*)testpmd> '
ask type 'show prot info 0 => did you mean "port"(?s:.*)testpmd> '
ask type 'quit => Bye'
wait $pmd
