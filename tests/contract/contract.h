/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One body of tests for every PMD. A row of the table in main.c says how to make a port of that PMD with a
 * far end that frames can be put into and taken out of (a wire), and what it can do. A test case says what
 * it needs, and runs on every row that has it.
 */
#ifndef PLX_TESTS_CONTRACT_CONTRACT_H
#define PLX_TESTS_CONTRACT_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include <pollux/plx_base.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_mbuf.h>

#include "fds.h"
#include "patience.h"

/* -- what a row says about its PMD --------------------------------------------------------------------- */

#define HAS_RX	     (1u << 0)	/* frames can be put in at the far end, and are received once */
#define HAS_TX	     (1u << 1)	/* frames that were sent can be taken out at the far end */
#define HAS_ENDLESS  (1u << 2)	/* receives as many packets as it is asked for */
#define HAS_QUEUES   (1u << 3)	/* two queue pairs at least */
#define HAS_SPREAD   (1u << 4)	/* what comes in is spread over its rx queues by flow */
#define HAS_FD	     (1u << 5)	/* an fd to sleep on */
#define HAS_MTU	     (1u << 6)	/* the MTU can be changed, and frames as long come through */
#define HAS_MAC	     (1u << 7)	/* the address can be changed */
#define HAS_MAC_LIST (1u << 8)	/* further addresses */
#define HAS_PROMISC  (1u << 9)	/* promiscuous mode can be set */
#define HAS_FILTER   (1u << 10) /* ... and makes a difference */
#define HAS_LINK     (1u << 11) /* the link can be set down */
#define HAS_SCATTER  (1u << 12) /* receives chains */
#define HAS_TIME     (1u << 13) /* received packets carry a time */
#define HAS_OFFLOADS (1u << 14) /* fills in checksums, cuts TSO */
#define HAS_NO_LIMIT (1u << 15) /* takes every burst in full */
#define HAS_PATIENCE (1u << 17) /* what finds no buffer waits at the source */
#define HAS_GIVEN    (1u << 18) /* receives the sender's own buffers, none of its pool's */
#define HAS_TAGS     (1u << 19) /* inserts VLAN tags */
#define HAS_STRIPS   (1u << 20) /* takes VLAN tags out of the bytes it gets */
#define HAS_PADS     (1u << 21) /* a wire on which no frame has less than 60 bytes: zeroes follow */
#define HAS_REBIRTH  (1u << 22) /* the device can be lost, and come back after a reset */
#define HAS_NO_TX    (1u << 23) /* listens, and takes nothing to be sent */
#define HAS_ALONE    (1u << 24) /* single queues stop and start */
#define HAS_JUMBO    (1u << 16) /* may run with an MTU beyond a buffer, and without scatter */

struct wire;

struct pmd {
	const char *name;
	const char *driver; /* NULL: the row has its name */
	unsigned has;
	/* Makes the far end and the devargs of the port. 0, or negative after saying why on stderr. */
	int (*open)(struct wire *wire);
	/* Takes away what open and plug made, after the port is gone. */
	void (*close)(struct wire *wire);
	/* Just before the port is made; may be NULL. */
	int (*ready)(struct wire *wire);
	/* Once the port is there, before it is configured; may be NULL. */
	int (*plug)(struct wire *wire);
	/* Puts a frame in; takes one out (its length, 0 for none now). */
	int (*put)(struct wire *wire, const void *frame, size_t len);
	size_t (*get)(struct wire *wire, void *frame, size_t size);
	/* Lets the far end take and give frames of this MTU; may be NULL. */
	int (*stretch)(struct wire *wire, unsigned mtu);
	/* The program at the far end dies; a new one begins in its place. May be NULL. */
	void (*die)(struct wire *wire);
	int (*begin)(struct wire *wire);
	bool needs_net; /* a network namespace of its own with the veth pair va, vb */
	bool needs_bpf; /* the right to load BPF, which no namespace gives */
};

/* -- the fixture ------------------------------------------------------------------------------------------ */

#define POOL_BUFFERS 8192
#define FRAME_MAX    16384
#define BURST	     32

struct wire {
	const struct pmd *pmd;
	struct plx_pool *pool;
	char devargs[256];
	char name[64]; /* of the device */
	char iface[32];
	uint16_t port;
	uint8_t mac[6];
	int sock; /* far end that is a packet socket */
	uint16_t far_port;
	struct plx_pool *far_pool;
	char path[2][128];
	unsigned fds;	       /* open before the test */
	const char *complaint; /* of the far end, when it was closed: the case fails */
};

/* Which PMD this run is about. */
extern const struct pmd *contract_pmd;

/* cmocka fixture: a probed, closed port and a pool; afterwards everything must be home and closed. */
int wire_setup(void **state);
int wire_teardown(void **state);

/* Plugs the port in, again after wire_unplug. */
void wire_plug(struct wire *wire);
void wire_unplug(struct wire *wire);

/* Queues, offloads and start in one; `conf` may be NULL. */
void wire_start(struct wire *wire, uint16_t nb_queues, const struct plx_ethdev_conf *conf);
void wire_set_up_queues(struct wire *wire, struct plx_pool *pool);

/* Puts frames first .. first + n - 1 in. */
void wire_put(struct wire *wire, uint32_t first, uint32_t n, size_t len);
/* Receives up to n packets from a queue, waiting for each up to PATIENCE_MS. */
uint16_t wire_receive(struct wire *wire, uint16_t queue, struct plx_mbuf **pkts, uint16_t n);
/* Receives frames first .. first + n - 1 in order, checks every byte, frees them. */
void wire_expect(struct wire *wire, uint32_t first, uint32_t n, size_t len);
/* Nothing comes for a while. */
void wire_expect_silence(struct wire *wire);
/*
 * Throws away what comes, until the far end is heard and nothing of what was put is still on its way. After a link went down and up it
 * learns of that in its own time, and until then loses what it sends.
 */
void wire_wait_for_far_end(struct wire *wire);
/*
 * Sends all, waiting for room up to PATIENCE_MS; what did not go is freed and makes the test fail. A port that only listens
 * takes none.
 */
void wire_send(struct wire *wire, uint16_t queue, struct plx_mbuf **pkts, uint16_t n);
/* How many of n packets that were sent the port takes: all, or none. */
uint64_t wire_taken(const struct wire *wire, uint64_t n);
/* Takes a frame out of the far end, waiting up to PATIENCE_MS; its length. */
size_t wire_take(struct wire *wire, void *frame, size_t size);
/* Takes frames first .. first + n - 1 out, in order, and checks every byte. */
void wire_take_frames(struct wire *wire, uint32_t first, uint32_t n, size_t len);
/* Throws away what is at the far end. */
void wire_drain(struct wire *wire);

/* Every packet accounted for, in both directions. */
void wire_check_ledger(struct wire *wire);
/* Every buffer of the pool at home and sane. */
void wire_check_pool(struct wire *wire);

/* open_fds() when a far end of this program has noticed what happened to ours. */
unsigned settled_fds(void);
void sleep_ms(unsigned ms);
uint64_t now_ms(void);

/* -- frames (frame.c) --------------------------------------------------------------------------------------- */

/* Frame number `seq`: to the address, of a type nobody else uses; the number and a pattern follow. */
void frame_make(uint8_t *frame, size_t len, const uint8_t to[6], uint32_t seq);
bool frame_is_ours(const uint8_t *frame, size_t len);
uint32_t frame_seq(const uint8_t *frame);
/* Fails the test at the first byte that differs. */
void frame_check(const uint8_t *frame, size_t len, const uint8_t to[6], uint32_t seq);
/* A packet that should be one of ours, whichever. */
void frame_check_mbuf(const struct plx_mbuf *m, const uint8_t to[6]);
/* The same in a packet of `nb_segs` segments as even as can be. */
struct plx_mbuf *
frame_mbuf(struct plx_pool *pool, size_t len, const uint8_t to[6], uint32_t seq, unsigned nb_segs);
/* Ethernet, IPv4 and UDP of flow number `flow`; `payload` bytes follow. Returns the length. */
size_t frame_make_udp(uint8_t *frame, const uint8_t to[6], uint16_t flow, size_t payload);

/* -- cases ------------------------------------------------------------------------------------------------- */

struct contract_case {
	const char *name;
	CMUnitTestFunction run;
	unsigned needs;
	const char *only; /* of one PMD only, NULL for all */
};
#define CASE(function, ...)                                     \
	{                                                       \
		.name = #function, .run = function, __VA_ARGS__ \
	}

extern const struct contract_case life_cases[], traffic_cases[], loss_cases[], books_cases[],
	queue_cases[], setting_cases[], sieve_cases[], thread_cases[], offload_cases[], tap_cases[],
	af_packet_cases[];

/* -- far ends ------------------------------------------------------------------------------------------------ */

/* 0, or negative if this program may not make a network namespace. */
int net_enter(void);
/* True if the kernel lets this process make BPF maps. */
bool net_may_bpf(void);
int net_run(const char *format, ...) PLX_PRINTF(1, 2);
/* A packet socket on the interface, or -1; with_header: a virtio-net header before each frame. */
int net_socket(const char *iface, bool with_header);
/* One capability of the calling thread, off and on again. */
int net_set_capability(int capability, bool on);

int null_open(struct wire *wire);
int attach_open(struct wire *wire);
void attach_close(struct wire *wire);
int attach_put(struct wire *wire, const void *frame, size_t len);
int cluster_open(struct wire *wire);
int cluster_ready(struct wire *wire);
void cluster_close(struct wire *wire);
int cluster_put(struct wire *wire, const void *frame, size_t len);
size_t cluster_get(struct wire *wire, void *frame, size_t size);
int e1000_open(struct wire *wire);
void e1000_close(struct wire *wire);
int e1000_put(struct wire *wire, const void *frame, size_t len);
size_t e1000_get(struct wire *wire, void *frame, size_t size);
int nicemu_open(struct wire *wire);
void nicemu_close(struct wire *wire);
void nicemu_die(struct wire *wire);
int nicemu_begin(struct wire *wire);
int nicemu_put(struct wire *wire, const void *frame, size_t len);
size_t nicemu_get(struct wire *wire, void *frame, size_t size);
void virtio_die(struct wire *wire);
int virtio_begin(struct wire *wire);
int virtio_open(struct wire *wire);
void virtio_close(struct wire *wire);
int virtio_put(struct wire *wire, const void *frame, size_t len);
size_t virtio_get(struct wire *wire, void *frame, size_t size);
int front_open(struct wire *wire);
void front_close(struct wire *wire);
int front_put(struct wire *wire, const void *frame, size_t len);
size_t front_get(struct wire *wire, void *frame, size_t size);
/* A path for a socket, wire->path[0], in a folder of its own, for a device of that name. */
int user_socket_make(struct wire *wire, const char *name);
void user_socket_remove(struct wire *wire);
/* What the name of the row says of its rings. */
bool user_is_packed(const struct wire *wire);
int back_open(struct wire *wire);
int back_plug(struct wire *wire);
void back_close(struct wire *wire);
int back_put(struct wire *wire, const void *frame, size_t len);
size_t back_get(struct wire *wire, void *frame, size_t size);
int tap_open(struct wire *wire);
int tap_plug(struct wire *wire);
int files_open(struct wire *wire);
int files_ready(struct wire *wire);
void files_close(struct wire *wire);
int files_put(struct wire *wire, const void *frame, size_t len);
size_t files_get(struct wire *wire, void *frame, size_t size);
int ring_open(struct wire *wire);
void ring_close(struct wire *wire);
/* The frame in buffers of the pool; NULL if there are none. */
struct plx_mbuf *ring_packet(struct plx_pool *pool, const uint8_t *frame, size_t len);
int ring_put(struct wire *wire, const void *frame, size_t len);
size_t ring_get(struct wire *wire, void *frame, size_t size);
int af_packet_open(struct wire *wire);
int af_xdp_open(struct wire *wire);
int veth_plug(struct wire *wire);
int veth_stretch(struct wire *wire, unsigned mtu);
void socket_close(struct wire *wire);
int socket_put(struct wire *wire, const void *frame, size_t len);
size_t socket_get(struct wire *wire, void *frame, size_t size);

#endif
