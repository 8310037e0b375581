/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration space (4.1). */
#include "model_priv.h"

#include <errno.h>

void
emodel_config_init(struct plx_e1000_model *model)
{
}

bool
emodel_is_master(const struct plx_e1000_model *model)
{
	return (model->config[4] & 4) != 0;
}

int
plx_e1000_model_config(struct plx_e1000_model *model, uint64_t offset, void *data, uint32_t len,
		       bool write)
{
	return -EINVAL;
}
