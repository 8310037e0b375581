/* SPDX-License-Identifier: BSD-3-Clause */
/* What the exit status tells. */
#ifndef PLX_APPS_TESTPMD_JUDGE_H
#define PLX_APPS_TESTPMD_JUDGE_H

#include "testpmd.h"

enum status {
	STATUS_FAILED = 1, /* a command of a script, a file, or the books */
	STATUS_REFUSED = 2,
};

/* Files that were cut or could not be written: the log has said which. */
void judge_files(struct app *app);

/* Packets that nobody can account for: stops the ports, and says which books do not add up. */
void judge_books(struct app *app);

#endif
