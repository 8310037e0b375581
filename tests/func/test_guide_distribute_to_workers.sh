#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/guides/distribute-to-workers.md does what it says.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/func/guide.sh
. "$(dirname "$0")/guide.sh"
FUNC_LIMIT=150 # the whole page goes through two CPUs, whatever else they do
func_begin anyone
need jq cc capinfos

# What the page starts and did not end.
func_undo()
{
	local file

	for file in "$TMP"/reader/*.pid; do
		[ ! -e "$file" ] || kill -KILL "$(cat "$file")" 2>/dev/null || true
	done
}

PAGE=distribute-to-workers.md
mkdir "$TMP/reader"
PATH=$(dirname "$PLX_CLUSTER"):$(dirname "$PLX_CTL"):$(dirname "$PLX_CAPTURE"):$PLX_BUILD/examples:$PATH
guide_patience
cd "$TMP/reader"
guide_run - $PAGE 1
assert_grep clusters.json '"clusters":\[\{"id":10,"places":2'
assert_grep one.log '^Absolute Stats: [1-9][0-9]* pkts \([0-9]* lost\) - [1-9][0-9]* bytes'
assert_grep two.log '^Actual Stats: [1-9][0-9]* pkts'
dead=$(cat one.pid)
two=$(cat two.pid)
guide_run - $PAGE 2
assert_eq "$(jq -c '[.slaves[] | [.present, .pid]]' alone.json)" "[[false,null],[true,$two]]" "who is left"
assert_eq "$(jq '.slaves[0].held' alone.json)" 0 "what the dead one holds"
assert_eq "$(jq -c '[.slaves[].pid]' again.json)" "[$(cat one.pid),$two]" "who is there again"
assert_grep master.log "slave 0: process $dead is gone"
if [ -e /proc/"$dead" ] && ! job_ended "$dead"; then
	fail "the slave was not killed"
fi

# The worker of the page, at the master that is still there: it gets packets, and ends when the master does.
{
	guide_block $PAGE c 1
} | sed 's|/\* yours \*/|static unsigned long seen; if (seen++ % 1000 == 0) { printf("%u bytes\\n", len); fflush(stdout); }|' >worker.c
run cc -Wall -Werror -Wno-unused-parameter -I"$PLX_BUILD/include" worker.c -o worker -L"$PLX_BUILD" -lpollux -Wl,-rpath,"$PLX_BUILD"
kill -INT "$(cat one.pid)"
place_is_free()
{
	run plx-ctl master cluster | jq -e '.slaves[0].present | not' >/dev/null
}
wait_until 30 "a place" place_is_free
start worker - ./worker
worker=$JOB
wait_until 30 "packets of the worker" grep -q '^64 bytes' "$TMP/worker.log"
cluster_count -h >/dev/null
kill -KILL "$worker"
wait_until 30 "a place" place_is_free
"$PLX_BUILD/examples/cluster_count" cluster:10@0 >four.log 2>&1 &
echo $! >one.pid
wait_until 30 "the fourth" grep -q ' \.\.\.$' four.log

guide_run - $PAGE 3 || { tail -n 5 master2.log four.log two.log >&2; cat "$TMP/block.log" >&2; fail "the third block"; }
assert_grep "$TMP/block.log" '^every packet is accounted for$'
assert_grep two.log '^cluster:10@1: [1-9][0-9]* packets, [1-9][0-9]* bytes, [0-9]* lost$'
wait_until 30 "the master's end" job_ended "$(cat master.pid)"

# Captures as workers.
guide_run - $PAGE 4 || { tail -n 5 capture1.log capture2.log master3.log >&2; fail "the fourth block"; }
assert_grep "$TMP/block.log" '^every packet is accounted for$'
for i in 1 2; do
	assert_grep capture$i.log '^every packet is accounted for$'
	assert_grep capture$i.log "^cluster:10@$((i - 1)) "
done
assert_eq "$(count_packets one.pcapng)+$(count_packets two.pcapng)" 1000+1000 "packets in the files"
wait_until 30 "the master's end" job_ended "$(cat master.pid)"
rm ./*.pid
