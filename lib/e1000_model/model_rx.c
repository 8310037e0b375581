/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving: frames fill descriptors (3.2). */
#include "model_priv.h"

enum plx_e1000_model_taken
emodel_rx(struct plx_e1000_model *model, const uint8_t *frame, size_t len)
{
	return PLX_E1000_MODEL_DOWN;
}

enum plx_e1000_model_taken
plx_e1000_model_receive(struct plx_e1000_model *model, const void *frame, size_t len)
{
	return emodel_rx(model, frame, len);
}

unsigned
plx_e1000_model_rx_room(struct plx_e1000_model *model)
{
	return 0;
}

void
emodel_rx_reset(struct plx_e1000_model *model)
{
}

void
emodel_rx_due(struct plx_e1000_model *model, enum emodel_timer timer)
{
}
