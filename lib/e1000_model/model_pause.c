/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 802.3x, both ways (8.7). What fills up here is not a FIFO, which the model has not, but the driver's buffers: once a frame came, the
 * packet buffer's receive part (PBA) counts as filled by as much as the descriptors that wait could not take of it. It is looked at once
 * a poll. A driver that keeps few buffers is no reason for a pause without end: as long as any wait, a pause is not made longer.
 */
#include "model_priv.h"

#include "plx_byteorder.h"

#include <string.h>

#define PAUSE_LEN    60u
#define TYPE_AT	     12u
#define OPCODE_AT    14u
#define TIME_AT	     16u
#define OPCODE_PAUSE 1u
#define KIB	     1024u

static bool
is_full_duplex(const struct plx_e1000_model *model)
{
	return (emodel_get(model, E1000_STATUS) & E1000_STATUS_FD) != 0;
}

/* 512 bit times. */
static uint64_t
slots_ns(const struct plx_e1000_model *model, uint32_t slots)
{
	static const uint32_t ns[] = {51200, 5120, 512, 512};

	return (uint64_t)slots * ns[emodel_get(model, E1000_STATUS) >> E1000_STATUS_SPEED_SHIFT &
				    E1000_STATUS_SPEED_MASK];
}

/* -- theirs ---------------------------------------------------------------------------------------------------------------- */

static bool
is_station(const struct plx_e1000_model *model, const uint8_t *address)
{
	return (emodel_get(model, E1000_RAH(0)) & E1000_RAH_AV) != 0 &&
	       emodel_get(model, E1000_RAL(0)) == plx_load_le32(address) &&
	       (uint16_t)emodel_get(model, E1000_RAH(0)) == plx_load_le16(address + 4);
}

static bool
is_group(const struct plx_e1000_model *model, const uint8_t *address)
{
	return emodel_get(model, E1000_FCAL) == plx_load_le32(address) &&
	       (uint16_t)emodel_get(model, E1000_FCAH) == plx_load_le16(address + 4);
}

static void
resume(struct plx_e1000_model *model)
{
	emodel_timer_clear(model, EMODEL_TIMER_PAUSED);
	emodel_set(model, E1000_STATUS, emodel_get(model, E1000_STATUS) & ~E1000_STATUS_TXOFF);
}

static void
heed(struct plx_e1000_model *model, uint32_t slots)
{
	emodel_count(model, slots != 0 ? E1000_XOFFRXC : E1000_XONRXC, 1);
	if (slots == 0) {
		resume(model);
		return;
	}
	emodel_set(model, E1000_STATUS, emodel_get(model, E1000_STATUS) | E1000_STATUS_TXOFF);
	emodel_timer_set(model, EMODEL_TIMER_PAUSED, slots_ns(model, slots));
}

enum emodel_control
emodel_pause_received(struct plx_e1000_model *model, const uint8_t *frame, size_t len)
{
	const uint32_t rctl = emodel_get(model, E1000_RCTL);

	if (PLX_LIKELY(plx_load_be16(frame + TYPE_AT) != (uint16_t)emodel_get(model, E1000_FCT)) ||
	    len < TIME_AT + 2 || !is_full_duplex(model) ||
	    (!is_group(model, frame) && !is_station(model, frame)))
		return EMODEL_CONTROL_NONE;
	if (plx_load_be16(frame + OPCODE_AT) != OPCODE_PAUSE) {
		emodel_count(model, E1000_FCRUC, 1);
		return (rctl & E1000_RCTL_PMCF) != 0 ? EMODEL_CONTROL_PASSES : EMODEL_CONTROL_ENDS;
	}
	heed(model, plx_load_be16(frame + TIME_AT));
	return (rctl & E1000_RCTL_DPF) != 0 ? EMODEL_CONTROL_ENDS : EMODEL_CONTROL_FILTER;
}

/* -- ours -------------------------------------------------------------------------------------------------------------------- */

static void
ask(struct plx_e1000_model *model, uint32_t slots)
{
	uint8_t frame[PAUSE_LEN] = {0};

	plx_store_le32(frame, emodel_get(model, E1000_FCAL));
	plx_store_le16(frame + 4, (uint16_t)emodel_get(model, E1000_FCAH));
	plx_store_le32(frame + 6, emodel_get(model, E1000_RAL(0)));
	plx_store_le16(frame + 10, (uint16_t)emodel_get(model, E1000_RAH(0)));
	plx_store_be16(frame + TYPE_AT, (uint16_t)emodel_get(model, E1000_FCT));
	plx_store_be16(frame + OPCODE_AT, OPCODE_PAUSE);
	plx_store_be16(frame + TIME_AT, (uint16_t)slots);
	emodel_count(model, slots != 0 ? E1000_XOFFTXC : E1000_XONTXC, 1);
	emodel_tx_own(model, frame, sizeof(frame));
}

/* Half of the time later it is weighed whether to ask again. */
static void
ask_for_quiet(struct plx_e1000_model *model)
{
	const uint32_t slots = emodel_get(model, E1000_FCTTV) & 0xffff;

	model->rx.pausing = true;
	ask(model, slots);
	if (slots > 1)
		emodel_timer_set(model, EMODEL_TIMER_PAUSING, slots_ns(model, slots / 2));
}

static uint64_t
filled(const struct plx_e1000_model *model, uint64_t room)
{
	const uint64_t size = (uint64_t)(emodel_get(model, E1000_PBA) & 0xffff) * KIB;

	return room < size ? size - room : 0;
}

static void
end_quiet(struct plx_e1000_model *model, bool tell)
{
	if (!model->rx.pausing)
		return;
	model->rx.pausing = false;
	emodel_timer_clear(model, EMODEL_TIMER_PAUSING);
	if (tell && (emodel_get(model, E1000_FCRTL) & E1000_FCRTL_XONE) != 0)
		ask(model, 0);
}

/* 13.4.24: the mark is crossed upwards; or a pause that was over was too short. */
static bool
runs_short(const struct plx_e1000_model *model, uint64_t now, uint64_t room)
{
	const uint32_t high = emodel_get(model, E1000_FCRTH) & E1000_FCRT_MASK;

	if (!model->rx.came)
		return false;
	if (model->rx.above)
		return room == 0 && !model->rx.pausing;
	return high != 0 && now >= high;
}

/* 13.4.23 */
static void
weigh(struct plx_e1000_model *model)
{
	const uint32_t low = emodel_get(model, E1000_FCRTL) & E1000_FCRT_MASK;
	const uint64_t room = emodel_rx_room_bytes(model), now = filled(model, room);
	const bool again = model->rx.quiet_ends && room == 0;

	if (now <= low) {
		model->rx.above = false;
		end_quiet(model, true);
	} else if (again || runs_short(model, now, room)) {
		model->rx.above = true;
		ask_for_quiet(model);
	} else if (model->rx.quiet_ends) {
		end_quiet(model, true);
	}
	model->rx.quiet_ends = model->rx.came = false;
}

void
emodel_pause_poll(struct plx_e1000_model *model)
{
	const bool able = (emodel_get(model, E1000_CTRL) & E1000_CTRL_TFCE) != 0 &&
			  is_full_duplex(model) && plx_e1000_model_rx_is_up(model);

	if (PLX_UNLIKELY(model->rx.xoff_asked)) {
		model->rx.xoff_asked = false;
		if (is_full_duplex(model) && emodel_has_link(model))
			ask(model, emodel_get(model, E1000_FCTTV) & 0xffff);
	}
	if (able) {
		weigh(model);
		return;
	}
	model->rx.above = model->rx.quiet_ends = false;
	end_quiet(model, false);
}

void
emodel_pause_asked(struct plx_e1000_model *model)
{
	model->rx.xoff_asked = true;
}

void
emodel_pause_due(struct plx_e1000_model *model, enum emodel_timer timer)
{
	if (timer == EMODEL_TIMER_PAUSED)
		resume(model);
	else
		model->rx.quiet_ends = true;
}
