/* SPDX-License-Identifier: BSD-3-Clause */
/* A ring as its registers describe it (3.2.6, 3.4). */
#include "model_priv.h"

bool
emodel_ring_look(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t base)
{
	return false;
}

void *
emodel_ring_desc(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i, void *spare)
{
	return NULL;
}
