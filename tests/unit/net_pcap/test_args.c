/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcap_fixture.h"

static void refused(int err, const char *words, const char *format, ...) PLX_PRINTF(3, 4);

static void
refused(int err, const char *words, const char *format, ...)
{
	char args[512];
	va_list list;

	va_start(list, format);
	vsnprintf(args, sizeof(args), format, list);
	va_end(list);
	assert_int_equal(attach("%s", args), err);
	if (strstr(why.text, words) == NULL)
		fail_msg("no \"%s\" in: %s", words, why.text);
	assert_int_equal(plx_ethdev_count(), 0);
}

static void
wrong_arguments_say_what_would_be_right(void **state)
{
	make_file(in_path, 1, 60);
	refused(-EINVAL, "give rx_pcap=FILE, tx_pcap=FILE or both", "eof=0");
	refused(-EINVAL, "net_af_packet0,iface=eth1", "iface=eth1");
	refused(-EINVAL, "files only; for the interface 'eth2'", "rx_pcap=x,tx_iface=eth2");
	refused(-EINVAL, "did you mean 'rx_pcap'", "rx_pacp=x");
	refused(-EINVAL, "infinite_rx needs rx_pcap", "tx_pcap=%s,infinite_rx=1", out_path);
	refused(-EINVAL, "eof needs rx_pcap", "tx_pcap=%s,eof=1", out_path);
	refused(-EINVAL, "contradict", "rx_pcap=%s,infinite_rx=1,eof=1", in_path);
	refused(-EINVAL, "snaplen needs tx_pcap", "rx_pcap=%s,snaplen=64", in_path);
	refused(-EINVAL, "format needs tx_pcap", "rx_pcap=%s,format=pcap", in_path);
	refused(-EINVAL, "time needs tx_pcap", "rx_pcap=%s,time=now", in_path);
	refused(-EINVAL, "allowed is 1 to 262144", "tx_pcap=%s,snaplen=0", out_path);
	refused(-EINVAL, "pcap pcap_us pcapng", "tx_pcap=%s,format=erf", out_path);
}

static void
files_that_cannot_be_used_are_named(void **state)
{
	struct file file;
	FILE *text;

	make_file(in_path, 1, 60);
	refused(-ENOENT, "cannot read '/nonexistent/a'", "rx_pcap=/nonexistent/a");
	refused(-EISDIR, "directory", "rx_pcap=/tmp");
	refused(-ENOENT, "cannot write '/nonexistent/a'", "tx_pcap=/nonexistent/a");
	refused(-ENODATA, "is empty", "rx_pcap=/dev/null");
	refused(-EINVAL, "is the same file", "rx_pcap=%s,tx_pcap=%s", in_path, in_path);
	refused(-EINVAL, "is the same file", "tx_pcap=%s,tx_pcap=%s", out_path, out_path);
	assert_int_equal(packets_in(in_path, NULL), 1);
	text = fopen(in_path, "w");
	fprintf(text, "<html>");
	fclose(text);
	refused(-EINVAL, "neither pcap nor pcapng", "rx_pcap=%s", in_path);
	unlink(out_path);
	file_begin(&file, in_path, PLX_PCAPFILE_LINK_RAW);
	file_end(&file);
}

static void
a_file_without_packets_cannot_be_endless(void **state)
{
	make_file(in_path, 0, 60);
	assert_int_equal(attach("rx_pcap=%s,infinite_rx=1", in_path), 0);
	assert_int_equal(plx_ethdev_configure(0, 1, 1, NULL, &why), 0);
	assert_int_equal(plx_ethdev_rx_queue_setup(0, 0, 0, pool, &why), 0);
	assert_int_equal(plx_ethdev_tx_queue_setup(0, 0, 0, &why), 0);
	assert_int_equal(plx_ethdev_start(0, &why), -ENODATA);
	assert_non_null(strstr(why.text, "has no packet to repeat"));
	detach();
}

static void
frames_that_are_not_ethernet_are_counted(void **state)
{
	struct plx_mbuf *pkts[4];
	struct file file;

	file_begin(&file, in_path, PLX_PCAPFILE_LINK_RAW);
	file_add(&file, 0, 60);
	file_end(&file);
	assert_int_equal(attach("rx_pcap=%s", in_path), 0);
	start(1, 1, 0);
	assert_int_equal(plx_ethdev_rx_burst(0, 0, pkts, 4), 0);
	assert_int_equal(xstat("rx_not_ethernet"), 1);
	detach();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_arguments_say_what_would_be_right),
		cmocka_unit_test(files_that_cannot_be_used_are_named),
		cmocka_unit_test(a_file_without_packets_cannot_be_endless),
		cmocka_unit_test(frames_that_are_not_ethernet_are_counted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
