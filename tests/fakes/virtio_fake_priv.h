/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the fake virtio device share. All functions: with the lock held. */
#ifndef PLX_TESTS_FAKES_VIRTIO_FAKE_PRIV_H
#define PLX_TESTS_FAKES_VIRTIO_FAKE_PRIV_H

#include "plx_dma_driver.h"
#include "virtio_fake.h"

#include <pthread.h>

#define VFAKE_LOG_MAX	   4096
#define VFAKE_TEXT_MAX	   4096
#define VFAKE_ZONES_MAX	   256
#define VFAKE_SEGS_MAX	   1024
#define VFAKE_RESET_READS  2 /* of the status, before it is 0: drivers must wait */
#define VFAKE_CTRL_MAX	   8192
#define VFAKE_RX_BATCH_MAX 1024

/* BARs, and where the capabilities point to. */
#define VFAKE_BAR_LEGACY     0
#define VFAKE_BAR_LEGACY_LEN 64
#define VFAKE_BAR_DOORBELL   2
#define VFAKE_BAR_MODERN     4
#define VFAKE_BAR_MODERN_LEN 0x4000
#define VFAKE_COMMON_OFF     0x0000
#define VFAKE_ISR_OFF	     0x1000
#define VFAKE_DEVICE_OFF     0x2000
#define VFAKE_NOTIFY_OFF     0x3000
#define VFAKE_COMMON_LEN     0x3c
#define VFAKE_NOTIFY_LEN     0x1000
#define VFAKE_MULTIPLIER     4

struct vfake_frame {
	struct vfake_frame *next;
	bool raw; /* the header is the test's */
	struct virtio_net_hdr_full header;
	size_t len;
	uint8_t bytes[];
};

struct vfake_frames {
	struct vfake_frame *first, **last;
	unsigned n;
};

struct vfake_queue {
	uint16_t index;
	uint16_t size, vector;
	bool enabled, packed;
	uint64_t desc, driver, device;
	/* How far it is: free-running in split rings, slots in packed ones. */
	uint16_t next_avail, next_used, told_used;
	bool avail_wrap, used_wrap;
	uint64_t notifications, frames;
};

struct vfake_seg {
	uint8_t *bytes;
	uint32_t len;
	bool write;
};

/* One list of descriptors, taken from a ring. */
struct vfake_chain {
	uint16_t id, slots;
	unsigned n;
	struct vfake_seg seg[VFAKE_SEGS_MAX];
};

struct vfake {
	char name[32];
	struct vfake_options options;
	struct vfake_faults faults;
	pthread_mutex_t lock;
	struct plx_pci *pci; /* while it is open */
	struct plx_dma_mapper mapper;
	/* In place of zones: who knows where an address is. NULL outside of what may be reached. */
	uint8_t *(*reach)(void *arg, uint64_t addr, uint64_t len);
	void *reach_arg;
	bool peer; /* a vhost-user back end: its driver leaves it num_buffers as it wrote that */
	struct {
		uint8_t *addr;
		size_t len;
	} zone[VFAKE_ZONES_MAX];
	unsigned nb_zones;
	pthread_t thread;
	bool has_thread, stop;
	int doorbell_fd;
	uint32_t *doorbells,
		*drivers_doorbells; /* the same memory twice, as a device has its own way to it */

	uint8_t space[PLX_PCI_CONFIG_SIZE];
	uint8_t config[VFAKE_CONFIG_LEN];
	uint8_t permanent_mac[6]; /* what it has again after a reset */
	uint32_t feature_select, driver_select;
	uint64_t driver_features;
	uint16_t queue_select, config_vector;
	uint8_t isr, generation;
	unsigned reset_reads;
	bool reset_seen, features_ok_seen;
	enum plx_pci_irq_kind irq_kind;
	bool intx_masked; /* from the moment it was told until the driver takes it off */
	unsigned nb_fds;
	int fds[PLX_PCI_VECTORS_MAX];

	struct vfake_state state;
	struct vfake_queue queue[VFAKE_QUEUES_MAX];
	struct vfake_frames in[VFAKE_PAIRS_MAX], out[VFAKE_PAIRS_MAX];
	struct vfake_chain chain; /* at hand */
	vfake_tamper_fn tamper;
	void *tamper_arg;

	char text[VFAKE_TEXT_MAX];
	unsigned nb_accesses;
	struct vfake_access access[VFAKE_LOG_MAX];
};

static inline bool
vfake_has(const struct vfake *fake, unsigned feature)
{
	return (fake->state.features & VIRTIO_BIT(feature)) != 0;
}

void vfake_violation(struct vfake *fake, const char *format, ...) PLX_PRINTF(2, 3);
void vfake_log(struct vfake *fake, enum vfake_area area, bool write, uint64_t off, unsigned len,
	       uint64_t value);
struct vfake *vfake_find(const char *name);

/* Accesses as a transport has them, for who carries them on. */
extern const struct plx_pci_transport vfake_transport;

/* -- memory (virtio_fake_memory.c) --------------------------------------------------------------------------- */

int vfake_memory_open(struct vfake *fake, struct plx_why *why);
void vfake_memory_close(struct vfake *fake);
/* NULL and a violation if they are not all in one zone that devices may reach. */
uint8_t *vfake_dma(struct vfake *fake, uint64_t addr, uint64_t len);

/* -- registers (virtio_fake_regs.c, virtio_fake_legacy.c, virtio_fake_status.c) ------------------------------------ */

void vfake_space_build(struct vfake *fake);
uint32_t vfake_common_read(struct vfake *fake, uint64_t off, unsigned len);
void vfake_common_write(struct vfake *fake, uint64_t off, uint32_t value, unsigned len);
uint32_t vfake_legacy_read(struct vfake *fake, uint64_t off, unsigned len);
void vfake_legacy_write(struct vfake *fake, uint64_t off, uint32_t value, unsigned len);
uint32_t vfake_config_get(struct vfake *fake, uint64_t off, unsigned len);
void vfake_config_set(struct vfake *fake, uint64_t off, uint32_t value, unsigned len);
uint8_t vfake_status_get(struct vfake *fake);
void vfake_status_set(struct vfake *fake, uint8_t status);
void vfake_reset(struct vfake *fake);
uint16_t vfake_nb_queues(const struct vfake *fake);
/* The control queue's index; VFAKE_ANY: there is none. */
uint16_t vfake_ctrl_index(const struct vfake *fake);
void vfake_queue_enable(struct vfake *fake, struct vfake_queue *q);
void vfake_queue_clear(struct vfake *fake, struct vfake_queue *q);
void vfake_notified(struct vfake *fake, uint16_t register_index, uint32_t value, unsigned len);
/* Bells that were rung in memory and not looked at yet. Under the lock. */
void vfake_hear_doorbells(struct vfake *fake);
void vfake_interrupt_config(struct vfake *fake);
void vfake_interrupt_queue(struct vfake *fake, const struct vfake_queue *q);

/* -- rings (virtio_fake_split.c, virtio_fake_packed.c, virtio_fake_ring.c) -------------------------------------------- */

/* Takes the next list that the driver made available; false if there is none, or it is nonsense, which is a violation. */
bool vfake_pop(struct vfake *fake, struct vfake_queue *q, struct vfake_chain *chain);
/* Gives a list back: seen by the driver after vfake_tell at the latest. */
void vfake_push(struct vfake *fake, struct vfake_queue *q, uint16_t id, uint16_t slots,
		uint32_t len, bool written);
/* Publishes what was pushed and interrupts if the driver asked for it; asks for notifications anew. */
void vfake_tell(struct vfake *fake, struct vfake_queue *q);

bool vfake_split_pop(struct vfake *fake, struct vfake_queue *q, struct vfake_chain *chain);
void vfake_split_push(struct vfake *fake, struct vfake_queue *q, uint32_t id, uint32_t len);
void vfake_split_tell(struct vfake *fake, struct vfake_queue *q);
uint16_t vfake_split_end(struct vfake *fake, const struct vfake_queue *q);
bool vfake_packed_pop(struct vfake *fake, struct vfake_queue *q, struct vfake_chain *chain);
void vfake_packed_push(struct vfake *fake, struct vfake_queue *q, uint32_t id, uint32_t len,
		       uint16_t flags, uint16_t slots);
void vfake_packed_tell(struct vfake *fake, struct vfake_queue *q);
/* Slot and wrap bit behind the last available descriptor. */
uint16_t vfake_packed_end(struct vfake *fake, const struct vfake_queue *q);
bool vfake_chain_add(struct vfake *fake, struct vfake_chain *chain, uint64_t addr, uint32_t len,
		     uint16_t flags);
size_t vfake_chain_room(const struct vfake_chain *chain);

/* -- frames (virtio_fake_net.c, virtio_fake_filter.c) and commands (virtio_fake_ctrl.c) --------------------------------- */

void vfake_work(struct vfake *fake);
unsigned vfake_header_len(const struct vfake *fake);
bool vfake_wants(const struct vfake *fake, const uint8_t *frame, size_t len);
/* The queue that the hash says, and what goes into the header about it. */
uint16_t vfake_spread(const struct vfake *fake, const uint8_t *frame, size_t len,
		      struct virtio_net_hdr_full *header);
void vfake_ctrl_work(struct vfake *fake, struct vfake_queue *q);
struct vfake_frame *vfake_frames_pop(struct vfake_frames *frames);
void vfake_frames_push(struct vfake_frames *frames, struct vfake_frame *frame);

#endif
