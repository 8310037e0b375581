/* SPDX-License-Identifier: BSD-3-Clause */
/* Life, reset and time of the emulated 82540EM. */
#include "model_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMPLAINT_MAX 256

int
plx_e1000_model_create(const struct plx_e1000_model_options *options,
		       const struct plx_e1000_model_ops *ops, void *arg,
		       struct plx_e1000_model **ret_model)
{
	struct plx_e1000_model *model;

	if ((options->mac[0] & 1) != 0)
		return -EINVAL;
	model = calloc(1, sizeof(*model));
	if (model == NULL)
		return -ENOMEM;
	model->options = *options;
	model->ops = *ops;
	model->arg = arg;
	model->cable = true;
	model->flash = malloc(PLX_E1000_MODEL_FLASH_LEN);
	model->own_pages = calloc(2, PLX_E1000_MODEL_PAGE_LEN);
	model->tx.bounce = malloc(2 * EMODEL_BOUNCE_LEN);
	if (model->flash == NULL || model->own_pages == NULL || model->tx.bounce == NULL) {
		plx_e1000_model_destroy(model);
		return -ENOMEM;
	}
	model->rx_page = options->rx_page != NULL ? options->rx_page : model->own_pages;
	model->tx_page = options->tx_page != NULL
				 ? options->tx_page
				 : (uint32_t *)model->own_pages + PLX_E1000_MODEL_PAGE_LEN / 4;
	memset(model->flash, 0xff, PLX_E1000_MODEL_FLASH_LEN); /* erased */
	emodel_eeprom_init(model);
	plx_e1000_model_reset(model);
	*ret_model = model;
	return 0;
}

void
plx_e1000_model_destroy(struct plx_e1000_model *model)
{
	if (model == NULL)
		return;
	free(model->tx.bounce);
	free(model->own_pages);
	free(model->flash);
	free(model);
}

void
plx_e1000_model_reset(struct plx_e1000_model *model)
{
	emodel_config_init(model);
	model->io_address = 0;
	memset(&model->wire, 0, sizeof(model->wire));
	emodel_reset(model);
	emodel_phy_init(model);
	/* Nobody is to be told of what happened before the driver came. */
	emodel_set(model, E1000_ICR, 0);
}

/* What waits for later is forgotten, but for the PHY, which goes on. */
static void
clear_timers(struct plx_e1000_model *model)
{
	for (unsigned i = 0; i < EMODEL_TIMERS; i++)
		if (i != EMODEL_TIMER_LINK)
			emodel_timer_clear(model, i);
}

void
emodel_reset(struct plx_e1000_model *model)
{
	emodel_regs_init(model);
	clear_timers(model);
	emodel_eeprom_load(model);
	emodel_rx_reset(model);
	emodel_tx_reset(model);
	emodel_link_update(model);
	emodel_set(model, E1000_ICR, 0);
	emodel_irq_reset(model);
}

void
emodel_timer_set(struct plx_e1000_model *model, enum emodel_timer timer, uint64_t delay_ns)
{
	const uint64_t room = EMODEL_NEVER - 1 - model->now_ns;

	model->due[timer] = model->now_ns + (delay_ns < room ? delay_ns : room);
}

void
emodel_timer_clear(struct plx_e1000_model *model, enum emodel_timer timer)
{
	model->due[timer] = EMODEL_NEVER;
}

void
emodel_complain(struct plx_e1000_model *model, const char *format, ...)
{
	char what[COMPLAINT_MAX];
	va_list args;

	model->stats.complaints++;
	if (model->ops.complain == NULL)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	model->ops.complain(model->arg, what);
}

static void
fire(struct plx_e1000_model *model, enum emodel_timer timer)
{
	switch (timer) {
	case EMODEL_TIMER_LINK:
		emodel_link_due(model);
		break;
	case EMODEL_TIMER_IRQ:
		emodel_irq_due(model);
		break;
	case EMODEL_TIMER_RX_DELAY:
	case EMODEL_TIMER_RX_LIMIT:
		emodel_rx_due(model, timer);
		break;
	case EMODEL_TIMER_TX_DELAY:
	case EMODEL_TIMER_TX_LIMIT:
		emodel_tx_due(model, timer);
		break;
	case EMODEL_TIMER_PAUSED:
	case EMODEL_TIMER_PAUSING:
		emodel_pause_due(model, timer);
		break;
	case EMODEL_TIMERS:
		break;
	}
}

/*
 * Most frames begin a delay anew, and each that is over would wake somebody only for ICR to get a bit that it often has. It gets it before
 * the driver looks, as there is a tick before each access.
 */
static uint64_t
noticed_ns(const struct plx_e1000_model *model, enum emodel_timer timer)
{
	const uint64_t due = model->due[timer];
	const bool tells = timer == EMODEL_TIMER_TX_DELAY || timer == EMODEL_TIMER_TX_LIMIT;

	if (due == EMODEL_NEVER || !tells || model->tx.nb_undone > 0)
		return due;
	return emodel_irq_told_ns(model, E1000_INT_TXDW, due);
}

static uint64_t
next_due(const struct plx_e1000_model *model)
{
	uint64_t next = EMODEL_NEVER;

	for (unsigned i = 0; i < EMODEL_TIMERS; i++) {
		const uint64_t due = noticed_ns(model, i);

		next = due < next ? due : next;
	}
	return next;
}

/* Each timer at most once: one that sets itself again waits for the next tick, however long ago it was due. */
uint64_t
plx_e1000_model_tick(struct plx_e1000_model *model, uint64_t now_ns)
{
	if (now_ns > model->now_ns)
		model->now_ns = now_ns < EMODEL_NEVER ? now_ns : EMODEL_NEVER - 1;
	for (unsigned i = 0; i < EMODEL_TIMERS; i++) {
		if (model->due[i] > model->now_ns)
			continue;
		model->due[i] = EMODEL_NEVER;
		fire(model, i);
	}
	return next_due(model);
}

unsigned
plx_e1000_model_poll(struct plx_e1000_model *model, unsigned budget)
{
	if (model->faults.dead)
		return 0;
	emodel_rx_poll(model);
	return emodel_tx_poll(model, budget);
}

bool
plx_e1000_model_is_up(const struct plx_e1000_model *model)
{
	return emodel_has_link(model);
}

uint32_t
plx_e1000_model_peek(const struct plx_e1000_model *model, uint32_t reg)
{
	struct plx_e1000_model *mutable = (struct plx_e1000_model *)(uintptr_t)model;

	if ((reg & ~3u) == E1000_EECD) /* what comes out of the EEPROM is not stored there */
		return emodel_eecd_read(mutable, E1000_EECD);
	if (emodel_is_count(reg))
		emodel_count_settle(mutable);
	return reg < PLX_E1000_MODEL_REGS_LEN ? emodel_get(model, reg & ~3u) : 0;
}

void
plx_e1000_model_poke(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	if (emodel_is_count(reg))
		emodel_count_settle(model);
	if (reg < PLX_E1000_MODEL_REGS_LEN)
		emodel_set(model, reg & ~3u, value);
}

void
plx_e1000_model_stats(const struct plx_e1000_model *model, struct plx_e1000_model_stats *stats)
{
	*stats = model->stats;
}

void
plx_e1000_model_fault(struct plx_e1000_model *model, const struct plx_e1000_model_faults *faults)
{
	model->faults = *faults;
	emodel_irq_update(model);
	emodel_dma_forget(model);
}
