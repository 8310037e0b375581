/* SPDX-License-Identifier: BSD-3-Clause */
/* All the ways in which threads can go on: depth first, from state to state. */
#include "machine_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define SHARES	    8
#define AT_ONCE_MAX 16 /* then others are asked, too: or a loop of early steps would never end */
#define DEPTH_MAX   200000
#define STATES_MAX  (1u << 26)

struct machine machine;
struct thread *machine_running;

static uint8_t heap[HEAP_BYTES] PLX_ALIGNED(64);
static uint8_t stacks[MACHINE_THREADS][STACK_BYTES] PLX_ALIGNED(64);
static struct {
	const uint8_t *from, *to;
} shares[SHARES];
static uint32_t nb_shares;
static struct {
	uint32_t from, to;
} constants[SHARES];
static uint32_t nb_constants;

/* A state that is being looked at: where it is to go on from. */
struct node {
	uint8_t *image;
	size_t bytes;
	uint32_t thread, to, way; /* the next to be tried */
	uint32_t last_thread, last_way;
	bool all; /* threads; or what choose_threads thought enough */
};

static struct node *path;
static uint32_t depth;
static jmp_buf scheduler, bottom;
static uint64_t steps, states, ends;
static uint32_t at_once;

/* -- what tests call --------------------------------------------------------------------------------------- */

void *
machine_alloc(size_t bytes)
{
	uint8_t *p = heap + machine.heap_used;

	bytes = (bytes + 63) & ~(size_t)63;
	if (bytes > HEAP_BYTES - machine.heap_used)
		machine_fail("the heap is too small");
	machine.heap_used += (uint32_t)bytes;
	memset(p, 0, bytes);
	return p;
}

void
machine_share(void *p, size_t bytes)
{
	for (uint32_t i = 0; i < nb_shares; i++)
		if (shares[i].from == p)
			return;
	if (nb_shares == SHARES)
		machine_fail("more than %u shares", SHARES);
	shares[nb_shares].from = p;
	shares[nb_shares++].to = (uint8_t *)p + bytes;
}

void
machine_constant(void *p, size_t bytes)
{
	uint32_t from = (uint32_t)((uint8_t *)p - heap);

	if (nb_constants == SHARES || (nb_constants > 0 && constants[nb_constants - 1].to > from))
		machine_fail("constants that overlap, or too many");
	constants[nb_constants].from = from;
	constants[nb_constants++].to = from + (uint32_t)bytes;
}

void
machine_hide(bool hidden)
{
	machine.hidden = hidden;
}

bool
machine_is_shared(const void *p)
{
	const uint8_t *byte = p;

	if (machine.hidden)
		return false;
	for (uint32_t i = 0; i < nb_shares; i++)
		if (byte >= shares[i].from && byte < shares[i].to)
			return true;
	return false;
}

unsigned
machine_start(machine_body *body, void *arg)
{
	struct thread *thread = &machine.thread[machine.nb_threads];

	if (machine.nb_threads == MACHINE_THREADS)
		machine_fail("more than %u threads", MACHINE_THREADS);
	memset(thread, 0, sizeof(*thread));
	thread->body = body;
	thread->arg = arg;
	thread->pending.step = STEP_START;
	if (machine_running != NULL) {
		thread->seen = thread->acquirable = machine_running->seen;
	} else {
		memory_first_view(&thread->seen);
		thread->acquirable = thread->seen;
	}
	return machine.nb_threads++;
}

static void
print_path(void)
{
	static const char *const names[] = {"starts", "load",	"store", "change", "fence",
					    "pick",   "waited", "",	 "killed"};
	uint32_t first = depth > 400 ? depth - 400 : 0;

	for (uint32_t i = first; i < depth; i++) {
		const struct pending *did;
		const struct machine *then = (const void *)path[i].image;
		const struct thread *thread = &then->thread[path[i].last_thread];

		if (path[i].last_thread >= MACHINE_THREADS) {
			fprintf(stderr, "  %4u is killed\n", i);
			continue;
		}
		did = &thread->pending;
		fprintf(stderr, "  %4u thread %u %-6s", i, path[i].last_thread, names[did->step]);
		if (did->at != NULL)
			fprintf(stderr, " heap+%-4td value %llu order %d",
				(uint8_t *)did->at - heap, (unsigned long long)did->value,
				did->order);
		fprintf(stderr, " way %u from %p\n", path[i].last_way, did->from);
	}
}

void
machine_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "FOUND: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	print_path();
	if (machine_running == NULL)
		exit(1);
	_longjmp(bottom, 1);
}

uint32_t
machine_pick(uint32_t n)
{
	struct pending pending = {.step = STEP_PICK, .n = n};

	machine_step(&pending);
	return (uint32_t)pending.result;
}

void
machine_await(bool (*ready)(void *arg), void *arg)
{
	struct pending pending = {.step = STEP_AWAIT, .ready = ready, .arg = arg};

	machine_step(&pending);
}

bool
machine_is_over(unsigned thread)
{
	return machine.thread[thread].pending.step >= STEP_OVER;
}

bool
machine_was_killed(unsigned thread)
{
	return machine.thread[thread].pending.step == STEP_KILLED;
}

void
machine_learn(unsigned thread)
{
	memory_join(&machine_running->seen, &machine.thread[thread].seen);
	memory_join(&machine_running->acquirable, &machine_running->seen);
}

void
machine_forget(void *p, size_t bytes)
{
	memset(p, 0, bytes);
	memory_drop(p, bytes);
}

void
machine_forget_thread(unsigned thread)
{
	struct thread *over = &machine.thread[thread];
	enum step step = over->pending.step;

	memset(over, 0, sizeof(*over));
	over->pending.step = step;
}

void
machine_mortal(int thread)
{
	machine.mortal = thread;
}

/* -- threads ------------------------------------------------------------------------------------------------ */

static bool
can_die(const struct thread *thread)
{
	return !machine.killed && thread - machine.thread == machine.mortal;
}

/*
 * A step that need not be tried behind others' steps: what can follow is the same. A write may come to stand in front of writes
 * that are made later, and readers may overlook it; a read of what nobody else writes is as good now.
 */
static bool
is_early(const struct thread *thread)
{
	switch (thread->pending.step) {
	case STEP_START:
	case STEP_STORE:
		return true;
	case STEP_PICK:
		return thread->pending.n != 0;
	case STEP_LOAD:
		return memory_is_own(thread);
	case STEP_FENCE:
		return thread->pending.order != __ATOMIC_SEQ_CST;
	default:
		return false;
	}
}

static bool
is_at_once(const struct thread *thread)
{
	return thread->pending.step >= STEP_LOAD && thread->pending.step <= STEP_FENCE &&
	       at_once < AT_ONCE_MAX && !can_die(thread) && is_early(thread) &&
	       memory_ways(thread) == 1;
}

void PLX_NOINLINE
machine_step(struct pending *pending)
{
	struct thread *thread = machine_running;

	thread->pending = *pending;
	if (is_at_once(thread)) {
		at_once++;
		memory_do(thread, 0);
		memory_tidy();
		*pending = thread->pending;
		return;
	}
	thread->low = (uint8_t *)((uintptr_t)__builtin_frame_address(0) - 256);
	if (_setjmp(thread->context) == 0)
		_longjmp(scheduler, 1);
	*pending = thread->pending;
}

static void
thread_main(void)
{
	struct thread *thread = machine_running;

	thread->body(thread->arg);
	thread = machine_running;
	memset(&thread->pending, 0, sizeof(thread->pending));
	thread->pending.step = STEP_OVER;
	thread->low = NULL;
	_longjmp(scheduler, 1);
}

static void
start(struct thread *thread)
{
	static ucontext_t context;
	size_t i = (size_t)(thread - machine.thread);

	memset(stacks[i], 0, STACK_BYTES);
	getcontext(&context);
	context.uc_stack.ss_sp = stacks[i];
	context.uc_stack.ss_size = STACK_BYTES;
	context.uc_link = NULL;
	makecontext(&context, thread_main, 0);
	setcontext(&context);
}

/* Lets it run until its next step. What lies below its stack is cleared, so that no rest of it tells states apart. */
static void
go_on(struct thread *thread)
{
	machine_running = thread;
	at_once = 0;
	if (_setjmp(scheduler) == 0) {
		if (thread->low == NULL) {
			start(thread);
		} else {
			memset(thread->low - 1024, 0, 1024);
			_longjmp(thread->context, 1);
		}
	}
	machine_running = NULL;
}

static uint32_t
ways(const struct thread *thread)
{
	switch (thread->pending.step) {
	case STEP_START:
		return 1;
	case STEP_PICK:
		return thread->pending.n;
	case STEP_AWAIT:
		return thread->pending.ready(thread->pending.arg);
	case STEP_OVER:
	case STEP_KILLED:
		return 0;
	default:
		return memory_ways(thread);
	}
}

static void
take_step(struct thread *thread, uint32_t way)
{
	switch (thread->pending.step) {
	case STEP_PICK:
		thread->pending.result = way;
		break;
	case STEP_START:
	case STEP_AWAIT:
		break;
	default:
		memory_do(thread, way);
	}
	go_on(thread);
	memory_tidy();
}

static void
end_killed(void)
{
	struct thread *thread = &machine.thread[machine.mortal];

	memset(&thread->pending, 0, sizeof(thread->pending));
	thread->pending.step = STEP_KILLED;
	thread->low = NULL;
	machine.killed = true;
	memory_tidy();
}

/* -- images ------------------------------------------------------------------------------------------------- */

typedef void piece(void *memory, size_t bytes, uint8_t **image);

static void
piece_count(void *memory, size_t bytes, uint8_t **image)
{
	*image += bytes;
}

static void
piece_save(void *memory, size_t bytes, uint8_t **image)
{
	memcpy(*image, memory, bytes);
	*image += bytes;
}

static void
piece_load(void *memory, size_t bytes, uint8_t **image)
{
	memcpy(memory, *image, bytes);
	*image += bytes;
}

/* All that a state consists of. The machine comes first: it says how much there is of the rest. */
static void
each_piece(piece *f, uint8_t **image)
{
	f(&machine, sizeof(machine), image);
	for (uint32_t i = 0; i <= nb_constants; i++) {
		uint32_t from = i == 0 ? 0 : constants[i - 1].to;

		f(heap + from, (i < nb_constants ? constants[i].from : machine.heap_used) - from,
		  image);
	}
	for (uint32_t i = 0; i < machine.nb_threads; i++)
		if (machine.thread[i].low != NULL)
			f(machine.thread[i].low,
			  (size_t)(stacks[i] + STACK_BYTES - machine.thread[i].low), image);
	for (uint32_t i = 0; i < PLACES; i++) {
		f(&machine_history[i].older, 1, image);
		f(machine_history[i].message,
		  (machine_history[i].older + 1u) * sizeof(struct message), image);
	}
}

static size_t
image_bytes(void)
{
	uint8_t *end = NULL;

	each_piece(piece_count, &end);
	return (size_t)(uintptr_t)end;
}

static void
image_save(uint8_t *image)
{
	each_piece(piece_save, &image);
}

static void
image_load(uint8_t *image)
{
	each_piece(piece_load, &image);
}

/* -- states that were seen: 128 bits of each --------------------------------------------------------------- */

struct mark {
	uint64_t a, b;
};

static struct mark *marks;
static size_t marks_mask;

static uint64_t
mix(uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * 0x9e3779b97f4a7c15ULL;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static struct mark
mark_of(const uint8_t *image, size_t bytes)
{
	struct mark mark = {0x243f6a8885a308d3ULL, 0x13198a2e03707344ULL};
	uint64_t word;

	for (; bytes >= 8; bytes -= 8, image += 8) {
		memcpy(&word, image, 8);
		mark.a = mix(mark.a, word);
		mark.b = mix(mark.b ^ mark.a, word * 0xff51afd7ed558ccdULL + 1);
	}
	word = 0;
	memcpy(&word, image, bytes);
	mark.a = mix(mark.a, word) | 1; /* never that of an empty entry */
	mark.b = mix(mark.b, word + 1);
	return mark;
}

static void
marks_grow(void)
{
	size_t n = marks_mask + 1;
	struct mark *old = marks;

	marks_mask = n * 2 - 1;
	marks = calloc(n * 2, sizeof(*marks));
	if (marks == NULL)
		abort();
	for (size_t i = 0; i < n; i++) {
		size_t at = old[i].a & marks_mask;

		if (old[i].a == 0)
			continue;
		at = old[i].b & marks_mask;
		while (marks[at].a != 0)
			at = (at + 1) & marks_mask;
		marks[at] = old[i];
	}
	free(old);
}

/* True if it is new. */
static bool
mark_add(struct mark mark)
{
	size_t at = mark.b & marks_mask;

	for (; marks[at].a != 0; at = (at + 1) & marks_mask)
		if (marks[at].a == mark.a && marks[at].b == mark.b)
			return false;
	marks[at] = mark;
	if (++states * 2 > marks_mask)
		marks_grow();
	return true;
}

/* -- the search --------------------------------------------------------------------------------------------- */

/* All ended; or, if some wait and nobody can end that, a fault. */
static bool
is_end(void)
{
	bool over = true;

	for (uint32_t i = 0; i < machine.nb_threads; i++) {
		if (ways(&machine.thread[i]) != 0)
			return false;
		over = over && machine_is_over(i);
	}
	if (!over)
		machine_fail("threads wait for ever");
	return over;
}

static void
push(uint8_t *image, size_t bytes)
{
	struct node *node = &path[depth];

	if (depth == DEPTH_MAX)
		machine_fail("too deep");
	*node = (struct node){.image = malloc(bytes), .bytes = bytes};
	if (node->image == NULL)
		abort();
	memcpy(node->image, image, bytes);
	depth++;
}

/* One thread's, if that is enough. */
static void
choose_threads(struct node *node)
{
	node->thread = 0;
	node->to = machine.nb_threads;
	node->all = true;
	for (uint32_t i = 0; i < machine.nb_threads; i++)
		if (ways(&machine.thread[i]) != 0 && is_early(&machine.thread[i])) {
			node->thread = i;
			node->to = i + 1;
			node->all = false;
			return;
		}
}

/* It is not if it leads to where we have been: those it has put off might wait for ever. */
static void
choose_all(void)
{
	struct node *node = &path[depth - 1];

	if (depth == 0 || node->to == 0 || node->all)
		return;
	node->all = true;
	node->thread = node->way = 0;
	node->to = MACHINE_THREADS;
}

/* The next way out of the newest state that has one; false: all were gone. */
static bool
next_way(void)
{
	while (depth > 0) {
		struct node *node = &path[depth - 1];

		image_load(node->image);
		if (node->to == 0)
			choose_threads(node);
		for (; node->thread < node->to && node->thread < machine.nb_threads;
		     node->thread++, node->way = 0) {
			const struct thread *thread = &machine.thread[node->thread];
			uint32_t n = ways(thread);

			if (node->way >= n + (n != 0 && can_die(thread)))
				continue;
			node->last_thread = node->way < n ? node->thread : MACHINE_THREADS;
			node->last_way = node->way++;
			return true;
		}
		free(node->image);
		depth--;
	}
	return false;
}

static void
search(void (*end)(void))
{
	static uint8_t
		image[sizeof(machine) + sizeof(heap) + sizeof(stacks) + sizeof(machine_history)];

	do {
		size_t bytes = image_bytes();

		image_save(image);
		if (!mark_add(mark_of(image, bytes))) {
			choose_all();
		} else if (is_end()) {
			ends++;
			end();
		} else {
			push(image, bytes);
		}
		if (states == STATES_MAX)
			machine_fail("more states than this can tell apart");
		if (!next_way())
			return;
		steps++;
		if (path[depth - 1].last_thread == MACHINE_THREADS)
			end_killed();
		else
			take_step(&machine.thread[path[depth - 1].last_thread],
				  path[depth - 1].last_way);
	} while (!memory_begin_again());
}

static void
reset(void)
{
	while (depth > 0)
		free(path[--depth].image);
	free(marks);
	marks_mask = (1 << 16) - 1;
	marks = calloc(marks_mask + 1, sizeof(*marks));
	memset(&machine, 0, sizeof(machine));
	machine.mortal = -1;
	memset(heap, 0, sizeof(heap));
	memory_reset();
	steps = states = ends = 0;
	nb_shares = nb_constants = 0;
}

int
machine_run(const char *name, void (*setup)(void), void (*end)(void))
{
	path = calloc(DEPTH_MAX, sizeof(*path));
	if (path == NULL || _setjmp(bottom) != 0)
		return 1;
	memory_forget();
	do {
		reset();
		setup();
		search(end);
	} while (memory_begin_again());
	free(path);
	printf("%s: %llu states, %llu steps, %llu ends\n", name, (unsigned long long)states,
	       (unsigned long long)steps, (unsigned long long)ends);
	return ends == 0;
}

int
machine_prove(int argc, char **argv, const char *(*choose)(size_t i), void (*setup)(void),
	      void (*end)(void))
{
	const char *name;
	int status = 2;

	for (size_t i = 0; (name = choose(i)) != NULL; i++) {
		if (argc > 1 && strcmp(argv[1], name) != 0)
			continue;
		status = machine_run(name, setup, end);
		if (status != 0)
			break;
	}
	return status;
}
