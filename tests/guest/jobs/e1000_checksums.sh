#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Kernels at two taps talk TCP through engine csum, which leaves the checksums of what it sends to e1000 cards.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --tx-offloads ipv4_cksum,udp_cksum,tcp_cksum
pmd 'set fwd csum'
for port in 0 1; do
	pmd "csum set ip hw $port"
	pmd "csum set tcp hw $port"
	pmd "csum set udp hw $port"
	pmd "csum mac-swap off $port"
done
pmd start
ask tcp 0 1 2
pmd stop
pmd_stop
