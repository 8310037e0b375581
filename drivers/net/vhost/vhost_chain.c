/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptor lists of every shape: chains, indirect tables, pieces that straddle regions. Each descriptor is copied once and
 * judged by the copy; no list is longer than its ring or table, so that loops end.
 */
#include "vhost.h"

#include <errno.h>

/* Both kinds of descriptor, as far as lists are concerned. */
struct list_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

static struct list_desc
copy_split(const struct virtio_desc *shared)
{
	struct virtio_desc desc;

	vhost_copy_desc(&desc, shared);
	return (struct list_desc){desc.addr, desc.len, desc.flags, desc.next};
}

static struct list_desc
copy_packed(const struct virtio_packed_desc *shared)
{
	struct virtio_packed_desc desc;

	vhost_copy_desc(&desc, shared);
	return (struct list_desc){desc.addr, desc.len, desc.flags, 0};
}

/* A list's bytes, region by region. */
static int
add_bytes(struct vhost_ring *ring, struct vhost_chain *chain, uint64_t addr, uint32_t len)
{
	if (len > UINT32_MAX - chain->len)
		return -EINVAL;
	chain->len += len;
	while (len > 0) {
		uint8_t *at = vhost_ring_at(ring, addr, 1);
		uint64_t here;

		if (at == NULL || chain->nb == VHOST_PIECES_MAX)
			return -EINVAL;
		here = ring->last->size - (addr - ring->last->guest_phys);
		if (here > len)
			here = len;
		chain->piece[chain->nb++] = (struct vhost_piece){at, (uint32_t)here};
		addr += here;
		len -= (uint32_t)here;
	}
	return 0;
}

/* Lists are read from a transmit ring, and written to a receive ring: all of them. */
static int
add_desc(struct vhost_ring *ring, struct vhost_chain *chain, const struct list_desc *desc)
{
	if (((desc->flags & VIRTIO_DESC_F_WRITE) != 0) != ring->write)
		return -EINVAL;
	return add_bytes(ring, chain, desc->addr, desc->len);
}

/* A table's bytes may straddle regions like any others. */
static int
copy_table(struct vhost_ring *ring, const struct list_desc *desc, uint8_t *table)
{
	uint64_t addr = desc->addr;
	uint32_t left = desc->len;

	while (left > 0) {
		const uint8_t *at = vhost_ring_at(ring, addr, 1);
		uint64_t here;

		if (at == NULL)
			return -EINVAL;
		here = ring->last->size - (addr - ring->last->guest_phys);
		if (here > left)
			here = left;
		memcpy(table, at, here);
		table += here;
		addr += here;
		left -= (uint32_t)here;
	}
	return 0;
}

/* 2.7.5.3, 2.8.7: a table of descriptors, none of which leads to another table. */
static int
add_table(struct vhost_ring *ring, struct vhost_chain *chain, const struct list_desc *head)
{
	union {
		struct virtio_desc split[VHOST_PIECES_MAX];
		struct virtio_packed_desc packed[VHOST_PIECES_MAX];
		uint8_t bytes[VHOST_PIECES_MAX * sizeof(struct virtio_desc)];
	} table;
	uint32_t nb = head->len / sizeof(struct virtio_desc);
	uint32_t at = 0;

	if (nb == 0 || nb > VHOST_PIECES_MAX || head->len % sizeof(struct virtio_desc) != 0 ||
	    (head->flags & VIRTIO_DESC_F_NEXT) != 0)
		return -EINVAL;
	if (copy_table(ring, head, table.bytes) != 0)
		return -EINVAL;
	for (uint32_t i = 0; i < nb; i++) {
		struct list_desc desc = ring->packed ? copy_packed(&table.packed[at])
						     : copy_split(&table.split[at]);

		if ((desc.flags & VIRTIO_DESC_F_INDIRECT) != 0 || add_desc(ring, chain, &desc) != 0)
			return -EINVAL;
		if (ring->packed) {
			at++; /* all of the table, NEXT or not */
			continue;
		}
		if ((desc.flags & VIRTIO_DESC_F_NEXT) == 0)
			return 0;
		at = desc.next;
		if (at >= nb)
			return -EINVAL;
	}
	/* A split table ends by a descriptor without NEXT: as many steps as entries are a loop. */
	return ring->packed ? 0 : -EINVAL;
}

static int
add_split(struct vhost_ring *ring, const struct vhost_slot *slot, struct vhost_chain *chain)
{
	uint16_t at = slot->id;

	for (unsigned i = 0; i < ring->size; i++) {
		struct list_desc desc = copy_split(&ring->split.desc[at]);

		if (desc.flags & VIRTIO_DESC_F_INDIRECT)
			return add_table(ring, chain, &desc);
		if (add_desc(ring, chain, &desc) != 0)
			return -EINVAL;
		if ((desc.flags & VIRTIO_DESC_F_NEXT) == 0)
			return 0;
		at = desc.next;
		if (at >= ring->size)
			return -EINVAL;
	}
	return -EINVAL;
}

/* As many descriptors as were counted when the list was found, whatever they say now. */
static int
add_packed(struct vhost_ring *ring, const struct vhost_slot *slot, struct vhost_chain *chain)
{
	const struct virtio_packed_desc *table = vhost_packed_table(ring, slot->resumed);
	uint16_t at = slot->pos;

	for (unsigned i = 0; i < slot->nb_desc; i++) {
		struct list_desc desc = copy_packed(&table[at]);
		int ret;

		if (desc.flags & VIRTIO_DESC_F_INDIRECT)
			ret = slot->nb_desc == 1 ? add_table(ring, chain, &desc) : -EINVAL;
		else
			ret = add_desc(ring, chain, &desc);
		if (ret != 0)
			return ret;
		at = (uint16_t)(at + 1 == ring->size ? 0 : at + 1);
	}
	return 0;
}

int
vhost_chain_add(struct vhost_ring *ring, const struct vhost_slot *slot, struct vhost_chain *chain)
{
	return ring->packed ? add_packed(ring, slot, chain) : add_split(ring, slot, chain);
}
