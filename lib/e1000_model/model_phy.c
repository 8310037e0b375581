/* SPDX-License-Identifier: BSD-3-Clause */
/* The PHY: MDIC, negotiation, the link (13.4.7). */
#include "model_priv.h"

void
emodel_phy_init(struct plx_e1000_model *model)
{
}

void
emodel_link_due(struct plx_e1000_model *model)
{
}

void
plx_e1000_model_set_cable(struct plx_e1000_model *model, bool plugged)
{
	model->cable = plugged;
}
