/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's side of vfio-user, to be embedded by whoever has a PCI device to offer: it owns the socket, the client's memory
 * and the eventfds; the device is a struct of sizes and callbacks.
 *
 *	client --socket--> plx_vfio_user_server_poll() --> device->access(), reset(), unmapped(), gone()
 *	       <-eventfd-- plx_vfio_user_server_irq()  <-- the device
 *	memory <---------- plx_vfio_user_server_find(), _read(), _write()
 *
 * There are no threads in it: the embedder calls poll() when fd() is readable, or all the time. All functions of a server are
 * called by one thread at a time; callbacks run inside poll() and may call all but poll() and destroy(). Nothing that a client
 * says is believed; one that breaks the rules is sent away with a sentence, and the next one is served. A client that stops in the
 * middle of a message, or does not answer, is waited for PLX_VFIO_USER_SERVER_WAIT_MS.
 * Thread: one at a time for a server. Path: slow, unless a function says otherwise. */
#ifndef PLX_LIB_VFIO_USER_PLX_VFIO_USER_SERVER_H
#define PLX_LIB_VFIO_USER_PLX_VFIO_USER_SERVER_H

#include "plx_base.h"

PLX_BEGIN_DECLS

#define PLX_VFIO_USER_SERVER_WAIT_MS   500
#define PLX_VFIO_USER_SERVER_MAPS_MAX  512
#define PLX_VFIO_USER_SERVER_AREAS_MAX 8
#define PLX_VFIO_USER_SERVER_IRQS_MAX  2048 /* of one kind, as MSI-X has */
#define PLX_VFIO_USER_SERVER_QUEUE_MAX 256  /* commands that wait for an answer to us */

/* Regions by number, as vfio has them: BAR 0 to 5, the ROM, configuration space, VGA. */
#define PLX_VFIO_USER_REGION_ROM    6
#define PLX_VFIO_USER_REGION_CONFIG 7
#define PLX_VFIO_USER_REGIONS	    9

#define PLX_VFIO_USER_REGION_READABLE  0x1u
#define PLX_VFIO_USER_REGION_WRITEABLE 0x2u

enum plx_vfio_user_irq {
	PLX_VFIO_USER_IRQ_INTX,
	PLX_VFIO_USER_IRQ_MSI,
	PLX_VFIO_USER_IRQ_MSIX,
	PLX_VFIO_USER_IRQ_ERR,
	PLX_VFIO_USER_IRQ_REQ,
	PLX_VFIO_USER_IRQS,
};

/* A piece of a region. */
struct plx_vfio_user_area {
	uint64_t offset, size;
};

/* A region with size 0 is none. */
struct plx_vfio_user_region {
	uint64_t size;
	uint32_t flags; /* PLX_VFIO_USER_REGION_READABLE, _WRITEABLE */
	/*
	 * Pieces that the client may map: whole pages, in the file at fd_offset + area.offset. Its loads and stores there are seen in
	 * that file and nowhere else. The fd stays the embedder's. A client of which it is not known that it is a friend may cut off a
	 * file that is not sealed (F_SEAL_SHRINK).
	 */
	int fd;
	uint64_t fd_offset;
	unsigned nb_areas;
	struct plx_vfio_user_area area[PLX_VFIO_USER_SERVER_AREAS_MAX];
};

/* Filled in by the embedder, who may change regions while no client is there. Callbacks may be NULL, but for access. */
struct plx_vfio_user_device {
	void *arg;
	struct plx_vfio_user_region region[PLX_VFIO_USER_REGIONS];
	uint32_t irqs[PLX_VFIO_USER_IRQS]; /* how many of each kind; INTx 1 at most */
	/* len bytes inside the region, as its flags allow. 0 or a negative errno, which the client gets to see. */
	int (*access)(void *arg, unsigned region, uint64_t offset, void *data, uint32_t len,
		      bool write);
	void (*reset)(void *arg);
	/* These addresses go: whatever find() told of them is over when this returns. */
	void (*unmapped)(void *arg, uint64_t address, uint64_t size);
	/* A client is there, and has agreed to a version. */
	void (*came)(void *arg);
	/* The client is gone, and all its memory; `why` is one sentence. The device keeps its state, its line is as it was. */
	void (*gone)(void *arg, const char *why);
};

struct plx_vfio_user_server;

/*
 * Listens at the path; a socket there that nobody listens on is replaced. The device stays the caller's and outlives the server.
 * -EINVAL for a device that cannot be, -EADDRINUSE, -EACCES, -ENOMEM and the like, with a sentence. Path: slow.
 */
int plx_vfio_user_server_create(const char *path, const struct plx_vfio_user_device *device,
				struct plx_vfio_user_server **ret_server, struct plx_why *why);
/* Sends the client away and removes the socket file. NULL is fine. Path: slow. */
void plx_vfio_user_server_destroy(struct plx_vfio_user_server *server);

/* Readable (epoll, poll) when poll() has something to do. An epoll: what else is to wake the same sleeper may be added to it. */
int plx_vfio_user_server_fd(const struct plx_vfio_user_server *server);
/* Does what waits, up to 64 messages: how many they were. Path: warm. */
unsigned plx_vfio_user_server_poll(struct plx_vfio_user_server *server);
/* A client is there and has agreed to a version. Path: warm. */
bool plx_vfio_user_server_connected(const struct plx_vfio_user_server *server);

/* What happened since create(). */
struct plx_vfio_user_server_stats {
	uint64_t clients; /* that agreed to a version */
	uint64_t
		sent_away; /* ... or did not, and all that broke a rule: those that hung up are not among them */
	uint64_t commands;	/* carried out, answered or not */
	uint64_t refused;	/* answered with an error */
	uint64_t posted_failed; /* wanted no answer, and failed: nobody else knows */
	uint64_t dma_messages;	/* reads and writes of memory that had no file */
	uint64_t dma_failed;	/* ... outside of all maps, or refused by the client */
	uint64_t interrupts;	/* eventfds written */
};
/* Path: slow. */
void plx_vfio_user_server_stats(const struct plx_vfio_user_server *server,
				struct plx_vfio_user_server_stats *ret_stats);

/* -- the client's memory ------------------------------------------------------------------------------------------- */

/*
 * The bytes at an address, and how many follow it in the same map, `len` at most: more may follow in the next map, so ask again.
 * NULL if the client mapped nothing there that may be read, or written, by loads and stores. Path: warm.
 */
void *plx_vfio_user_server_find(const struct plx_vfio_user_server *server, uint64_t address,
				uint64_t len, bool write, uint64_t *ret_len);

/*
 * Copies, over as many maps as it takes, by message where the client gave no file. -EFAULT outside of all maps or against their
 * flags, with part of it done perhaps; -ENOTCONN; what the client answered. Path: slow by message.
 */
int plx_vfio_user_server_read(struct plx_vfio_user_server *server, uint64_t address, void *to,
			      size_t len);
/* The other way. */
int plx_vfio_user_server_write(struct plx_vfio_user_server *server, uint64_t address,
			       const void *from, size_t len);

/* -- interrupts ------------------------------------------------------------------------------------------------------- */

/* Signals a vector (MSI, MSI-X, ERR, REQ); one that is masked fires when it is unmasked. Never blocks. Path: warm. */
void plx_vfio_user_server_irq(struct plx_vfio_user_server *server, enum plx_vfio_user_irq irq,
			      unsigned vector);
/* The INTx line. While it is up, it is told once, and again each time that the client unmasks it. Path: warm. */
void plx_vfio_user_server_intx(struct plx_vfio_user_server *server, bool up);

PLX_END_DECLS

#endif
