#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# plx-capture started wrongly: each slip is answered with its cause and cure, and nothing is written.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone
need python3

IN=$TMP/in.pcap
OUT=$TMP/out.pcap
python3 "$FUNC_DIR/make_pcap.py" "$IN" 10
PORT="net_pcap0,rx_pcap=$IN,eof=1"

# PATTERN ARGS...: behind the port and "--".
refused()
{
	local pattern=$1

	shift
	assert_refuses "$pattern" "$PLX_CAPTURE" --no-huge -l 0 --vdev "$PORT" -- "$@"
	[ ! -e "$OUT" ] || fail "a file was written: $*"
}

refused "unknown option '--ouput'; did you mean '--output'" --ouput "$OUT"
refused "unknown option '-Z'" -Z -o "$OUT"
refused "'--output' is given twice" -o "$OUT" -o "$OUT"
refused "'--write' contradicts '--output'" -o "$OUT" -w "$OUT"
refused "'--output' needs a value" -o
refused 'nothing to do with the packets: give -o FILE' -c 5
refused "'--quiet' contradicts '--verbose'" -qv -o "$OUT"
refused "--count: 'ten' is no number" -c ten -o "$OUT"
refused '--count: 0 is out of range' -c 0 -o "$OUT"
refused '--snaplen: 300000 is out of range, allowed is 0 .. 262144' -s 300000 -o "$OUT"
refused "--duration: 'soon' is no time" -d soon -o "$OUT"
refused "--format: 'pcapg' is none of .*; did you mean 'pcap'" --format pcapg -o "$OUT"
refused "syntax error" -o "$OUT" -f 'tcp prot 80'
refused "there is no port 3; there are ports 0 to 0" -p 3 -o "$OUT"
refused "--workers 9: there are 1 lcores, and one of them writes; name 10, as in -l 0-9" --workers 9 -o "$OUT"
refused '2 rx queues asked for, the device has 1' --queues 2 -o "$OUT"

# No port at all, and options on the wrong side of "--".
assert_refuses 'there are no ports; name what to capture.*--vdev net_af_xdp0,iface=eth1' "$PLX_CAPTURE" -l 0 -- -o "$OUT"
assert_refuses "'-l' is an option of the EAL, and there is no '--'" "$PLX_CAPTURE" -l 0 --vdev "$PORT" -o "$OUT"
assert_refuses "'-o' stands in front of '--'" "$PLX_CAPTURE" -l 0 --vdev "$PORT" -o "$OUT" -- tcp
assert_refuses "'--no-huge' is an option of the EAL, and there is no '--'" "$PLX_CAPTURE" --no-huge --vdev "$PORT"
assert_refuses "'--vdev' is an option of the EAL: write it in front of '--'" "$PLX_CAPTURE" -l 0 -- --vdev "$PORT" -o "$OUT"
[ ! -e "$OUT" ] || fail 'a file was written'

# Files that cannot be: told before the ports start.
refused "cannot write '.*/none/out.pcap': No such file or directory" -o "$TMP/none/out.pcap"
refused "cannot write '$TMP': Is a directory" -o "$TMP"
refused "No space left on device" -o /dev/full

# Asking is no slip.
assert_status 0 "$PLX_CAPTURE" --help
assert_grep "$TMP/out.log" '^  -o, --output FILE'
assert_grep "$TMP/out.log" '^ +-l, --lcores'
assert_status 0 "$PLX_CAPTURE" -- -h
assert_status 0 "$PLX_CAPTURE" --version
assert_grep "$TMP/out.log" '^plx-capture \(Pollux\) [0-9]'

# A file that exists is overwritten, as tcpdump does it.
echo 'something else' >"$OUT"
assert_status 0 "$PLX_CAPTURE" --no-huge -l 0 --vdev "$PORT" -- -o "$OUT"
cmp "$OUT" "$IN"
