/* SPDX-License-Identifier: BSD-3-Clause */
/* BARs: registers, flash, and the window of I/O ports (13.2). */
#include "model_priv.h"

#include "plx_byteorder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ACCESS_MAX 8u

static const uint32_t bar_len[PLX_E1000_MODEL_BARS] = {
	[PLX_E1000_MODEL_BAR_REGS] = PLX_E1000_MODEL_REGS_LEN,
	[PLX_E1000_MODEL_BAR_FLASH] = PLX_E1000_MODEL_FLASH_LEN,
	[PLX_E1000_MODEL_BAR_IO] = PLX_E1000_MODEL_IO_LEN,
};

/* 13.1: of each register that bytes are asked of, all is read. */
static void
read_words(struct plx_e1000_model *model, uint32_t (*read)(struct plx_e1000_model *, uint32_t),
	   uint32_t offset, uint8_t *data, uint32_t len)
{
	uint32_t word = 0;

	for (uint32_t i = 0; i < len; i++) {
		const uint32_t at = offset + i;

		if (i == 0 || at % 4 == 0)
			word = read(model, at & ~3u);
		data[i] = (uint8_t)(word >> 8 * (at % 4));
	}
}

static bool
is_whole(struct plx_e1000_model *model, const char *what, uint32_t offset, uint32_t len)
{
	if (len == 4 && offset % 4 == 0)
		return true;
	emodel_complain(model, "%" PRIu32 " bytes are written at %#" PRIx32 " of %s: lost (13.1)",
			len, offset, what);
	return false;
}

/* -- flash (13.2.1): memory that is written in place where EECD.FWE lets it ---------------------------------------------- */

static bool
can_write_flash(struct plx_e1000_model *model)
{
	if ((emodel_get(model, E1000_EECD) & E1000_EECD_FWE_MASK) == E1000_EECD_FWE_ON)
		return true;
	emodel_complain(model, "the flash is written, and EECD.FWE does not let it: lost");
	return false;
}

static void
access_flash(struct plx_e1000_model *model, uint32_t offset, uint8_t *data, uint32_t len,
	     bool write)
{
	if (!write)
		memcpy(data, model->flash + offset, len);
	else if (can_write_flash(model))
		memcpy(model->flash + offset, data, len);
}

/* -- I/O ports (13.2.2): an address, and what is there --------------------------------------------------------------------- */

static bool
is_flash_address(uint32_t address)
{
	return address - E1000_IO_FLASH < PLX_E1000_MODEL_FLASH_LEN;
}

static uint32_t
read_port(struct plx_e1000_model *model, uint32_t port)
{
	const uint32_t address = model->io_address & ~3u;

	if (port == E1000_IOADDR)
		return model->io_address;
	if (port != E1000_IODATA)
		return 0;
	if (address < PLX_E1000_MODEL_REGS_LEN)
		return emodel_read(model, address);
	return is_flash_address(address) ? plx_load_le32(model->flash + address - E1000_IO_FLASH)
					 : 0;
}

static void
write_port(struct plx_e1000_model *model, uint32_t port, uint32_t value)
{
	const uint32_t address = model->io_address & ~3u;

	if (port == E1000_IOADDR)
		model->io_address = value;
	else if (port != E1000_IODATA)
		emodel_complain(model, "I/O port %#" PRIx32 " is none", port);
	else if (address < PLX_E1000_MODEL_REGS_LEN)
		emodel_write(model, address, value);
	else if (is_flash_address(address) && can_write_flash(model))
		plx_store_le32(model->flash + address - E1000_IO_FLASH, value);
}

/* -- the whole ----------------------------------------------------------------------------------------------------------------- */

static void
read_bar(struct plx_e1000_model *model, unsigned bar, uint32_t offset, uint8_t *data, uint32_t len)
{
	if (bar == PLX_E1000_MODEL_BAR_FLASH)
		access_flash(model, offset, data, len, false);
	else
		read_words(model, bar == PLX_E1000_MODEL_BAR_IO ? read_port : emodel_read, offset,
			   data, len);
}

static void
write_bar(struct plx_e1000_model *model, unsigned bar, uint32_t offset, uint8_t *data, uint32_t len)
{
	if (bar == PLX_E1000_MODEL_BAR_FLASH)
		access_flash(model, offset, data, len, true);
	else if (bar == PLX_E1000_MODEL_BAR_IO && is_whole(model, "the I/O ports", offset, len))
		write_port(model, offset, plx_load_le32(data));
	else if (bar == PLX_E1000_MODEL_BAR_REGS && is_whole(model, "the registers", offset, len))
		emodel_write(model, offset, plx_load_le32(data));
}

/* What nobody claims reads all ones on PCI. */
static bool
answers(struct plx_e1000_model *model, unsigned bar)
{
	if (model->faults.dead)
		return false;
	if (emodel_is_decoded(model, bar))
		return true;
	emodel_complain(model, "BAR %u is accessed, and the command register does not let it", bar);
	return false;
}

int
plx_e1000_model_access(struct plx_e1000_model *model, unsigned bar, uint64_t offset, void *data,
		       uint32_t len, bool write)
{
	if (bar >= PLX_E1000_MODEL_BARS || len == 0 || len > ACCESS_MAX || offset > bar_len[bar] ||
	    len > bar_len[bar] - offset)
		return -EINVAL;
	if (write)
		model->stats.writes++;
	else
		model->stats.reads++;
	if (!answers(model, bar)) {
		if (!write)
			memset(data, 0xff, len);
	} else if (write) {
		write_bar(model, bar, (uint32_t)offset, data, len);
	} else {
		read_bar(model, bar, (uint32_t)offset, data, len);
	}
	return 0;
}
