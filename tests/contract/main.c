/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of PMDs, and the program: `contract PMD` runs every case that the PMD has the means for. */
#include "contract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollux/plx_driver.h>
#include <pollux/plx_eal.h>

#define SKIPPED	  77
#define CASES_MAX 128

#define KERNEL_PORT                                                                               \
	(HAS_RX | HAS_TX | HAS_QUEUES | HAS_FD | HAS_MTU | HAS_MAC | HAS_MAC_LIST | HAS_PROMISC | \
	 HAS_FILTER | HAS_LINK | HAS_SCATTER | HAS_OFFLOADS | HAS_TAGS)

#define VIRTIO_PORT                                                                               \
	(HAS_RX | HAS_TX | HAS_QUEUES | HAS_FD | HAS_MTU | HAS_MAC | HAS_MAC_LIST | HAS_PROMISC | \
	 HAS_FILTER | HAS_SCATTER | HAS_PATIENCE | HAS_TAGS | HAS_STRIPS)

/* A row of net_virtio on a fake device. */
#define VIRTIO_ROW(kind, ...)                                                                    \
	{                                                                                        \
		.name = "net_virtio_" kind, .driver = "net_virtio",                              \
		.has = VIRTIO_PORT __VA_ARGS__, .die = virtio_die, .begin = virtio_begin,        \
		.open = virtio_open, .close = virtio_close, .put = virtio_put, .get = virtio_get \
	}

#define E1000_PORT                                                                                \
	(HAS_RX | HAS_TX | HAS_FD | HAS_MTU | HAS_MAC | HAS_MAC_LIST | HAS_PROMISC | HAS_FILTER | \
	 HAS_SCATTER | HAS_LINK | HAS_PADS)

/* The same driver in front of an emulated card behind a socket. */
#define NICEMU_ROW(kind)                                                                           \
	{                                                                                          \
		.name = "net_e1000_" kind, .driver = "net_e1000", .has = E1000_PORT | HAS_REBIRTH, \
		.die = nicemu_die, .begin = nicemu_begin, .open = nicemu_open,                     \
		.close = nicemu_close, .put = nicemu_put, .get = nicemu_get                        \
	}

/* The two ends of vhost-user. */
#define USER_PORT                                                                       \
	(HAS_RX | HAS_TX | HAS_QUEUES | HAS_MTU | HAS_MAC | HAS_PROMISC | HAS_SCATTER | \
	 HAS_PATIENCE | HAS_ALONE)

#define FRONT_ROW(kind)                                                                      \
	{                                                                                    \
		.name = "net_virtio_user_" kind, .driver = "net_virtio_user",                \
		.has = USER_PORT | HAS_FD | HAS_MAC_LIST | HAS_TAGS | HAS_STRIPS,            \
		.open = front_open, .close = front_close, .put = front_put, .get = front_get \
	}
#define BACK_ROW(kind)                                                                   \
	{                                                                                \
		.name = "net_vhost_" kind, .driver = "net_vhost",                        \
		.has = USER_PORT | HAS_LINK | HAS_TAGS | HAS_STRIPS, .open = back_open,  \
		.plug = back_plug, .close = back_close, .put = back_put, .get = back_get \
	}

/* Copies of what another port receives or sends. */
#define ATTACH_ROW(kind)                                                                       \
	{                                                                                      \
		.name = "net_attach_" kind, .driver = "net_attach",                            \
		.has = HAS_RX | HAS_QUEUES | HAS_SPREAD | HAS_SCATTER | HAS_TIME | HAS_NO_TX | \
		       HAS_PATIENCE | HAS_JUMBO,                                               \
		.open = attach_open, .close = attach_close, .put = attach_put                  \
	}

static const struct pmd pmds[] = {
	{.name = "net_null",
	 .has = HAS_ENDLESS | HAS_QUEUES | HAS_MTU | HAS_MAC | HAS_PROMISC | HAS_NO_LIMIT |
		HAS_ALONE,
	 .open = null_open},
	{.name = "net_ring",
	 .has = HAS_RX | HAS_TX | HAS_QUEUES | HAS_MTU | HAS_MAC | HAS_PROMISC | HAS_SCATTER |
		HAS_JUMBO | HAS_PATIENCE | HAS_GIVEN | HAS_ALONE,
	 .open = ring_open,
	 .close = ring_close,
	 .put = ring_put,
	 .get = ring_get},
	{.name = "net_pcap",
	 .has = HAS_RX | HAS_TX | HAS_QUEUES | HAS_FD | HAS_MTU | HAS_MAC | HAS_PROMISC |
		HAS_SCATTER | HAS_JUMBO | HAS_NO_LIMIT | HAS_PATIENCE,
	 .open = files_open,
	 .ready = files_ready,
	 .close = files_close,
	 .put = files_put,
	 .get = files_get},
	{.name = "net_tap",
	 .has = KERNEL_PORT | HAS_SPREAD | HAS_JUMBO,
	 .open = tap_open,
	 .plug = tap_plug,
	 .close = socket_close,
	 .put = socket_put,
	 .get = socket_get,
	 .needs_net = true},
	{.name = "net_af_packet",
	 .has = KERNEL_PORT | HAS_SPREAD | HAS_JUMBO | HAS_TIME,
	 .open = af_packet_open,
	 .plug = veth_plug,
	 .stretch = veth_stretch,
	 .close = socket_close,
	 .put = socket_put,
	 .get = socket_get,
	 .needs_net = true},
	{.name = "net_af_xdp",
	 .has = HAS_RX | HAS_TX | HAS_QUEUES | HAS_FD | HAS_MTU | HAS_MAC | HAS_MAC_LIST |
		HAS_PROMISC | HAS_LINK | HAS_SCATTER | HAS_TIME,
	 .open = af_xdp_open,
	 .plug = veth_plug,
	 .stretch = veth_stretch,
	 .close = socket_close,
	 .put = socket_put,
	 .get = socket_get,
	 .needs_net = true,
	 .needs_bpf = true},
	VIRTIO_ROW("split", | HAS_ALONE),
	VIRTIO_ROW("packed", | HAS_ALONE),
	VIRTIO_ROW("legacy"),
	VIRTIO_ROW("order", | HAS_ALONE),
	VIRTIO_ROW("thread", | HAS_SPREAD | HAS_ALONE),
	VIRTIO_ROW("vfio_user", | HAS_REBIRTH | HAS_ALONE),
	VIRTIO_ROW("vfio_user_mapped", | HAS_REBIRTH),
	{.name = "net_e1000",
	 .has = E1000_PORT,
	 .open = e1000_open,
	 .close = e1000_close,
	 .put = e1000_put,
	 .get = e1000_get},
	NICEMU_ROW("nicemu"),
	NICEMU_ROW("nicemu_mapped"),
	FRONT_ROW("split"),
	FRONT_ROW("packed"),
	BACK_ROW("split"),
	BACK_ROW("packed"),
	ATTACH_ROW("in"),
	ATTACH_ROW("out"),
	{.name = "net_cluster",
	 .has = HAS_RX | HAS_TX | HAS_QUEUES | HAS_SPREAD | HAS_FD | HAS_MTU | HAS_SCATTER |
		HAS_TIME | HAS_JUMBO | HAS_PATIENCE,
	 .open = cluster_open,
	 .ready = cluster_ready,
	 .close = cluster_close,
	 .put = cluster_put,
	 .get = cluster_get},
};

static const struct contract_case *const all_cases[] = {
	life_cases,  traffic_cases, loss_cases,	   books_cases, setting_cases,	 queue_cases,
	sieve_cases, thread_cases,  offload_cases, tap_cases,	af_packet_cases,
};

const struct pmd *contract_pmd;

int
null_open(struct wire *wire)
{
	snprintf(wire->devargs, sizeof(wire->devargs), "net_null0,size=64");
	return 0;
}

static bool
applies(const struct contract_case *item)
{
	if (item->only != NULL && strcmp(item->only, contract_pmd->name) != 0)
		return false;
	return (item->needs & ~contract_pmd->has) == 0;
}

/* `like` picks the cases whose name contains it. */
static size_t
choose_cases(const char *like, struct CMUnitTest *tests)
{
	size_t n = 0;

	for (size_t i = 0; i < PLX_ARRAY_LEN(all_cases); i++) {
		for (const struct contract_case *item = all_cases[i]; item->name != NULL; item++) {
			if (!applies(item) || strstr(item->name, like) == NULL)
				continue;
			assert_true(n < CASES_MAX);
			tests[n++] = (struct CMUnitTest){.name = item->name,
							 .test_func = item->run,
							 .setup_func = wire_setup,
							 .teardown_func = wire_teardown};
		}
	}
	return n;
}

static int
start_eal(void)
{
	static char program[] = "contract", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
		    lcores[] = "-l", zero[] = "0", level[] = "--log-level", error[] = "error";
	char *args[] = {program, no_huge, no_pci, lcores, zero, level, error};
	struct plx_why why = {""};
	int err = plx_eal_init(PLX_ARRAY_LEN(args), args, &why);

	if (err < 0)
		fprintf(stderr, "%s\n", why.text);
	return err;
}

/* `contract hold DEVARGS`: a program that has a port until it is killed; for tests of sudden death. */
static int
hold(const char *devargs)
{
	if (start_eal() < 0 || plx_device_attach(devargs, NULL) < 0)
		return 1;
	sleep_ms(2 * PATIENCE_MS);
	return 0;
}

static int
run_cases(const char *like)
{
	struct CMUnitTest tests[CASES_MAX];
	size_t n = choose_cases(like, tests);
	int failed;

	if (start_eal() < 0)
		return 1;
	failed = _cmocka_run_group_tests(contract_pmd->name, tests, n, NULL, NULL);
	plx_eal_cleanup();
	return failed == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "hold") == 0)
		return hold(argv[2]);
	for (size_t i = 0; argc > 1 && i < PLX_ARRAY_LEN(pmds); i++) {
		if (strcmp(argv[1], pmds[i].name) == 0)
			contract_pmd = &pmds[i];
	}
	if (contract_pmd == NULL) {
		fprintf(stderr, "usage: contract PMD [part of a case's name]\n");
		return 2;
	}
	if (contract_pmd->needs_net) {
		int err = net_enter();

		if (err < 0) {
			printf("skipped: %s needs a network namespace of its own: %s\n",
			       contract_pmd->name, strerror(-err));
			return SKIPPED;
		}
	}
	if (contract_pmd->needs_bpf && !net_may_bpf()) {
		printf("skipped: %s needs CAP_BPF and CAP_NET_ADMIN\n", contract_pmd->name);
		return SKIPPED;
	}
	return run_cases(argc > 2 ? argv[2] : "");
}
