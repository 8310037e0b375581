/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames are for this card (3.2.1, 9.3, 13.5). */
#include "model_priv.h"

#include "plx_byteorder.h"

#define MAC_LEN	  6u
#define GROUP_BIT 1u
#define TCI_AT	  14u
#define VID_MASK  0xfffu
#define CFI	  0x1000u

static bool
is_station(const struct emodel_rx_plan *plan, uint64_t dest, uint64_t source)
{
	for (unsigned i = 0; i < plan->nb_stations; i++) {
		const struct emodel_station *station = &plan->stations[i];

		if (station->address == (station->is_source ? source : dest))
			return true;
	}
	return false;
}

/* Twelve bits of the address, which twelve by RCTL.MO, are the number of a bit of MTA (13.5.1). */
static bool
is_in_hash(const struct plx_e1000_model *model, uint64_t address, uint32_t rctl)
{
	static const uint8_t shifts[] = {4, 3, 2, 0};
	const uint32_t offset = (rctl & E1000_RCTL_MO_MASK) >> E1000_RCTL_MO_SHIFT;
	const uint32_t hash = (uint32_t)(address >> 32) >> shifts[offset] & 0xfff;

	return (emodel_get(model, E1000_MTA + hash / 32 * 4) >> hash % 32 & 1) != 0;
}

static enum emodel_match
match_address(const struct plx_e1000_model *model, const struct emodel_rx_plan *plan, uint64_t dest,
	      const uint8_t *frame)
{
	const bool group = (dest & GROUP_BIT) != 0;

	if ((plan->rctl & (group ? E1000_RCTL_MPE : E1000_RCTL_UPE)) != 0)
		return EMODEL_MATCH_EXACT;
	if ((plan->rctl & E1000_RCTL_BAM) != 0 && dest == EMODEL_MAC_BITS)
		return EMODEL_MATCH_EXACT;
	if (is_station(plan, dest, emodel_address_at(frame + MAC_LEN)))
		return EMODEL_MATCH_EXACT;
	return group && is_in_hash(model, dest, plan->rctl) ? EMODEL_MATCH_INEXACT
							    : EMODEL_MATCH_NONE;
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
emodel_rx_match(const struct plx_e1000_model *model, const struct emodel_rx_plan *plan,
		const uint8_t *frame, bool tagged)
{
	if (PLX_UNLIKELY(tagged) && !passes_tag(model, frame, plan->rctl))
		return EMODEL_MATCH_NONE;
	return match_address(model, plan, emodel_address_at(frame), frame);
}
