/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending: descriptors become frames (3.3, 3.4). */
#include "model_priv.h"

#include <string.h>

#define FCS_LEN	     4u
#define DTYP_SHIFT   20
#define DTYP_MASK    0xfu
#define DTYP_CONTEXT 0u
#define DTYP_DATA    1u
#define LOW_UNIT     8u /* descriptors */
#define LOW_SHIFT    25

/* -- frames ---------------------------------------------------------------------------------------------------------------- */

/* By the MAC (RCTL.LBM), or by the PHY. */
static bool
loops(const struct plx_e1000_model *model)
{
	return (emodel_get(model, E1000_RCTL) & E1000_RCTL_LBM_MASK) == E1000_RCTL_LBM_MAC ||
	       (model->phy[E1000_PHY_CTRL] & E1000_PHY_CTRL_LOOPBACK) != 0;
}

/* What is on the wire when who gets it has cut it. */
static void
count_pieces(struct plx_e1000_model *model, const struct plx_e1000_model_frame *frame)
{
	uint32_t left = (uint32_t)frame->len - frame->hdr_len;

	while (left > 0) {
		const uint32_t now = left < frame->gso_size ? left : frame->gso_size;

		emodel_count_sent(model, frame->parts[0].iov_base, frame->hdr_len + now + FCS_LEN);
		left -= now;
	}
}

static void
count(struct plx_e1000_model *model, const struct plx_e1000_model_frame *frame)
{
	model->tx.went++;
	model->stats.out++;
	if (PLX_UNLIKELY(frame->gso_size != 0))
		count_pieces(model, frame);
	else
		emodel_count_sent(model, frame->parts[0].iov_base, (uint32_t)frame->len + FCS_LEN);
}

static bool
send(struct plx_e1000_model *model, const struct plx_e1000_model_frame *frame)
{
	if (!model->ops.send(model->arg, frame))
		return false;
	count(model, frame);
	model->stats.sent++;
	model->stats.sent_bytes += frame->len;
	return true;
}

/* Where frames are that are in one piece, and ours. */
static uint8_t *
own_bytes(struct plx_e1000_model *model)
{
	return model->tx.bounce + EMODEL_BOUNCE_LEN;
}

static void
loop_back(struct plx_e1000_model *model, const struct plx_e1000_model_frame *frame)
{
	const struct iovec whole = {own_bytes(model), frame->len};
	enum plx_e1000_model_taken taken;

	emodel_parts_copy(frame, whole.iov_base);
	count(model, frame);
	model->stats.looped++;
	emodel_rx(model, &whole, 1, &taken);
}

static void
hold(struct emodel_tx *tx, const struct plx_e1000_model_frame *frame, uint8_t *bytes)
{
	emodel_parts_copy(frame, bytes);
	tx->held = *frame;
	tx->held_part = (struct iovec){bytes, frame->len};
	tx->held.parts = &tx->held_part;
	tx->held.nb_parts = 1;
	tx->holds = true;
}

void
emodel_tx_out(struct plx_e1000_model *model, const struct plx_e1000_model_frame *frame)
{
	if (loops(model))
		loop_back(model, frame);
	else if (!send(model, frame))
		hold(&model->tx, frame, own_bytes(model));
}

void
emodel_tx_own(struct plx_e1000_model *model, const uint8_t *frame, size_t len)
{
	const struct iovec part = {(void *)(uintptr_t)frame, len};

	if (send(model, &(struct plx_e1000_model_frame){.parts = &part, .nb_parts = 1, .len = len}))
		return;
	model->stats.out++;
	model->stats.out_bad++;
}

static void
count_lost(struct plx_e1000_model *model)
{
	model->stats.out++;
	model->stats.out_bad++;
}

void
emodel_tx_lose(struct plx_e1000_model *model, const char *why)
{
	if (model->tx.skip)
		return;
	emodel_complain(model, "%s", why);
	count_lost(model);
	emodel_tx_clear(model);
	model->tx.skip = true;
}

/* -- descriptors -------------------------------------------------------------------------------------------------------------- */

static bool
is_extended(const struct e1000_tx_desc *desc)
{
	return (desc->cmd & E1000_TXD_CMD_DEXT) != 0;
}

static uint32_t
command(const struct e1000_tx_desc *desc)
{
	struct e1000_tx_data_desc data;

	memcpy(&data, desc, sizeof(data));
	return le32toh(data.cmd_dtalen);
}

/* 3.3.6: the one for cutting and the other stay until they are replaced. */
static void
take_context(struct emodel_tx *tx)
{
	memcpy((tx->desc.cmd & E1000_TXD_CMD_TSE) != 0 ? &tx->cuts : &tx->sums, &tx->desc,
	       sizeof(tx->sums));
}

/* A copy: what the driver does to it from here on does not matter. 3.3.3: without an address or a length there is nothing in it. */
static void
open_desc(struct plx_e1000_model *model, const struct e1000_tx_desc *desc)
{
	struct emodel_tx *tx = &model->tx;
	uint32_t type;

	memcpy(&tx->desc, desc, sizeof(tx->desc));
	tx->open = true;
	tx->rest_at = le64toh(tx->desc.addr);
	tx->rest = tx->rest_at == 0 ? 0 : le16toh(tx->desc.length);
	if (!is_extended(&tx->desc))
		return;
	type = command(&tx->desc) >> DTYP_SHIFT & DTYP_MASK;
	tx->rest =
		type != DTYP_DATA || tx->rest_at == 0 ? 0 : command(&tx->desc) & E1000_TXD_LEN_MASK;
	if (type == DTYP_CONTEXT)
		take_context(tx);
	else if (type != DTYP_DATA)
		emodel_complain(model, "a descriptor of type %u", type);
	if (type != DTYP_DATA)
		tx->desc.cmd &= (uint8_t)~E1000_TXD_CMD_EOP; /* other bits are there */
}

static void
begin(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;
	const bool extended = is_extended(&tx->desc);
	struct e1000_tx_data_desc data;

	memcpy(&data, &tx->desc, sizeof(data));
	tx->begun = true;
	tx->skip = false;
	tx->popts = extended ? data.popts : 0;
	tx->tse = extended && (tx->desc.cmd & E1000_TXD_CMD_TSE) != 0;
	tx->css = tx->desc.css;
	tx->cso = tx->desc.cso;
	if (tx->popts != 0 || tx->tse)
		tx->context = tx->tse ? tx->cuts : tx->sums;
	if (tx->tse)
		emodel_tx_cut_begin(model);
}

static void
gather(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;

	if (tx->rest > E1000_TX_FRAME_MAX - tx->len)
		emodel_tx_lose(model, "a frame longer than the card can send");
	else if (emodel_tx_gather(model, tx->rest_at, tx->rest) != 0)
		emodel_tx_lose(model, "a frame where no memory is");
	tx->rest = 0;
}

static void
end(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;

	if (tx->tse)
		emodel_tx_cut_end(model);
	else if (!tx->skip)
		emodel_tx_finish(model);
	emodel_tx_clear(model);
	tx->begun = false;
	tx->skip = false;
}

/* The open descriptor, as far as it goes: pieces of what is cut may have to wait. */
static void
work(struct plx_e1000_model *model, unsigned budget)
{
	struct emodel_tx *tx = &model->tx;

	if (!tx->begun && tx->rest > 0)
		begin(model);
	if (tx->skip)
		tx->rest = 0;
	else if (tx->rest > 0 && tx->tse)
		emodel_tx_cut(model, budget);
	else if (tx->rest > 0)
		gather(model);
	if (tx->rest > 0)
		return;
	if (tx->begun && (tx->desc.cmd & E1000_TXD_CMD_EOP) != 0)
		end(model);
	tx->open = false;
	emodel_tx_done(model, &tx->desc);
}

/* -- the common case: a frame in one descriptor, as it is --------------------------------------------------------------------- */

enum plain { PLAIN_NOT, PLAIN_SENT, PLAIN_REFUSED };

#define PLAIN_CMD  (E1000_TXD_CMD_EOP | E1000_TXD_CMD_IFCS)
#define PLAIN_MASK (PLAIN_CMD | E1000_TXD_CMD_IC | E1000_TXD_CMD_DEXT | E1000_TXD_CMD_VLE)
#define PLAIN_MIN  60u
#define AHEAD	   4u /* descriptors: a cache line of them */

/* What a frame of a little later is has been written by another processor: its bytes are fetched meanwhile. */
static void
fetch_ahead(const struct emodel_tx *tx)
{
	const struct emodel_ring *ring = &tx->ring;
	uint32_t i = ring->head + AHEAD;
	uint64_t off, addr;

	i = i < ring->len ? i : i - ring->len;
	off = ring->base + (uint64_t)i * EMODEL_DESC_LEN - ring->window.address;
	if (off >= ring->window.len)
		return;
	memcpy(&addr, ring->window.at + off, sizeof(addr));
	off = le64toh(addr) - tx->window.address;
	if (off < tx->window.len)
		plx_prefetch(tx->window.at + off);
}

static enum plain
send_plain(struct plx_e1000_model *model, const struct e1000_tx_desc *shared)
{
	struct emodel_tx *tx = &model->tx;
	struct plx_e1000_model_frame frame = {.nb_parts = 1};
	struct e1000_tx_desc desc;
	struct iovec part;

	memcpy(&desc, shared, sizeof(desc));
	part.iov_len = le16toh(desc.length);
	if ((desc.cmd & PLAIN_MASK) != PLAIN_CMD || part.iov_len < PLAIN_MIN ||
	    part.iov_len > E1000_TX_FRAME_MAX || desc.addr == 0)
		return PLAIN_NOT;
	part.iov_base =
		emodel_dma_find(model, &tx->window, le64toh(desc.addr), part.iov_len, false);
	if (part.iov_base == NULL)
		return PLAIN_NOT;
	frame.parts = &part;
	frame.len = part.iov_len;
	if (!send(model, &frame))
		return PLAIN_REFUSED;
	emodel_tx_done(model, &desc);
	return PLAIN_SENT;
}

/* -- the ring ------------------------------------------------------------------------------------------------------------------- */

static void
forget(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;

	if (tx->begun && !tx->skip)
		count_lost(model);
	emodel_tx_clear(model);
	tx->open = tx->begun = tx->skip = false;
	tx->nb_undone = tx->done = 0;
}

bool
emodel_tx_look(struct plx_e1000_model *model)
{
	struct emodel_ring *ring = &model->tx.ring;
	const uint64_t base = ring->base;
	const uint32_t len = ring->len, head = ring->head;
	const bool good = emodel_ring_look(model, ring, E1000_TDBAL);

	if (PLX_UNLIKELY(!good || base != ring->base || len != ring->len || head != ring->head))
		forget(model);
	return good;
}

static bool
may_send(const struct plx_e1000_model *model)
{
	if ((emodel_get(model, E1000_TCTL) & E1000_TCTL_EN) == 0 || !emodel_is_master(model) ||
	    model->faults.tx_stuck)
		return false;
	return (emodel_has_link(model) && !emodel_is_paused(model)) || loops(model);
}

/* Whatever is the next thing to do. False: nothing, or not now. */
static bool
step(struct plx_e1000_model *model, unsigned budget)
{
	struct emodel_tx *tx = &model->tx;
	const struct e1000_tx_desc *desc;
	struct e1000_tx_desc spare;

	if (PLX_UNLIKELY(tx->holds)) {
		tx->holds = !send(model, &tx->held);
		return !tx->holds;
	}
	if (!emodel_tx_can_do(model))
		return false;
	if (!tx->open) {
		if (tx->ring.head == tx->ring.tail)
			return false;
		desc = emodel_ring_desc(model, &tx->ring, tx->ring.head, &spare);
		if (desc == NULL)
			return false;
		open_desc(model, desc);
	}
	work(model, budget);
	return true;
}

static void
take(struct plx_e1000_model *model, unsigned budget)
{
	struct emodel_tx *tx = &model->tx;
	const bool direct = !loops(model);

	while (tx->went < budget) {
		enum plain plain = PLAIN_NOT;

		if (PLX_LIKELY(direct && !tx->begun && !tx->open && !tx->holds &&
			       tx->ring.head != tx->ring.tail && tx->nb_undone < EMODEL_UNDONE)) {
			struct e1000_tx_desc spare;
			const struct e1000_tx_desc *desc =
				emodel_ring_desc(model, &tx->ring, tx->ring.head, &spare);

			if (desc == NULL)
				return;
			fetch_ahead(tx);
			plain = send_plain(model, desc);
		}
		if (plain == PLAIN_REFUSED ||
		    (plain == PLAIN_NOT && (!step(model, budget) || tx->holds)))
			return;
	}
}

/* 3.4.3: the queue, which has moved, ran dry or low. */
static void
raise_causes(struct plx_e1000_model *model, uint32_t before)
{
	const uint32_t low = (emodel_get(model, E1000_TXDCTL) >> LOW_SHIFT) * LOW_UNIT;
	const uint32_t after = emodel_ring_pending(&model->tx.ring);
	uint32_t causes = 0;

	if (before > low && after <= low)
		causes |= E1000_INT_TXD_LOW;
	if (after == 0)
		causes |= E1000_INT_TXQE;
	if (causes != 0)
		emodel_cause(model, causes);
}

unsigned
emodel_tx_poll(struct plx_e1000_model *model, unsigned budget)
{
	struct emodel_tx *tx = &model->tx;
	uint32_t before;

	if (!may_send(model) || !emodel_tx_look(model))
		return 0;
	before = emodel_ring_pending(&tx->ring);
	tx->went = 0;
	tx->threshold = emodel_ring_threshold(model, E1000_TXDCTL);
	take(model, budget);
	emodel_tx_bounce(model);
	emodel_tx_tell(model);
	if (emodel_ring_pending(&tx->ring) != before) {
		emodel_ring_show(model, &tx->ring, E1000_TDBAL);
		raise_causes(model, before);
	}
	return tx->went;
}

void
emodel_tx_reset(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;

	forget(model);
	if (tx->holds)
		count_lost(model);
	tx->holds = false;
	memset(&tx->sums, 0, sizeof(tx->sums));
	memset(&tx->cuts, 0, sizeof(tx->cuts));
}
