/* SPDX-License-Identifier: BSD-3-Clause */
/* The rings of the fake 82540EM: what it receives (3.2, 13.5) and sends (3.3 - 3.6). */
#include "e1000_fake_priv.h"

#include "plx_byteorder.h"

#include <stdlib.h>
#include <string.h>

#define FCS_LEN	    4u
#define TAG_LEN	    4u
#define MACS_LEN    12u
#define PLAIN_MAX   1522u
#define SEGMENT_MAX 16384u

static void
count(struct efake *fake, uint32_t reg, uint64_t n)
{
	*efake_reg(fake, reg) += (uint32_t)n;
}

/* -- receiving ----------------------------------------------------------------------------------------------------------- */

static bool
is_tagged(const uint8_t *frame, size_t len)
{
	return len >= MACS_LEN + TAG_LEN && frame[12] == 0x81 && frame[13] == 0x00;
}

static bool
passes_address(struct efake *fake, const uint8_t *frame, uint32_t rctl)
{
	const unsigned hash = (frame[5] << 8 | frame[4]) >> 4 & 0xfff;
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if ((frame[0] & 1) == 0 ? (rctl & E1000_RCTL_UPE) != 0 : (rctl & E1000_RCTL_MPE) != 0)
		return true;
	if (memcmp(frame, all, 6) == 0)
		return (rctl & E1000_RCTL_BAM) != 0;
	for (unsigned i = 0; i < E1000_RA_ENTRIES; i++)
		if ((*efake_reg(fake, E1000_RAH(i)) & E1000_RAH_AV) != 0 &&
		    *efake_reg(fake, E1000_RAL(i)) == plx_load_le32(frame) &&
		    (*efake_reg(fake, E1000_RAH(i)) & 0xffff) == plx_load_le16(frame + 4))
			return true;
	return (frame[0] & 1) != 0 &&
	       (*efake_reg(fake, E1000_MTA + hash / 32 * 4) >> hash % 32 & 1) != 0;
}

static bool
passes_tag(struct efake *fake, const uint8_t *frame, size_t len, uint32_t rctl)
{
	uint16_t vid;

	if ((rctl & E1000_RCTL_VFE) == 0 || !is_tagged(frame, len))
		return true;
	vid = plx_load_be16(frame + 14) & 0xfff;
	return (*efake_reg(fake, E1000_VFTA + vid / 32 * 4) >> vid % 32 & 1) != 0;
}

static uint32_t
buffer_len(uint32_t rctl)
{
	const uint32_t code = (rctl & E1000_RCTL_BSIZE_MASK) >> E1000_RCTL_BSIZE_SHIFT;

	return ((rctl & E1000_RCTL_BSEX) != 0 ? 32768u : 2048u) >> code;
}

static uint32_t
ring_size(struct efake *fake, uint32_t len_reg)
{
	return *efake_reg(fake, len_reg) / (uint32_t)sizeof(struct e1000_rx_desc);
}

static uint32_t
descs_left(struct efake *fake)
{
	const uint32_t size = ring_size(fake, E1000_RDLEN);

	return size == 0
		       ? 0
		       : (*efake_reg(fake, E1000_RDT) + size - *efake_reg(fake, E1000_RDH)) % size;
}

/* Data, then the descriptor, then DD: as the card orders its writes. */
bool
efake_write_back(struct efake *fake, const void *bytes, size_t room,
		 const struct e1000_rx_desc *desc)
{
	const uint64_t base =
		(uint64_t)*efake_reg(fake, E1000_RDBAH) << 32 | *efake_reg(fake, E1000_RDBAL);
	const uint32_t head = *efake_reg(fake, E1000_RDH);
	struct e1000_rx_desc back = *desc;
	uint64_t word;
	uint8_t *at, *to;

	if (descs_left(fake) == 0)
		return false;
	at = efake_dma(fake, base + head * sizeof(back), sizeof(back));
	if (at == NULL)
		return false;
	back.addr = plx_load_le64(at);
	if (room > 0) {
		to = efake_dma(fake, back.addr, room);
		if (to == NULL)
			return false;
		memcpy(to, bytes, room);
	}
	memcpy(&word, (const uint8_t *)&back + 8, sizeof(word));
	__atomic_store_n((uint64_t *)(void *)(at + 8), word, __ATOMIC_RELEASE);
	*efake_reg(fake, E1000_RDH) = (head + 1) % ring_size(fake, E1000_RDLEN);
	return true;
}

static void
count_received(struct efake *fake, size_t len)
{
	count(fake, E1000_GPRC, 1);
	count(fake, E1000_TPR, 1);
	count(fake, E1000_GORCL, len + FCS_LEN);
	count(fake, E1000_TORL, len + FCS_LEN);
}

void
efake_receive(struct efake *fake, const uint8_t *frame, size_t len)
{
	const uint32_t rctl = *efake_reg(fake, E1000_RCTL), room = buffer_len(rctl);
	struct e1000_rx_desc desc = {.status = E1000_RXD_STAT_IXSM};
	uint8_t copy[SEGMENT_MAX];
	size_t left = len;

	if ((rctl & E1000_RCTL_EN) == 0 ||
	    (*efake_reg(fake, E1000_STATUS) & E1000_STATUS_LU) == 0 || len < MACS_LEN + 2 ||
	    len > sizeof(copy) || !passes_address(fake, frame, rctl) ||
	    !passes_tag(fake, frame, len, rctl))
		return;
	if (len + FCS_LEN > PLAIN_MAX && (rctl & E1000_RCTL_LPE) == 0) {
		count(fake, E1000_ROC, 1);
		return;
	}
	if (descs_left(fake) < (len + room - 1) / room) {
		count(fake, E1000_MPC, 1);
		efake_cause(fake, E1000_INT_RXO);
		return;
	}
	memcpy(copy, frame, len);
	if ((*efake_reg(fake, E1000_CTRL) & E1000_CTRL_VME) != 0 && is_tagged(frame, len)) {
		desc.special = plx_load_be16(frame + 14);
		desc.status |= E1000_RXD_STAT_VP;
		memmove(copy + MACS_LEN, copy + MACS_LEN + TAG_LEN, len - MACS_LEN - TAG_LEN);
		left = len - TAG_LEN;
	}
	for (size_t off = 0; left > 0; off += desc.length, left -= desc.length) {
		desc.length = (uint16_t)(left < room ? left : room);
		desc.status |= E1000_RXD_STAT_DD | (desc.length == left ? E1000_RXD_STAT_EOP : 0);
		if (!efake_write_back(fake, copy + off, desc.length, &desc))
			return;
	}
	count_received(fake, len);
	efake_cause(fake, E1000_INT_RXT0);
}

/* -- sending --------------------------------------------------------------------------------------------------------------- */

static void
put_sum(uint8_t *bytes, size_t len, unsigned from, unsigned to, unsigned at)
{
	uint32_t sum = 0;
	size_t end = to == 0 || to + 1u > len ? len : to + 1u;

	for (size_t i = from; i < end; i++)
		sum += (uint32_t)bytes[i] << ((i - from) % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	if (at + 2u <= len)
		plx_store_be16(bytes + at, (uint16_t)~sum);
}

static void
out(struct efake *fake, const uint8_t *bytes, size_t len, bool tag, uint16_t special)
{
	struct efake_frame *frame = calloc(1, sizeof(*frame) + len + TAG_LEN);

	if (frame == NULL || len == 0) {
		free(frame);
		return;
	}
	memcpy(frame->bytes, bytes, len);
	frame->len = len;
	if (tag && (*efake_reg(fake, E1000_CTRL) & E1000_CTRL_VME) != 0 && len > MACS_LEN) {
		memmove(frame->bytes + MACS_LEN + TAG_LEN, bytes + MACS_LEN, len - MACS_LEN);
		plx_store_be16(frame->bytes + MACS_LEN, (uint16_t)*efake_reg(fake, E1000_VET));
		plx_store_be16(frame->bytes + MACS_LEN + 2, special);
		frame->len += TAG_LEN;
	}
	count(fake, E1000_GPTC, 1);
	count(fake, E1000_TPT, 1);
	*fake->sent_end = frame;
	fake->sent_end = &frame->next;
}

static void
fill_sums(struct efake *fake, uint8_t *bytes, size_t len,
	  const struct e1000_tx_context_desc *context)
{
	if ((fake->tx.popts & E1000_TXD_POPTS_TXSM) != 0)
		put_sum(bytes, len, context->tucss, context->tucse, context->tucso);
	if ((fake->tx.popts & E1000_TXD_POPTS_IXSM) != 0)
		put_sum(bytes, len, context->ipcss, context->ipcse, context->ipcso);
}

/* 3.5: one segment of a packet that is cut. */
static void
segment(struct efake *fake, size_t off, size_t len, unsigned number, bool last, bool tag,
	uint16_t special)
{
	const struct e1000_tx_context_desc *c = &fake->tx.cuts;
	const bool ip4 = (c->cmd_paylen >> E1000_TXD_CMD_SHIFT & E1000_TXD_TUCMD_IP) != 0;
	uint8_t bytes[SEGMENT_MAX], *ip = bytes + c->ipcss, *tcp = bytes + c->tucss;
	const size_t all = c->hdrlen + len;
	uint32_t sum;

	if (all > sizeof(bytes) || c->hdrlen < c->tucss + 20u)
		return;
	memcpy(bytes, fake->tx.bytes, c->hdrlen);
	memcpy(bytes + c->hdrlen, fake->tx.bytes + off, len);
	if (ip4) {
		plx_store_be16(ip + 2, (uint16_t)(all - c->ipcss));
		plx_store_be16(ip + 4, (uint16_t)(plx_load_be16(ip + 4) + number));
	} else {
		plx_store_be16(ip + 4, (uint16_t)(all - c->ipcss - 40));
	}
	plx_store_be32(tcp + 4, plx_load_be32(tcp + 4) + number * c->mss);
	if (!last)
		tcp[13] &= (uint8_t)~0x09; /* PSH, FIN */
	sum = plx_load_be16(bytes + c->tucso) + (uint32_t)(all - c->tucss);
	plx_store_be16(bytes + c->tucso, (uint16_t)((sum & 0xffff) + (sum >> 16)));
	fill_sums(fake, bytes, all, c);
	out(fake, bytes, all, tag, special);
}

static void
frame_ends(struct efake *fake, bool tag, uint16_t special)
{
	const struct e1000_tx_context_desc *c = &fake->tx.cuts;
	size_t off = c->hdrlen;

	if (!fake->tx.tse) {
		fill_sums(fake, fake->tx.bytes, fake->tx.len, &fake->tx.sums);
		out(fake, fake->tx.bytes, fake->tx.len, tag, special);
	} else if (c->mss == 0 ||
		   fake->tx.len != c->hdrlen + (c->cmd_paylen & E1000_TXD_LEN_MASK)) {
		efake_violation(fake, "a packet to be cut is not as long as its context says");
	} else {
		for (unsigned i = 0; off < fake->tx.len; i++, off += c->mss) {
			const size_t rest = fake->tx.len - off;

			segment(fake, off, rest < c->mss ? rest : c->mss, i, rest <= c->mss, tag,
				special);
		}
		count(fake, E1000_TSCTC, 1);
	}
	fake->tx.len = 0;
	fake->tx.begun = false;
}

static void
gather(struct efake *fake, uint64_t addr, uint32_t len)
{
	const uint8_t *from = len > 0 ? efake_dma(fake, addr, len) : NULL;

	if (len == 0)
		efake_violation(fake, "a descriptor without bytes");
	if (from == NULL || fake->tx.len + len > EFAKE_FRAME_MAX)
		return;
	memcpy(fake->tx.bytes + fake->tx.len, from, len);
	fake->tx.len += len;
}

/* One descriptor of any kind (3.3.3, 3.3.6, 3.3.7). */
static void
take_desc(struct efake *fake, uint8_t *at)
{
	struct e1000_tx_desc legacy;
	struct e1000_tx_data_desc data;
	struct e1000_tx_context_desc context;
	bool extended;

	memcpy(&legacy, at, sizeof(legacy));
	memcpy(&data, at, sizeof(data));
	memcpy(&context, at, sizeof(context));
	extended = (legacy.cmd & E1000_TXD_CMD_DEXT) != 0;
	if (extended && (data.cmd_dtalen >> 20 & 0xf) == 0) {
		if (fake->tx.begun)
			efake_violation(fake, "a context within a packet");
		if ((legacy.cmd & E1000_TXD_CMD_TSE) != 0)
			fake->tx.cuts = context;
		else
			fake->tx.sums = context;
	} else {
		if (!fake->tx.begun) {
			fake->tx.popts = extended ? data.popts : 0;
			fake->tx.tse = extended && (legacy.cmd & E1000_TXD_CMD_TSE) != 0;
			fake->tx.begun = true;
		}
		gather(fake, legacy.addr,
		       extended ? data.cmd_dtalen & E1000_TXD_LEN_MASK : legacy.length);
		if ((legacy.cmd & E1000_TXD_CMD_EOP) != 0) {
			if ((legacy.cmd & E1000_TXD_CMD_IFCS) == 0)
				efake_violation(fake, "a frame without FCS");
			frame_ends(fake, (legacy.cmd & E1000_TXD_CMD_VLE) != 0, legacy.special);
		}
	}
	if ((legacy.cmd & E1000_TXD_CMD_RS) != 0)
		__atomic_store_n(at + offsetof(struct e1000_tx_desc, sta), E1000_TXD_STA_DD,
				 __ATOMIC_RELEASE);
}

void
efake_send(struct efake *fake)
{
	const uint64_t base =
		(uint64_t)*efake_reg(fake, E1000_TDBAH) << 32 | *efake_reg(fake, E1000_TDBAL);
	const uint32_t size = ring_size(fake, E1000_TDLEN);
	uint32_t *head = efake_reg(fake, E1000_TDH), tail = *efake_reg(fake, E1000_TDT);

	if ((*efake_reg(fake, E1000_TCTL) & E1000_TCTL_EN) == 0 || fake->faults.sends_nothing)
		return;
	if (size == 0 || tail >= size) {
		efake_violation(fake, "TDT %u of %u descriptors", tail, size);
		return;
	}
	while (*head != tail) {
		uint8_t *at = efake_dma(fake, base + *head * sizeof(struct e1000_tx_desc),
					sizeof(struct e1000_tx_desc));

		if (at == NULL)
			return;
		take_desc(fake, at);
		*head = (*head + 1) % size;
	}
}
