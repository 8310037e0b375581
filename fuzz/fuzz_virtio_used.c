/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hostile virtio device in traffic: the bytes say what it writes into its used rings between bursts of a real port. Whatever
 * that is, packets are sane, every buffer is home in the end, and after an honest restart the port works.
 */
#include "fuzz_traffic.h"
#include "virtio_fake.h"

#include <string.h>

#define DEVICE	"fake:fuzz"
#define BUFFERS 512

extern const struct plx_driver plx_driver_net_virtio;

static struct plx_pool *pool;
static struct vfake *fake;
static uint16_t port;
static bool packed;
static bool rings_were_written; /* then its addresses are the device's own nonsense */

/* -- once ------------------------------------------------------------------------------------------------------ */

static void
init(void)
{
	if (pool == NULL)
		pool = fuzz_port_init(&plx_driver_net_virtio, vfake_transport_add, BUFFERS);
}

/* -- a port ------------------------------------------------------------------------------------------------------ */

static void
make_port(uint8_t kind)
{
	const uint64_t basic = VFAKE_LEGACY & ~VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ);
	const struct plx_ethdev_conf conf = {
		.rx_offloads =
			kind & 32 ? PLX_ETH_RX_OFFLOAD_SCATTER | PLX_ETH_RX_OFFLOAD_UDP_CSUM : 0,
		.tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS};
	struct vfake_options options = {.features = basic, .queue_size = DESCS, .batches = true};

	packed = (kind & 1) != 0;
	if (packed)
		options.features |= VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	if (kind & 2)
		options.features |= VIRTIO_BIT(VIRTIO_F_IN_ORDER);
	if (kind & 4)
		options.features &= ~VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF);
	if (kind & 8)
		options.features &= ~VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC);
	if (kind & 16)
		options.features &= ~VIRTIO_BIT(VIRTIO_F_EVENT_IDX);
	options.features |= VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM);
	fake = vfake_create("fuzz", &options);
	must(fake != NULL && plx_device_attach(DEVICE, NULL) == 0 &&
	     plx_ethdev_by_name(DEVICE, &port) == 0);
	must(plx_ethdev_configure(port, 1, 1, &conf, NULL) == 0);
	must(plx_ethdev_rx_queue_setup(port, 0, DESCS, pool, NULL) == 0);
	must(plx_ethdev_tx_queue_setup(port, 0, DESCS, NULL) == 0);
	must(plx_ethdev_start(port, NULL) == 0);
}

static void
drop_port(void)
{
	must(plx_device_detach(DEVICE, NULL) == 0);
	must(rings_were_written || strstr(vfake_violations(fake), "DMA") == NULL);
	vfake_destroy(fake);
	all_are_home(pool);
}

static void
put(size_t len, unsigned n)
{
	static uint8_t frame[FRAME_MAX];

	memset(frame, 0xff, 6);
	for (unsigned i = 0; i < n; i++)
		must(vfake_put(fake, 0, frame, len < FRAME_LEN ? FRAME_LEN : len) == 0);
}

/* -- hostility ------------------------------------------------------------------------------------------------------ */

/* Every entry takes bytes: the first says which of the others count. */
static void
tamper(void *arg, struct vfake_used *used)
{
	struct input *in = arg;
	uint8_t what = next(in);

	if (what & 1)
		used->id = next(in);
	if (what & 2)
		used->id = next32(in);
	if (what & 4)
		used->len = next32(in);
	if (what & 8)
		used->times = next(in) % 4;
	if (what & 16)
		used->flags_wrong = (uint16_t)next32(in);
	rings_were_written |= packed; /* where a lie may offer a slot that nobody filled */
	if (what & 32)
		used->len = used->len + next(in) - 128;
}

static void
write_ring(struct input *in)
{
	size_t len = 0, at;
	uint8_t *ring = vfake_ring(fake, next(in) % 2, next(in) % 2 != 0, &len);

	if (ring == NULL)
		return;
	rings_were_written = true;
	at = next32(in) % len;
	for (unsigned n = 1 + next(in) % 16; n > 0 && at < len; n--)
		ring[at++] = next(in);
}

static void
step(struct input *in)
{
	struct vfake_used used = {.times = 1};
	struct vfake_faults *faults = vfake_faults(fake);
	uint8_t n;

	switch (next(in) % 12) {
	case 0:
		put(FRAME_LEN, 1 + next(in) % DESCS);
		break;
	case 1:
		put(next32(in) % FRAME_MAX, 1);
		break;
	case 2:
	case 3:
		receive(port, DESCS);
		break;
	case 4:
		n = next(in);
		send(port, pool, 1 + n % 16, 1 + n / 16 % 5, 0);
		break;
	case 5:
		vfake_tamper(fake, tamper, in);
		break;
	case 6:
		vfake_tamper(fake, NULL, NULL);
		break;
	case 7:
		used.queue = next(in) % 2;
		used.id = next(in);
		used.len = next32(in) % 4096;
		used.flags_wrong = next(in) % 4 == 0 ? (uint16_t)next32(in) : 0;
		rings_were_written |= packed;
		vfake_use(fake, &used);
		break;
	case 8:
		vfake_jump(fake, next(in) % 2, (uint16_t)next32(in));
		break;
	case 9:
		faults->num_buffers_lies = next(in) % 2 != 0;
		faults->num_buffers = (uint16_t)(next(in) % 2 != 0 ? next32(in) : next(in));
		break;
	case 10:
		write_ring(in);
		break;
	default:
		faults->idle = next(in) % 2 != 0;
		if (next(in) % 2 != 0)
			vfake_poll(fake);
	}
}

static void
works_again(void)
{
	static uint8_t frame[FRAME_LEN];

	vfake_tamper(fake, NULL, NULL);
	memset(vfake_faults(fake), 0, sizeof(*vfake_faults(fake)));
	must(plx_ethdev_stop(port) == 0);
	must(plx_ethdev_start(port, NULL) == 0);
	put(FRAME_LEN, 3);
	must(receive(port, DESCS) == 3);
	must(send(port, pool, 3, 2, 0) == 3);
	for (int i = 0; i < 3; i++)
		must(vfake_take(fake, 0, frame, sizeof(frame), NULL) == sizeof(frame));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};

	init();
	rings_were_written = false;
	make_port(next(&in));
	for (unsigned i = 0; i < STEPS_MAX && in.at < in.end; i++)
		step(&in);
	works_again();
	drop_port();
	return 0;
}
