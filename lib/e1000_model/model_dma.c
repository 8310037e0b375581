/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver's memory, a piece at a time. */
#include "model_priv.h"

#include <errno.h>

uint8_t *
emodel_dma_find(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		uint64_t len, bool write)
{
	return NULL;
}

int
emodel_dma_read(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		void *to, size_t len)
{
	return -EFAULT;
}

int
emodel_dma_write(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		 const void *from, size_t len)
{
	return -EFAULT;
}

void
plx_e1000_model_unmapped(struct plx_e1000_model *model, uint64_t address, uint64_t len)
{
}
