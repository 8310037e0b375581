/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network namespace of the test's own with a veth pair in it, va - vb, and raw sockets to send and watch
 * from the far end. The namespace has no name and goes with the process, however that ends.
 */
#ifndef PLX_TESTS_FUNC_VETH_PAIR_H
#define PLX_TESTS_FUNC_VETH_PAIR_H

#include <pollux/plx_base.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 9100

/* Runs a command of the shell; a failure ends the test program. */
static void PLX_PRINTF(1, 2) sh(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

/* True when the shell command succeeds. */
static inline int
sh_ok(const char *command)
{
	return system(command) == 0;
}

/* Enters a namespace of our own; exits 77 with the reason where that is not allowed. */
static inline void
enter_namespace(void)
{
	if (geteuid() != 0) {
		printf("SKIP: needs root (network namespaces)\n");
		exit(77);
	}
	if (unshare(CLONE_NEWNET) != 0) {
		printf("SKIP: no network namespaces here: %s\n", strerror(errno));
		exit(77);
	}
	sh("ip link set lo up");
}

/* A fresh pair with so many queues each way; nothing sends on it but the test. */
static inline void
pair_up(unsigned queues)
{
	sh("ip link add va numrxqueues %u numtxqueues %u type veth peer name vb numrxqueues %u "
	   "numtxqueues %u",
	   queues, queues, queues, queues);
	sh("echo 1 > /proc/sys/net/ipv6/conf/va/disable_ipv6");
	sh("echo 1 > /proc/sys/net/ipv6/conf/vb/disable_ipv6");
	sh("ip link set va up && ip link set vb up");
}

static inline void
pair_down(void)
{
	if (if_nametoindex("va") != 0)
		sh("ip link del va");
}

static inline double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* A raw socket on an interface, seeing what comes in there (not what it sends itself). */
static inline int
raw_open(const char *name)
{
	const int one = 1, room = 16 << 20;
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0) {
		perror("raw socket");
		exit(1);
	}
	return fd;
}

/* A UDP frame: flow in the source port, a number and a pattern in the payload. */
static inline void
frame_make(uint8_t *frame, unsigned len, uint16_t flow, uint32_t number)
{
	static const uint8_t head[42] = {2,    0, 0,  0, 0, 2, 2, 0, 0,	 0,  0, 1, 8,  0,
					 0x45, 0, 0,  0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9,
					 0,    1, 10, 9, 0, 2, 0, 0, 0,	 9,  0, 0, 0,  0};
	uint16_t ip_len = htons((uint16_t)(len - 14)), udp_len = htons((uint16_t)(len - 34));

	memcpy(frame, head, sizeof(head));
	memcpy(frame + 16, &ip_len, 2);
	flow = htons((uint16_t)(1024 + flow));
	memcpy(frame + 34, &flow, 2);
	memcpy(frame + 38, &udp_len, 2);
	memcpy(frame + 42, &number, 4);
	for (unsigned i = 46; i < len; i++)
		frame[i] = (uint8_t)(i * 7 + number);
}

static inline uint32_t
frame_number(const uint8_t *frame)
{
	uint32_t number;

	memcpy(&number, frame + 42, 4);
	return number;
}

/* Sends one, waiting while the kernel has no room. */
static inline void
raw_send(int fd, const uint8_t *frame, unsigned len)
{
	for (unsigned i = 0; send(fd, frame, len, 0) < 0; i++) {
		if ((errno != ENOBUFS && errno != EAGAIN) || i > 100000) {
			perror("send");
			exit(1);
		}
		sched_yield();
	}
}

static inline void
raw_send_n(int fd, unsigned n, unsigned len, unsigned flows)
{
	uint8_t frame[FRAME_MAX];

	for (unsigned i = 0; i < n; i++) {
		frame_make(frame, len, (uint16_t)(i % flows), i);
		raw_send(fd, frame, len);
	}
}

/* The next frame within ten seconds, its length; 0 if none comes. */
static inline unsigned
raw_receive(int fd, uint8_t *frame)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	ssize_t len;

	if (poll(&ready, 1, 10000) <= 0)
		return 0;
	len = recv(fd, frame, FRAME_MAX, 0);
	return len < 0 ? 0 : (unsigned)len;
}

#endif
