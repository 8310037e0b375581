/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver is told of descriptors that are done: DD in memory, where it asked for it (RS), at once or some at a time
 * (TXDCTL.WTHRESH, 3.4.2); the interrupt for it, at once or after a while (IDE, TIDV, TADV); and a queue that runs dry (3.4.3).
 */
#include "model_priv.h"

#include <string.h>

#define REPORTS	   (E1000_TXD_CMD_RS | E1000_TXD_CMD_RPS)
#define STA_MASK   0xffu
#define DELAY_UNIT 1024u /* ns */
#define DELAY_MASK 0xffffu

static uint64_t
delay_ns(const struct plx_e1000_model *model, uint32_t reg)
{
	return (uint64_t)(emodel_get(model, reg) & DELAY_MASK) * DELAY_UNIT;
}

static void
stop_timers(struct plx_e1000_model *model)
{
	emodel_timer_clear(model, EMODEL_TIMER_TX_DELAY);
	emodel_timer_clear(model, EMODEL_TIMER_TX_LIMIT);
}

static void
start_timers(struct plx_e1000_model *model, uint64_t delay)
{
	const uint64_t limit = delay_ns(model, E1000_TADV);

	emodel_timer_set(model, EMODEL_TIMER_TX_DELAY, delay);
	if (limit != 0 && model->due[EMODEL_TIMER_TX_LIMIT] == EMODEL_NEVER)
		emodel_timer_set(model, EMODEL_TIMER_TX_LIMIT, limit);
}

/* Into memory, in order; what cannot be written now stays. How many could. */
static unsigned
write_back(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;
	unsigned n = 0;

	while (n < tx->nb_undone &&
	       emodel_ring_done_tx(model, &tx->ring, tx->undone[n].i, tx->undone[n].upper) == 0)
		n++;
	tx->nb_undone -= n;
	tx->done = tx->nb_undone;
	return n;
}

static void
forget_first(struct emodel_tx *tx, unsigned n)
{
	if (PLX_UNLIKELY(tx->nb_undone > 0))
		memmove(tx->undone, tx->undone + n, tx->nb_undone * sizeof(tx->undone[0]));
}

/* 3.3.3.1: a descriptor without IDE interrupts at once and stops the timers; one with it starts them. A delay of 0 is none. */
static void
tell(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;
	const uint64_t delay = delay_ns(model, E1000_TIDV);
	const unsigned n = write_back(model);
	bool now = false, later = false;

	for (unsigned i = 0; i < n; i++) {
		later = tx->undone[i].delays && delay != 0;
		now |= !later;
	}
	forget_first(tx, n);
	if (now) {
		stop_timers(model);
		emodel_cause(model, E1000_INT_TXDW);
	}
	if (later)
		start_timers(model, delay);
}

void
emodel_tx_done(struct plx_e1000_model *model, const struct e1000_tx_desc *desc)
{
	struct emodel_tx *tx = &model->tx;

	if ((desc->cmd & REPORTS) != 0) {
		struct emodel_undone *undone = &tx->undone[tx->nb_undone++];

		memcpy(&undone->upper, &desc->sta, sizeof(undone->upper));
		undone->upper = (undone->upper & htole32(~STA_MASK)) | htole32(E1000_TXD_STA_DD);
		undone->i = tx->ring.head;
		undone->delays = (desc->cmd & E1000_TXD_CMD_IDE) != 0;
	}
	tx->done += tx->nb_undone > 0;
	tx->ring.head = emodel_ring_next(&tx->ring, tx->ring.head);
	/* Not while bytes of it are still to be looked at where the driver has them. */
	if (tx->threshold > 1 && tx->done >= tx->threshold && (tx->nb_parts == 0 || tx->bounced))
		tell(model);
}

bool
emodel_tx_can_do(struct plx_e1000_model *model)
{
	if (PLX_LIKELY(model->tx.nb_undone < EMODEL_UNDONE))
		return true;
	emodel_tx_bounce(model);
	tell(model);
	return model->tx.nb_undone < EMODEL_UNDONE;
}

void
emodel_tx_tell(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;

	if (tx->nb_undone == 0)
		return;
	if (tx->threshold <= 1 || tx->done >= tx->threshold || delay_ns(model, E1000_TIDV) == 0)
		tell(model);
	else if (model->due[EMODEL_TIMER_TX_DELAY] == EMODEL_NEVER)
		emodel_timer_set(model, EMODEL_TIMER_TX_DELAY, delay_ns(model, E1000_TIDV));
}

/* 3.4.2: what is accumulated is flushed, and told. */
void
emodel_tx_due(struct plx_e1000_model *model, enum emodel_timer timer)
{
	stop_timers(model);
	if (model->tx.nb_undone > 0 && emodel_is_master(model) && emodel_tx_look(model))
		forget_first(&model->tx, write_back(model));
	emodel_cause(model, E1000_INT_TXDW);
}
