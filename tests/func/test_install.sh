#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What is installed serves programs that know nothing of this tree: C and C++, shared and static, found by pkg-config alone;
# every installed example is built and run so. Uninstalling leaves nothing.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need meson ninja pkg-config make cc c++

FUNC_LIMIT=900

# PREFIX KIND: builds and installs the library and what goes with it.
install_to()
{
	local how=setup

	[ ! -d "$TMP/build" ] || how=configure
	if [ $how = setup ]; then
		run meson setup --prefix "$1" -Dtests=false -Doptimization=0 -Ddefault_library="$2" "$TMP/build" "$FUNC_DIR/../.."
	else
		run meson configure -Dprefix="$1" -Ddefault_library="$2" "$TMP/build"
	fi >"$TMP/setup.log" 2>&1
	run ninja -C "$TMP/build" >"$TMP/ninja.log" 2>&1
	run meson install -C "$TMP/build" --no-rebuild >"$TMP/install.log" 2>&1
	pc=$(find "$1" -name libpollux.pc)
	[ -n "$pc" ] || fail "no libpollux.pc is installed"
	export PKG_CONFIG_PATH=${pc%/*}
	LD_LIBRARY_PATH=$(pkg-config --variable=libdir libpollux)
	export LD_LIBRARY_PATH
}

uninstall_from()
{
	run ninja -C "$TMP/build" uninstall >"$TMP/uninstall.log" 2>&1
	[ ! -e "$1" ] || fail "uninstalling left: $(find "$1" | head)"
}

flags() { pkg-config "$@" libpollux; }

# Each public header by itself and all of them, as C and as C++.
headers()
{
	local header dir=$TMP/prefix/include/pollux

	for header in "$dir"/plx_*.h; do
		case $header in *_inline.h) continue ;; esac
		echo "#include <pollux/${header##*/}>"
	done >"$TMP/all.c"
	assert_ge "$(wc -l <"$TMP/all.c")" 20 "public headers"
	cat >>"$TMP/all.c" <<-'END_C'
		#include <stdio.h>
		#include <string.h>

		int
		main(void)
		{
			puts(plx_version());
			return strcmp(plx_version(), PLX_VERSION) == 0 && plx_ethdev_count() == 0 ? 0 : 1;
		}
	END_C
	cp "$TMP/all.c" "$TMP/all.cc"
	for compiler in "cc -std=c11 $TMP/all.c" "c++ -std=c++17 $TMP/all.cc"; do
		# Words to be split.
		# shellcheck disable=SC2046,SC2086
		run $compiler -Wall -Werror $(flags --cflags) -o "$TMP/all" $(flags --libs) 2>"$TMP/compiler.log"
		run "$TMP/all" >"$TMP/version"
		assert_eq "$(cat "$TMP/version")" "$(flags --modversion)" "version told by the program"
	done
	assert_eq "$(find "$TMP/prefix" -name '*_priv.h' | wc -l)" 0 "private headers installed"
}

# The folder is copied as a user would, built with its own Makefile, and what comes of it forwards.
examples()
{
	cp -r "$(flags --variable=examplesdir)" "$TMP/examples"
	CFLAGS=-Werror run make -C "$TMP/examples" >"$TMP/make.log" 2>&1
	for source in "$FUNC_DIR"/../../examples/*.c; do
		name=$(basename "$source" .c)
		cmp "$source" "$TMP/examples/$name.c"
		[ ! -e "$TMP/examples/$name.so" ] || continue # a plugin
		assert_status 0 "$TMP/examples/$name" -h
		assert_grep "$TMP/out.log" "^usage: $name "
	done
}

# PROGRAM: runs without a shared libpollux and forwards from nowhere into nothing.
runs_alone()
{
	if LD_LIBRARY_PATH='' ldd "$1" | grep libpollux; then
		fail "$1 needs a shared libpollux"
	fi
	LD_LIBRARY_PATH='' start static - "$1" -l 0 --no-huge --vdev net_null0 --vdev net_null1
	wait_until 10 "the static example" grep -q 'forwarding' "$TMP/static.log"
	stop "$JOB" INT
	assert_grep "$TMP/static.log" '^every packet is accounted for$'
}

install_to "$TMP/prefix" both
[ -d "$(flags --variable=plugindir)" ] || fail "no folder for plugins at $(flags --variable=plugindir)"
headers
examples
# Of both libraries the static one, by its name; everything behind it as pkg-config says.
# shellcheck disable=SC2046
run cc -o "$TMP/both" "$TMP/examples/forward.c" $(flags --cflags) $(flags --static --libs | sed 's/-lpollux/-l:libpollux.a/')
runs_alone "$TMP/both"
uninstall_from "$TMP/prefix"

install_to "$TMP/static" static
[ ! -e "$LD_LIBRARY_PATH/libpollux.so" ] || fail "a shared library in a static installation"
for how in --libs '--static --libs'; do
	# shellcheck disable=SC2046,SC2086
	run cc -o "$TMP/alone" "$TMP/examples/forward.c" $(flags --cflags) $(flags $how)
	runs_alone "$TMP/alone"
done
run "$TMP/static/bin/plx-testpmd" -h >/dev/null
uninstall_from "$TMP/static"
