/* SPDX-License-Identifier: BSD-3-Clause */
/* What each register does when it is read or written (13.4 to 13.8): one table, in the order of their offsets. */
#include "model_priv.h"

#include <inttypes.h>
#include <string.h>

#define ALL UINT32_MAX
#define CTRL_RESET                                                                            \
	(E1000_CTRL_FD | E1000_CTRL_SLU | 2u << E1000_CTRL_SPEED_SHIFT | E1000_CTRL_SWDPIN0 | \
	 E1000_CTRL_SWDPIN2)
#define EECD_PINS \
	(E1000_EECD_SK | E1000_EECD_CS | E1000_EECD_DI | E1000_EECD_FWE_MASK | E1000_EECD_REQ)
#define EERD_ASKS    (E1000_EERD_START | 0xffu << E1000_EERD_ADDR_SHIFT)
#define LEDCTL_RESET 0x07068302u /* link, activity, 100, 1000 */
#define PBA_RESET    48u	 /* KiB for receiving */
#define RXDCTL_RESET 0x01010000u /* descriptor by descriptor */
#define RAH_WRITABLE 0x8003ffffu

/* `n` registers that are alike. NULL: what is stored, and nothing else happens. */
struct reg {
	const char *name;
	uint32_t at, n;
	uint32_t writable; /* bits; others read 0 */
	uint32_t reset;
	uint32_t (*read)(struct plx_e1000_model *model, uint32_t reg);
	/* Gets the writable bits of what was written. */
	void (*write)(struct plx_e1000_model *model, uint32_t reg, uint32_t value);
};

/* -- general (13.4.1 to 13.4.16) ---------------------------------------------------------------------------------------- */

static void
write_ctrl(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	const uint32_t changed = emodel_get(model, E1000_CTRL) ^ value;

	if ((value & E1000_CTRL_RST) != 0 && !model->faults.reset_stuck) {
		emodel_reset(model);
		value = emodel_get(model, E1000_CTRL) | (value & E1000_CTRL_PHY_RST);
	}
	emodel_set(model, E1000_CTRL, value);
	/* The PHY stays in reset until the bit is cleared. */
	if ((changed & E1000_CTRL_PHY_RST) != 0)
		emodel_phy_init(model);
	emodel_link_update(model);
}

static uint32_t
read_ctrl_twin(struct plx_e1000_model *model, uint32_t reg)
{
	return emodel_get(model, E1000_CTRL);
}

static void
write_ctrl_ext(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	emodel_set(model, reg, value & ~E1000_CTRL_EXT_EE_RST);
	if ((value & E1000_CTRL_EXT_EE_RST) != 0)
		emodel_eeprom_load(model);
}

static void
write_pba(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	const uint32_t rx = value < E1000_PBA_ALL ? value : E1000_PBA_ALL;

	emodel_set(model, reg, (E1000_PBA_ALL - rx) << E1000_PBA_TX_SHIFT | value);
}

/* -- interrupts (13.4.17 to 13.4.21) ---------------------------------------------------------------------------------------- */

static uint32_t
read_icr(struct plx_e1000_model *model, uint32_t reg)
{
	const uint32_t causes = emodel_get(model, reg);

	emodel_set(model, reg, 0);
	emodel_irq_update(model);
	return causes;
}

static void
write_icr(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	emodel_set(model, reg, emodel_get(model, reg) & ~value);
	emodel_irq_update(model);
}

static uint32_t
read_nothing(struct plx_e1000_model *model, uint32_t reg)
{
	return 0;
}

static void
write_ics(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	emodel_cause(model, value);
}

static void
write_ims(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	emodel_set(model, reg, emodel_get(model, reg) | value);
	emodel_irq_update(model);
}

static void
write_imc(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	emodel_set(model, E1000_IMS, emodel_get(model, E1000_IMS) & ~value);
	emodel_irq_update(model);
}

static void
write_itr(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	emodel_set(model, reg, value);
	emodel_irq_update(model);
}

/* -- rings (13.4.25 to 13.4.45): where they are is not to change while they are used -------------------------------------------- */

static void
write_rx_ring(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	if ((emodel_get(model, E1000_RCTL) & E1000_RCTL_EN) != 0)
		emodel_complain(model, "register %#" PRIx32 " is written while receiving is on",
				reg);
	emodel_set(model, reg, value);
}

static void
write_tx_ring(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	if ((emodel_get(model, E1000_TCTL) & E1000_TCTL_EN) != 0)
		emodel_complain(model, "register %#" PRIx32 " is written while sending is on", reg);
	emodel_set(model, reg, value);
}

static void
write_rctl(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	if ((emodel_get(model, reg) & ~value & E1000_RCTL_EN) != 0)
		emodel_rx_disabled(model);
	emodel_set(model, reg, value);
}

static void
write_tctl(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	if ((value & E1000_TCTL_SWXOFF) != 0)
		emodel_pause_asked(model);
	emodel_set(model, reg, value & ~E1000_TCTL_SWXOFF);
}

static void
write_rdtr(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	emodel_set(model, reg, value & ~E1000_RDTR_FPD);
	if ((value & E1000_RDTR_FPD) == 0 || model->due[EMODEL_TIMER_RX_DELAY] == EMODEL_NEVER)
		return;
	emodel_timer_clear(model, EMODEL_TIMER_RX_DELAY);
	emodel_rx_due(model, EMODEL_TIMER_RX_DELAY);
}

#define E1000_RA E1000_RAL(0)

/* -- addresses (13.5.2, 13.5.3) ----------------------------------------------------------------------------------------------------- */

static void
write_ra(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	const bool upper = (reg - E1000_RAL(0)) % 8 != 0;

	emodel_set(model, reg, upper ? value & RAH_WRITABLE : value);
}

/* -- statistics (13.7) ----------------------------------------------------------------------------------------------------------------- */

static uint32_t
read_count(struct plx_e1000_model *model, uint32_t reg)
{
	const uint32_t value = emodel_get(model, reg);

	emodel_set(model, reg, 0);
	return value;
}

/* In the order of their addresses; those between GOTC and TOR are none. */
static struct emodel_pair *
pair_at(struct plx_e1000_model *model, uint32_t low)
{
	return &model->pairs[(low - E1000_GORCL) / 8];
}

static uint64_t
octets_at(const struct plx_e1000_model *model, uint32_t low)
{
	return (uint64_t)emodel_get(model, low + 4) << 32 | emodel_get(model, low);
}

/* The upper one will tell of the same moment, so that no octets are lost that come between the two. */
static uint32_t
read_lower(struct plx_e1000_model *model, uint32_t reg)
{
	*pair_at(model, reg) = (struct emodel_pair){.is_told = true, .told = octets_at(model, reg)};
	return emodel_get(model, reg);
}

/* Clears the pair: of what was told when the lower one was read, or else of all. */
static uint32_t
read_upper(struct plx_e1000_model *model, uint32_t reg)
{
	const uint64_t all = octets_at(model, reg - 4);
	struct emodel_pair *pair = pair_at(model, reg - 4);
	const uint64_t gone = pair->is_told && pair->told < all ? pair->told : all;

	pair->is_told = false;
	emodel_set(model, reg - 4, (uint32_t)(all - gone));
	emodel_set(model, reg, (uint32_t)((all - gone) >> 32));
	return (uint32_t)(gone >> 32);
}

/* -- the table ---------------------------------------------------------------------------------------------------------------------------- */

#define REG(name, n, writable, reset, read, write)                   \
	{                                                            \
#name, E1000_##name, n, writable, reset, read, write \
	}
#define PLAIN(name, n, writable) REG(name, n, writable, 0, NULL, NULL)
#define COUNT(name)		 REG(name, 1, 0, 0, read_count, NULL)
#define PAIR(name)		 REG(name##L, 1, 0, 0, read_lower, NULL), REG(name##H, 1, 0, 0, read_upper, NULL)

/* clang-format off */
static const struct reg regs[] = {
	/*  name        n  writable        after reset         read              write */
	REG(CTRL,       1, ALL,            CTRL_RESET,         NULL,             write_ctrl),
	REG(CTRL_TWIN,  1, ALL,            0,                  read_ctrl_twin,   write_ctrl),
	PLAIN(STATUS,   1,  0),
	REG(EECD,       1, EECD_PINS,      E1000_EECD_FWE_OFF, emodel_eecd_read, emodel_eecd_write),
	REG(EERD,       1, EERD_ASKS,      0,                  emodel_eerd_read, NULL),
	REG(CTRL_EXT,   1, ALL,            0,                  NULL,             write_ctrl_ext),
	REG(MDIC,       1, ALL,            0,                  NULL,             emodel_mdic_write),
	PLAIN(FCAL,     1,  ALL),
	PLAIN(FCAH,     1,  0xffff),
	PLAIN(FCT,      1,  0xffff),
	REG(VET,        1, 0xffff,         E1000_VET_VALUE,    NULL,             NULL),
	REG(ICR,        1, E1000_INT_ALL,  0,                  read_icr,         write_icr),
	REG(ITR,        1, 0xffff,         0,                  NULL,             write_itr),
	REG(ICS,        1, E1000_INT_ALL,  0,                  read_nothing,     write_ics),
	REG(IMS,        1, E1000_INT_ALL,  0,                  NULL,             write_ims),
	REG(IMC,        1, E1000_INT_ALL,  0,                  read_nothing,     write_imc),
	REG(RCTL,       1, 0x06dfb3fe,     0,                  NULL,             write_rctl),
	PLAIN(FCTTV,    1,  0xffff),
	PLAIN(TXCW,     1,  0xc000ffff),
	PLAIN(RXCW,     1,  0),
	REG(TCTL,       1, 0x13fffffa,     0,                  NULL,             write_tctl),
	REG(TIPG,       1, 0x3fffffff,     E1000_TIPG_COPPER,  NULL,             NULL),
	PLAIN(TBT,      1,  ALL),
	PLAIN(AIT,      1,  0xffff),
	REG(LEDCTL,     1, ALL,            LEDCTL_RESET,       NULL,             NULL),
	REG(PBA,        1, 0xffff,         PBA_RESET,          NULL,             write_pba),
	PLAIN(FCRTL,    1,  0x8000fff8),
	PLAIN(FCRTH,    1,  0xfff8),
	PLAIN(RDFH,     1,  0x1fff),
	PLAIN(RDFT,     1,  0x1fff),
	PLAIN(RDFHS,    1,  0x1fff),
	PLAIN(RDFTS,    1,  0x1fff),
	PLAIN(RDFPC,    1,  0x1fff),
	REG(RDBAL,      1, 0xfffffff0,     0,                  NULL,             write_rx_ring),
	REG(RDBAH,      1, ALL,            0,                  NULL,             write_rx_ring),
	REG(RDLEN,      1, 0xfff80,        0,                  NULL,             write_rx_ring),
	REG(RDH,        1, 0xffff,         0,                  NULL,             write_rx_ring),
	PLAIN(RDT,      1,  0xffff),
	REG(RDTR,       1, 0x8000ffff,     0,                  NULL,             write_rdtr),
	REG(RXDCTL,     1, 0x013f3f3f,     RXDCTL_RESET,       NULL,             NULL),
	PLAIN(RADV,     1,  0xffff),
	PLAIN(RSRPD,    1,  0xfff),
	PLAIN(TXDMAC,   1,  ALL),
	PLAIN(TDFH,     1,  0x1fff),
	PLAIN(TDFT,     1,  0x1fff),
	PLAIN(TDFHS,    1,  0x1fff),
	PLAIN(TDFTS,    1,  0x1fff),
	PLAIN(TDFPC,    1,  0x1fff),
	REG(TDBAL,      1, 0xfffffff0,     0,                  NULL,             write_tx_ring),
	REG(TDBAH,      1, ALL,            0,                  NULL,             write_tx_ring),
	REG(TDLEN,      1, 0xfff80,        0,                  NULL,             write_tx_ring),
	REG(TDH,        1, 0xffff,         0,                  NULL,             write_tx_ring),
	PLAIN(TDT,      1,  0xffff),
	PLAIN(TIDV,     1,  0xffff),
	PLAIN(TXDCTL,   1,  0xff3f3f3f),
	PLAIN(TADV,     1,  0xffff),
	PLAIN(TSPMT,    1,  ALL),
	COUNT(CRCERRS), COUNT(ALGNERRC), COUNT(SYMERRS), COUNT(RXERRC), COUNT(MPC), COUNT(SCC),
	COUNT(ECOL), COUNT(MCC), COUNT(LATECOL), COUNT(COLC), COUNT(DC), COUNT(TNCRS),
	COUNT(SEC), COUNT(CEXTERR), COUNT(RLEC), COUNT(XONRXC), COUNT(XONTXC), COUNT(XOFFRXC),
	COUNT(XOFFTXC), COUNT(FCRUC), COUNT(PRC64), COUNT(PRC127), COUNT(PRC255),
	COUNT(PRC511), COUNT(PRC1023), COUNT(PRC1522), COUNT(GPRC), COUNT(BPRC), COUNT(MPRC),
	COUNT(GPTC), PAIR(GORC), PAIR(GOTC), COUNT(RNBC), COUNT(RUC), COUNT(RFC), COUNT(ROC),
	COUNT(RJC), COUNT(MGTPRC), COUNT(MGTPDC), COUNT(MGTPTC), PAIR(TOR), PAIR(TOT),
	COUNT(TPR), COUNT(TPT), COUNT(PTC64), COUNT(PTC127), COUNT(PTC255), COUNT(PTC511),
	COUNT(PTC1023), COUNT(PTC1522), COUNT(MPTC), COUNT(BPTC), COUNT(TSCTC), COUNT(TSCTFC),
	PLAIN(RXCSUM,   1,  0x7ff),
	PLAIN(RFCTL,    1,  ALL),
	PLAIN(MTA,      E1000_MTA_WORDS, ALL),
	REG(RA,         2 * E1000_RA_ENTRIES, ALL, 0,          NULL,             write_ra),
	PLAIN(VFTA,     E1000_VFTA_WORDS, ALL),
	REG(WUC,        1, 0xf,            E1000_WUC_APME,     NULL,             NULL),
	PLAIN(WUFC,     1,  ALL),
	REG(WUS,        1, ALL,            0,                  read_nothing,     NULL),
	PLAIN(MANC,     1,  ALL),
	PLAIN(IPAV,     1,  ALL),
	PLAIN(IP4AT,    8,  ALL),
	PLAIN(IP6AT,    4,  ALL),
	PLAIN(WUPL,     1,  0),
	PLAIN(WUPM,     32, 0),
	PLAIN(FFLT,     8,  0x7ff),
	PLAIN(FFMT,     256, 0xf),
	PLAIN(FFVT,     256, ALL),
	PLAIN(PBM,      E1000_PBM_WORDS, ALL),
};
/* clang-format on */

/* NULL: the card has none there. */
static const struct reg *
find(uint32_t at)
{
	unsigned low = 0, high = PLX_ARRAY_LEN(regs);

	while (low < high) {
		const unsigned middle = (low + high) / 2;

		if (at < regs[middle].at)
			high = middle;
		else if (at >= regs[middle].at + 4 * regs[middle].n)
			low = middle + 1;
		else
			return &regs[middle];
	}
	return NULL;
}

uint32_t
emodel_read(struct plx_e1000_model *model, uint32_t at)
{
	const struct reg *reg = find(at);

	if (emodel_is_count(at))
		emodel_count_settle(model);
	if (reg != NULL)
		return reg->read != NULL ? reg->read(model, at) : emodel_get(model, at);
	emodel_complain(model, "there is no register %#" PRIx32 " to read", at);
	return 0;
}

void
emodel_write(struct plx_e1000_model *model, uint32_t at, uint32_t value)
{
	const struct reg *reg = find(at);

	if (reg == NULL)
		emodel_complain(model, "there is no register %#" PRIx32 " to write", at);
	else if (reg->writable == 0)
		emodel_complain(model, "%s is written, which can only be read", reg->name);
	else if (reg->write != NULL)
		reg->write(model, at, value & reg->writable);
	else
		emodel_set(model, at, value & reg->writable);
}

void
emodel_regs_init(struct plx_e1000_model *model)
{
	memset(model->regs, 0, sizeof(model->regs));
	memset(&model->received, 0, sizeof(model->received));
	memset(&model->sent, 0, sizeof(model->sent));
	for (uint32_t at = 0; at < PLX_E1000_MODEL_PAGE_LEN; at += 4) {
		emodel_set(model, PLX_E1000_MODEL_RX_PAGE + at, 0);
		emodel_set(model, PLX_E1000_MODEL_TX_PAGE + at, 0);
	}
	for (unsigned i = 0; i < PLX_ARRAY_LEN(regs); i++)
		for (uint32_t k = 0; k < regs[i].n && regs[i].reset != 0; k++)
			emodel_set(model, regs[i].at + 4 * k, regs[i].reset);
	emodel_set(model, E1000_PBA, (E1000_PBA_ALL - PBA_RESET) << E1000_PBA_TX_SHIFT | PBA_RESET);
}
