/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending: descriptors become frames (3.3, 3.4). */
#include "model_priv.h"

unsigned
emodel_tx_poll(struct plx_e1000_model *model, unsigned budget)
{
	return 0;
}

void
emodel_tx_reset(struct plx_e1000_model *model)
{
}

void
emodel_tx_due(struct plx_e1000_model *model, enum emodel_timer timer)
{
}

void
emodel_tx_own(struct plx_e1000_model *model, const uint8_t *frame, size_t len)
{
}
