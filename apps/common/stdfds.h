/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_APPS_COMMON_STDFDS_H
#define PLX_APPS_COMMON_STDFDS_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Opens /dev/null for those of the descriptors 0 to 2 that are closed, so that no memory, socket or file of ours
 * gets such a number and is then read as standard input or written as standard error. First thing in main().
 */
void stdfds_open(void);

/* Standard output was open when the program began: what it is asked to write there gets somewhere. */
bool stdfds_out_was_open(void);

/*
 * What was printed on `out`, standard output for NULL, and could not be written is told in a sentence, and makes an exit
 * status of 0 one of 1; any other stays. A pipe whose reader has gone is none of that: it has seen enough. Last thing in main();
 * returns the status.
 */
int stdfds_end(const char *program, FILE *out, int status);

#endif
