/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said to programs (--json, --summary): a line of JSON a period, and one at the end with everything
 * that the summary tells people. README.md shows one.
 */
#ifndef PLX_APPS_CAPTURE_REPORT_H
#define PLX_APPS_CAPTURE_REPORT_H

#include "capture.h"
#include "progress.h"

#include <jansson.h>

/* Opens capture->report, where the settings ask for one. -errno with a sentence. */
int report_open(struct capture *capture, struct plx_why *why);
/* -EIO with a sentence if a line could not be written into a file; standard output is judged by stdfds_end(). Safe to repeat. */
int report_close(struct capture *capture, struct plx_why *why);

/* What happened so far, for who asks through the control socket. Thread: main. */
json_t *report_now(const struct capture *capture);

/* What happened since `last`, the totals of last_ns; now_ns and last_ns by the monotonic clock. */
void report_period(const struct capture *capture, const struct capture_totals *last,
		   uint64_t last_ns, uint64_t now_ns);

/* The end; ports and outputs are closed. `status` is what the program is about to end with. */
void report_end(const struct capture *capture, const struct progress *progress, int status);

#endif
