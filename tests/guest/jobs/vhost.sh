#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# QEMU's virtio-net over vhost-user: the guest's kernel on two cards that net_vhost serves outside. QEMU is killed amid TCP, and
# started again; pings, also while the back end is killed and started again; TCP, with segments that nobody cut if tso is said; frames
# through the guest, every byte compared.
# shellcheck source=tests/guest/lib.sh
. /lib.sh
queues=$1
least=${2:-0} # bytes that the longest packet of TCP has

# N: the kernel's interface on that card, up.
plug()
{
	bind_card "$(card "$1")" virtio-pci
	ip link set "$(interface "$(card "$1")")" up promisc on
	interface "$(card "$1")"
}

# Rings are packed: VIRTIO_F_RING_PACKED, bit 34.
packed()
{
	[ "$(cut -c 35 "/sys/class/net/$a/device/features")" = 1 ]
}

# Packets that came to the first card; the merging of packets by the kernel does not count.
received()
{
	cat "/sys/class/net/$a/statistics/rx_packets"
}

a=$(plug 0)
b=$(plug 1)
set -- "/sys/class/net/$a"/queues/rx-*
[ $# = "$queues" ] || fail "$a has $# queues, not $queues"

# The outside is ready for TCP, with segments that nobody cuts if the longest packet is to have so many bytes.
tcp_outside()
{
	engine=io
	if [ "$least" != 0 ]; then
		ask idle
		ask segments 0
		engine=csum
	fi
	ask forward $engine 0,1
	ask serve 0 4000000
}

# BYTES
has_sent()
{
	[ "$(cat "/sys/class/net/$a/statistics/tx_bytes")" -gt "$1" ]
}

# QEMU dies in the middle of TCP both ways, and all of this begins anew with the same back end.
ip address add 10.7.0.1/24 dev "$a"
if [ "$(ask life)" = 1 ]; then
	tcp_outside
	nc 10.7.0.9 5000 </dev/zero >/dev/null &
	wait_until 20 "TCP" has_sent 2000000
	ask crash
	fail "there is a life after death"
fi
ask forward icmpecho 0
for size in 0 56 1472; do
	ping -c 5 -i 0.1 -W 2 -s $size 10.7.0.2 >/tmp/ping.log 2>&1 || fail "no answer to $size bytes: $(cat /tmp/ping.log)"
done

# It dies twice, and answers again. QEMU does not know where the dead one was in a packed ring: the driver has to begin anew.
for round in 1 2; do
	ping -i 0.05 10.7.0.2 >/tmp/ping.log 2>&1 &
	ask kill >/dev/null
	ask forward icmpecho 0
	if packed; then
		a=$(plug 0)
		b=$(plug 1)
		ip address add 10.7.0.1/24 dev "$a"
		kill $! 2>/dev/null || true
		ping -i 0.05 10.7.0.2 >/tmp/ping.log 2>&1 &
	fi
	before=$(wc -l </tmp/ping.log)
	more_answers() { [ "$(wc -l </tmp/ping.log)" -gt $((before + 20)) ]; }
	wait_until 20 "answers after death number $round" more_answers
	kill $!
done

# TCP between the guest's kernel and the host's.
sent=$(cat /bin/plx-* | sha256sum)
tcp_outside
before=$(received)
got=$(cat /bin/plx-* | nc 10.7.0.9 5000 | sha256sum)
ask served "${sent%% *}" "${got%% *}" "$least"
packets=$(($(received) - before))
[ "$least" = 0 ] || [ $packets -lt $((4000000 / 1448)) ] || fail "$packets packets came, all of them cut"

# Frames through the guest.
ip address flush dev "$a"
ask forward io 0,1,2,3
ask drain 0
pmd_start -l 0-1 --vdev "net_af_packet0,iface=$a" --vdev "net_af_packet1,iface=$b" --
pmd start
ask flows 0 1 500
pmd stop
pmd_stop
ask leave
