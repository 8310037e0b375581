#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "Nothing of it can be tried or tested without a card, root and huge pages."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin root
need setpriv unshare python3 capinfos

# Nobody, without capabilities, locked memory or any interface.
chmod 755 "$TMP"
mkdir -m 777 "$TMP/out"
python3 -B "$FUNC_DIR/make_pcap.py" "$TMP/in.pcap"
count=$(count_packets "$TMP/in.pcap")
nobody() { run unshare -n setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all sh -c 'ulimit -l 0; exec "$@"' sh "$@"; }
nobody "$PLX_TESTPMD" --lcores '(0,1)@0' --vdev net_null0 --vdev net_null1 -- --duration 1 >"$TMP/said"
assert_grep "$TMP/said" 'Accumulated'
nobody "$PLX_CAPTURE" -l 0 --vdev "net_pcap0,rx_pcap=$TMP/in.pcap,eof=1" -- -q -o "$TMP/out/copy.pcap"
assert_eq "$(count_packets "$TMP/out/copy.pcap")" "$count" "packets from file to file"
