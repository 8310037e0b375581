/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nic_in_process: an emulated network card that lives here. Its driver is another program, or a virtual machine, at the socket;
 * its wire is this one, which sends each frame back with its two MAC addresses exchanged.
 *
 *	nic_in_process /tmp/nic.sock			plx-testpmd -l 0-1 --no-huge -a vfio-user:/tmp/nic.sock -- --forward-mode txonly
 */
#include <pollux/plx_nicemu.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define BUDGET	16
#define WAITING 64 /* frames that may be on the wire */

struct frame {
	size_t len;
	uint8_t bytes[PLX_E1000_MODEL_FRAME_MAX];
};

static struct frame wire[WAITING];
static uint64_t sent, returned, lost; /* sent - returned - lost are on the wire */

static volatile sig_atomic_t stopped;

static void
on_signal(int signo)
{
	stopped = 1;
}

/* The card has a frame. False: not now; it keeps it, and asks again. */
static bool
take(void *arg, const struct plx_e1000_model_frame *frame)
{
	struct frame *f = &wire[sent % WAITING];

	if (sent - returned - lost == WAITING)
		return false;
	f->len = 0;
	for (unsigned i = 0; i < frame->nb_parts; i++) {
		memcpy(f->bytes + f->len, frame->parts[i].iov_base, frame->parts[i].iov_len);
		f->len += frame->parts[i].iov_len;
	}
	sent++;
	return true;
}

static void
exchange_addresses(uint8_t *bytes)
{
	uint8_t dst[6];

	memcpy(dst, bytes, 6);
	memcpy(bytes, bytes + 6, 6);
	memcpy(bytes + 6, dst, 6);
}

/* What is on the wire comes in, as long as the driver has room for it. */
static unsigned
give_back(struct plx_nicemu *nic)
{
	unsigned done = 0;

	while (sent != returned + lost && plx_e1000_model_rx_room(plx_nicemu_model(nic)) > 0) {
		struct frame *f = &wire[(returned + lost) % WAITING];

		exchange_addresses(f->bytes);
		if (plx_nicemu_receive(nic, f->bytes, f->len) == PLX_E1000_MODEL_TAKEN)
			returned++;
		else
			lost++; /* too long for its driver, or not for its address */
		done++;
	}
	return done;
}

static void
tell_change(void *arg, bool connected, const char *why)
{
	fprintf(stderr, "%s%s%s\n", connected ? "a driver came" : "the driver went",
		why != NULL ? ": " : "", why != NULL ? why : "");
}

static void
run(struct plx_nicemu *nic)
{
	struct pollfd fd = {.fd = plx_nicemu_fd(nic), .events = POLLIN};

	while (!stopped) {
		unsigned done = plx_nicemu_poll(nic, BUDGET);

		done += give_back(nic);
		if (done == 0)
			poll(&fd, 1, 100);
	}
}

static int
report(struct plx_nicemu *nic)
{
	struct plx_e1000_model_stats card;

	plx_e1000_model_stats(plx_nicemu_model(nic), &card);
	printf("sent %" PRIu64 " = returned %" PRIu64 " + lost %" PRIu64 " + on the wire %" PRIu64
	       "\n",
	       sent, returned, lost, sent - returned - lost);
	if (card.sent != sent || card.in != returned + lost || card.taken != returned)
		return -EUCLEAN;
	printf("every frame is accounted for\n");
	return 0;
}

int
main(int argc, char **argv)
{
	struct plx_nicemu_options options = {
		.mac = {0x02, 0, 0, 0, 0, 0x01},
		.send = take,
		.changed = tell_change,
	};
	struct plx_nicemu *nic = NULL;
	struct plx_why why = {""};
	int ret;

	if (argc != 2 || argv[1][0] == '-') {
		const bool asked = argc == 2 && strcmp(argv[1], "-h") == 0;

		fprintf(asked ? stdout : stderr, "usage: nic_in_process SOCKET\n");
		return asked ? 0 : 2;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	options.path = argv[1];
	ret = plx_nicemu_create(&options, &nic, &why);
	if (ret == 0) {
		fprintf(stderr, "a card is at %s ...\n", argv[1]);
		run(nic);
		ret = report(nic);
	} else {
		fprintf(stderr, "nic_in_process: %s\n", why.text);
	}
	plx_nicemu_destroy(nic);
	return ret != 0;
}
