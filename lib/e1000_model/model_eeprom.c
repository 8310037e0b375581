/* SPDX-License-Identifier: BSD-3-Clause */
/* The EEPROM, by EERD and by Microwire; the flash (5.3, 5.6, 13.4.3, 13.4.4). */
#include "model_priv.h"

void
emodel_eeprom_init(struct plx_e1000_model *model)
{
}

uint16_t *
plx_e1000_model_eeprom(struct plx_e1000_model *model)
{
	return model->eeprom;
}
