/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the devices that were handed over had before: a file each in /run/pollux/devbind, with the name of the kernel driver.
 * It goes with the machine's next start, as the binding does.
 */
#ifndef PLX_APPS_DEVBIND_MEMO_H
#define PLX_APPS_DEVBIND_MEMO_H

#include "card.h"

/* Remembers the driver. 0 or -errno, -EROFS as machine_write(). */
int memo_keep(const struct machine *m, const char *address, const char *driver);

/* False, and "", if nothing is remembered that could be a driver. */
bool memo_read(const struct machine *m, const char *address, char *driver, size_t size);

void memo_forget(const struct machine *m, const char *address);

/* The addresses that something is remembered of; names_free. */
void memo_list(const struct machine *m, struct names *ret_addresses);

#endif
