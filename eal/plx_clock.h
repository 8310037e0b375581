/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time: the processor's counter, calibrated once against CLOCK_MONOTONIC_RAW, and nanoseconds of the day
 * made from it without a system call.
 * Thread: any. Path: hot, no system call, unless a function says otherwise. */
#ifndef PLX_EAL_PLX_CLOCK_H
#define PLX_EAL_PLX_CLOCK_H

#include "plx_base.h"

#include <time.h>

PLX_BEGIN_DECLS

/* Ticks of the invariant counter. Path: hot. */
static inline uint64_t
plx_clock_ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
#endif
}

/* Ticks a second. Valid after plx_eal_init; before it, the first call calibrates (10 ms). Path: hot from then on. */
uint64_t plx_clock_hz(void);

/* Length of a tick distance in nanoseconds; good for any distance up to centuries. */
uint64_t plx_clock_ticks_to_ns(uint64_t ticks);
uint64_t plx_clock_ns_to_ticks(uint64_t ns);

/* Nanoseconds since the Unix epoch (CLOCK_REALTIME) of a moment given in ticks, re-anchored to the
 * kernel's clock at least once a second of use. Thread: any. Path: warm, no system call but then. */
uint64_t plx_clock_ticks_to_realtime_ns(uint64_t ticks);

/* CLOCK_REALTIME now, by the counter. */
uint64_t plx_clock_realtime_ns(void);

/* CLOCK_MONOTONIC now, by the kernel. Path: warm. */
uint64_t plx_clock_monotonic_ns(void);

/* Busy-waits. Path: slow. */
void plx_clock_delay_us(unsigned us);

/* What the ticks are, for file headers and `show`: "tsc 2596.1 MHz, invariant". A constant. Path: slow. */
const char *plx_clock_source(void);

PLX_END_DECLS

#endif
