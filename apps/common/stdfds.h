/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_APPS_COMMON_STDFDS_H
#define PLX_APPS_COMMON_STDFDS_H

/*
 * Opens /dev/null for those of the descriptors 0 to 2 that are closed, so that no memory, socket or file of ours
 * gets such a number and is then read as standard input or written as standard error. First thing in main().
 */
void stdfds_open(void);

#endif
