/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far end of net_e1000 over vfio-user: an emulated card behind a socket, on a thread that knows no memory but what it is given,
 * with its doorbells by message or in memory, as the row's name says. Frames wait in a queue each way, as on a wire.
 */
#include "contract.h"
#include "own.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pollux/plx_nicemu.h>

#define OUT_MAX	   8192
#define HURRY	   50 /* so much faster is the card's time: negotiation takes half a second */
#define IDLE_NS	   20000
#define REG_RCTL   0x0100
#define RCTL_EN	   0x2
#define REG_STATUS 0x0008
#define STATUS_LU  0x2

struct out {
	size_t len;
	uint8_t *bytes;
};

static struct {
	struct plx_nicemu *nic;
	pthread_t thread;
	pthread_mutex_t lock; /* of all of it */
	sem_t ready;
	bool stop, mapped;
	char path[OWN_PATH + 12];
	struct plx_why why;
	unsigned first, n;
	struct out out[OUT_MAX];
	const void *in; /* a frame that comes; NULL: it was taken */
	size_t in_len;
	uint64_t in_until;
	char complaint[256];
} far;

static uint64_t
card_ns(void *arg)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return HURRY * ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

/* The card's own, when it is short of descriptors (802.3x). */
static bool
is_pause(const struct plx_e1000_model_frame *frame)
{
	static const uint8_t pause[] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x01};

	return frame->parts[0].iov_len >= sizeof(pause) &&
	       memcmp(frame->parts[0].iov_base, pause, sizeof(pause)) == 0;
}

/* A frame that there is no room for waits in the driver's ring. */
static bool
take_frame(void *arg, const struct plx_e1000_model_frame *frame)
{
	struct out *out = &far.out[(far.first + far.n) % OUT_MAX];
	size_t at = 0;

	if (is_pause(frame))
		return true;
	if (far.n == OUT_MAX)
		return false;
	out->bytes = malloc(frame->len);
	if (out->bytes == NULL)
		return false;
	out->len = frame->len;
	for (unsigned i = 0; i < frame->nb_parts; i++) {
		memcpy(out->bytes + at, frame->parts[i].iov_base, frame->parts[i].iov_len);
		at += frame->parts[i].iov_len;
	}
	far.n++;
	return true;
}

static void
note_complaint(void *arg, const char *what)
{
	snprintf(far.complaint, sizeof(far.complaint), "%s", what);
}

static void
wait_a_little(void)
{
	const struct timespec idle = {.tv_nsec = IDLE_NS};

	nanosleep(&idle, NULL);
}

/* The driver receives, and the link that it waits for is not there yet. */
static bool
is_coming_up(void)
{
	struct plx_e1000_model *card = plx_nicemu_model(far.nic);

	return (plx_e1000_model_peek(card, REG_RCTL) & RCTL_EN) != 0 &&
	       (plx_e1000_model_peek(card, REG_STATUS) & STATUS_LU) == 0;
}

static void
take_in(void)
{
	if (far.in == NULL || (is_coming_up() && now_ms() < far.in_until))
		return;
	plx_nicemu_receive(far.nic, far.in, far.in_len);
	far.in = NULL;
}

static void
serve(void)
{
	bool stop = false;

	while (!stop) {
		unsigned n;

		pthread_mutex_lock(&far.lock);
		n = plx_nicemu_poll(far.nic, BURST);
		if (n == 0)
			take_in();
		stop = far.stop;
		pthread_mutex_unlock(&far.lock);
		/* The lock is for others, too. */
		if (n == 0)
			wait_a_little();
		else
			sched_yield();
	}
}

/* With descriptors of its own, so that a case that counts the program's sees none of the card's. */
static void *
run(void *arg)
{
	struct plx_nicemu_options options = {.path = far.path,
					     .mac = {0x02, 0, 0, 0x12, 0x34, 0x56},
					     .doorbells = far.mapped,
					     .send = take_frame,
					     .complain = note_complaint,
					     .now_ns = card_ns};

	if (unshare(CLONE_FILES) != 0)
		snprintf(far.why.text, sizeof(far.why.text), "no file descriptors of its own");
	else
		plx_nicemu_create(&options, &far.nic, &far.why);
	sem_post(&far.ready);
	if (far.nic == NULL)
		return NULL;
	serve();
	plx_nicemu_destroy(far.nic);
	return NULL;
}

int
nicemu_begin(struct wire *wire)
{
	far.stop = false;
	far.nic = NULL;
	sem_init(&far.ready, 0, 0);
	if (pthread_create(&far.thread, NULL, run, NULL) != 0)
		return -1;
	sem_wait(&far.ready);
	sem_destroy(&far.ready);
	if (far.nic != NULL)
		return 0;
	print_error("%s\n", far.why.text);
	pthread_join(far.thread, NULL);
	return -1;
}

void
nicemu_die(struct wire *wire)
{
	pthread_mutex_lock(&far.lock);
	far.stop = true;
	pthread_mutex_unlock(&far.lock);
	pthread_join(far.thread, NULL);
}

int
nicemu_open(struct wire *wire)
{
	memset(&far, 0, sizeof(far));
	far.mapped = strcmp(wire->pmd->name, "net_e1000_nicemu_mapped") == 0;
	own_name(far.path, sizeof(far.path));
	snprintf(wire->name, sizeof(wire->name), "vfio-user:%s", far.path);
	snprintf(wire->devargs, sizeof(wire->devargs), "vfio-user:%s", far.path);
	pthread_mutex_init(&far.lock, NULL);
	return nicemu_begin(wire);
}

/* Whatever the case was about, the driver kept to the manual. */
void
nicemu_close(struct wire *wire)
{
	nicemu_die(wire);
	for (; far.n > 0; far.n--, far.first++)
		free(far.out[far.first % OUT_MAX].bytes);
	pthread_mutex_destroy(&far.lock);
	if (far.complaint[0] != '\0')
		wire->complaint = "the card found that the driver broke a rule";
	print_error("%s", far.complaint);
}

/*
 * The card's thread takes the frame in when it has seen to all that the driver wrote without waiting, which a frame that comes now
 * comes behind.
 */
int
nicemu_put(struct wire *wire, const void *frame, size_t len)
{
	pthread_mutex_lock(&far.lock);
	far.in = frame;
	far.in_len = len;
	far.in_until = now_ms() + PATIENCE_MS;
	while (far.in != NULL) {
		pthread_mutex_unlock(&far.lock);
		wait_a_little();
		pthread_mutex_lock(&far.lock);
	}
	pthread_mutex_unlock(&far.lock);
	return 0;
}

size_t
nicemu_get(struct wire *wire, void *frame, size_t size)
{
	size_t len = 0;

	pthread_mutex_lock(&far.lock);
	if (far.n > 0) {
		struct out *out = &far.out[far.first++ % OUT_MAX];

		far.n--;
		len = out->len < size ? out->len : size;
		memcpy(frame, out->bytes, len);
		free(out->bytes);
	}
	pthread_mutex_unlock(&far.lock);
	return len;
}
