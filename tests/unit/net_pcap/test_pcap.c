/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcap_fixture.h"

/* -- receiving --------------------------------------------------------------------------------------- */

static void
packets_of_a_file_are_received_once_with_their_times(void **state)
{
	struct plx_mbuf *pkts[32];
	unsigned total = 0;
	uint16_t n;

	make_file(in_path, 100, 60);
	assert_int_equal(attach("rx_pcap=%s", in_path), 0);
	start(1, 1, 0);
	while ((n = plx_ethdev_rx_burst(0, 0, pkts, 32)) > 0) {
		for (uint16_t i = 0; i < n; i++, total++) {
			check_packet(pkts[i], total, 60);
			assert_int_equal(pkts[i]->timestamp, TIME_NS + total);
			assert_int_equal(pkts[i]->ol_flags,
					 PLX_MBUF_RX_TIMESTAMP | PLX_MBUF_RX_HASH);
			assert_int_equal(pkts[i]->hash, 1000 + total);
			assert_int_equal(pkts[i]->port, 0);
		}
		plx_mbuf_free_bulk(pkts, n);
	}
	assert_int_equal(total, 100);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 0);
	assert_true(link_is_up());
	assert_int_equal(plx_ethdev_rx_fd(0, 0), -ENOTSUP);
	detach();
	assert_string_equal(logged, "");
}

static void
a_restart_begins_the_file_anew(void **state)
{
	struct plx_mbuf *pkts[8];
	struct plx_ethdev_stats stats;

	make_file(in_path, 20, 60);
	assert_int_equal(attach("rx_pcap=%s", in_path), 0);
	start(1, 1, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 8), 8);
		check_packet(pkts[0], 0, 60);
		plx_mbuf_free_bulk(pkts, 8);
		assert_int_equal(plx_ethdev_stop(0), 0);
		assert_int_equal(plx_ethdev_start(0, &why), 0);
	}
	assert_int_equal(plx_ethdev_stats(0, &stats), 0);
	assert_int_equal(stats.rx_packets, 24);
	assert_int_equal(stats.rx_bytes, 24 * 60);
	detach();
}

static void
frames_longer_than_a_buffer_become_chains_with_scatter(void **state)
{
	static const uint32_t lens[] = {1, ROOM - 1, ROOM, ROOM + 1, 3 * ROOM, 9000};
	struct plx_mbuf *pkts[8];
	struct file file;

	file_begin(&file, in_path, PLX_PCAPFILE_LINK_ETHERNET);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(lens); i++)
		file_add(&file, i, lens[i]);
	file_end(&file);
	assert_int_equal(attach("rx_pcap=%s", in_path), 0);
	start(1, 1, PLX_ETH_RX_OFFLOAD_SCATTER);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 8), PLX_ARRAY_LEN(lens));
	for (unsigned i = 0; i < PLX_ARRAY_LEN(lens); i++) {
		check_packet(pkts[i], i, lens[i]);
		assert_int_equal(pkts[i]->nb_segs, (lens[i] + ROOM - 1) / ROOM);
		plx_mbuf_free(pkts[i]);
	}
	detach();
}

static void
frames_longer_than_a_buffer_are_counted_without_scatter(void **state)
{
	struct plx_mbuf *pkts[8];
	struct file file;

	file_begin(&file, in_path, PLX_PCAPFILE_LINK_ETHERNET);
	file_add(&file, 0, ROOM + 1);
	file_add(&file, 1, ROOM);
	file_add(&file, 2, 0);
	file_add(&file, 3, 9000);
	file_end(&file);
	assert_int_equal(attach("rx_pcap=%s", in_path), 0);
	start(1, 1, 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 8), 1);
	check_packet(pkts[0], 1, ROOM);
	plx_mbuf_free(pkts[0]);
	assert_int_equal(xstat("rx_too_long"), 2);
	assert_int_equal(xstat("rx_empty"), 1);
	assert_int_equal(xstat("rx_errors"), 3);
	detach();
}

static void
an_empty_pool_loses_nothing(uint32_t len, const char *more)
{
	struct plx_mbuf *held[128], *pkts[32];
	unsigned total = 0, empty = 0, nb_held;
	uint16_t n;

	make_file(in_path, 200, len);
	assert_int_equal(attach("rx_pcap=%s%s", in_path, more), 0);
	start(1, 1, PLX_ETH_RX_OFFLOAD_SCATTER);
	for (unsigned round = 0; total < 200; round++) {
		nb_held = 0;
		while (nb_held < 128 - round % 8 && (held[nb_held] = plx_mbuf_alloc(pool)) != NULL)
			nb_held++;
		n = plx_ethdev_rx_burst(0, 0, pkts, 32);
		empty += n == 0;
		for (uint16_t i = 0; i < n; i++, total++)
			check_packet(pkts[i], total % 200, len);
		plx_mbuf_free_bulk(pkts, n);
		plx_mbuf_free_bulk(held, nb_held);
		balanced();
	}
	assert_true(empty > 0);
	assert_true(xstat("rx_pool_empty") > 0);
	detach();
}

static void
an_empty_pool_loses_no_packet_of_a_file(void **state)
{
	an_empty_pool_loses_nothing(60, "");
}

static void
an_empty_pool_loses_no_chain_of_a_file(void **state)
{
	an_empty_pool_loses_nothing(5 * ROOM, "");
}

static void
an_empty_pool_loses_no_chain_of_an_endless_file(void **state)
{
	an_empty_pool_loses_nothing(5 * ROOM, ",infinite_rx=1");
}

static void
a_packet_read_but_not_delivered_is_not_in_the_books_after_stop(void **state)
{
	struct plx_mbuf *held[128], *pkts[4];
	unsigned n = 0;

	make_file(in_path, 2, 60);
	assert_int_equal(attach("rx_pcap=%s", in_path), 0);
	start(1, 1, 0);
	while (n < 128 && (held[n] = plx_mbuf_alloc(pool)) != NULL)
		n++;
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 4), 0);
	assert_int_equal(plx_ethdev_rx_queue_count(0, 0), 1);
	balanced();
	assert_int_equal(plx_ethdev_stop(0), 0);
	balanced();
	plx_mbuf_free_bulk(held, n);
	assert_int_equal(plx_ethdev_start(0, &why), 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 4), 2);
	plx_mbuf_free_bulk(pkts, 2);
	detach();
}

static void
an_endless_file_repeats(void **state)
{
	struct plx_mbuf *pkts[32];
	struct plx_ethdev_stats stats;
	unsigned total = 0;

	make_file(in_path, 7, 60);
	assert_int_equal(attach("rx_pcap=%s,infinite_rx=1", in_path), 0);
	start(1, 1, 0);
	unlink(in_path);
	for (int round = 0; round < 20; round++) {
		assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 32);
		for (int i = 0; i < 32; i++, total++) {
			check_packet(pkts[i], total % 7, 60);
			/* Whoever receives a packet may write into it. */
			memset(plx_mbuf_data(pkts[i]), 0xff, 60);
		}
		plx_mbuf_free_bulk(pkts, 32);
	}
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(plx_ethdev_start(0, &why), 0);
	assert_int_equal(plx_ethdev_stats(0, &stats), 0);
	assert_int_equal(stats.rx_packets, 640);
	detach();
}

static void
an_endless_file_of_long_frames_only_ends_each_burst(void **state)
{
	struct plx_mbuf *pkts[32];

	make_file(in_path, 3, ROOM + 1);
	assert_int_equal(attach("rx_pcap=%s,infinite_rx=1", in_path), 0);
	start(1, 1, 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 0);
	assert_int_equal(xstat("rx_too_long"), 32);
	detach();
}

static void
each_file_is_a_queue(void **state)
{
	struct plx_mbuf *pkts[32];

	make_file(in_path, 5, 60);
	make_file(out_path, 9, 61);
	assert_int_equal(attach("rx_pcap=%s,rx_pcap=%s", in_path, out_path), 0);
	assert_int_equal(plx_ethdev_configure(0, 3, 1, NULL, &why), -EINVAL);
	start(2, 3, 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 5);
	check_packet(pkts[0], 0, 60);
	plx_mbuf_free_bulk(pkts, 5);
	assert_int_equal(plx_ethdev_rx_burst(0, 1, pkts, 32), 9);
	check_packet(pkts[0], 0, 61);
	assert_int_equal(pkts[0]->queue, 1);
	plx_mbuf_free_bulk(pkts, 9);
	detach();
}

static void
with_eof_the_link_goes_down_at_the_end(void **state)
{
	struct plx_mbuf *pkts[32];

	make_file(in_path, 5, 60);
	assert_int_equal(attach("rx_pcap=%s,eof=1", in_path), 0);
	start(1, 1, 0);
	assert_true(link_is_up());
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 4), 4);
	plx_mbuf_free_bulk(pkts, 4);
	assert_true(link_is_up());
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 4), 1);
	plx_mbuf_free_bulk(pkts, 1);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 4), 0);
	assert_false(link_is_up());
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(plx_ethdev_start(0, &why), 0);
	assert_true(link_is_up());
	detach();
}

static void
a_cut_file_gives_its_whole_packets_and_a_warning(void **state)
{
	struct plx_mbuf *pkts[32];
	struct stat about;

	make_file(in_path, 5, 60);
	assert_int_equal(stat(in_path, &about), 0);
	assert_int_equal(truncate(in_path, about.st_size - 1), 0);
	assert_int_equal(attach("rx_pcap=%s", in_path), 0);
	start(1, 1, 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 4);
	plx_mbuf_free_bulk(pkts, 4);
	assert_int_equal(xstat("rx_file_faults"), 1);
	detach();
	assert_non_null(strstr(logged, in_path));
	assert_non_null(strstr(logged, "it was cut"));
}

static void
a_pipe_is_received_as_it_fills(void **state)
{
	struct plx_mbuf *pkts[32];
	uint8_t bytes[4096];
	char path[32];
	ssize_t len;
	int ends[2], fd;

	make_file(in_path, 3, 60);
	fd = open(in_path, O_RDONLY);
	len = read(fd, bytes, sizeof(bytes));
	close(fd);
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(write(ends[1], bytes, 100), 100);
	assert_int_equal(attach("rx_pcap=%s,infinite_rx=1", path), 0);
	assert_int_equal(plx_ethdev_configure(0, 1, 1, NULL, &why), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(0, 0, 0, pool, &why), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(0, 0, 0, &why), 0);
	assert_int_equal(plx_ethdev_start(0, &why), -EINVAL);
	assert_non_null(strstr(why.text, "is a pipe"));
	assert_int_equal(plx_device_detach("net_pcap0", &why), 0);

	assert_int_equal(write(ends[1], bytes, 100), 100);
	assert_int_equal(attach("rx_pcap=%s,eof=1", path), 0);
	start(1, 1, 0);
	assert_true(plx_ethdev_rx_fd(0, 0) >= 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 0);
	assert_int_equal(write(ends[1], bytes + 100, (size_t)len - 101), len - 101);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 2);
	plx_mbuf_free_bulk(pkts, 2);
	assert_true(link_is_up());
	assert_int_equal(write(ends[1], bytes + len - 1, 1), 1);
	close(ends[1]);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 1);
	plx_mbuf_free_bulk(pkts, 1);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 0);
	assert_false(link_is_up());
	detach();
	close(ends[0]);
}

/* -- sending ----------------------------------------------------------------------------------------- */

static void
packets_sent_are_in_the_file(void **state)
{
	struct plx_pcapfile_record last;
	struct plx_ethdev_stats stats;
	struct plx_mbuf *pkts[32];

	assert_int_equal(attach("tx_pcap=%s", out_path), 0);
	start(1, 1, 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 32), 0);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 32; i++)
			pkts[i] = packet(60 + (uint32_t)i);
		assert_int_equal(plx_mbuf_chain(pkts[31], packet(100)), 0);
		assert_int_equal(plx_ethdev_tx_burst(0, 0, pkts, 32), 32);
	}
	assert_int_equal(plx_ethdev_tx_burst(0, 0, pkts, 0), 0);
	assert_int_equal(plx_ethdev_stats(0, &stats), 0);
	assert_int_equal(stats.tx_packets, 320);
	assert_int_equal(stats.tx_bytes, 10 * (32 * 60 + 31 * 16 + 100));
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(packets_in(out_path, &last), 320);
	assert_int_equal(last.len, 191);
	assert_true(last.packet.time_ns > TIME_NS);

	/* Neither a restart nor a new configuration begins the file anew. */
	start(1, 1, 0);
	pkts[0] = packet(60);
	assert_int_equal(plx_ethdev_tx_burst(0, 0, pkts, 1), 1);
	detach();
	assert_int_equal(packets_in(out_path, NULL), 321);
}

static void
without_a_file_packets_are_dropped_and_counted(void **state)
{
	struct plx_ethdev_stats stats;
	struct plx_mbuf *m = packet(60);

	make_file(in_path, 1, 60);
	assert_int_equal(attach("rx_pcap=%s", in_path), 0);
	start(1, 1, 0);
	assert_int_equal(plx_ethdev_tx_burst(0, 0, &m, 1), 1);
	assert_int_equal(xstat("tx_no_file"), 1);
	assert_int_equal(plx_ethdev_stats(0, &stats), 0);
	assert_int_equal(stats.tx_packets, 0);
	assert_int_equal(stats.tx_errors, 1);
	detach();
}

static void
snaplen_format_and_time_are_obeyed(void **state)
{
	struct plx_pcapfile_record last;
	struct plx_mbuf *pkts[4];

	make_file(in_path, 4, 200);
	assert_int_equal(attach("rx_pcap=%s,tx_pcap=%s,snaplen=96,format=pcapng,time=packet",
				in_path, out_path),
			 0);
	start(1, 1, 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 4), 4);
	assert_int_equal(plx_ethdev_tx_burst(0, 0, pkts, 4), 4);
	detach();
	assert_int_equal(packets_in(out_path, &last), 4);
	assert_int_equal(last.len, 96);
	assert_int_equal(last.packet.wire_len, 200);
	assert_int_equal(last.packet.time_ns, TIME_NS + 3);
	assert_int_equal(last.packet.has, PLX_PCAPFILE_HAS_FLAGS | PLX_PCAPFILE_HAS_QUEUE);
	assert_int_equal(last.packet.flags, PLX_PCAPFILE_OUTBOUND);
}

static void
what_was_cut_keeps_its_length(void **state)
{
	static const char *const more[] = {"", ",infinite_rx=1"};
	struct plx_pcapfile_record last;
	struct plx_ethdev_stats stats;
	struct plx_mbuf *pkts[3];
	struct file file;

	file_begin(&file, in_path, PLX_PCAPFILE_LINK_ETHERNET);
	file_add(&file, 0, 60);
	file_add_cut(&file, 1, 60, 1500);
	file_add_cut(&file, 2, 3 * ROOM, 70000);
	file_end(&file);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(more); i++) {
		assert_int_equal(attach("rx_pcap=%s,tx_pcap=%s%s", in_path, out_path, more[i]), 0);
		start(1, 1, PLX_ETH_RX_OFFLOAD_SCATTER);
		assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 3), 3);
		assert_int_equal(plx_mbuf_wire_len(pkts[0]), 60);
		assert_int_equal(pkts[0]->ol_flags & PLX_MBUF_RX_CUT, 0);
		assert_int_equal(plx_mbuf_wire_len(pkts[1]), 1500);
		check_packet(pkts[1], 1, 60);
		assert_int_equal(plx_mbuf_wire_len(pkts[2]), 70000);
		check_packet(pkts[2], 2, 3 * ROOM);
		assert_int_equal(plx_ethdev_tx_burst(0, 0, pkts, 3), 3);
		assert_int_equal(plx_ethdev_stats(0, &stats), 0);
		assert_int_equal(stats.rx_bytes, 60 + 1500 + 70000);
		assert_int_equal(stats.tx_bytes, stats.rx_bytes);
		detach();
		assert_int_equal(packets_in(out_path, &last), 3);
		assert_int_equal(last.len, 3 * ROOM);
		assert_int_equal(last.packet.wire_len, 70000);
	}
}

static void
a_full_disk_is_counted_packet_by_packet(void **state)
{
	struct rlimit before, limit;
	struct plx_ethdev_stats stats;
	unsigned sent = 0, in_file;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(attach("tx_pcap=%s", out_path), 0);
	start(1, 1, 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 1500007;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (; sent < 12000; sent++) {
		struct plx_mbuf *m = packet(200);

		assert_int_equal(plx_ethdev_tx_burst(0, 0, &m, 1), 1);
	}
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(logged, out_path));
	in_file = packets_in(out_path, NULL);
	assert_int_equal(in_file, (1500007 - 24) / 216);
	assert_int_equal(plx_ethdev_stats(0, &stats), 0);
	assert_int_equal(stats.tx_packets, in_file);
	assert_int_equal(stats.tx_bytes, in_file * 200);
	assert_int_equal(stats.tx_errors, sent - in_file);
	assert_int_equal(xstat("tx_not_written"), sent - in_file);
	assert_int_equal(plx_ethdev_start(0, &why), -EFBIG);
	assert_non_null(strstr(why.text, "cannot write"));
	detach();
}

static void
a_chain_of_too_many_segments_is_counted(void **state)
{
	const struct plx_pool_params params = {
		.name = "many", .n = 300, .buf_size = 256, .headroom = 128, .node = PLX_NODE_ANY};
	struct plx_pool *many;
	struct plx_mbuf *head;

	assert_int_equal(plx_pool_create(&params, &many, &why), 0);
	head = plx_mbuf_alloc(many);
	plx_mbuf_append(head, 1);
	for (int i = 0; i < 256; i++) {
		struct plx_mbuf *m = plx_mbuf_alloc(many);

		plx_mbuf_append(m, 1);
		assert_int_equal(plx_mbuf_chain(head, m), 0);
	}
	assert_int_equal(attach("tx_pcap=%s", out_path), 0);
	start(1, 1, 0);
	assert_int_equal(plx_ethdev_tx_burst(0, 0, &head, 1), 1);
	assert_int_equal(xstat("tx_too_many_segments"), 1);
	detach();
	assert_int_equal(plx_pool_destroy(many, &why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_a_file_are_received_once_with_their_times),
		cmocka_unit_test(a_restart_begins_the_file_anew),
		cmocka_unit_test(frames_longer_than_a_buffer_become_chains_with_scatter),
		cmocka_unit_test(frames_longer_than_a_buffer_are_counted_without_scatter),
		cmocka_unit_test(an_empty_pool_loses_no_packet_of_a_file),
		cmocka_unit_test(an_empty_pool_loses_no_chain_of_a_file),
		cmocka_unit_test(an_empty_pool_loses_no_chain_of_an_endless_file),
		cmocka_unit_test(a_packet_read_but_not_delivered_is_not_in_the_books_after_stop),
		cmocka_unit_test(an_endless_file_repeats),
		cmocka_unit_test(an_endless_file_of_long_frames_only_ends_each_burst),
		cmocka_unit_test(each_file_is_a_queue),
		cmocka_unit_test(with_eof_the_link_goes_down_at_the_end),
		cmocka_unit_test(a_cut_file_gives_its_whole_packets_and_a_warning),
		cmocka_unit_test(a_pipe_is_received_as_it_fills),
		cmocka_unit_test(packets_sent_are_in_the_file),
		cmocka_unit_test(without_a_file_packets_are_dropped_and_counted),
		cmocka_unit_test(snaplen_format_and_time_are_obeyed),
		cmocka_unit_test(what_was_cut_keeps_its_length),
		cmocka_unit_test(a_full_disk_is_counted_packet_by_packet),
		cmocka_unit_test(a_chain_of_too_many_segments_is_counted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
