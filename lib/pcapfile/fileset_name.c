/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of the files of a set. */
#include "fileset_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS_S UINT64_C(1000000000)

/* "dir.d/log.pcapng.zst": where ".pcapng.zst" begins, or the end. */
static size_t
suffix_at(const char *name, const char *known)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash != NULL ? slash + 1 : name;
	size_t len = strlen(name), end = len, known_len = strlen(known);

	if (len > known_len && strcmp(name + len - known_len, known) == 0)
		end = len - known_len;
	for (size_t i = end; i > (size_t)(base - name) + 1; i--) {
		if (name[i - 1] == '.')
			return i - 1;
	}
	return end;
}

/* "log.pcap.zst": where ".zst" begins, or the end; tcpdump's numbers stand behind all the rest. */
static size_t
zst_at(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".zst") == 0 ? len - 4 : len;
}

/* As many as the last number has, as tcpdump counts them. */
static int
digits(uint32_t keep)
{
	int n = 0;

	for (uint32_t last = keep - 1; last > 0; last /= 10)
		n++;
	return n;
}

static bool
local_time(uint64_t ns, struct tm *ret)
{
	time_t seconds = (time_t)(ns / NS_S);

	return localtime_r(&seconds, ret) != NULL;
}

/* The pattern is the user's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static bool
fill_in(char *base, const char *pattern, const struct tm *tm)
{
	return strftime(base, PATH_MAX, pattern, tm) != 0;
}
#pragma GCC diagnostic pop

/* The name without a number; a new one begins to count anew. */
static int
choose_base(struct plx_pcapfile_fileset *set, uint64_t period_ns)
{
	char base[PATH_MAX];
	struct tm tm;

	if (!set->p.dated) {
		if (strlen(set->name) >= sizeof(base))
			return -ENAMETOOLONG;
		memcpy(base, set->name, strlen(set->name) + 1);
	} else if (!local_time(period_ns, &tm) || !fill_in(base, set->name, &tm)) {
		return -ENAMETOOLONG;
	}
	if (strcmp(base, set->names.base) != 0 && set->p.dated)
		set->names.number = 0;
	memcpy(set->names.base, base, strlen(base) + 1);
	return 0;
}

static int
name_plain(struct plx_pcapfile_fileset *set, uint64_t period_ns, char *path)
{
	struct names *names = &set->names;
	int err = choose_base(set, period_ns);
	int at, len;

	if (err != 0)
		return err;
	at = (int)zst_at(names->base);
	if (set->p.slots)
		len = snprintf(path, PATH_MAX, "%.*s%0*" PRIu64 "%s", at, names->base,
			       digits(set->p.keep), names->number % set->p.keep, names->base + at);
	else if (names->number == 0)
		len = snprintf(path, PATH_MAX, "%s", names->base);
	else
		len = snprintf(path, PATH_MAX, "%.*s%" PRIu64 "%s", at, names->base, names->number,
			       names->base + at);
	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int
name_number_and_time(struct plx_pcapfile_fileset *set, uint64_t wall_ns, char *path)
{
	int at = (int)suffix_at(set->name, ".zst");
	char when[32] = "";
	struct tm tm;
	int len;

	if (local_time(wall_ns, &tm))
		strftime(when, sizeof(when), "%Y%m%d%H%M%S", &tm);
	len = snprintf(path, PATH_MAX, "%.*s_%05" PRIu64 "_%s%s", at, set->name,
		       set->names.number + 1, when, set->name + at);
	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int
names_next(struct plx_pcapfile_fileset *set, uint64_t period_ns, uint64_t wall_ns, char *path)
{
	if (set->p.naming == PLX_PCAPFILE_NAME_NUMBER_AND_TIME)
		return name_number_and_time(set, wall_ns, path);
	return name_plain(set, period_ns, path);
}

void
names_back(struct plx_pcapfile_fileset *set)
{
	set->names.number--;
}

void
names_skip(struct plx_pcapfile_fileset *set)
{
	set->names.number++;
}
