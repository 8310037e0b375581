/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver of Intel's 8254x cards: its structs, and which file provides what. Sections in parentheses are the manual's
 * (lib/e1000). Whoever writes registers holds `lock`, but for three writes of the thread that polls a queue: RDT, TDT, and
 * IMS when it is about to sleep.
 *
 * The card is not believed: what it writes into a descriptor is read once, in one load, and checked; where a buffer is and
 * how large is in memory of our own. A card that is gone reads all ones and ends every wait.
 */
#ifndef PLX_DRIVERS_NET_E1000_E1000_H
#define PLX_DRIVERS_NET_E1000_E1000_H

#include "plx_e1000_spec.h"
#include "plx_ethdev_driver.h"
#include "plx_event.h"
#include "plx_pci_driver.h"

#include <pthread.h>

#define E1000_GONE	    UINT32_MAX /* what a register of a card that is not there reads as */
#define E1000_RX_BUFFER_MIN 256u
#define E1000_MACS_MAX	    63u /* beside the own one; of one address no more than 15 fit */
#define E1000_RX_PART	    32u /* buffers taken from the pool and given at a time */
#define E1000_RX_AHEAD	    4u	/* descriptors before its turn a packet's header is fetched */
#define E1000_FRAME_EXTRA \
	(sizeof(uint8_t[14]) + 4 + 4) /* header, tag and FCS around what the MTU counts */

/* One row a part. */
struct e1000_part {
	uint16_t device;
	const char *name;
};

/* The common counters come first: ethdev sums them without asking. */
struct e1000_rxq {
	struct plx_ethdev_rxq_stats stats;
	struct e1000_dev *dev;
	struct e1000_rx_desc *ring;
	uint32_t *
		numbers; /* the buffer of each descriptor; E1000_RX_AHEAD more, for who looks ahead */
	struct plx_pool *pool;
	struct plx_mbuf *head, *last; /* a packet of which more is to come */
	uint32_t room;		      /* bytes of a buffer that the card may fill */
	uint16_t headroom, port;
	uint16_t size;
	uint16_t next; /* the descriptor that the card returns next */
	uint16_t tail; /* the one that is given next: RDT */
	uint16_t held; /* that the card has */
	uint16_t part; /* given at a time */
	bool scatter, csum, strip;
	bool skipping; /* what comes up to the next EOP is of a packet that was dropped */
	bool sleeps;   /* somebody has the fd */
	bool fired;    /* the fd was written, the interrupt is masked */
} PLX_CACHE_ALIGNED;

/* A run of descriptors of which the last has RS, and the packets that end in it. */
struct e1000_tx_run {
	uint16_t last, packets;
	uint32_t bytes;
};

struct e1000_txq {
	struct plx_ethdev_txq_stats stats;
	struct e1000_dev *dev;
	struct e1000_tx_desc *ring;
	struct plx_mbuf *
		*mbufs; /* at the last descriptor of each packet, NULL at its others; else old */
	struct e1000_tx_run *runs;	      /* at the first descriptor of each */
	struct e1000_tx_run open;	      /* what is behind the last of them */
	struct e1000_tx_context_desc context; /* that the card has */
	uint16_t size;
	uint16_t next;	/* the descriptor that is written next: TDT */
	uint16_t clean; /* the oldest that is the card's */
	uint16_t run;	/* behind the last run: next, but within a burst */
	uint16_t free;
	uint16_t lazy; /* with so many free nobody looks what is done */
	bool has_context, inserts_tags;
} PLX_CACHE_ALIGNED;

/* What is counted by name on the way; the card's own statistics stand behind them. */
enum e1000_count {
	E1000_RX_BAD_LENGTH,
	E1000_RX_BAD_FRAME,
	E1000_RX_TOO_LONG,
	E1000_RX_AT_STOP,
	E1000_RX_STARVED,
	E1000_TX_COPIED,
	E1000_TX_REFUSED,
	E1000_TX_AT_STOP,
	E1000_LINK_CHANGES,
	E1000_STORMS,
	E1000_FULL_REGISTERS,
	E1000_OWN_COUNTS,
};
#define E1000_COUNTS 72u

struct e1000_dev {
	struct plx_ethdev eth;
	struct plx_pci *pci;
	struct plx_pci_window regs, rdt, tdt; /* all; the tails, which may be mapped alone */
	const struct e1000_part *part;
	pthread_mutex_t lock;
	bool running;
	bool link_up;
	bool link_off; /* the user wants none */

	const struct plx_zone *rings;
	struct e1000_rxq *rxq;
	struct e1000_txq *txq;

	uint8_t macs[E1000_MACS_MAX][6];
	unsigned nb_macs;
	uint32_t vlans[E1000_VFTA_WORDS];
	uint32_t rctl; /* as it was written last */
	struct plx_ethdev_flow_ctrl flow;

	int rx_fd;
	struct plx_pci_intx intx; /* if it watches nothing, link and statistics are polled only */
	unsigned irqs;		  /* since the last look */
	plx_event_id alarm;

	uint64_t counts[E1000_COUNTS];
};

static inline struct e1000_dev *
e1000_dev(struct plx_ethdev *eth)
{
	return PLX_CONTAINER_OF(eth, struct e1000_dev, eth);
}

static inline uint32_t
e1000_read(const struct e1000_dev *dev, uint32_t reg)
{
	return plx_pci_read32(&dev->regs, reg);
}

static inline void
e1000_write(const struct e1000_dev *dev, uint32_t reg, uint32_t value)
{
	plx_pci_write32(&dev->regs, reg, value);
}

/* What was written into rings is seen by the card before the tail that follows. */
static inline void
e1000_publish(const struct plx_pci_window *tail_reg, uint32_t tail)
{
#if defined(__x86_64__) || defined(__i386__)
	__asm__ volatile("" ::: "memory"); /* stores stay in order */
#elif defined(__aarch64__)
	__asm__ volatile("dmb oshst" ::: "memory");
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
	plx_pci_write32(tail_reg, 0, tail);
}

/* -- e1000_ethdev.c ------------------------------------------------------------------------------------------------- */

/* A card that answers, with its address in eth.mac, becomes a port; and the way back. */
int e1000_port_create(struct e1000_dev *dev, struct plx_why *why);
void e1000_port_destroy(struct e1000_dev *dev);

/* -- e1000_life.c ------------------------------------------------------------------------------------------------- */

int e1000_life_start(struct plx_ethdev *eth, struct plx_why *why);
void e1000_life_stop(struct plx_ethdev *eth);
int e1000_life_reset(struct plx_ethdev *eth, struct plx_why *why);

/* -- e1000_hw.c ---------------------------------------------------------------------------------------------------- */

/* True if the card does not answer. */
bool e1000_hw_gone(const struct e1000_dev *dev);
/* Until (reg & mask) == value: 0, -ETIMEDOUT, -ENODEV for a card that is gone; *ret_value is what was read last. */
int e1000_hw_wait(const struct e1000_dev *dev, uint32_t reg, uint32_t mask, uint32_t value,
		  unsigned limit_us, uint32_t *ret_value);
/* Quiet, reset, interrupts masked. */
int e1000_hw_reset(const struct e1000_dev *dev, struct plx_why *why);
/* What is the same for every start (14.3). */
void e1000_hw_init(struct e1000_dev *dev);
/* CTRL, as the link and the tags are wanted. */
void e1000_hw_ctrl(struct e1000_dev *dev);
/* Pause frames as they were agreed on. */
void e1000_hw_flow(struct e1000_dev *dev);

/* -- e1000_eeprom.c ---------------------------------------------------------------------------------------------------- */

/* The address out of an EEPROM whose sum is right. */
int e1000_eeprom_mac(const struct e1000_dev *dev, uint8_t ret_mac[6], struct plx_why *why);

/* -- e1000_phy.c ------------------------------------------------------------------------------------------------------- */

int e1000_phy_read(const struct e1000_dev *dev, unsigned reg, uint16_t *ret_value);
int e1000_phy_write(const struct e1000_dev *dev, unsigned reg, uint16_t value);
/* Has it negotiate what is wanted, unless it has done so already, or takes its power where no link is. */
int e1000_phy_start(const struct e1000_dev *dev, struct plx_why *why);
/* What both ends can do about pause frames. */
void e1000_phy_flow(const struct e1000_dev *dev, bool *ret_rx, bool *ret_tx);

/* -- e1000_filter.c ------------------------------------------------------------------------------------------------------ */

/* All of it after a reset. */
void e1000_filter_restore(struct e1000_dev *dev);
/* Which frames: RCTL anew, if it differs. */
void e1000_filter_modes(struct e1000_dev *dev);
int e1000_filter_promiscuous(struct plx_ethdev *eth, bool on);
int e1000_filter_allmulticast(struct plx_ethdev *eth, bool on);
int e1000_filter_own_mac(struct plx_ethdev *eth, const uint8_t mac[6]);
int e1000_filter_mac(struct plx_ethdev *eth, const uint8_t mac[6], bool on);
int e1000_filter_vlan(struct plx_ethdev *eth, uint16_t vlan, bool on);

/* -- e1000_irq.c ----------------------------------------------------------------------------------------------------------- */

/* Before the port runs, without the lock, and after; forget is for a start that fails as well. */
void e1000_irq_start(struct e1000_dev *dev);
void e1000_irq_forget(struct e1000_dev *dev);
int e1000_irq_rx_fd(struct plx_ethdev *eth, void *queue);
/* The queue is empty: wakes who sleeps on it again. Thread: the one that polls. */
void e1000_irq_rearm(struct e1000_rxq *rxq);

/* -- e1000_link.c ------------------------------------------------------------------------------------------------------------- */

/* All under the lock, but for the operations. */
bool e1000_link_is_up(const struct e1000_dev *dev);
/* Notes how the link is; true if that is news. */
bool e1000_link_look(struct e1000_dev *dev);
int e1000_link(struct plx_ethdev *eth, struct plx_ethdev_link *ret_link);
int e1000_link_set(struct plx_ethdev *eth, bool up);

/* -- e1000_dump.c ------------------------------------------------------------------------------------------------------------- */

int e1000_dump(struct plx_ethdev *eth, struct plx_ethdev_reg *ret_regs, unsigned n);

/* -- e1000_stats.c ----------------------------------------------------------------------------------------------------------- */

void e1000_stats_describe(struct e1000_dev *dev);
/* Adds what the card counted since the last time; `keep` false: forgets it. Under the lock. */
void e1000_stats_collect(struct e1000_dev *dev, bool keep);
int e1000_stats_counters(struct plx_ethdev *eth, uint64_t *values, uint64_t *ret_received);

/* -- e1000_rx.c, e1000_rxq.c ---------------------------------------------------------------------------------------------------------------- */

/* Bytes of the pool's buffers that the card fills; 0 if they are too small. */
uint32_t e1000_rx_room(const struct plx_pool *pool);
/* RCTL's bits for that. */
uint32_t e1000_rx_bsize(uint32_t room);
int e1000_rxq_create(struct e1000_dev *dev, uint16_t descs, struct plx_pool *pool,
		     struct e1000_rxq **ret_rxq, struct plx_why *why);
void e1000_rxq_destroy(struct e1000_rxq *rxq);
/* Registers of an empty ring; e1000_rx_refill() when RCTL.EN is set. */
void e1000_rxq_start(struct e1000_rxq *rxq);
/* Every buffer back; what was received and not asked for is counted as lost. The card is quiet. */
void e1000_rxq_drain(struct e1000_rxq *rxq);
int e1000_rxq_count(struct plx_ethdev *eth, void *queue);
uint16_t e1000_rx(void *queue, struct plx_mbuf **pkts, uint16_t n);
/* Gives the card all that it can have, and writes the tail. Thread: the one that polls. */
void e1000_rx_refill(struct e1000_rxq *rxq);

/* -- e1000_tx.c, e1000_txq.c ---------------------------------------------------------------------------------------------------------------- */

int e1000_txq_create(struct e1000_dev *dev, uint16_t descs, struct e1000_txq **ret_txq,
		     struct plx_why *why);
void e1000_txq_destroy(struct e1000_txq *txq);
void e1000_txq_start(struct e1000_txq *txq);
/* TCTL, as the link is wanted. */
void e1000_txq_enable(const struct e1000_txq *txq);
void e1000_txq_drain(struct e1000_txq *txq);
uint16_t e1000_tx(void *queue, struct plx_mbuf **pkts, uint16_t n);
/* Takes back what the card is done with. Thread: the one that sends, or none does. */
void e1000_tx_reap(struct e1000_txq *txq);

/* -- e1000_tx_offload.c -------------------------------------------------------------------------------------------------------- */

#define E1000_TX_CSUM (PLX_MBUF_TX_IP_CSUM | PLX_MBUF_TX_TCP_CSUM | PLX_MBUF_TX_UDP_CSUM)
#define E1000_TX_WISHES \
	(E1000_TX_CSUM | PLX_MBUF_TX_TCP_SEG | PLX_MBUF_TX_VLAN | PLX_MBUF_TX_SCTP_CSUM)

/*
 * Makes a packet with wishes ready: its headers as the card wants them, and the context that goes in front. *m is
 * replaced by a copy if its bytes may not be written; the caller frees what it does not need. -EINVAL for lengths that
 * do not fit, -ENOTSUP, -ENOBUFS.
 */
int e1000_tx_prepare(struct plx_mbuf **m, struct e1000_tx_context_desc *ret_context,
		     uint8_t *ret_popts);

#endif
