#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "Huge pages: frightening messages, leftovers, pages that are there and yet not free."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
pages=/sys/kernel/mm/hugepages/hugepages-2048kB
hold_hugepages
# A surplus is what others will give back.
had=$(($(cat $pages/nr_hugepages) - $(cat $pages/surplus_hugepages)))
func_undo() { echo "$had" >$pages/nr_hugepages; }

# Without any: one notice with the command, no error, and it works.
echo 0 >$pages/nr_hugepages
[ "$(cat $pages/free_hugepages)" -eq 0 ] || skip "somebody else holds huge pages"
run "$PLX_TESTPMD" --lcores '(0,1)@0' --vdev net_null0 -- --duration 1 >"$TMP/figures" 2>"$TMP/said"
assert_eq "$(grep -c hugeadm "$TMP/said")" 1 "notices"
assert_no_grep "$TMP/said" '([Ee]rror|[Ff]ail|[Cc]annot|1048576|1 GB|1G)'

# With some: they are used while it runs, and all come back after kill -9. No file in between. The stock shrinks as soon as it has
# its pages: who else started meanwhile can only give back.
in_use() { echo $(($(cat $pages/nr_hugepages) - $(cat $pages/free_hugepages))); }
echo 64 >$pages/nr_hugepages
total=$(cat $pages/nr_hugepages)
[ "$total" -ge 32 ] || skip "this machine has no 64 MB in one piece"
start testpmd - "$PLX_TESTPMD" --lcores '(0,1)@0' --vdev net_null0 --idle sleep -- --total-num-mbufs 8000
wait_until 10 "testpmd" grep -q 'lcore 1: RX' "$TMP/testpmd.log"
echo "$had" >$pages/nr_hugepages
used=$(in_use)
own=$(awk '/_Hugetlb:/ {sum += $2} END {print sum / 2048}' "/proc/$JOB/smaps")
[ "$own" -gt 0 ] || fail "of $total huge pages none is used"
# Libraries may be called after huge pages.
awk '$6 ~ "^/" && $6 !~ "^/memfd:" && $6 !~ "[.]so" {print $6}' "/proc/$JOB/maps" >"$TMP/mapped"
assert_grep "$TMP/mapped" plx-testpmd
assert_no_grep "$TMP/mapped" '(huge|^/dev/shm)'
stop "$JOB" KILL || true
all_back() { [ "$(in_use)" -le $((used - own)) ]; }
wait_until 20 "the $own huge pages of the dead, $used were in use" all_back
