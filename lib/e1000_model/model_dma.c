/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver's memory, a piece at a time. What find() told of is kept in windows, one for each kind of access, until it is
 * unmapped; memory that has no address of ours is copied by the embedder, a page at a time, as borders of maps lie between pages.
 */
#include "model_priv.h"

#include <errno.h>
#include <string.h>

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool
sees(const struct emodel_window *window, uint64_t address, bool write)
{
	return address - window->address < window->len && (!write || window->write);
}

/* Asks for all that follows, so that neighbours will be found in the window. */
static bool
look(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address, bool write)
{
	uint64_t len = 0;
	void *at;

	at = model->ops.find(model->arg, address, UINT64_MAX - address, write, &len);
	if (at == NULL || len == 0)
		return false;
	*window = (struct emodel_window){.address = address,
					 .len = least(len, UINT64_MAX - address),
					 .at = at,
					 .write = write};
	return true;
}

uint8_t *
emodel_dma_look(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		uint64_t len, bool write)
{
	struct emodel_window other;

	if (model->faults.dma_error != 0 || len == 0 || !look(model, &other, address, write) ||
	    other.len < len)
		return NULL;
	*window = other;
	return other.at;
}

static uint8_t *
piece(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address, uint64_t *len,
      bool write)
{
	if (!sees(window, address, write) && !look(model, window, address, write))
		return NULL;
	*len = least(*len, window->len - (address - window->address));
	return window->at + (address - window->address);
}

uint8_t *
emodel_dma_piece(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		 uint64_t *len, bool write)
{
	return model->faults.dma_error != 0 ? NULL : piece(model, window, address, len, write);
}

/* Faults: one access of so many. */
static bool
fails(struct plx_e1000_model *model)
{
	if (model->faults.dma_error == 0 || ++model->fault_turn < model->faults.dma_error)
		return false;
	model->fault_turn = 0;
	return true;
}

static int
lost(struct plx_e1000_model *model)
{
	model->stats.dma_errors++;
	return -EFAULT;
}

static uint64_t
to_page_end(uint64_t address)
{
	return PLX_E1000_MODEL_PAGE_LEN - address % PLX_E1000_MODEL_PAGE_LEN;
}

static bool
beyond_all(uint64_t address, size_t len)
{
	return len > UINT64_MAX - address;
}

int
emodel_dma_read(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		void *to, size_t len)
{
	struct emodel_window once = {.len = 0};
	uint8_t *dest = to;

	if (beyond_all(address, len) || fails(model))
		return lost(model);
	if (model->faults.dma_error != 0) /* an open window would be one without faults */
		window = &once;
	while (len > 0) {
		uint64_t n = len;
		const uint8_t *at = piece(model, window, address, &n, false);

		if (at != NULL) {
			memcpy(dest, at, n);
		} else {
			n = least(len, to_page_end(address));
			if (model->ops.read == NULL ||
			    model->ops.read(model->arg, address, dest, n) != 0)
				return lost(model);
		}
		address += n;
		dest += n;
		len -= n;
	}
	return 0;
}

int
emodel_dma_write(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		 const void *from, size_t len)
{
	struct emodel_window once = {.len = 0};
	const uint8_t *src = from;

	if (beyond_all(address, len) || fails(model))
		return lost(model);
	if (model->faults.dma_error != 0) /* an open window would be one without faults */
		window = &once;
	while (len > 0) {
		uint64_t n = len;
		uint8_t *at = piece(model, window, address, &n, true);

		if (at != NULL) {
			memcpy(at, src, n);
		} else {
			n = least(len, to_page_end(address));
			if (model->ops.write == NULL ||
			    model->ops.write(model->arg, address, src, n) != 0)
				return lost(model);
		}
		address += n;
		src += n;
		len -= n;
	}
	return 0;
}

static void
close_window(struct emodel_window *window)
{
	*window = (struct emodel_window){.len = 0};
}

/* Apart: one ends where the other begins, or before. */
static bool
overlaps(const struct emodel_window *window, uint64_t address, uint64_t len)
{
	return address - window->address < window->len || window->address - address < len;
}

static void
close_windows(struct plx_e1000_model *model, uint64_t address, uint64_t len)
{
	struct emodel_window *all[] = {&model->tx.ring.window, &model->tx.window,
				       &model->rx.ring.window, &model->rx.window};

	for (unsigned i = 0; i < PLX_ARRAY_LEN(all); i++)
		if (overlaps(all[i], address, len))
			close_window(all[i]);
}

void
emodel_dma_forget(struct plx_e1000_model *model)
{
	close_windows(model, 0, UINT64_MAX);
}

void
plx_e1000_model_unmapped(struct plx_e1000_model *model, uint64_t address, uint64_t len)
{
	close_windows(model, address, len);
}
