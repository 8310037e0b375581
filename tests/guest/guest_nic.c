/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guest_nic SOCKET TAP MAC: an emulated card behind a socket, a tap device as its wire, in event mode: the least program there
 * can be around lib/nicemu. Commands come on standard input, a line each, answers are lines of JSON: books, link on, link off.
 */
#include "plx_nicemu.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

static int
tap_open(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
put_on_wire(void *arg, const struct plx_e1000_model_frame *frame)
{
	const int *tap = arg;

	return writev(*tap, frame->parts, (int)frame->nb_parts) >= 0 || errno != EAGAIN;
}

static void
complain(void *arg, const char *what)
{
	(void)arg;
	fprintf(stderr, "%s\n", what);
}

static void
tell_books(struct plx_nicemu *nic)
{
	struct plx_e1000_model_stats books;

	plx_e1000_model_stats(plx_nicemu_model(nic), &books);
	printf("{\"connected\": %s, \"in\": %lu, \"taken\": %lu, \"taken_bytes\": %lu, \"sent\": %lu, \"sent_bytes\": %lu, "
	       "\"filtered\": %lu, \"full\": %lu, \"down\": %lu, \"bad\": %lu, \"out_bad\": %lu, \"dma_errors\": %lu, "
	       "\"complaints\": %lu, \"interrupts\": %lu, \"reads\": %lu, \"writes\": %lu}\n",
	       plx_nicemu_connected(nic) ? "true" : "false", books.in, books.taken,
	       books.taken_bytes, books.sent, books.sent_bytes, books.filtered, books.full,
	       books.down, books.bad, books.out_bad, books.dma_errors, books.complaints,
	       books.interrupts, books.reads, books.writes);
}

/* False: nobody types any more. */
static bool
obey(struct plx_nicemu *nic)
{
	char line[80];

	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	if (strcmp(line, "books\n") == 0) {
		tell_books(nic);
	} else if (strncmp(line, "link ", 5) == 0) {
		plx_e1000_model_set_cable(plx_nicemu_model(nic), strcmp(line + 5, "on\n") == 0);
		puts("{}");
	} else {
		puts("{\"error\": \"no such command\"}");
	}
	fflush(stdout);
	return true;
}

/* Frames wait in the tap while the card has no room for them. */
static void
take_from_wire(struct plx_nicemu *nic, int tap)
{
	static uint8_t frame[PLX_E1000_MODEL_FRAME_MAX];
	struct plx_e1000_model *model = plx_nicemu_model(nic);

	for (unsigned i = 0; i < 32; i++) {
		ssize_t len;

		if (plx_e1000_model_is_up(model) && plx_e1000_model_rx_room(model) < 8)
			return;
		len = read(tap, frame, sizeof(frame));
		if (len <= 0)
			return;
		plx_nicemu_receive(nic, frame, (size_t)len);
	}
}

static void
serve(struct plx_nicemu *nic, int tap)
{
	struct plx_e1000_model *model = plx_nicemu_model(nic);

	for (;;) {
		bool held = plx_e1000_model_is_up(model) && plx_e1000_model_rx_room(model) < 8;
		struct pollfd ready[] = {{.fd = plx_nicemu_fd(nic), .events = POLLIN},
					 {.fd = STDIN_FILENO, .events = POLLIN},
					 {.fd = held ? -1 : tap, .events = POLLIN}};

		poll(ready, 3, -1);
		while (plx_nicemu_poll(nic, 64) != 0)
			take_from_wire(nic, tap);
		take_from_wire(nic, tap);
		if (ready[1].revents != 0 && !obey(nic))
			return;
	}
}

int
main(int argc, char **argv)
{
	struct plx_nicemu_options options = {.send = put_on_wire, .complain = complain};
	struct plx_why why = {0};
	struct plx_nicemu *nic;
	int tap;

	if (argc != 4 ||
	    sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &options.mac[0], &options.mac[1],
		   &options.mac[2], &options.mac[3], &options.mac[4], &options.mac[5]) != 6) {
		fprintf(stderr, "usage: guest_nic SOCKET TAP MAC\n");
		return 2;
	}
	options.path = argv[1];
	options.arg = &tap;
	tap = tap_open(argv[2]);
	if (tap < 0) {
		perror(argv[2]);
		return 1;
	}
	if (plx_nicemu_create(&options, &nic, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	serve(nic, tap);
	plx_nicemu_destroy(nic);
	close(tap);
	return 0;
}
