/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLX_EAL_DEVICE_PRIV_H
#define PLX_EAL_DEVICE_PRIV_H

#include "plx_driver.h"

/* Removes every device, the last probed first. */
void plx_device_remove_all(void);

/* A device is asked back (removal.c). Thread: the control thread. */
void plx_device_tell_removal(const char *name);

#endif
