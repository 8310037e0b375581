# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# What the tests of guides share; to be sourced behind lib.sh.

# Installs the build under test into $TMP/root and lets pkg-config, the linker's loader and the shell find it there.
guide_install()
{
	local pc

	DESTDIR=$TMP/root run meson install -C "$PLX_BUILD" --no-rebuild >"$TMP/install.log" 2>&1
	pc=$(find "$TMP/root" -name libpollux.pc)
	[ -n "$pc" ] || fail "no libpollux.pc is installed"
	export PKG_CONFIG_SYSROOT_DIR=$TMP/root PKG_CONFIG_PATH=${pc%/*}
	LD_LIBRARY_PATH=$(dirname "${pc%/*}")
	PATH=$(find "$TMP/root" -type d -name bin):$TMP/bin:$PATH
	export LD_LIBRARY_PATH PATH
	# This is root already, in a namespace.
	mkdir -p "$TMP/bin" "$TMP/reader"
	printf '#!/bin/sh\nexec "$@"\n' >"$TMP/bin/sudo"
	chmod +x "$TMP/bin/sudo"
}

# PAGE LANGUAGE N: the N-th block of that language, without those that quote files of the tree.
guide_block()
{
	awk -v lang="\`\`\`$2" -v wanted="$3" '$0 == lang {if (++n == wanted) {on = 1; found = 1; next}} /^```$/ {on = 0} on
		END {exit !found}' "$FUNC_DIR/../../docs/guides/$1" || fail "$1 has no $2 block $3"
}

# WHERE PAGE N: runs the N-th block of commands in $TMP/reader as a reader would, in a namespace (- for none).
guide_run()
{
	guide_block "$2" sh "$3" >"$TMP/block.sh"
	if [ "$1" = - ]; then
		(cd "$TMP/reader" && run bash -eu "$TMP/block.sh")
	else
		(cd "$TMP/reader" && run_in "$1" bash -eu "$TMP/block.sh")
	fi >"$TMP/block.log" 2>&1
}

# plx-ctl as a reader has it, but waiting for an answer as long as a busy machine takes. Behind what sets PATH.
guide_patience()
{
	mkdir "$TMP/patient"
	printf '#!/bin/sh\nexec "%s" -t 60s "$@"\n' "$PLX_CTL" >"$TMP/patient/plx-ctl"
	chmod +x "$TMP/patient/plx-ctl"
	PATH=$TMP/patient:$PATH
}
