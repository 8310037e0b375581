#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture --top on a terminal: a table that is drawn over itself, fits the width, and follows the size; elsewhere nothing of it.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3 tmux

IN=$TMP/in.pcap
python3 "$FUNC_DIR/make_pcap.py" "$IN" 500
CAPTURE="'$PLX_CAPTURE' --no-huge --lcores '(0-2)@(0-1)' --vdev 'net_pcap0,rx_pcap=[$IN,$IN],infinite_rx=1' -- --stats-period 200ms"

# A terminal of its own for each test, whose server ends with it.
terminal()
{
	tmux -S "$TMP/tmux" -f /dev/null "$@"
}

screen()
{
	terminal capture-pane -p -t live >"$TMP/screen"
}

shows()
{
	screen
	grep -Eq -- "$1" "$TMP/screen"
}

# WIDTH: the lines of the table are cut there (none goes on in the next), and it begins at the top.
fits()
{
	shows '^top conversations' && sed -n 1p "$TMP/screen" | grep -Eq '^ *[0-9.]+ .*bit/s all' &&
		sed -n 2p "$TMP/screen" | grep -Eq '^ *[0-9.]+ .*bit/s net_' && sed -n 3p "$TMP/screen" | grep -Eq 'bit/s   que' &&
		awk -v width="$1" 'length($0) > width {exit 1}' "$TMP/screen"
}

begin()
{
	terminal new-session -d -s live -x 100 -y 30 "$1 2>&1; echo status \$?; exec sleep 60"
	FUNC_JOBS+=("$(terminal display-message -p '#{pid}')")
}

begin "$CAPTURE --top 4"
wait_until 10 'the table' shows '^top conversations'
assert_grep "$TMP/screen" '^ *[0-9.]+ [kMG]?pps +[0-9.]+ [kMG]?bit/s all, 0[0-9]:[0-5][0-9]  captured [0-9,]+'
# The screen may be looked at while it is drawn.
four_conversations()
{
	shows '^lost so far$' && [ "$(grep -Ec '^ *[0-9.]+ [kMG]?pps +[0-9.]+ [kMG]?bit/s (TCP|UDP|ICMP|ICMPv6|ARP) +[^ ]+ (<->|->) ' "$TMP/screen")" = 4 ]
}
wait_until 10 'conversations' four_conversations
assert_grep "$TMP/screen" 'bit/s net_pcap0$'
assert_grep "$TMP/screen" 'bit/s   queue 0$'
assert_grep "$TMP/screen" 'bit/s   queue 1$'
assert_grep "$TMP/screen" '^lost so far$'
assert_eq "$(grep -c '^top conversations' "$TMP/screen")" 1 'tables on the screen'
assert_eq "$(grep -Ec 'bit/s (TCP|UDP|ICMP|ICMPv6|ARP|IP)' "$TMP/screen")" 4 'conversations'

# It goes on, over itself.
before=$(head -n 1 "$TMP/screen")
changed() { screen && [ "$(head -n 1 "$TMP/screen")" != "$before" ]; }
wait_until 10 'the next table' changed

for width in 20 57 130; do
	terminal resize-window -t live -x "$width" -y 20
	wait_until 10 "a table $width columns wide" fits "$width"
done
# With few rows, its beginning.
terminal resize-window -t live -x 80 -y 4
few() { screen && head -n 1 "$TMP/screen" | grep -q 'all, ' && ! grep -q 'top conv' "$TMP/screen"; }
wait_until 10 'a table of 3 rows' few
terminal resize-window -t live -x 100 -y 50
wait_until 10 'the table again' fits 100
terminal send-keys -t live C-c
wait_until 10 'the summary' shows '^every packet is accounted for'
wait_until 10 'the end' shows '^status 0$'
assert_grep "$TMP/screen" '^ended by SIGINT'
terminal kill-server

# Without a terminal, or one that can do nothing, there are no such tricks.
run bash -c "$CAPTURE --top 4 -c 3000 -v" >"$TMP/plain" 2>&1
assert_no_grep "$TMP/plain" $'\033'
assert_grep "$TMP/plain" '^top conversations'
begin "TERM=dumb $CAPTURE --top 4"
wait_until 10 'the line' shows 'captured [0-9,]+  lost '
assert_no_grep "$TMP/screen" 'top conversations'
terminal kill-server
