/* SPDX-License-Identifier: BSD-3-Clause */
#include "spoil.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
spoil_init(struct spoil *spoil, uint64_t seed)
{
	*spoil = (struct spoil){.seed = seed | 1};
	spoil->last = &spoil->first;
}

void
spoil_fini(struct spoil *spoil)
{
	while (spoil->first != NULL)
		spoil_release(spoil);
}

static bool
is_next(uint64_t *count, unsigned of)
{
	if (of == 0 || ++*count < of)
		return false;
	*count = 0;
	return true;
}

bool
spoil_drops(struct spoil *spoil)
{
	return is_next(&spoil->dropped_of, spoil->drop);
}

/* Another bit each time, the same ones in each run (xorshift64). */
static uint64_t
random_of(struct spoil *spoil)
{
	spoil->seed ^= spoil->seed << 13;
	spoil->seed ^= spoil->seed >> 7;
	spoil->seed ^= spoil->seed << 17;
	return spoil->seed;
}

bool
spoil_corrupts(struct spoil *spoil, uint8_t *bytes, size_t len)
{
	uint64_t bit;

	if (len == 0 || !is_next(&spoil->corrupted_of, spoil->corrupt))
		return false;
	bit = random_of(spoil) % (8 * len);
	bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	return true;
}

static void
gather(const struct plx_e1000_model_frame *frame, uint8_t *to)
{
	for (unsigned i = 0; i < frame->nb_parts; i++) {
		memcpy(to, frame->parts[i].iov_base, frame->parts[i].iov_len);
		to += frame->parts[i].iov_len;
	}
}

int
spoil_hold(struct spoil *spoil, const struct plx_e1000_model_frame *frame, uint64_t now_ns)
{
	struct held *held;

	if (spoil->nb_held == SPOIL_HELD_MAX)
		return -ENOBUFS;
	/* From the heap: who asks for a delay is not in a hurry. */
	held = malloc(sizeof(*held) + frame->len);
	if (held == NULL)
		return -ENOBUFS;
	gather(frame, held->bytes);
	held->next = NULL;
	held->due_ns = now_ns + spoil->delay_ns;
	held->part = (struct iovec){held->bytes, frame->len};
	held->frame = *frame;
	held->frame.parts = &held->part;
	held->frame.nb_parts = 1;
	*spoil->last = held;
	spoil->last = &held->next;
	spoil->nb_held++;
	return 0;
}

struct held *
spoil_due(struct spoil *spoil, uint64_t now_ns)
{
	return spoil->first != NULL && spoil->first->due_ns <= now_ns ? spoil->first : NULL;
}

void
spoil_release(struct spoil *spoil)
{
	struct held *held = spoil->first;

	spoil->first = held->next;
	if (spoil->first == NULL)
		spoil->last = &spoil->first;
	spoil->nb_held--;
	free(held);
}

uint64_t
spoil_next_ns(const struct spoil *spoil)
{
	return spoil->first != NULL ? spoil->first->due_ns : UINT64_MAX;
}
