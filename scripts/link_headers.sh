#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# link_headers.sh DIR HEADER...: makes DIR/pollux a folder of links to the public headers, so that programs
# in this tree write #include <pollux/plx_x.h> as users of the installed library do.
set -eu
dir=$1/pollux
shift
top=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$dir"
mkdir -p "$dir"
for header; do
	ln -s "$top/$header" "$dir/$(basename "$header")"
done
ln -s ../../plx_config.h "$dir/plx_config.h"
