/* SPDX-License-Identifier: BSD-3-Clause */
#include "patient.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stop.h"

#define AGAIN_NS 100000000

struct patient_sink {
	struct plx_pcapfile_sink sink;
	struct plx_pcapfile_sink *inner;
	struct trouble *trouble;
	struct release *release;
	bool forever;
	bool waited;
};

static void
say(const struct patient_sink *s, int err)
{
	struct plx_why why;

	plx_why(&why, err, "cannot write '%s': %s", s->sink.name, strerror(-err));
	trouble_say(s->trouble, err, why.text, "the writer waits until there is room");
}

/* Whether there may be room after a moment: the space of files beyond those that were freed before, or whatever people do. */
static bool
wait_for_room(struct patient_sink *s, int err, uint64_t released)
{
	const struct timespec again = {0, AGAIN_NS};

	/* A file that is as large as one may be has no room tomorrow, either. */
	if (trouble_kind(err) != TROUBLE_FULL || err == -EFBIG)
		return false;
	if (release_wait(s->release, released))
		return true;
	if (!s->forever || stop_requested())
		return false;
	say(s, err);
	s->waited = true;
	nanosleep(&again, NULL);
	return true;
}

static int
patient_write(struct plx_pcapfile_sink *sink, const void *data, size_t len, size_t *ret_done)
{
	struct patient_sink *s = PLX_CONTAINER_OF(sink, struct patient_sink, sink);
	uint64_t released = release_done(s->release);
	size_t done = 0;
	int err;

	s->waited = false;
	*ret_done = 0;
	while ((err = s->inner->ops->write(s->inner, (const uint8_t *)data + *ret_done,
					   len - *ret_done, &done)) != 0) {
		*ret_done += done;
		if (!wait_for_room(s, err, released))
			return err;
		released = release_done(s->release);
	}
	*ret_done = len;
	if (s->waited)
		trouble_over(s->trouble, s->sink.name, 0);
	return 0;
}

static int
patient_truncate(struct plx_pcapfile_sink *sink, uint64_t size)
{
	struct patient_sink *s = PLX_CONTAINER_OF(sink, struct patient_sink, sink);

	return s->inner->ops->truncate != NULL ? s->inner->ops->truncate(s->inner, size) : -ESPIPE;
}

static int
patient_close(struct plx_pcapfile_sink *sink)
{
	struct patient_sink *s = PLX_CONTAINER_OF(sink, struct patient_sink, sink);
	int err = s->inner->ops->close(s->inner);

	free(s);
	return err;
}

static const struct plx_pcapfile_sink_ops patient_ops = {patient_write, patient_truncate,
							 patient_close};

int
patient_sink_make(struct plx_pcapfile_sink *inner, struct trouble *trouble, struct release *release,
		  bool forever, struct plx_pcapfile_sink **ret_sink)
{
	struct patient_sink *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->sink.ops = &patient_ops;
	s->sink.name = inner->name;
	s->inner = inner;
	s->trouble = trouble;
	s->release = release;
	s->forever = forever;
	*ret_sink = &s->sink;
	return 0;
}
