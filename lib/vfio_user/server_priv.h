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

#define VFIO_USER_AHEAD 4096u

/* What the other end said, and what of it was read and not yet taken. */
struct vfio_user_stream {
	int sock;
	uint32_t from, to; /* in ahead */
	bool dry;	   /* the last read took all that was in the socket */
	/* Files of messages that are not taken yet; how many of these messages there were (0: nobody asked for any), and
	 * how many files are those of the message at the beginning of `ahead`. */
	unsigned owners, first_takes;
	unsigned nb_fds;
	int fds[VFIO_USER_FDS_MAX];
	uint8_t ahead[VFIO_USER_AHEAD];
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
	int again; /* an eventfd: there is something to do that no socket tells of, or a file has shrunk */
	bool rings; /* we have written to it */
	struct vfio_user_stream client, twin;
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

/* poll() is to be called again. */
void vfio_user_server_again(struct plx_vfio_user_server *server);

/* -- what comes (server_stream.c) ------------------------------------------------------------------------------------ */

/* As vfio_user_recv_head and _body. With timeout_ms 0 also -EAGAIN, and nothing said: nothing has come. */
int vfio_user_stream_head(struct vfio_user_stream *stream, struct vfio_user_msg *msg,
			  int timeout_ms, struct plx_why *why);
int vfio_user_stream_body(struct vfio_user_stream *stream, struct vfio_user_msg *msg, void *body,
			  size_t len, struct plx_why *why);
/* Something was read that is not taken: the socket may be silent. */
bool vfio_user_stream_has(const struct vfio_user_stream *stream);
void vfio_user_stream_close(struct vfio_user_stream *stream);

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
