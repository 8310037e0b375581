/* SPDX-License-Identifier: BSD-3-Clause */
/* The wire of a NIC: a port (a tap is one, too), or another NIC of the same loop. */
#ifndef PLX_APPS_NICEMU_WIRE_H
#define PLX_APPS_NICEMU_WIRE_H

#include "cut.h"

#include <pollux/plx_e1000_model.h>
#include <pollux/plx_ethdev.h>

#define WIRE_BURST 32
#define WIRE_JOINT_FRAME \
	2048u /* bytes of a frame that waits for the rest of its burst; longer ones go alone */

struct nic;

struct wire {
	struct nic *peer; /* the far end; NULL: it is a port */
	uint16_t port;	  /* PLX_ETHDEV_MAX with a peer */
	unsigned takes;	  /* PLX_E1000_MODEL_TAKES_*: what the port does itself */
	bool chains;	  /* the port sends chains */
	struct plx_pool *pool;
	bool full;	 /* the last frame was not taken */
	unsigned nb_out; /* what the port, or the far end, has not been given yet, or not taken */
	struct plx_mbuf *out[WIRE_BURST];
	uint8_t *joint; /* copies of what the far end gets: WIRE_BURST of WIRE_JOINT_FRAME bytes */
	uint32_t joint_len[WIRE_BURST];
	unsigned
		joint_room; /* frames that a lossless far end had room for when the first was copied */
	bool hands_over;    /* they are being read now */
	unsigned out_bufs;	 /* buffers in it: an uncut one has many */
	bool uncut;		 /* the port hands over packets that are to be cut */
	unsigned in_from, nb_in; /* what it handed over that the card has no room for yet */
	struct plx_mbuf *in[WIRE_BURST];
	struct cut cut;
};

enum wire_put {
	WIRE_PUT,
	WIRE_FULL, /* not now */
	WIRE_LONG, /* never */
};

/* Configures and starts the port with what it can do for the card, if offloads are wanted; mtu 0: as it is. -errno with a sentence. */
int wire_open_port(struct wire *wire, uint16_t port, struct plx_pool *pool, bool offloads,
		   uint16_t mtu, struct plx_why *why);

/* Something to collect frames for a far end in; wire_close() frees it. -ENOMEM with a sentence. */
int wire_join(struct wire *wire, struct plx_why *why);
void wire_close(struct wire *wire);

/* Takes a copy of the frame. Path: hot. */
enum wire_put wire_put(struct nic *nic, const struct plx_e1000_model_frame *frame);
/* Hands to the port, or the far end, what it has not taken yet; how many it took. Path: hot. */
unsigned wire_flush(struct nic *nic);
/* Frames from the port, path_arrive() for each; how many came. Path: hot. */
unsigned wire_receive(struct nic *nic);
/* Counts as lost what waits, both ways. */
void wire_give_up(struct nic *nic);

#endif
