/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ceiling of the AF_XDP bench: a loop over bare rings with nothing around it, made with libxdp and not
 * with our driver's code. Its XDP program redirects and does nothing else; it keeps no books, checks
 * nothing, and frees a buffer by writing its address into the next ring.
 */
#include "bench_af_xdp.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/xsk.h>

#define FRAME_SIZE     4096
#define TX_BUDGET_WORD 9 /* XDP_MAX_TX_SKB_BUDGET */

static struct xsk_ring_prod fill, tx;
static struct xsk_ring_cons comp, rx;
static struct xsk_umem *umem;
static struct xsk_socket *xsk;
static uint8_t *area;
static uint64_t spare[BUFFERS];
static unsigned nb_spare;
static unsigned under_way;
static uint8_t frame[FRAME_LEN];

static void
must(int err, const char *what)
{
	if (err < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(-err));
		exit(1);
	}
}

static int
attach(unsigned index, int *ret_map)
{
	int map = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "raw_xsks", 4, 4, 64, NULL), prog;

	must(map, "map");
	const struct bpf_insn insns[] = {
		{BPF_LDX | BPF_W | BPF_MEM, 2, 1, offsetof(struct xdp_md, rx_queue_index), 0},
		{BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map},
		{0, 0, 0, 0, 0},
		{BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, XDP_PASS},
		{BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "raw", "BSD", insns, 6, NULL);
	must(prog, "program");
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	must(bpf_link_create(prog, (int)index, BPF_XDP, &opts), "attach");
	*ret_map = map;
	return 0;
}

static void
start(const struct job *job)
{
	const struct xsk_umem_config umem_conf = {
		.fill_size = 2 * DESCS, .comp_size = DESCS, .frame_size = FRAME_SIZE};
	const struct xsk_socket_config conf = {.rx_size = DESCS,
					       .tx_size = DESCS,
					       .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
					       .bind_flags = XDP_USE_NEED_WAKEUP};
	const unsigned budget = DESCS;
	const int sndbuf = 8 << 20;
	uint32_t at = 0, key = 0;
	int map, fd;

	attach(if_nametoindex(job->iface), &map);
	area = mmap(NULL, (size_t)BUFFERS * FRAME_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	must(xsk_umem__create(&umem, area, (uint64_t)BUFFERS * FRAME_SIZE, &fill, &comp,
			      &umem_conf),
	     "umem");
	must(xsk_socket__create(&xsk, job->iface, 0, umem, &rx, &tx, &conf), "socket");
	fd = xsk_socket__fd(xsk);
	/* From Linux 6.17 on; earlier ones send 32 packets a call. */
	(void)setsockopt(fd, SOL_XDP, TX_BUDGET_WORD, &budget, sizeof(budget));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf));
	xsk_ring_prod__reserve(&fill, DESCS, &at);
	for (unsigned i = 0; i < DESCS; i++)
		*xsk_ring_prod__fill_addr(&fill, at + i) = (uint64_t)i * FRAME_SIZE;
	xsk_ring_prod__submit(&fill, DESCS);
	for (unsigned i = DESCS; i < BUFFERS; i++)
		spare[nb_spare++] = (uint64_t)i * FRAME_SIZE;
	must(bpf_map_update_elem(map, &key, &fd, 0) ? -errno : 0, "map entry");
}

static void
reap(void)
{
	uint32_t at, n = xsk_ring_cons__peek(&comp, DESCS, &at);

	for (uint32_t i = 0; i < n; i++)
		spare[nb_spare++] = *xsk_ring_cons__comp_addr(&comp, at + i) & ~(FRAME_SIZE - 1ull);
	xsk_ring_cons__release(&comp, n);
	under_way -= n;
}

static void
kick(void)
{
	if (xsk_ring_prod__needs_wakeup(&tx))
		(void)sendto(xsk_socket__fd(xsk), NULL, 0, MSG_DONTWAIT, NULL, 0);
}

static unsigned
send_step(void)
{
	uint32_t at;

	reap();
	if (nb_spare < BURST || xsk_ring_prod__reserve(&tx, BURST, &at) != BURST) {
		kick();
		return 0;
	}
	for (unsigned i = 0; i < BURST; i++) {
		const uint64_t addr = spare[--nb_spare];

		memcpy(area + addr + 256, frame, FRAME_LEN);
		*xsk_ring_prod__tx_desc(&tx, at + i) =
			(struct xdp_desc){.addr = addr + 256, .len = FRAME_LEN};
	}
	xsk_ring_prod__submit(&tx, BURST);
	under_way += BURST;
	kick();
	return BURST;
}

/* n descriptors of RX at `from` go to TX with their addresses swapped; what does not fit is dropped. */
static unsigned
forward(uint32_t from, uint32_t n)
{
	uint32_t at, room;

	reap();
	room = xsk_ring_prod__reserve(&tx, n, &at) == n ? n : 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&rx, from + i);

		if (i >= room) {
			spare[nb_spare++] = desc->addr & ~(FRAME_SIZE - 1ull);
			continue;
		}
		swap_macs(area + desc->addr);
		*xsk_ring_prod__tx_desc(&tx, at + i) =
			(struct xdp_desc){.addr = desc->addr, .len = desc->len};
	}
	xsk_ring_prod__submit(&tx, room);
	under_way += room;
	kick();
	return room;
}

static void
refill(uint32_t n)
{
	uint32_t at;

	if (n > nb_spare)
		n = nb_spare;
	if (n == 0 || xsk_ring_prod__reserve(&fill, n, &at) != n)
		return;
	for (uint32_t i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&fill, at + i) = spare[--nb_spare];
	xsk_ring_prod__submit(&fill, n);
}

static unsigned
step(enum mode mode)
{
	static uint32_t owed;
	uint32_t at, n;
	unsigned done;

	if (mode == TXONLY)
		return send_step();
	n = xsk_ring_cons__peek(&rx, BURST, &at);
	if (n == 0)
		return 0;
	if (mode == MACSWAP) {
		done = forward(at, n);
	} else {
		for (uint32_t i = 0; i < n; i++)
			spare[nb_spare++] =
				xsk_ring_cons__rx_desc(&rx, at + i)->addr & ~(FRAME_SIZE - 1ull);
		done = n;
	}
	xsk_ring_cons__release(&rx, n);
	owed += n;
	if (nb_spare >= owed) {
		refill(owed);
		owed = 0;
	}
	return done;
}

int
main(int argc, char **argv)
{
	const struct job job = read_job(argc, argv);

	make_frame(frame);
	pin(job.cpu);
	start(&job);
	return run_job(&job, step);
}
