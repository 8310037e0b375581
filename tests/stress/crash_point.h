/* SPDX-License-Identifier: BSD-3-Clause */
/* In front of lib/cluster/slave.c, when that is compiled for the crash tests: where a slave may end. */
#ifndef PLX_TESTS_STRESS_CRASH_POINT_H
#define PLX_TESTS_STRESS_CRASH_POINT_H

/* Ends the process if it is its turn (crash.h). */
void crash_point(int line);

#define PLX_CLUSTER_POINT() crash_point(__LINE__)

#endif
