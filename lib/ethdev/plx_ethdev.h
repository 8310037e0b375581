/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: whatever moves packets (a NIC, a kernel interface, a file, a ring) behind one set of functions.
 *
 * Life of a port, each arrow checked, so that drivers never are asked at a wrong time:
 *
 *	probe -> [closed] -configure-> [configured] -rx/tx_queue_setup*-> -start-> [started]
 *	             ^                     ^                                          |
 *	             +------- close -------+------------------- stop -----------------+
 *
 * Bursts work on started ports; on other ports they return 0 and count it. Port numbers are dense from 0;
 * unknown ones are -ENODEV. An operation that a driver does not have is -ENOTSUP.
 * Thread: bursts, one a queue; else one control thread at a time. Path: bursts hot, else slow. Unless a function says otherwise.
 */
#ifndef PLX_LIB_ETHDEV_PLX_ETHDEV_H
#define PLX_LIB_ETHDEV_PLX_ETHDEV_H

#include "plx_base.h"
#include "plx_config.h"
#include "plx_idle.h"
#include "plx_mbuf.h"

PLX_BEGIN_DECLS

#define PLX_ETHDEV_MAX	       PLX_MAX_PORTS
#define PLX_ETHDEV_QUEUES_MAX  64
#define PLX_ETHDEV_NAME_MAX    128
#define PLX_ETHDEV_RETA_MAX    512
#define PLX_ETHDEV_RSS_KEY_MAX 52

/* Offload capabilities, a bit each. */
#define PLX_ETH_RX_OFFLOAD_IPV4_CSUM   (1u << 0)
#define PLX_ETH_RX_OFFLOAD_UDP_CSUM    (1u << 1)
#define PLX_ETH_RX_OFFLOAD_TCP_CSUM    (1u << 2)
#define PLX_ETH_RX_OFFLOAD_SCTP_CSUM   (1u << 3)
#define PLX_ETH_RX_OFFLOAD_VLAN_STRIP  (1u << 4)
#define PLX_ETH_RX_OFFLOAD_VLAN_FILTER (1u << 5)
#define PLX_ETH_RX_OFFLOAD_SCATTER     (1u << 6) /* a packet may come as a chain */
#define PLX_ETH_RX_OFFLOAD_RSS_HASH    (1u << 7)
#define PLX_ETH_RX_OFFLOAD_TIMESTAMP   (1u << 8)
#define PLX_ETH_RX_OFFLOAD_LRO	       (1u << 9)
#define PLX_ETH_TX_OFFLOAD_IPV4_CSUM   (1u << 0)
#define PLX_ETH_TX_OFFLOAD_UDP_CSUM    (1u << 1)
#define PLX_ETH_TX_OFFLOAD_TCP_CSUM    (1u << 2)
#define PLX_ETH_TX_OFFLOAD_SCTP_CSUM   (1u << 3)
#define PLX_ETH_TX_OFFLOAD_VLAN_INSERT (1u << 4)
#define PLX_ETH_TX_OFFLOAD_TCP_TSO     (1u << 5)
#define PLX_ETH_TX_OFFLOAD_MULTI_SEGS  (1u << 6) /* takes chains as they are */

/* RSS: what the hash is made of. */
#define PLX_ETH_RSS_IPV4 (1u << 0)
#define PLX_ETH_RSS_IPV6 (1u << 1)
#define PLX_ETH_RSS_TCP	 (1u << 2)
#define PLX_ETH_RSS_UDP	 (1u << 3)
#define PLX_ETH_RSS_SCTP (1u << 4)

enum plx_ethdev_state {
	PLX_ETHDEV_CLOSED,
	PLX_ETHDEV_CONFIGURED,
	PLX_ETHDEV_STARTED,
};

struct plx_ethdev_info {
	char name[PLX_ETHDEV_NAME_MAX];	  /* net_null0 */
	char driver[PLX_ETHDEV_NAME_MAX]; /* net_null */
	char mode[192];			  /* how it runs here, in words: "native XDP, copy mode" */
	enum plx_ethdev_state state;
	int node;
	uint32_t if_index; /* kernel interface, 0 none */
	uint16_t max_rx_queues, max_tx_queues;
	uint16_t nb_rx_queues, nb_tx_queues; /* configured */
	uint16_t min_mtu, max_mtu;
	uint16_t rx_desc_min, rx_desc_max, rx_desc_default;
	uint16_t tx_desc_min, tx_desc_max, tx_desc_default;
	uint16_t rx_buf_min;   /* least bytes behind the head-room of a pool's buffers */
	uint16_t headroom_min; /* least head-room of a pool's buffers */
	uint32_t
		buf_size_best; /* pool buffers of this size and stride suit the device best, 0: any do */
	uint16_t max_mac_addrs;
	uint16_t reta_size;   /* 0: no RSS */
	uint8_t rss_key_size; /* 0: no hash; without RSS one may still be reported (RSS_HASH) */
	uint32_t rss_types;   /* PLX_ETH_RSS_* it can hash */
	uint32_t rx_offloads_capable, tx_offloads_capable;
	uint32_t rx_offloads, tx_offloads; /* in force */
	char rx_clock
		[64]; /* what PLX_ETH_RX_OFFLOAD_TIMESTAMP stamps are: "XDP program, CLOCK_TAI" */
};

struct plx_ethdev_conf {
	uint32_t rx_offloads,
		tx_offloads;	/* wishes; what is not there is dropped with one notice */
	uint16_t mtu;		/* 0 = leave as it is */
	uint32_t rss_types;	/* 0 = the device's default; only with more than one queue */
	const uint8_t *rss_key; /* rss_key_size bytes, NULL = default */
};

struct plx_ethdev_flow_ctrl {
	bool rx; /* heeds pause frames */
	bool tx; /* sends them */
	bool autoneg;
};

enum plx_ethdev_queue_state {
	PLX_ETHDEV_QUEUE_STOPPED, /* alone, or with its port */
	PLX_ETHDEV_QUEUE_STARTED,
	PLX_ETHDEV_QUEUE_DEAD, /* its device did not let go of it: until the port is stopped */
};

/* A queue that is set up. */
struct plx_ethdev_queue_info {
	uint16_t descs;		     /* in force, as rounded */
	const struct plx_pool *pool; /* NULL for tx queues */
	enum plx_ethdev_queue_state state;
	bool deferred; /* left out when the port starts */
};

struct plx_ethdev_link {
	uint32_t speed_mbps; /* 0 unknown */
	bool full_duplex;
	bool autoneg;
	bool up;
};

/* -- ports ------------------------------------------------------------------------------------------ */

/* How many ports there are. */
unsigned plx_ethdev_count(void);
/* The next port from `port` on, PLX_ETHDEV_MAX behind the last. */
uint16_t plx_ethdev_next(uint16_t port);
#define PLX_ETHDEV_FOREACH(port)                                        \
	for (uint16_t port = plx_ethdev_next(0); port < PLX_ETHDEV_MAX; \
	     port = plx_ethdev_next((uint16_t)(port + 1)))
/* The port of that name, "net_null0". -ENODEV. */
int plx_ethdev_by_name(const char *name, uint16_t *ret_port);
/* What the device is and can do; valid from probe to removal. -ENODEV. */
int plx_ethdev_info(uint16_t port, struct plx_ethdev_info *ret_info);

/*
 * Hot plug: makes the device that `devargs` names ("net_null3,size=64") and tells its port, which is closed.
 * -EEXIST for a name that is there, -ENODEV if no driver knows it, -EINVAL for wrong arguments, -ENOTSUP for
 * a device without a port, or what the driver answered. Thread: main. Path: slow.
 */
int plx_ethdev_attach(const char *devargs, uint16_t *ret_port, struct plx_why *why);
/*
 * Closes the port and takes its device away, with all that belongs to it; its number is free for the next.
 * -EBUSY while it is started. Thread: main, while nobody else uses the port. Path: slow.
 */
int plx_ethdev_detach(uint16_t port, struct plx_why *why);

/* -- life ------------------------------------------------------------------------------------------- */

/*
 * Sets the number of queues and the wishes; allowed while not started; forgets queues set up before.
 * -EINVAL with a why that names the limit (queues beyond the device's, MTU out of range), -EBUSY started.
 */
int plx_ethdev_configure(uint16_t port, uint16_t nb_rx, uint16_t nb_tx,
			 const struct plx_ethdev_conf *conf, struct plx_why *why);

/*
 * `descs` 0 = the device's default; others are rounded up to what it can do or refused with -EINVAL. The
 * queue takes buffers from `pool`; a pool too small to fill all descriptors of the port's queues is
 * -ENOBUFS with the number needed.
 */
int plx_ethdev_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t descs, struct plx_pool *pool,
			      struct plx_why *why);
int plx_ethdev_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t descs, struct plx_why *why);

/* -EINVAL unless configured with every queue set up. From here on bursts work. */
int plx_ethdev_start(uint16_t port, struct plx_why *why);
/* Bursts on the port return 0 from here on. The caller has seen to it that none is under way. */
int plx_ethdev_stop(uint16_t port);
/* Stops if need be, gives back all queues and buffers. Configure makes it usable again. */
int plx_ethdev_close(uint16_t port);
/* Closes the port and, where the device has one, runs its reset. Configure makes it usable again. */
int plx_ethdev_reset(uint16_t port, struct plx_why *why);

/* -- single queues ------------------------------------------------------------------------------------ */

/*
 * Stops one queue of a started port, or starts it again; the others run on. Bursts of a stopped queue return 0 and count it
 * (stopped_bursts), so that its lcore may go on polling; one that was under way has ended, or ends as it began. Where buffers of the
 * pool are in the device's hands it gives them back first: packets that came and were not yet received, and those not yet
 * sent, are losses in the ledger. What a device spreads to a stopped rx queue is lost at the device, or waits there: change the
 * redirection table first.
 *
 * 0 also if it is so already. -ENOTSUP with a why where the driver or its device cannot, -EINVAL no such queue or a port that does not
 * run. Another error of stop: the device did not let go in time, the queue is dead, its buffers are the device's until the port is
 * stopped; starting it is -EIO then. Another error of start: it stays stopped. Thread: one a port, not inside a burst.
 * Path: slow, waits for the device, a second at most (a back end behind a socket: five).
 */
int plx_ethdev_rx_queue_start(uint16_t port, uint16_t queue, struct plx_why *why);
int plx_ethdev_rx_queue_stop(uint16_t port, uint16_t queue, struct plx_why *why);
int plx_ethdev_tx_queue_start(uint16_t port, uint16_t queue, struct plx_why *why);
int plx_ethdev_tx_queue_stop(uint16_t port, uint16_t queue, struct plx_why *why);
/*
 * Whether the port's start leaves the queue stopped, from the next start until it is set up anew. -EBUSY started, -EINVAL not set
 * up, -ENOTSUP with a why where the driver cannot; that the device cannot is told by the start. Thread: one a port. Path: slow.
 */
int plx_ethdev_rx_queue_defer(uint16_t port, uint16_t queue, bool on, struct plx_why *why);
int plx_ethdev_tx_queue_defer(uint16_t port, uint16_t queue, bool on, struct plx_why *why);

/* -- settings --------------------------------------------------------------------------------------- */

/*
 * Reading and changing what the device does, started or not. -ENODEV no such port, -ENOTSUP where the device
 * cannot, -EINVAL out of its range. Thread: one a port. Path: slow.
 */
int plx_ethdev_link(uint16_t port, struct plx_ethdev_link *ret_link);
int plx_ethdev_set_link(uint16_t port, bool up);
int plx_ethdev_mtu(uint16_t port, uint16_t *ret_mtu);
int plx_ethdev_set_mtu(uint16_t port, uint16_t mtu, struct plx_why *why);
int plx_ethdev_set_promiscuous(uint16_t port, bool on);
int plx_ethdev_promiscuous(uint16_t port); /* 1, 0 or an error */
int plx_ethdev_set_allmulticast(uint16_t port, bool on);
int plx_ethdev_allmulticast(uint16_t port);
int plx_ethdev_mac(uint16_t port, uint8_t ret_mac[6]);
int plx_ethdev_set_mac(uint16_t port, const uint8_t mac[6]);
/* Further unicast or multicast addresses to receive. -EEXIST, -ENOSPC, -ENOENT. */
int plx_ethdev_mac_add(uint16_t port, const uint8_t mac[6]);
int plx_ethdev_mac_remove(uint16_t port, const uint8_t mac[6]);
/* The further addresses: fills in up to n and returns how many there are. They outlive stop and close. */
int plx_ethdev_mac_list(uint16_t port, uint8_t (*ret_macs)[6], unsigned n);
int plx_ethdev_set_vlan_filter(uint16_t port, uint16_t vlan, bool on);

/* Pause frames: what is heeded and sent. The device keeps the setting, also after close. */
int plx_ethdev_flow_ctrl(uint16_t port, struct plx_ethdev_flow_ctrl *ret_flow);
int plx_ethdev_set_flow_ctrl(uint16_t port, const struct plx_ethdev_flow_ctrl *flow);

/*
 * Receive-side scaling: the hash key with the packet types it is used on, and the table from hash to queue,
 * whose size plx_ethdev_info() tells. Errors as above.
 */
int plx_ethdev_rss_key(uint16_t port, uint8_t ret_key[PLX_ETHDEV_RSS_KEY_MAX], uint32_t *ret_types);
int plx_ethdev_set_rss_key(uint16_t port, const uint8_t *key, uint8_t key_size, uint32_t types);
int plx_ethdev_reta(uint16_t port, uint16_t *ret_table, uint16_t size);
int plx_ethdev_set_reta(uint16_t port, const uint16_t *table, uint16_t size);

/*
 * Links as they go and come: `fn` is called, on the control thread, whenever the link of a port changes that is a
 * kernel interface or whose device tells; other ports have no such news. It must not call the functions of this section.
 * One watcher a program: -EBUSY if there is one. Unwatch before the EAL's cleanup; `fn` is not running any
 * more when that returns, and doing it twice is fine. Thread: main. Path: slow.
 */
typedef void (*plx_ethdev_link_fn)(void *arg, uint16_t port, bool up);
int plx_ethdev_watch_links(plx_ethdev_link_fn fn, void *arg, struct plx_why *why);
void plx_ethdev_unwatch_links(void);

/*
 * An fd that turns readable when the queue has packets, for sleeping: -ENOTSUP if it has none. From the first call on a device
 * tells of its packets, which costs it and the queue's polls something, a peer in another process a system call for each burst.
 */
int plx_ethdev_rx_fd(uint16_t port, uint16_t queue);
/* Makes a polling loop wake up for the queue's packets, if it is one that sleeps; of the others' queues no fd is asked. */
void plx_ethdev_idle_add(struct plx_idle *idle, uint16_t port, uint16_t queue);
/*
 * True if the last rx_burst, which returned 0, brought packets that rules on the port kept: there may be more. Thread: the
 * queue's. Path: hot.
 */
bool plx_ethdev_rx_sifted(uint16_t port, uint16_t queue);
/* Packets waiting in the queue, or an error. */
int plx_ethdev_rx_queue_count(uint16_t port, uint16_t queue);
/* What a queue was set up with; -EINVAL if it was not. */
int plx_ethdev_rx_queue_info(uint16_t port, uint16_t queue, struct plx_ethdev_queue_info *ret_info);
int plx_ethdev_tx_queue_info(uint16_t port, uint16_t queue, struct plx_ethdev_queue_info *ret_info);

/* -- registers -------------------------------------------------------------------------------------- */

/* A register of the device, under the name that its manual gives it. */
struct plx_ethdev_reg {
	char name[16];	 /* "RCTL", "RAL[3]" */
	uint32_t offset; /* in the device's window of registers */
	uint32_t value;
};
#define PLX_ETHDEV_REGS_MAX 512

/*
 * What the device's registers hold now: fills in up to n and returns how many there are, PLX_ETHDEV_REGS_MAX at most. Left out are
 * those that reading changes, such as counters, which xstats have, and entries of tables that are zero. Works on ports that are not
 * started, too. -ENODEV also for a device that is gone, -ENOTSUP where there are no registers. Thread: one a port. Path: slow.
 */
int plx_ethdev_registers(uint16_t port, struct plx_ethdev_reg *ret_regs, unsigned n);

/* -- names of bits ---------------------------------------------------------------------------------- */

enum plx_ethdev_names {
	PLX_ETHDEV_RX_OFFLOADS, /* "vlan_strip" */
	PLX_ETHDEV_TX_OFFLOADS, /* "multi_segs" */
	PLX_ETHDEV_RSS_TYPES,	/* "ipv4", "tcp" */
};

/*
 * The words people use for the bits above, in lower case. The bit of a name (letters of either case), 0 if
 * there is none; the name of the i-th bit, NULL where there is none. Static text. Thread: any. Path: slow.
 */
uint32_t plx_ethdev_bit_by_name(enum plx_ethdev_names names, const char *name);
const char *plx_ethdev_bit_name(enum plx_ethdev_names names, unsigned i);
/* All names of the bits that are set, with a space between; "none" for 0. Cut at `size`. Returns ret_text. */
const char *
plx_ethdev_bits_text(enum plx_ethdev_names names, uint32_t bits, char *ret_text, size_t size);

/* -- the ledger ------------------------------------------------------------------------------------- */

/* Bytes are those of the wire, also where a packet came cut (PLX_MBUF_RX_CUT). */
struct plx_ethdev_stats {
	uint64_t rx_packets,
		rx_bytes; /* delivered to the application: rules on the port let them pass */
	uint64_t tx_packets, tx_bytes; /* taken over and handed to the device */
	uint64_t rx_missed;	       /* lost before us: the device or kernel had no room */
	uint64_t rx_no_mbuf;	       /* lost because the pool was empty */
	uint64_t rx_errors;	       /* malformed, oversized, invalid descriptors */
	uint64_t tx_errors;	       /* taken over but then refused or lost */
};

/* Counters since the port was made or its stats were reset; they outlive stop, close and restart. */
int plx_ethdev_stats(uint16_t port, struct plx_ethdev_stats *ret_stats);
int plx_ethdev_stats_reset(uint16_t port);

struct plx_ethdev_xstat {
	char name[64]; /* rx_good_packets, rx_q0_packets, rx_missed_ring_full, ... */
	uint64_t value;
};

/* Fills up to n; returns how many there are. Call with n 0 to learn that. */
int plx_ethdev_xstats(uint16_t port, struct plx_ethdev_xstat *ret_stats, unsigned n);

/*
 * The sum that must hold: what came in equals what was delivered plus every named loss, and what was
 * handed to tx equals what was sent plus every named loss plus what is still in flight.
 */
#define PLX_ETHDEV_LEDGER_MAX 74
#define PLX_ETHDEV_SIFTED_MAX 6
struct plx_ethdev_ledger_row {
	const char *name; /* static text: "pool empty", "kernel ring full" */
	uint64_t packets;
};
struct plx_ethdev_ledger {
	uint64_t rx_received; /* counted at the source, independently where the device allows */
	uint64_t rx_delivered;
	uint64_t rx_waiting; /* in the device's ring, not yet asked for */
	unsigned nb_rx_losses;
	struct plx_ethdev_ledger_row rx_loss[PLX_ETHDEV_LEDGER_MAX];
	unsigned
		nb_rx_sifted; /* 0 while a sieve, such as rules, never kept anything from the program */
	struct plx_ethdev_ledger_row rx_sifted[PLX_ETHDEV_SIFTED_MAX];
	uint64_t tx_taken; /* by tx_burst */
	uint64_t tx_sent;
	uint64_t tx_in_flight;
	unsigned nb_tx_losses;
	struct plx_ethdev_ledger_row tx_loss[PLX_ETHDEV_LEDGER_MAX];
};
int plx_ethdev_ledger(uint16_t port, struct plx_ethdev_ledger *ret_ledger);
/* received - delivered - waiting - losses - sifted (and the same for tx): 0 and 0 when the books are right. */
void
plx_ethdev_ledger_balance(const struct plx_ethdev_ledger *ledger, int64_t *ret_rx, int64_t *ret_tx);

PLX_END_DECLS

#include "plx_ethdev_inline.h"

#endif
