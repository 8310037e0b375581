/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card and its wire:
 *
 *	driver <--socket--> plx_nicemu  <-- path.c: faults, books, a file --> wire.c: a port, or the card at the far end
 *
 * All functions of a NIC are called by one thread at a time: while its loop runs, by loop_call().
 */
#ifndef PLX_APPS_NICEMU_NIC_H
#define PLX_APPS_NICEMU_NIC_H

#include "address.h"
#include "books.h"
#include "nic_conf.h"
#include "record.h"
#include "spoil.h"
#include "wire.h"

#include <pollux/plx_nicemu.h>

#define NIC_SCRATCH \
	131072 /* of a frame that comes in pieces: no port has a larger MTU than 65,535, headers come on top */

struct loop;

struct nic {
	unsigned number;
	char name[16]; /* "nic0" */
	struct nic_conf conf;
	bool verbose;
	struct plx_nicemu *card;
	struct wire wire;
	struct loop *loop;
	struct record *record; /* NULL: there is none */
	struct spoil spoil[WAYS];
	struct plx_e1000_model_faults faults; /* as the card was told */
	struct nic_books books;		      /* but for what nic_books_now() adds */
	bool cable;			      /* plugged in */
	bool waits;	/* the card has no descriptors: frames stay in the port */
	bool is_silent; /* the port's fd, on which the loop sleeps, is not readable: no frames there */
	bool has_address;
	struct address address;
	uint64_t complaints_told;
	uint8_t *scratch; /* NIC_SCRATCH bytes */
};

/* Makes the card and opens its file; its wire is there already. -errno with a sentence. */
int nic_open(struct nic *nic, struct plx_why *why);
/* Counts what still waits as lost; the books are final after that. The socket is gone. */
void nic_end(struct nic *nic);
/* -errno if the file could not be written. NULL-safe in all its parts. */
int nic_close(struct nic *nic, struct plx_why *why);

/* A turn: late frames, frames from the port, the card. What was done, 0 when idle. Path: hot. */
unsigned nic_round(struct nic *nic);
/* What has time: the file's bytes to those who watch. Path: warm. */
void nic_idle(struct nic *nic);

/* The books as of now, with those of the card. */
void nic_books_now(const struct nic *nic, struct nic_books *ret_books);

/* Also of the card at the far end: a cable has two ends. */
void nic_set_cable(struct nic *nic, bool plugged);

/* -- path.c: a frame's way ------------------------------------------------------------------------------- */

/* plx_nicemu_options.send: the card sent a frame. False: not now. Path: hot. */
bool path_send(void *nic, const struct plx_e1000_model_frame *frame);
/* A frame comes on the wire. Path: hot. */
void path_arrive(struct nic *nic, const void *bytes, size_t len);
/* ... several, WIRE_BURST at most. */
void path_arrive_burst(struct nic *nic, const struct iovec *frames, unsigned n);
/* Late frames that are due go on; how many did. */
unsigned path_release(struct nic *nic);
/* How many frames the card would take now, for wires that rather wait. Path: hot. */
unsigned path_room(const struct nic *nic);

#endif
