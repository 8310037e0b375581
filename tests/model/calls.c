/* SPDX-License-Identifier: BSD-3-Clause */
/* What gcc and clang call for each access of code that is compiled with -fsanitize=thread. */
#include "machine_priv.h"

#include <string.h>

#define HERE __builtin_return_address(0)

void
__tsan_init(void)
{
}

void
__tsan_func_entry(void *from)
{
}

void
__tsan_func_exit(void)
{
}

static void
plain(const void *at, size_t size, bool writes, const void *from)
{
	if (machine_running != NULL && machine_is_shared(at))
		memory_plain(at, (uint32_t)size, writes, from);
}

#define PLAIN(size)                                 \
	void __tsan_read##size(void *at)            \
	{                                           \
		plain(at, size, false, HERE);       \
	}                                           \
	void __tsan_write##size(void *at)           \
	{                                           \
		plain(at, size, true, HERE);        \
	}                                           \
	void __tsan_unaligned_read##size(void *at)  \
	{                                           \
		plain(at, size, false, HERE);       \
	}                                           \
	void __tsan_unaligned_write##size(void *at) \
	{                                           \
		plain(at, size, true, HERE);        \
	}

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void
__tsan_read_range(void *at, size_t size)
{
	plain(at, size, false, HERE);
}

void
__tsan_write_range(void *at, size_t size)
{
	plain(at, size, true, HERE);
}

void *
__tsan_memcpy(void *to, const void *from, size_t size)
{
	plain(from, size, false, HERE);
	plain(to, size, true, HERE);
	return memcpy(to, from, size);
}

void *
__tsan_memset(void *to, int byte, size_t size)
{
	plain(to, size, true, HERE);
	return memset(to, byte, size);
}

/* What is one thread's own is done at once. */
static bool
is_step(const volatile void *at)
{
	return machine_running != NULL && machine_is_shared((const void *)(uintptr_t)at);
}

static struct pending
about(enum step step, const volatile void *at, uint32_t size, int order, const void *from)
{
	return (struct pending){.step = step,
				.at = (void *)(uintptr_t)at,
				.place = memory_place((const void *)(uintptr_t)at, size),
				.size = size,
				.order = order,
				.from = from};
}

static uint64_t
change(enum change kind, const volatile void *at, uint32_t size, uint64_t value, int order,
       const void *from)
{
	struct pending pending = about(STEP_CHANGE, at, size, order, from);

	pending.change = kind;
	pending.value = value;
	machine_step(&pending);
	return pending.result;
}

#define ATOMIC(bits, type)                                                                    \
	type __tsan_atomic##bits##_load(const volatile type *at, int order)                   \
	{                                                                                     \
		struct pending pending;                                                       \
                                                                                              \
		if (!is_step(at))                                                             \
			return *at;                                                           \
		pending = about(STEP_LOAD, at, sizeof(type), order, HERE);                    \
		machine_step(&pending);                                                       \
		return (type)pending.result;                                                  \
	}                                                                                     \
	void __tsan_atomic##bits##_store(volatile type *at, type value, int order)            \
	{                                                                                     \
		struct pending pending;                                                       \
                                                                                              \
		if (!is_step(at)) {                                                           \
			*at = value;                                                          \
			return;                                                               \
		}                                                                             \
		pending = about(STEP_STORE, at, sizeof(type), order, HERE);                   \
		pending.value = value;                                                        \
		machine_step(&pending);                                                       \
	}                                                                                     \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *at, type *expected,  \
							  type value, int order, int failure) \
	{                                                                                     \
		struct pending pending;                                                       \
		bool done;                                                                    \
                                                                                              \
		if (!is_step(at)) {                                                           \
			done = *at == *expected;                                              \
			if (done)                                                             \
				*at = value;                                                  \
			else                                                                  \
				*expected = *at;                                              \
			return done;                                                          \
		}                                                                             \
		pending = about(STEP_CHANGE, at, sizeof(type), order, HERE);                  \
		pending.change = CHANGE_COMPARE;                                              \
		pending.expected = *expected;                                                 \
		pending.value = value;                                                        \
		pending.failure = failure;                                                    \
		machine_step(&pending);                                                       \
		if (!pending.changed)                                                         \
			*expected = (type)pending.result;                                     \
		return pending.changed;                                                       \
	}

/* As clang calls it. */
#define COMPARE_VALUE(bits, type)                                                           \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *at, type expected,   \
							type value, int order, int failure) \
	{                                                                                   \
		__tsan_atomic##bits##_compare_exchange_strong(at, &expected, value, order,  \
							      failure);                     \
		return expected;                                                            \
	}

#define CHANGE(bits, type, name, kind, result)                                           \
	type __tsan_atomic##bits##_##name(volatile type *at, type value, int order)      \
	{                                                                                \
		type old = *at;                                                          \
                                                                                         \
		if (is_step(at))                                                         \
			return (type)change(kind, at, sizeof(type), value, order, HERE); \
		*at = (type)(result);                                                    \
		return old;                                                              \
	}

#define ALL(bits, type)                                        \
	ATOMIC(bits, type)                                     \
	COMPARE_VALUE(bits, type)                              \
	CHANGE(bits, type, exchange, CHANGE_SWAP, value)       \
	CHANGE(bits, type, fetch_add, CHANGE_ADD, old + value) \
	CHANGE(bits, type, fetch_sub, CHANGE_SUB, old - value) \
	CHANGE(bits, type, fetch_and, CHANGE_AND, old &value)  \
	CHANGE(bits, type, fetch_or, CHANGE_OR, old | value)   \
	CHANGE(bits, type, fetch_xor, CHANGE_XOR, old ^ value)

ALL(8, uint8_t)
ALL(16, uint16_t)
ALL(32, uint32_t)
ALL(64, uint64_t)

void
__tsan_atomic_thread_fence(int order)
{
	struct pending pending = {.step = STEP_FENCE, .order = order, .from = HERE};

	if (machine_running != NULL)
		machine_step(&pending);
}

void
__tsan_atomic_signal_fence(int order)
{
}
