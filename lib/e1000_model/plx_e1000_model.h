/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An Intel 82540EM that is a struct: registers, EEPROM, PHY, rings, filters, offloads, interrupts and statistics of the card, to
 * be embedded by whoever has a bus to plug it into (a vfio-user server, an emulator, a test). Numbers in parentheses in its
 * sources are sections of Intel's manual 317453.
 *
 *	the driver -> plx_e1000_model_access(), _config()          frames in  -> plx_e1000_model_receive()
 *	            <- ops->intx()                                  frames out <- ops->send(), inside plx_e1000_model_poll()
 *	its memory <- ops->find(), read(), write()                 time       -> plx_e1000_model_tick()
 *
 * There are no threads, sockets, clocks or locks in it. All functions of a model are called by one thread at a time; callbacks
 * run inside of them and may call plx_e1000_model_receive() of another model, but nothing of the same one. Nothing that a driver
 * writes, to registers, pages or rings, can make it reach outside of what find() gave it, loop without end, or fall over.
 * All times are nanoseconds of a clock of the embedder's that does not go back. Errors are negative errno.
 * Thread: one at a time for a model. Path: slow, unless a function says otherwise. */
#ifndef PLX_LIB_E1000_MODEL_PLX_E1000_MODEL_H
#define PLX_LIB_E1000_MODEL_PLX_E1000_MODEL_H

#include "plx_base.h"

#include <sys/uio.h>

PLX_BEGIN_DECLS

/* What the card shows on the bus (4.1, 5.2): BAR 0 the registers, BAR 1 the flash, BAR 2 a window of I/O ports to the registers. */
#define PLX_E1000_MODEL_BARS	     3u
#define PLX_E1000_MODEL_BAR_REGS     0u
#define PLX_E1000_MODEL_BAR_FLASH    1u
#define PLX_E1000_MODEL_BAR_IO	     2u
#define PLX_E1000_MODEL_REGS_LEN     0x20000u
#define PLX_E1000_MODEL_FLASH_LEN    0x10000u
#define PLX_E1000_MODEL_IO_LEN	     0x40u
#define PLX_E1000_MODEL_CONFIG_LEN   256u
#define PLX_E1000_MODEL_PAGE_LEN     0x1000u
#define PLX_E1000_MODEL_RX_PAGE	     0x2000u /* in BAR 0: the registers of the receive ring */
#define PLX_E1000_MODEL_TX_PAGE	     0x3000u /* ... of the transmit ring */
#define PLX_E1000_MODEL_FRAME_MAX    16384u  /* bytes, without FCS */
#define PLX_E1000_MODEL_EEPROM_WORDS 64u

struct plx_e1000_model;

/* What an embedder can do to a frame itself, on its way out; the model does the rest. */
#define PLX_E1000_MODEL_TAKES_CSUM (1u << 0) /* the sum of TCP or UDP */
#define PLX_E1000_MODEL_TAKES_TSO  (1u << 1) /* cutting; needs TAKES_CSUM */

/* A frame on its way out, valid during the call. */
struct plx_e1000_model_frame {
	const struct iovec *parts; /* all of it but the FCS */
	unsigned nb_parts;
	size_t len; /* bytes in all parts */
	/* With TAKES_CSUM, and csum_start not 0: the sum of what begins there belongs at csum_start + csum_offset, where that of the
	 * pseudo-header is now. */
	uint16_t csum_start;
	uint16_t csum_offset;
	/* With TAKES_TSO, and gso_size not 0: to be cut into pieces of so many bytes of payload, each behind hdr_len bytes of headers.
	 * The headers' length fields are those of the whole; the pseudo-header's sum is, too. */
	uint16_t gso_size;
	uint16_t hdr_len;
	bool ipv6;
};

/* Callbacks get the `arg` of plx_e1000_model_create. find and send must be there. */
struct plx_e1000_model_ops {
	/*
	 * The bytes of the driver's memory at a bus address, for loads or stores, and how many follow it in one piece, up to `len`. NULL
	 * if there are none to be had so. Stays good until plx_e1000_model_unmapped() tells otherwise. Path: warm.
	 */
	void *(*find)(void *arg, uint64_t address, uint64_t len, bool write, uint64_t *ret_len);
	/* Copies, for memory that find() has not. NULL: there is no such memory. Path: slow. */
	int (*read)(void *arg, uint64_t address, void *to, size_t len);
	int (*write)(void *arg, uint64_t address, const void *from, size_t len);
	/* A frame goes out. False: not now; it comes again at the next poll, and those behind it wait. Path: hot. */
	bool (*send)(void *arg, const struct plx_e1000_model_frame *frame);
	/* The line changed. */
	void (*intx)(void *arg, bool up);
	/* The driver did what the manual forbids: one sentence. For tests and people; the card goes on. Path: slow. */
	void (*complain)(void *arg, const char *what);
};

struct plx_e1000_model_options {
	uint8_t mac[6];
	unsigned takes; /* PLX_E1000_MODEL_TAKES_* */
	/*
	 * Memory of PLX_E1000_MODEL_PAGE_LEN bytes each that stands for the two pages of BAR 0, which the driver may have mapped: its
	 * stores there are seen by the next poll. NULL: pages of the model's own, and every access comes by plx_e1000_model_access().
	 */
	void *rx_page;
	void *tx_page;
};

/* The model comes up as after power-on, with its cable plugged in. -EINVAL for an address that is not unicast, -ENOMEM. */
int plx_e1000_model_create(const struct plx_e1000_model_options *options,
			   const struct plx_e1000_model_ops *ops, void *arg,
			   struct plx_e1000_model **ret_model);
/* NULL is fine. */
void plx_e1000_model_destroy(struct plx_e1000_model *model);

/* -- the bus ------------------------------------------------------------------------------------------------------- */

/*
 * An access of the driver to a BAR, 1 to 8 bytes that do not cross its end. Registers are 32 bits and little endian; reads of another
 * width or alignment get the bytes they ask for, such writes are lost and complained of (13.1). -EINVAL beyond the BAR. Path: warm.
 */
int plx_e1000_model_access(struct plx_e1000_model *model, unsigned bar, uint64_t offset, void *data,
			   uint32_t len, bool write);
/* ... to configuration space. The card touches memory only while its driver lets it be bus master. */
int plx_e1000_model_config(struct plx_e1000_model *model, uint64_t offset, void *data, uint32_t len,
			   bool write);
/* RST# of the bus: all as after power-on, but for the cable and the EEPROM. */
void plx_e1000_model_reset(struct plx_e1000_model *model);
/* Memory of the driver's that find() told of goes away: nothing in it is touched once this returns. */
void plx_e1000_model_unmapped(struct plx_e1000_model *model, uint64_t address, uint64_t len);

/* -- time and frames ------------------------------------------------------------------------------------------------- */

/*
 * What time it is: timers that are due fire, each once. When there is the next one that anybody notices who does not access the card,
 * in its interrupt, its memory or on its wire; UINT64_MAX if none is set. What a driver does between two ticks happens at the time of the
 * first: tick before an access, too. The card was switched on at 0. Path: warm.
 */
uint64_t plx_e1000_model_tick(struct plx_e1000_model *model, uint64_t now_ns);

/*
 * Looks at the pages, and sends what the driver put into its ring, `budget` frames at most (pieces of a TSO count as frames). How
 * many went out. Path: hot.
 */
unsigned plx_e1000_model_poll(struct plx_e1000_model *model, unsigned budget);

enum plx_e1000_model_taken {
	PLX_E1000_MODEL_TAKEN,
	PLX_E1000_MODEL_FULL,	  /* no descriptors: missed, and counted so by the card */
	PLX_E1000_MODEL_FILTERED, /* not for this card */
	PLX_E1000_MODEL_DOWN,	  /* no link, not enabled, not bus master, in reset */
	PLX_E1000_MODEL_BAD,	  /* too short, too long, or no memory behind a descriptor */
};
/* A frame without FCS comes in on the wire. Shorter ones than 60 bytes are padded. Path: hot. */
enum plx_e1000_model_taken
plx_e1000_model_receive(struct plx_e1000_model *model, const void *frame, size_t len);
/*
 * Several of them, in this order: as one by one, but for that the driver is told of all at the end, which costs less. What became of
 * each is in ret_taken, n of them. Path: hot.
 */
void plx_e1000_model_receive_burst(struct plx_e1000_model *model, const struct iovec *frames,
				   unsigned n, enum plx_e1000_model_taken *ret_taken);
/* Descriptors that wait for frames: an embedder that would rather hold back than lose asks first. 0 while down. Path: hot. */
unsigned plx_e1000_model_rx_room(struct plx_e1000_model *model);
/* The driver lets it receive, and there is a link: frames are not lost as those of a card that is down. Path: hot. */
bool plx_e1000_model_rx_is_up(const struct plx_e1000_model *model);
/* There is a link. Path: hot. */
bool plx_e1000_model_is_up(const struct plx_e1000_model *model);

/* The cable. Plugged in: the PHY negotiates for half a second, then there is a link. */
void plx_e1000_model_set_cable(struct plx_e1000_model *model, bool plugged);

/* -- looking, and spoiling ------------------------------------------------------------------------------------------- */

/* A register, without what reading it would do. 0 outside. */
uint32_t plx_e1000_model_peek(const struct plx_e1000_model *model, uint32_t reg);
/* Makes a register lie, without what writing it would do; until the card itself changes it. Nothing happens outside. */
void plx_e1000_model_poke(struct plx_e1000_model *model, uint32_t reg, uint32_t value);
/* The EEPROM's words, to be changed at will before a driver comes; its sum is word 0x3f. */
uint16_t *plx_e1000_model_eeprom(struct plx_e1000_model *model);

/* The card's own books. Frames in = taken + filtered + full + down + bad; out = sent + looped + out_bad. */
struct plx_e1000_model_stats {
	uint64_t in, taken, filtered, full, down, bad;
	uint64_t in_bytes, taken_bytes; /* without FCS */
	uint64_t out, sent,
		sent_bytes;  /* frames out of rings or of the card itself, those that send() took */
	uint64_t out_bad;    /* what was begun in descriptors, and could not be a frame */
	uint64_t looped;     /* sent to itself */
	uint64_t dma_errors; /* addresses where nothing is */
	uint64_t interrupts; /* times the line rose */
	uint64_t reads, writes; /* accesses to BARs */
	uint64_t complaints;
};
void
plx_e1000_model_stats(const struct plx_e1000_model *model, struct plx_e1000_model_stats *stats);

/* What is wrong with the card. May change at any time; all zero is a good one. */
struct plx_e1000_model_faults {
	bool dead;	     /* reads all ones, writes are lost */
	bool reset_stuck;    /* RST stays */
	bool no_eerd;	     /* as the 82544: words by Microwire only */
	bool eeprom_stuck;   /* neither way */
	bool eeprom_damaged; /* the sum is wrong */
	bool phy_stuck;	     /* MDIC is never ready */
	bool irq_lost;	     /* the line never rises */
	bool tx_stuck;	     /* descriptors to send are never done */
	bool rx_stuck;	     /* frames come in, descriptors are never done */
	unsigned dma_error;  /* 1 of so many accesses of the card to memory fails; 0: none */
};
void
plx_e1000_model_fault(struct plx_e1000_model *model, const struct plx_e1000_model_faults *faults);

PLX_END_DECLS

#endif
