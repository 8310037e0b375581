/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sums, tags and cutting on the way out (3.3.3, 3.3.6, 3.5, 9.2). Headers are changed in a copy: what lies in the driver's memory
 * stays as it is.
 *
 *	head: [ room for a tag | bytes up to the last sum ]   then the parts behind them
 */
#include "model_priv.h"

#include "plx_byteorder.h"
#include "plx_net_csum.h"

#include <string.h>

#define MACS_LEN    12u
#define ETHER_LEN   14u
#define TAG_LEN	    4u
#define FCS_LEN	    4u
#define SHORTEST    60u	  /* without FCS */
#define LENGTH_MAX  1500u /* of what stands where an ethertype could (802.3) */
#define IPV6_HEADER 40u
#define TCP_FIN	    0x01
#define TCP_PSH	    0x08
#define TCP_FLAGS   13u
#define TCP_HEADER  20u
#define UDP_HEADER  8u

/* A sum that was asked for: of the bytes from `from` to `to`, 0 being the end, into the two at `at`. */
struct sum {
	uint32_t from, to, at;
	bool is_l4; /* the one that could be handed on */
	bool is_udp;
};

struct going {
	uint8_t bytes[TAG_LEN + EMODEL_HEAD_MAX];
	uint32_t head_len, head_max; /* bytes there; in which a sum can be */
	struct sum sums[2];
	unsigned nb_sums;
	struct plx_e1000_model_frame frame;
	struct iovec *parts;
};

/* -- what is wished for ------------------------------------------------------------------------------------------------------ */

/*
 * 3.3.3.1, 3.3.6: one that lies outside of the frame, or of the part of it that is ours, is not made. `last` is the last byte that is
 * in it, as descriptors have it.
 */
static void
wish(struct going *g, uint32_t from, uint32_t last, uint32_t at, bool is_l4)
{
	const uint32_t len = (uint32_t)g->frame.len;

	if (from >= len || at + 2 > g->head_max)
		return;
	g->sums[g->nb_sums++] = (struct sum){
		.from = from,
		.to = last == 0 || last >= len ? len : last + 1,
		.at = at,
		.is_l4 = is_l4,
	};
}

static bool
has_l4_sum(const struct going *g)
{
	return g->nb_sums > 0 && g->sums[g->nb_sums - 1].is_l4;
}

static void
wish_by_context(struct emodel_tx *tx, struct going *g)
{
	const struct e1000_tx_context_desc *c = &tx->context;

	if ((tx->popts & E1000_TXD_POPTS_IXSM) != 0)
		wish(g, c->ipcss, le16toh(c->ipcse), c->ipcso, false);
	if ((tx->popts & E1000_TXD_POPTS_TXSM) == 0)
		return;
	wish(g, c->tucss, le16toh(c->tucse), c->tucso, true);
	if (has_l4_sum(g))
		g->sums[g->nb_sums - 1].is_udp =
			(le32toh(c->cmd_paylen) >> E1000_TXD_CMD_SHIFT & E1000_TXD_TUCMD_TCP) == 0;
}

/* Who gets the frame makes the sum of TCP or UDP himself, if it reaches to the end. */
static void
hand_on(struct plx_e1000_model *model, struct going *g)
{
	const struct sum *sum;

	if ((model->options.takes & PLX_E1000_MODEL_TAKES_CSUM) == 0 || !has_l4_sum(g))
		return;
	sum = &g->sums[g->nb_sums - 1];
	if (sum->from == 0 || sum->at < sum->from || sum->to != g->frame.len)
		return;
	g->frame.csum_start = (uint16_t)sum->from;
	g->frame.csum_offset = (uint16_t)(sum->at - sum->from);
	g->nb_sums--;
}

/* -- what is done ------------------------------------------------------------------------------------------------------------- */

static uint8_t *
head(struct going *g)
{
	return g->bytes + TAG_LEN;
}

static void
make_sum(struct going *g, const struct sum *sum)
{
	uint16_t value =
		(uint16_t)~plx_net_csum_fold(emodel_parts_sum(&g->frame, sum->from, sum->to));

	if (value == 0 && sum->is_udp)
		value = 0xffff;
	memcpy(head(g) + sum->at, &value, sizeof(value));
}

static void
make_sums(struct going *g)
{
	for (unsigned i = 0; i < g->nb_sums; i++)
		make_sum(g, &g->sums[i]);
}

/* 9.2 */
static void
put_tag(struct plx_e1000_model *model, struct going *g, uint16_t tag)
{
	memmove(g->bytes, head(g), MACS_LEN);
	plx_store_be16(g->bytes + MACS_LEN, (uint16_t)emodel_get(model, E1000_VET));
	plx_store_be16(g->bytes + MACS_LEN + 2, tag);
	*g->parts = (struct iovec){g->bytes, g->head_len + TAG_LEN};
	g->frame.len += TAG_LEN;
	if (g->frame.csum_start != 0)
		g->frame.csum_start += TAG_LEN;
	if (g->frame.gso_size != 0)
		g->frame.hdr_len += TAG_LEN;
}

static void
pad(struct plx_e1000_model *model, struct going *g)
{
	static const uint8_t zeroes[SHORTEST];

	if (g->frame.len >= SHORTEST || (emodel_get(model, E1000_TCTL) & E1000_TCTL_PSP) == 0)
		return;
	if (g->frame.len < ETHER_LEN) { /* all of it is in the head, which is to be a header */
		memset(head(g) + g->frame.len, 0, SHORTEST - g->frame.len);
		g->parts->iov_len = SHORTEST;
	} else {
		g->parts[g->frame.nb_parts++] =
			(struct iovec){(void *)(uintptr_t)zeroes, SHORTEST - g->frame.len};
	}
	g->frame.len = SHORTEST;
}

/* -- frames as they are ----------------------------------------------------------------------------------------------------------- */

static bool
is_tagged(const struct plx_e1000_model *model, const struct e1000_tx_desc *desc)
{
	return (desc->cmd & E1000_TXD_CMD_VLE) != 0 &&
	       (emodel_get(model, E1000_CTRL) & E1000_CTRL_VME) != 0;
}

/*
 * Bytes of our own that the frame has to begin with. Who looks at a frame may rely on its first part to have the header; so does the
 * tag.
 */
static uint32_t
head_needed(const struct emodel_tx *tx, const struct going *g, bool tagged)
{
	uint32_t need = 0;

	for (unsigned i = 0; i < g->nb_sums; i++)
		if (g->sums[i].at + 2 > need)
			need = g->sums[i].at + 2;
	if (need == 0 && !tagged && tx->parts[1].iov_len >= ETHER_LEN)
		return 0;
	if (need < ETHER_LEN)
		need = tx->len < ETHER_LEN ? tx->len : ETHER_LEN;
	return need;
}

static void
set_parts(struct emodel_tx *tx, struct going *g, struct iovec *first)
{
	g->parts = first;
	if (g->head_len > 0)
		*--g->parts = (struct iovec){head(g), g->head_len};
	g->frame.parts = g->parts;
	g->frame.nb_parts = (unsigned)(&tx->parts[tx->nb_parts] - g->parts + 1);
}

/* 3.3.3.1: where the card changes the frame, the FCS is always its own. */
static bool
brings_fcs(const struct plx_e1000_model *model, const struct e1000_tx_desc *desc, bool tagged)
{
	const struct emodel_tx *tx = &model->tx;
	const bool pads =
		tx->len < SHORTEST && (emodel_get(model, E1000_TCTL) & E1000_TCTL_PSP) != 0;

	return (desc->cmd & E1000_TXD_CMD_IFCS) == 0 && !tagged && !pads && tx->popts == 0 &&
	       ((desc->cmd & E1000_TXD_CMD_DEXT) != 0 || (desc->cmd & E1000_TXD_CMD_IC) == 0);
}

/* The driver's own FCS comes off; a wrong one would be lost on the wire, and is here. */
static bool
strip_fcs(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;

	emodel_tx_bounce(model);
	if (tx->len < ETHER_LEN + FCS_LEN || plx_net_crc32(0, tx->bounce, tx->len - FCS_LEN) !=
						     plx_load_le32(tx->bounce + tx->len - FCS_LEN))
		return false;
	tx->len -= FCS_LEN;
	tx->parts[1].iov_len = tx->len;
	return true;
}

void
emodel_tx_finish(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;
	const struct e1000_tx_desc *desc = &tx->desc;
	const bool tagged = is_tagged(model, desc);
	struct going g;

	if (PLX_UNLIKELY(brings_fcs(model, desc, tagged)) && !strip_fcs(model)) {
		emodel_tx_lose(model, "a frame with a wrong FCS of the driver's");
		return;
	}
	g.frame = (struct plx_e1000_model_frame){.len = tx->len};
	g.nb_sums = 0;
	g.head_max = tx->len;
	if (tx->popts != 0)
		wish_by_context(tx, &g);
	else if ((desc->cmd & (E1000_TXD_CMD_DEXT | E1000_TXD_CMD_IC)) == E1000_TXD_CMD_IC)
		wish(&g, tx->css, 0, tx->cso, true);
	hand_on(model, &g);
	g.head_len = head_needed(tx, &g, tagged);
	set_parts(tx, &g, emodel_tx_take(model, head(&g), g.head_len));
	make_sums(&g);
	if (tagged && tx->len >= MACS_LEN)
		put_tag(model, &g, le16toh(desc->special));
	pad(model, &g);
	if (g.frame.len < ETHER_LEN)
		emodel_tx_lose(model, "a frame without a header");
	else
		emodel_tx_out(model, &g.frame);
}

/* -- cutting (3.5) ------------------------------------------------------------------------------------------------------------------ */

static uint32_t
tucmd(const struct emodel_tx *tx)
{
	return le32toh(tx->context.cmd_paylen) >> E1000_TXD_CMD_SHIFT;
}

static bool
is_tcp(const struct emodel_tx *tx)
{
	return (tucmd(tx) & E1000_TXD_TUCMD_TCP) != 0;
}

static bool
is_ipv4(const struct emodel_tx *tx)
{
	return (tucmd(tx) & E1000_TXD_TUCMD_IP) != 0;
}

/* Headers must be where the context says, and all of them in its HDRLEN bytes. */
static bool
makes_sense(const struct emodel_tx *tx)
{
	const struct e1000_tx_context_desc *c = &tx->context;
	const uint32_t l4 = c->tucss + (is_tcp(tx) ? TCP_HEADER : UDP_HEADER);
	const uint32_t l3 = c->ipcss + (is_ipv4(tx) ? 20 : IPV6_HEADER);

	return c->mss != 0 && tx->cut.left != 0 && c->hdrlen >= l4 && c->ipcss >= ETHER_LEN &&
	       c->tucss >= l3 && (uint32_t)c->hdrlen + le16toh(c->mss) <= E1000_TX_FRAME_MAX;
}

/* The taker cuts, if all of it is something that he can get. */
static bool
goes_whole(const struct plx_e1000_model *model, const struct emodel_tx *tx)
{
	const unsigned takes = PLX_E1000_MODEL_TAKES_CSUM | PLX_E1000_MODEL_TAKES_TSO;
	const struct e1000_tx_context_desc *c = &tx->context;

	return (model->options.takes & takes) == takes && is_tcp(tx) &&
	       (tx->popts & E1000_TXD_POPTS_TXSM) != 0 && c->tucse == 0 && c->tucso >= c->tucss &&
	       tx->cut.left > le16toh(c->mss) &&
	       c->hdrlen + tx->cut.left <= EMODEL_WHOLE_MAX - TAG_LEN;
}

void
emodel_tx_cut_begin(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;

	memset(&tx->cut, 0, sizeof(tx->cut));
	tx->cut.left = le32toh(tx->context.cmd_paylen) & E1000_TXD_LEN_MASK;
	tx->cut.tagged = is_tagged(model, &tx->desc);
	tx->cut.tag = le16toh(tx->desc.special);
	if (!makes_sense(tx)) {
		emodel_tx_lose(model, "a packet to be cut in a way that cannot be");
		return;
	}
	tx->cut.whole = goes_whole(model, tx);
	tx->cut.size = tx->cut.whole ? tx->cut.left : le16toh(tx->context.mss);
}

static void
add16(uint8_t *at, uint32_t n)
{
	plx_store_be16(at, (uint16_t)(plx_load_be16(at) + n));
}

/* 3.5.9: what differs from piece to piece. `len` bytes in all. */
static void
fit_headers(const struct emodel_tx *tx, uint8_t *bytes, uint32_t len, bool last)
{
	const struct e1000_tx_context_desc *c = &tx->context;
	uint8_t *ip = bytes + c->ipcss, *l4 = bytes + c->tucss;

	if (plx_load_be16(bytes + MACS_LEN) <= LENGTH_MAX)
		plx_store_be16(bytes + MACS_LEN, (uint16_t)(len - ETHER_LEN));
	if (is_ipv4(tx)) {
		plx_store_be16(ip + 2, (uint16_t)(len - c->ipcss));
		add16(ip + 4, tx->cut.number);
	} else {
		plx_store_be16(ip + 4, (uint16_t)(len - c->ipcss - IPV6_HEADER));
	}
	if (!is_tcp(tx)) {
		plx_store_be16(l4 + 4, (uint16_t)(len - c->tucss));
		return;
	}
	plx_store_be32(l4 + 4, plx_load_be32(l4 + 4) + tx->cut.number * le16toh(c->mss));
	if (!last)
		l4[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
}

/* The driver's sum of the pseudo-header is without a length (3.5.7). */
static void
complete_pseudo_sum(const struct emodel_tx *tx, uint8_t *bytes, uint32_t len)
{
	uint8_t *at = bytes + tx->context.tucso;
	uint32_t sum = plx_load_be16(at) + len - tx->context.tucss;

	sum = (sum & 0xffff) + (sum >> 16);
	plx_store_be16(at, (uint16_t)((sum & 0xffff) + (sum >> 16)));
}

/* A piece, or all of it, with its payload in the parts. */
static void
piece_out(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;
	const uint32_t len = tx->context.hdrlen + tx->len;
	struct going g;

	g.frame = (struct plx_e1000_model_frame){.len = len, .ipv6 = !is_ipv4(tx)};
	g.nb_sums = 0;
	g.head_len = g.head_max = tx->context.hdrlen;
	memcpy(head(&g), tx->cut.head, g.head_len);
	fit_headers(tx, head(&g), len, tx->cut.left == 0);
	wish_by_context(tx, &g);
	if (has_l4_sum(&g))
		complete_pseudo_sum(tx, head(&g), len);
	hand_on(model, &g);
	set_parts(tx, &g, &tx->parts[1]);
	if (tx->cut.whole) {
		g.frame.gso_size = le16toh(tx->context.mss);
		g.frame.hdr_len = (uint16_t)g.head_len;
	}
	make_sums(&g);
	if (tx->cut.tagged)
		put_tag(model, &g, tx->cut.tag);
	pad(model, &g);
	emodel_tx_out(model, &g.frame);
	tx->cut.number++;
	emodel_tx_clear(model);
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int
take_head(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;
	const uint32_t n = least(tx->rest, tx->context.hdrlen - tx->cut.have);
	const int err =
		emodel_dma_read(model, &tx->window, tx->rest_at, tx->cut.head + tx->cut.have, n);

	tx->cut.have += n;
	tx->rest_at += n;
	tx->rest -= n;
	return err;
}

static int
take_payload(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;
	const uint32_t n = least(tx->rest, least(tx->cut.size - tx->len, tx->cut.left));
	const int err = emodel_tx_gather(model, tx->rest_at, n);

	tx->rest_at += n;
	tx->rest -= n;
	tx->cut.left -= n;
	if (err == 0 && (tx->len == tx->cut.size || tx->cut.left == 0))
		piece_out(model);
	return err;
}

void
emodel_tx_cut(struct plx_e1000_model *model, unsigned budget)
{
	struct emodel_tx *tx = &model->tx;
	int err = 0;

	while (err == 0 && tx->rest > 0 && !tx->holds && tx->went < budget) {
		if (tx->cut.have < tx->context.hdrlen) {
			err = take_head(model);
		} else if (tx->cut.left > 0) {
			err = take_payload(model);
		} else {
			tx->cut.excess = true;
			tx->rest = 0;
		}
	}
	if (err != 0) {
		emodel_tx_lose(model, "a packet to be cut where no memory is");
		tx->rest = 0;
	}
}

void
emodel_tx_cut_end(struct plx_e1000_model *model)
{
	struct emodel_tx *tx = &model->tx;

	if (!tx->skip && (tx->cut.left > 0 || tx->cut.excess))
		emodel_tx_lose(model, "a packet to be cut that is not as long as its context says");
	emodel_count(model, tx->skip ? E1000_TSCTFC : E1000_TSCTC, 1);
}
