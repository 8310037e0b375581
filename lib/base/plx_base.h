/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words every other header is written in: attributes, sizes, container_of, and struct plx_why, the
 * sentence that goes with an error. No function here allocates, logs or keeps state.
 * Thread: any. Path: hot, unless a function says otherwise. */
#ifndef PLX_LIB_BASE_PLX_BASE_H
#define PLX_LIB_BASE_PLX_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Public headers stand between these two: C linkage, and the only symbols the shared library shows. */
#ifdef __cplusplus
#define PLX_BEGIN_DECLS \
	extern "C" {    \
	_Pragma("GCC visibility push(default)")
#define PLX_END_DECLS                 \
	_Pragma("GCC visibility pop") \
	}
#define PLX_STATIC_ASSERT(cond, text) static_assert(cond, text)
#else
#define PLX_BEGIN_DECLS		      _Pragma("GCC visibility push(default)")
#define PLX_END_DECLS		      _Pragma("GCC visibility pop")
#define PLX_STATIC_ASSERT(cond, text) _Static_assert(cond, text)
#endif

#define PLX_CACHE_LINE 64

#define PLX_ALIGNED(n)	     __attribute__((aligned(n)))
#define PLX_CACHE_ALIGNED    PLX_ALIGNED(PLX_CACHE_LINE)
#define PLX_PACKED	     __attribute__((packed))
#define PLX_VECTOR(bytes)    __attribute__((vector_size(bytes)))
#define PLX_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define PLX_TARGET(isa)	     __attribute__((target(isa))) /* who calls has asked the processor */
#define PLX_UNUSED	     __attribute__((unused))
#define PLX_NOINLINE	     __attribute__((noinline))
#define PLX_COLD	     __attribute__((cold, noinline))
#define PLX_MUST_CHECK	     __attribute__((warn_unused_result))
/* Only where a benchmark shows that the compiler must be told. */
#define PLX_ALWAYS_INLINE inline __attribute__((always_inline))
/* Thread-local state that the data path reads: one load, also inside a shared library. */
#define PLX_THREAD_HOT __thread __attribute__((tls_model("initial-exec")))

#define PLX_LIKELY(x)	__builtin_expect(!!(x), 1)
#define PLX_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define PLX_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define PLX_CONTAINER_OF(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

/* 1 under the thread sanitizer, which does not see every order that processors and kernels keep. */
#if defined(__SANITIZE_THREAD__)
#define PLX_THREADS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLX_THREADS_SANITIZED 1
#endif
#endif
#ifndef PLX_THREADS_SANITIZED
#define PLX_THREADS_SANITIZED 0
#endif

/* Tells the processor that this is a spin loop. */
static inline void
plx_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Brings the cache line of p near, to be read soon; any address will do. */
static inline void
plx_prefetch(const void *p)
{
	__builtin_prefetch(p, 0, 3);
}

/* The same, to be written. */
static inline void
plx_prefetch_write(const void *p)
{
#if defined(__x86_64__)
	/* The compiler would take a mere read: x86-64-v2 does not promise the instruction. Processors without it do nothing. */
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
#else
	__builtin_prefetch(p, 1, 3);
#endif
}

/*
 * At the end of a sentence about what a machine lacks: which check of plx-doctor tells more. The ids are those of
 * apps/doctor/check.c, which a style test sees to.
 */
#define PLX_DOCTOR(id) " (plx-doctor " id ")"

PLX_BEGIN_DECLS

/*
 * Why a slow function failed, for a person: what was checked, what was found, what mends it. The caller
 * owns it, usually on the stack; functions that take one accept NULL. It is written on failure only.
 */
struct plx_why {
	char text[512];
};

/*
 * Writes the sentence and returns err, so that a failing function ends with
 * `return plx_why(why, -EINVAL, "...")`. Thread: any. Path: slow.
 */
int plx_why(struct plx_why *why, int err, const char *format, ...) PLX_PRINTF(3, 4) PLX_COLD;

/*
 * Puts a context in front of what is already there ("net_tap0: " + "no such interface") and returns err. Thread: any. Path: slow.
 */
int plx_why_prefix(struct plx_why *why, int err, const char *format, ...) PLX_PRINTF(3, 4) PLX_COLD;

PLX_END_DECLS

#endif
