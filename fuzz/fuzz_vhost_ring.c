/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a guest's rings and buffers: bursts both ways touch nothing outside its memory, end, and lose no buffer.
 *
 *	input: [features u8][rounds u8][memory from REGION_PHYS on ...], rings at its beginning
 *	memory: two regions that touch in the guest, and do not here
 *	rounds & HAS_BOOKS: what another back end left in flight is read from a copy of the memory from BOOKS_OFF on
 */
#include "plx_eal.h"
#include "vhost.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#define REGION_PHYS 0x1000ull
#define REGION_LEN  0x1000u
#define RING_SIZE   8
#define RING_LEN    0x200u /* of each ring: descriptors, available, used */
#define AVAIL_OFF   0x80u
#define USED_OFF    0x100u
#define HAS_BOOKS   0x80
#define BOOKS_OFF   0x800u
#define BURST	    40
#define BUFFERS	    255

static struct vhost_port port;
static struct vhost_rxq rxq;
static struct vhost_txq txq;
static struct plx_pool *pool;

static void
must(bool condition)
{
	if (!condition)
		abort();
}

static void
prepare(void)
{
	static char program[] = "fuzz", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
		    lcores[] = "--lcores", zero[] = "0@0";
	char *argv[] = {program, no_huge, no_pci, lcores, zero, NULL};
	const struct plx_pool_params params = {
		.name = "fuzz", .n = BUFFERS, .buf_size = 512, .node = -1};

	must(plx_eal_init(5, argv, NULL) >= 0 && plx_pool_create(&params, &pool, NULL) == 0);
	vhost_port_init(&port);
	port.trouble_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void
add_region(uint64_t phys, uint8_t *at)
{
	port.memory.region[port.memory.nb++] = (struct vhost_region){.guest_phys = phys,
								     .userspace = phys,
								     .size = REGION_LEN,
								     .at = at,
								     .file.guard = -1};
}

/* As long as the protocol says that they are, so that a sanitizer sees a step beyond. */
static void
make_books(const uint8_t *memory)
{
	const bool packed = (port.features & VIRTIO_BIT(VIRTIO_F_RING_PACKED)) != 0;
	const size_t stride = packed ? 320 : 192;

	port.inflight = (struct vhost_inflight){.map = aligned_alloc(PLX_CACHE_LINE, 2 * stride),
						.size = 2 * stride,
						.nb_queues = 2,
						.queue_size = RING_SIZE,
						.stride = stride,
						.packed = packed,
						.file.guard = -1};
	must(port.inflight.map != NULL);
	memcpy(port.inflight.map, memory + BOOKS_OFF, 2 * stride);
}

static void
attach(unsigned index)
{
	struct vhost_ring *ring = &port.ring[index];
	const uint64_t at = REGION_PHYS + index * RING_LEN;
	struct plx_why why = {""};

	ring->size = RING_SIZE;
	ring->next = 0;
	ring->wrap = true;
	ring->broken = false;
	ring->trouble_fd = port.trouble_fd;
	ring->addr = (struct vhost_user_addr){
		.desc = at, .avail = at + AVAIL_OFF, .used = at + USED_OFF};
	must(vhost_ring_attach(ring, &port.memory, port.features, &why) == 0);
	if (vhost_inflight_attach(&port.inflight, ring, &why) == 0)
		plx_gate_open(&ring->gate);
	else
		must(why.text[0] != '\0');
}

static void
receive(void)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t got = vhost_rx_burst(&rxq, pkts, BURST);

	for (uint16_t i = 0; i < got; i++)
		must(plx_mbuf_check(pkts[i], NULL) == 0 && pkts[i]->pkt_len > 0);
	plx_mbuf_free_bulk(pkts, got);
}

static void
send(void)
{
	struct plx_mbuf *pkts[4];
	uint16_t n = 0, sent;

	for (; n < 4; n++) {
		pkts[n] = plx_mbuf_alloc(pool);
		must(pkts[n] != NULL);
		memset(plx_mbuf_append(pkts[n], (uint16_t)(60 + 50 * n)), 0x5a, 60u + 50u * n);
	}
	pkts[3]->ol_flags = PLX_MBUF_TX_IPV4 | PLX_MBUF_TX_UDP_CSUM;
	pkts[3]->l2_len = 14;
	pkts[3]->l3_len = 20;
	sent = vhost_tx_burst(&txq, pkts, n);
	plx_mbuf_free_bulk(pkts + sent, (uint32_t)(n - sent));
}

static void
set_up(uint8_t features, bool has_books, const uint8_t *memory)
{
	port.features = VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC);
	port.features |= features & 1 ? VIRTIO_BIT(VIRTIO_F_RING_PACKED) : 0;
	port.features |= features & 2 ? VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) : 0;
	port.features |= features & 4 ? VIRTIO_BIT(VIRTIO_F_EVENT_IDX) : 0;
	port.features |= features & 8 ? VIRTIO_BIT(VIRTIO_NET_F_CSUM) : 0;
	port.features |= features & 16 ? VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM) : 0;
	port.features |= features & 32 ? VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4) : 0;
	rxq = (struct vhost_rxq){.pool = pool,
				 .port = &port,
				 .ring = &port.ring[1],
				 .room = 256,
				 .scatter = (features & 64) != 0,
				 .lro = (features & 64) != 0,
				 .csum = (features & 128) != 0};
	txq = (struct vhost_txq){.port = &port, .ring = &port.ring[0]};
	if (has_books)
		make_books(memory);
	attach(0);
	attach(1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *low, *high;

	if (pool == NULL)
		prepare();
	if (size < 2)
		return 0;
	/* From the heap, so that a sanitizer sees a step beyond; aligned as pages are. */
	low = aligned_alloc(4096, REGION_LEN);
	high = aligned_alloc(4096, REGION_LEN);
	must(low != NULL && high != NULL);
	memset(low, 0, REGION_LEN);
	memset(high, 0x33, REGION_LEN);
	memcpy(low, data + 2, size - 2 < REGION_LEN ? size - 2 : REGION_LEN);
	port.memory.nb = 0;
	add_region(REGION_PHYS, low);
	add_region(REGION_PHYS + REGION_LEN, high);
	set_up(data[0], (data[1] & HAS_BOOKS) != 0, low);
	for (unsigned i = 0; i < 1u + data[1] % 4; i++) {
		receive();
		send();
	}
	for (unsigned i = 0; i < 2; i++) {
		if (port.ring[i].gate.open != 0)
			plx_gate_close(&port.ring[i].gate);
		vhost_ring_detach(&port.ring[i]);
	}
	must(plx_pool_in_use(pool) == 0);
	free(port.inflight.map);
	port.inflight.map = NULL;
	free(low);
	free(high);
	return 0;
}
