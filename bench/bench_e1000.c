/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many frames a second go between net_e1000 and the emulated card of lib/nicemu, each polling on a processor of its own, with the
 * doorbells in memory that both have?
 *
 * The driver receives (rx), sends (tx), or sends back what it received (fwd); the card's wire is a loop that makes and swallows
 * frames. Beside it, in the same run: the same pair with a message for each doorbell, and our two ends of vhost-user, net_virtio_user
 * as the driver and net_vhost as the device. After the rows comes what the driver asked of registers, counted where each access is
 * a message, as it is the same driver; and what a frame costs each end when one thread is both in turn, so that caches are warm and
 * nothing is waited for.
 */
#include "bench.h"

#include <pollux/plx_eal.h>
#include <pollux/plx_ethdev.h>
#include <pollux/plx_ethdev_open.h>
#include <pollux/plx_lcore.h>
#include <pollux/plx_mbuf.h>
#include <pollux/plx_nicemu.h>
#include <pollux/plx_zone.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURST_MAX  32
#define FRAME_MAX  2048
#define POOL_SIZE  8192
#define DESCS	   512
#define DEVICE	   1 /* the lcore of the card, or of the back end */
#define SETTLE_S   0.1
#define MEASURE_S  0.3
#define LINK_TRIES 3000 /* milliseconds */
#define WINDOWS	   2000
#define WINDOW_S   0.0005
#define GROUP	   64 /* turns of a window */

enum flow { RX, TX, FORWARD };
enum kind { MAPPED, MESSAGES, VHOST, ALONE };

struct setup {
	enum flow flow;
	unsigned len;
	uint16_t burst;
};

/* What a sample tells. */
struct result {
	double mpps;
	double better; /* ... in the better tenth of windows: what there is where others take processors away */
	double reads, writes; /* of registers, a burst that did something */
	double card, driver;  /* cycles a frame, both on one thread */
};

static struct {
	const struct setup *setup;
	enum kind kind;
	char path[64];
	struct plx_pool *pool;
	uint16_t port, back;
	struct plx_nicemu *nic;
	uint8_t frame[FRAME_MAX];
	bool stop, ready, feeds;
	struct result result;
} run;

/* -- the card's end ------------------------------------------------------------------------------------------------------- */

static bool
swallow(void *arg, const struct plx_e1000_model_frame *frame)
{
	(void)arg;
	bench_use(frame->parts[0].iov_base);
	return true;
}

static void
feed_card(void)
{
	unsigned room = plx_e1000_model_rx_room(plx_nicemu_model(run.nic));
	enum plx_e1000_model_taken taken[BURST_MAX];
	struct iovec frames[BURST_MAX];

	room = room < BURST_MAX ? room : BURST_MAX;
	for (unsigned i = 0; i < room; i++)
		frames[i] = (struct iovec){run.frame, run.setup->len};
	if (room > 0)
		plx_nicemu_receive_burst(run.nic, frames, room, taken);
}

static void
card_turn(void)
{
	plx_nicemu_poll(run.nic, BURST_MAX);
	if (__atomic_load_n(&run.feeds, __ATOMIC_RELAXED))
		feed_card();
}

static int
card_loop(void *arg)
{
	const struct plx_nicemu_options options = {.path = run.path,
						   .mac = {0x02, 0, 0, 0, 0, 1},
						   .doorbells = run.kind != MESSAGES,
						   .send = swallow};
	struct plx_why why;

	(void)arg;
	if (plx_nicemu_create(&options, &run.nic, &why) != 0)
		fprintf(stderr, "the card: %s\n", why.text);
	__atomic_store_n(&run.ready, true, __ATOMIC_RELEASE);
	while (run.nic != NULL && !__atomic_load_n(&run.stop, __ATOMIC_RELAXED))
		card_turn();
	return 0;
}

/* -- the back end's ------------------------------------------------------------------------------------------------------- */

static void
feed_back(void)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t sent;

	if (plx_mbuf_alloc_bulk(run.pool, pkts, BURST_MAX) != 0)
		return;
	for (unsigned i = 0; i < BURST_MAX; i++) {
		memcpy(plx_mbuf_data(pkts[i]), run.frame, run.setup->len);
		pkts[i]->pkt_len = run.setup->len;
		pkts[i]->data_len = (uint16_t)run.setup->len;
	}
	sent = plx_ethdev_tx_burst(run.back, 0, pkts, BURST_MAX);
	plx_mbuf_free_bulk(pkts + sent, (uint16_t)(BURST_MAX - sent));
}

static int
back_loop(void *arg)
{
	struct plx_mbuf *pkts[BURST_MAX];

	(void)arg;
	while (!__atomic_load_n(&run.stop, __ATOMIC_RELAXED)) {
		plx_mbuf_free_bulk(pkts, plx_ethdev_rx_burst(run.back, 0, pkts, BURST_MAX));
		if (__atomic_load_n(&run.feeds, __ATOMIC_RELAXED))
			feed_back();
	}
	return 0;
}

/* -- the driver's end ------------------------------------------------------------------------------------------------------- */

static unsigned
receive(void)
{
	struct plx_mbuf *pkts[BURST_MAX];
	const uint16_t n = plx_ethdev_rx_burst(run.port, 0, pkts, run.setup->burst);

	for (uint16_t i = 0; i < n; i++)
		bench_use(plx_mbuf_data(pkts[i]));
	plx_mbuf_free_bulk(pkts, n);
	return n;
}

static unsigned
send_new(void)
{
	struct plx_mbuf *pkts[BURST_MAX];
	uint16_t n;

	if (plx_mbuf_alloc_bulk(run.pool, pkts, run.setup->burst) != 0)
		return 0;
	for (uint16_t i = 0; i < run.setup->burst; i++) {
		memcpy(plx_mbuf_data(pkts[i]), run.frame, 14);
		pkts[i]->pkt_len = run.setup->len;
		pkts[i]->data_len = (uint16_t)run.setup->len;
	}
	n = plx_ethdev_tx_burst(run.port, 0, pkts, run.setup->burst);
	plx_mbuf_free_bulk(pkts + n, (uint16_t)(run.setup->burst - n));
	return n;
}

static unsigned
send_back(void)
{
	struct plx_mbuf *pkts[BURST_MAX];
	const uint16_t n = plx_ethdev_rx_burst(run.port, 0, pkts, run.setup->burst);
	uint16_t sent = 0;

	for (uint16_t i = 0; i < n; i++) {
		uint8_t *bytes = plx_mbuf_data(pkts[i]), address[6];

		memcpy(address, bytes, 6);
		memcpy(bytes, bytes + 6, 6);
		memcpy(bytes + 6, address, 6);
	}
	if (n > 0)
		sent = plx_ethdev_tx_burst(run.port, 0, pkts, n);
	plx_mbuf_free_bulk(pkts + sent, (uint16_t)(n - sent));
	return sent;
}

static unsigned
turn(void)
{
	return run.setup->flow == RX ? receive() : run.setup->flow == TX ? send_new() : send_back();
}

static void
card_accesses(uint64_t *reads, uint64_t *writes)
{
	struct plx_e1000_model_stats stats = {0};

	if (run.kind == MESSAGES)
		plx_e1000_model_stats(plx_nicemu_model(run.nic), &stats);
	*reads = stats.reads;
	*writes = stats.writes;
}

static int
ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Half a millisecond: many times what waits in a ring, and short enough to have both ends run all the time. */
static double
spend_window(uint64_t *packets, uint64_t *bursts)
{
	const uint64_t began = bench_cycles();
	const uint64_t before = *packets;
	uint64_t now;

	do {
		for (unsigned i = 0; i < GROUP; i++) {
			const unsigned n = turn();

			*packets += n;
			*bursts += n > 0;
		}
		now = bench_cycles();
	} while (now - began < (uint64_t)(WINDOW_S * bench_cycles_per_second()));
	return (double)(*packets - before) * bench_cycles_per_second() / (double)(now - began) /
	       1e6;
}

static void
spend(double seconds, bool counts)
{
	static double windows[WINDOWS];
	const uint64_t began = bench_cycles();
	const uint64_t until = began + (uint64_t)(seconds * bench_cycles_per_second());
	uint64_t packets = 0, bursts = 0, reads, writes, reads_after, writes_after, now;
	unsigned n = 0;

	card_accesses(&reads, &writes);
	do {
		windows[n++ % WINDOWS] = spend_window(&packets, &bursts);
		now = bench_cycles();
	} while (now < until);
	card_accesses(&reads_after, &writes_after);
	if (!counts || bursts == 0)
		return;
	run.result.mpps =
		(double)packets / ((double)(now - began) / bench_cycles_per_second()) / 1e6;
	n = n < WINDOWS ? n : WINDOWS;
	qsort(windows, n, sizeof(*windows), ascending);
	run.result.better = windows[n - 1 - n / 10];
	run.result.reads = (double)(reads_after - reads) / (double)bursts;
	run.result.writes = (double)(writes_after - writes) / (double)bursts;
}

/* -- both ends on one thread ----------------------------------------------------------------------------------------------- */

/* The better quarter: windows in which other programs had the processor cost more. */
static double
better(double *windows, unsigned n)
{
	qsort(windows, n, sizeof(*windows), ascending);
	return n > 0 ? windows[n / 4] : -1;
}

static void
take_turns(void)
{
	static double card[WINDOWS], driver[WINDOWS];
	unsigned n = 0;

	for (unsigned tries = 0; n < WINDOWS && tries < 4 * WINDOWS; tries++) {
		uint64_t cards = 0, drivers = 0, frames = 0;

		for (unsigned i = 0; i < GROUP; i++) {
			const uint64_t began = bench_cycles();
			uint64_t between;

			card_turn();
			between = bench_cycles();
			frames += turn();
			cards += between - began;
			drivers += bench_cycles() - between;
		}
		if (frames == 0)
			continue;
		card[n] = (double)cards / (double)frames;
		driver[n++] = (double)drivers / (double)frames;
	}
	run.result.card = better(card, n);
	run.result.driver = better(driver, n);
	run.result.mpps = n > 0 ? 0 : -1;
}

/* -- a sample: a process of its own ----------------------------------------------------------------------------------------- */

static int
start_port(uint16_t port, struct plx_why *why)
{
	struct plx_ethdev_conf conf = {0};
	int ret = plx_ethdev_configure(port, 1, 1, &conf, why);

	if (ret == 0)
		ret = plx_ethdev_rx_queue_setup(port, 0, DESCS, run.pool, why);
	if (ret == 0)
		ret = plx_ethdev_tx_queue_setup(port, 0, DESCS, why);
	return ret == 0 ? plx_ethdev_start(port, why) : ret;
}

static int
attach(const char *device, uint16_t *port, struct plx_why *why)
{
	int ret = plx_ethdev_attach(device, port, why);

	return ret == 0 ? start_port(*port, why) : ret;
}

static int
begin_card(struct plx_why *why)
{
	char device[96];

	plx_lcore_launch(card_loop, NULL, DEVICE);
	while (!__atomic_load_n(&run.ready, __ATOMIC_ACQUIRE))
		usleep(100);
	snprintf(device, sizeof(device), "vfio-user:%s", run.path);
	return run.nic != NULL ? attach(device, &run.port, why) : -1;
}

static int
begin_vhost(struct plx_why *why)
{
	char device[160];
	int ret;

	snprintf(device, sizeof(device), "net_vhost0,iface=%s,queues=1", run.path);
	ret = attach(device, &run.back, why);
	if (ret != 0)
		return ret;
	plx_lcore_launch(back_loop, NULL, DEVICE);
	snprintf(device, sizeof(device),
		 "net_virtio_user0,path=%s,queues=1,packed_vq=1,queue_size=%d", run.path, DESCS);
	return attach(device, &run.port, why);
}

static int
begin(struct plx_why *why)
{
	char words[][16] = {"bench", "--no-huge", "--no-pci", "--lcores", "0@0,1@1"};
	char *argv[] = {words[0], words[1], words[2], words[3], words[4], NULL};
	struct plx_pool_params params = {
		.name = "bench", .n = POOL_SIZE, .cache = 256, .node = PLX_NODE_ANY};
	int ret = plx_eal_init(5, argv, why);

	if (ret >= 0)
		ret = plx_pool_create(&params, &run.pool, why);
	if (ret != 0)
		return ret;
	return run.kind == VHOST ? begin_vhost(why) : begin_card(why);
}

static void
wait_for_link(void)
{
	struct plx_ethdev_link link = {0};

	for (unsigned i = 0; i < LINK_TRIES && !link.up; i++) {
		if (plx_ethdev_link(run.port, &link) == 0 && link.up)
			break;
		usleep(1000);
	}
}

static void
child(void)
{
	static const uint8_t head[14] = {0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x88, 0xb5};
	struct plx_why why = {""};

	memcpy(run.frame, head, sizeof(head));
	snprintf(run.path, sizeof(run.path), "/tmp/bench-e1000-%d.sock", getpid());
	run.result.mpps = -1;
	if (begin(&why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return;
	}
	wait_for_link();
	__atomic_store_n(&run.feeds, run.setup->flow != TX, __ATOMIC_RELAXED);
	if (run.kind != ALONE) {
		spend(SETTLE_S, false);
		spend(MEASURE_S, true);
	}
	__atomic_store_n(&run.stop, true, __ATOMIC_RELAXED);
	plx_lcore_wait(DEVICE);
	if (run.kind == ALONE)
		take_turns();
	unlink(run.path);
}

static struct result
sample(const struct setup *setup, enum kind kind)
{
	struct result result = {.mpps = -1};
	int fds[2];
	pid_t pid;

	if (pipe(fds) != 0)
		return result;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(20);
		run.setup = setup;
		run.kind = kind;
		child();
		_exit(write(fds[1], &run.result, sizeof(run.result)) != sizeof(run.result));
	}
	close(fds[1]);
	if (pid < 0 || read(fds[0], &result, sizeof(result)) != sizeof(result))
		result.mpps = -1;
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return result;
}

static double
mapped(const void *arg)
{
	return sample(arg, MAPPED).mpps;
}

static double
by_message(const void *arg)
{
	return sample(arg, MESSAGES).mpps;
}

static double
over_vhost(const void *arg)
{
	return sample(arg, VHOST).mpps;
}

/* -- rows ---------------------------------------------------------------------------------------------------------------------- */

#define SETUPS 18 /* flows, lengths, bursts */

static void
show_costs(const struct setup *setups, char names[][32])
{
	printf("\n%24s  %s\n", "",
	       "registers a burst: reads, writes; cycles a frame: card, driver; Mpps in the better windows");
	for (unsigned i = 0; i < SETUPS; i++) {
		const struct result counted = sample(&setups[i], MESSAGES);
		const struct result alone = sample(&setups[i], ALONE);
		const struct result together = sample(&setups[i], MAPPED);

		printf("%-24s %7.3f %7.3f %9.1f %9.1f %9.2f\n", names[i], counted.reads,
		       counted.writes, alone.card, alone.driver, together.better);
	}
}

int
main(int argc, char **argv)
{
	static const char *const flows[] = {"rx", "tx", "fwd"};
	static const uint16_t bursts[] = {1, 8, 32};
	static struct setup setups[SETUPS];
	static char setup_names[SETUPS][32], names[2 * SETUPS][48];
	static struct bench_row rows[2 * SETUPS];
	int ret;

	for (unsigned i = 0; i < SETUPS; i++) {
		struct setup *s = &setups[i];

		*s = (struct setup){i / 6, i / 3 % 2 ? 1500 : 64, bursts[i % 3]};
		snprintf(setup_names[i], sizeof(setup_names[i]), "%s %u burst %u", flows[s->flow],
			 s->len, s->burst);
		snprintf(names[i], sizeof(names[i]), "%.31s / messages", setup_names[i]);
		snprintf(names[SETUPS + i], sizeof(names[0]), "%.31s / vhost-user", setup_names[i]);
		rows[i] = (struct bench_row){names[i], mapped, by_message, s};
		rows[SETUPS + i] = (struct bench_row){names[SETUPS + i], mapped, over_vhost, s};
	}
	ret = bench_main(argc, argv,
			 &(struct bench){"e1000", "Mpps", "other", rows, 2 * SETUPS, true});
	if (ret == 0)
		show_costs(setups, setup_names);
	return ret;
}
