/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio-net driver's main structs: a device behind a transport, its queues, and who provides what.
 *
 *	port (virtio_ethdev.c) --> up and down (virtio_life.c) --> device (virtio_dev.c) --> transport: modern PCI |
 *	     --> what is received (virtio_filter.c) --> control queue (virtio_ctrl.c)	     legacy PCI | vhost-user
 *	bursts (virtio_rx_split.c ... virtio_tx_packed.c) --> rings (virtio_queue.c) --> doorbell of the transport
 *
 * Every value that the device writes is hostile until checked; a queue that the device broke is marked, counts and does no
 * more until the port is restarted. Sections cited are those of the virtio specification 1.3.
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_VIRTIO_H
#define PLX_DRIVERS_NET_VIRTIO_VIRTIO_H

#include "plx_ethdev_driver.h"
#include "plx_event.h"
#include "plx_gate.h"
#include "plx_virtio_spec.h"
#include "plx_zone.h"

#include <pthread.h>

#define VIRTIO_PAIRS_MAX (PLX_ETHDEV_QUEUES_MAX)

/* The longest that a device may take to answer, for each question: a second. Tests of devices that never do are shorter. */
extern unsigned virtio_wait_ms;
/* ... and so many looks at least: it is the machine that stood still, perhaps. */
#define VIRTIO_LOOKS_MIN 16

struct virtio_dev;
struct virtio_queue;

/*
 * How a device is reached. 0 or a negative errno unless said otherwise; -EIO: it does not answer; -ENOTCONN: there is no
 * peer now, there may be one later. All slow but notify, and called under the device's lock, so by one thread at a time.
 */
struct virtio_transport {
	const char *name; /* "modern PCI" */
	int (*status)(struct virtio_dev *dev, uint8_t *ret_status);
	int (*set_status)(struct virtio_dev *dev,
			  uint8_t status); /* 0 asks for a reset, and does not wait */
	int (*features)(struct virtio_dev *dev, uint64_t *ret_features);
	int (*set_features)(struct virtio_dev *dev, uint64_t features);
	/* Bytes of the device's configuration, which may change under the reader: see generation. */
	int (*config_read)(struct virtio_dev *dev, unsigned off, void *to, unsigned len);
	int (*config_write)(struct virtio_dev *dev, unsigned off, const void *from, unsigned len);
	/* A number that changes when the configuration did; NULL: compare two readings instead (legacy). */
	int (*generation)(struct virtio_dev *dev, uint32_t *ret_generation);
	/* Largest size the queue can have; 0 there is no such queue. */
	int (*queue_size)(struct virtio_dev *dev, uint16_t index, uint16_t *ret_size);
	/* Tells the device where the rings are, sets up q->notify_* and enables the queue. */
	int (*queue_start)(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why);
	/*
	 * Only this queue, where the device can (RING_RESET, vhost-user): -ENOTSUP otherwise, -ETIMEDOUT if it never lets go of the
	 * ring. queue_start makes it run again. May be NULL.
	 */
	int (*queue_stop)(struct virtio_dev *dev, struct virtio_queue *q);
	/* Tells the device that there is something new in the queue. Path: hot. */
	void (*notify)(struct virtio_queue *q);
	/*
	 * fds[0] for changes of configuration, fds[1 + i] for queue i; -1: none. n 0 takes all back. NULL where there are no
	 * interrupts. Called after negotiation and before the queues start.
	 */
	int (*irq_set)(struct virtio_dev *dev, const int *fds, unsigned n, struct plx_why *why);
	/* After a queue's or the configuration's fd was read: lets the device fire again (INTx). May be NULL. */
	void (*irq_unmask)(struct virtio_dev *dev);
	/* Answers control commands in place of a control queue; NULL: there is a real one. `data` as in 5.1.6.5. */
	int (*ctrl)(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data,
		    unsigned len);
	/* The device answers no more and its memory must be ours: makes that so by force (no DMA, no peer). May be NULL. */
	void (*cut)(struct virtio_dev *dev);
	/* Packets may be given to the device as virtual addresses, whatever the IOVA mode is. */
	bool virtual_addresses;
	bool stops_alone;     /* queue_stop needs no RING_RESET */
	bool needs_version_1; /* nothing but VERSION_1 is spoken */
	bool fixed_sizes;     /* a queue has the size that the device says, no other */
};

/* Whole pages of a zone of use RINGS that belongs to the device. */
struct virtio_piece {
	const struct plx_zone *zone; /* NULL: none */
	void *addr;		     /* at a multiple of 4096 */
	size_t len;
};

/* One virtqueue: what both kinds of ring have. virtio_queue.c owns the layout of what follows. */
struct virtio_queue {
	struct virtio_dev *dev;
	uint16_t index; /* of the device's queues: rx 2i, tx 2i + 1, then control */
	uint16_t size;
	bool packed;
	bool virtual_addresses;
	bool broken; /* the device wrote nonsense: nothing more is done with it */
	bool off; /* stopped alone: its gate is closed; control writes it, bursts that find it closed read it */

	union {
		struct {
			struct virtio_desc *desc;
			struct virtio_avail *avail;
			struct virtio_used *used;
		} split;
		struct {
			struct virtio_packed_desc *desc;
			struct virtio_packed_event *driver; /* what we want to be told */
			struct virtio_packed_event *device; /* what it wants to be told */
		} packed_ring;
	};
	/* Bus addresses of the three parts above, in that order. */
	uint64_t desc_address, driver_address, device_address;
	struct virtio_piece memory; /* the rings, and what else of this queue the device reaches */

	/* The doorbell: of the transport's queue_start. Rung by virtio_queue_notify (virtio_ring.h). */
	volatile void *notify_register; /* NULL: notify calls */
	uint32_t notify_value; /* 16 bits of it; with NOTIFICATION_DATA 16 more at each ring */
	uint64_t notify_off;   /* PCI: of the doorbell in its window */
	int kick_fd;	       /* vhost-user */
	int call_fd; /* receive queues: what turns readable when the device used buffers; -1: none */

	/* What was agreed, by virtio_queue_clear. */
	bool event_idx, in_order, notification_data, platform_order;
	bool irq; /* interrupts wanted */

	/* Read by anyone, written by the queue's thread. */
	uint64_t notifications; /* rung so far */
	uint64_t violations;	/* rules that the device broke: each made the queue broken */
	uint64_t starved;	/* rx: refills that found the pool empty */
	uint64_t copied;	/* tx: packets whose bytes the device cannot reach */
	uint64_t unread;	/* rx: packets that were in the ring when it was stopped */

	/* The driver's own books, which the device cannot reach: see virtio_ring.h. */
	bool avail_wrap, used_wrap; /* packed */
	bool kick_due;		    /* filled before the device was started: not told yet */
	uint16_t next_avail;	    /* split: free-running; packed: slot */
	uint16_t next_used;	    /* as next_avail */
	uint16_t used_seen;	    /* split: the device's index when last read */
	uint16_t nb_free;	    /* descriptors */
	uint16_t *ids; /* a ring of `size` ids: free ones, and behind them those in flight */
	uint16_t id_take, id_give; /* tx: where in it ids are taken from and given back to */
	uint16_t batch;		   /* rx, IN_ORDER: buffers of a batch still to be taken ... */
	uint32_t batch_len;	   /* ... and bytes in the last */
	struct virtio_slot *slots; /* tx, of each id: its packet and how many descriptors it took */
	uint32_t *numbers;	   /* rx, of each id: its buffer's number in the pool */
	void *scratch;	 /* tx: areas of packets that need more than their buffer; else requests */
	uint16_t *areas; /* tx: the free ones, a stack of nb_areas */
	uint16_t nb_areas;
};

/* What queues count, summed up: the fields of the same names there. */
struct virtio_counts {
	uint64_t notifications, violations, starved, copied, unread;
};

/* What the user said of the device in its arguments; 0 everywhere is nothing. */
struct virtio_wishes {
	uint16_t queue_size; /* of each queue, unless the application says */
	uint16_t max_pairs;  /* no more queues than that */
	uint16_t mtu;
	uint32_t speed_mbps; /* the link's, in place of what the device says */
	uint8_t mac[6];
	bool iova_va; /* virtual addresses, though the device did not ask for translation */
	bool iova_pa; /* physical ones, though it did */
};

/* What the device's configuration says, checked: virtio_config.c. 0: not said, or nonsense. */
struct virtio_limits {
	bool has_mac;
	uint8_t mac[6];
	uint16_t mtu;
	uint16_t max_pairs; /* 1 without MQ and RSS */
	uint32_t speed_mbps;
	bool full_duplex;
	uint8_t rss_key_size;
	uint16_t rss_table_size; /* a power of two */
	uint32_t hash_types;
};

#define VIRTIO_MACS_MAX 64

/* What is to be received beside the port's own address: virtio_filter.c. */
struct virtio_filter {
	uint8_t macs[VIRTIO_MACS_MAX][6];
	unsigned nb_macs;
	uint64_t vlans[4096 / 64];
	bool overflow; /* the device could not take the list: it is promiscuous in its place */
};

/* Where the port stands towards the device. */
enum virtio_state {
	VIRTIO_STOPPED,
	VIRTIO_RUNNING,
	VIRTIO_HALTED, /* started, but the device is gone or broken: queues do nothing, settings are noted */
};

/* What the device offers and what was agreed. */
struct virtio_dev {
	struct plx_ethdev eth; /* the port */
	/* Set by who finds the device, before virtio_port_create. */
	const struct virtio_transport *transport;
	void *transport_data; /* the transport's own: struct virtio_pci, struct virtio_user */
	uint64_t wanted_mask; /* features the user lets us take: devargs */
	struct virtio_wishes wishes;
	bool reaches_virtual; /* virtual addresses do, whatever the device offers: a fake, a peer */

	/*
	 * One at a time: the port's operations on the main lcore, and the control thread that takes a lost peer away and brings
	 * it back. virtio_port_create makes it; operations take it, halt and revive are called with it held.
	 */
	pthread_mutex_t lock;
	enum virtio_state state;
	uint8_t status; /* as written last */
	uint64_t offered;
	uint64_t features; /* agreed */
	uint64_t wanted;   /* asked for: what the application's configuration needs */
	struct virtio_limits limits;
	uint16_t max_pairs;  /* of the device: where its control queue is depends on it */
	uint16_t nb_pairs;   /* in use */
	uint16_t header_len; /* of the network header: 10, 12 or 20 */
	bool modern;	     /* VERSION_1 */
	bool needs_reset;    /* the device said so */
	bool link_up;	     /* as told last */
	bool ctrl_was_reset; /* since the device was started */
	uint64_t config_changes, ctrl_commands, ctrl_failures, revivals;
	struct virtio_counts kept; /* of queues that are no more */
	uint64_t last_revival;	   /* when, in ns; 0: never since the start */
	struct virtio_filter filter;
	struct virtio_queue *ctrl; /* NULL: there is none */
	struct virtio_rxq *rxqs[VIRTIO_PAIRS_MAX];
	struct virtio_txq *txqs[VIRTIO_PAIRS_MAX];
	struct virtio_arena *arenas; /* the queues' memory: virtio_arena.c */
	unsigned arenas_made;
	/* vhost-user: nobody is at the other end. A start succeeds and leaves the gates closed, until revive opens them. */
	bool alone;

	bool interrupts; /* work since the last start */
	/* virtio_irq.c; -1: none. */
	int config_fd;
	int rx_fds[VIRTIO_PAIRS_MAX];
	plx_event_id config_event;
};

static inline struct virtio_dev *
virtio_dev(struct plx_ethdev *eth)
{
	return PLX_CONTAINER_OF(eth, struct virtio_dev, eth);
}

static inline bool
virtio_has(const struct virtio_dev *dev, unsigned feature)
{
	return (dev->features & VIRTIO_BIT(feature)) != 0;
}

/* What NOTIFICATION_DATA tells (4.1.5.2): the queue, and the next free-running index, or slot and wrap. */
static inline uint32_t
virtio_notify_data(const struct virtio_queue *q)
{
	const uint32_t wrap = q->packed && q->avail_wrap ? 0x8000u : 0;

	return q->index | (q->next_avail | wrap) << 16;
}

/* -- the device (virtio_dev.c): under its lock ----------------------------------------------------------------------------- */

/* Reset, acknowledge, driver, features: up to FEATURES_OK (3.1.1, steps 1-6). `wanted` are those to take if offered. */
int virtio_dev_negotiate(struct virtio_dev *dev, uint64_t wanted, struct plx_why *why);
/* Starts the queues that there are and sets DRIVER_OK (steps 7, 8). */
int virtio_dev_start(struct virtio_dev *dev, struct plx_why *why);
/* Resets and waits until the device is: only then its queues' memory is ours. -ETIMEDOUT: it never will be. */
int virtio_dev_reset(struct virtio_dev *dev);
/*
 * The size that queue `index` gets when `wish` descriptors (0: no wish) are asked for: what the device can do and the kind
 * of ring allows. -ENODEV: it has no such queue; -EPROTO: what it says cannot be.
 */
int virtio_dev_queue_size(struct virtio_dev *dev, unsigned index, unsigned wish, uint16_t *ret_size,
			  struct plx_why *why);
/* Of `features` those whose conditions (5.1.3.1) are among them. */
uint64_t virtio_dev_settle(uint64_t features);

/* -- its configuration (virtio_config.c) ------------------------------------------------------------------------------------ */

/* Consistent bytes of the configuration. -ETIMEDOUT if it never settles. */
int virtio_dev_config(struct virtio_dev *dev, unsigned off, void *to, unsigned len);
/* Reads what the offered features promise into dev->limits; features whose values are nonsense leave wanted_mask. */
int virtio_config_load(struct virtio_dev *dev, struct plx_why *why);
/* The status field; link up and nothing else where there is none. */
int virtio_config_status(struct virtio_dev *dev, uint16_t *ret_status);
/* The configuration changed: speed and duplex are read again (5.1.4.1); what cannot be is left as it was. */
void virtio_config_speed(struct virtio_dev *dev);

/* -- the port (virtio_ethdev.c, virtio_life.c): for the drivers that find devices ---------------------------------------- */

/*
 * Makes a port of a zeroed device whose eth.device, transport, transport_data, wanted_mask, wishes and reaches_virtual are
 * set. Thread: main. Nothing is left of it on failure.
 */
int virtio_port_create(struct virtio_dev *dev, struct plx_why *why);
/* Takes the port away; the transport is the caller's to close. Fine for one that was not made. Thread: main. */
void virtio_port_destroy(struct virtio_dev *dev);
/* The peer went: queues do nothing more. Under the lock; call virtio_port_changed after it. Thread: control or main. */
void virtio_port_halt(struct virtio_dev *dev);
/*
 * The peer came back (vhost-user), or the device needs a reset: negotiates and starts again what was in force, queues
 * emptied. It closes the queues' gates itself; a port that is stopped is left so. On failure the port is halted. Under the
 * lock; call virtio_port_changed after it. Thread: control or main.
 */
int virtio_port_revive(struct virtio_dev *dev, struct plx_why *why);
/*
 * The configuration may have changed, or the peer came or went: the link is looked at and told, announcements are made.
 * Not under the lock. Thread: control.
 */
void virtio_port_changed(struct virtio_dev *dev);
/*
 * The transport knows of itself that the link came or went. The device is not asked whether it needs a reset: it may be a port of
 * this program, which answers on the thread that this is called on. False if the port is busy: call again. Thread: control.
 */
bool virtio_port_link_news(struct virtio_dev *dev);

/* True if the device was started anew a moment ago: it is not worth another try. Under the lock. */
bool virtio_port_resets_too_often(const struct virtio_dev *dev);

/* -- memory of queues (virtio_arena.c) --------------------------------------------------------------------------------- */

/* Zeroed memory; zones are made as needed and go with their last piece. Thread: one at a time for a device. */
int virtio_piece_get(struct virtio_dev *dev, size_t len, struct virtio_piece *ret_piece,
		     struct plx_why *why);
/* Gives it back; fine for none. The device must not reach it any more. */
void virtio_piece_put(struct virtio_dev *dev, struct virtio_piece *piece);
/* True for zones that pieces of this device come from, also while they are being made. */
bool virtio_piece_zone(const struct virtio_dev *dev, const struct plx_zone *zone);

/* -- queues (virtio_queue.c) --------------------------------------------------------------------------------------------- */

#define VIRTIO_CALL_MAX 2048 /* bytes of a request, and of its answer */

/* Memory and books of a queue of the agreed kind of ring; cleared. `size` may be any that the kind allows. */
int virtio_queue_create(struct virtio_dev *dev, uint16_t index, uint16_t size,
			struct virtio_queue **ret_q, struct plx_why *why);
/* As new: nothing in flight. The buffers were taken back before. */
void virtio_queue_clear(struct virtio_queue *q);
void virtio_queue_destroy(struct virtio_queue *q);

static inline void
virtio_queue_set_off(struct virtio_queue *q, bool off)
{
	__atomic_store_n(&q->off, off, __ATOMIC_RELAXED);
}

static inline bool
virtio_queue_is_off(const struct virtio_queue *q)
{
	return __atomic_load_n(&q->off, __ATOMIC_RELAXED);
}

/* A burst that found the gate closed: counted if the queue was stopped alone. 0. */
uint16_t virtio_queue_refuse(const struct virtio_queue *q) PLX_COLD;
/*
 * One request: `out` bytes for the device, then `in` bytes of its answer, both in the queue's own scratch memory. Waits.
 * `in` is copied there before: what the device does not write stays what the caller preset. Up to VIRTIO_CALL_MAX bytes
 * each way. -ETIMEDOUT: the queue is broken from then on.
 */
int virtio_queue_call(struct virtio_queue *q, const void *out, unsigned out_len, void *in,
		      unsigned in_len, int timeout_ms);

/* -- data path (virtio_rx.c, virtio_tx.c and the files of each ring kind) ------------------------------------------------- */

int virtio_rxq_create(struct virtio_dev *dev, uint16_t queue, uint16_t descs, struct plx_pool *pool,
		      struct virtio_rxq **ret_rxq, struct plx_why *why);
int virtio_txq_create(struct virtio_dev *dev, uint16_t queue, uint16_t descs,
		      struct virtio_txq **ret_txq, struct plx_why *why);
/* The device must be reset, or the queue stopped. */
void virtio_rxq_destroy(struct virtio_rxq *rxq);
void virtio_txq_destroy(struct virtio_txq *txq);
struct virtio_queue *virtio_rxq_queue(struct virtio_rxq *rxq);
struct virtio_queue *virtio_txq_queue(struct virtio_txq *txq);
/*
 * Fills the ring with buffers and opens the gate; `features` of the device are settled, and the queue was drained since: a device
 * that has been told of a ring writes into it.
 */
void virtio_rxq_start(struct virtio_rxq *rxq);
void virtio_txq_start(struct virtio_txq *txq);
/* Closes the gate. Buffers stay until drain, as the device may still write to them. */
void virtio_rxq_stop(struct virtio_rxq *rxq);
void virtio_txq_stop(struct virtio_txq *txq);
/* A packet of the driver's own, past the gate, which is closed for that long and open afterwards. False: it is still the caller's. */
bool virtio_txq_send_one(struct virtio_txq *txq, struct plx_mbuf *m);
/*
 * Takes every buffer back and counts as lost what came and was not received, and what was in flight; the queue is as new. The device
 * is reset, or its queue.
 */
void virtio_rxq_drain(struct virtio_rxq *rxq);
void virtio_txq_drain(struct virtio_txq *txq);
/* The burst functions for what was agreed. */
plx_ethdev_rx_fn virtio_rx_function(const struct virtio_dev *dev);
plx_ethdev_tx_fn virtio_tx_function(const struct virtio_dev *dev);
/* Interrupts of this queue wanted or not: the sleeping mode. */
void virtio_rxq_irq(struct virtio_rxq *rxq, bool on);

/* -- control queue (virtio_ctrl.c): under the device's lock ------------------------------------------------------------------ */

/*
 * One command of 5.1.6.5, by the control queue or the transport. -ENOTSUP without one, -EPERM if the device refuses, -EIO
 * if it does not answer or answers nonsense: it is not asked again before the next start.
 */
int
virtio_ctrl(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data, unsigned len);
/* The same to a device that runs; what others are to do is noted only, and told when they start. */
int virtio_ctrl_if_running(struct virtio_dev *dev, uint8_t class, uint8_t command, const void *data,
			   unsigned len);

/* -- what is received (virtio_filter.c): ops of the port, and all of it again after a start --------------------------- */

int virtio_filter_promiscuous(struct plx_ethdev *eth, bool on);
int virtio_filter_allmulticast(struct plx_ethdev *eth, bool on);
int virtio_filter_own_mac(struct plx_ethdev *eth, const uint8_t mac[6]);
int virtio_filter_mac(struct plx_ethdev *eth, const uint8_t mac[6], bool on);
int virtio_filter_vlan(struct plx_ethdev *eth, uint16_t vlan, bool on);
/* Makes all of it real in a device that has just been started, queue pairs included. Under the lock. */
int virtio_filter_restore(struct virtio_dev *dev, struct plx_why *why);

/* -- by which queue (virtio_rss.c) ------------------------------------------------------------------------------------------- */

/* PLX_ETH_RSS_* that the device can hash. */
uint32_t virtio_rss_types(const struct virtio_dev *dev);
/* The op: the table and key of the port, or what is to be hashed where the hash chooses no queue. */
int virtio_rss_tell(struct plx_ethdev *eth);
/* Only the latter. Under the lock. */
int virtio_rss_tell_hash(struct virtio_dev *dev);
/* How many pairs are in use and who gets what, in a device that has just been started. Under the lock. */
int virtio_rss_restore(struct virtio_dev *dev, struct plx_why *why);

/* -- interrupts and links (virtio_irq.c) -------------------------------------------------------------------------------------- */

/* Fds of the port, and what is told of them to the device at each start. None is no failure. Under the lock. */
void virtio_irq_start(struct virtio_dev *dev);
void virtio_irq_stop(struct virtio_dev *dev);
/* A receive queue's own, from its setup to its release. Under the lock. */
void virtio_irq_rx_create(struct virtio_dev *dev, uint16_t queue);
void virtio_irq_rx_destroy(struct virtio_dev *dev, uint16_t queue);
/* Begins, and ends, to watch changes of the configuration. Not under the lock. */
void virtio_irq_watch(struct virtio_dev *dev);
void virtio_irq_unwatch(struct virtio_dev *dev);
/* Closes the fd that was watched, once the device has been told to leave it alone. Under the lock. */
void virtio_irq_forget(struct virtio_dev *dev);
/* An fd that is readable when the queue has packets; -ENOTSUP. */
int virtio_irq_rx_fd(struct plx_ethdev *eth, void *queue);
int virtio_irq_link(struct plx_ethdev *eth, struct plx_ethdev_link *ret_link);
/* Tells the network where the port's address is, and the device that this was done (virtio_announce.c). Of one that runs, under the lock. */
void virtio_announce(struct virtio_dev *dev);

#endif
