/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's side of vfio-user, to be embedded by whoever has a PCI device to offer: it owns the socket, the client's memory
 * and the eventfds; the device is a struct of sizes and callbacks.
 *
 *	client --socket--> vfio_user_server_poll() --> device->access(), reset(), unmapped(), gone()
 *	       <-eventfd-- vfio_user_server_irq()  <-- the device
 *	memory <---------- vfio_user_server_find(), _read(), _write()
 *
 * There are no threads in it: the embedder calls poll() when fd() is readable, or all the time. All functions of a server are
 * called by one thread at a time; callbacks run inside poll() and may call all but poll() and destroy(). Nothing that a client
 * says is believed; one that breaks the rules is sent away with a sentence, and the next one is served. A client that stops in the
 * middle of a message, or does not answer, is waited for VFIO_USER_SERVER_WAIT_MS.
 */
#ifndef PLX_LIB_VFIO_USER_PLX_VFIO_USER_SERVER_H
#define PLX_LIB_VFIO_USER_PLX_VFIO_USER_SERVER_H

#include "plx_vfio_user.h"

#define VFIO_USER_SERVER_WAIT_MS   500
#define VFIO_USER_SERVER_MAPS_MAX  512
#define VFIO_USER_SERVER_AREAS_MAX 8
#define VFIO_USER_SERVER_IRQS_MAX  2048 /* of one kind, as MSI-X has */
#define VFIO_USER_SERVER_QUEUE_MAX 256	/* commands that wait for an answer to us */

/* A region with size 0 is none. */
struct vfio_user_region {
	uint64_t size;
	uint32_t flags; /* VFIO_USER_REGION_READABLE, _WRITEABLE */
	/* Pieces that the client may map; page aligned, in the file at fd_offset + area.offset. */
	int fd;
	uint64_t fd_offset;
	unsigned nb_areas;
	struct vfio_user_area area[VFIO_USER_SERVER_AREAS_MAX];
};

/* Filled in by the embedder, who may change regions while no client is there. Callbacks may be NULL, but for access. */
struct vfio_user_device {
	void *arg;
	struct vfio_user_region region[VFIO_USER_REGIONS];
	uint32_t irqs[VFIO_USER_IRQS];
	/* len bytes inside the region, as its flags allow. 0 or a negative errno, which the client gets to see. */
	int (*access)(void *arg, unsigned region, uint64_t offset, void *data, uint32_t len,
		      bool write);
	void (*reset)(void *arg);
	/* These addresses go: whatever find() told of them is over when this returns. */
	void (*unmapped)(void *arg, uint64_t address, uint64_t size);
	/* The client is gone, and all its memory; `why` is one sentence. The device keeps its state. */
	void (*gone)(void *arg, const char *why);
};

struct vfio_user_server;

/* Listens at the path. The device stays the caller's and outlives the server. */
int vfio_user_server_create(const char *path, const struct vfio_user_device *device,
			    struct vfio_user_server **ret_server, struct plx_why *why);
/* Sends the client away and removes the socket file. NULL is fine. */
void vfio_user_server_destroy(struct vfio_user_server *server);

/* Readable (epoll, poll) when poll() has something to do. */
int vfio_user_server_fd(const struct vfio_user_server *server);
/* Does what waits, up to 64 messages: how many they were. Path: warm. */
unsigned vfio_user_server_poll(struct vfio_user_server *server);
/* A client is there and has agreed to a version. */
bool vfio_user_server_connected(const struct vfio_user_server *server);

/* -- the client's memory ------------------------------------------------------------------------------------------- */

/*
 * The bytes at an address, and how many follow it in the same map, `len` at most: more may follow in the next map, so ask again.
 * NULL if the client mapped nothing there that may be read, or written, by loads and stores. Path: warm.
 */
void *vfio_user_server_find(const struct vfio_user_server *server, uint64_t address, uint64_t len,
			    bool write, uint64_t *ret_len);

/*
 * Copies, over as many maps as it takes, by message where the client gave no file. -EFAULT outside of all maps or against their
 * flags, with part of it done perhaps; -ENOTCONN; what the client answered. Path: slow by message.
 */
int vfio_user_server_read(struct vfio_user_server *server, uint64_t address, void *to, size_t len);
int vfio_user_server_write(struct vfio_user_server *server, uint64_t address, const void *from,
			   size_t len);

/* -- interrupts ------------------------------------------------------------------------------------------------------- */

/* Signals a vector (MSI, MSI-X, ERR, REQ); one that is masked fires when it is unmasked. Never blocks. */
void vfio_user_server_irq(struct vfio_user_server *server, enum vfio_user_irq irq, unsigned vector);
/* The INTx line. While it is up, it is told once, and again each time that the client unmasks it. */
void vfio_user_server_intx(struct vfio_user_server *server, bool up);

#endif
