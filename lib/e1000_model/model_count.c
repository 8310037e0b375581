/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statistics registers (13.7). They stay at all ones, alone and in pairs; reading them is in model_regs.c. A good frame belongs to
 * seven of them, so what it adds is noted beside them until somebody looks.
 */
#include "model_priv.h"

#include "plx_bits.h"

#include <string.h>

/* Registers of one direction; `sizes` are EMODEL_SIZES in a row. */
struct counts {
	uint32_t sizes, good, good_octets, groups, broadcasts, all, all_octets;
};

static const struct counts received = {E1000_PRC64, E1000_GPRC, E1000_GORCL, E1000_MPRC,
				       E1000_BPRC,  E1000_TPR,	E1000_TORL};
static const struct counts sent = {E1000_PTC64, E1000_GPTC, E1000_GOTCL, E1000_MPTC,
				   E1000_BPTC,	E1000_TPT,  E1000_TOTL};

static void
add(struct plx_e1000_model *model, uint32_t reg, uint64_t n)
{
	const uint64_t sum = emodel_get(model, reg) + n;

	emodel_set(model, reg, sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX);
}

static void
add_octets(struct plx_e1000_model *model, uint32_t low, uint64_t n)
{
	const uint64_t before = (uint64_t)emodel_get(model, low + 4) << 32 | emodel_get(model, low);
	const uint64_t sum = before + n < n ? UINT64_MAX : before + n;

	emodel_set(model, low, (uint32_t)sum);
	emodel_set(model, low + 4, (uint32_t)(sum >> 32));
}

void
emodel_count(struct plx_e1000_model *model, uint32_t reg, uint32_t n)
{
	add(model, reg, n);
}

void
emodel_count_octets(struct plx_e1000_model *model, uint32_t low, uint32_t n)
{
	add_octets(model, low, n);
}

/* -- good frames: this is done for each -------------------------------------------------------------------------------- */

/* To 64, 127, 255, 511, 1023 bytes, and more. */
static inline unsigned
size_class(uint32_t len)
{
	const unsigned class = len <= 64 ? 0 : plx_log2(len) - 5;

	return class < EMODEL_SIZES ? class : EMODEL_SIZES - 1;
}

static inline void
note(struct emodel_uncounted *uncounted, const uint8_t *frame, uint32_t len)
{
	static const uint8_t everybody[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	uncounted->any = true;
	uncounted->sizes[size_class(len)]++;
	uncounted->octets += len;
	if (PLX_LIKELY((frame[0] & 1) == 0))
		return;
	if (memcmp(frame, everybody, sizeof(everybody)) == 0)
		uncounted->broadcasts++;
	else
		uncounted->groups++;
}

void
emodel_count_received(struct plx_e1000_model *model, const uint8_t *frame, uint32_t len)
{
	note(&model->received, frame, len);
}

void
emodel_count_sent(struct plx_e1000_model *model, const uint8_t *frame, uint32_t len)
{
	note(&model->sent, frame, len);
}

static void
settle(struct plx_e1000_model *model, const struct counts *counts,
       struct emodel_uncounted *uncounted)
{
	uint64_t frames = 0;

	if (!uncounted->any)
		return;
	for (unsigned i = 0; i < EMODEL_SIZES; i++) {
		add(model, counts->sizes + 4 * i, uncounted->sizes[i]);
		frames += uncounted->sizes[i];
	}
	add(model, counts->good, frames);
	add(model, counts->all, frames);
	add(model, counts->groups, uncounted->groups);
	add(model, counts->broadcasts, uncounted->broadcasts);
	add_octets(model, counts->good_octets, uncounted->octets);
	add_octets(model, counts->all_octets, uncounted->octets);
	*uncounted = (struct emodel_uncounted){.any = false};
}

void
emodel_count_settle(struct plx_e1000_model *model)
{
	settle(model, &received, &model->received);
	settle(model, &sent, &model->sent);
}
