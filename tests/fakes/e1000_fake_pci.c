/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake 82540EM as a PCI transport: configuration space, registers, zones, INTx; and what the model itself does not mind. */
#include "e1000_fake_priv.h"

#include "plx_byteorder.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* -- memory that the card reaches ---------------------------------------------------------------------------------------- */

static int
zone_map(struct plx_dma_mapper *mapper, const struct plx_zone *zone, struct plx_why *why)
{
	struct efake *fake = PLX_CONTAINER_OF(mapper, struct efake, mapper);

	if (fake->nb_zones == EFAKE_ZONES)
		return plx_why(why, -ENOSPC, "the fake card knows %u zones", EFAKE_ZONES);
	pthread_mutex_lock(&fake->lock);
	fake->zone[fake->nb_zones].addr = zone->addr;
	fake->zone[fake->nb_zones++].len = zone->len;
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static void
zone_unmap(struct plx_dma_mapper *mapper, const struct plx_zone *zone)
{
	struct efake *fake = PLX_CONTAINER_OF(mapper, struct efake, mapper);

	pthread_mutex_lock(&fake->lock);
	for (unsigned i = 0; i < fake->nb_zones; i++)
		if (fake->zone[i].addr == zone->addr)
			fake->zone[i--] = fake->zone[--fake->nb_zones];
	plx_e1000_model_unmapped(fake->model, (uintptr_t)zone->addr, zone->len);
	pthread_mutex_unlock(&fake->lock);
}

/* -- interrupts ------------------------------------------------------------------------------------------------------------ */

/* Who is told of the line masks it (vfio does so). */
void
efake_drive_line(struct efake *fake)
{
	const uint64_t one = 1;

	if (!(fake->line || fake->faults.irq_storm) || fake->irq_masked || fake->irq_fd < 0)
		return;
	fake->irq_masked = true;
	if (write(fake->irq_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		efake_violation(fake, "the eventfd takes nothing");
}

static int
fake_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
	     struct plx_why *why)
{
	struct efake *fake = pci->handle;

	if (n > 0 && (kind != PLX_PCI_IRQ_INTX || fake->faults.no_interrupts))
		return plx_why(why, -ENOTSUP, "the fake card has no such interrupts");
	pthread_mutex_lock(&fake->lock);
	fake->irq_fd = n > 0 ? fds[0] : -1;
	fake->irq_masked = false;
	efake_drive_line(fake);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_irq_unmask(struct plx_pci *pci)
{
	struct efake *fake = pci->handle;

	pthread_mutex_lock(&fake->lock);
	fake->irq_masked = false;
	efake_drive_line(fake);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

/* -- configuration space ------------------------------------------------------------------------------------------------- */

uint16_t
efake_command(struct efake *fake)
{
	uint8_t bytes[2];

	plx_e1000_model_config(fake->model, EFAKE_COMMAND, bytes, sizeof(bytes), false);
	return plx_load_le16(bytes);
}

void
efake_set_command(struct efake *fake, uint16_t command)
{
	uint8_t bytes[2];

	plx_store_le16(bytes, command);
	plx_e1000_model_config(fake->model, EFAKE_COMMAND, bytes, sizeof(bytes), true);
}

static int
fake_config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	struct efake *fake = pci->handle;
	int ret;

	pthread_mutex_lock(&fake->lock);
	ret = plx_e1000_model_config(fake->model, off, to, len, false);
	pthread_mutex_unlock(&fake->lock);
	return ret;
}

static int
fake_config_write(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len)
{
	struct efake *fake = pci->handle;

	if (off != EFAKE_COMMAND || len != 2)
		return -EINVAL;
	pthread_mutex_lock(&fake->lock);
	efake_set_command(fake, plx_load_le16(from));
	efake_settle(fake);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

/* -- registers -------------------------------------------------------------------------------------------------------------- */

static bool
is_register(struct efake *fake, unsigned bar, uint64_t off, unsigned len)
{
	if (bar == E1000_BAR_REGISTERS && len == 4 && off % 4 == 0 && off < E1000_BAR_LEN)
		return true;
	efake_violation(fake, "%u bytes at %#" PRIx64 " of BAR %u", len, off, bar);
	return false;
}

static uint32_t
get(struct efake *fake, uint32_t reg)
{
	return plx_e1000_model_peek(fake->model, reg);
}

/* 3.3: what no driver of ours has a reason for. */
static void
check_desc(struct efake *fake, const uint8_t *at)
{
	struct e1000_tx_data_desc data;
	struct e1000_tx_desc legacy;
	bool extended;

	memcpy(&legacy, at, sizeof(legacy));
	memcpy(&data, at, sizeof(data));
	extended = (legacy.cmd & E1000_TXD_CMD_DEXT) != 0;
	if (extended && (data.cmd_dtalen >> 20 & 0xf) == 0) {
		if (fake->tx.begun)
			efake_violation(fake, "a context within a packet");
		return;
	}
	if ((extended ? data.cmd_dtalen & E1000_TXD_LEN_MASK : legacy.length) == 0)
		efake_violation(fake, "a descriptor without bytes");
	fake->tx.begun = (legacy.cmd & E1000_TXD_CMD_EOP) == 0;
	if (!fake->tx.begun && (legacy.cmd & E1000_TXD_CMD_IFCS) == 0)
		efake_violation(fake, "a frame without FCS");
}

/* Each descriptor once: those up to the tail that is written now. */
static void
check_descs(struct efake *fake, uint32_t tail)
{
	const uint64_t base = (uint64_t)get(fake, E1000_TDBAH) << 32 | get(fake, E1000_TDBAL);
	const uint32_t size = get(fake, E1000_TDLEN) / (uint32_t)sizeof(struct e1000_tx_desc);

	if (tail >= size) {
		efake_violation(fake, "TDT %u of %u descriptors", tail, size);
		return;
	}
	while (fake->tx.checked != tail) {
		uint64_t rest;
		const uint8_t *at = efake_dma(
			fake, base + fake->tx.checked * sizeof(struct e1000_tx_desc), &rest);

		if (at == NULL)
			return;
		check_desc(fake, at);
		fake->tx.checked = (fake->tx.checked + 1) % size;
	}
}

/* What a card would do with these, nobody knows, or nobody wants; the model does something. */
static void
check_write(struct efake *fake, uint64_t reg, uint32_t value)
{
	const uint32_t size = get(fake, E1000_RDLEN) / (uint32_t)sizeof(struct e1000_rx_desc);

	if (reg == E1000_TDT && value != get(fake, E1000_TDH))
		check_descs(fake, value);
	if (reg == E1000_TDH) {
		fake->tx.checked = value;
		fake->tx.begun = false;
	}
	if ((reg == E1000_RDLEN || reg == E1000_TDLEN) && value % E1000_RING_LEN_UNIT != 0)
		efake_violation(fake, "a ring of %u bytes", value);
	if (reg == E1000_RDT && value != 0 && value >= size)
		efake_violation(fake, "RDT %u is beyond the ring", value);
	if ((reg == E1000_RCTL || reg == E1000_TCTL) && (value & E1000_RCTL_EN) != 0 &&
	    (efake_command(fake) & EFAKE_COMMAND_MASTER) == 0)
		efake_violation(fake, "register %#x enables, and the card is no bus master",
				(unsigned)reg);
}

static int
fake_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len)
{
	struct efake *fake = pci->handle;

	memset(value, 0xff, len);
	pthread_mutex_lock(&fake->lock);
	fake->reads++;
	if (is_register(fake, bar, off, len) && !fake->faults.dead)
		plx_e1000_model_access(fake->model, bar, off, value, len, false);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value, unsigned len)
{
	struct efake *fake = pci->handle;
	uint8_t bytes[4];

	pthread_mutex_lock(&fake->lock);
	fake->writes++;
	if (is_register(fake, bar, off, len) && !fake->faults.dead) {
		memcpy(bytes, value, sizeof(bytes));
		check_write(fake, off, plx_load_le32(bytes));
		plx_e1000_model_access(fake->model, bar, off, bytes, len, true);
		efake_settle(fake);
	}
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

/* -- the transport ------------------------------------------------------------------------------------------------------------ */

static int
fake_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	struct efake *fake = efake_only;
	int ret;

	if (fake == NULL || strcmp(fake->name, address) != 0)
		return plx_why(why, -ENODEV, "there is no fake card %s", address);
	fake->mapper = (struct plx_dma_mapper){.map = zone_map, .unmap = zone_unmap};
	ret = plx_dma_add(&fake->mapper, why);
	if (ret != 0)
		return ret;
	pci->bar[E1000_BAR_REGISTERS].size = E1000_BAR_LEN;
	pci->intx = true;
	pci->handle = fake;
	fake->pci = pci;
	/* As all transports do: BARs answer. */
	efake_set_command(fake, efake_command(fake) | EFAKE_COMMAND_MEMORY);
	return 0;
}

static void
fake_close(struct plx_pci *pci)
{
	struct efake *fake = pci->handle;

	plx_dma_remove(&fake->mapper);
	if ((efake_command(fake) & EFAKE_COMMAND_MASTER) != 0)
		efake_violation(fake, "a bus master is closed");
	efake_set_command(fake, 0);
	fake->pci = NULL;
}

static int
fake_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why)
{
	return 0;
}

static const struct plx_pci_transport transport = {
	.name = EFAKE_TRANSPORT,
	.about = "in the test",
	.open = fake_open,
	.close = fake_close,
	.config_read = fake_config_read,
	.config_write = fake_config_write,
	.bar_map = fake_bar_map,
	.bar_read = fake_bar_read,
	.bar_write = fake_bar_write,
	.irq_set = fake_irq_set,
	.irq_unmask = fake_irq_unmask,
	.virtual_addresses = true,
};

void
efake_transport_add(void)
{
	plx_pci_transport_add(&transport);
}
