#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# PAIRS: plx-testpmd between cards 0 and 1, 2 and 3, ...: every frame comes through both ways, and the books agree.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

# A B: a program of its own.
between()
{
	ask fresh
	pmd_start -l 0-1 -a "$(card "$1")" -a "$(card "$2")" --
	pmd 'show port info all'
	echo "$SAID" | tr '{' '\n' | grep -o '"name":.*"mode":"[^"]*"'
	pmd start
	ask frames "$1" "$2" 1000 32
	pmd stop
	pmd 'show port stats all'
	ask books "$1,$2" "$SAID"
	pmd_stop
}

for pair in $(seq 0 $(($1 - 1))); do
	between $((2 * pair)) $((2 * pair + 1))
done
