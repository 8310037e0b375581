/* SPDX-License-Identifier: BSD-3-Clause */
/* The fixture: a port, its far end and a pool, and the moves that all tests are made of. */
#include "contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pollux/plx_driver.h>

#define SILENCE_MS 30
#define PROBE \
	0xf0000000u /* the first of frames that only ask who hears them: even ones, as rules may want them */

void
sleep_ms(unsigned ms)
{
	struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}

uint64_t
now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* The softirq that brings packets may need our CPU. */
static void
breathe(void)
{
	struct timespec time = {0, 50000};

	nanosleep(&time, NULL);
}

unsigned
settled_fds(void)
{
	unsigned before, now = open_fds();

	for (unsigned i = 0; i < 40; i++) {
		before = now;
		sleep_ms(50);
		now = open_fds();
		if (now == before)
			break;
	}
	return now;
}

/* -- the port ------------------------------------------------------------------------------------------ */

void
wire_plug(struct wire *wire)
{
	struct plx_why why = {""};
	int err;

	if (wire->pmd->ready != NULL)
		assert_int_equal(wire->pmd->ready(wire), 0);
	err = plx_device_attach(wire->devargs, &why);

	if (err != 0)
		print_error("%s: %s\n", wire->devargs, why.text);
	assert_int_equal(err, 0);
	assert_int_equal(plx_ethdev_by_name(wire->name, &wire->port), 0);
	assert_int_equal(plx_ethdev_mac(wire->port, wire->mac), 0);
	if (wire->pmd->plug != NULL)
		assert_int_equal(wire->pmd->plug(wire), 0);
}

void
wire_unplug(struct wire *wire)
{
	assert_int_equal(plx_device_detach(wire->name, NULL), 0);
}

/* -- the mark of an application ------------------------------------------------------------------------ */

#define MARKED 64 /* bytes that a mark speaks of, where packets begin */

static void
fill_marked(uint8_t bytes[MARKED], uint32_t number)
{
	for (unsigned i = 0; i < MARKED; i++)
		bytes[i] = (uint8_t)(number * 31 + i * 7 + 1);
}

/* Each buffer says of itself that it holds bytes of ours, as long as nobody writes into it. */
static void
mark_pool(struct plx_pool *pool)
{
	for (uint32_t i = 0; i < pool->n; i++) {
		struct plx_mbuf *m = plx_pool_mbuf(pool, i);

		fill_marked(m->buf + pool->headroom, i);
		m->ol_flags = PLX_MBUF_APP;
		m->timestamp = i;
	}
}

/* Whatever a device did with a buffer, it says nothing that is not true. */
static bool
marks_are_true(const struct plx_pool *pool)
{
	for (uint32_t i = 0; i < pool->n; i++) {
		const struct plx_mbuf *m = plx_pool_mbuf(pool, i);
		uint8_t bytes[MARKED];

		fill_marked(bytes, i);
		if ((m->ol_flags & PLX_MBUF_APP) == 0 ||
		    memcmp(m->buf + pool->headroom, bytes, MARKED) == 0)
			continue;
		print_error("buffer %u was written into and kept the application's mark\n", i);
		return false;
	}
	return true;
}

/* -- a test ---------------------------------------------------------------------------------------------- */

int
wire_setup(void **state)
{
	static unsigned number;
	char pool_name[32];
	struct plx_pool_params params = {
		.name = pool_name, .n = POOL_BUFFERS, .cache = 64, .node = -1};
	struct wire *wire = calloc(1, sizeof(*wire));
	struct plx_why why = {""};

	if (wire == NULL)
		return -1;
	/* A test that loses buffers keeps its pool, and only that. */
	snprintf(pool_name, sizeof(pool_name), "contract%u", number++);
	wire->pmd = contract_pmd;
	wire->sock = -1;
	wire->fds = open_fds();
	snprintf(wire->name, sizeof(wire->name), "%s0", wire->pmd->name);
	if (plx_pool_create(&params, &wire->pool, &why) != 0) {
		print_error("%s\n", why.text);
		return -1;
	}
	mark_pool(wire->pool);
	if (wire->pmd->open(wire) != 0)
		return -1;
	*state = wire;
	wire_plug(wire);
	return 0;
}

int
wire_teardown(void **state)
{
	struct wire *wire = *state;
	struct plx_why why = {""};
	int ret = 0;

	plx_device_detach(wire->name, NULL);
	if (wire->pmd->close != NULL)
		wire->pmd->close(wire);
	plx_pool_cache_flush(wire->pool);
	if (!marks_are_true(wire->pool))
		ret = -1;
	if (plx_pool_destroy(wire->pool, &why) != 0) {
		print_error("%s\n", why.text);
		ret = -1;
	}
	if (wire->complaint != NULL) {
		print_error("%s\n", wire->complaint);
		ret = -1;
	}
	if (open_fds() != wire->fds) {
		print_error("%u fds were open before, %u are now\n", wire->fds, open_fds());
		ret = -1;
	}
	free(wire);
	return ret;
}

void
wire_set_up_queues(struct wire *wire, struct plx_pool *pool)
{
	struct plx_ethdev_info info;
	struct plx_why why = {""};

	assert_int_equal(plx_ethdev_info(wire->port, &info), 0);
	for (uint16_t i = 0; i < info.nb_rx_queues; i++) {
		int err = plx_ethdev_rx_queue_setup(wire->port, i, 0, pool, &why);

		if (err != 0)
			print_error("%s\n", why.text);
		assert_int_equal(err, 0);
	}
	for (uint16_t i = 0; i < info.nb_tx_queues; i++)
		assert_int_equal(plx_ethdev_tx_queue_setup(wire->port, i, 0, &why), 0);
}

void
wire_start(struct wire *wire, uint16_t nb_queues, const struct plx_ethdev_conf *conf)
{
	struct plx_why why = {""};
	int err;

	assert_int_equal(plx_ethdev_configure(wire->port, nb_queues, nb_queues, conf, &why), 0);
	wire_set_up_queues(wire, wire->pool);
	err = plx_ethdev_start(wire->port, &why);
	if (err != 0)
		print_error("%s\n", why.text);
	assert_int_equal(err, 0);
}

/* -- where packets went -------------------------------------------------------------------------------- */

static void
print_ledger(const struct plx_ethdev_ledger *ledger)
{
	print_error("received %" PRIu64 " delivered %" PRIu64 " waiting %" PRIu64 "; taken %" PRIu64
		    " sent %" PRIu64 " in flight %" PRIu64 "\n",
		    ledger->rx_received, ledger->rx_delivered, ledger->rx_waiting, ledger->tx_taken,
		    ledger->tx_sent, ledger->tx_in_flight);
	for (unsigned i = 0; i < ledger->nb_rx_losses; i++)
		print_error("  rx %s: %" PRIu64 "\n", ledger->rx_loss[i].name,
			    ledger->rx_loss[i].packets);
	for (unsigned i = 0; i < ledger->nb_tx_losses; i++)
		print_error("  tx %s: %" PRIu64 "\n", ledger->tx_loss[i].name,
			    ledger->tx_loss[i].packets);
}

/* What did not come in time: all that is known of where it went. */
static void
print_missing(const struct wire *wire, unsigned got, unsigned wanted)
{
	struct plx_ethdev_ledger ledger;

	print_error("%u of %u packets came\n", got, wanted);
	if (plx_ethdev_ledger(wire->port, &ledger) == 0)
		print_ledger(&ledger);
	if (wire->pmd->needs_net &&
	    net_run("{ ip -s -s link; cat /proc/net/softnet_stat; } >&2") != 0)
		print_error("and the kernel's counts cannot be shown\n");
}

/* -- traffic in ---------------------------------------------------------------------------------------- */

void
wire_put(struct wire *wire, uint32_t first, uint32_t n, size_t len)
{
	uint8_t frame[FRAME_MAX];

	for (uint32_t i = 0; i < n; i++) {
		frame_make(frame, len, wire->mac, first + i);
		assert_int_equal(wire->pmd->put(wire, frame, len), 0);
	}
}

uint16_t
wire_receive(struct wire *wire, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	uint16_t got = 0;

	while (got < n && now_ms() < until) {
		uint16_t part =
			plx_ethdev_rx_burst(wire->port, queue, pkts + got, (uint16_t)(n - got));

		assert_true(part <= n - got);
		if (part == 0)
			breathe();
		else
			until = now_ms() + PATIENCE_MS;
		got = (uint16_t)(got + part);
	}
	if (got < n)
		print_missing(wire, got, n);
	return got;
}

/* The bytes of a packet, whatever its segments. */
static const uint8_t *
bytes_of(const struct plx_mbuf *m, uint8_t buf[FRAME_MAX])
{
	struct plx_why why = {""};

	if (plx_mbuf_check(m, &why) != 0)
		print_error("%s\n", why.text);
	assert_int_equal(plx_mbuf_check(m, NULL), 0);
	assert_true(m->pkt_len <= FRAME_MAX);
	return plx_mbuf_read(m, 0, m->pkt_len, buf);
}

/* What becomes of so many bytes on the wire; what follows them is zeroes. */
static size_t
padded(const struct wire *wire, const uint8_t *frame, size_t len, size_t got)
{
	const size_t expected = (wire->pmd->has & HAS_PADS) != 0 && len < 60 ? 60 : len;

	for (size_t i = len; got == expected && i < expected; i++)
		assert_int_equal(frame[i], 0);
	return expected;
}

void
wire_expect(struct wire *wire, uint32_t first, uint32_t n, size_t len)
{
	struct plx_mbuf *pkts[BURST];
	uint8_t buf[FRAME_MAX];

	for (uint32_t done = 0; done < n;) {
		uint16_t want = (uint16_t)(n - done < BURST ? n - done : BURST);
		uint16_t got = wire_receive(wire, 0, pkts, want);

		assert_int_equal(got, want);
		for (uint16_t i = 0; i < got; i++) {
			const uint8_t *bytes = bytes_of(pkts[i], buf);
			const size_t expected = padded(wire, bytes, len, pkts[i]->pkt_len);

			assert_int_equal(pkts[i]->pkt_len, expected);
			assert_int_equal(pkts[i]->port, wire->port);
			frame_check(bytes, len, wire->mac, first + done + i);
		}
		plx_mbuf_free_bulk(pkts, got);
		done += got;
	}
}

void
wire_expect_silence(struct wire *wire)
{
	uint64_t until = now_ms() + SILENCE_MS;

	while (now_ms() < until) {
		struct plx_mbuf *m;

		if (plx_ethdev_rx_burst(wire->port, 0, &m, 1) == 1) {
			print_error("%u bytes came:", m->pkt_len);
			for (unsigned i = 0; i < m->data_len && i < 64; i++)
				print_error(" %02x", ((const uint8_t *)plx_mbuf_data(m))[i]);
			plx_mbuf_free(m);
			fail_msg("where nothing was expected");
		}
		breathe();
	}
}

/* Throws away what comes until it is a frame of this number, or a later one. */
static bool
hears_from(struct wire *wire, uint32_t seq, unsigned patience_ms)
{
	const uint64_t until = now_ms() + patience_ms;
	uint8_t buf[FRAME_MAX];
	bool heard = false;

	do {
		struct plx_mbuf *m;

		if (plx_ethdev_rx_burst(wire->port, 0, &m, 1) == 1) {
			const uint8_t *bytes = bytes_of(m, buf);

			heard = frame_is_ours(bytes, m->pkt_len) && frame_seq(bytes) >= seq;
			plx_mbuf_free(m);
		} else {
			breathe();
		}
	} while (!heard && now_ms() < until);
	return heard;
}

void
wire_wait_for_far_end(struct wire *wire)
{
	const uint64_t until = now_ms() + PATIENCE_MS;
	unsigned patience_ms = 20;

	/* Until the last one that was put is heard: then nothing is still to come. */
	for (uint32_t seq = PROBE;; seq += 2) {
		wire_put(wire, seq, 1, 100);
		if (hears_from(wire, seq, patience_ms))
			return;
		assert_true(now_ms() < until);
		patience_ms = patience_ms < 1000 ? 2 * patience_ms : patience_ms;
	}
}

/* -- traffic out --------------------------------------------------------------------------------------- */

void
wire_send(struct wire *wire, uint16_t queue, struct plx_mbuf **pkts, uint16_t n)
{
	uint64_t until = now_ms() + PATIENCE_MS;
	uint16_t done = 0;

	if (wire->pmd->has & HAS_NO_TX)
		until = 0;
	do {
		uint16_t part =
			plx_ethdev_tx_burst(wire->port, queue, pkts + done, (uint16_t)(n - done));

		assert_true(part <= n - done);
		done = (uint16_t)(done + part);
		if (part == 0)
			breathe();
	} while (done < n && now_ms() < until);
	for (uint16_t i = done; i < n; i++)
		plx_mbuf_free(pkts[i]);
	assert_int_equal(done, wire_taken(wire, n));
}

uint64_t
wire_taken(const struct wire *wire, uint64_t n)
{
	return wire->pmd->has & HAS_NO_TX ? 0 : n;
}

size_t
wire_take(struct wire *wire, void *frame, size_t size)
{
	uint64_t until = now_ms() + PATIENCE_MS;

	while (now_ms() < until) {
		size_t len = wire->pmd->get(wire, frame, size);

		if (len > 0)
			return len;
		/* Some devices send when they are asked to reap. */
		plx_ethdev_tx_burst(wire->port, 0, NULL, 0);
		breathe();
	}
	print_missing(wire, 0, 1);
	return 0;
}

void
wire_take_frames(struct wire *wire, uint32_t first, uint32_t n, size_t len)
{
	uint8_t frame[FRAME_MAX];

	for (uint32_t i = 0; i < n; i++) {
		const size_t got = wire_take(wire, frame, sizeof(frame));

		assert_int_equal(got, padded(wire, frame, len, got));
		frame_check(frame, len, wire->mac, first + i);
	}
}

void
wire_drain(struct wire *wire)
{
	uint8_t frame[FRAME_MAX];

	plx_ethdev_tx_burst(wire->port, 0, NULL, 0);
	while (wire->pmd->get != NULL && wire->pmd->get(wire, frame, sizeof(frame)) > 0)
		;
}

/* -- books --------------------------------------------------------------------------------------------- */

void
wire_check_ledger(struct wire *wire)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(wire->port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	if (rx != 0 || tx != 0)
		print_ledger(&ledger);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
}

void
wire_check_pool(struct wire *wire)
{
	struct plx_why why = {""};

	plx_pool_cache_flush(wire->pool);
	if (plx_pool_audit(wire->pool, &why) != 0)
		print_error("%s\n", why.text);
	assert_int_equal(plx_pool_audit(wire->pool, NULL), 0);
	assert_int_equal(plx_pool_in_use(wire->pool), 0);
}
