/* SPDX-License-Identifier: BSD-3-Clause */
/* BARs: registers, flash, and the window of I/O ports (13.2). */
#include "model_priv.h"

#include <errno.h>

int
plx_e1000_model_access(struct plx_e1000_model *model, unsigned bar, uint64_t offset, void *data,
		       uint32_t len, bool write)
{
	return -EINVAL;
}
