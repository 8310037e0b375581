/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames are for this card (3.2.1, 9.3, 13.5). */
#include "model_priv.h"

#include "plx_byteorder.h"

#define MAC_LEN	 6u
#define TCI_AT	 14u
#define VID_MASK 0xfffu
#define CFI	 0x1000u

/* An entry of the table: valid, and of that kind of address (RAH.AS: 0 destinations, 1 sources). */
static inline bool
is_entry(const struct plx_e1000_model *model, unsigned i, const uint8_t *address, uint32_t kind)
{
	const uint32_t upper =
		E1000_RAH_AV | kind << E1000_RAH_AS_SHIFT | plx_load_le16(address + 4);

	return emodel_get(model, E1000_RAL(i)) == plx_load_le32(address) &&
	       (emodel_get(model, E1000_RAH(i)) &
		(E1000_RAH_AV | E1000_RAH_AS_MASK | E1000_RAH_ADDR_MASK)) == upper;
}

static bool
is_exact(const struct plx_e1000_model *model, const uint8_t *frame)
{
	for (unsigned i = 0; i < E1000_RA_ENTRIES; i++)
		if (is_entry(model, i, frame, 0) || is_entry(model, i, frame + MAC_LEN, 1))
			return true;
	return false;
}

/* Twelve bits of the address, which twelve by RCTL.MO, are the number of a bit of MTA (13.5.1). */
static bool
is_in_hash(const struct plx_e1000_model *model, const uint8_t *address, uint32_t rctl)
{
	static const uint8_t shifts[] = {4, 3, 2, 0};
	const uint32_t offset = (rctl & E1000_RCTL_MO_MASK) >> E1000_RCTL_MO_SHIFT;
	const uint32_t hash = (uint32_t)plx_load_le16(address + 4) >> shifts[offset] & 0xfff;

	return (emodel_get(model, E1000_MTA + hash / 32 * 4) >> hash % 32 & 1) != 0;
}

static bool
is_broadcast(const uint8_t *address)
{
	return plx_load_le32(address) == UINT32_MAX && plx_load_le16(address + 4) == UINT16_MAX;
}

static enum emodel_match
match_address(const struct plx_e1000_model *model, const uint8_t *frame, uint32_t rctl)
{
	const bool group = (frame[0] & 1) != 0;

	if ((rctl & (group ? E1000_RCTL_MPE : E1000_RCTL_UPE)) != 0)
		return EMODEL_MATCH_EXACT;
	if ((rctl & E1000_RCTL_BAM) != 0 && is_broadcast(frame))
		return EMODEL_MATCH_EXACT;
	if (is_exact(model, frame))
		return EMODEL_MATCH_EXACT;
	return group && is_in_hash(model, frame, rctl) ? EMODEL_MATCH_INEXACT : EMODEL_MATCH_NONE;
}

/* 9.3: VFTA and CFI, each if it is asked. */
static bool
passes_tag(const struct plx_e1000_model *model, const uint8_t *frame, uint32_t rctl)
{
	const uint32_t tci = plx_load_be16(frame + TCI_AT), vid = tci & VID_MASK;

	if ((rctl & E1000_RCTL_CFIEN) != 0 && ((rctl & E1000_RCTL_CFI) != 0) != ((tci & CFI) != 0))
		return false;
	return (rctl & E1000_RCTL_VFE) == 0 ||
	       (emodel_get(model, E1000_VFTA + vid / 32 * 4) >> vid % 32 & 1) != 0;
}

enum emodel_match
emodel_rx_match(const struct plx_e1000_model *model, const uint8_t *frame, bool tagged,
		uint32_t rctl)
{
	if (PLX_UNLIKELY(tagged) && !passes_tag(model, frame, rctl))
		return EMODEL_MATCH_NONE;
	if (PLX_LIKELY(is_entry(model, 0, frame, 0)))
		return EMODEL_MATCH_EXACT;
	return match_address(model, frame, rctl);
}
