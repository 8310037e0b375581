/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic at a given rate, for what captures it: UDP of some flows by plain sockets, in bursts that follow the clock.
 * The kernel cuts each burst into packets (UDP_SEGMENT), which is the cheapest way it has; the interface must not
 * do that itself (ethtool -K IF tx-udp-segmentation off). No code of ours is under it.
 *
 *	bench_traffic ADDRESS PACKETS_PER_SECOND SECONDS FRAME_LENGTH CPU
 *
 * A rate of 0 is as fast as it goes. Prints "sent N seconds S cpu C".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEADERS 42 /* Ethernet, IPv4, UDP */
#define BURST	32
#define FLOWS	16

static double
seconds_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
open_flow(const char *address, int segment)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 1 << 22;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0 ||
	    setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) != 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		perror(address);
		exit(1);
	}
	return fd;
}

static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int
main(int argc, char **argv)
{
	static char bytes[65536];
	double rate, seconds, begin, cpu, now;
	int fds[FLOWS], segment;
	uint64_t sent = 0;
	unsigned flow = 0;

	if (argc != 6)
		return 2;
	rate = atof(argv[2]);
	seconds = atof(argv[3]);
	segment = atoi(argv[4]) - HEADERS;
	if (segment < 18 || segment > 1472)
		return 2;
	pin(atoi(argv[5]));
	for (unsigned i = 0; i < FLOWS; i++)
		fds[i] = open_flow(argv[1], segment);
	begin = now = seconds_of(CLOCK_MONOTONIC);
	cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
	while (now - begin < seconds) {
		if (rate == 0 || (double)sent < (now - begin) * rate) {
			if (send(fds[flow++ % FLOWS], bytes, (size_t)(BURST * segment), 0) > 0)
				sent += BURST;
			else if (errno != ENOBUFS && errno != EAGAIN && errno != ECONNREFUSED)
				return perror("send"), 1;
		}
		now = seconds_of(CLOCK_MONOTONIC);
	}
	printf("sent %llu seconds %.6f cpu %.6f\n", (unsigned long long)sent, now - begin,
	       seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu);
	return 0;
}
