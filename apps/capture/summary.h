/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said at the beginning and at the end, on standard error. */
#ifndef PLX_APPS_CAPTURE_SUMMARY_H
#define PLX_APPS_CAPTURE_SUMMARY_H

#include "capture.h"
#include "progress.h"

/* What is captured, how, and where to. */
void summary_begin(const struct capture *capture, FILE *out);

/* Why it ended, the accounts, the files and the conversations. */
void summary_end(const struct capture *capture, const struct progress *progress, FILE *out);

/* True if every packet the ports received is accounted for. */
bool summary_adds_up(const struct capture *capture);

#endif
