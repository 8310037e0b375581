/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_virtio_user: a virtio device whose other end is a vhost-user back end behind a UNIX socket. The files, from the outside
 * in:
 *
 *	user_driver.c     probe and remove
 *	user_args.c       what the user may say
 *	user_link.c       peers come and go: a thread of the port's own
 *	user_meet.c       a new peer: is it one that the port can go on with?
 *	user_errand.c     what the control thread does for that thread
 *	user_transport.c  struct virtio_transport: what a device is asked, in messages
 *	user_rings.c      rings: start, stop, doorbells, calls
 *	user_memory.c     which memory the peer maps
 *	user_protocol.c   one message and its answer; the greeting
 *
 * The peer is hostile until checked: whatever it says wrong ends the conversation, with a sentence, and the port goes on
 * without a peer. Locks: dev.lock (who works on the port), then the EAL's of zones, then `lock` here (who talks).
 */
#ifndef PLX_DRIVERS_NET_VIRTIO_USER_H
#define PLX_DRIVERS_NET_VIRTIO_USER_H

#include "link_thread.h"
#include "plx_dma_driver.h"
#include "plx_vhost_user.h"
#include "virtio.h"

#include <errno.h>
#include <semaphore.h>

#define USER_QUEUES_MAX	 (2 * VIRTIO_PAIRS_MAX)
#define USER_REGIONS_MAX 64  /* with MEM_SLOTS; VHOST_USER_REGIONS_MAX without */
#define USER_PATH_MAX	 108 /* struct sockaddr_un */

/* The longest that an answer may take; to SET_MEM_TABLE and its kin, as the peer maps and touches all of it. */
#define USER_REPLY_MS  5000
#define USER_MEMORY_MS 10000
/* Answers that come at the last moment, one after the other: so many, and the port has waited enough. */
#define USER_LATE_ANSWERS 12

/* -- arguments (user_args.c) ------------------------------------------------------------------------------------------- */

struct user_args {
	char path[USER_PATH_MAX];
	uint64_t queues; /* pairs */
	uint64_t queue_size;
	uint64_t mtu;	/* 0: not said */
	uint64_t speed; /* Mb/s; 0: not said */
	uint8_t mac[6]; /* zero: not said */
	bool server, wait;
	bool packed_vq, mrg_rxbuf, in_order, cq;
};

/* The text behind "net_virtio_user0,". -EINVAL with a sentence. */
int user_args_parse(const char *text, struct user_args *ret_args, struct plx_why *why);

/* -- the conversation (user_protocol.c) -------------------------------------------------------------------------------- */

/* Who is at the other end, and what was agreed with it. */
struct user_peer {
	int sock;	   /* -1: nobody */
	uint64_t features; /* virtio's, as offered, with VHOST_USER_F_PROTOCOL_FEATURES */
	uint64_t protocol; /* protocol features agreed */
	unsigned max_pairs;
	unsigned max_regions;
	int reply_ms, memory_ms;
	uint64_t waited;      /* ns for answers, less the time in which none was waited for */
	uint64_t last_answer; /* ns, of the clock */
	struct plx_why why;   /* what ended the conversation; empty while it goes on */
};

/* Nobody is there yet; how long answers may take. */
void user_peer_init(struct user_peer *peer, int reply_ms, int memory_ms);

/*
 * All that follow: 0, -EREMOTEIO if the peer refused (the conversation goes on), or what ended the conversation, with the sentence
 * in peer->why: the socket is shut down then, and whoever waits on it wakes up. Nobody at all: -ENOTCONN.
 */

/* Takes over the socket, also on failure, and asks who is there: features, protocol features, how many queues and regions. */
int user_peer_greet(struct user_peer *peer, int sock, unsigned pairs_wanted);
/* Ends the conversation for a reason of ours, unless it has ended. */
void user_peer_cut(struct user_peer *peer, const char *reason);
/* Closes the socket; fine if there is none. */
void user_peer_leave(struct user_peer *peer);
/* Has the peer do something. With REPLY_ACK this waits for it to say that it did. `msg` has payload, size and fds. */
int user_peer_order(struct user_peer *peer, uint32_t request, struct vhost_user_msg *msg);
/* Orders of the two common payloads. */
int user_peer_order_u64(struct user_peer *peer, uint32_t request, uint64_t value);
int user_peer_order_state(struct user_peer *peer, uint32_t request, uint32_t index, uint32_t num);
/* An order with a file descriptor for a ring: KICK, CALL. */
int user_peer_order_fd(struct user_peer *peer, uint32_t request, uint32_t index, int fd);
/* Asks; the answers are checked for form, not for sense. */
int user_peer_ask_u64(struct user_peer *peer, uint32_t request, uint64_t *ret_value);
int
user_peer_ask_state(struct user_peer *peer, uint32_t request, uint32_t index, uint32_t *ret_num);

static inline bool
user_peer_agreed(const struct user_peer *peer, unsigned protocol_feature)
{
	return (peer->protocol & VIRTIO_BIT(protocol_feature)) != 0;
}

static inline bool
user_peer_offers(const struct user_peer *peer, unsigned feature)
{
	return (peer->features & VIRTIO_BIT(feature)) != 0;
}

/* -- memory (user_memory.c) -------------------------------------------------------------------------------------------- */

/* What the peer is to map: packet buffers, and the rings of this device. */
struct user_memory {
	struct plx_dma_mapper mapper;
	const struct plx_zone *zones[USER_REGIONS_MAX];
	unsigned n;
	bool told; /* the peer has the table: changes are to be said */
};

struct virtio_user;

/* Has the EAL tell of zones from now on. */
int user_memory_begin(struct virtio_user *user, struct plx_why *why);
void user_memory_end(struct virtio_user *user);
/* Tells the peer all of them, unless it knows. With `lock` held. */
int user_memory_tell(struct virtio_user *user);

/* -- the device (user_transport.c) --------------------------------------------------------------------------------------- */

struct user_queue {
	int kick_fd, call_fd; /* eventfds, as long as the device lives */
	int irq_fd;	      /* in place of call_fd; -1: none. Not ours */
	bool started;
};

struct virtio_user {
	struct virtio_dev dev;
	struct user_args args;
	pthread_mutex_t lock; /* of what follows */
	struct user_peer peer;
	struct user_memory memory;
	struct user_queue queues[USER_QUEUES_MAX];
	unsigned nb_queues; /* two a pair */
	uint8_t status;
	uint32_t generation; /* of the configuration, in which the link is */

	/* user_link.c */
	int listener;	     /* -1: a client */
	uint64_t socket_ino; /* of the listener's file, which is ours to remove */
	struct link_thread link;
};

extern const struct virtio_transport user_transport;

static inline struct virtio_user *
virtio_user(struct virtio_dev *dev)
{
	return dev->transport_data;
}

/* Nobody is at the other end. With `lock` held. */
static inline bool
user_is_alone(const struct virtio_user *user)
{
	return user->peer.sock < 0;
}

/* What the port is told of a peer that went wrong or away; the link's thread sees to the rest. */
static inline int
user_answer(int ret)
{
	return ret == 0 || ret == -ENOTCONN ? ret : -EIO;
}

/* The features that the device has for the driver above, with this peer or without any. With `lock` held. */
uint64_t user_features(const struct virtio_user *user);
/* The device is as after a reset, without a word to the peer. With `lock` held. */
void user_forget(struct virtio_user *user);

/* -- its rings (user_rings.c) --------------------------------------------------------------------------------------------- */

/* Makes and closes the eventfds. */
int user_queues_create(struct virtio_user *user, struct plx_why *why);
void user_queues_destroy(struct virtio_user *user);
/* Functions of the transport's table. */
int user_ring_start(struct virtio_dev *dev, struct virtio_queue *q, struct plx_why *why);
int user_ring_stop(struct virtio_dev *dev, struct virtio_queue *q);
int user_ring_size(struct virtio_dev *dev, uint16_t index, uint16_t *ret_size);
void user_ring_notify(struct virtio_queue *q);
int user_rings_irq(struct virtio_dev *dev, const int *fds, unsigned n, struct plx_why *why);
/* A ring that was started gives and takes, or does not. With `lock` held, as the next. */
int user_ring_enable(struct virtio_user *user, uint16_t index, bool on);
/* All of them. When the answers are there the back end does not touch the rings any more. */
int user_rings_stop(struct virtio_user *user);

/* -- peers come and go (user_link.c) ------------------------------------------------------------------------------------- */

/*
 * With the peer initialised, finds the first: a client connects (or, with wait=1, will), a server listens. Then a thread watches, takes a lost peer
 * away and brings the next.
 */
int user_link_open(struct virtio_user *user, struct plx_why *why);
/* From here on the port exists: the thread may revive it. */
int user_link_watch(struct virtio_user *user, struct plx_why *why);
/* The thread ends: peers neither come nor go any more. Fine without one. */
void user_link_unwatch(struct virtio_user *user);
/* Closes the sockets. Fine for a link that could not be opened. */
void user_link_close(struct virtio_user *user);

/* The thread is to end. */
static inline bool
user_link_stops(const struct virtio_user *user)
{
	return link_thread_stops(&user->link);
}

/* -- a new peer (user_meet.c) ---------------------------------------------------------------------------------------------- */

/*
 * Takes over the socket, greets who is there and sees that it has the features in force and room for our memory. On failure
 * nobody is at the other end, and why says the reason. Without `lock`.
 */
int user_meet(struct virtio_user *user, int sock, uint64_t in_force, struct plx_why *why);

/* -- errands (user_errand.c) ----------------------------------------------------------------------------------------------- */

struct user_errand {
	void (*fn)(struct virtio_user *user, struct user_errand *errand); /* sets ret */
	struct virtio_user *user;
	struct plx_why *why;
	int ret;
	sem_t done; /* user_errand_run's own */
};

/* Has the control thread run it, and waits. A control thread, or a link, that ends first leaves ret as it is. */
void user_errand_run(struct user_errand *errand);

#endif
