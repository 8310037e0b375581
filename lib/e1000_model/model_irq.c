/* SPDX-License-Identifier: BSD-3-Clause */
/* Causes of interrupts, masks, the least time between two (13.4.17 to 13.4.21). */
#include "model_priv.h"

void
emodel_cause(struct plx_e1000_model *model, uint32_t causes)
{
	emodel_set(model, E1000_ICR, emodel_get(model, E1000_ICR) | causes);
}

void
emodel_irq_due(struct plx_e1000_model *model)
{
}
