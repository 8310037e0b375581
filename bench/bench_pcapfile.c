/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What does it cost to write a packet into a capture file, and to read one? Ours against libpcap's
 * pcap_dump and pcap_next_ex, both with nanoseconds, on a file in memory (memfd).
 */
#include "bench.h"

#include <pollux/plx_base.h>
#include <pollux/plx_pcapfile_reader.h>
#include <pollux/plx_pcapfile_writer.h>

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_BYTES (64u << 20)

struct shape {
	uint32_t len;
	enum plx_pcapfile_format format;
};

static uint8_t frame[9000];
static int file = -1;

static unsigned
packets_of(const struct shape *shape)
{
	return FILE_BYTES / (shape->len + 16);
}

/* The same pages each time: their first touch is no part of the question. */
static void
rewind_file(void)
{
	if (file < 0)
		file = memfd_create("bench", 0);
	lseek(file, 0, SEEK_SET);
}

static double
ns_each(uint64_t since, unsigned n)
{
	return (double)(bench_cycles() - since) * 1e9 / bench_cycles_per_second() / n;
}

static double
write_ours(const void *arg)
{
	const struct shape *shape = arg;
	const struct plx_pcapfile_writer_params params = {.format = shape->format};
	const struct plx_pcapfile_interface interface = {.name = "bench"};
	struct plx_pcapfile_packet packet = {.time_ns = 1700000000000000000};
	struct iovec segment = {frame, shape->len};
	struct plx_pcapfile_writer *writer;
	struct plx_pcapfile_sink *sink;
	unsigned n = packets_of(shape);
	uint64_t since;
	uint32_t id;
	double ns;

	rewind_file();
	since = bench_cycles();
	if (plx_pcapfile_sink_fd(file, false, "memory", &sink) != 0 ||
	    plx_pcapfile_writer_create(&params, sink, &writer, NULL) != 0 ||
	    plx_pcapfile_writer_add_interface(writer, &interface, &id, NULL) != 0)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		packet.time_ns += 1000;
		if (plx_pcapfile_writer_packet(writer, &packet, &segment, 1) != 0)
			return -1;
	}
	if (plx_pcapfile_writer_flush(writer, NULL) != 0)
		return -1;
	ns = ns_each(since, n);
	plx_pcapfile_writer_destroy(writer);
	plx_pcapfile_sink_close(sink, NULL);
	return ns;
}

static double
write_libpcap(const void *arg)
{
	const struct shape *shape = arg;
	struct pcap_pkthdr header = {{1700000000, 0}, shape->len, shape->len};
	pcap_t *pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 262144,
							    PCAP_TSTAMP_PRECISION_NANO);
	unsigned n = packets_of(shape);
	pcap_dumper_t *dumper;
	uint64_t since;
	double ns;

	rewind_file();
	since = bench_cycles();
	dumper = pcap_dump_fopen(pcap, fdopen(dup(file), "wb"));
	if (dumper == NULL)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		header.ts.tv_usec += 1000;
		pcap_dump((u_char *)dumper, &header, frame);
	}
	pcap_dump_flush(dumper);
	ns = ns_each(since, n);
	pcap_dump_close(dumper);
	pcap_close(pcap);
	return ns;
}

static double
read_ours(const void *arg)
{
	struct plx_pcapfile_record record;
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_reader *reader;
	unsigned n = 0;
	uint64_t since;
	double ns;

	if (write_ours(arg) < 0)
		return -1;
	rewind_file();
	since = bench_cycles();
	if (plx_pcapfile_source_fd(file, false, "memory", &source) != 0 ||
	    plx_pcapfile_reader_create(source, NULL, &reader, NULL) != 0)
		return -1;
	while (n < packets_of(arg) && plx_pcapfile_reader_next(reader, &record, NULL) == 1) {
		bench_use(&record);
		n++;
	}
	ns = ns_each(since, n);
	plx_pcapfile_reader_destroy(reader);
	plx_pcapfile_source_close(source);
	return n == packets_of(arg) ? ns : -1;
}

static double
read_libpcap(const void *arg)
{
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	unsigned n = 0;
	uint64_t since;
	pcap_t *pcap;
	double ns;

	if (write_ours(arg) < 0)
		return -1;
	rewind_file();
	since = bench_cycles();
	pcap = pcap_fopen_offline_with_tstamp_precision(fdopen(dup(file), "rb"),
							PCAP_TSTAMP_PRECISION_NANO, why);
	if (pcap == NULL)
		return -1;
	while (n < packets_of(arg) && pcap_next_ex(pcap, &header, &bytes) == 1) {
		bench_use(header);
		n++;
	}
	ns = ns_each(since, n);
	pcap_close(pcap);
	return n == packets_of(arg) ? ns : -1;
}

int
main(int argc, char **argv)
{
	static const struct shape pcap_60 = {60, PLX_PCAPFILE_PCAP_NS};
	static const struct shape pcap_1500 = {1500, PLX_PCAPFILE_PCAP_NS};
	static const struct shape ng_60 = {60, PLX_PCAPFILE_PCAPNG};
	static const struct shape ng_1500 = {1500, PLX_PCAPFILE_PCAPNG};
	/* libpcap writes no pcapng: there its pcap stands beside ours. */
	static const struct bench_row rows[] = {
		{"write pcap, 60 bytes", write_ours, write_libpcap, &pcap_60},
		{"write pcap, 1500 bytes", write_ours, write_libpcap, &pcap_1500},
		{"write pcapng, 60 bytes", write_ours, write_libpcap, &ng_60},
		{"write pcapng, 1500 bytes", write_ours, write_libpcap, &ng_1500},
		{"read pcap, 60 bytes", read_ours, read_libpcap, &pcap_60},
		{"read pcap, 1500 bytes", read_ours, read_libpcap, &pcap_1500},
		{"read pcapng, 60 bytes", read_ours, read_libpcap, &ng_60},
		{"read pcapng, 1500 bytes", read_ours, read_libpcap, &ng_1500},
	};
	const struct bench bench = {"pcapfile", "ns/packet", "libpcap", rows, PLX_ARRAY_LEN(rows)};

	return bench_main(argc, argv, &bench);
}
