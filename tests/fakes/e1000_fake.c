/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake 82540EM: its registers (13.4 - 13.7), EEPROM, PHY and interrupts, as a PCI transport. */
#include "e1000_fake_priv.h"

#include "plx_byteorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND	       0x04 /* PCI Local Bus 3.0, 6.2.2 */
#define COMMAND_MASTER 0x0004
#define STATS_END      0x4100
#define STATUS_IDLE    0x80080780u
#define WORD_BITS      16u
#define READ_BITS      9u /* of a Microwire read: 3 of opcode, 6 of address */
#define PHY_ID1_VALUE  0x0141
#define PHY_ID2_VALUE  0x0c20

static struct efake *only;

void
efake_violation(struct efake *fake, const char *format, ...)
{
	const size_t len = strlen(fake->violations);
	va_list args;

	va_start(args, format);
	vsnprintf(fake->violations + len, sizeof(fake->violations) - len, format, args);
	va_end(args);
	if (len + 1 < sizeof(fake->violations))
		strncat(fake->violations, "\n", sizeof(fake->violations) - len - 1);
}

/* -- memory that the card reaches ------------------------------------------------------------------------------------ */

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
	pthread_mutex_unlock(&fake->lock);
}

uint8_t *
efake_dma(struct efake *fake, uint64_t addr, uint64_t len)
{
	if ((fake->config[COMMAND] & COMMAND_MASTER) == 0) {
		efake_violation(fake, "DMA, and the card is no bus master");
		return NULL;
	}
	for (unsigned i = 0; i < fake->nb_zones; i++) {
		const uint64_t off = addr - (uintptr_t)fake->zone[i].addr;

		if (off < fake->zone[i].len && len <= fake->zone[i].len - off)
			return fake->zone[i].addr + off;
	}
	efake_violation(fake, "DMA outside of all zones: %" PRIu64 " bytes at %#" PRIx64, len,
			addr);
	return NULL;
}

/* -- interrupts (13.4.17 - 13.4.21) -------------------------------------------------------------------------------------- */

/* The line is up while a cause is that IMS lets through; who is told masks it (vfio does so). */
static void
drive_line(struct efake *fake)
{
	const uint64_t one = 1;

	const bool up = (*efake_reg(fake, E1000_ICR) & *efake_reg(fake, E1000_IMS)) != 0;

	if (!(up || fake->faults.irq_storm) || fake->irq_masked || fake->irq_fd < 0)
		return;
	fake->irq_masked = true;
	if (write(fake->irq_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		efake_violation(fake, "the eventfd takes nothing");
}

void
efake_cause(struct efake *fake, uint32_t causes)
{
	*efake_reg(fake, E1000_ICR) |= causes;
	drive_line(fake);
}

/* -- EEPROM and PHY --------------------------------------------------------------------------------------------------------- */

void
efake_set_mac_words(struct efake *fake, uint16_t first, uint16_t second, uint16_t third)
{
	uint16_t sum = 0;

	fake->eeprom[0] = first;
	fake->eeprom[1] = second;
	fake->eeprom[2] = third;
	for (unsigned i = 0; i < E1000_EEPROM_CHECKSUM; i++)
		sum = (uint16_t)(sum + fake->eeprom[i]);
	fake->eeprom[E1000_EEPROM_CHECKSUM] = (uint16_t)(E1000_EEPROM_SUM - sum);
}

static void
make_eeprom(struct efake *fake)
{
	fake->eeprom[0x0d] = E1000_PCI_82540EM;
	fake->eeprom[0x0e] = E1000_PCI_VENDOR;
	efake_set_mac_words(fake, 0x0002, 0x0000, 0x0500); /* 02:00:00:00:00:05 */
}

static uint16_t
eeprom_word(const struct efake *fake, unsigned word)
{
	return (uint16_t)(fake->eeprom[word % E1000_EEPROM_WORDS] +
			  (fake->faults.eeprom_damaged && word == 5));
}

static uint32_t
read_eerd(const struct efake *fake, uint32_t asked)
{
	const unsigned word = asked >> E1000_EERD_ADDR_SHIFT & 0xff;

	if ((asked & E1000_EERD_START) == 0 || fake->faults.no_eerd || fake->faults.eeprom_stuck)
		return asked;
	return E1000_EERD_DONE | (uint32_t)eeprom_word(fake, word) << E1000_EERD_DATA_SHIFT;
}

/* A bit at each rise of SK while CS is up. */
static void
write_eecd(struct efake *fake, uint32_t value)
{
	uint32_t *eecd = efake_reg(fake, E1000_EECD);
	const bool rises = (value & ~*eecd & E1000_EECD_SK) != 0;

	value &= ~(E1000_EECD_GNT | E1000_EECD_DO | E1000_EECD_SIZE);
	if ((value & E1000_EECD_REQ) != 0 && !fake->faults.eeprom_stuck)
		value |= E1000_EECD_GNT;
	if ((value & E1000_EECD_CS) == 0)
		fake->wire.bits = fake->wire.in = 0;
	else if (rises && fake->wire.bits++ < READ_BITS)
		fake->wire.in = fake->wire.in << 1 | ((value & E1000_EECD_DI) != 0);
	if (rises && fake->wire.bits > READ_BITS && fake->wire.bits <= READ_BITS + WORD_BITS &&
	    fake->wire.in >> 6 == E1000_MICROWIRE_READ)
		fake->wire.out = eeprom_word(fake, fake->wire.in) >>
					 (READ_BITS + WORD_BITS - fake->wire.bits) &
				 1;
	*eecd = value | (fake->wire.out != 0 ? E1000_EECD_DO : 0);
}

static uint32_t
do_mdic(struct efake *fake, uint32_t value)
{
	const unsigned reg = value >> E1000_MDIC_REG_SHIFT & E1000_MDIC_ADDR_MASK;
	const unsigned phy = value >> E1000_MDIC_PHY_SHIFT & E1000_MDIC_ADDR_MASK;

	if (fake->faults.phy_stuck)
		return value & ~E1000_MDIC_READY;
	if (phy != E1000_PHY_ADDRESS)
		return value | E1000_MDIC_READY | E1000_MDIC_ERROR;
	if ((value & E1000_MDIC_OP_WRITE) != 0)
		fake->phy[reg] = (uint16_t)value;
	else
		value = (value & ~E1000_MDIC_DATA_MASK) | fake->phy[reg];
	return value | E1000_MDIC_READY;
}

/* -- registers --------------------------------------------------------------------------------------------------------------- */

static void
reset(struct efake *fake)
{
	const bool up = (*efake_reg(fake, E1000_STATUS) & E1000_STATUS_LU) != 0;

	memset(fake->regs, 0, sizeof(fake->regs));
	*efake_reg(fake, E1000_STATUS) = STATUS_IDLE | E1000_STATUS_FD | (up ? E1000_STATUS_LU : 0);
	fake->tx.len = 0;
	fake->tx.begun = false;
	memset(&fake->tx.sums, 0, sizeof(fake->tx.sums));
	memset(&fake->tx.cuts, 0, sizeof(fake->tx.cuts));
}

static uint32_t
read_reg(struct efake *fake, uint32_t reg)
{
	uint32_t value = *efake_reg(fake, reg);

	if (reg == E1000_ICR || (reg >= E1000_CRCERRS && reg < STATS_END))
		*efake_reg(fake, reg) = 0;
	if (reg == E1000_EERD)
		return read_eerd(fake, value);
	if (reg == E1000_IMC)
		return 0;
	return value;
}

/* 13.4.25 - 13.4.29, 13.4.36 - 13.4.40: rings stay where they are while they are used. */
static void
check_ring(struct efake *fake, uint32_t reg, uint32_t value)
{
	const bool rx = reg >= E1000_RDBAL && reg <= E1000_RDH &&
			(*efake_reg(fake, E1000_RCTL) & E1000_RCTL_EN) != 0;
	const bool tx = reg >= E1000_TDBAL && reg <= E1000_TDH &&
			(*efake_reg(fake, E1000_TCTL) & E1000_TCTL_EN) != 0;

	if (rx || tx)
		efake_violation(fake, "register %#x of a ring in use is written", reg);
	if ((reg == E1000_RDLEN || reg == E1000_TDLEN) && value % E1000_RING_LEN_UNIT != 0)
		efake_violation(fake, "a ring of %u bytes", value);
	if (reg == E1000_RDT && value != 0 &&
	    value >= *efake_reg(fake, E1000_RDLEN) / sizeof(struct e1000_rx_desc))
		efake_violation(fake, "RDT %u is beyond the ring", value);
}

static void
write_reg(struct efake *fake, uint32_t reg, uint32_t value)
{
	check_ring(fake, reg, value);
	switch (reg) {
	case E1000_STATUS:
		return;
	case E1000_CTRL:
		if ((value & E1000_CTRL_RST) != 0 && !fake->faults.reset_stuck)
			reset(fake);
		else
			*efake_reg(fake, reg) = value;
		return;
	case E1000_EECD:
		write_eecd(fake, value);
		return;
	case E1000_MDIC:
		*efake_reg(fake, reg) = do_mdic(fake, value);
		return;
	case E1000_ICR:
		*efake_reg(fake, reg) &= ~value;
		return;
	case E1000_ICS:
		efake_cause(fake, value);
		return;
	case E1000_IMS:
		*efake_reg(fake, reg) |= value;
		drive_line(fake);
		return;
	case E1000_IMC:
		*efake_reg(fake, E1000_IMS) &= ~value;
		return;
	default:
		*efake_reg(fake, reg) = value;
	}
	if (reg == E1000_TDT || (reg == E1000_TCTL && *efake_reg(fake, E1000_TDLEN) != 0))
		efake_send(fake);
}

/* -- the transport ------------------------------------------------------------------------------------------------------------ */

static int
fake_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	struct efake *fake = only;
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
	return 0;
}

static void
fake_close(struct plx_pci *pci)
{
	struct efake *fake = pci->handle;

	plx_dma_remove(&fake->mapper);
	if ((fake->config[COMMAND] & COMMAND_MASTER) != 0)
		efake_violation(fake, "a bus master is closed");
	fake->config[COMMAND] = 0;
	fake->pci = NULL;
}

static int
fake_config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	struct efake *fake = pci->handle;

	if (off > PLX_PCI_CONFIG_SIZE || len > PLX_PCI_CONFIG_SIZE - off)
		return -EINVAL;
	pthread_mutex_lock(&fake->lock);
	memcpy(to, fake->config + off, len);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_config_write(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len)
{
	struct efake *fake = pci->handle;

	if (off != COMMAND || len != 2)
		return -EINVAL;
	pthread_mutex_lock(&fake->lock);
	memcpy(fake->config + off, from, len);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why)
{
	return 0;
}

static bool
is_register(struct efake *fake, unsigned bar, uint64_t off, unsigned len)
{
	if (bar == E1000_BAR_REGISTERS && len == 4 && off % 4 == 0 && off < E1000_BAR_LEN)
		return true;
	efake_violation(fake, "%u bytes at %#" PRIx64 " of BAR %u", len, off, bar);
	return false;
}

static int
fake_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len)
{
	struct efake *fake = pci->handle;
	uint32_t read = UINT32_MAX;

	pthread_mutex_lock(&fake->lock);
	fake->reads++;
	if (is_register(fake, bar, off, len) && !fake->faults.dead)
		read = read_reg(fake, (uint32_t)off);
	memcpy(value, &read, len < sizeof(read) ? len : sizeof(read));
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value, unsigned len)
{
	struct efake *fake = pci->handle;
	uint32_t written = 0;

	pthread_mutex_lock(&fake->lock);
	fake->writes++;
	memcpy(&written, value, len < sizeof(written) ? len : sizeof(written));
	if (is_register(fake, bar, off, len) && !fake->faults.dead)
		write_reg(fake, (uint32_t)off, written);
	pthread_mutex_unlock(&fake->lock);
	return 0;
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
	drive_line(fake);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_irq_unmask(struct plx_pci *pci)
{
	struct efake *fake = pci->handle;

	pthread_mutex_lock(&fake->lock);
	fake->irq_masked = false;
	drive_line(fake);
	pthread_mutex_unlock(&fake->lock);
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

/* -- its life --------------------------------------------------------------------------------------------------------------------- */

struct efake *
efake_create(const char *name)
{
	struct efake *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return NULL;
	fake->tx.bytes = malloc(EFAKE_FRAME_MAX);
	snprintf(fake->name, sizeof(fake->name), "%s", name);
	pthread_mutex_init(&fake->lock, NULL);
	plx_store_le16(fake->config, E1000_PCI_VENDOR);
	plx_store_le16(fake->config + 2, E1000_PCI_82540EM);
	fake->config[0x0b] = 0x02; /* Ethernet */
	fake->irq_fd = -1;
	fake->sent_end = &fake->sent;
	make_eeprom(fake);
	fake->phy[E1000_PHY_CTRL] = 0x1140;
	fake->phy[E1000_PHY_STATUS] = 0x796d;
	fake->phy[E1000_PHY_ID1] = PHY_ID1_VALUE;
	fake->phy[E1000_PHY_ID2] = PHY_ID2_VALUE;
	fake->phy[E1000_PHY_AN_ADV] = 0x01e1;
	fake->phy[E1000_PHY_LP_ABILITY] = 0x45e1;
	*efake_reg(fake, E1000_STATUS) = E1000_STATUS_LU;
	reset(fake);
	only = fake;
	return fake;
}

void
efake_destroy(struct efake *fake)
{
	if (fake == NULL)
		return;
	for (struct efake_frame *frame = fake->sent, *next; frame != NULL; frame = next) {
		next = frame->next;
		free(frame);
	}
	pthread_mutex_destroy(&fake->lock);
	free(fake->tx.bytes);
	free(fake);
	only = NULL;
}

void
efake_fault(struct efake *fake, const struct efake_faults *faults)
{
	pthread_mutex_lock(&fake->lock);
	fake->faults = *faults;
	pthread_mutex_unlock(&fake->lock);
}

void
efake_set_link(struct efake *fake, bool up)
{
	pthread_mutex_lock(&fake->lock);
	*efake_reg(fake, E1000_STATUS) &= ~E1000_STATUS_LU;
	*efake_reg(fake, E1000_STATUS) |= up ? E1000_STATUS_LU : 0;
	efake_cause(fake, E1000_INT_LSC);
	pthread_mutex_unlock(&fake->lock);
}

void
efake_put(struct efake *fake, const void *frame, size_t len)
{
	pthread_mutex_lock(&fake->lock);
	efake_receive(fake, frame, len);
	pthread_mutex_unlock(&fake->lock);
}

bool
efake_put_raw(struct efake *fake, const void *bytes, size_t room, const struct e1000_rx_desc *desc)
{
	bool put;

	pthread_mutex_lock(&fake->lock);
	put = efake_write_back(fake, bytes, room, desc);
	pthread_mutex_unlock(&fake->lock);
	return put;
}

size_t
efake_take(struct efake *fake, void *frame, size_t size)
{
	struct efake_frame *first;
	size_t len = 0;

	pthread_mutex_lock(&fake->lock);
	first = fake->sent;
	if (first != NULL) {
		len = first->len < size ? first->len : size;
		memcpy(frame, first->bytes, len);
		fake->sent = first->next;
		if (fake->sent == NULL)
			fake->sent_end = &fake->sent;
		free(first);
	}
	pthread_mutex_unlock(&fake->lock);
	return len;
}

void
efake_leave_running(struct efake *fake)
{
	fake->config[COMMAND] |= COMMAND_MASTER;
}

uint32_t
efake_register(struct efake *fake, uint32_t reg)
{
	uint32_t value;

	pthread_mutex_lock(&fake->lock);
	value = *efake_reg(fake, reg);
	pthread_mutex_unlock(&fake->lock);
	return value;
}

void
efake_set_register(struct efake *fake, uint32_t reg, uint32_t value)
{
	pthread_mutex_lock(&fake->lock);
	*efake_reg(fake, reg) = value;
	pthread_mutex_unlock(&fake->lock);
}

void
efake_accesses(struct efake *fake, unsigned *ret_reads, unsigned *ret_writes)
{
	pthread_mutex_lock(&fake->lock);
	*ret_reads = fake->reads;
	*ret_writes = fake->writes;
	fake->reads = fake->writes = 0;
	pthread_mutex_unlock(&fake->lock);
}

const char *
efake_violations(struct efake *fake)
{
	return fake->violations;
}
