/* SPDX-License-Identifier: BSD-3-Clause */
/* A ring as its registers describe it (3.2.6, 3.4), and its descriptors, wherever they are. */
#include "model_priv.h"

#include <errno.h>
#include <string.h>

/* Places of registers behind the base's lower half, in words; those to send are laid out as those to receive. */
enum { BASE_LOW, BASE_HIGH, BYTES, HEAD = 4, TAIL = 6 };

#define BYTES_MAX 0x100000u /* LEN has 20 bits */
#define STATUS_AT 12u

#define THRESHOLD_MAX 192u

static uint32_t
get(const uint32_t *regs, unsigned word)
{
	return le32toh(__atomic_load_n(&regs[word], __ATOMIC_ACQUIRE));
}

static bool
senseless(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t bytes)
{
	if (!ring->senseless && bytes != 0)
		emodel_complain(model, "a ring of %u bytes with its head at %u and its tail at %u",
				bytes, ring->head, ring->tail);
	ring->senseless = bytes != 0;
	ring->len = 0;
	return false;
}

bool
emodel_ring_look(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t base)
{
	const uint32_t *regs = emodel_at(model, base);
	const uint32_t bytes = get(regs, BYTES);

	ring->base = (uint64_t)get(regs, BASE_HIGH) << 32 |
		     (get(regs, BASE_LOW) & ~(EMODEL_DESC_LEN - 1));
	ring->len = bytes / EMODEL_DESC_LEN;
	ring->head = get(regs, HEAD);
	ring->tail = get(regs, TAIL);
	if (bytes == 0 || bytes >= BYTES_MAX || bytes % E1000_RING_LEN_UNIT != 0 ||
	    ring->head >= ring->len || ring->tail >= ring->len)
		return senseless(model, ring, bytes);
	ring->senseless = false;
	return true;
}

void
emodel_ring_show(struct plx_e1000_model *model, const struct emodel_ring *ring, uint32_t base)
{
	__atomic_store_n(emodel_at(model, base) + HEAD, htole32(ring->head), __ATOMIC_RELEASE);
}

static uint64_t
address_of(const struct emodel_ring *ring, uint32_t i)
{
	return ring->base + (uint64_t)i * EMODEL_DESC_LEN;
}

void *
emodel_ring_copy(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i, void *spare)
{
	return emodel_dma_read(model, &ring->window, address_of(ring, i), spare, EMODEL_DESC_LEN) ==
			       0
		       ? spare
		       : NULL;
}

/* Bytes in front of the status are there before it, and so are those behind. */
static int
write_status_last(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i,
		  const uint8_t *bytes, uint32_t from)
{
	const uint64_t at = address_of(ring, i);
	uint8_t without[EMODEL_DESC_LEN];
	int err;

	memcpy(without, bytes, EMODEL_DESC_LEN - from);
	without[STATUS_AT - from] = 0;
	err = emodel_dma_write(model, &ring->window, at + from, without, EMODEL_DESC_LEN - from);
	if (err != 0)
		return err;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return emodel_dma_write(model, &ring->window, at + STATUS_AT, bytes + STATUS_AT - from, 1);
}

static void *
in_place(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i)
{
	uint8_t *desc =
		emodel_dma_find(model, &ring->window, address_of(ring, i), EMODEL_DESC_LEN, true);

	return (uintptr_t)desc % EMODEL_DESC_LEN == 0 ? desc : NULL;
}

int
emodel_ring_done_rx(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i,
		    uint64_t upper)
{
	uint64_t *desc = in_place(model, ring, i);

	if (PLX_UNLIKELY(desc == NULL))
		return write_status_last(model, ring, i, (const uint8_t *)&upper, 8);
	__atomic_store_n(&desc[1], upper, __ATOMIC_RELEASE);
	return 0;
}

int
emodel_ring_done_tx(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i,
		    uint32_t upper)
{
	uint32_t *desc = in_place(model, ring, i);

	if (PLX_UNLIKELY(desc == NULL))
		return write_status_last(model, ring, i, (const uint8_t *)&upper, 12);
	__atomic_store_n(&desc[3], upper, __ATOMIC_RELEASE);
	return 0;
}

unsigned
emodel_ring_threshold(const struct plx_e1000_model *model, uint32_t reg)
{
	const uint32_t control = emodel_get(model, reg);
	const unsigned line = model->config[EMODEL_CONFIG_CACHE_LINE] * 4u / EMODEL_DESC_LEN;
	unsigned n = control >> E1000_RXDCTL_WTHRESH_SHIFT & E1000_RXDCTL_WTHRESH_MASK;

	if ((control & E1000_RXDCTL_GRAN) == 0 && line > 1)
		n *= line;
	return n < THRESHOLD_MAX ? n : THRESHOLD_MAX;
}
