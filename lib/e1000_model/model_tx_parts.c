/* SPDX-License-Identifier: BSD-3-Clause */
/* The pieces of a frame that is gathered: in the driver's memory as long as they can be, copied together where not. */
#include "model_priv.h"

#include "plx_net_csum.h"

#include <string.h>

void
emodel_tx_clear(struct plx_e1000_model *model)
{
	model->tx.nb_parts = 0;
	model->tx.len = 0;
	model->tx.bounced = false;
}

static void
bounce(struct emodel_tx *tx)
{
	uint8_t *to = tx->bounce;

	for (unsigned i = 1; i <= tx->nb_parts; i++) {
		memcpy(to, tx->parts[i].iov_base, tx->parts[i].iov_len);
		to += tx->parts[i].iov_len;
	}
	tx->parts[1] = (struct iovec){tx->bounce, tx->len};
	tx->nb_parts = 1;
	tx->bounced = true;
}

void
emodel_tx_bounce(struct plx_e1000_model *model)
{
	if (model->tx.nb_parts > 0 && !model->tx.bounced)
		bounce(&model->tx);
}

static bool
add_part(struct emodel_tx *tx, uint8_t *at, uint64_t len)
{
	struct iovec *last = &tx->parts[tx->nb_parts];

	if (tx->nb_parts > 0 && (uint8_t *)last->iov_base + last->iov_len == at) {
		last->iov_len += len;
	} else {
		if (tx->nb_parts == EMODEL_PARTS)
			return false;
		tx->parts[++tx->nb_parts] = (struct iovec){at, len};
	}
	tx->len += (uint32_t)len;
	return true;
}

static int
gather_copy(struct plx_e1000_model *model, uint64_t address, uint32_t len)
{
	struct emodel_tx *tx = &model->tx;
	int err;

	if (!tx->bounced)
		bounce(tx);
	err = emodel_dma_read(model, &tx->window, address, tx->bounce + tx->len, len);
	if (err != 0)
		return err;
	tx->len += len;
	tx->parts[1].iov_len = tx->len;
	return 0;
}

int
emodel_tx_gather(struct plx_e1000_model *model, uint64_t address, uint32_t len)
{
	struct emodel_tx *tx = &model->tx;

	while (len > 0) {
		uint64_t n = len;
		uint8_t *at = NULL;

		if (!tx->bounced)
			at = emodel_dma_piece(model, &tx->window, address, &n, false);
		if (at == NULL || !add_part(tx, at, n))
			return gather_copy(model, address, len);
		address += n;
		len -= (uint32_t)n;
	}
	return 0;
}

struct iovec *
emodel_tx_take(struct plx_e1000_model *model, uint8_t *to, uint32_t n)
{
	struct iovec *part = &model->tx.parts[1];

	while (n > 0) {
		const size_t now = n < part->iov_len ? n : part->iov_len;

		memcpy(to, part->iov_base, now);
		part->iov_base = (uint8_t *)part->iov_base + now;
		part->iov_len -= now;
		to += now;
		n -= (uint32_t)now;
		if (part->iov_len == 0)
			part++;
	}
	return part;
}

void
emodel_parts_copy(const struct plx_e1000_model_frame *frame, uint8_t *to)
{
	for (unsigned i = 0; i < frame->nb_parts; i++) {
		memcpy(to, frame->parts[i].iov_base, frame->parts[i].iov_len);
		to += frame->parts[i].iov_len;
	}
}

uint64_t
emodel_parts_sum(const struct plx_e1000_model_frame *frame, uint32_t from, uint32_t to)
{
	uint64_t sum = 0;
	bool odd = false;

	for (unsigned i = 0; i < frame->nb_parts && to > 0; i++) {
		const uint32_t len = (uint32_t)frame->parts[i].iov_len;
		const uint32_t end = len < to ? len : to, start = from < end ? from : end;
		const uint8_t *at = (const uint8_t *)frame->parts[i].iov_base + start;

		if (odd)
			sum += plx_net_csum_swap(plx_net_csum_add(0, at, end - start));
		else
			sum = plx_net_csum_add(sum, at, end - start);
		odd ^= (end - start) % 2 != 0;
		from -= start;
		to -= end;
	}
	return sum;
}
