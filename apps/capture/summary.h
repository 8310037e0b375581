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

/* Why it ended. */
enum summary_reason {
	SUMMARY_OUTPUT_FAILED,
	SUMMARY_COUNT,
	SUMMARY_FILES, /* all that were asked for are full */
	SUMMARY_SIGNAL,
	SUMMARY_INPUT_ENDED,
	SUMMARY_DURATION,
	SUMMARY_READER_GONE,
	SUMMARY_OTHER,
};
enum summary_reason summary_reason(const struct capture *capture, const struct progress *progress);

/* From what the ports delivered to what is in the files, as of now. Thread: any, but that `lost` of outputs is
 * known at their end only. */
void summary_account(const struct capture *capture, const struct plx_ethdev_ledger *ledgers,
		     struct account *ret_account);

/* True if every packet the ports received is accounted for. */
bool summary_adds_up(const struct capture *capture);

#endif
