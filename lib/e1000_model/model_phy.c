/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PHY, an 88E1000: MDIC, negotiation, the link (13.4.7, IEEE 802.3 clauses 22 and 28). The far end can all that there is, full
 * and half duplex, and pauses both ways.
 *
 *	cable in, restart -> negotiates -> 500 ms -> link -> STATUS.LU, LSC
 *	cable out, reset, power down, loopback ----> no link
 */
#include "model_priv.h"

#include <inttypes.h>

#define NEGOTIATES_NS 500000000u
#define FAR_END	      0x45e1u /* ability, with its acknowledgement: pause, all of 10 and 100 */
#define FAR_END_1000  0x3c00u /* receivers good at both ends; full and half duplex */
#define EXPANSION     0x0003u /* a page came; the far end negotiates */
#define PAGE_CAME     0x0002u
#define COPPER	      (E1000_PHY_CTRL_ISOLATE | E1000_PHY_CTRL_POWER_DOWN | E1000_PHY_CTRL_LOOPBACK)
/* Registers 0, as they concern the link. */
#define CTRL_LINK                                                                            \
	(COPPER | E1000_PHY_CTRL_AN_ENABLE | E1000_PHY_CTRL_SPEED_1000 | E1000_PHY_CTRL_FD | \
	 E1000_PHY_CTRL_SPEED_100)

enum speed {
	SPEED_10,
	SPEED_100,
	SPEED_1000,
};

struct phy_reg {
	uint16_t value;	   /* after a reset */
	uint16_t writable; /* 0: read only; registers that are not here read 0, too */
	bool known;
};

static const struct phy_reg phy_regs[EMODEL_PHY_REGS] = {
	[E1000_PHY_CTRL] = {0x1140, 0xffc0, true},
	[E1000_PHY_STATUS] = {0x7949, 0, true},
	[E1000_PHY_ID1] = {E1000_PHY_ID1_88E1000, 0, true},
	[E1000_PHY_ID2] = {E1000_PHY_ID2_82540, 0, true},
	[E1000_PHY_AN_ADV] = {0x0de1, 0xbfff, true},
	[E1000_PHY_LP_ABILITY] = {0, 0, true},
	[E1000_PHY_AN_EXPANSION] = {0x0004, 0, true},
	[E1000_PHY_AN_NEXT] = {0x2001, 0xbfff, true},
	[E1000_PHY_LP_NEXT] = {0, 0, true},
	[E1000_PHY_1000_CTRL] = {0x0e00, 0xff00, true},
	[E1000_PHY_1000_STATUS] = {0, 0, true},
	[E1000_PHY_EXT_STATUS] = {0x3000, 0, true},
	[E1000_PHY_SPEC_CTRL] = {0x0360, 0xffff, true},
	[E1000_PHY_SPEC_STATUS] = {0xa000, 0, true},
	[E1000_PHY_INT_ENABLE] = {0, 0xffff, true},
	[E1000_PHY_INT_STATUS] = {0, 0, true},
	[E1000_PHY_EXT_SPEC_CTRL] = {0x0d60, 0xffff, true},
	[E1000_PHY_RX_ERRORS] = {0, 0, true},
	[E1000_PHY_EXT_ADDRESS] = {0, 0xffff, true},
	[E1000_PHY_LED_CTRL] = {0x4100, 0xffff, true},
	[E1000_PHY_LED_OVERRIDE] = {0, 0xffff, true},
	[E1000_PHY_PAGE] = {0, 0xffff, true},
	[E1000_PHY_PAGED] = {0, 0xffff, true},
};

/* -- what comes out of a negotiation -------------------------------------------------------------------------------------- */

static enum speed
forced_speed(uint16_t ctrl)
{
	if ((ctrl & E1000_PHY_CTRL_SPEED_1000) != 0)
		return SPEED_1000;
	return (ctrl & E1000_PHY_CTRL_SPEED_100) != 0 ? SPEED_100 : SPEED_10;
}

/* 802.3, 28B.3: the best that both can. False: nothing. */
static bool
negotiated(const struct plx_e1000_model *model, enum speed *speed, bool *full)
{
	const uint16_t gigabit = model->phy[E1000_PHY_1000_CTRL];
	const uint16_t both = model->phy[E1000_PHY_AN_ADV] & FAR_END;
	const struct {
		bool can, full;
		enum speed speed;
	} choices[] = {
		{(gigabit & E1000_PHY_1000_FD) != 0, true, SPEED_1000},
		{(gigabit & E1000_PHY_1000_HD) != 0, false, SPEED_1000},
		{(both & E1000_PHY_AN_100_FD) != 0, true, SPEED_100},
		{(both & E1000_PHY_AN_100_HD) != 0, false, SPEED_100},
		{(both & E1000_PHY_AN_10_FD) != 0, true, SPEED_10},
		{(both & E1000_PHY_AN_10_HD) != 0, false, SPEED_10},
	};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(choices); i++) {
		if (!choices[i].can)
			continue;
		*speed = choices[i].speed;
		*full = choices[i].full;
		return true;
	}
	return false;
}

static bool
agree(const struct plx_e1000_model *model, enum speed *speed, bool *full)
{
	const uint16_t ctrl = model->phy[E1000_PHY_CTRL];

	if ((ctrl & E1000_PHY_CTRL_AN_ENABLE) != 0)
		return negotiated(model, speed, full);
	*speed = forced_speed(ctrl);
	*full = (ctrl & E1000_PHY_CTRL_FD) != 0;
	return true;
}

/* -- the link, as the card sees it (13.4.1, 13.4.2) ---------------------------------------------------------------------------- */

static uint32_t
wanted_status(const struct plx_e1000_model *model)
{
	const uint16_t spec = model->phy[E1000_PHY_SPEC_STATUS];
	const uint32_t ctrl = emodel_get(model, E1000_CTRL);
	const bool seen = model->link != ((ctrl & E1000_CTRL_ILOS) != 0);
	uint32_t speed = spec >> E1000_PHY_SPEC_SPEED_SHIFT;
	bool full = (spec & E1000_PHY_SPEC_FD) != 0;
	uint32_t status = speed << E1000_STATUS_ASDV_SHIFT;

	if ((ctrl & E1000_CTRL_FRCSPD) != 0)
		speed = ctrl >> E1000_CTRL_SPEED_SHIFT & E1000_STATUS_SPEED_MASK;
	if ((ctrl & E1000_CTRL_FRCDPLX) != 0)
		full = (ctrl & E1000_CTRL_FD) != 0;
	status |= speed << E1000_STATUS_SPEED_SHIFT | (full ? E1000_STATUS_FD : 0);
	if (seen && (ctrl & E1000_CTRL_SLU) != 0)
		status |= E1000_STATUS_LU | (emodel_get(model, E1000_STATUS) & E1000_STATUS_TXOFF);
	return status;
}

void
emodel_link_update(struct plx_e1000_model *model)
{
	const uint32_t before = emodel_get(model, E1000_STATUS);
	const uint32_t now = wanted_status(model);

	emodel_set(model, E1000_STATUS, now);
	if (((before ^ now) & E1000_STATUS_LU) != 0)
		emodel_cause(model, E1000_INT_LSC);
}

/* -- the link, as the PHY has it ------------------------------------------------------------------------------------------------ */

static void
tell(struct plx_e1000_model *model, uint16_t events)
{
	model->phy[E1000_PHY_INT_STATUS] |= events;
	if ((events & model->phy[E1000_PHY_INT_ENABLE]) != 0)
		emodel_cause(model, E1000_INT_PHYINT);
}

static void
lose_link(struct plx_e1000_model *model)
{
	const bool had = model->link;

	model->link = false;
	model->link_was_lost = true;
	model->phy[E1000_PHY_STATUS] &= (uint16_t)~E1000_PHY_STATUS_AN_DONE;
	model->phy[E1000_PHY_LP_ABILITY] = 0;
	model->phy[E1000_PHY_1000_STATUS] = 0;
	model->phy[E1000_PHY_AN_EXPANSION] &= (uint16_t)~EXPANSION;
	model->phy[E1000_PHY_SPEC_STATUS] &=
		(uint16_t) ~(E1000_PHY_SPEC_LINK | E1000_PHY_SPEC_RESOLVED);
	if (had)
		tell(model, E1000_PHY_INT_LINK);
	emodel_link_update(model);
}

static bool
can_link(const struct plx_e1000_model *model)
{
	return model->cable && (model->phy[E1000_PHY_CTRL] & COPPER) == 0 &&
	       (emodel_get(model, E1000_CTRL) & E1000_CTRL_PHY_RST) == 0;
}

/* From the beginning. */
static void
connect(struct plx_e1000_model *model)
{
	lose_link(model);
	if (can_link(model))
		emodel_timer_set(model, EMODEL_TIMER_LINK, NEGOTIATES_NS);
	else
		emodel_timer_clear(model, EMODEL_TIMER_LINK);
}

static void
note_negotiation(struct plx_e1000_model *model, enum speed speed)
{
	model->phy[E1000_PHY_STATUS] |= E1000_PHY_STATUS_AN_DONE;
	model->phy[E1000_PHY_LP_ABILITY] = FAR_END;
	model->phy[E1000_PHY_AN_EXPANSION] |= EXPANSION;
	if (speed == SPEED_1000)
		model->phy[E1000_PHY_1000_STATUS] = FAR_END_1000;
}

void
emodel_link_due(struct plx_e1000_model *model)
{
	const bool negotiates = (model->phy[E1000_PHY_CTRL] & E1000_PHY_CTRL_AN_ENABLE) != 0;
	enum speed speed;
	bool full;

	if (!agree(model, &speed, &full))
		return;
	if (negotiates)
		note_negotiation(model, speed);
	model->phy[E1000_PHY_SPEC_STATUS] =
		(uint16_t)(speed << E1000_PHY_SPEC_SPEED_SHIFT | (full ? E1000_PHY_SPEC_FD : 0) |
			   E1000_PHY_SPEC_RESOLVED | E1000_PHY_SPEC_LINK);
	model->link = true;
	tell(model, (uint16_t)(E1000_PHY_INT_LINK | E1000_PHY_INT_SPEED |
			       (negotiates ? E1000_PHY_INT_AN_DONE : 0)));
	emodel_link_update(model);
}

void
plx_e1000_model_set_cable(struct plx_e1000_model *model, bool plugged)
{
	if (plugged == model->cable)
		return;
	model->cable = plugged;
	connect(model);
}

void
emodel_phy_init(struct plx_e1000_model *model)
{
	for (unsigned i = 0; i < EMODEL_PHY_REGS; i++)
		model->phy[i] = phy_regs[i].value;
	connect(model);
}

/* -- registers (802.3 22.2.4) ------------------------------------------------------------------------------------------------------- */

static uint16_t
read_phy(struct plx_e1000_model *model, unsigned reg)
{
	uint16_t value = model->phy[reg];

	if (reg == E1000_PHY_STATUS) {
		if (model->link && !model->link_was_lost)
			value |= E1000_PHY_STATUS_LINK;
		model->link_was_lost = !model->link;
	} else if (reg == E1000_PHY_AN_EXPANSION) {
		model->phy[reg] &= (uint16_t)~PAGE_CAME;
	} else if (reg == E1000_PHY_INT_STATUS) {
		model->phy[reg] = 0;
	}
	if (!phy_regs[reg].known)
		emodel_complain(model, "register %u of the PHY is none", reg);
	return value;
}

/* A reset keeps what the registers say, and begins with it (88E1000: 0.15). */
static void
write_ctrl(struct plx_e1000_model *model, uint16_t value)
{
	const uint16_t now = E1000_PHY_CTRL_RESET | E1000_PHY_CTRL_RESTART_AN;
	const uint16_t before = model->phy[E1000_PHY_CTRL];

	model->phy[E1000_PHY_CTRL] = (uint16_t)(value & ~now);
	if ((value & now) != 0 || ((before ^ value) & CTRL_LINK) != 0)
		connect(model);
}

static void
write_phy(struct plx_e1000_model *model, unsigned reg, uint16_t value)
{
	const uint16_t writable = phy_regs[reg].writable;

	if (writable == 0)
		emodel_complain(model, "register %u of the PHY is written: lost", reg);
	value = (uint16_t)((value & writable) | (model->phy[reg] & ~writable));
	if (reg == E1000_PHY_CTRL)
		write_ctrl(model, value);
	else
		model->phy[reg] = value;
}

/* 13.4.7: done at once. Nobody is at other addresses than the PHY's. */
void
emodel_mdic_write(struct plx_e1000_model *model, uint32_t mdic, uint32_t value)
{
	const unsigned reg = value >> E1000_MDIC_REG_SHIFT & E1000_MDIC_ADDR_MASK;
	const unsigned phy = value >> E1000_MDIC_PHY_SHIFT & E1000_MDIC_ADDR_MASK;
	const uint32_t op = value & E1000_MDIC_OP_MASK;

	value &= ~(E1000_MDIC_READY | E1000_MDIC_ERROR);
	if (model->faults.phy_stuck) {
		emodel_set(model, mdic, value);
		return;
	}
	if (phy != E1000_PHY_ADDRESS || (op != E1000_MDIC_OP_READ && op != E1000_MDIC_OP_WRITE))
		value |= E1000_MDIC_ERROR;
	else if (op == E1000_MDIC_OP_WRITE)
		write_phy(model, reg, (uint16_t)value);
	else
		value = (value & ~E1000_MDIC_DATA_MASK) | read_phy(model, reg);
	emodel_set(model, mdic, value | E1000_MDIC_READY);
	if ((value & E1000_MDIC_INT) != 0)
		emodel_cause(model, E1000_INT_MDAC);
}
