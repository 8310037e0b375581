#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Debian packages are built from this tree, install on a copy of this system, serve a user, and go without a trace.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin root
need dpkg-buildpackage dh lintian man

tree=$(dirname "$0")/../..
mkdir -p "$TMP/build/pollux"
tar -C "$tree" --exclude='./build*' --exclude=./.git --exclude=./bench-results -cf - . | tar -C "$TMP/build/pollux" -xf -
(
	cd "$TMP/build/pollux" || exit
	DEB_BUILD_OPTIONS="nocheck noautodbgsym" FUNC_LIMIT=900 run dpkg-buildpackage -us -uc -b -d >"$TMP/package.log" 2>&1
)
rm -rf "$TMP/build/pollux"
ls "$TMP"/build/*.deb >"$TMP/packages"
for name in libpollux0 libpollux-dev pollux-tools; do
	assert_grep "$TMP/packages" "/${name}_"
done
# The judge of Debian's rules finds no error; it would rather not be run as root, and says so. It leaves files.
FUNC_LIMIT=600 TMPDIR=$TMP run lintian --fail-on error --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
	"$TMP"/build/*.changes >"$TMP/lintian.log" 2>&1

# A copy of this system: what is written goes to memory and is forgotten with the mount namespace.
cat >"$TMP/user.sh" <<'END'
set -eu
rm -f /var/lib/man-db/auto-update # an index of all pages takes longer than the rest, and man finds ours without
find /usr /etc /var/lib -xdev -not -path '/var/lib/dpkg/*' -not -path '*/man/index.db' | sort >/tmp/before
dpkg -i /tmp/packages/*.deb
plx-testpmd --no-huge --lcores '(0,1)@0' --vdev net_null0 -- --duration 1 >/tmp/said
grep -q 'Accumulated' /tmp/said
plx-capture -h >/tmp/said
plx-ctl -V >/tmp/said
plx-cluster -- -V >/tmp/said
test -e /usr/share/bash-completion/completions/plx-ctl
test -e /usr/share/bash-completion/completions/plx-cluster
pkg-config --exists libpollux
printf '#include <pollux/plx_eal.h>\n#include <stdio.h>\nint main(void) { return puts(plx_version()) == EOF; }\n' >/tmp/user.c
cc -o /tmp/user /tmp/user.c $(pkg-config --cflags --libs libpollux)
/tmp/user
dpkg -V libpollux0 libpollux-dev pollux-tools
for program in /usr/bin/plx-*; do
	man -w "$(basename "$program")" >/dev/null
done
dpkg -P pollux-tools libpollux-dev libpollux0
find /usr /etc /var/lib -xdev -not -path '/var/lib/dpkg/*' -not -path '*/man/index.db' | sort >/tmp/after
diff /tmp/before /tmp/after
END
mkdir "$TMP/memory" "$TMP/system"
FUNC_LIMIT=400 run unshare -m bash -euc "
	mount -t tmpfs none '$TMP/memory'
	mkdir -p '$TMP/memory/new' '$TMP/memory/work' '$TMP/memory/tmp/packages'
	mount -t overlay none -o lowerdir=/,upperdir='$TMP/memory/new',workdir='$TMP/memory/work' '$TMP/system'
	cp '$TMP'/build/*.deb '$TMP/user.sh' '$TMP/memory/tmp/packages/'
	mount --bind '$TMP/memory/tmp' '$TMP/system/tmp'
	mount -t proc none '$TMP/system/proc'
	mount --rbind /dev '$TMP/system/dev'
	chroot '$TMP/system' env -u TMPDIR sh /tmp/packages/user.sh" >"$TMP/install.log" 2>&1
