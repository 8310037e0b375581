/* SPDX-License-Identifier: BSD-3-Clause */
/* What drivers do with an open device, checked, over whichever transport. See plx_pci_driver.h. */
#include "plx_pci_driver.h"

#include "pci/pci_priv.h"
#include "plx_byteorder.h"

#include <errno.h>

/* PCI Local Bus 3.0, 6.1, 6.2.5 and 6.7. */
#define COMMAND		     0x04
#define COMMAND_IO	     0x0001
#define COMMAND_MEMORY	     0x0002
#define COMMAND_MASTER	     0x0004
#define COMMAND_INTX_DISABLE 0x0400
#define BARS		     0x10
#define BAR_IO		     0x1
#define ALL_ONES	     0xffff
#define STATUS		     0x06
#define STATUS_CAPS	     0x0010
#define CAPS_POINTER	     0x34
#define CAPS_START	     0x40
#define CAP_BYTES	     32

int
plx_pci_config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	if (off > PLX_PCI_CONFIG_SIZE || len > PLX_PCI_CONFIG_SIZE - off)
		return -EINVAL;
	return pci->transport->config_read(pci, off, to, len);
}

int
plx_pci_config_write(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len)
{
	if (off > PLX_PCI_CONFIG_SIZE || len > PLX_PCI_CONFIG_SIZE - off)
		return -EINVAL;
	return pci->transport->config_write(pci, off, from, len);
}

int
plx_pci_each_cap(struct plx_pci *pci, plx_pci_cap_fn each, void *arg)
{
	uint8_t space[PLX_PCI_CONFIG_SIZE];
	uint64_t met = 0; /* a bit an offset */
	unsigned at;
	int ret = plx_pci_config_read(pci, 0, space, sizeof(space));

	if (ret != 0 || (plx_load_le16(space + STATUS) & STATUS_CAPS) == 0)
		return ret;
	at = space[CAPS_POINTER] & ~3u;
	while (at != 0) {
		unsigned len =
			PLX_PCI_CONFIG_SIZE - at < CAP_BYTES ? PLX_PCI_CONFIG_SIZE - at : CAP_BYTES;

		if (at < CAPS_START)
			return -ERANGE;
		if ((met & UINT64_C(1) << at / 4) != 0)
			return -ELOOP;
		met |= UINT64_C(1) << at / 4;
		ret = each(arg, space[at], (uint8_t)at, space + at, len);
		if (ret != 0)
			return ret;
		at = space[at + 1] & ~3u;
	}
	return 0;
}

/* Sets and clears bits of the command register. -EIO: the device does not answer, being unplugged perhaps. */
static int
change_command(struct plx_pci *pci, uint16_t set, uint16_t clear)
{
	uint8_t bytes[2];
	uint16_t command;
	int ret = plx_pci_config_read(pci, COMMAND, bytes, sizeof(bytes));

	if (ret != 0)
		return ret;
	command = plx_load_le16(bytes);
	if (command == ALL_ONES)
		return -EIO;
	plx_store_le16(bytes, (uint16_t)((command | set) & ~clear));
	return plx_pci_config_write(pci, COMMAND, bytes, sizeof(bytes));
}

int
plx_pci_bus_master(struct plx_pci *pci, bool on)
{
	return change_command(pci, on ? COMMAND_MASTER : 0, on ? 0 : COMMAND_MASTER);
}

int
plx_pci_intx_enable(struct plx_pci *pci, bool on)
{
	return change_command(pci, on ? 0 : COMMAND_INTX_DISABLE, on ? COMMAND_INTX_DISABLE : 0);
}

int
plx_pci_bars_enable(struct plx_pci *pci, struct plx_why *why)
{
	uint8_t bars[PLX_PCI_BARS * 4];
	uint16_t set = 0;
	int ret = plx_pci_config_read(pci, BARS, bars, sizeof(bars));

	for (unsigned i = 0; i < PLX_PCI_BARS && ret == 0; i++) {
		pci->bar[i].io = pci->bar[i].size > 0 && (bars[i * 4] & BAR_IO) != 0;
		if (pci->bar[i].size > 0)
			set |= pci->bar[i].io ? COMMAND_IO : COMMAND_MEMORY;
	}
	if (ret == 0)
		ret = change_command(pci, set, 0);
	return ret == 0 ? 0
			: plx_why(why, ret,
				  "its configuration space cannot be read or is all ones: it is "
				  "switched off or unplugged");
}

/* True if loads and stores do for all of these bytes. */
static bool
is_mapped(const struct plx_pci_bar *bar, uint64_t off, uint64_t len)
{
	if (bar->map == NULL)
		return false;
	for (unsigned i = 0; i < bar->nb_areas; i++)
		if (off >= bar->area[i].off && len <= bar->area[i].len &&
		    off - bar->area[i].off <= bar->area[i].len - len)
			return true;
	return bar->nb_areas == 0;
}

int
plx_pci_window(struct plx_pci *pci, unsigned bar, uint64_t off, uint64_t len,
	       struct plx_pci_window *ret_window, struct plx_why *why)
{
	struct plx_pci_bar *b = bar < PLX_PCI_BARS ? &pci->bar[bar] : NULL;
	int ret;

	if (b == NULL || b->size == 0)
		return plx_why(why, -ERANGE, "the device has no BAR %u", bar);
	if (off > b->size || len > b->size - off)
		return plx_why(why, -ERANGE,
			       "BAR %u has %llu bytes; %llu at offset %llu do not fit", bar,
			       (unsigned long long)b->size, (unsigned long long)len,
			       (unsigned long long)off);
	if (b->map == NULL) {
		ret = pci->transport->bar_map(pci, bar, why);
		if (ret != 0)
			return ret;
	}
	*ret_window = (struct plx_pci_window){.map = is_mapped(b, off, len) ? b->map + off : NULL,
					      .pci = pci,
					      .bar = (uint8_t)bar,
					      .off = off,
					      .len = len};
	return 0;
}

/* A window that is mapped in part: the same access to where the bytes are; with off 0 it needs no call. */
static bool
meets_map(const struct plx_pci_window *w, uint64_t off, unsigned len, struct plx_pci_window *ret_at)
{
	const struct plx_pci_bar *bar = &w->pci->bar[w->bar];

	if (!is_mapped(bar, w->off + off, len))
		return false;
	*ret_at = (struct plx_pci_window){.map = bar->map + w->off + off};
	return true;
}

uint64_t
plx_pci_read_call(const struct plx_pci_window *w, uint64_t off, unsigned len)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} value = {.u64 = UINT64_MAX};
	struct plx_pci_window at;

	if (meets_map(w, off, len, &at))
		return len == 1	  ? plx_pci_read8(&at, 0)
		       : len == 2 ? plx_pci_read16(&at, 0)
		       : len == 4 ? plx_pci_read32(&at, 0)
				  : plx_pci_read64(&at, 0);
	if (w->pci->transport->bar_read(w->pci, w->bar, w->off + off, &value, len) != 0)
		return UINT64_MAX;
	return len == 1 ? value.u8 : len == 2 ? value.u16 : len == 4 ? value.u32 : value.u64;
}

void
plx_pci_write_call(const struct plx_pci_window *w, uint64_t off, uint64_t value, unsigned len)
{
	struct plx_pci_window at;

	if (!meets_map(w, off, len, &at))
		/* Little endian machines: the low bytes come first. */
		w->pci->transport->bar_write(w->pci, w->bar, w->off + off, &value, len);
	else if (len == 1)
		plx_pci_write8(&at, 0, (uint8_t)value);
	else if (len == 2)
		plx_pci_write16(&at, 0, (uint16_t)value);
	else if (len == 4)
		plx_pci_write32(&at, 0, (uint32_t)value);
	else
		plx_pci_write64(&at, 0, value);
}

int
plx_pci_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
		struct plx_why *why)
{
	unsigned most = kind == PLX_PCI_IRQ_MSIX   ? pci->msix_vectors
			: kind == PLX_PCI_IRQ_INTX ? pci->intx
						   : 0;

	if (n > most || n > PLX_PCI_VECTORS_MAX || pci->transport->irq_set == NULL)
		return plx_why(why, -ENOTSUP, "the device has %u interrupts of that kind, not %u",
			       most, n);
	return pci->transport->irq_set(pci, kind, fds, n, why);
}

int
plx_pci_irq_unmask(struct plx_pci *pci)
{
	return pci->transport->irq_unmask != NULL ? pci->transport->irq_unmask(pci) : -ENOTSUP;
}

int
plx_pci_reset(struct plx_pci *pci)
{
	return pci->transport->reset != NULL ? pci->transport->reset(pci) : -ENOTSUP;
}

int
plx_pci_again(struct plx_pci *pci, struct plx_why *why)
{
	return pci->transport->again != NULL ? pci->transport->again(pci, why) : 0;
}
