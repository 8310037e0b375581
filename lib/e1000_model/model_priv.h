/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the emulated 82540EM share, and which file provides what. */
#ifndef PLX_LIB_E1000_MODEL_MODEL_PRIV_H
#define PLX_LIB_E1000_MODEL_MODEL_PRIV_H

#include "plx_e1000_model.h"
#include "plx_e1000_spec.h"

#include <endian.h>
#include <string.h>

#define EMODEL_PHY_REGS		 32u
#define EMODEL_NEVER		 UINT64_MAX
#define EMODEL_PARTS		 64u /* pieces of memory in one frame; more are copied together first */
#define EMODEL_HEAD_MAX		 260u	/* bytes in which sums can be, and headers of what is cut */
#define EMODEL_WHOLE_MAX	 65535u /* a packet that is cut by who gets it */
#define EMODEL_BOUNCE_LEN	 (EMODEL_WHOLE_MAX + 64u)
#define EMODEL_PAIRS		 9u /* of registers, from GORC to TOT */
#define EMODEL_UNDONE		 256u
#define EMODEL_HELD_MAX		 64u /* received descriptors that wait to be told */
#define EMODEL_HELD		 (EMODEL_HELD_MAX + 128u) /* with those of one frame */
#define EMODEL_CONFIG_CACHE_LINE 0x0c			  /* in words of 32 bits */
#define EMODEL_SIZES		 6u			  /* classes in which frames are counted */
#define EMODEL_NO_TYPE		 0x10000u		  /* no frame has this ethertype */

/* Octets in two registers: what they were when the lower one was read. */
struct emodel_pair {
	bool is_told;
	uint64_t told;
};

/* Good frames of one direction that registers do not tell of yet. `octets` with their FCS. */
struct emodel_uncounted {
	uint64_t sizes[EMODEL_SIZES], octets, groups, broadcasts;
	bool any;
};

/* An address in RAL and RAH, its first byte the lowest. */
struct emodel_station {
	uint64_t address;
	bool is_source;
};

/* What registers make of frames that come in (model_rx_plan.c). Lengths without FCS. */
struct emodel_rx_plan {
	bool made;  /* and no register of it has changed since */
	bool on;    /* it receives, and may write to memory */
	bool wired; /* what comes by the wire, too */
	bool strips_tags;
	uint32_t rctl, rxcsum;
	uint32_t room;		/* bytes of a buffer */
	uint32_t longest;	/* that is a good frame */
	uint32_t longest_plain; /* that is stored as it is, in one buffer; 0: none */
	uint32_t tag_type, control_type;
	unsigned nb_stations;
	struct emodel_station stations[E1000_RA_ENTRIES];
};

/* A piece of the driver's memory that find() told of; len 0: none. */
struct emodel_window {
	uint64_t address, len;
	uint8_t *at;
	bool write;
};

/* A ring as its registers describe it, copied once a look and checked (3.2.6, 3.4). */
struct emodel_ring {
	uint64_t base;
	uint32_t len;	     /* descriptors; 0: the registers make no sense */
	uint32_t head, tail; /* below len */
	struct emodel_window window;
	bool senseless; /* and complained of */
};

/* Timers, as times when they are due; EMODEL_NEVER: not set. */
enum emodel_timer {
	EMODEL_TIMER_LINK,     /* negotiation ends */
	EMODEL_TIMER_IRQ,      /* ITR lets the line rise again */
	EMODEL_TIMER_RX_DELAY, /* RDTR */
	EMODEL_TIMER_RX_LIMIT, /* RADV */
	EMODEL_TIMER_TX_DELAY, /* TIDV */
	EMODEL_TIMER_TX_LIMIT, /* TADV */
	EMODEL_TIMER_PAUSED,   /* the far end's pause is over */
	EMODEL_TIMER_PAUSING,  /* ours is to be renewed */
	EMODEL_TIMERS,
};

/* A descriptor that is done, and not yet said to be. */
struct emodel_undone {
	uint32_t i;
	uint32_t upper; /* what its upper quarter will be */
	bool delays;	/* IDE */
};

/*
 * Sending. Bytes are gathered from descriptors into parts; once they are a frame, or a piece of one that is cut, it goes out, with a
 * head of our own in front where sums or a tag are put in. Between two polls no part is in the driver's memory.
 */
struct emodel_tx {
	struct emodel_ring ring;
	struct emodel_window window;
	struct e1000_tx_context_desc sums, cuts; /* the contexts of either kind (3.3.6) */

	struct e1000_tx_desc desc; /* that at the ring's head: a copy, while it is open */
	bool open;
	uint64_t rest_at; /* of its bytes, what was not gathered yet */
	uint32_t rest;

	bool begun, tse;
	bool skip;		 /* what was begun cannot be a frame; lost up to its end */
	uint8_t popts, css, cso; /* of the first descriptor */
	struct e1000_tx_context_desc context; /* as it was then */
	struct iovec parts[EMODEL_PARTS + 2]; /* the first is for a head, the last for padding */
	unsigned nb_parts;
	uint32_t len;
	bool bounced;	 /* all in one part, in bounce */
	uint8_t *bounce; /* EMODEL_BOUNCE_LEN, and as much again for what is held */

	struct { /* 3.5 */
		uint8_t head[EMODEL_HEAD_MAX];
		uint32_t have;	    /* bytes of the head */
		uint32_t size;	    /* of a piece's payload */
		uint32_t left;	    /* payload of pieces that are not made yet */
		uint32_t number;    /* pieces that are */
		bool whole, excess; /* handed on uncut; there was more than the context said */
		bool tagged;
		uint16_t tag;
	} cut;

	bool holds; /* a frame that send() did not take: all of it ours */
	struct plx_e1000_model_frame held;
	struct iovec held_part;

	unsigned went; /* frames, in this poll */
	struct emodel_undone undone[EMODEL_UNDONE];
	unsigned nb_undone;
	unsigned done; /* descriptors since the first of them, and with it */
	unsigned threshold;
};

struct plx_e1000_model {
	struct plx_e1000_model_ops ops;
	void *arg;
	struct plx_e1000_model_options options;
	uint64_t now_ns;
	uint64_t due[EMODEL_TIMERS];

	uint32_t regs[PLX_E1000_MODEL_REGS_LEN / 4]; /* but for the two pages */
	uint32_t *rx_page, *tx_page;		     /* the driver may write there at any time */
	uint8_t config[PLX_E1000_MODEL_CONFIG_LEN];
	uint8_t *flash;
	uint32_t io_address;
	bool irq;	      /* an interrupt is told */
	bool intx;	      /* the line, which configuration space can hold down */
	uint64_t irq_rose_ns; /* EMODEL_NEVER: not since a reset */
	struct plx_e1000_model_faults faults;
	uint32_t fault_turn;
	struct plx_e1000_model_stats stats;

	struct emodel_pair pairs[EMODEL_PAIRS];
	struct emodel_uncounted received, sent;

	uint16_t eeprom[PLX_E1000_MODEL_EEPROM_WORDS];
	struct { /* Microwire (5.3): bits since the start bit, the last of them, their beginning */
		unsigned bits;
		uint32_t in, command;
		bool out, unlocked;
	} wire;
	uint16_t phy[EMODEL_PHY_REGS];
	bool cable;
	bool link;	    /* of the PHY; STATUS has that of the card */
	bool link_was_lost; /* the latched bit of the PHY's status */

	struct emodel_tx tx;
	struct
	{ /* receiving: what descriptors from the head on will say, once it is told to the driver */
		struct emodel_rx_plan plan;
		struct emodel_ring ring;
		struct emodel_window window;
		unsigned nb_held;
		bool came;	 /* a frame, since pauses were thought of */
		bool above;	 /* FCRTH was crossed, FCRTL not yet again */
		bool pausing;	 /* the far end was asked to be quiet */
		bool quiet_ends; /* ... and it is time to ask again */
		bool xoff_asked; /* the driver wants a pause to go out */
		uint64_t held[EMODEL_HELD];
	} rx;
	void *own_pages;
};

/* -- registers (model_regs.c): peek and poke know of the pages, and of nothing else ----------------------------------- */

static inline uint32_t *
emodel_at(const struct plx_e1000_model *model, uint32_t reg)
{
	uint32_t word = (reg % PLX_E1000_MODEL_PAGE_LEN) / 4;

	switch (reg / PLX_E1000_MODEL_PAGE_LEN) {
	case PLX_E1000_MODEL_RX_PAGE / PLX_E1000_MODEL_PAGE_LEN:
		return &model->rx_page[word];
	case PLX_E1000_MODEL_TX_PAGE / PLX_E1000_MODEL_PAGE_LEN:
		return &model->tx_page[word];
	default:
		return (uint32_t *)(uintptr_t)&model->regs[reg / 4];
	}
}

/* Acquire and release: descriptors are looked at after the tail, and a head is shown after what it says is done. */
static inline uint32_t
emodel_get(const struct plx_e1000_model *model, uint32_t reg)
{
	return le32toh(__atomic_load_n(emodel_at(model, reg), __ATOMIC_ACQUIRE));
}

/* Registers that the plan for frames that come in is made of (as is the command register). */
static inline bool
emodel_is_of_rx_plan(uint32_t reg)
{
	return reg == E1000_CTRL || reg == E1000_STATUS || reg == E1000_FCT || reg == E1000_VET ||
	       reg == E1000_RCTL || reg == E1000_RXCSUM ||
	       reg - E1000_RAL(0) < E1000_RA_ENTRIES * 8;
}

static inline void
emodel_set(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	if (emodel_is_of_rx_plan(reg))
		model->rx.plan.made = false;
	__atomic_store_n(emodel_at(model, reg), htole32(value), __ATOMIC_RELEASE);
}

/* What reading or writing a register does (13.4 to 13.7): one table, a row a register or range. */
uint32_t emodel_read(struct plx_e1000_model *model, uint32_t reg);
void emodel_write(struct plx_e1000_model *model, uint32_t reg, uint32_t value);
/* All as after a reset, pages too. */
void emodel_regs_init(struct plx_e1000_model *model);

/* -- model.c ------------------------------------------------------------------------------------------------------- */

/* CTRL.RST: registers as after a reset, rings off, PHY and EEPROM as they are (14.7). */
void emodel_reset(struct plx_e1000_model *model);
/* From the last tick on. */
void emodel_timer_set(struct plx_e1000_model *model, enum emodel_timer timer, uint64_t delay_ns);
void emodel_timer_clear(struct plx_e1000_model *model, enum emodel_timer timer);
/* Formats nothing unless somebody listens. */
void emodel_complain(struct plx_e1000_model *model, const char *format, ...) PLX_PRINTF(2, 3);

/* -- model_config.c -------------------------------------------------------------------------------------------------- */

void emodel_config_init(struct plx_e1000_model *model);
/* The driver lets the BAR be reached (PCI 6.2.2). */
bool emodel_is_decoded(const struct plx_e1000_model *model, unsigned bar);
bool emodel_is_intx_disabled(const struct plx_e1000_model *model);
bool emodel_is_master(const struct plx_e1000_model *model);

/* -- model_irq.c ------------------------------------------------------------------------------------------------------ */

/* Causes come up (ICR, 13.4.17); the line follows ICR & IMS, no sooner than ITR lets it. */
void emodel_cause(struct plx_e1000_model *model, uint32_t causes);
void emodel_irq_due(struct plx_e1000_model *model);
/* When the driver is told of causes that come then, as things stand. Never: it does not want to be, or is being told. */
uint64_t emodel_irq_told_ns(const struct plx_e1000_model *model, uint32_t causes, uint64_t due_ns);
/* Causes, masks, ITR or what holds the line down may have changed. */
void emodel_irq_update(struct plx_e1000_model *model);
void emodel_irq_reset(struct plx_e1000_model *model);

/* -- model_eeprom.c, model_phy.c ---------------------------------------------------------------------------------------- */

void emodel_eeprom_init(struct plx_e1000_model *model);
/* As it is read: faults spoil it. */
uint16_t emodel_eeprom_word(const struct plx_e1000_model *model, unsigned word);
/* What the card reads by itself after a reset: the address (13.5.2). */
void emodel_eeprom_load(struct plx_e1000_model *model);
/* EECD: pins; EERD: a word. */
uint32_t emodel_eecd_read(struct plx_e1000_model *model, uint32_t reg);
void emodel_eecd_write(struct plx_e1000_model *model, uint32_t reg, uint32_t value);
uint32_t emodel_eerd_read(struct plx_e1000_model *model, uint32_t reg);

/* Power-on, RST# or CTRL.PHY_RST: all its registers; it negotiates. */
void emodel_phy_init(struct plx_e1000_model *model);
void emodel_mdic_write(struct plx_e1000_model *model, uint32_t reg, uint32_t value);
/* The PHY's link, or how CTRL sees it, may have changed: STATUS, and LSC if it did. */
void emodel_link_update(struct plx_e1000_model *model);
void emodel_link_due(struct plx_e1000_model *model);
static inline bool
emodel_has_link(const struct plx_e1000_model *model)
{
	return (emodel_get(model, E1000_STATUS) & E1000_STATUS_LU) != 0;
}

/* -- model_count.c: statistics registers (13.7) ------------------------------------------------------------------------- */

/* Adds; stays at all ones. */
void emodel_count(struct plx_e1000_model *model, uint32_t reg, uint32_t n);
/* The same to a pair, of which `low` is the lower one. */
void emodel_count_octets(struct plx_e1000_model *model, uint32_t low, uint32_t n);
/* Everything that a good frame counts as: sizes, octets, kinds, in total. `len` with its FCS; `frame` has 6 bytes at least. */
void emodel_count_received(struct plx_e1000_model *model, const uint8_t *frame, uint32_t len);
void emodel_count_sent(struct plx_e1000_model *model, const uint8_t *frame, uint32_t len);
/* Good frames are counted beside the registers, which catch up here: before anybody looks at them. */
void emodel_count_settle(struct plx_e1000_model *model);
static inline bool
emodel_is_count(uint32_t reg)
{
	return reg - E1000_CRCERRS < E1000_TSCTFC + 4 - E1000_CRCERRS;
}

/* -- model_dma.c: the driver's memory ------------------------------------------------------------------------------------- */

/*
 * Bytes at a bus address in one piece: *len in, what is wanted; out, how much of it the piece has, at least 1. NULL: not to be had so.
 * Faults that spoil accesses leave nothing to be had so.
 */
uint8_t *emodel_dma_piece(struct plx_e1000_model *model, struct emodel_window *window,
			  uint64_t address, uint64_t *len, bool write);
/* All `len` bytes, or NULL; the window looked elsewhere. */
uint8_t *emodel_dma_look(struct plx_e1000_model *model, struct emodel_window *window,
			 uint64_t address, uint64_t len, bool write);

/* `len` bytes (not 0) in one piece, or NULL: then by emodel_dma_read, _write, which fail where there is nothing, or faults say so. */
static inline uint8_t *
emodel_dma_find(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		uint64_t len, bool write)
{
	const uint64_t off = address - window->address;

	if (PLX_LIKELY(off < window->len && len <= window->len - off && (!write || window->write)))
		return window->at + off;
	return emodel_dma_look(model, window, address, len, write);
}

/* Copies, over borders of maps if need be. -EFAULT, counted once: some of it may have been copied. */
int emodel_dma_read(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		    void *to, size_t len);
int emodel_dma_write(struct plx_e1000_model *model, struct emodel_window *window, uint64_t address,
		     const void *from, size_t len);
/* All windows close. */
void emodel_dma_forget(struct plx_e1000_model *model);

/* -- model_ring.c ------------------------------------------------------------------------------------------------------------ */

#define EMODEL_DESC_LEN 16u

/* Copies base, length, head and tail out of the registers from `base` (RDBAL, TDBAL) on. False: off, or senseless. */
bool emodel_ring_look(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t base);
/* Shows the ring's head in its register. */
void emodel_ring_show(struct plx_e1000_model *model, const struct emodel_ring *ring, uint32_t base);
void *
emodel_ring_copy(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i, void *spare);
/* Descriptor i in place, or a copy of it in `spare`, both to be read only; NULL: not to be had, which is counted. */
static inline void *
emodel_ring_desc(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i, void *spare)
{
	const uint64_t at = ring->base + (uint64_t)i * EMODEL_DESC_LEN;
	uint8_t *desc = emodel_dma_find(model, &ring->window, at, EMODEL_DESC_LEN, true);

	if (PLX_LIKELY(desc != NULL && (uintptr_t)desc % EMODEL_DESC_LEN == 0))
		return desc;
	return emodel_ring_copy(model, ring, i, spare);
}
/*
 * Writes descriptor i back, in place or not: its upper half, or for sending, where only that may be touched, its upper quarter; as
 * they are in memory. Status bits are in byte 12; what else is written is there before them.
 */
int emodel_ring_done_rx(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i,
			uint64_t upper);
int emodel_ring_done_tx(struct plx_e1000_model *model, struct emodel_ring *ring, uint32_t i,
			uint32_t upper);
/* All of the ring, where it has an address of ours; NULL: descriptor by descriptor. */
static inline void *
emodel_ring_in_place(struct plx_e1000_model *model, struct emodel_ring *ring)
{
	uint8_t *descs = emodel_dma_find(model, &ring->window, ring->base,
					 (uint64_t)ring->len * EMODEL_DESC_LEN, true);

	return (uintptr_t)descs % EMODEL_DESC_LEN == 0 ? descs : NULL;
}
/* What emodel_ring_done_rx() does, in place. */
static inline void
emodel_rx_desc_done(struct e1000_rx_desc *desc, uint64_t upper)
{
	__atomic_store_n((uint64_t *)(void *)&desc->length, upper, __ATOMIC_RELEASE);
}
static inline uint32_t
emodel_ring_next(const struct emodel_ring *ring, uint32_t i)
{
	return i + 1 == ring->len ? 0 : i + 1;
}
/* The descriptor that is n behind the head; n below the ring's length. */
static inline uint32_t
emodel_ring_behind(const struct emodel_ring *ring, uint32_t n)
{
	const uint32_t i = ring->head + n;

	return i < ring->len ? i : i - ring->len;
}
/* WTHRESH of RXDCTL or TXDCTL, in descriptors: 0 to 192. */
unsigned emodel_ring_threshold(const struct plx_e1000_model *model, uint32_t reg);
/* Descriptors from `head` up to `tail`. */
static inline uint32_t
emodel_ring_pending(const struct emodel_ring *ring)
{
	return ring->tail - ring->head + (ring->tail < ring->head ? ring->len : 0);
}

/* -- model_tx.c ------------------------------------------------------------------------------------------------------------------ */

unsigned emodel_tx_poll(struct plx_e1000_model *model, unsigned budget);
void emodel_tx_reset(struct plx_e1000_model *model);
/* The ring as it is now. Where it is another one than before, what was begun in the old one is lost. */
bool emodel_tx_look(struct plx_e1000_model *model);
/* A frame of the card's own, such as a pause frame: now or never. */
void emodel_tx_own(struct plx_e1000_model *model, const uint8_t *frame, size_t len);
/* A frame goes to the wire or back in; or it is held. */
void emodel_tx_out(struct plx_e1000_model *model, const struct plx_e1000_model_frame *frame);
/* What was begun, whatever it is, will not be a frame. */
void emodel_tx_lose(struct plx_e1000_model *model, const char *why);

/* -- model_tx_done.c: what the driver is told ----------------------------------------------------------------------------------- */

void emodel_tx_due(struct plx_e1000_model *model, enum emodel_timer timer);
/* The open descriptor is done; the ring's head moves on. */
void emodel_tx_done(struct plx_e1000_model *model, const struct e1000_tx_desc *desc);
/* Room for one more; if not, memory that should be written cannot be. */
bool emodel_tx_can_do(struct plx_e1000_model *model);
/* A poll ends: what is to be told by now. */
void emodel_tx_tell(struct plx_e1000_model *model);

/* -- model_tx_parts.c ------------------------------------------------------------------------------------------------------------ */

/* Bytes of the driver's join the frame. */
int emodel_tx_gather(struct plx_e1000_model *model, uint64_t address, uint32_t len);
/* Parts in the driver's memory become ours. */
void emodel_tx_bounce(struct plx_e1000_model *model);
void emodel_tx_clear(struct plx_e1000_model *model);
/* The first n bytes leave the parts; the first part that has any left. */
struct iovec *emodel_tx_take(struct plx_e1000_model *model, uint8_t *to, uint32_t n);
void emodel_parts_copy(const struct plx_e1000_model_frame *frame, uint8_t *to);
/* The sum of bytes from..to, a running one as plx_net_csum_add() has it. */
uint64_t emodel_parts_sum(const struct plx_e1000_model_frame *frame, uint32_t from, uint32_t to);

/* -- model_tx_offload.c ------------------------------------------------------------------------------------------------------------ */

/* What is gathered is a frame, of which this was the last descriptor: sums and a tag into it, and out. */
void emodel_tx_finish(struct plx_e1000_model *model);
/* This was the first descriptor of what is to be cut; then bytes of it, until a piece is held or the budget is spent; its end. */
void emodel_tx_cut_begin(struct plx_e1000_model *model);
void emodel_tx_cut(struct plx_e1000_model *model, unsigned budget);
void emodel_tx_cut_end(struct plx_e1000_model *model);

/* -- model_rx.c, _plan.c, _filter.c, _store.c, _csum.c, model_pause.c ------------------------------------------------------- */

/* Frames come in, from the wire or from the card itself: to where the registers say. Books are kept here. */
void emodel_rx(struct plx_e1000_model *model, const struct iovec *frames, unsigned n,
	       enum plx_e1000_model_taken *ret_taken);

void emodel_rx_plan_make(const struct plx_e1000_model *model, struct emodel_rx_plan *plan);
static inline const struct emodel_rx_plan *
emodel_rx_plan(struct plx_e1000_model *model)
{
	if (PLX_UNLIKELY(!model->rx.plan.made)) {
		emodel_rx_plan_make(model, &model->rx.plan);
		model->rx.plan.made = true;
	}
	return &model->rx.plan;
}

enum emodel_match {
	EMODEL_MATCH_NONE,
	EMODEL_MATCH_EXACT,
	EMODEL_MATCH_INEXACT, /* by nothing but a hash: the driver has to look */
};
/* Six bytes as RAL and RAH have them; two bytes behind them are read. */
#define EMODEL_MAC_BITS UINT64_C(0xffffffffffff)
static inline uint64_t
emodel_address_at(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return le64toh(word) & EMODEL_MAC_BITS;
}
/* The address that most frames have: the first one of the table. */
static inline bool
emodel_rx_is_station(const struct emodel_rx_plan *plan, const uint8_t *frame)
{
	return plan->nb_stations > 0 && !plan->stations[0].is_source &&
	       plan->stations[0].address == emodel_address_at(frame);
}
/* `frame` has an Ethernet header, and if `tagged` a tag. */
enum emodel_match
emodel_rx_match(const struct plx_e1000_model *model, const struct emodel_rx_plan *plan,
		const uint8_t *frame, bool tagged);

/* A frame as it will be in memory: pieces of it, and what its descriptors will say. */
struct emodel_incoming {
	struct iovec parts[4]; /* without the tag, padded, with its FCS */
	unsigned nb_parts, part;
	size_t into; /* what of parts[part] is out already */
	uint32_t len;
	uint16_t special;
	uint8_t status, errors;
	uint8_t fcs[4];
};

/* What a descriptor says of a frame, in one word: its length is the lowest (3.2.3). */
#define EMODEL_RX_CSUM_SHIFT	16
#define EMODEL_RX_STATUS_SHIFT	32
#define EMODEL_RX_ERRORS_SHIFT	40
#define EMODEL_RX_SPECIAL_SHIFT 48

/* Frames that come together: the ring is looked at before the first, the driver is told after the last. */
struct emodel_rx_burst {
	const struct emodel_rx_plan *plan;
	struct e1000_rx_desc *descs; /* the ring in place; NULL: not to be had so */
	uint32_t left;		     /* descriptors that no frame is in */
	uint32_t before;	     /* as many as there were at the last look */
	bool stored;		     /* a frame, or what there was of it */
};
void emodel_rx_begin(struct plx_e1000_model *model, struct emodel_rx_burst *burst);
void emodel_rx_end(struct plx_e1000_model *model, const struct emodel_rx_burst *burst);
enum plx_e1000_model_taken
emodel_rx_store(struct plx_e1000_model *model, struct emodel_rx_burst *burst,
		struct emodel_incoming *in);
void emodel_rx_reset(struct plx_e1000_model *model);
void emodel_rx_due(struct plx_e1000_model *model, enum emodel_timer timer);
/* What the driver may have asked for in the page, and what could not be told before; pauses go out. */
void emodel_rx_poll(struct plx_e1000_model *model);
/* RCTL.EN goes down, or up: what came in is told now or never. */
void emodel_rx_disabled(struct plx_e1000_model *model);
/* Descriptors that wait for frames. */
uint32_t emodel_rx_look(struct plx_e1000_model *model);
/* Bytes that fit into them. */
uint64_t emodel_rx_room_bytes(struct plx_e1000_model *model);

/* What the card found of the sums of IP and TCP or UDP: bits of status and errors are set. `frame` as on the wire. */
void emodel_rx_sums(const struct plx_e1000_model *model, uint32_t rxcsum, const struct iovec *frame,
		    bool tagged, uint8_t *status, uint8_t *errors);
/* The sum of the bytes from RXCSUM.PCSS on, as the descriptor has it. */
uint16_t emodel_rx_packet_sum(uint32_t rxcsum, const struct iovec *parts, unsigned nb_parts);

/* 802.3x. What becomes of a frame, once the card heeded it: filtered as any other, at its end, on to the driver at any rate. */
enum emodel_control {
	EMODEL_CONTROL_NONE, /* not one */
	EMODEL_CONTROL_FILTER,
	EMODEL_CONTROL_ENDS,
	EMODEL_CONTROL_PASSES,
};
enum emodel_control
emodel_pause_received(struct plx_e1000_model *model, const uint8_t *frame, size_t len);
/* Our own pauses: when room is short, and when it is not any more. Frames go out. */
void emodel_pause_poll(struct plx_e1000_model *model);
/* TCTL.SWXOFF: the driver wants one at the next poll. */
void emodel_pause_asked(struct plx_e1000_model *model);
void emodel_pause_due(struct plx_e1000_model *model, enum emodel_timer timer);
static inline bool
emodel_is_paused(const struct plx_e1000_model *model)
{
	return (emodel_get(model, E1000_STATUS) & E1000_STATUS_TXOFF) != 0;
}

#endif
