/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What does it cost to bring packets to the disk: with the early write-back of long files, in files that follow
 * one another, compressed? The peer is our own writer on one file that the kernel is left alone with. Files are
 * made in the present folder and removed. docs/adr/capture-disk-io.md tells what was decided by it.
 */
#include "bench.h"

#include <pollux/plx_base.h>
#include <pollux/plx_pcapfile_fileset.h>
#include <pollux/plx_pcapfile_writer.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEN	   1500
#define FILE_BYTES (512u << 20)
#define PACKETS	   (FILE_BYTES / (LEN + 16))
#define NAME	   "bench_capture_disk.pcap"

struct shape {
	uint64_t file_bytes; /* 0: one file */
	int level;	     /* 0: not compressed */
	bool early;
};

static uint8_t frames[64][LEN];

/* Half of each packet is noise, half of it repeats: somewhere between encrypted and clear traffic. */
static void
fill_frames(void)
{
	for (unsigned f = 0; f < PLX_ARRAY_LEN(frames); f++) {
		for (unsigned i = 0; i < LEN; i++)
			frames[f][i] = i < LEN / 2 ? (uint8_t)i : (uint8_t)rand();
	}
}

static int
make_sink(void *arg, int fd, const char *path, struct plx_pcapfile_sink **ret_sink,
	  struct plx_why *why)
{
	const struct shape *shape = arg;

	if (plx_pcapfile_sink_fd(fd, true, path, ret_sink) != 0)
		return -1;
	if (shape->early)
		plx_pcapfile_sink_fd_long(*ret_sink);
	return shape->level != 0 ? plx_pcapfile_sink_zstd(*ret_sink, shape->level, ret_sink, why)
				 : 0;
}

static void
on_finished(void *arg, const struct plx_pcapfile_finished *file)
{
	int fd = open(file->path, O_WRONLY | O_CLOEXEC);

	/* Until it is there: who only dirties pages has not paid yet. */
	if (fd >= 0) {
		fdatasync(fd);
		close(fd);
	}
	unlink(file->path);
}

static double
write_files(const void *arg)
{
	const struct shape *shape = arg;
	struct shape mine = *shape;
	const struct plx_pcapfile_fileset_params params = {.name = NAME,
							   .file_bytes = shape->file_bytes,
							   .make_sink = make_sink,
							   .finished = on_finished,
							   .arg = &mine};
	const struct plx_pcapfile_writer_params wparams = {.format = PLX_PCAPFILE_PCAP_NS};
	struct plx_pcapfile_now now = {UINT64_C(1700000000000000000), 1};
	struct plx_pcapfile_packet packet = {0};
	struct plx_pcapfile_fileset *set;
	struct plx_pcapfile_writer *writer;
	uint64_t since = bench_cycles();
	double ns;

	if (plx_pcapfile_fileset_create(&params, &now, &set, NULL) != 0)
		return -1;
	if (plx_pcapfile_writer_create(&wparams, plx_pcapfile_fileset_sink(set), &writer, NULL) !=
	    0)
		return -1;
	for (unsigned i = 0; i < PACKETS; i++) {
		struct iovec segment = {frames[i % PLX_ARRAY_LEN(frames)], LEN};

		packet.time_ns = now.wall_ns + i;
		if (plx_pcapfile_due_reached(plx_pcapfile_fileset_due(set),
					     plx_pcapfile_writer_file_bytes(writer), i, &now) &&
		    plx_pcapfile_fileset_turn(set, writer, &now, NULL) != 0)
			return -1;
		if (plx_pcapfile_writer_packet(writer, &packet, &segment, 1) != 0)
			return -1;
	}
	if (plx_pcapfile_fileset_end(set, writer, NULL) != 0)
		return -1;
	ns = (double)(bench_cycles() - since) * 1e9 / bench_cycles_per_second() / PACKETS;
	plx_pcapfile_writer_destroy(writer);
	plx_pcapfile_fileset_destroy(set);
	return ns;
}

static double
write_plain(const void *arg)
{
	static const struct shape plain = {0};

	return write_files(&plain);
}

int
main(int argc, char **argv)
{
	static const struct shape early = {.early = true};
	static const struct shape rotated = {.early = true, .file_bytes = 100000000};
	static const struct shape often = {.early = true, .file_bytes = 1000000};
	static const struct shape zstd_1 = {.early = true, .level = 1};
	static const struct shape zstd_3 = {.early = true, .level = 3};
	static const struct shape zstd_9 = {.early = true, .level = 9};
	static const struct bench_row rows[] = {
		{"written back early", write_files, write_plain, &early},
		{"the same, a file each 100 MB", write_files, write_plain, &rotated},
		{"the same, a file each 1 MB, each of them synced", write_files, write_plain,
		 &often},
		{"zstd:1", write_files, write_plain, &zstd_1},
		{"zstd:3", write_files, write_plain, &zstd_3},
		{"zstd:9", write_files, write_plain, &zstd_9},
	};
	const struct bench bench = {"capture_disk", "ns/packet", "plain", rows,
				    PLX_ARRAY_LEN(rows)};

	fill_frames();
	return bench_main(argc, argv, &bench);
}
