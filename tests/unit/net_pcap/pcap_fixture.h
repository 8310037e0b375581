/* SPDX-License-Identifier: BSD-3-Clause */
/* A pool, files in a folder of their own, and one net_pcap port: what the tests of the driver share. */
#ifndef PLX_TESTS_UNIT_NET_PCAP_PCAP_FIXTURE_H
#define PLX_TESTS_UNIT_NET_PCAP_PCAP_FIXTURE_H

#include "eal_fixture.h"
#include "plx_driver.h"
#include "plx_ethdev.h"
#include "plx_log.h"
#include "plx_pcapfile_reader.h"
#include "plx_pcapfile_writer.h"
#include "plx_zone.h"
#include "own.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TIME_NS 1700000000000000000ULL
#define ROOM	256 /* packet bytes of a buffer */

extern const struct plx_driver plx_driver_net_pcap;

static struct plx_pool *pool;
static struct plx_why why;
static char folder[OWN_PATH];
static char in_path[64], out_path[64];
static char logged[1024];

/* -- files ------------------------------------------------------------------------------------------- */

struct file {
	struct plx_pcapfile_sink *sink;
	struct plx_pcapfile_writer *writer;
};

static PLX_UNUSED void
file_begin(struct file *file, const char *path, uint16_t link_type)
{
	const struct plx_pcapfile_writer_params params = {.format = PLX_PCAPFILE_PCAPNG};
	const struct plx_pcapfile_interface interface = {.link_type = link_type};
	uint32_t id;

	assert_int_equal(plx_pcapfile_sink_open(path, &file->sink, &why), 0);
	assert_int_equal(plx_pcapfile_writer_create(&params, file->sink, &file->writer, &why), 0);
	assert_int_equal(plx_pcapfile_writer_add_interface(file->writer, &interface, &id, &why), 0);
}

/* Frame number `i`: its first byte is i, the others count up; the first ones of wire_len, or all. */
static PLX_UNUSED void
file_add_cut(struct file *file, unsigned i, uint32_t len, uint32_t wire_len)
{
	static uint8_t bytes[65536];
	struct plx_pcapfile_packet packet = {.time_ns = TIME_NS + i,
					     .wire_len = wire_len,
					     .has = PLX_PCAPFILE_HAS_HASH,
					     .hash = 1000 + i};
	struct iovec segment = {bytes, len};

	for (uint32_t k = 0; k < len; k++)
		bytes[k] = (uint8_t)(i + k);
	assert_int_equal(plx_pcapfile_writer_packet(file->writer, &packet, &segment, 1), 0);
}

static PLX_UNUSED void
file_add(struct file *file, unsigned i, uint32_t len)
{
	file_add_cut(file, i, len, len);
}

static PLX_UNUSED void
file_end(struct file *file)
{
	assert_int_equal(plx_pcapfile_writer_flush(file->writer, &why), 0);
	plx_pcapfile_writer_destroy(file->writer);
	assert_int_equal(plx_pcapfile_sink_close(file->sink, &why), 0);
}

static PLX_UNUSED void
make_file(const char *path, unsigned packets, uint32_t len)
{
	struct file file;

	file_begin(&file, path, PLX_PCAPFILE_LINK_ETHERNET);
	for (unsigned i = 0; i < packets; i++)
		file_add(&file, i, len);
	file_end(&file);
}

/* How many packets are in the file; the last one in *ret_last, whose bytes are gone. */
static PLX_UNUSED unsigned
packets_in(const char *path, struct plx_pcapfile_record *ret_last)
{
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_reader *reader;
	struct plx_pcapfile_record record;
	unsigned n = 0;

	assert_int_equal(plx_pcapfile_source_open(path, &source, &why), 0);
	assert_int_equal(plx_pcapfile_reader_create(source, NULL, &reader, &why), 0);
	while (plx_pcapfile_reader_next(reader, &record, &why) == 1) {
		n++;
		if (ret_last != NULL)
			*ret_last = record;
	}
	plx_pcapfile_reader_destroy(reader);
	plx_pcapfile_source_close(source);
	return n;
}

/* -- ports ------------------------------------------------------------------------------------------- */

static PLX_UNUSED void
remember(void *arg, enum plx_log_level level, const char *component, const char *text)
{
	snprintf(logged, sizeof(logged), "%s", text);
}

static PLX_UNUSED int
setup(void **state)
{
	const struct plx_pool_params params = {.name = "pool",
					       .n = 128,
					       .buf_size = ROOM + 128,
					       .headroom = 128,
					       .node = PLX_NODE_ANY};

	if (own_folder(folder) == NULL || eal_fixture_init("0@0") != 0)
		return -1;
	snprintf(in_path, sizeof(in_path), "%s/in.pcapng", folder);
	snprintf(out_path, sizeof(out_path), "%s/out.pcap", folder);
	plx_log_set_sink(remember, NULL);
	if (plx_driver_add(&plx_driver_net_pcap, &why) != 0 ||
	    plx_pool_create(&params, &pool, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return -1;
	}
	return 0;
}

static PLX_UNUSED int
teardown(void **state)
{
	int ret = plx_pool_destroy(pool, &why);

	plx_log_set_sink(NULL, NULL);
	unlink(in_path);
	unlink(out_path);
	return ret != 0 || plx_eal_cleanup() != 0 || rmdir(folder) != 0;
}

static int attach(const char *format, ...) PLX_PRINTF(1, 2);

static PLX_UNUSED int
attach(const char *format, ...)
{
	char args[512] = "net_pcap0,";
	va_list list;

	why.text[0] = '\0';
	logged[0] = '\0';
	va_start(list, format);
	vsnprintf(args + 10, sizeof(args) - 10, format, list);
	va_end(list);
	return plx_device_attach(args, &why);
}

static PLX_UNUSED void
start(uint16_t nb_rx, uint16_t nb_tx, uint32_t rx_offloads)
{
	const struct plx_ethdev_conf conf = {.rx_offloads = rx_offloads};

	assert_int_equal(plx_ethdev_configure(0, nb_rx, nb_tx, &conf, &why), 0);
	for (uint16_t i = 0; i < nb_rx; i++)
		assert_int_equal(plx_ethdev_rx_queue_setup(0, i, 0, pool, &why), 0);
	for (uint16_t i = 0; i < nb_tx; i++)
		assert_int_equal(plx_ethdev_tx_queue_setup(0, i, 0, &why), 0);
	assert_int_equal(plx_ethdev_start(0, &why), 0);
}

static PLX_UNUSED void
balanced(void)
{
	struct plx_ethdev_ledger ledger;
	int64_t rx, tx;

	assert_int_equal(plx_ethdev_ledger(0, &ledger), 0);
	plx_ethdev_ledger_balance(&ledger, &rx, &tx);
	assert_int_equal(rx, 0);
	assert_int_equal(tx, 0);
}

static PLX_UNUSED void
detach(void)
{
	balanced();
	assert_int_equal(plx_ethdev_stop(0), 0);
	balanced();
	assert_int_equal(plx_device_detach("net_pcap0", &why), 0);
	assert_int_equal(plx_pool_in_use(pool), 0);
	assert_int_equal(plx_pool_audit(pool, &why), 0);
}

static PLX_UNUSED uint64_t
xstat(const char *name)
{
	struct plx_ethdev_xstat stats[256];
	int n = plx_ethdev_xstats(0, stats, 256);

	for (int i = 0; i < n; i++) {
		if (strcmp(stats[i].name, name) == 0)
			return stats[i].value;
	}
	fail_msg("no xstat %s", name);
	return 0;
}

static PLX_UNUSED bool
link_is_up(void)
{
	struct plx_ethdev_link link;

	assert_int_equal(plx_ethdev_link(0, &link), 0);
	return link.up;
}

static PLX_UNUSED void
check_packet(const struct plx_mbuf *m, unsigned i, uint32_t len)
{
	if (plx_mbuf_check(m, &why) != 0)
		fail_msg("%s", why.text);
	assert_int_equal(m->pkt_len, len);
	for (uint32_t k = 0; k < len; k++) {
		uint8_t room;
		const uint8_t *byte = plx_mbuf_read(m, k, 1, &room);

		assert_int_equal(*byte, (uint8_t)(i + k));
	}
}

static PLX_UNUSED struct plx_mbuf *
packet(uint32_t len)
{
	struct plx_mbuf *m = plx_mbuf_alloc(pool);

	assert_non_null(m);
	memset(plx_mbuf_append(m, (uint16_t)len), 0x5a, len);
	return m;
}

#endif
