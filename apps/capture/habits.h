/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of tcpdump and dumpcap that fingers know and that are something else here. */
#ifndef PLX_APPS_CAPTURE_HABITS_H
#define PLX_APPS_CAPTURE_HABITS_H

#include <pollux/plx_base.h>

/* An option that is unknown, dashes included: a better sentence in why, if it is one of these. */
void habits_explain(const char *typed, struct plx_why *why);

/* tcpdump's -d and -p, which have other meanings here, where the next word shows that they were meant. 0 or -EINVAL. */
int habits_check(const char *word, const char *next, struct plx_why *why);

#endif
