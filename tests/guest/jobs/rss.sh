#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Two queues chosen by a hash: the host makes it of the same bytes by the same key, and finds it, and the queue of the table, in what
# the ports say of each packet; then with another key, and with a table that leads to one queue.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

KEY=8f1d3a5577c9e0b2461308fa9ed4c55b6672e1f00d19a83bc47e50962dfb8174a6c03e9b5d21f784

# PORT: what it says of its key and its table.
key_and_table()
{
	pmd "show port $1 rss-hash key"
	key=$(echo "$SAID" | sed 's/.*"key":"\([0-9a-f]*\)".*/\1/')
	pmd "show port $1 rss reta"
	echo "$key" "$(echo "$SAID" | sed 's/.*"reta":{\([^}]*\)}.*/\1/' | tr -d '"')"
}

# LEAST: each port receives frames on so many queues, by its key and its table.
spread()
{
	: >/tmp/pmd.log
	pmd 'clear port xstats all'
	ask fresh
	pmd start
	ask flows 0 1 300 32
	pmd stop
	give /tmp/pmd.log rss.log
	for port in 0 1; do
		# shellcheck disable=SC2046 # two words
		ask hashes rss.log $port "$1" $(key_and_table $port)
	done
	pmd 'show port stats all'
	ask books 0,1 "$SAID"
	pmd 'clear port stats all'
}

pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" -- --rxq 2 --txq 2 --rx-offloads rss_hash --rss-udp
pmd 'show port info all'
[ "$(echo "$SAID" | grep -o 'RSS, hash report' | wc -l)" = 2 ] || fail "no RSS: $SAID"
pmd 'set verbose 1'
spread 2
for port in 0 1; do
	pmd "port config $port rss-hash-key udp $KEY"
done
spread 2
pairs=$(seq 0 127 | sed 's/.*/(&,1)/' | tr '\n' ,)
for port in 0 1; do
	pmd "port config $port rss reta ${pairs%,}"
done
spread 1
pmd_stop
