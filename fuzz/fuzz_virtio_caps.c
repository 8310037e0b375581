/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a virtio device's configuration space: the capability walk ends, and a port is made and used, or refused with a
 * sentence. The first byte says what else the device does, the rest lies from the pointer to the capabilities on.
 */
#include "fuzz_port.h"
#include "virtio_fake.h"

#include <string.h>

#define DEVICE	  "fake:fuzz"
#define BUFFERS	  256
#define DESCS	  16
#define POINTER	  0x34 /* to the first capability */
#define KIND_NONE 0x80 /* the space stays as it is */
#define ACCESSES  4000 /* then the device is gone: nothing takes for ever */

extern const struct plx_driver plx_driver_net_virtio;

static struct plx_pool *pool;

static void
init(void)
{
	if (pool == NULL)
		pool = fuzz_port_init(&plx_driver_net_virtio, vfake_transport_add, BUFFERS);
}

static struct vfake *
make_device(const uint8_t *data, size_t size)
{
	uint8_t kind = size > 0 ? data[0] : 0;
	struct vfake_options options = {.kind = kind & 1 ? VFAKE_KIND_TRANSITIONAL
							 : VFAKE_KIND_MODERN,
					.features = kind & 2 ? VFAKE_MODERN_PACKED : VFAKE_MODERN,
					.queue_size = DESCS,
					.vectors = kind & 4 ? 3 : 0,
					.twin = (kind & 8) != 0};
	struct vfake *fake = vfake_create("fuzz", &options);

	must(fake != NULL);
	vfake_faults(fake)->dies_after = ACCESSES;
	if (size == 0)
		return fake;
	data++;
	size--;
	if (kind & KIND_NONE) {
		memcpy(vfake_config(fake), data, size < VFAKE_CONFIG_LEN ? size : VFAKE_CONFIG_LEN);
		return fake;
	}
	if (size > PLX_PCI_CONFIG_SIZE - POINTER)
		size = PLX_PCI_CONFIG_SIZE - POINTER;
	memcpy(vfake_config_space(fake) + POINTER, data, size);
	return fake;
}

/* As far as the device lets us. */
static void
use_port(struct vfake *fake)
{
	static const uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct plx_mbuf *m;
	uint16_t port;

	must(plx_ethdev_by_name(DEVICE, &port) == 0);
	if (plx_ethdev_configure(port, 1, 1, NULL, NULL) != 0 ||
	    plx_ethdev_rx_queue_setup(port, 0, DESCS, pool, NULL) != 0 ||
	    plx_ethdev_tx_queue_setup(port, 0, DESCS, NULL) != 0 ||
	    plx_ethdev_start(port, NULL) != 0)
		return;
	vfake_put(fake, 0, frame, sizeof(frame));
	if (plx_ethdev_rx_burst(port, 0, &m, 1) == 1)
		plx_mbuf_free(m);
	m = plx_mbuf_alloc(pool);
	must(m != NULL);
	memcpy(plx_mbuf_append(m, sizeof(frame)), frame, sizeof(frame));
	if (plx_ethdev_tx_burst(port, 0, &m, 1) != 1)
		plx_mbuf_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plx_why why = {""};
	struct vfake *fake;

	init();
	fake = make_device(data, size);
	if (plx_device_attach(DEVICE, &why) == 0) {
		use_port(fake);
		must(plx_device_detach(DEVICE, NULL) == 0);
	} else {
		must(why.text[0] != '\0');
	}
	must(strstr(vfake_violations(fake), "DMA outside") == NULL);
	vfake_destroy(fake);
	plx_pool_cache_flush(pool);
	must(plx_pool_in_use(pool) == 0 && plx_pool_audit(pool, NULL) == 0);
	return 0;
}
