/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How rx lcores wake a writer that sleeps. The writer arms it whenever it found nothing; who then brings packets
 * disarms it and makes one system call. Arming and the last look for packets are not fenced against each
 * other: a call that gets lost in between costs the 10 ms that an idle loop sleeps at most.
 */
#ifndef PLX_APPS_CAPTURE_WAKE_H
#define PLX_APPS_CAPTURE_WAKE_H

#include <pollux/plx_base.h>

#include <stdatomic.h>

struct wake {
	int fd; /* readable when called; -1: nobody ever sleeps */
	_Atomic bool armed;
};

/* 0 or -errno. */
int wake_init(struct wake *wake);
void wake_fini(struct wake *wake);

/* Thread: the writer. */
void wake_arm(struct wake *wake);

void wake_call_slow(struct wake *wake);

/* Thread: any. Path: hot, one load but when the writer is idle. */
static inline void
wake_call(struct wake *wake)
{
	if (PLX_UNLIKELY(atomic_load_explicit(&wake->armed, memory_order_relaxed)))
		wake_call_slow(wake);
}

#endif
