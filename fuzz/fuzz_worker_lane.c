/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A master of a cluster that says and writes what it likes: a port of net_cluster believes none of it that cannot be, reads and
 * writes nothing outside of what it was given, waits for nobody, loses no buffer, and ends.
 *
 *	input: [shape u8] [what the door answers, the welcome and the lane's head are changed by, as `shape` says] steps, each [what u8]
 *	memory: buffers full of one byte; whatever a packet has that is no such byte, the port found elsewhere
 */
#include "fuzz_port.h"
#include "plx_bits.h"
#include "plx_cluster.h"
#include "plx_cluster_lane.h"
#include "plx_cluster_slave.h"
#include "plx_door_client.h"
#include "plx_ethdev_open.h"
#include "plx_unixsock.h"

#include "cluster_attach_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE	   16
#define GRANTS	   8
#define RETURNS	   64
#define BUFFERS	   64
#define STRIDE	   2304
#define BUF_SIZE   2304
#define LANE_BYTES 8192
#define DATA_BYTES (BUFFERS * STRIDE)
#define FILLER	   0x11
#define BURST	   32
#define OWN	   255 /* buffers of the program's own pool */
#define PACKET_MAX (256 * 1024 + 65536)

#define CSUMS                                                                            \
	(PLX_MBUF_RX_IP_CSUM_GOOD | PLX_MBUF_RX_IP_CSUM_BAD | PLX_MBUF_RX_L4_CSUM_GOOD | \
	 PLX_MBUF_RX_L4_CSUM_BAD | PLX_MBUF_RX_L4_CSUM_NONE)
#define FACTS                                                                      \
	(CSUMS | PLX_MBUF_RX_VLAN | PLX_MBUF_RX_VLAN_STRIPPED | PLX_MBUF_RX_HASH | \
	 PLX_MBUF_RX_TIMESTAMP | PLX_MBUF_RX_OUTGOING)

extern const struct plx_driver plx_driver_net_cluster;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum shape {
	SCATTER = 1,
	WRITABLE = 2,
	TIMES = 4,
	LYING_ANSWER = 8,   /* n u8, bytes: what the door says of its clusters */
	LYING_WELCOME = 16, /* n u8, at u16, bytes; len u16 of it are sent */
	LYING_FDS = 32,	    /* which u8, what u8 */
	LYING_LANE = 64,    /* four times at u8, value u32: words of the lane's head */
};

enum fd_lie {
	NO_FD, /* nor those behind it */
	UNSEALED,
	A_PIPE, /* that nobody reads */
	TINY,
	A_FILE,
	AN_EVENTFD, /* blocking */
	READ_ONLY,
	FD_LIES,
};

enum step {
	PACKETS,  /* n u8, len u16, flags u8: as an honest master does it */
	LIE,	  /* at u8, value u32: a descriptor with a word of it changed */
	TAIL,	  /* by i32: and nothing is written */
	GRANT,	  /* n u8, number u32: the first of them */
	WRITE,	  /* at u16, n u8, bytes: into the lane */
	WORD,	  /* at u8, value u32: of the lane's head and counters, all of them */
	TALK,	  /* n u8: bytes on the connection, many times */
	RECEIVE,  /* n u8 */
	TRANSMIT, /* n u8, len u16 */
	STOP,
	START,
	HANG_UP,
	ASK,
	STEPS,
};

static struct plx_pool *pool;
static struct {
	struct plx_cluster_lane *lane;
	uint8_t *data;
	int lane_fd, data_fd, sock;
	char answer[256 + 1];
	struct welcome welcome;
	uint32_t welcome_len;
	unsigned lied_fd, fd_lie;
	bool lies, there; /* atomic: the link's thread asks, too */
} master;
static uint16_t port;
static unsigned shape;
static uint64_t delivered;

/* -- input ---------------------------------------------------------------------------------------------- */

struct input {
	const uint8_t *at, *end;
};

static uint32_t
take(struct input *input, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes && input->at < input->end; i++)
		value |= (uint32_t)*input->at++ << 8 * i;
	return value;
}

static void
take_bytes(struct input *input, void *to, size_t n)
{
	const size_t there = (size_t)(input->end - input->at);

	if (n > there)
		n = there;
	memcpy(to, input->at, n);
	input->at += n;
}

/* -- memory --------------------------------------------------------------------------------------------- */

static int
memory(size_t bytes, unsigned seals)
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	must(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0);
	must(fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

static void *
map(int fd, size_t bytes)
{
	void *addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	must(addr != MAP_FAILED);
	return addr;
}

static uint32_t
behind(uint64_t *end, size_t bytes)
{
	const uint64_t at = *end;

	*end = plx_align_up(at + bytes, PLX_CACHE_LINE);
	return (uint32_t)at;
}

static void
prepare_lane(void)
{
	struct plx_cluster_lane_shape s = {
		.magic = PLX_CLUSTER_LANE_MAGIC,
		.version = PLX_CLUSTER_LANE_VERSION,
		.flags = PLX_CLUSTER_SLAVE_PASSIVE |
			 ((shape & WRITABLE) != 0 ? PLX_CLUSTER_SLAVE_WRITE : 0) |
			 ((shape & TIMES) != 0 ? PLX_CLUSTER_SLAVE_TIMES : 0),
		.nb_rx_ports = 1,
		.nb_tx_ports = 2,
		.extra = GRANTS,
		.queue_len = QUEUE,
		.grant_len = GRANTS,
		.return_len = RETURNS,
		.send_len = QUEUE,
		.buffers = BUFFERS,
		.stride = STRIDE,
		.buf_size = BUF_SIZE,
		.headroom = 256,
	};
	uint64_t end = sizeof(struct plx_cluster_lane);

	s.queue_at = behind(&end, QUEUE * sizeof(struct plx_cluster_desc));
	s.kept_at = behind(&end, QUEUE * sizeof(uint64_t));
	s.grant_at = behind(&end, GRANTS * sizeof(uint32_t));
	s.return_at = behind(&end, RETURNS * sizeof(uint32_t));
	s.send_at = behind(&end, QUEUE * sizeof(struct plx_cluster_order));
	s.times_at = behind(&end, QUEUE * sizeof(uint64_t));
	s.bytes = end;
	must(end <= LANE_BYTES);
	memset(master.lane, 0, LANE_BYTES);
	master.lane->shape = s;
}

/* -- the door ------------------------------------------------------------------------------------------- */

unsigned
plx_door_list(struct plx_door_entry *ret_entries, unsigned n)
{
	if (!__atomic_load_n(&master.there, __ATOMIC_ACQUIRE))
		return 0;
	ret_entries[0] = (struct plx_door_entry){.name = "hostile", .path = "hostile"};
	return 1;
}

int
plx_door_call(const char *path, const char *request, int timeout_ms,
	      struct plx_door_answer *ret_answer, struct plx_why *why)
{
	*ret_answer = (struct plx_door_answer){.text = strdup(master.answer)};
	return ret_answer->text != NULL ? 0 : -ENOMEM;
}

void
plx_door_answer_free(struct plx_door_answer *answer)
{
	free(answer->text);
}

/* In place of the fd of this number; the caller's. */
static int
lied_fd(int fd)
{
	char path[32];
	int ends[2];

	switch (master.fd_lie % FD_LIES) {
	case UNSEALED:
		return memory(DATA_BYTES, F_SEAL_GROW);
	case A_PIPE:
		must(pipe2(ends, O_CLOEXEC) == 0);
		close(ends[0]);
		return ends[1];
	case TINY:
		return memory(1, F_SEAL_SHRINK);
	case A_FILE:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case AN_EVENTFD:
		return eventfd(0, EFD_CLOEXEC);
	case READ_ONLY:
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		must(fd >= 0);
		return fd;
	default:
		return dup(fd);
	}
}

static void
send_welcome(int sock)
{
	int fds[WELCOME_FDS] = {master.lane_fd, master.data_fd};
	const unsigned lied = master.lied_fd % WELCOME_FDS;
	unsigned n = WELCOME_FDS;

	if (master.lies) {
		fds[lied] = lied_fd(fds[lied]);
		if (master.fd_lie % FD_LIES == NO_FD)
			n = lied;
	}
	must(plx_unixsock_send(sock, &master.welcome, master.welcome_len, NULL, 0, fds, n, 0) == 0);
	if (master.lies)
		close(fds[lied]);
}

int
plx_door_attach(const char *path, const char *request, int timeout_ms,
		struct plx_door_answer *ret_answer, int *ret_fd, struct plx_why *why)
{
	int ends[2];

	must(master.sock < 0);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	master.sock = ends[0];
	*ret_fd = ends[1];
	*ret_answer = (struct plx_door_answer){.text = strdup("{}")};
	send_welcome(master.sock);
	return 0;
}

/* -- lies before there is a port ------------------------------------------------------------------------ */

static void
prepare_words(struct input *input)
{
	uint32_t n, at;

	snprintf(master.answer, sizeof(master.answer), "{\"result\":{\"clusters\":[{\"id\":10}]}}");
	if ((shape & LYING_ANSWER) != 0) {
		n = take(input, 1);
		memset(master.answer, 0, sizeof(master.answer));
		take_bytes(input, master.answer, n);
	}
	master.welcome = (struct welcome){.version = PLX_CLUSTER_LANE_VERSION};
	master.welcome_len = sizeof(master.welcome);
	if ((shape & LYING_WELCOME) != 0) {
		n = take(input, 1);
		at = take(input, 2) % sizeof(master.welcome);
		if (n > sizeof(master.welcome) - at)
			n = (uint32_t)sizeof(master.welcome) - at;
		take_bytes(input, (uint8_t *)&master.welcome + at, n);
		master.welcome_len = 1 + take(input, 2) % (uint32_t)sizeof(master.welcome);
	}
	master.lies = (shape & LYING_FDS) != 0;
	master.lied_fd = master.lies ? take(input, 1) : 0;
	master.fd_lie = master.lies ? take(input, 1) : 0;
	for (unsigned i = 0; i < 4 && (shape & LYING_LANE) != 0; i++) {
		at = take(input, 1) % (sizeof(struct plx_cluster_lane_shape) / 4);
		n = take(input, 4);
		memcpy((uint8_t *)master.lane + 4 * (size_t)at, &n, 4);
	}
}

/* -- the port ------------------------------------------------------------------------------------------- */

static void
must_be_theirs(const struct plx_mbuf *m)
{
	uint8_t some[8], filler[8];
	const uint32_t n = m->pkt_len < 8 ? m->pkt_len : 8;

	memset(filler, FILLER, sizeof(filler));
	must(m->pkt_len <= PACKET_MAX);
	must(n == 0 || memcmp(plx_mbuf_read(m, 0, n, some), filler, n) == 0);
	must(n == 0 || memcmp(plx_mbuf_read(m, m->pkt_len - n, n, some), filler, n) == 0);
}

static void
receive(uint16_t n)
{
	struct plx_mbuf *pkts[BURST];
	const uint16_t got = plx_ethdev_rx_burst(port, 0, pkts, n);

	must(got <= n);
	for (uint16_t i = 0; i < got; i++) {
		must(plx_mbuf_check(pkts[i], NULL) == 0);
		must((pkts[i]->ol_flags & ~FACTS) == 0);
		must(pkts[i]->queue < PLX_CLUSTER_PORTS_MAX);
		must_be_theirs(pkts[i]);
	}
	plx_mbuf_free_bulk(pkts, got);
	delivered += got;
}

/* What is sent is what the buffers are full of, so that it is told from what lies elsewhere. */
static void
transmit(uint16_t n, uint16_t len)
{
	struct plx_mbuf *pkts[BURST];
	uint16_t made = 0, taken;

	while (made < n && (pkts[made] = plx_mbuf_alloc(pool)) != NULL) {
		const uint16_t room = (uint16_t)plx_mbuf_tailroom(pkts[made]);

		memset(plx_mbuf_append(pkts[made], len < room ? len : room), FILLER,
		       len < room ? len : room);
		made++;
	}
	taken = plx_ethdev_tx_burst(port, 0, pkts, made);
	must(taken <= made);
	plx_mbuf_free_bulk(pkts + taken, made - taken);
}

static void
ask(void)
{
	struct plx_ethdev_ledger ledger;
	struct plx_ethdev_stats stats;
	struct plx_ethdev_link link;

	must(plx_ethdev_ledger(port, &ledger) == 0 && ledger.rx_delivered == delivered);
	must(plx_ethdev_stats(port, &stats) == 0 && stats.rx_packets == delivered);
	must(plx_ethdev_link(port, &link) == 0);
	plx_ethdev_rx_queue_count(port, 0);
}

static void
start(void)
{
	const struct plx_ethdev_conf conf = {
		.rx_offloads = (shape & SCATTER) != 0 ? PLX_ETH_RX_OFFLOAD_SCATTER : 0};

	if (plx_ethdev_configure(port, 1, 1, &conf, NULL) != 0) /* it runs */
		return;
	must(plx_ethdev_rx_queue_setup(port, 0, 0, pool, NULL) == 0);
	must(plx_ethdev_tx_queue_setup(port, 0, 0, NULL) == 0);
	must(plx_ethdev_start(port, NULL) == 0);
	must(plx_ethdev_rx_fd(port, 0) >= 0);
}

/* -- the master ----------------------------------------------------------------------------------------- */

static struct plx_cluster_desc *
slot(uint32_t i)
{
	struct plx_cluster_lane *lane = master.lane;

	return (struct plx_cluster_desc *)(void *)((uint8_t *)lane + sizeof(*lane)) + i % QUEUE;
}

static void
put(uint32_t len, uint32_t flags, unsigned word, uint32_t value)
{
	struct plx_cluster_lane *lane = master.lane;
	const uint32_t tail = lane->master.tail;
	struct plx_cluster_desc desc = {.number = tail % BUFFERS,
					.off = (uint16_t)(len < BUF_SIZE ? BUF_SIZE - len : 0),
					.len = (uint16_t)len,
					.hash = tail,
					.flags = (uint8_t)flags};

	if (word < sizeof(desc) / 4)
		memcpy((uint8_t *)&desc + 4 * (size_t)word, &value, 4);
	*slot(tail) = desc;
	__atomic_store_n(&lane->master.tail, tail + 1, __ATOMIC_RELEASE);
}

static void
grant(uint32_t n, uint32_t number)
{
	struct plx_cluster_lane *lane = master.lane;
	uint32_t *grants = (uint32_t *)(void *)((uint8_t *)lane + sizeof(*lane) +
						QUEUE * (sizeof(struct plx_cluster_desc) + 8));

	for (uint32_t i = 0; i < n; i++)
		grants[(lane->master.grant_tail + i) % GRANTS] = number + i;
	__atomic_store_n(&lane->master.grant_tail, lane->master.grant_tail + n, __ATOMIC_RELEASE);
}

/* Everything but the shape, which was believed or not. */
static void
change_word(uint32_t at, uint32_t value)
{
	const uint32_t first = offsetof(struct plx_cluster_lane, master) / 4;
	const uint32_t n = sizeof(struct plx_cluster_lane) / 4 - first;

	memcpy((uint8_t *)master.lane + 4 * (size_t)(first + at % n), &value, 4);
}

static void
talk(uint32_t n)
{
	const uint64_t words = 0;

	for (uint32_t i = 0; i < n * 4 && master.sock >= 0; i++)
		if (send(master.sock, &words, 1 + i % 8, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
}

static void
hang_up(void)
{
	if (master.sock >= 0)
		close(master.sock);
	master.sock = -1;
}

/* -- steps ---------------------------------------------------------------------------------------------- */

static void
write_some(struct input *input)
{
	const uint32_t at = take(input, 2) % (LANE_BYTES - 256), n = take(input, 1);

	if (at + n >= offsetof(struct plx_cluster_lane, master))
		take_bytes(input, (uint8_t *)master.lane + at, n);
}

static void
act_as_master(enum step what, struct input *input)
{
	uint32_t a, b;

	switch (what) {
	case PACKETS:
		a = take(input, 1) % (2 * QUEUE);
		b = take(input, 2);
		for (const uint32_t flags = take(input, 1); a > 0; a--)
			put(b, flags, UINT32_MAX, 0);
		break;
	case LIE:
		a = take(input, 1) % 4;
		put(60, 0, a, take(input, 4));
		break;
	case TAIL:
		master.lane->master.tail += take(input, 4);
		break;
	case GRANT:
		a = take(input, 1) % (2 * GRANTS);
		grant(a, take(input, 4));
		break;
	case WRITE:
		write_some(input);
		break;
	case WORD:
		a = take(input, 1);
		change_word(a, take(input, 4));
		break;
	case TALK:
		talk(take(input, 1));
		break;
	case HANG_UP:
		hang_up();
		break;
	default:
		break;
	}
}

static void
take_step(struct input *input)
{
	const enum step what = take(input, 1) % STEPS;
	uint32_t n;

	if (what == RECEIVE) {
		receive((uint16_t)(1 + take(input, 1) % BURST));
	} else if (what == TRANSMIT) {
		n = 1 + take(input, 1) % BURST;
		transmit((uint16_t)n, (uint16_t)take(input, 2));
	} else if (what == STOP) {
		plx_ethdev_stop(port);
	} else if (what == START) {
		start();
	} else {
		act_as_master(what, input);
	}
	ask();
}

/* -- the whole ------------------------------------------------------------------------------------------ */

static void
prepare(void)
{
	const unsigned seals = F_SEAL_SHRINK | F_SEAL_GROW;

	pool = fuzz_port_init(&plx_driver_net_cluster, NULL, OWN);
	master.lane_fd = memory(LANE_BYTES, seals);
	master.data_fd = memory(DATA_BYTES, seals);
	master.lane = map(master.lane_fd, LANE_BYTES);
	master.data = map(master.data_fd, DATA_BYTES);
	memset(master.data, FILLER, DATA_BYTES);
	master.sock = -1;
}

/* Nothing that was mapped or opened is left: the lowest free number is what it was. */
static int
lowest_fd(void)
{
	const int fd = dup(0);

	must(fd >= 0);
	close(fd);
	return fd;
}

static void
run(struct input *input)
{
	char device[64];

	snprintf(device, sizeof(device), "net_cluster0,cluster=10,times=%d,writable=%d",
		 (shape & TIMES) != 0, (shape & WRITABLE) != 0);
	if (plx_ethdev_attach(device, &port, NULL) != 0)
		return;
	__atomic_store_n(&master.there, false, __ATOMIC_RELEASE); /* there is no second one */
	delivered = 0;
	start();
	while (input->at < input->end)
		take_step(input);
	receive(BURST);
	ask();
	plx_ethdev_stop(port);
	must(plx_ethdev_detach(port, NULL) == 0);
	for (size_t i = 0; i < DATA_BYTES; i += 64)
		must(master.data[i] == FILLER);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, data + size};
	int fd;

	if (pool == NULL)
		prepare();
	shape = take(&input, 1);
	prepare_lane();
	prepare_words(&input);
	fd = lowest_fd();
	__atomic_store_n(&master.there, true, __ATOMIC_RELEASE);
	run(&input);
	hang_up();
	must(plx_pool_in_use(pool) == 0);
	must(lowest_fd() == fd);
	return 0;
}
