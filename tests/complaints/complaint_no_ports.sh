#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "No ports found, though the card is there, and no word why."
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/../func/lib.sh"
func_begin anyone
assert_refuses 'there is no port' "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' -- -i
assert_grep "$TMP/out.log" '--vdev net_af_xdp0,iface=eth1'
assert_refuses 'there are no ports; .*--vdev net_af_xdp0,iface=eth1' "$PLX_CAPTURE" --no-huge -l 0 -- -o "$TMP/out.pcap"
[ ! -e "$TMP/out.pcap" ] || fail "a file was written"
# A driver that does not exist: those that do.
assert_refuses 'device net_afxdp0: no driver .*there are: .*net_af_xdp' "$PLX_TESTPMD" --no-huge --lcores '(0,1)@0' --vdev net_afxdp0,iface=lo -- -i
