/* SPDX-License-Identifier: BSD-3-Clause */
/* Statistics registers (13.7). They stay at all ones, alone and in pairs; reading them is in model_regs.c. */
#include "model_priv.h"

#include "plx_bits.h"

#include <string.h>

/* Registers of one direction. */
struct counts {
	uint32_t sizes, good, good_octets, groups, broadcasts, all, all_octets;
};

static const struct counts received = {E1000_PRC64, E1000_GPRC, E1000_GORCL, E1000_MPRC,
				       E1000_BPRC,  E1000_TPR,	E1000_TORL};
static const struct counts sent = {E1000_PTC64, E1000_GPTC, E1000_GOTCL, E1000_MPTC,
				   E1000_BPTC,	E1000_TPT,  E1000_TOTL};

/* Inline here, so that for each direction the compiler knows which registers they are: this is done for every frame. */
static PLX_ALWAYS_INLINE void
add(struct plx_e1000_model *model, uint32_t reg, uint32_t n)
{
	const uint32_t sum = emodel_get(model, reg) + n;

	emodel_set(model, reg, sum < n ? UINT32_MAX : sum);
}

static PLX_ALWAYS_INLINE void
add_octets(struct plx_e1000_model *model, uint32_t low, uint32_t n)
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

/* Six registers in a row: to 64, 127, 255, 511, 1023 bytes, and more. */
static PLX_ALWAYS_INLINE void
add_size(struct plx_e1000_model *model, uint32_t first, uint32_t len)
{
	const unsigned class = len <= 64 ? 0 : plx_log2(len) - 5;

	add(model, first + 4 * (class < 5 ? class : 5), 1);
}

static PLX_ALWAYS_INLINE void
count_frame(struct plx_e1000_model *model, const struct counts *counts, const uint8_t *frame,
	    uint32_t len)
{
	static const uint8_t everybody[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	add_size(model, counts->sizes, len);
	add(model, counts->good, 1);
	add_octets(model, counts->good_octets, len);
	add(model, counts->all, 1);
	add_octets(model, counts->all_octets, len);
	if (PLX_LIKELY((frame[0] & 1) == 0))
		return;
	if (memcmp(frame, everybody, sizeof(everybody)) == 0)
		add(model, counts->broadcasts, 1);
	else
		add(model, counts->groups, 1);
}

void
emodel_count_received(struct plx_e1000_model *model, const uint8_t *frame, uint32_t len)
{
	count_frame(model, &received, frame, len);
}

void
emodel_count_sent(struct plx_e1000_model *model, const uint8_t *frame, uint32_t len)
{
	count_frame(model, &sent, frame, len);
}
