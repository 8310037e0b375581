/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the server share. */
#ifndef PLX_LIB_VFIO_USER_SERVER_PRIV_H
#define PLX_LIB_VFIO_USER_SERVER_PRIV_H

#include "plx_peermem.h"
#include "plx_vfio_user.h"
#include "plx_vfio_user_server.h"

/* Sorted by address, without overlaps; neighbours may touch. */
struct vfio_user_map {
	uint64_t address, size, offset;
	uint32_t flags;
	bool mapped; /* else by message */
	struct plx_peermem file;
};

struct vfio_user_vector {
	int fd; /* -1: nobody listens */
	bool masked;
	bool pending; /* fired while it was masked */
};

/* A command that came while an answer was waited for. */
struct vfio_user_waiting {
	struct vfio_user_waiting *next;
	struct vfio_user_msg msg;
	uint8_t body[];
};

struct plx_vfio_user_server {
	const struct plx_vfio_user_device *device;
	char path[108]; /* of a UNIX socket */
	int listener, epoll;
	int again; /* an eventfd: commands wait in the queue, or a file has shrunk */
	int sock, twin;
	bool agreed;
	int broken; /* the stream is lost: an errno, and why */
	struct plx_why why;
	struct vfio_user_caps peer;
	uint16_t next_id;
	unsigned nb_maps;
	struct vfio_user_map map[PLX_VFIO_USER_SERVER_MAPS_MAX];
	struct vfio_user_vector *vector[PLX_VFIO_USER_IRQS];
	bool intx_up, intx_told;
	unsigned nb_waiting;
	size_t waiting_bytes;
	struct vfio_user_waiting *waiting, **last;
	struct plx_vfio_user_server_stats stats;
	uint8_t *in, *out; /* VFIO_USER_BODY_MAX each */
};

/* The stream is lost from here on; the first reason counts. Returns err. */
int vfio_user_server_break(struct plx_vfio_user_server *server, int err, const struct plx_why *why);

/* -- one command (server_command.c) --------------------------------------------------------------------------------- */

/* Carries it out and answers, unless no answer is wanted. The message's descriptors are closed, or taken. */
void vfio_user_server_command(struct plx_vfio_user_server *server, struct vfio_user_msg *msg,
			      const uint8_t *body);

/* -- memory (server_dma.c) --------------------------------------------------------------------------------------------- */

int vfio_user_server_map(struct plx_vfio_user_server *server, const struct vfio_user_dma_map *said,
			 int fd);
/* -ENOENT if none is just like that. */
int vfio_user_server_unmap(struct plx_vfio_user_server *server, uint64_t address, uint64_t size);
void vfio_user_server_unmap_all(struct plx_vfio_user_server *server);
bool vfio_user_server_shrunk(const struct plx_vfio_user_server *server);

/* -- interrupts (server_irq.c) ------------------------------------------------------------------------------------------ */

/* The fds it keeps are made -1. */
int
vfio_user_server_set_irqs(struct plx_vfio_user_server *server, const struct vfio_user_irq_set *set,
			  const uint8_t *bools, int *fds, unsigned nb_fds);
/* Closes all eventfds. */
void vfio_user_server_irqs_clear(struct plx_vfio_user_server *server);

#endif
