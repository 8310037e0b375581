/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio-net PCI device that lives in a test: registers, rings, control queue, interrupts, and a far end that frames are
 * put into and taken out of. It is written from the specification and knows nothing of the driver; what a driver does that the
 * specification forbids is written down as a violation, and so is every access to memory that no zone for devices holds.
 *
 *	struct vfake *fake = vfake_create("x", &(struct vfake_options){.features = VFAKE_MODERN});
 *	plx_device_attach("fake:x", &why);  ...configure and start the port...
 *	vfake_put(fake, 0, frame, len);     plx_ethdev_rx_burst(...)
 *	assert_string_equal(vfake_violations(fake), "");
 *
 * The device outlives detaching, so that it can be looked at afterwards, and attached again. All functions may be called by any
 * thread. Sections cited are those of the virtio specification 1.3.
 */
#ifndef PLX_TESTS_FAKES_VIRTIO_FAKE_H
#define PLX_TESTS_FAKES_VIRTIO_FAKE_H

#include "plx_pci_driver.h"
#include "plx_virtio_spec.h"

#define VFAKE_PAIRS_MAX	 8
#define VFAKE_QUEUES_MAX (2 * VFAKE_PAIRS_MAX + 1)
#define VFAKE_MACS_MAX	 64
#define VFAKE_RSS_KEY	 40
#define VFAKE_RSS_TABLE	 128
#define VFAKE_CONFIG_LEN 0x18
#define VFAKE_ANY	 0xffff /* of queues */

enum vfake_kind {
	VFAKE_KIND_MODERN,
	VFAKE_KIND_TRANSITIONAL, /* both register sets: the capabilities and BAR 0 */
	VFAKE_KIND_LEGACY,
};

/* What devices offer: QEMU's, roughly. */
#define VFAKE_NET                                                                      \
	(VIRTIO_BIT(VIRTIO_NET_F_MAC) | VIRTIO_BIT(VIRTIO_NET_F_STATUS) |              \
	 VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ) |       \
	 VIRTIO_BIT(VIRTIO_NET_F_CTRL_RX) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA) |   \
	 VIRTIO_BIT(VIRTIO_NET_F_CTRL_VLAN) | VIRTIO_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR) | \
	 VIRTIO_BIT(VIRTIO_NET_F_GUEST_ANNOUNCE) | VIRTIO_BIT(VIRTIO_NET_F_MQ) |       \
	 VIRTIO_BIT(VIRTIO_NET_F_CSUM) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM) |         \
	 VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4) | VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO6) |     \
	 VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | VIRTIO_BIT(VIRTIO_F_EVENT_IDX))
#define VFAKE_LEGACY (VFAKE_NET | VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT))
#define VFAKE_MODERN \
	(VFAKE_NET | VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM))
#define VFAKE_MODERN_PACKED (VFAKE_MODERN | VIRTIO_BIT(VIRTIO_F_RING_PACKED))

struct vfake_options {
	enum vfake_kind kind;
	uint64_t features;   /* offered */
	uint16_t pairs;	     /* 0: one */
	uint16_t queue_size; /* the largest; 0: 256 */
	uint16_t mtu;	     /* told if MTU is offered; 0: 1,500 */
	uint16_t vectors;    /* MSI-X; 0: INTx only */
	bool mapped;  /* the doorbells are memory, on a BAR of their own, which a thread polls */
	bool polls;   /* a thread polls the rings and wants no notifications */
	bool batches; /* with IN_ORDER: one used entry for all that was sent (2.7.9, 2.8.7) */
	bool holds;   /* what is to be sent stays in its ring until vfake_take or vfake_poll */
	bool twin; /* a second capability of each kind, which leads nowhere: the first counts (4.1.4.1) */
};

/* Makes the device "fake:<name>"; NULL if there is no memory or no room. */
struct vfake *vfake_create(const char *name, const struct vfake_options *options);
/* After detaching. NULL is fine. */
void vfake_destroy(struct vfake *fake);
/* Makes "fake:" known to the EAL. Fine to call again, also after the EAL was started anew. */
void vfake_transport_add(void);

/*
 * Offers the device by vfio-user at the path, from a thread of its own: "vfio-user:<path>" is it then, and it reaches no memory but
 * what the client maps. Instead of vfake_transport_add; until unserve, which comes before destroy. In the library of its own
 * test_fakes_served. NULL: why tells.
 */
struct vfake_served *vfake_serve(struct vfake *fake, const char *path, struct plx_why *why);
void vfake_unserve(struct vfake_served *served);
/* Its process is killed: nobody tells the device to leave off. What is served next is as after power-on. */
void vfake_kill(struct vfake_served *served);

/*
 * Its rings as a vhost-user back end at the path, from a thread of its own; there is no PCI device then, and no control queue. Until
 * unserve, which comes before destroy. `polls` in the options: it asks for no kicks. NULL: no socket can be there.
 */
struct vfake_vhost *vfake_vhost_serve(struct vfake *fake, const char *path);
void vfake_vhost_unserve(struct vfake_vhost *vhost);
/* Kicks so far: all that was added to the eventfds of its rings. */
uint64_t vfake_vhost_kicks(struct vfake_vhost *vhost);

/* -- the far end ------------------------------------------------------------------------------------------------ */

/*
 * A frame comes in on the wire. What the device filters is swallowed; what finds no buffer waits. `queue` VFAKE_ANY: as the
 * device is told to spread. -ENOMEM.
 */
int vfake_put(struct vfake *fake, uint16_t pair, const void *frame, size_t len);
/* The same with a header of the test's own, past all filters; num_buffers is the device's. */
int vfake_put_raw(struct vfake *fake, uint16_t pair, const struct virtio_net_hdr_full *header,
		  const void *frame, size_t len);
/* Takes out what was sent: its length, 0 if there is nothing. `ret_header` may be NULL. */
size_t vfake_take(struct vfake *fake, uint16_t pair, void *frame, size_t size,
		  struct virtio_net_hdr_full *ret_header);
/* The device looks at its rings. */
void vfake_poll(struct vfake *fake);
/* Frames that wait for buffers. */
unsigned vfake_waiting(struct vfake *fake);

void vfake_set_link(struct vfake *fake, bool up);
/* Asks the driver to announce itself. */
void vfake_announce(struct vfake *fake);
/* DEVICE_NEEDS_RESET, and no more work until then. */
void vfake_need_reset(struct vfake *fake);

/* -- what the driver made of it ---------------------------------------------------------------------------------- */

struct vfake_state {
	uint8_t status;
	uint64_t features; /* agreed */
	unsigned resets;
	uint16_t pairs; /* in use */
	bool promisc, allmulti, alluni, nomulti, nouni, nobcast;
	uint8_t mac[6];
	unsigned nb_unicast, nb_multicast;
	uint8_t macs[VFAKE_MACS_MAX][6]; /* unicast first */
	uint8_t vlans[4096 / 8];
	unsigned announced; /* acknowledgements */
	unsigned commands;  /* of the control queue */
	unsigned refused;   /* of these, with VIRTIO_NET_ERR */
	bool rss, hash_report;
	uint32_t hash_types;
	uint16_t rss_mask, rss_unclassified, rss_max_tx;
	uint16_t rss_table[VFAKE_RSS_TABLE];
	uint8_t rss_key[VFAKE_RSS_KEY];
	unsigned filtered; /* frames the device swallowed */
	unsigned too_long; /* frames that fitted no buffer */
	unsigned queue_resets;
	struct {
		bool enabled;
		uint16_t size, vector;
		uint64_t notifications, frames;
	} queue[VFAKE_QUEUES_MAX];
};
/* A copy. */
struct vfake_state vfake_state(struct vfake *fake);

/* A violation that a driver may be looked at for by itself: memory is given back before the device is closed. */
#define VFAKE_MASTER_LEFT "the device may do DMA when it is closed"

/* What the driver did wrong, a line each; "" if nothing. Lives until the next call of vfake_forget or destroy. */
const char *vfake_violations(struct vfake *fake);
/* Forgets violations and the log. */
void vfake_forget(struct vfake *fake);

enum vfake_area { VFAKE_COMMON, VFAKE_NOTIFY, VFAKE_ISR, VFAKE_DEVICE, VFAKE_BAR0 };
struct vfake_access {
	enum vfake_area area;
	bool write;
	uint8_t len;
	uint16_t off; /* in the area */
	uint32_t value;
};
/* The i-th access since vfake_forget, false behind the last: the first 4,096 are kept. */
bool vfake_access_at(struct vfake *fake, unsigned i, struct vfake_access *ret_access);

/* -- hostility ----------------------------------------------------------------------------------------------------- */

/* Zeroes are a healthy device. May be changed at any time between calls into the driver. */
struct vfake_faults {
	bool dead;		/* all ones */
	unsigned dies_after;	/* register accesses, if not 0 */
	bool reset_stuck;	/* the status never reads 0 again */
	bool features_refused;	/* FEATURES_OK does not stick */
	bool ctrl_silent;	/* commands are never answered */
	bool ctrl_refuses;	/* ... with VIRTIO_NET_ERR */
	bool vector_refused;	/* reads back VIRTIO_MSIX_NO_VECTOR */
	bool queue_reset_stuck; /* a queue's reset never ends */
	bool enable_refused;	/* queue_enable reads 0 whatever was written */
	int restless;		/* so many readings of the generation differ; negative: all */
	bool idle;		/* the device does nothing with its rings by itself */
	bool queue_size_lies;	/* ... is what stands in queue_size */
	uint16_t queue_size;
	bool num_queues_lies; /* ... is what stands in num_queues */
	uint16_t num_queues;
	bool notify_off_lies; /* ... is what stands in notify_off */
	uint16_t notify_off;
	bool num_buffers_lies;
	uint16_t num_buffers;
};
struct vfake_faults *vfake_faults(struct vfake *fake);

/* The 256 bytes of configuration space, and the VFAKE_CONFIG_LEN of the device's configuration (5.1.4), to write to. */
uint8_t *vfake_config_space(struct vfake *fake);
uint8_t *vfake_config(struct vfake *fake);

/* A used entry about to be written. */
struct vfake_used {
	uint16_t queue; /* index: rx 2i, tx 2i + 1 */
	uint32_t id, len;
	unsigned times;	      /* 1: as it should be; 0: never */
	uint16_t flags_wrong; /* packed: these flags are turned over */
};
typedef void (*vfake_tamper_fn)(void *arg, struct vfake_used *used);
/* Has its hands on every used entry from now on; NULL: nobody. */
void vfake_tamper(struct vfake *fake, vfake_tamper_fn tamper, void *arg);

/*
 * A used entry out of thin air: in a split ring behind the last one and then the index, in a packed ring over the next
 * descriptor. The device's own books go on behind it.
 */
void vfake_use(struct vfake *fake, const struct vfake_used *used);
/* Split: the index jumps by so much; the device's own books stay. */
void vfake_jump(struct vfake *fake, uint16_t queue, uint16_t by);
/* The queue's descriptors and its device part, as addresses the driver gave; len bytes of either. NULL: not enabled. */
void *vfake_ring(struct vfake *fake, uint16_t queue, bool device_part, size_t *ret_len);

#endif
