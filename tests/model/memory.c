/* SPDX-License-Identifier: BSD-3-Clause */
/* What a load may see, and whether a plain access races: as said in machine.h. */
#include "machine_priv.h"

#include <stdio.h>
#include <string.h>

struct history machine_history[PLACES];
uint32_t machine_places;

/* Found as they are met: the same ones in every state. */
static struct {
	const uint8_t *at;
	uint32_t size;
	uint32_t writers, readers; /* a bit a thread; readers that took it for their own */
} places[PLACES];
static const uint8_t *cells[CELLS];
static uint32_t nb_cells;
static bool again;

void
memory_reset(void)
{
	memset(machine_history, 0, sizeof(machine_history));
	again = false;
}

void
memory_forget(void)
{
	memset(places, 0, sizeof(places));
	machine_places = nb_cells = 0;
}

bool
memory_begin_again(void)
{
	return again;
}

static int
find_place(const uint8_t *at)
{
	for (uint32_t i = 0; i < machine_places; i++)
		if (at >= places[i].at && at < places[i].at + places[i].size)
			return (int)i;
	return -1;
}

static uint32_t
find_cell(const uint8_t *at)
{
	at = (const uint8_t *)((uintptr_t)at & ~(uintptr_t)3);
	for (uint32_t i = 0; i < nb_cells; i++)
		if (cells[i] == at)
			return i;
	if (nb_cells == CELLS)
		machine_fail("more than %u cells", CELLS);
	cells[nb_cells] = at;
	return nb_cells++;
}

uint32_t
memory_place(const void *at, uint32_t size)
{
	int i = find_place(at);

	if (i >= 0) {
		if (places[i].at != at || places[i].size != size)
			machine_fail("accesses of different sizes at one place");
		return (uint32_t)i;
	}
	if (machine_places == PLACES)
		machine_fail("more than %u places", PLACES);
	for (uint32_t k = 0; k < nb_cells; k++)
		if (cells[k] < (const uint8_t *)at + size && cells[k] + 4 > (const uint8_t *)at)
			again = true; /* was taken for a plain one */
	places[machine_places].at = at;
	places[machine_places].size = size;
	return machine_places++;
}

/* -- views ----------------------------------------------------------------------------------------------- */

void
memory_first_view(struct view *view)
{
	memset(view, 0, sizeof(*view));
	view->writes = UINT64_MAX;
	memset(view->reads, 0xff, sizeof(view->reads));
}

void
memory_join(struct view *view, const struct view *other)
{
	view->writes |= other->writes;
	for (unsigned i = 0; i < MACHINE_THREADS; i++)
		view->reads[i] |= other->reads[i];
	for (uint32_t i = 0; i < machine_places; i++)
		if (other->at[i] > view->at[i])
			view->at[i] = other->at[i];
}

/* Calls f for every view there is but the running thread's own. */
static void
each_view(void (*f)(struct view *view, uint32_t a, uint32_t b), uint32_t a, uint32_t b)
{
	f(&machine.fences, a, b);
	for (uint32_t i = 0; i < machine.nb_threads; i++) {
		f(&machine.thread[i].seen, a, b);
		f(&machine.thread[i].acquirable, a, b);
		f(&machine.thread[i].released, a, b);
	}
	for (uint32_t i = 0; i < machine_places; i++)
		for (uint32_t k = 0; k <= machine_history[i].older; k++)
			f(&machine_history[i].message[k].view, a, b);
}

/* -- values ---------------------------------------------------------------------------------------------- */

static uint64_t
in_memory(uint32_t place)
{
	uint64_t value = 0;

	memcpy(&value, places[place].at, places[place].size);
	return value;
}

static uint64_t
value_of(uint32_t place, uint32_t k)
{
	return k == machine_history[place].older ? in_memory(place)
						 : machine_history[place].message[k].value;
}

static void
move_up(struct view *view, uint32_t place, uint32_t from)
{
	if (view->at[place] >= from)
		view->at[place]++;
}

static uint32_t
bit_of(const struct thread *thread)
{
	return 1u << (thread - machine.thread);
}

bool
memory_is_own(const struct thread *thread)
{
	uint32_t place = thread->pending.place;

	if ((places[place].writers & ~bit_of(thread)) != 0)
		return false;
	places[place].readers |= bit_of(thread);
	return true;
}

/* Makes a message at index k of a place; those from there on are newer. */
static struct message *
insert(const struct thread *thread, uint32_t place, uint32_t k, uint64_t value)
{
	struct history *history = &machine_history[place];
	uint32_t n = history->older + 1;

	places[place].writers |= bit_of(thread);
	if ((places[place].readers & ~bit_of(thread)) != 0) {
		places[place].readers = 0;
		again = true;
	}
	if (n == HISTORY)
		machine_fail("more than %u writes that might be seen", HISTORY);
	history->message[n - 1].value = in_memory(place);
	memmove(&history->message[k + 1], &history->message[k], (n - k) * sizeof(struct message));
	memset(&history->message[k], 0, sizeof(struct message));
	if (k < n)
		each_view(move_up, place, k);
	history->older = (uint8_t)n;
	if (k == n)
		memcpy((void *)(uintptr_t)places[place].at, &value, places[place].size);
	else
		history->message[k].value = value;
	history->message[n].value = 0;
	return &history->message[k];
}

/* -- plain accesses -------------------------------------------------------------------------------------- */

static void
forget_write(struct view *view, uint32_t cell, uint32_t unused)
{
	view->writes &= ~(1ULL << cell);
}

static void
forget_read(struct view *view, uint32_t cell, uint32_t reader)
{
	view->reads[reader] &= ~(1ULL << cell);
}

static void
cell_access(uint32_t cell, bool writes, const void *from)
{
	struct thread *thread = machine_running;
	uint32_t self = (uint32_t)(thread - machine.thread);
	uint64_t bit = 1ULL << cell;

	if ((thread->seen.writes & bit) == 0)
		machine_fail("a plain %s at %p races with a write", writes ? "write" : "read",
			     from);
	if (!writes) {
		each_view(forget_read, cell, self);
		thread->seen.reads[self] |= bit;
		thread->acquirable.reads[self] |= bit;
		return;
	}
	for (unsigned i = 0; i < MACHINE_THREADS; i++)
		if (i != self && (thread->seen.reads[i] & bit) == 0)
			machine_fail("a plain write at %p races with a read", from);
	each_view(forget_write, cell, 0);
	thread->seen.writes |= bit;
	thread->acquirable.writes |= bit;
}

/* A plain access to what others access atomically: only when it is known what is there. */
static void
place_access(uint32_t place, bool writes, const void *from)
{
	struct thread *thread = machine_running;
	struct history *history = &machine_history[place];

	if (thread->seen.at[place] != history->older)
		machine_fail("a plain access at %p races with an atomic one", from);
	if (!writes)
		return;
	insert(thread, place, history->older + 1u, in_memory(place));
	thread->seen.at[place] = thread->acquirable.at[place] = history->older;
}

void
memory_plain(const void *at, uint32_t size, bool writes, const void *from)
{
	const uint8_t *byte = at, *end = byte + size;

	while (byte < end) {
		int place = find_place(byte);

		if (place >= 0) {
			place_access((uint32_t)place, writes, from);
			byte = places[place].at + places[place].size;
		} else {
			cell_access(find_cell(byte), writes, from);
			byte = (const uint8_t *)(((uintptr_t)byte & ~(uintptr_t)3) + 4);
		}
	}
}

/* -- atomic ones ----------------------------------------------------------------------------------------- */

static bool
acquires(int order)
{
	return order == __ATOMIC_ACQUIRE || order == __ATOMIC_CONSUME || order >= __ATOMIC_ACQ_REL;
}

static bool
releases(int order)
{
	return order == __ATOMIC_RELEASE || order >= __ATOMIC_ACQ_REL;
}

/* Where a write may come to stand: behind all that the thread has seen, and not within a change. */
static bool
fits(const struct history *history, uint32_t k)
{
	return k > history->older || !history->message[k].rmw;
}

static bool
compares(const struct pending *pending, uint32_t k)
{
	return pending->change != CHANGE_COMPARE ||
	       value_of(pending->place, k) == pending->expected;
}

/* Whether the k-th message is one to go on with. */
static bool
is_way(const struct pending *pending, uint32_t k)
{
	const struct history *history = &machine_history[pending->place];

	switch (pending->step) {
	case STEP_STORE:
		return fits(history, k + 1);
	case STEP_CHANGE:
		return !compares(pending, k) || fits(history, k + 1);
	default:
		return true;
	}
}

uint32_t
memory_ways(const struct thread *thread)
{
	const struct pending *pending = &thread->pending;
	uint32_t n = 0;

	if (pending->step == STEP_FENCE)
		return 1;
	for (uint32_t k = thread->seen.at[pending->place];
	     k <= machine_history[pending->place].older; k++)
		n += is_way(pending, k);
	return n;
}

static uint64_t
changed(const struct pending *pending, uint64_t old)
{
	switch (pending->change) {
	case CHANGE_ADD:
		return old + pending->value;
	case CHANGE_SUB:
		return old - pending->value;
	case CHANGE_AND:
		return old & pending->value;
	case CHANGE_OR:
		return old | pending->value;
	case CHANGE_XOR:
		return old ^ pending->value;
	default:
		return pending->value;
	}
}

static void
do_load(struct thread *thread, uint32_t k, int order)
{
	struct pending *pending = &thread->pending;
	const struct view *view = &machine_history[pending->place].message[k].view;

	pending->result = value_of(pending->place, k);
	thread->seen.at[pending->place] = (uint8_t)k;
	if (acquires(order))
		memory_join(&thread->seen, view);
	memory_join(&thread->acquirable, view);
	memory_join(&thread->acquirable, &thread->seen);
}

/* Behind message k. */
static void
do_store(struct thread *thread, uint32_t k, uint64_t value)
{
	struct pending *pending = &thread->pending;
	uint32_t place = pending->place;
	struct message *message = insert(thread, place, k + 1, value);

	thread->seen.at[place] = thread->acquirable.at[place] = (uint8_t)(k + 1);
	message->view = releases(pending->order) ? thread->seen : thread->released;
	message->view.at[place] = (uint8_t)(k + 1);
	if (pending->step != STEP_CHANGE)
		return;
	message->rmw = true;
	memory_join(&message->view, &machine_history[place].message[k].view);
}

static void
do_change(struct thread *thread, uint32_t k)
{
	struct pending *pending = &thread->pending;
	bool stores = compares(pending, k);

	do_load(thread, k, stores ? pending->order : pending->failure);
	pending->changed = stores;
	if (stores)
		do_store(thread, k, changed(pending, pending->result));
}

static void
do_fence(struct thread *thread)
{
	int order = thread->pending.order;

	if (acquires(order))
		thread->seen = thread->acquirable;
	if (order == __ATOMIC_SEQ_CST) {
		memory_join(&thread->seen, &machine.fences);
		machine.fences = thread->seen;
		memory_join(&thread->acquirable, &thread->seen);
	}
	if (releases(order))
		thread->released = thread->seen;
}

void
memory_do(struct thread *thread, uint32_t way)
{
	struct pending *pending = &thread->pending;
	uint32_t k = pending->step == STEP_FENCE ? 0 : thread->seen.at[pending->place];

	if (pending->step != STEP_FENCE) {
		while (!is_way(pending, k))
			k++;
		for (; way > 0; way--)
			do
				k++;
			while (!is_way(pending, k));
	}
	if (pending->step == STEP_LOAD)
		do_load(thread, k, pending->order);
	else if (pending->step == STEP_STORE)
		do_store(thread, k, pending->value);
	else if (pending->step == STEP_CHANGE)
		do_change(thread, k);
	else
		do_fence(thread);
}

/* -- what nobody sees any more --------------------------------------------------------------------------- */

static void
drop_place(struct view *view, uint32_t place, uint32_t unused)
{
	view->at[place] = 0;
}

static void
drop_cell(struct view *view, uint32_t cell, uint32_t unused)
{
	uint64_t bit = 1ULL << cell;

	view->writes |= bit;
	for (unsigned i = 0; i < MACHINE_THREADS; i++)
		view->reads[i] |= bit;
}

void
memory_drop(const void *p, size_t bytes)
{
	const uint8_t *from = p, *to = from + bytes;

	for (uint32_t i = 0; i < machine_places; i++)
		if (places[i].at >= from && places[i].at < to) {
			memset(&machine_history[i], 0, sizeof(machine_history[i]));
			each_view(drop_place, i, 0);
		}
	for (uint32_t i = 0; i < nb_cells; i++)
		if (cells[i] >= from && cells[i] < to)
			each_view(drop_cell, i, 0);
}

static void
move_down(struct view *view, uint32_t place, uint32_t n)
{
	view->at[place] = view->at[place] > n ? (uint8_t)(view->at[place] - n) : 0;
}

void
memory_tidy(void)
{
	for (uint32_t i = 0; i < machine_places; i++) {
		struct history *history = &machine_history[i];
		uint32_t least = history->older;

		for (uint32_t t = 0; t < machine.nb_threads; t++)
			if (machine.thread[t].pending.step < STEP_OVER &&
			    machine.thread[t].seen.at[i] < least)
				least = machine.thread[t].seen.at[i];
		if (least == 0)
			continue;
		history->older = (uint8_t)(history->older - least);
		memmove(history->message, history->message + least,
			(history->older + 1u) * sizeof(struct message));
		each_view(move_down, i, least);
	}
}
