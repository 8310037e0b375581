/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics registers (13.7). */
#include "model_priv.h"

void
emodel_count(struct plx_e1000_model *model, uint32_t reg, uint32_t n)
{
	uint32_t sum = emodel_get(model, reg) + n;

	emodel_set(model, reg, sum < n ? UINT32_MAX : sum);
}

void
emodel_count_received(struct plx_e1000_model *model, const uint8_t *frame, uint32_t len)
{
	emodel_count(model, E1000_GPRC, 1);
}

void
emodel_count_sent(struct plx_e1000_model *model, const uint8_t *frame, uint32_t len)
{
	emodel_count(model, E1000_GPTC, 1);
}
