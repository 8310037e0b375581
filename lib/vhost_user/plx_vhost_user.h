/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vhost-user protocol (QEMU, docs/interop/vhost-user.rst) as both ends need it: names, payloads, and sending and
 * receiving one message with its file descriptors. Which message may come when is the business of each end.
 *
 *	[request u32][flags u32][size u32][payload of `size` bytes]      fds ride on the first byte; host byte order
 */
#ifndef PLX_LIB_VHOST_USER_PLX_VHOST_USER_H
#define PLX_LIB_VHOST_USER_PLX_VHOST_USER_H

#include "plx_base.h"

enum vhost_user_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_RESET_OWNER = 4,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_LOG_BASE = 6,
	VHOST_USER_SET_LOG_FD = 7,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_SET_VRING_ERR = 14,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_SEND_RARP = 19,
	VHOST_USER_NET_SET_MTU = 20,
	VHOST_USER_SET_BACKEND_REQ_FD = 21,
	VHOST_USER_IOTLB_MSG = 22,
	VHOST_USER_SET_VRING_ENDIAN = 23,
	VHOST_USER_GET_CONFIG = 24,
	VHOST_USER_SET_CONFIG = 25,
	VHOST_USER_GET_INFLIGHT_FD = 31,
	VHOST_USER_SET_INFLIGHT_FD = 32,
	VHOST_USER_RESET_DEVICE = 34,
	VHOST_USER_GET_MAX_MEM_SLOTS = 36,
	VHOST_USER_ADD_MEM_REG = 37,
	VHOST_USER_REM_MEM_REG = 38,
	VHOST_USER_SET_STATUS = 39,
	VHOST_USER_GET_STATUS = 40,
	VHOST_USER_REQUEST_MAX,
};

#define VHOST_USER_VERSION	   0x1
#define VHOST_USER_VERSION_MASK	   0x3
#define VHOST_USER_FLAG_REPLY	   0x4
#define VHOST_USER_FLAG_NEED_REPLY 0x8

/* Among the virtio feature bits: protocol features can be negotiated, and rings start disabled. */
#define VHOST_USER_F_PROTOCOL_FEATURES 30

/* Protocol feature bits. */
#define VHOST_USER_PROTOCOL_F_MQ	   0
#define VHOST_USER_PROTOCOL_F_LOG_SHMFD	   1
#define VHOST_USER_PROTOCOL_F_RARP	   2
#define VHOST_USER_PROTOCOL_F_REPLY_ACK	   3
#define VHOST_USER_PROTOCOL_F_MTU	   4
#define VHOST_USER_PROTOCOL_F_BACKEND_REQ  5
#define VHOST_USER_PROTOCOL_F_CONFIG	   9
#define VHOST_USER_PROTOCOL_F_INFLIGHT	   12
#define VHOST_USER_PROTOCOL_F_RESET_DEVICE 13
#define VHOST_USER_PROTOCOL_F_MEM_SLOTS	   15
#define VHOST_USER_PROTOCOL_F_STATUS	   16

#define VHOST_USER_REGIONS_MAX 8
#define VHOST_USER_FDS_MAX     8

/* In the u64 of KICK, CALL and ERR: the ring's index, and that no fd comes with it. */
#define VHOST_USER_VRING_INDEX_MASK 0xff
#define VHOST_USER_VRING_NO_FD	    0x100

struct vhost_user_head {
	uint32_t request;
	uint32_t flags;
	uint32_t size; /* of the payload */
};
PLX_STATIC_ASSERT(sizeof(struct vhost_user_head) == 12, "header");

struct vhost_user_state {
	uint32_t index;
	uint32_t num;
};

struct vhost_user_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc; /* all as the front end's own addresses */
	uint64_t used;
	uint64_t avail;
	uint64_t log;
};

struct vhost_user_region {
	uint64_t guest_phys; /* what descriptors say */
	uint64_t size;
	uint64_t userspace; /* what VRING_ADDR says */
	uint64_t mmap_offset;
};

struct vhost_user_memory {
	uint32_t nregions;
	uint32_t padding;
	struct vhost_user_region regions[VHOST_USER_REGIONS_MAX];
};

struct vhost_user_mem_reg {
	uint64_t padding;
	struct vhost_user_region region;
};

#define VHOST_USER_CONFIG_MAX 256
struct vhost_user_config {
	uint32_t offset;
	uint32_t size;
	uint32_t flags;
	uint8_t data[VHOST_USER_CONFIG_MAX];
};

struct vhost_user_inflight {
	uint64_t mmap_size;
	uint64_t mmap_offset;
	uint16_t num_queues;
	uint16_t queue_size;
};

struct vhost_user_iotlb {
	uint64_t iova;
	uint64_t size;
	uint64_t uaddr;
	uint8_t perm;
	uint8_t type;
};

union vhost_user_payload {
	uint64_t u64;
	struct vhost_user_state state;
	struct vhost_user_addr addr;
	struct vhost_user_memory memory;
	struct vhost_user_mem_reg mem_reg;
	struct vhost_user_config config;
	struct vhost_user_inflight inflight;
	struct vhost_user_iotlb iotlb;
};

/* One message, and the fds that came or go with it. */
struct vhost_user_msg {
	struct vhost_user_head head;
	union vhost_user_payload payload;
	int fds[VHOST_USER_FDS_MAX];
	unsigned nb_fds;
};

/* "SET_MEM_TABLE"; "request 99" is the caller's to say when this is NULL. Static text. */
const char *vhost_user_name(uint32_t request);

/* Sends head, `head.size` bytes of payload and the fds, which stay the caller's. 0 or as plx_unixsock_send. */
int vhost_user_send(int sock, const struct vhost_user_msg *msg, int timeout_ms);

/*
 * Receives one message. -EPROTO with a sentence for one that no peer may send (wrong version, a payload larger than any) or
 * that breaks off; -ECONNRESET at the end of the conversation, between two messages; else as
 * plx_unixsock_recv. On success the fds are the caller's to close; on failure none is left open. The bytes of the payload
 * behind `head.size` are zero. After an error the stream is lost.
 */
int vhost_user_recv(int sock, struct vhost_user_msg *msg, int timeout_ms, struct plx_why *why);

/*
 * Eventfds of rings are shared with the other end, who can make them block again and fill or empty them: these look first
 * whether there is something to wait for, and then do nothing. Any thread; system calls, for when somebody sleeps.
 */
void vhost_user_bell_ring(int fd);
void vhost_user_bell_hush(int fd);

#endif
