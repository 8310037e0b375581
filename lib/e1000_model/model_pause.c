/* SPDX-License-Identifier: BSD-3-Clause */
/* 802.3x, both ways (8.0, 10.1.2). */
#include "model_priv.h"

bool
emodel_pause_received(struct plx_e1000_model *model, const uint8_t *frame, size_t len)
{
	return false;
}

void
emodel_pause_due(struct plx_e1000_model *model, enum emodel_timer timer)
{
}
