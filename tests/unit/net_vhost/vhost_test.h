/* SPDX-License-Identifier: BSD-3-Clause */
/* A port of net_vhost, what it counts, and a guest (tests/fakes/vhost_guest.h) at its socket. */
#ifndef PLX_TESTS_UNIT_NET_VHOST_VHOST_TEST_H
#define PLX_TESTS_UNIT_NET_VHOST_VHOST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eal_pool_fixture.h"
#include "event_marks.h"
#include "patience.h"
#include "plx_driver.h"
#include "plx_log.h"
#include "plx_unixsock.h"
#include "vhost.h"
#include "vhost_guest.h"
#include "own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

extern const struct plx_driver plx_driver_net_vhost;

static char guest_dir[OWN_PATH];
static char guest_path[64];
static uint16_t guest_port;
static plx_event_id port_mark; /* events from before the port was there */

static inline void
nap(void)
{
	struct timespec time = {0, 1000000};

	nanosleep(&time, NULL);
}

static inline unsigned
count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static inline unsigned
count_maps(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		n += strstr(line, "memfd:guest") != NULL || strstr(line, "vhost-inflight") != NULL;
	fclose(maps);
	return n;
}

/* -- the port --------------------------------------------------------------------------------------------- */

static inline int
port_open(const char *more, uint16_t pairs, const struct plx_ethdev_conf *conf)
{
	char devargs[160];
	struct plx_why why = {""};

	port_mark = event_mark();
	snprintf(devargs, sizeof(devargs), "net_vhost0,iface=%s%s", guest_path, more);
	if (plx_device_attach(devargs, &why) != 0 ||
	    plx_ethdev_by_name("net_vhost0", &guest_port) != 0 ||
	    plx_ethdev_configure(guest_port, pairs, pairs, conf, &why) != 0) {
		print_error("%s\n", why.text);
		return -1;
	}
	for (uint16_t i = 0; i < pairs; i++) {
		assert_int_equal(plx_ethdev_rx_queue_setup(guest_port, i, 0, pool, &why), 0);
		assert_int_equal(plx_ethdev_tx_queue_setup(guest_port, i, 0, &why), 0);
	}
	return plx_ethdev_start(guest_port, &why);
}

static inline void
port_close(void)
{
	assert_int_equal(plx_device_detach("net_vhost0", NULL), 0);
	assert_int_equal(events_left(port_mark), 0);
}

static inline uint64_t
xstat(const char *name)
{
	struct plx_ethdev_xstat stats[64];
	int n = plx_ethdev_xstats(guest_port, stats, PLX_ARRAY_LEN(stats));

	for (int i = 0; i < n; i++) {
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	}
	fail_msg("no counter %s", name);
	return 0;
}

static inline void
wait_for_xstat(const char *name, uint64_t value)
{
	WAIT_UNTIL(xstat(name) >= value);
	assert_int_equal(xstat(name), value);
}

static inline void
books_balance(void)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(guest_port, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
}

static inline bool
link_is_up(void)
{
	struct plx_ethdev_link link = {0};

	assert_int_equal(plx_ethdev_link(guest_port, &link), 0);
	return link.up;
}

/* -- a front end of that port ------------------------------------------------------------------------------- */

static inline void
guest_connect(struct guest *guest)
{
	guest_dial(guest, guest_path);
}

/* The whole of it: connected, with memory and the first pair of rings. */
static inline void
guest_start(struct guest *guest, uint64_t features)
{
	guest_connect(guest);
	guest_begin(guest, features, 2);
	assert_true(link_is_up());
}

static inline void
guest_stop(struct guest *guest)
{
	guest_end(guest);
	WAIT_UNTIL(!link_is_up());
}

/* -- group fixtures ----------------------------------------------------------------------------------------------------- */

static inline int
vhost_group_setup(void **state)
{
	const struct plx_pool_params params = {.name = "vhost", .n = 1023, .cache = 32, .node = -1};

	if (eal_pool_init(&params) != 0 || own_folder(guest_dir) == NULL ||
	    plx_driver_add(&plx_driver_net_vhost, NULL) != 0)
		return -1;
	snprintf(guest_path, sizeof(guest_path), "%s/sock", guest_dir);
	plx_log_add_rule("emergency", NULL);
	return 0;
}

static inline int
vhost_group_teardown(void **state)
{
	rmdir(guest_dir);
	return eal_pool_fini(state);
}

#endif
