/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Causes of interrupts, masks, the least time between two (13.4.17 to 13.4.21).
 *
 *	ICR & IMS --- ITR --> irq --- command register --> intx()
 *
 * ITR counts from when an interrupt is told to when the next may be; one that stands is not cut short by it.
 */
#include "model_priv.h"

/* When ITR lets the next one be told. */
static uint64_t
not_before(const struct plx_e1000_model *model)
{
	const uint64_t gap = (uint64_t)emodel_get(model, E1000_ITR) * E1000_ITR_NS;

	return model->irq_rose_ns == EMODEL_NEVER ? 0 : model->irq_rose_ns + gap;
}

uint64_t
emodel_irq_told_ns(const struct plx_e1000_model *model, uint32_t causes, uint64_t due_ns)
{
	const uint64_t when = not_before(model);

	if (model->irq || (emodel_get(model, E1000_IMS) & causes) == 0)
		return EMODEL_NEVER;
	return due_ns > when ? due_ns : when;
}

static bool
is_wanted(const struct plx_e1000_model *model)
{
	return !model->faults.irq_lost && !model->faults.dead &&
	       (emodel_get(model, E1000_ICR) & emodel_get(model, E1000_IMS)) != 0;
}

static void
raise_irq(struct plx_e1000_model *model)
{
	const uint64_t when = not_before(model);

	if (when > model->now_ns) {
		emodel_timer_set(model, EMODEL_TIMER_IRQ, when - model->now_ns);
		return;
	}
	emodel_timer_clear(model, EMODEL_TIMER_IRQ);
	model->irq = true;
	model->irq_rose_ns = model->now_ns;
}

static void
drive_line(struct plx_e1000_model *model)
{
	const bool up = model->irq && !emodel_is_intx_disabled(model);

	if (up == model->intx)
		return;
	model->intx = up;
	model->stats.interrupts += up;
	if (model->ops.intx != NULL)
		model->ops.intx(model->arg, up);
}

void
emodel_irq_update(struct plx_e1000_model *model)
{
	if (!is_wanted(model)) {
		model->irq = false;
		emodel_timer_clear(model, EMODEL_TIMER_IRQ);
	} else if (!model->irq) {
		raise_irq(model);
	}
	drive_line(model);
}

void
emodel_irq_reset(struct plx_e1000_model *model)
{
	model->irq_rose_ns = EMODEL_NEVER;
	emodel_irq_update(model);
}

void
emodel_cause(struct plx_e1000_model *model, uint32_t causes)
{
	emodel_set(model, E1000_ICR, emodel_get(model, E1000_ICR) | causes);
	emodel_irq_update(model);
}

void
emodel_irq_due(struct plx_e1000_model *model)
{
	emodel_irq_update(model);
}
