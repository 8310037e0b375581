/* SPDX-License-Identifier: BSD-3-Clause */
/* What each register does when it is read or written (13.4 to 13.7). */
#include "model_priv.h"

uint32_t
emodel_read(struct plx_e1000_model *model, uint32_t reg)
{
	return emodel_get(model, reg);
}

void
emodel_write(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	emodel_set(model, reg, value);
}
