/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hostile 8254x card in traffic: the bytes say what it writes into its descriptor rings and registers between bursts of a real
 * port. Whatever that is, packets are sane, every buffer is home in the end, and after an honest restart the port works.
 */
#include "fuzz_traffic.h"
#include "e1000_fake.h"

#include <string.h>
#include <time.h>

#define DEVICE	EFAKE_TRANSPORT ":fuzz"
#define BUFFERS 512

extern const struct plx_driver plx_driver_net_e1000;

static struct plx_pool *pool;
static struct efake *fake;
static uint16_t port;
static bool lied; /* it wrote into its rings: where it sends from then is its own affair */

/* -- once ------------------------------------------------------------------------------------------------------------ */

static void
init(void)
{
	if (pool == NULL)
		pool = fuzz_port_init(&plx_driver_net_e1000, efake_transport_add, BUFFERS);
}

/* The driver gives a card milliseconds for its resets; this one has been reset by then. */
int
nanosleep(const struct timespec *time, struct timespec *ret_left)
{
	return 0;
}

static void
make_port(uint8_t kind)
{
	const struct plx_ethdev_conf conf = {
		.mtu = kind & 1 ? 9000 : 1500,
		.rx_offloads = (kind & 1 ? PLX_ETH_RX_OFFLOAD_SCATTER : 0) |
			       (kind & 2 ? PLX_ETH_RX_OFFLOAD_TCP_CSUM : 0) |
			       (kind & 4 ? PLX_ETH_RX_OFFLOAD_VLAN_STRIP : 0),
		.tx_offloads = PLX_ETH_TX_OFFLOAD_MULTI_SEGS |
			       (kind & 8 ? PLX_ETH_TX_OFFLOAD_VLAN_INSERT : 0)};

	fake = efake_create("fuzz");
	must(fake != NULL && plx_device_attach(DEVICE, NULL) == 0 &&
	     plx_ethdev_by_name(DEVICE, &port) == 0);
	must(plx_ethdev_configure(port, 1, 1, &conf, NULL) == 0);
	must(plx_ethdev_rx_queue_setup(port, 0, DESCS, pool, NULL) == 0);
	must(plx_ethdev_tx_queue_setup(port, 0, DESCS, NULL) == 0);
	must(plx_ethdev_start(port, NULL) == 0);
}

static void
drop_port(void)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	must(plx_ethdev_close(port) == 0 && plx_ethdev_ledger(port, &ledger) == 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	must(rx == 0 && tx == 0);
	must(plx_device_detach(DEVICE, NULL) == 0);
	must(lied || efake_violations(fake)[0] == '\0');
	efake_destroy(fake);
	all_are_home(pool);
}

static void
put(size_t len, unsigned n)
{
	static uint8_t frame[FRAME_MAX];

	memset(frame, 0xff, 6);
	for (unsigned i = 0; i < n; i++)
		efake_put(fake, frame, len < FRAME_LEN ? FRAME_LEN : len);
}

/* -- hostility ------------------------------------------------------------------------------------------------------ */

static uint8_t *
ring_at(uint32_t low)
{
	const uint64_t addr =
		(uint64_t)efake_register(fake, low + 4) << 32 | efake_register(fake, low);

	return (uint8_t *)(uintptr_t)addr;
}

/* A descriptor as no card writes it, where the card is. */
static void
write_back(struct input *in)
{
	static const uint8_t bytes[256];
	struct e1000_rx_desc desc = {.length = (uint16_t)next32(in)};

	desc.status = next(in) | E1000_RXD_STAT_DD;
	desc.errors = next(in);
	desc.special = next(in);
	if (desc.errors % 4 != 0)
		desc.errors = 0;
	if (desc.special % 2 == 0)
		desc.length %= 2200;
	efake_put_raw(fake, bytes, sizeof(bytes), &desc);
}

/* Bytes anywhere in either ring, whether the descriptors there are the card's or not. */
static void
write_ring(struct input *in)
{
	uint8_t *ring = ring_at(next(in) % 2 == 0 ? E1000_RDBAL : E1000_TDBAL);
	size_t at = next32(in) % (DESCS * sizeof(struct e1000_rx_desc));

	lied = true;
	for (unsigned n = 1 + next(in) % 32; n > 0 && at < DESCS * 16; n--)
		ring[at++] = next(in);
}

static void
all_done(struct input *in)
{
	uint8_t *tx = ring_at(E1000_TDBAL), *rx = ring_at(E1000_RDBAL);
	const uint8_t what = next(in);

	lied = true;
	for (unsigned i = 0; i < DESCS; i++) {
		if (what & 1)
			tx[i * 16 + offsetof(struct e1000_tx_desc, sta)] |= E1000_TXD_STA_DD;
		if (what & 2)
			rx[i * 16 + offsetof(struct e1000_rx_desc, status)] |= E1000_RXD_STAT_DD;
	}
}

static void
write_register(struct input *in)
{
	static const uint32_t regs[] = {E1000_STATUS, E1000_ICR,  E1000_RDH,	 E1000_TDH,
					E1000_CTRL,   E1000_GPRC, E1000_CRCERRS, E1000_GORCL};
	const uint32_t reg = regs[next(in) % PLX_ARRAY_LEN(regs)];

	lied = true;
	/* A head beyond its ring is the fake's own affair. */
	efake_set_register(fake, reg,
			   reg == E1000_RDH || reg == E1000_TDH ? next(in) % DESCS : next32(in));
}

static void
step(struct input *in)
{
	uint8_t n;

	switch (next(in) % 12) {
	case 0:
		put(FRAME_LEN, 1 + next(in) % DESCS);
		break;
	case 1:
		put(next32(in) % FRAME_MAX, 1);
		break;
	case 2:
	case 3:
		receive(port, (uint16_t)(1 + next(in) % DESCS));
		break;
	case 4:
		n = next(in);
		send(port, pool, 1 + n % 16, 1 + n / 16 % 5, n > 200 ? PLX_MBUF_TX_VLAN : 0);
		break;
	case 5:
	case 6:
		write_back(in);
		break;
	case 7:
		write_ring(in);
		break;
	case 8:
		all_done(in);
		break;
	case 9:
		write_register(in);
		break;
	case 10:
		n = next(in);
		efake_fault(fake, &(struct efake_faults){.sends_nothing = (n & 1) != 0,
							 .dead = (n & 2) != 0});
		break;
	default:
		must(plx_ethdev_rx_queue_count(port, 0) < DESCS);
	}
}

static void
works_again(void)
{
	static uint8_t frame[FRAME_MAX];

	efake_fault(fake, &(struct efake_faults){0});
	efake_set_register(fake, E1000_STATUS, E1000_STATUS_LU); /* all ones would be no card */
	must(plx_ethdev_stop(port) == 0);
	must(plx_ethdev_start(port, NULL) == 0);
	while (efake_take(fake, frame, sizeof(frame)) > 0)
		;
	put(FRAME_LEN, 3);
	must(receive(port, DESCS) == 3);
	must(send(port, pool, 3, 2, 0) == 3);
	for (int i = 0; i < 3; i++)
		must(efake_take(fake, frame, sizeof(frame)) == 2 * FRAME_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};

	init();
	lied = false;
	make_port(next(&in));
	for (unsigned i = 0; i < STEPS_MAX && in.at < in.end; i++)
		step(&in);
	works_again();
	drop_port();
	return 0;
}
