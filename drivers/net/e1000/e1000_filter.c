/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames the card receives: modes, addresses, groups, VLANs (13.4.22, 13.5). */
#include "e1000.h"

#include "plx_byteorder.h"
#include "plx_log.h"

#include <errno.h>
#include <string.h>

PLX_LOG_COMPONENT(logger, "pmd.net.e1000");

#define MTU_PLAIN 1500u

static bool
is_group(const uint8_t mac[6])
{
	return (mac[0] & 1) != 0;
}

/* -- modes (13.4.22) -------------------------------------------------------------------------------------------------- */

/* More addresses than the card has room for: it is promiscuous until they are fewer. */
static bool
overflows(const struct e1000_dev *dev)
{
	unsigned n = 1; /* the own one */

	for (unsigned i = 0; i < dev->nb_macs; i++)
		n += !is_group(dev->macs[i]);
	return n > E1000_RA_ENTRIES;
}

static uint32_t
wanted_rctl(const struct e1000_dev *dev)
{
	const struct plx_ethdev *eth = &dev->eth;
	uint32_t rctl = E1000_RCTL_BAM | E1000_RCTL_SECRC;

	if (!dev->link_off)
		rctl |= E1000_RCTL_EN;
	rctl |= e1000_rx_bsize(dev->rxq->room);
	if (eth->promiscuous || overflows(dev))
		rctl |= E1000_RCTL_UPE;
	if (eth->promiscuous || eth->allmulticast)
		rctl |= E1000_RCTL_MPE;
	if (eth->mtu > MTU_PLAIN)
		rctl |= E1000_RCTL_LPE;
	if ((eth->info.rx_offloads & PLX_ETH_RX_OFFLOAD_VLAN_FILTER) != 0)
		rctl |= E1000_RCTL_VFE;
	return rctl;
}

void
e1000_filter_modes(struct e1000_dev *dev)
{
	uint32_t rctl;

	if (!dev->running || dev->rxq == NULL)
		return;
	rctl = wanted_rctl(dev);
	if (rctl == dev->rctl)
		return;
	dev->rctl = rctl;
	e1000_write(dev, E1000_RCTL, rctl);
}

/* ethdev notes the new mode when the op has returned. */
static int
set_mode(struct plx_ethdev *eth, bool *mode, bool on)
{
	struct e1000_dev *dev = e1000_dev(eth);

	pthread_mutex_lock(&dev->lock);
	*mode = on;
	e1000_filter_modes(dev);
	pthread_mutex_unlock(&dev->lock);
	return 0;
}

int
e1000_filter_promiscuous(struct plx_ethdev *eth, bool on)
{
	return set_mode(eth, &eth->promiscuous, on);
}

int
e1000_filter_allmulticast(struct plx_ethdev *eth, bool on)
{
	return set_mode(eth, &eth->allmulticast, on);
}

/* -- addresses (13.5.1 - 13.5.3) ----------------------------------------------------------------------------------------- */

/* The upper half, with AV, last: it makes the address valid. */
static void
write_address(const struct e1000_dev *dev, unsigned i, const uint8_t *mac)
{
	e1000_write(dev, E1000_RAH(i), 0);
	e1000_write(dev, E1000_RAL(i), mac != NULL ? plx_load_le32(mac) : 0);
	if (mac != NULL)
		e1000_write(dev, E1000_RAH(i), E1000_RAH_AV | plx_load_le16(mac + 4));
}

static void
write_addresses(const struct e1000_dev *dev, const uint8_t own[6])
{
	unsigned n = 0;

	write_address(dev, n++, own);
	for (unsigned i = 0; i < dev->nb_macs && n < E1000_RA_ENTRIES; i++)
		if (!is_group(dev->macs[i]))
			write_address(dev, n++, dev->macs[i]);
	while (n < E1000_RA_ENTRIES)
		write_address(dev, n++, NULL);
}

/* RCTL.MO 0: bits 47:36 of the address. A word a group of 32 hashes. */
static unsigned
hash_of(const uint8_t mac[6])
{
	return (unsigned)((mac[5] << 8 | mac[4]) >> 4 & 0xfff);
}

static void
write_groups(const struct e1000_dev *dev)
{
	uint32_t table[E1000_MTA_WORDS] = {0};

	for (unsigned i = 0; i < dev->nb_macs; i++) {
		const unsigned hash = hash_of(dev->macs[i]);

		if (is_group(dev->macs[i]))
			table[hash / 32] |= 1u << hash % 32;
	}
	for (unsigned i = 0; i < E1000_MTA_WORDS; i++)
		e1000_write(dev, E1000_MTA + 4 * i, table[i]);
}

int
e1000_filter_own_mac(struct plx_ethdev *eth, const uint8_t mac[6])
{
	struct e1000_dev *dev = e1000_dev(eth);

	pthread_mutex_lock(&dev->lock);
	if (dev->running)
		write_address(dev, 0, mac);
	pthread_mutex_unlock(&dev->lock);
	return 0;
}

static int
note_mac(struct e1000_dev *dev, const uint8_t mac[6], bool on)
{
	unsigned i = 0;

	while (i < dev->nb_macs && memcmp(dev->macs[i], mac, 6) != 0)
		i++;
	if (on && i == E1000_MACS_MAX)
		return -ENOSPC;
	if (!on && i == dev->nb_macs)
		return -ENOENT;
	if (on && i == dev->nb_macs)
		memcpy(dev->macs[dev->nb_macs++], mac, 6);
	else if (!on)
		memmove(dev->macs[i], dev->macs[--dev->nb_macs], 6);
	return 0;
}

int
e1000_filter_mac(struct plx_ethdev *eth, const uint8_t mac[6], bool on)
{
	struct e1000_dev *dev = e1000_dev(eth);
	bool before;
	int ret;

	pthread_mutex_lock(&dev->lock);
	before = overflows(dev);
	ret = note_mac(dev, mac, on);
	if (ret == 0 && overflows(dev) && !before)
		plx_log_notice(
			&logger,
			"%s: the card has room for %u addresses; it is promiscuous until they "
			"are fewer",
			eth->device->name, E1000_RA_ENTRIES);
	if (ret == 0 && dev->running) {
		write_addresses(dev, eth->mac);
		write_groups(dev);
		e1000_filter_modes(dev);
	}
	pthread_mutex_unlock(&dev->lock);
	return ret;
}

/* -- VLANs (9.3, 13.5.4) ---------------------------------------------------------------------------------------------------- */

int
e1000_filter_vlan(struct plx_ethdev *eth, uint16_t vlan, bool on)
{
	struct e1000_dev *dev = e1000_dev(eth);
	const unsigned word = vlan / 32 % E1000_VFTA_WORDS;

	if ((eth->info.rx_offloads & PLX_ETH_RX_OFFLOAD_VLAN_FILTER) == 0)
		return -ENOTSUP;
	pthread_mutex_lock(&dev->lock);
	if (on)
		dev->vlans[word] |= 1u << vlan % 32;
	else
		dev->vlans[word] &= ~(1u << vlan % 32);
	if (dev->running)
		e1000_write(dev, E1000_VFTA + 4 * word, dev->vlans[word]);
	pthread_mutex_unlock(&dev->lock);
	return 0;
}

void
e1000_filter_restore(struct e1000_dev *dev)
{
	write_addresses(dev, dev->eth.mac);
	write_groups(dev);
	for (unsigned i = 0; i < E1000_VFTA_WORDS; i++)
		e1000_write(dev, E1000_VFTA + 4 * i, dev->vlans[i]);
}
