/* SPDX-License-Identifier: BSD-3-Clause */
/* The registers as they are, for people: those that reading does not change (13.2). */
#include "e1000.h"

#include <errno.h>
#include <stdio.h>

/* Not here: ICR and the statistics, which reading clears, what can only be written, and EERD and MDIC, which are errands. */
#define REG(word)                   \
	{                           \
#word, E1000_##word \
	}
static const struct {
	const char *name;
	uint32_t offset;
} plain[] = {
	REG(CTRL),   REG(STATUS), REG(EECD),  REG(CTRL_EXT), REG(FCAL),	  REG(FCAH),  REG(FCT),
	REG(VET),    REG(ITR),	  REG(IMS),   REG(RCTL),     REG(FCTTV),  REG(TCTL),  REG(TIPG),
	REG(LEDCTL), REG(PBA),	  REG(FCRTL), REG(FCRTH),    REG(RDBAL),  REG(RDBAH), REG(RDLEN),
	REG(RDH),    REG(RDT),	  REG(RDTR),  REG(RXDCTL),   REG(RADV),	  REG(TDBAL), REG(TDBAH),
	REG(TDLEN),  REG(TDH),	  REG(TDT),   REG(TIDV),     REG(TXDCTL), REG(TADV),  REG(RXCSUM),
	REG(WUC),    REG(WUFC),	  REG(MANC),
};

static const struct {
	const char *name;
	uint32_t offset, entries, stride;
} tables[] = {
	{"RAL", E1000_RAL(0), E1000_RA_ENTRIES, 8},
	{"RAH", E1000_RAH(0), E1000_RA_ENTRIES, 8},
	{"MTA", E1000_MTA, E1000_MTA_WORDS, 4},
	{"VFTA", E1000_VFTA, E1000_VFTA_WORDS, 4},
};
PLX_STATIC_ASSERT(PLX_ARRAY_LEN(plain) + 2 * E1000_RA_ENTRIES + E1000_MTA_WORDS +
				  E1000_VFTA_WORDS <=
			  PLX_ETHDEV_REGS_MAX,
		  "room for all");

struct dump {
	const struct e1000_dev *dev;
	struct plx_ethdev_reg *regs;
	unsigned n, size;
};

static void
add(struct dump *dump, const char *name, int entry, uint32_t offset, uint32_t value)
{
	struct plx_ethdev_reg *reg;

	if (dump->n++ >= dump->size)
		return;
	reg = &dump->regs[dump->n - 1];
	reg->offset = offset;
	reg->value = value;
	if (entry < 0)
		snprintf(reg->name, sizeof(reg->name), "%s", name);
	else
		snprintf(reg->name, sizeof(reg->name), "%s[%d]", name, entry);
}

static void
add_table(struct dump *dump, unsigned t)
{
	for (unsigned i = 0; i < tables[t].entries; i++) {
		const uint32_t offset = tables[t].offset + i * tables[t].stride;
		const uint32_t value = e1000_read(dump->dev, offset);

		if (value != 0)
			add(dump, tables[t].name, (int)i, offset, value);
	}
}

int
e1000_dump(struct plx_ethdev *eth, struct plx_ethdev_reg *ret_regs, unsigned n)
{
	struct e1000_dev *dev = e1000_dev(eth);
	struct dump dump = {.dev = dev, .regs = ret_regs, .size = n};
	bool gone;

	pthread_mutex_lock(&dev->lock);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(plain); i++)
		add(&dump, plain[i].name, -1, plain[i].offset, e1000_read(dev, plain[i].offset));
	for (unsigned t = 0; t < PLX_ARRAY_LEN(tables); t++)
		add_table(&dump, t);
	gone = e1000_hw_gone(dev);
	pthread_mutex_unlock(&dev->lock);
	return gone ? -ENODEV : (int)dump.n;
}
