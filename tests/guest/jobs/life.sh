#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ROUNDS: ports are stopped and started again and again, the link goes and comes, the program is killed and started anew.
# shellcheck source=tests/guest/lib.sh
. /lib.sh

free_pages()
{
	awk '/HugePages_Free/ {print $2}' /proc/meminfo
}

pmd_both()
{
	ask fresh
	pmd_start -l 0-1 -a "$(card 0)" -a "$(card 1)" --
}

check_books()
{
	pmd 'show port stats all'
	ask books 0,1 "$SAID"
}

restarts()
{
	pmd_both
	for round in $(seq "$1"); do
		pmd start
		ask frames 0 1 20 >/dev/null
		pmd stop
		pmd 'port stop all'
		pmd 'port start all'
	done
	echo "restarted $round times"
	check_books
	pmd_stop
}

# true or false: that is what port 0 says of its link.
link_is()
{
	pmd 'show port info 0'
	case $SAID in
	*'"link":{"up":'"$1"*) true ;;
	*) false ;;
	esac
}

link_down_and_up()
{
	pmd_both
	pmd start
	for round in 1 2 3; do
		ask link 0 off
		wait_until 10 "the link to go" link_is false
		ask link 0 on
		wait_until 10 "the link to come" link_is true
		ask frames 0 1 50
	done
	pmd stop
	check_books
	pmd_stop
}

killed_under_load()
{
	pages=$(free_pages)
	pmd_both
	pmd 'set fwd txonly'
	pmd start
	ask drain 0 0.2
	kill -9 "$PMD"
	wait "$PMD" 2>/dev/null || true
	exec 4>&- 5<&-
	ask drain 0
	ask drain 1
	ask quiet 0.3
	[ "$(free_pages)" -eq "$pages" ] || fail "huge pages are gone: $(free_pages) of $pages are free"
	pmd_both
	pmd start
	ask frames 0 1 200
	pmd stop
	check_books
	pmd_stop
}

restarts "$1"
link_down_and_up
killed_under_load
