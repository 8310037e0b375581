/* SPDX-License-Identifier: BSD-3-Clause */
/* How long tests wait for what only has to happen: a processor of a virtual machine may stand still for 20 seconds. */
#ifndef PLX_TESTS_PATIENCE_H
#define PLX_TESTS_PATIENCE_H

#include <time.h>

#define PATIENCE_MS 60000

static inline void
patience_nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Until the condition holds, which the caller asserts. Naps are counted, not time: when the whole machine stood still, it goes on. */
#define WAIT_UNTIL(condition)                                                  \
	for (unsigned naps_ = 0; naps_ < PATIENCE_MS && !(condition); naps_++) \
	patience_nap()

#endif
