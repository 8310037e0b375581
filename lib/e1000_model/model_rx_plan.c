/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What registers make of frames that come in: worked out before the first frame, and again before the first one after any of those
 * registers changed. The registers of the ring are not among them, since the driver may have their page mapped.
 */
#include "model_priv.h"

#define FCS_LEN	  4u
#define PLAIN_MAX 1522u	 /* with FCS */
#define LONG_MAX  16384u /* with FCS (13.7.15) */

/* 13.4.22 */
static uint32_t
buffer_len(uint32_t rctl)
{
	const uint32_t code = (rctl & E1000_RCTL_BSIZE_MASK) >> E1000_RCTL_BSIZE_SHIFT;

	return ((rctl & E1000_RCTL_BSEX) != 0 ? 32768u : 2048u) >> code;
}

/* RAH.AS: 0 destinations, 1 sources; others match nothing (13.5.2). */
static void
add_station(struct emodel_rx_plan *plan, uint64_t address, uint32_t upper)
{
	const uint32_t kind = (upper & E1000_RAH_AS_MASK) >> E1000_RAH_AS_SHIFT;

	if ((upper & E1000_RAH_AV) != 0 && kind <= 1)
		plan->stations[plan->nb_stations++] =
			(struct emodel_station){.address = address, .is_source = kind == 1};
}

static void
plan_stations(const struct plx_e1000_model *model, struct emodel_rx_plan *plan)
{
	for (unsigned i = 0; i < E1000_RA_ENTRIES; i++) {
		const uint32_t upper = emodel_get(model, E1000_RAH(i));

		add_station(plan,
			    emodel_get(model, E1000_RAL(i)) |
				    (uint64_t)(upper & E1000_RAH_ADDR_MASK) << 32,
			    upper);
	}
}

static bool
is_wired(const struct plx_e1000_model *model, uint32_t rctl)
{
	return emodel_has_link(model) && (rctl & E1000_RCTL_LBM_MASK) == 0;
}

/* A frame that is neither padded nor cut, without a sum of its own, is stored in one go. */
static uint32_t
longest_plain(const struct emodel_rx_plan *plan)
{
	if ((plan->rctl & E1000_RCTL_SECRC) == 0 || (plan->rxcsum & E1000_RXCSUM_PCSS_MASK) != 0)
		return 0;
	return plan->longest < plan->room ? plan->longest : plan->room;
}

void
emodel_rx_plan_make(const struct plx_e1000_model *model, struct emodel_rx_plan *plan)
{
	const uint32_t ctrl = emodel_get(model, E1000_CTRL), rctl = emodel_get(model, E1000_RCTL);

	*plan = (struct emodel_rx_plan){
		.on = (rctl & E1000_RCTL_EN) != 0 && emodel_is_master(model),
		.wired = is_wired(model, rctl),
		.strips_tags = (ctrl & E1000_CTRL_VME) != 0,
		.rctl = rctl,
		.rxcsum = emodel_get(model, E1000_RXCSUM),
		.room = buffer_len(rctl),
		.longest = ((rctl & E1000_RCTL_LPE) != 0 ? LONG_MAX : PLAIN_MAX) - FCS_LEN,
		.tag_type = emodel_get(model, E1000_VET),
		.control_type = (ctrl & E1000_CTRL_RFCE) != 0 ? emodel_get(model, E1000_FCT)
							      : EMODEL_NO_TYPE,
	};
	plan->longest_plain = longest_plain(plan);
	plan_stations(model, plan);
}
