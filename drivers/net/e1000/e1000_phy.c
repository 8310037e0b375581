/* SPDX-License-Identifier: BSD-3-Clause */
/* The PHY behind MDIC (13.4.7), and what it agrees on with the other end (11, IEEE 802.3 clause 28). */
#include "e1000.h"

#include <errno.h>
#include <string.h>

#define MDIC_US 10000 /* a transfer takes 64 clocks of 1 MHz or more */

static int
transfer(const struct e1000_dev *dev, unsigned reg, uint32_t op, uint32_t *ret_mdic)
{
	int ret;

	e1000_write(dev, E1000_MDIC,
		    op | reg << E1000_MDIC_REG_SHIFT | E1000_PHY_ADDRESS << E1000_MDIC_PHY_SHIFT);
	ret = e1000_hw_wait(dev, E1000_MDIC, E1000_MDIC_READY, E1000_MDIC_READY, MDIC_US, ret_mdic);
	return ret == 0 && (*ret_mdic & E1000_MDIC_ERROR) != 0 ? -EIO : ret;
}

int
e1000_phy_read(const struct e1000_dev *dev, unsigned reg, uint16_t *ret_value)
{
	uint32_t mdic;
	int ret = transfer(dev, reg, E1000_MDIC_OP_READ, &mdic);

	*ret_value = (uint16_t)(mdic & E1000_MDIC_DATA_MASK);
	return ret;
}

int
e1000_phy_write(const struct e1000_dev *dev, unsigned reg, uint16_t value)
{
	uint32_t mdic;

	return transfer(dev, reg, E1000_MDIC_OP_WRITE | value, &mdic);
}

/* 802.3 table 28B-2: what is advertised for what is wanted. */
static uint16_t
pause_bits(const struct plx_ethdev_flow_ctrl *flow)
{
	if (!flow->autoneg)
		return 0;
	if (flow->rx)
		return E1000_PHY_AN_PAUSE | E1000_PHY_AN_ASM_DIR;
	return flow->tx ? E1000_PHY_AN_ASM_DIR : 0;
}

/* 802.3, 22.2.4.1.5: the far end sees no link, the PHY still answers. */
static int
power_down(const struct e1000_dev *dev)
{
	uint16_t ctrl = 0;
	int ret = e1000_phy_read(dev, E1000_PHY_CTRL, &ctrl);

	if (ret != 0)
		return ret;
	return e1000_phy_write(dev, E1000_PHY_CTRL, ctrl | E1000_PHY_CTRL_POWER_DOWN);
}

/* Negotiation takes the link down: only where something is to be agreed on. */
static int
negotiate(const struct e1000_dev *dev)
{
	const uint16_t pause = E1000_PHY_AN_PAUSE | E1000_PHY_AN_ASM_DIR;
	uint16_t ctrl = 0, before = 0, wanted;
	int ret = e1000_phy_read(dev, E1000_PHY_CTRL, &ctrl);

	if (ret == 0)
		ret = e1000_phy_read(dev, E1000_PHY_AN_ADV, &before);
	if (ret != 0)
		return ret;
	wanted = (uint16_t)((before & ~pause) | pause_bits(&dev->flow));
	if (wanted == before && (ctrl & E1000_PHY_CTRL_AN_ENABLE) != 0 &&
	    (ctrl & E1000_PHY_CTRL_POWER_DOWN) == 0)
		return 0;
	ctrl = (uint16_t)((ctrl & ~E1000_PHY_CTRL_POWER_DOWN) | E1000_PHY_CTRL_AN_ENABLE |
			  E1000_PHY_CTRL_RESTART_AN);
	ret = e1000_phy_write(dev, E1000_PHY_AN_ADV, wanted);
	return ret != 0 ? ret : e1000_phy_write(dev, E1000_PHY_CTRL, ctrl);
}

int
e1000_phy_start(const struct e1000_dev *dev, struct plx_why *why)
{
	uint16_t id = 0;
	int ret = e1000_phy_read(dev, E1000_PHY_ID1, &id);

	if (ret == 0 && (id == 0 || id == UINT16_MAX))
		ret = -ENXIO;
	if (ret == 0)
		ret = dev->link_off ? power_down(dev) : negotiate(dev);
	return ret == 0 ? 0 : plx_why(why, ret, "the PHY does not answer: %s", strerror(-ret));
}

/* 802.3 table 28B-3. */
void
e1000_phy_flow(const struct e1000_dev *dev, bool *ret_rx, bool *ret_tx)
{
	uint16_t ours = 0, theirs = 0;
	bool both_asm;

	*ret_rx = *ret_tx = false;
	if (e1000_phy_read(dev, E1000_PHY_AN_ADV, &ours) != 0 ||
	    e1000_phy_read(dev, E1000_PHY_LP_ABILITY, &theirs) != 0)
		return;
	both_asm = (ours & theirs & E1000_PHY_AN_ASM_DIR) != 0;
	if ((ours & theirs & E1000_PHY_AN_PAUSE) != 0) {
		*ret_rx = dev->flow.rx;
		*ret_tx = dev->flow.tx;
	} else if (both_asm) {
		*ret_rx = (ours & E1000_PHY_AN_PAUSE) != 0 && dev->flow.rx;
		*ret_tx = (theirs & E1000_PHY_AN_PAUSE) != 0 && dev->flow.tx;
	}
}
