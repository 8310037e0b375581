/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration space (4.1, PCI 6.1 and 6.2): a header of type 0 without capabilities. */
#include "model_priv.h"

#include "plx_byteorder.h"

#include <errno.h>
#include <string.h>

#define COMMAND		 0x04
#define COMMAND_IO	 0x0001
#define COMMAND_MEMORY	 0x0002
#define COMMAND_MASTER	 0x0004
#define COMMAND_MWI	 0x0010
#define COMMAND_PARITY	 0x0040
#define COMMAND_SERR	 0x0100
#define COMMAND_INTX_OFF 0x0400
#define COMMAND_ALL                                                                    \
	(COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER | COMMAND_MWI | COMMAND_PARITY | \
	 COMMAND_SERR | COMMAND_INTX_OFF)
#define STATUS		 0x06
#define STATUS_INTERRUPT 0x0008
#define STATUS_66MHZ	 0x0020
#define STATUS_MEDIUM	 0x0200 /* how fast it claims an access */
#define BAR_IO		 0x1
#define HEADER_LEN	 0x40
#define MIN_GRANT	 0xff

/* Four bytes of the header: what they are after a reset, and which bits of them can be written. */
struct field {
	uint32_t value, writable;
};

/* A BAR tells its size by the bits that stay as they are. */
#define BAR(len, kind)           \
	{                        \
		kind, ~((len)-1) \
	}

static const struct field header[HEADER_LEN / 4] = {
	[0x00 / 4] = {E1000_PCI_82540EM << 16 | E1000_PCI_VENDOR, 0},
	[COMMAND / 4] = {(STATUS_66MHZ | STATUS_MEDIUM) << 16, COMMAND_ALL},
	[0x08 / 4] = {E1000_PCI_CLASS << 8 | E1000_PCI_82540EM_REVISION, 0},
	[0x0c / 4] = {0, 0x0000ffff}, /* cache line, latency */
	[0x10 / 4] = BAR(PLX_E1000_MODEL_REGS_LEN, 0),
	[0x14 / 4] = BAR(PLX_E1000_MODEL_FLASH_LEN, 0),
	[0x18 / 4] = BAR(PLX_E1000_MODEL_IO_LEN, BAR_IO),
	[0x2c / 4] = {E1000_PCI_SUBSYSTEM << 16 | E1000_PCI_VENDOR, 0},
	[0x3c / 4] = {MIN_GRANT << 16 | 1 << 8,
		      0x000000ff}, /* pin A; the line is the machine's to note */
};

void
emodel_config_init(struct plx_e1000_model *model)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(header); i++)
		plx_store_le32(model->config + 4 * i, header[i].value);
	model->rx.plan.made = false;
}

static uint16_t
command(const struct plx_e1000_model *model)
{
	return plx_load_le16(model->config + COMMAND);
}

bool
emodel_is_master(const struct plx_e1000_model *model)
{
	return (command(model) & COMMAND_MASTER) != 0;
}

bool
emodel_is_decoded(const struct plx_e1000_model *model, unsigned bar)
{
	const uint16_t bit = bar == PLX_E1000_MODEL_BAR_IO ? COMMAND_IO : COMMAND_MEMORY;

	return (command(model) & bit) != 0;
}

bool
emodel_is_intx_disabled(const struct plx_e1000_model *model)
{
	return (command(model) & COMMAND_INTX_OFF) != 0;
}

static void
read_bytes(const struct plx_e1000_model *model, uint64_t offset, uint8_t *data, uint32_t len)
{
	memcpy(data, model->config + offset, len);
	if (STATUS - offset < len && model->irq)
		data[STATUS - offset] |= STATUS_INTERRUPT;
}

static void
write_byte(struct plx_e1000_model *model, uint64_t offset, uint8_t value)
{
	const uint32_t writable = offset < HEADER_LEN ? header[offset / 4].writable : 0;
	const uint8_t mask = (uint8_t)(writable >> 8 * (offset % 4));

	model->config[offset] = (uint8_t)((model->config[offset] & ~mask) | (value & mask));
}

int
plx_e1000_model_config(struct plx_e1000_model *model, uint64_t offset, void *data, uint32_t len,
		       bool write)
{
	const uint8_t *from = data;

	if (offset > PLX_E1000_MODEL_CONFIG_LEN || len > PLX_E1000_MODEL_CONFIG_LEN - offset)
		return -EINVAL;
	if (!write && model->faults.dead)
		memset(data, 0xff, len);
	else if (!write)
		read_bytes(model, offset, data, len);
	if (!write || model->faults.dead)
		return 0;
	for (uint32_t i = 0; i < len; i++)
		write_byte(model, offset + i, from[i]);
	model->rx.plan.made = false;
	emodel_irq_update(model);
	return 0;
}
