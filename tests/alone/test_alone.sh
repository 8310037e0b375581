#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# test_alone.sh ALONE: what a test leaves fails it and is gone, however the test ends; what it says and how it ends is kept.
# Words in single quotes are for the test's shell.
# shellcheck disable=SC2016
set -u
alone=$1
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
export TMPDIR=$here FUNC_TMPDIR=$here
unset PLX_TEST_AS
export ALONE_PATIENCE_MS=3000
name=came-out-of-${here##*/}
is_root=$([ "$(id -u)" -ne 0 ] || echo yes)

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

# WHAT: nobody of those whose words have our mark runs, and no file of theirs is there. Those who end it need a moment.
nothing_is_left()
{
	local tries=0

	while [ -n "$(find "$here" -mindepth 1)" ] || grep -qsa "$here/mar[k]" /proc/[0-9]*/cmdline; do
		[ $((tries += 1)) -le 1200 ] || fail "$1: left are $(find "$here" -mindepth 1) $(grep -sal "$here/mar[k]" /proc/[0-9]*/cmdline)"
		sleep 0.05
	done
}

# STATUS WORDS SCRIPT: a test that must end so and be told of so; WORDS is a pattern, empty: nothing is said.
ends()
{
	local status=0 said

	said=$("$alone" sh -c "$3" "$here/mark" 2>&1) || status=$?
	[ "$status" = "$1" ] || fail "status $status in place of $1 of: $3: $said"
	if [ -z "$2" ]; then
		[ -z "$said" ] || fail "said of: $3: $said"
	else
		echo "$said" | grep -Eq "$2" || fail "nothing like '$2' is said of: $3: $said"
	fi
	nothing_is_left "$3"
}

ends 0 '' true
ends 3 '' 'exit 3'
ends 77 '' 'exit 77'
ends 139 '' 'kill -SEGV $$'
ends 0 '^said$' 'echo said'
(umask 077 && ends 0 '^0022$' umask) || exit
ends 0 '' 'touch $TMPDIR/mine && rm $TMPDIR/mine'
(unset ALONE_PATIENCE_MS && ends 0 '' 'sleep 0.2 & exit 0') || exit # ends by itself
(unset ALONE_PATIENCE_MS && ends 0 '' 'sleep 4 & exit 0') || exit # late
ends 1 'left behind: .*/file' 'touch $TMPDIR/file'
ends 1 'left behind: .*/folder' 'mkdir $TMPDIR/folder'
ends 1 'left behind: .*/func' 'touch $FUNC_TMPDIR/func'
ends 3 'left behind: .*/file' 'touch $TMPDIR/file; exit 3'
ends 1 'left behind: .*/file' 'touch $TMPDIR/file; exit 77'
ends 1 'sh -c sleep 50; true .*/mark' 'sh -c "sleep 50; true" $0 & exit 0'
ends 1 'sh -c trap : TERM; sleep 50; true .*/mark' 'setsid sh -c "trap : TERM; sleep 50; true" $0 & exit 0'
if [ -n "$is_root" ]; then
	ends 1 "left behind: /tmp/$name" "touch /tmp/$name"
	ends 1 'left behind: /dev/shm/file' 'touch /dev/shm/file'
	ends 1 'left behind: /run/pollux/file' 'mkdir /run/pollux; touch /run/pollux/file'
	ends 0 '' 'mkdir /run/pollux'
	ends 1 'left behind: network namespace theirs' 'ip netns add theirs'
	ends 1 'left behind: interface tap9' 'ip tuntap add tap9 mode tap'
	ends 0 '' '[ "$(ls /sys/class/net)" = lo ]'
	ends 0 '^1$' 'echo $PPID' # others' processes are not seen
	[ ! -e "/tmp/$name" ] || fail "a file came out of its place"
fi
# [OPTION]: what somebody hears who asks for huge pages in both ways: no memory, or whatever the machine says.
asks_for_pages()
{
	"$alone" "$@" python3 -c '
import mmap, os
def heard(ask):
    try:
        ask()
    except OSError as error:
        return error.errno
print(heard(lambda: os.memfd_create("t", os.MFD_HUGETLB)), heard(lambda: mmap.mmap(-1, 1 << 21, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)),
      heard(lambda: os.memfd_create("t", os.MFD_CLOEXEC)), heard(lambda: mmap.mmap(-1, 1 << 21)))'
}
[ "$(asks_for_pages)" = '12 12 None None' ] || fail "huge pages, which are not for every test: $(asks_for_pages)"
[ ! -d /sys/kernel/mm/hugepages ] || [ "$(asks_for_pages -p | cut -d ' ' -f 1)" = None ] || fail "no huge pages for who may have them"

[ "$(PLX_TEST_AS='env LC_WHO=me' "$alone" sh -c 'echo $LC_WHO')" = me ] || fail "PLX_TEST_AS is not heeded"

# SIGNAL: a test that does not heed it is ended from outside with all of its group, as a time limit does; nobody outlives it.
killed_by()
{
	: >"$here.said"
	setsid "$alone" sh -c 'trap "" TERM; touch $TMPDIR/file; setsid sh -c "while :; do sleep 1; done" $0 & echo up; while :; do wait; done' \
		"$here/mark" >"$here.said" 2>&1 &
	until grep -q up "$here.said"; do sleep 0.02; done
	kill "-$1" -- "-$!"
	wait $! 2>/dev/null
	[ $? -gt 128 ] || fail "killed by $1 and yet ended well"
	nothing_is_left "killed by $1"
	[ "$1" = KILL ] || grep -q 'process .*sleep 1' "$here.said" || fail "what ran is not told: $(cat "$here.said")"
	rm -f "$here.said"
}
killed_by TERM
killed_by KILL
