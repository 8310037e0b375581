/* SPDX-License-Identifier: BSD-3-Clause */
/* Reset and the registers that every start sets. */
#include "e1000.h"

#include "plx_clock.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define QUIET_MS    10 /* transfers that were begun end */
#define RESET_US    100000
#define AUTOLOAD_MS 5 /* the card reads its EEPROM (13.4.1) */
#define POLL_US	    10

/* Of the 48 KiB that the packet buffer has for receiving: room for a long frame above the upper mark (13.4.23, 13.4.24). */
#define PAUSE_ABOVE 0x7000u
#define PAUSE_BELOW 0x5000u
#define PAUSE_TIME  0xffffu

static void
sleep_ms(unsigned ms)
{
	const struct timespec time = {.tv_nsec = (long)ms * 1000000};

	nanosleep(&time, NULL);
}

bool
e1000_hw_gone(const struct e1000_dev *dev)
{
	return e1000_read(dev, E1000_STATUS) == E1000_GONE;
}

int
e1000_hw_wait(const struct e1000_dev *dev, uint32_t reg, uint32_t mask, uint32_t value,
	      unsigned limit_us, uint32_t *ret_value)
{
	for (unsigned waited = 0;; waited += POLL_US) {
		*ret_value = e1000_read(dev, reg);
		if (*ret_value == E1000_GONE)
			return -ENODEV;
		if ((*ret_value & mask) == value)
			return 0;
		if (waited >= limit_us)
			return -ETIMEDOUT;
		plx_clock_delay_us(POLL_US);
	}
}

int
e1000_hw_reset(const struct e1000_dev *dev, struct plx_why *why)
{
	uint32_t ctrl;
	int ret;

	if (e1000_hw_gone(dev))
		return plx_why(why, -ENODEV,
			       "the card does not answer: its registers read all ones");
	/* No interrupts (13.4.21), nothing received (13.4.22) nor sent (13.4.33). */
	e1000_write(dev, E1000_IMC, UINT32_MAX);
	e1000_write(dev, E1000_RCTL, 0);
	e1000_write(dev, E1000_TCTL, E1000_TCTL_PSP);
	e1000_read(dev, E1000_STATUS); /* the writes have arrived */
	sleep_ms(QUIET_MS);
	/* RST clears itself (13.4.1). */
	ctrl = e1000_read(dev, E1000_CTRL);
	e1000_write(dev, E1000_CTRL, ctrl | E1000_CTRL_RST);
	plx_clock_delay_us(POLL_US);
	ret = e1000_hw_wait(dev, E1000_CTRL, E1000_CTRL_RST, 0, RESET_US, &ctrl);
	if (ret != 0)
		return plx_why(why, ret, "the card does not finish a reset within %u ms: %s",
			       RESET_US / 1000, strerror(-ret));
	sleep_ms(AUTOLOAD_MS);
	/* A reset may have enabled them again; what was pending is old (13.4.17). */
	e1000_write(dev, E1000_IMC, UINT32_MAX);
	e1000_read(dev, E1000_ICR);
	return 0;
}

static void
init_pause(const struct e1000_dev *dev)
{
	/* 13.4.8 - 13.4.10, 13.4.12 */
	e1000_write(dev, E1000_FCAL, E1000_FCAL_VALUE);
	e1000_write(dev, E1000_FCAH, E1000_FCAH_VALUE);
	e1000_write(dev, E1000_FCT, E1000_FCT_VALUE);
	e1000_write(dev, E1000_FCTTV, PAUSE_TIME);
}

void
e1000_hw_flow(struct e1000_dev *dev)
{
	uint32_t ctrl = e1000_read(dev, E1000_CTRL) & ~(E1000_CTRL_RFCE | E1000_CTRL_TFCE);
	bool rx = dev->flow.rx, tx = dev->flow.tx;

	if (dev->flow.autoneg)
		e1000_phy_flow(dev, &rx, &tx);
	ctrl |= (rx ? E1000_CTRL_RFCE : 0) | (tx ? E1000_CTRL_TFCE : 0);
	e1000_write(dev, E1000_FCRTL, tx ? PAUSE_BELOW | E1000_FCRTL_XONE : 0);
	e1000_write(dev, E1000_FCRTH, tx ? PAUSE_ABOVE : 0);
	e1000_write(dev, E1000_CTRL, ctrl);
}

/* 14.3: the link's speed and duplex are the PHY's to say; 9.2: tags are handled where somebody asked for it. */
void
e1000_hw_ctrl(struct e1000_dev *dev)
{
	const struct plx_ethdev_info *info = &dev->eth.info;
	const bool tags = (info->rx_offloads & PLX_ETH_RX_OFFLOAD_VLAN_STRIP) != 0 ||
			  (info->tx_offloads & PLX_ETH_TX_OFFLOAD_VLAN_INSERT) != 0;
	uint32_t ctrl = e1000_read(dev, E1000_CTRL);

	ctrl &= ~(E1000_CTRL_LRST | E1000_CTRL_FRCSPD | E1000_CTRL_FRCDPLX | E1000_CTRL_ILOS |
		  E1000_CTRL_PHY_RST | E1000_CTRL_SLU | E1000_CTRL_VME);
	ctrl |= E1000_CTRL_ASDE | (dev->link_off ? 0 : E1000_CTRL_SLU) |
		(tags ? E1000_CTRL_VME : 0);
	e1000_write(dev, E1000_CTRL, ctrl);
}

void
e1000_hw_init(struct e1000_dev *dev)
{
	e1000_hw_ctrl(dev);
	e1000_write(dev, E1000_VET, E1000_VET_VALUE); /* 13.4.11 */
	/* 13.6: nothing wakes the machine, and ARP is not answered behind our back. */
	e1000_write(dev, E1000_WUC, 0);
	e1000_write(dev, E1000_WUFC, 0);
	e1000_write(dev, E1000_MANC, e1000_read(dev, E1000_MANC) & ~E1000_MANC_ARP_EN);
	init_pause(dev);
	/* 13.7: statistics begin at nothing once they were read. */
	e1000_stats_collect(dev, false);
}
