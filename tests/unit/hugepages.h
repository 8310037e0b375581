/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Free 2 MiB pages for the length of a test. The machine has one stock for all: tests that look at it, change it or take of it hold one lock,
 * that of the root folder, and others get none (tests/alone). A test's /sys is its own: whoever locks there locks out nobody. Whoever else has some, which the stock may shrink below meanwhile ("surplus"), keeps them.
 */
#ifndef PLX_TESTS_UNIT_HUGEPAGES_H
#define PLX_TESTS_UNIT_HUGEPAGES_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define HUGEPAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/"

static int hugepages_fd = -1;
static long hugepages_had;

static inline long
hugepages_read(const char *path)
{
	FILE *file = fopen(path, "re");
	long n = -1;

	if (file != NULL && fscanf(file, "%ld", &n) != 1)
		n = -1;
	if (file != NULL)
		fclose(file);
	return n;
}

/* As many as were asked for, whoever has them. */
static inline long
hugepages_asked_for(void)
{
	return hugepages_read(HUGEPAGES "nr_hugepages") -
	       hugepages_read(HUGEPAGES "surplus_hugepages");
}

/* Neither in use nor promised. */
static inline long
hugepages_free(void)
{
	return hugepages_read(HUGEPAGES "free_hugepages") -
	       hugepages_read(HUGEPAGES "resv_hugepages");
}

static inline void
hugepages_set(long n)
{
	FILE *file = fopen(HUGEPAGES "nr_hugepages", "we");

	if (file == NULL)
		return;
	fprintf(file, "%ld", n);
	fclose(file);
}

/* Nobody else changes them until given back, also by a later test. Without such pages there is nothing to lock. */
static inline void
hugepages_hold(void)
{
	if (hugepages_fd >= 0)
		return;
	if (access(HUGEPAGES, F_OK) != 0)
		return;
	hugepages_fd = open("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (hugepages_fd >= 0 && flock(hugepages_fd, LOCK_EX) == 0)
		hugepages_had = hugepages_asked_for();
}

static inline void
hugepages_give_back(void)
{
	if (hugepages_fd < 0)
		return;
	if (hugepages_asked_for() != hugepages_had)
		hugepages_set(hugepages_had);
	close(hugepages_fd);
	hugepages_fd = -1;
}

/* Sees to it that n are free; false, with a sentence, if that cannot be. To be given back in any case. */
static inline bool
hugepages_take(long n)
{
	long missing;

	hugepages_hold();
	missing = n - hugepages_free();
	if (hugepages_fd >= 0 && missing > 0)
		hugepages_set(hugepages_read(HUGEPAGES "nr_hugepages") + missing);
	if (hugepages_fd >= 0 && hugepages_free() >= n)
		return true;
	printf("%ld pages of 2 MiB cannot be had here\n", n);
	return false;
}

#endif
