/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of files in a folder of its own, with clocks that the test turns. */
#ifndef PLX_TESTS_UNIT_PCAPFILE_FILESET_SCENE_H
#define PLX_TESTS_UNIT_PCAPFILE_FILESET_SCENE_H

#include "plx_pcapfile_fileset.h"

#include "memory_sink.h"
#include "own.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_S  UINT64_C(1000000000)
#define START (UINT64_C(1795269600) * NS_S) /* 2026-11-21 14:00:00 UTC */
#define LEN   100
#define REC   (16 + LEN)
#define HEAD  24

/* A set in a folder of its own, the writer on it, and clocks that the test turns. */
struct scene {
	char dir[64];
	char name[128];
	struct plx_pcapfile_fileset_params params;
	struct plx_pcapfile_fileset *set;
	struct plx_pcapfile_writer *writer;
	struct plx_pcapfile_now now;
	unsigned sent;
	unsigned finished;
	char last_finished[256];
	struct plx_why why;
};

static inline unsigned
packets_of(const char *path)
{
	struct plx_pcapfile_record record;
	struct plx_pcapfile_source *source;
	struct plx_pcapfile_reader *reader = NULL;
	struct plx_why why = {""};
	unsigned n = 0;
	int err;

	if (plx_pcapfile_source_open(path, &source, &why) != 0 ||
	    plx_pcapfile_reader_create(source, NULL, &reader, &why) != 0)
		fail_msg("%s", why.text);
	while ((err = plx_pcapfile_reader_next(reader, &record, &why)) == 1)
		n++;
	if (err != 0)
		fail_msg("%s", why.text);
	plx_pcapfile_reader_destroy(reader);
	plx_pcapfile_source_close(source);
	return n;
}

static inline void
on_finished(void *arg, const struct plx_pcapfile_finished *file)
{
	struct scene *s = arg;
	struct stat about;

	assert_int_equal(stat(file->path, &about), 0);
	assert_int_equal(about.st_size, file->bytes);
	assert_int_equal(packets_of(file->path), file->packets);
	s->finished++;
	snprintf(s->last_finished, sizeof(s->last_finished), "%s", file->path);
}

static inline void
scene_make(struct scene *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	setenv("TZ", "UTC", 1);
	assert_non_null(own_folder(s->dir));
	snprintf(s->name, sizeof(s->name), "%s/%s", s->dir, name);
	s->params.name = s->name;
	s->params.finished = on_finished;
	s->params.arg = s;
	s->now.wall_ns = START;
	s->now.mono_ns = 5 * NS_S;
}

static inline void
scene_open(struct scene *s)
{
	const struct plx_pcapfile_writer_params params = {.format = PLX_PCAPFILE_PCAP_NS};

	if (plx_pcapfile_fileset_create(&s->params, &s->now, &s->set, &s->why) != 0)
		fail_msg("%s", s->why.text);
	assert_int_equal(plx_pcapfile_writer_create(&params, plx_pcapfile_fileset_sink(s->set),
						    &s->writer, NULL),
			 0);
}

/* One packet the way a program does it; returns what the set said. */
static inline int
send_one(struct scene *s)
{
	struct plx_pcapfile_writer_counts counts;
	uint8_t bytes[LEN] = {0};
	int err = 0;

	plx_pcapfile_writer_counts(s->writer, &counts);
	if (plx_pcapfile_due_reached(plx_pcapfile_fileset_due(s->set), counts.file_bytes,
				     counts.file_packets, &s->now))
		err = plx_pcapfile_fileset_turn(s->set, s->writer, &s->now, &s->why);
	if (err == 1)
		return 1;
	if (plx_pcapfile_fileset_sink(s->set) == NULL)
		return err;
	assert_int_equal(write_bytes(s->writer, s->now.wall_ns, bytes, sizeof(bytes)), 0);
	s->sent++;
	return err;
}

static inline void
send_many(struct scene *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(send_one(s), 0);
}

static inline void
pass(struct scene *s, uint64_t ns)
{
	s->now.wall_ns += ns;
	s->now.mono_ns += ns;
}

static inline void
scene_end(struct scene *s)
{
	if (plx_pcapfile_fileset_end(s->set, s->writer, &s->why) != 0)
		fail_msg("%s", s->why.text);
	plx_pcapfile_writer_destroy(s->writer);
	plx_pcapfile_fileset_destroy(s->set);
	s->set = NULL;
}

static inline unsigned
packets_in(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return packets_of(path);
}

static inline int
is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* "a=3 b=2": what is in the folder, in the order of names. */
static const char *
listing(const struct scene *s)
{
	static char text[4096];
	struct dirent **names;
	int n = scandir(s->dir, &names, is_name, alphasort);

	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%u",
			 i > 0 ? " " : "", names[i]->d_name, packets_in(s->dir, names[i]->d_name));
		free(names[i]);
	}
	free(names);
	return text;
}

/* Packets of all files; none may be empty. Also how many there are. */
static inline unsigned
packets_in_all(const struct scene *s, unsigned *ret_files)
{
	struct dirent **names;
	int n = scandir(s->dir, &names, is_name, alphasort);
	unsigned sum = 0;

	for (int i = 0; i < n; i++) {
		unsigned packets = packets_in(s->dir, names[i]->d_name);

		assert_int_not_equal(packets, 0);
		sum += packets;
		free(names[i]);
	}
	free(names);
	*ret_files = (unsigned)n;
	return sum;
}

static inline uint64_t
bytes_in_all(const struct scene *s)
{
	struct dirent **names;
	int n = scandir(s->dir, &names, is_name, alphasort);
	uint64_t sum = 0;

	for (int i = 0; i < n; i++) {
		char path[512];
		struct stat about;

		snprintf(path, sizeof(path), "%s/%s", s->dir, names[i]->d_name);
		assert_int_equal(stat(path, &about), 0);
		sum += (uint64_t)about.st_size;
		free(names[i]);
	}
	free(names);
	return sum;
}

static inline void
scene_remove(struct scene *s)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", s->dir);
	assert_int_equal(system(command), 0);
}

static inline void
expect_listing(struct scene *s, const char *expected)
{
	scene_end(s);
	assert_string_equal(listing(s), expected);
	scene_remove(s);
}

#endif
