/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tapped program that writes what it likes into the memory of its tap: a port of net_attach believes none of it that cannot be,
 * reads nothing outside the lane, loses no buffer, and ends.
 *
 *	input: [shape u8] steps, each [what u8] and what belongs to it
 *	memory: three lanes; the program writes the one in the middle, the others are full of a byte that it never writes
 */
#include "fuzz_port.h"
#include "plx_ethdev_open.h"
#include "plx_net_attach.h"
#include "plx_tap.h"

#include "attach_priv.h"
#include "tap_region.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>

#define LANES	3
#define MIDDLE	1
#define BYTES	PLX_TAP_LANE_MIN
#define GUARD	0xee
#define FILLER	0x11
#define BURST	32
#define BUFFERS 255

#define FACTS (PLX_MBUF_RX_HASH | PLX_MBUF_RX_VLAN)
#define SIGNS (PLX_MBUF_RX_TIMESTAMP | PLX_MBUF_RX_OUTGOING | PLX_MBUF_RX_CUT)

extern const struct plx_driver plx_driver_net_attach;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum shape {
	SCATTER = 1,
	LYING_HEAD = 2,
};

enum step {
	RECORD,	 /* len u16, flags u8: as an honest program does it */
	MANY,	 /* n u8, len u16: the same, often */
	LIE,	 /* len u16, word u8, value u32: with one word of it changed */
	HEAD,	 /* by i32: and nothing is written */
	WRITE,	 /* at u32, n u8, bytes */
	COUNTS,	 /* which u8, value u32 */
	ABOUT,	 /* at u8, value u32: the region's head, later */
	RECEIVE, /* n u8 */
	STOP,
	START,
	ASK,
	STEPS,
};

static struct plx_pool *pool;
static struct tap_region program;
static int fds[2];
static int connection;
static uint16_t port;
static bool scatter, broken;
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

/* -- the program ---------------------------------------------------------------------------------------- */

static uint8_t *
ring(void)
{
	return program.rings + MIDDLE * BYTES;
}

static void
write_bytes(uint64_t at, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const uint8_t byte = ((const uint8_t *)bytes)[i];

		ring()[(at + i) % BYTES] = byte != GUARD ? byte : FILLER;
	}
}

/* Behind the head, around the end if need be; with `word` of it replaced. */
static void
put_record(uint32_t len, uint32_t flags, unsigned word, uint32_t value)
{
	struct tap_lane_head *lane = &program.lanes[MIDDLE];
	struct tap_record record = {.size = (sizeof(record) + len + 7) & ~UINT32_C(7),
				    .kind = TAP_PACKET,
				    .wire_len = len + (flags & 0xf),
				    .cap_len = len,
				    .ol_flags = flags >> 4};
	const uint64_t size = record.size, to_end = BYTES - lane->head % BYTES;

	if (to_end < size) {
		const struct tap_record pad = {.size = (uint32_t)to_end, .kind = TAP_PAD};

		write_bytes(lane->head, &pad, 8);
		lane->head += to_end;
	}
	if (word < sizeof(record) / 4)
		memcpy((uint8_t *)&record + 4 * (size_t)word, &value, 4);
	write_bytes(lane->head, &record, sizeof(record));
	lane->recorded++;
	lane->head += size;
}

static void
prepare_region(bool lying, struct input *input)
{
	struct tap_head *head = program.head;

	*head = (struct tap_head){.magic = TAP_MAGIC,
				  .version = TAP_VERSION,
				  .nb_lanes = LANES,
				  .lane_bytes = BYTES,
				  .snaplen = UINT32_MAX,
				  .mtu = 1500,
				  .name = "net_null0"};
	memset(program.lanes, 0, LANES * sizeof(*program.lanes));
	memset(ring(), FILLER, BYTES);
	memset(program.tails, 0, program.tails_bytes);
	for (unsigned i = 0; i < 4 && lying; i++) {
		const uint32_t at = take(input, 1) % (sizeof(*head) / 4), value = take(input, 4);

		memcpy((uint8_t *)head + 4 * (size_t)at, &value, 4);
	}
}

/* In place of the driver's call: the answer is what lies in our region. */
int
attach_call(struct attach_port *attached, struct plx_why *why)
{
	const int ret = plx_tap_reader_create(fds, &attached->reader, why);

	if (ret != 0)
		return ret;
	plx_tap_reader_source(attached->reader, &attached->source);
	must(attached->source.nb_lanes == LANES);
	attached->fd = connection = eventfd(0, EFD_CLOEXEC);
	return 0;
}

/* -- the reader ----------------------------------------------------------------------------------------- */

static void
must_be_inside(const struct plx_mbuf *m)
{
	uint8_t some[8], guard[8];
	const uint32_t n = m->pkt_len < 8 ? m->pkt_len : 8;

	memset(guard, GUARD, sizeof(guard));
	must(n == 0 || memcmp(plx_mbuf_read(m, 0, n, some), guard, n) != 0);
	must(n == 0 || memcmp(plx_mbuf_read(m, m->pkt_len - n, n, some), guard, n) != 0);
}

/* What is there and is not read is nonsense, which is told. */
static void
must_have_read_all(void)
{
	struct plx_net_attach_facts facts;
	struct plx_ethdev_info info;

	must(plx_net_attach_facts(port, &facts) == 0 && plx_ethdev_info(port, &info) == 0);
	must(program.lanes[MIDDLE].head == program.tails->lane[MIDDLE].tail ||
	     facts.end == PLX_NET_ATTACH_NONSENSE || info.state != PLX_ETHDEV_STARTED);
}

static void
receive(uint16_t n)
{
	struct plx_mbuf *pkts[BURST];
	const uint64_t *tail = &program.tails->lane[MIDDLE].tail, from = *tail;
	const uint64_t there = program.lanes[MIDDLE].head - from;
	const uint16_t got = plx_ethdev_rx_burst(port, 0, pkts, n);

	must(got <= n && (got == 0 || !broken));
	must(*tail - from <= (there <= BYTES ? there : 0));
	for (uint16_t i = 0; i < got; i++) {
		must(plx_mbuf_check(pkts[i], NULL) == 0);
		must((pkts[i]->ol_flags & ~(FACTS | SIGNS)) == 0);
		must((pkts[i]->ol_flags & PLX_MBUF_RX_CUT) == 0 ||
		     pkts[i]->wire_len > pkts[i]->pkt_len);
		must_be_inside(pkts[i]);
	}
	plx_mbuf_free_bulk(pkts, got);
	delivered += got;
	if (got < n)
		must_have_read_all();
}

static void
ask(void)
{
	struct plx_net_attach_facts facts;
	struct plx_ethdev_ledger ledger;
	struct plx_ethdev_stats stats;
	struct plx_ethdev_link link;

	must(plx_net_attach_facts(port, &facts) == 0);
	must(memchr(facts.port, '\0', sizeof(facts.port)) != NULL);
	for (const char *c = facts.port; *c != '\0'; c++)
		must(*c >= ' ' && *c <= '~');
	must(!broken || facts.end == PLX_NET_ATTACH_NONSENSE);
	broken = facts.end == PLX_NET_ATTACH_NONSENSE;
	must(plx_ethdev_ledger(port, &ledger) == 0 && ledger.rx_delivered == delivered);
	must(plx_ethdev_stats(port, &stats) == 0 && stats.rx_packets == delivered);
	must(plx_ethdev_link(port, &link) == 0 && !(broken && link.up));
	plx_ethdev_rx_queue_count(port, 0);
}

static void
start(void)
{
	const struct plx_ethdev_conf conf = {.rx_offloads =
						     scatter ? PLX_ETH_RX_OFFLOAD_SCATTER : 0};

	if (plx_ethdev_configure(port, 1, 1, &conf, NULL) != 0) /* it runs */
		return;
	must(plx_ethdev_rx_queue_setup(port, 0, 0, pool, NULL) == 0);
	must(plx_ethdev_tx_queue_setup(port, 0, 0, NULL) == 0);
	must(plx_ethdev_start(port, NULL) == 0);
}

/* -- steps ---------------------------------------------------------------------------------------------- */

static void
tamper(enum step what, struct input *input)
{
	struct tap_lane_head *lane = &program.lanes[MIDDLE];
	const uint32_t a = take(input, what == WRITE ? 4 : 1),
		       b = take(input, what == WRITE ? 1 : 4);
	uint64_t *const counts[] = {&lane->head, &lane->recorded, &lane->filtered, &lane->dropped,
				    &program.head->unlaned};

	if (what == WRITE) {
		const size_t there = (size_t)(input->end - input->at), n = b < there ? b : there;

		write_bytes(a, input->at, n);
		input->at += n;
	} else if (what == COUNTS) {
		*counts[a % PLX_ARRAY_LEN(counts)] = (uint64_t)(int64_t)(int32_t)b;
	} else {
		memcpy((uint8_t *)program.head + 4 * (size_t)(a % (sizeof(*program.head) / 4)), &b,
		       4);
	}
}

static void
take_step(struct input *input)
{
	const enum step what = take(input, 1) % STEPS;
	uint32_t n, len;

	if (what == RECORD) {
		len = take(input, 2);
		put_record(len, take(input, 1), UINT32_MAX, 0);
	} else if (what == MANY) {
		n = take(input, 1);
		len = take(input, 2) % 4096;
		for (uint32_t i = 0; i < n; i++)
			put_record(len, 0, UINT32_MAX, 0);
	} else if (what == LIE) {
		len = take(input, 2);
		n = take(input, 1) % (sizeof(struct tap_record) / 4);
		put_record(len, 0, n, take(input, 4));
	} else if (what == HEAD) {
		program.lanes[MIDDLE].head += (uint64_t)(int64_t)(int32_t)take(input, 4);
	} else if (what == WRITE || what == COUNTS || what == ABOUT) {
		tamper(what, input);
	} else if (what == RECEIVE) {
		receive((uint16_t)(1 + take(input, 1) % BURST));
	} else if (what == STOP) {
		plx_ethdev_stop(port);
	} else if (what == START) {
		start();
	}
	ask();
}

static void
prepare(void)
{
	pool = fuzz_port_init(&plx_driver_net_attach, NULL, BUFFERS);
	must(tap_region_make(LANES, BYTES, &program, fds, NULL) == 0);
	memset(program.rings, GUARD, LANES * BYTES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, data + size};
	const uint32_t shape = take(&input, 1);

	if (pool == NULL)
		prepare();
	prepare_region((shape & LYING_HEAD) != 0, &input);
	if (plx_ethdev_attach("net_attach0,program=hostile", &port, NULL) != 0)
		return 0;
	scatter = (shape & SCATTER) != 0;
	broken = false;
	delivered = 0;
	start();
	while (input.at < input.end)
		take_step(&input);
	receive(BURST);
	ask();
	plx_ethdev_stop(port);
	must(plx_ethdev_detach(port, NULL) == 0);
	must(fcntl(connection, F_GETFD) < 0 && errno == EBADF);
	must(plx_pool_in_use(pool) == 0);
	return 0;
}
