/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory_sink.h"
#include "own.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct plx_why why;
static char folder[OWN_PATH];
static char path[64];

static int
make_folder(void **state)
{
	if (own_folder(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/x.pcap", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	unlink(path);
	return rmdir(folder);
}

static struct plx_pcapfile_writer *
writer_on(struct plx_pcapfile_sink *sink)
{
	const struct plx_pcapfile_writer_params params = {.format = PLX_PCAPFILE_PCAP_NS,
							  .snaplen = 2000};
	struct plx_pcapfile_writer *writer;

	assert_int_equal(plx_pcapfile_writer_create(&params, sink, &writer, &why), 0);
	return writer;
}

static unsigned
packets_in_file(int *ret_err)
{
	struct plx_pcapfile_record record;
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_reader *reader;
	unsigned n = 0;

	assert_int_equal(plx_pcapfile_source_open(path, &source, &why), 0);
	*ret_err = plx_pcapfile_reader_create(source, NULL, &reader, &why);
	if (*ret_err == 0) {
		while ((*ret_err = plx_pcapfile_reader_next(reader, &record, &why)) == 1)
			n++;
		plx_pcapfile_reader_destroy(reader);
	}
	plx_pcapfile_source_close(source);
	return n;
}

static void
a_file_is_created_and_read_again(void **state)
{
	struct plx_pcapfile_writer *writer;
	struct plx_pcapfile_sink *sink;
	int err;

	assert_int_equal(plx_pcapfile_sink_open(path, &sink, &why), 0);
	writer = writer_on(sink);
	for (int i = 0; i < 30000; i++)
		assert_int_equal(write_bytes(writer, 0, "0123456789", 10), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_destroy(writer);
	assert_int_equal(plx_pcapfile_sink_close(sink, &why), 0);
	assert_int_equal(packets_in_file(&err), 30000);
	assert_int_equal(err, 0);
}

static void
a_path_that_cannot_be_opened_is_named(void **state)
{
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_sink *sink;

	assert_int_equal(plx_pcapfile_sink_open("/nonexistent/x", &sink, &why), -ENOENT);
	assert_non_null(strstr(why.text, "cannot write '/nonexistent/x': No such file"));
	assert_int_equal(plx_pcapfile_sink_open("/", &sink, &why), -EISDIR);
	assert_int_equal(plx_pcapfile_source_open("/nonexistent/x", &source, &why), -ENOENT);
	assert_non_null(strstr(why.text, "cannot read '/nonexistent/x': No such file"));
	assert_int_equal(plx_pcapfile_source_open("/", &source, &why), -EISDIR);
}

/* A limit on the file's size is a disk that fills up in the middle of a write. */
static void
a_full_disk_leaves_a_file_that_ends_with_a_whole_record(void **state)
{
	struct plx_pcapfile_writer_counts counts;
	struct plx_pcapfile_writer *writer;
	struct rlimit before, limit;
	struct plx_pcapfile_sink *sink;
	uint8_t bytes[1000] = {1};
	unsigned accepted = 0;
	struct stat about;
	int err;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(plx_pcapfile_sink_open(path, &sink, &why), 0);
	writer = writer_on(sink);
	limit = before;
	limit.rlim_cur = 2000001;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	while ((err = write_bytes(writer, 0, bytes, sizeof(bytes))) == 0)
		accepted++;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, -EFBIG);
	assert_non_null(strstr(plx_pcapfile_writer_why(writer), path));
	plx_pcapfile_writer_counts(writer, &counts);
	plx_pcapfile_writer_destroy(writer);
	assert_int_equal(plx_pcapfile_sink_close(sink, &why), 0);

	assert_int_equal(packets_in_file(&err), accepted - counts.lost.packets);
	assert_int_equal(err, 0);
	assert_int_equal(accepted - counts.lost.packets, (2000001 - 24) / 1016);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_size, counts.file_bytes);
}

static void
no_space_names_the_file(void **state)
{
	struct plx_pcapfile_writer *writer;
	struct plx_pcapfile_sink *sink;

	assert_int_equal(plx_pcapfile_sink_open("/dev/full", &sink, &why), 0);
	writer = writer_on(sink);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), -ENOSPC);
	assert_non_null(strstr(why.text, "cannot write '/dev/full': No space left on device"));
	plx_pcapfile_writer_destroy(writer);
	assert_int_equal(plx_pcapfile_sink_close(sink, &why), 0);
}

static void
a_reader_that_went_away_is_epipe_and_no_signal(void **state)
{
	struct plx_pcapfile_writer *writer;
	struct plx_pcapfile_sink *sink;
	sigset_t pending;
	int ends[2];

	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(plx_pcapfile_sink_fd(ends[1], true, "a pipe", &sink), 0);
	writer = writer_on(sink);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), -EPIPE);
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	plx_pcapfile_writer_destroy(writer);
	assert_int_equal(plx_pcapfile_sink_close(sink, &why), 0);
}

static void *
read_slowly(void *arg)
{
	static uint8_t bytes[1000];
	size_t *sum = arg;
	ssize_t n;

	while ((n = read((int)sum[0], bytes, sizeof(bytes))) > 0)
		sum[1] += (size_t)n;
	return NULL;
}

static void
a_full_nonblocking_pipe_is_waited_for(void **state)
{
	struct plx_pcapfile_writer_counts counts;
	struct plx_pcapfile_writer *writer;
	struct plx_pcapfile_sink *sink;
	pthread_t thread;
	size_t sum[2];
	int ends[2];

	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	fcntl(ends[0], F_SETFL, 0);
	sum[0] = (size_t)ends[0];
	sum[1] = 0;
	assert_int_equal(plx_pcapfile_sink_fd(ends[1], true, "a pipe", &sink), 0);
	writer = writer_on(sink);
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, sum), 0);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(write_bytes(writer, 0, path, sizeof(path)), 0);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_counts(writer, &counts);
	plx_pcapfile_writer_destroy(writer);
	assert_int_equal(plx_pcapfile_sink_close(sink, &why), 0);
	pthread_join(thread, NULL);
	close(ends[0]);
	assert_int_equal(sum[1], counts.file_bytes);
}

static void
a_sink_may_begin_in_the_middle_of_a_file(void **state)
{
	struct plx_pcapfile_writer *writer;
	struct plx_pcapfile_sink *sink;
	struct stat about;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "12345", 5), 5);
	assert_int_equal(plx_pcapfile_sink_fd(fd, true, path, &sink), 0);
	writer = writer_on(sink);
	assert_int_equal(plx_pcapfile_writer_flush(writer, &why), 0);
	plx_pcapfile_writer_destroy(writer);
	assert_int_equal(sink->ops->truncate(sink, 10), 0);
	assert_int_equal(fstat(fd, &about), 0);
	assert_int_equal(about.st_size, 15);
	assert_int_equal(plx_pcapfile_sink_close(sink, &why), 0);
	assert_int_equal(plx_pcapfile_sink_close(NULL, &why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_created_and_read_again),
		cmocka_unit_test(a_path_that_cannot_be_opened_is_named),
		cmocka_unit_test(a_full_disk_leaves_a_file_that_ends_with_a_whole_record),
		cmocka_unit_test(no_space_names_the_file),
		cmocka_unit_test(a_reader_that_went_away_is_epipe_and_no_signal),
		cmocka_unit_test(a_full_nonblocking_pipe_is_waited_for),
		cmocka_unit_test(a_sink_may_begin_in_the_middle_of_a_file),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
