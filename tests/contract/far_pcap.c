/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far end of net_pcap: pipes that captures are written into, and memory files that are read while they
 * grow. Both have fixed numbers, so that a port that is plugged in again finds them under the same names. (Functions that began with
 * pcap_ would take the place of libpcap's.)
 */
#include "contract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IN_FD	 200 /* .. 201: read by the port */
#define PUT_FD	 202 /* .. 203: the other ends */
#define OUT_FD	 204 /* .. 205: written by the port */
#define QUEUES	 2
#define PIPE_LEN (1 << 20)

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, link;
};

struct record_header {
	uint32_t seconds, fraction, captured, length;
};

static off_t read_up_to[QUEUES];

static int
move_fd(int from, int to)
{
	if (from < 0 || dup3(from, to, O_CLOEXEC) < 0)
		return -errno;
	return close(from);
}

static int
open_pipe(unsigned queue)
{
	static const struct file_header header = {
		.magic = 0xa1b23c4d, .major = 2, .minor = 4, .snaplen = 65535, .link = 1};
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (move_fd(ends[0], IN_FD + (int)queue) < 0 || move_fd(ends[1], PUT_FD + (int)queue) < 0)
		return -EIO;
	fcntl(PUT_FD + (int)queue, F_SETPIPE_SZ, PIPE_LEN);
	return write(PUT_FD + (int)queue, &header, sizeof(header)) == sizeof(header) ? 0 : -EIO;
}

int
files_open(struct wire *wire)
{
	snprintf(wire->devargs, sizeof(wire->devargs),
		 "net_pcap0,rx_pcap=/proc/self/fd/%d,rx_pcap=/proc/self/fd/%d,"
		 "tx_pcap=/proc/self/fd/%d,tx_pcap=/proc/self/fd/%d",
		 IN_FD, IN_FD + 1, OUT_FD, OUT_FD + 1);
	return 0;
}

int
files_ready(struct wire *wire)
{
	for (unsigned i = 0; i < QUEUES; i++) {
		read_up_to[i] = sizeof(struct file_header);
		if (open_pipe(i) < 0 ||
		    move_fd(memfd_create("contract", MFD_CLOEXEC), OUT_FD + (int)i) < 0)
			return -EIO;
	}
	return 0;
}

void
files_close(struct wire *wire)
{
	for (int fd = IN_FD; fd < OUT_FD + QUEUES; fd++)
		close(fd);
}

int
files_put(struct wire *wire, const void *frame, size_t len)
{
	uint8_t record[sizeof(struct record_header) + FRAME_MAX];
	struct record_header header = {.captured = (uint32_t)len, .length = (uint32_t)len};
	size_t size = sizeof(header) + len;

	memcpy(record, &header, sizeof(header));
	memcpy(record + sizeof(header), frame, len);
	return write(PUT_FD, record, size) == (ssize_t)size ? 0 : -EIO;
}

static size_t
read_record(unsigned queue, void *frame, size_t size)
{
	struct record_header header;
	int fd = OUT_FD + (int)queue;
	off_t at = read_up_to[queue];

	if (pread(fd, &header, sizeof(header), at) != sizeof(header) || header.captured > size)
		return 0;
	if (pread(fd, frame, header.captured, at + (off_t)sizeof(header)) != header.captured)
		return 0;
	read_up_to[queue] = at + (off_t)sizeof(header) + header.captured;
	return header.captured;
}

static size_t
read_any(void *frame, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; i < QUEUES && len == 0; i++)
		len = read_record(i, frame, size);
	return len;
}

/* What was sent is in the file for certain when the port has stopped. */
size_t
files_get(struct wire *wire, void *frame, size_t size)
{
	size_t len = read_any(frame, size);
	struct plx_ethdev_info info;

	if (len > 0 || plx_ethdev_info(wire->port, &info) != 0 || info.state != PLX_ETHDEV_STARTED)
		return len;
	plx_ethdev_stop(wire->port);
	if (plx_ethdev_start(wire->port, NULL) != 0)
		return 0;
	return read_any(frame, size);
}
