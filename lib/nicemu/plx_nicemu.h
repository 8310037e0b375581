/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An emulated 82540EM behind a vfio-user socket: the card of plx_e1000_model.h, the server that lends it its driver's memory and
 * interrupts, and a clock. The driver is a PMD in another process (-a vfio-user:PATH), or a virtual machine's kernel.
 *
 *	struct plx_nicemu_options options = {.path = "/run/nic.sock", .mac = {...}, .send = put_on_wire, .arg = me};
 *
 *	plx_nicemu_create(&options, &nic, &why);
 *	for (;;) {
 *		plx_nicemu_poll(nic, 32);                          frames out: put_on_wire() is called
 *		plx_nicemu_receive(nic, frame, len);               frames in
 *	}
 *	plx_nicemu_destroy(nic);
 *
 * There are no threads in it. All functions of a NIC are called by one thread at a time. Callbacks run inside of poll() and may
 * call plx_nicemu_receive() of another NIC of the same thread, but nothing of the same one.
 * Thread: one at a time for a NIC. Path: slow, unless a function says otherwise. */
#ifndef PLX_LIB_NICEMU_PLX_NICEMU_H
#define PLX_LIB_NICEMU_PLX_NICEMU_H

#include "plx_base.h"
#include "plx_e1000_model.h"
#include "plx_vfio_user_server.h"

PLX_BEGIN_DECLS

struct plx_nicemu;

struct plx_nicemu_options {
	const char *path; /* of the socket; a stale one is replaced, a live one is -EADDRINUSE */
	uint8_t mac[6];	  /* unicast */
	unsigned takes;	  /* PLX_E1000_MODEL_TAKES_* */
	/*
	 * Lets the driver map the registers of the rings, so that a doorbell is a store and no message. Somebody then has to call
	 * poll() all the time: a store wakes nobody. Not for QEMU, which stops posting its writes to a card of which anything is mapped.
	 */
	bool doorbells;
	void *arg;
	bool (*send)(void *arg,
		     const struct plx_e1000_model_frame *frame); /* as in plx_e1000_model_ops */
	void (*complain)(void *arg, const char *what);		 /* may be NULL */
	/* The time in nanoseconds; NULL: CLOCK_MONOTONIC. One of the embedder's has no fd(). */
	uint64_t (*now_ns)(void *arg);
	/* A driver came, or went, and why; may be NULL. */
	void (*changed)(void *arg, bool connected, const char *why);
};

/* -EINVAL, -EADDRINUSE, -EACCES, -ENOMEM and the like, with a sentence. Path: slow. */
int plx_nicemu_create(const struct plx_nicemu_options *options, struct plx_nicemu **ret_nic,
		      struct plx_why *why);
/* Sends the driver away and removes the socket. NULL is fine. */
void plx_nicemu_destroy(struct plx_nicemu *nic);

/*
 * Readable (epoll, poll) when poll() has something to do, be it that a timer is due. For event mode, without doorbells: who asks for it
 * once pays for a timer in every poll() and receive() from then on. A frame that send() did not take comes again only with a poll()
 * that the caller makes when there is room. Negative: -EMFILE, -ENOTSUP. Path: slow.
 */
int plx_nicemu_fd(struct plx_nicemu *nic);

/* Messages, doorbells, timers; sends up to `budget` frames. What it did, in messages and frames: 0 when idle. Path: hot. */
unsigned plx_nicemu_poll(struct plx_nicemu *nic, unsigned budget);

/* As plx_e1000_model_receive(): a frame without FCS comes in on the wire. Path: hot. */
enum plx_e1000_model_taken
plx_nicemu_receive(struct plx_nicemu *nic, const void *frame, size_t len);
/* As plx_e1000_model_receive_burst(): several, of which the driver is told together. Path: hot. */
void plx_nicemu_receive_burst(struct plx_nicemu *nic, const struct iovec *frames, unsigned n,
			      enum plx_e1000_model_taken *ret_taken);

/* A driver is there. */
bool plx_nicemu_connected(const struct plx_nicemu *nic);

/* The card: its cable, registers, books, faults. Not its access(), config(), tick(), poll(), reset(). */
struct plx_e1000_model *plx_nicemu_model(struct plx_nicemu *nic);

struct plx_nicemu_stats {
	uint64_t drivers; /* that came */
	uint64_t
		unsent; /* descriptors that drivers left in their rings when they went: frames that nobody sent */
	struct plx_vfio_user_server_stats server;
};
/* The socket's books; the card's are plx_e1000_model_stats(). Path: slow. */
void plx_nicemu_stats(const struct plx_nicemu *nic, struct plx_nicemu_stats *ret_stats);

PLX_END_DECLS

#endif
