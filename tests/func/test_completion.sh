#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# TAB in bash: options on the right side of "--", devices, interfaces, files.
# shellcheck source=tests/func/lib.sh
. "$(dirname "$0")/lib.sh"
func_begin anyone

# shellcheck source=scripts/completion/plx.bash
. "$(dirname "$0")/../../scripts/completion/plx.bash"
PATH=$(dirname "$PLX_CTL"):$(dirname "$PLX_CLUSTER"):$(dirname "$PLX_DEVBIND"):$(dirname "$PLX_NICEMU"):$(dirname "$PLX_CAPTURE"):$(dirname "$PLX_TESTPMD"):$PATH

# LINE: what TAB at its end offers, on one line.
offers()
{
	local line=$1

	trap - ERR # a completion that offers nothing is no failure
	COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
	_plx "${line%% *}"
	echo "${COMPREPLY[*]}"
}

assert_eq "$(offers 'plx-capture --vd')" '--vdev' "options in front of --"
assert_eq "$(offers 'plx-capture -- --snap')" '--snaplen' "options behind --"
assert_eq "$(offers 'plx-capture -- --vd')" '' "EAL options behind --"
assert_eq "$(offers 'plx-capture --snap')" '--snaplen' "the program's options without --"
assert_eq "$(offers 'plx-capture -i l')" 'lo' "interfaces by name"
assert_eq "$(offers 'plx-testpmd --nb-co')" '' "a program that needs its --"
assert_eq "$(offers 'plx-testpmd --lco')" '--lcores' "options of another program"
assert_eq "$(offers 'plx-capture --vdev net_nu')" 'net_null0' "devices"
assert_eq "$(offers 'plx-capture --vdev net_af_xdp0,iface=l')" 'lo' "interfaces, behind the = that is there"
assert_eq "$(offers 'plx-testpmd --vdev net_pcap0,tx_pcap=/proc/self/cmdl')" '/proc/self/cmdline' "files, behind the = that is there"

# Cards, on a bus of the test's own, where the second is no network device.
export PLX_SYS=$TMP/sys
for card in 0000:00:08.0=0x020000 0000:00:09.0=0x010000 0000:01:0a.0=0x028000; do
	mkdir -p "$PLX_SYS/bus/pci/devices/${card%=*}"
	echo "${card#*=}" >"$PLX_SYS/bus/pci/devices/${card%=*}/class"
done
assert_eq "$(offers 'plx-devbind re')" 'restore' "commands"
assert_eq "$(offers 'plx-devbind bi')" 'bind' "commands that take more words"
assert_eq "$(offers 'plx-devbind bind --driver ')" 'vfio-pci uio_pci_generic' "drivers that hand devices over"
assert_eq "$(offers 'plx-devbind restore bi')" '' "one command only"
assert_eq "$(offers 'plx-devbind restore 0000:0')" '00:08.0 01:0a.0' "cards, behind the : that is there"
assert_eq "$(offers 'plx-devbind unbind l')" 'lo' "interfaces of cards"
assert_eq "$(offers 'plx-testpmd -b 0000:01')" '01:0a.0' "cards to leave alone"
assert_eq "$(offers 'plx-testpmd -a 0000:00')" '00:08.0' "cards to take"
assert_eq "$(offers 'plx-testpmd re')" '' "a program without commands"
assert_eq "$(offers 'plx-capture --vdev net_vh')" 'net_vhost0,iface=' "sockets"
mkdir "$TMP/here"
: >"$TMP/here/log.pcap"
cd "$TMP/here"
assert_eq "$(offers 'plx-testpmd --vdev net_virtio_user0,path=lo')" 'log.pcap' "sockets' files, behind the = that is there"
assert_eq "$(offers 'plx-capture -- -o lo')" 'log.pcap' "files"
assert_eq "$(offers 'plx-capture -- --count ')" '' "a number is the user's to think of"
assert_eq "$(offers 'plx-cluster -- --rul')" '--rules' "options of plx-cluster behind --"
assert_eq "$(offers 'plx-cluster -i l')" 'lo' "interfaces of plx-cluster"
assert_eq "$(offers 'plx-cluster -i lo,l')" 'lo,lo' "the second one of them"
assert_eq "$(offers 'plx-cluster --slaves ')" '' "numbers of slaves are the user's to think of"
assert_eq "$(offers 'plx-capture -i cl')" '' "clusters, where there is none"
start master - "$PLX_CLUSTER" --no-huge --no-pci --lcores '(0,1)@0' --file-prefix master --vdev net_null0 -- -c 10
wait_until 30 "the master" grep -q ' \.\.\.$' "$TMP/master.log"
assert_eq "$(offers 'plx-capture -i cl')" 'cluster:10' "clusters"
assert_eq "$(offers 'plx-capture -i cluster:')" '10' "clusters, behind the : that is there"
assert_eq "$(offers 'plx-cluster -i lo,cl')" 'lo,cluster:10' "clusters for another master"
stop "$JOB" INT
assert_eq "$(offers 'plx-cluster -- --overflow ')" 'newest oldest borrow pressure' "choices of plx-cluster"
assert_eq "$(offers 'plx-ctl --time')" '--timeout' "options of plx-ctl"
assert_eq "$(offers 'plx-nicemu --lossl')" '--lossless' "options of plx-nicemu"
assert_eq "$(offers 'plx-nicemu -- --joi')" '--join' "options of plx-nicemu behind --"
assert_eq "$(offers 'plx-nicemu -s /proc/self/cmdl')" '/proc/self/cmdline' "sockets of plx-nicemu"
assert_eq "$(offers 'plx-testpmd --iova-mode ')" 'pa va' "choices"
