#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An installed library serves programs that know nothing of this tree: C and C++, found by pkg-config.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin ""
need meson pkg-config cc c++

DESTDIR=$TMP/root run meson install -C "$PLX_BUILD" --no-rebuild >"$TMP/install.log" 2>&1
pc=$(find "$TMP/root" -name libpollux.pc)
[ -n "$pc" ] || fail "no libpollux.pc is installed"
prefix=$(pkg-config --variable=prefix "$pc")
moved=$(dirname "$pc" | sed "s|^$TMP/root$prefix/||")
export PKG_CONFIG_PATH=$TMP/root$prefix/$moved

cat >"$TMP/user.c" <<'END'
#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_mbuf.h>
#include <stdio.h>
#include <string.h>

int
main(void)
{
	puts(plx_version());
	return strcmp(plx_version(), PLX_VERSION) == 0 && plx_ethdev_count() == 0 ? 0 : 1;
}
END
cp "$TMP/user.c" "$TMP/user.cc"
flags() { pkg-config --define-variable=prefix="$TMP/root$prefix" "$@" libpollux; }
libdir=$(flags --variable=libdir)
for compiler in "cc -std=c11 $TMP/user.c" "c++ -std=c++17 $TMP/user.cc"; do
	# Words to be split.
	# shellcheck disable=SC2046,SC2086
	run $compiler -Wall -Werror $(flags --cflags) -o "$TMP/user" $(flags --libs)
	LD_LIBRARY_PATH=$libdir run "$TMP/user" >"$TMP/version"
	assert_eq "$(cat "$TMP/version")" "$(flags --modversion)" "version told by the program"
done

# Nothing private is installed.
assert_eq "$(find "$TMP/root" -name '*_priv.h' | wc -l)" 0 "private headers installed"
