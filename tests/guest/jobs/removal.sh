#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A card is asked back while plx-testpmd forwards by it: the program is told, gives it back, and goes on with the other one.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

first=$(card 0)

pmd_start -l 0-1 -a "$first" -a "$(card 1)" --
pmd start
ask frames 0 1 200
[ "$(grep -c removal /tmp/pmd.log)" = 0 ] || fail "told of a removal before there was one"

# The kernel waits until the program has closed the device.
echo "$first" >"/sys/bus/pci/devices/$first/driver/unbind" &
unbinding=$!
wait_until 20 "word of the removal" grep -q "$first: the kernel asks for the device back" /tmp/pmd.log
kill -0 $unbinding || fail "the device went while it was open"
pmd stop
pmd 'port stop 0'
pmd 'port detach 0'
wait $unbinding
[ ! -e "/sys/bus/pci/devices/$first/driver" ] || fail "the card is still bound"
[ "$(grep -c 'asks for the device back' /tmp/pmd.log)" = 1 ] || fail "told more than once"

# It comes again, to the same program.
bind_card "$first" vfio-pci
pmd "port attach $first"
pmd 'port start 0'
pmd start
ask frames 0 1 200
pmd stop
pmd_stop
