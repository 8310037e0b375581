/* SPDX-License-Identifier: BSD-3-Clause */
#include "trouble.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "units.h"

#define ROOM (4u << 20) /* bytes that are worth a try: a few of the writer's buffers */

enum trouble_kind
trouble_kind(int err)
{
	switch (-err) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return TROUBLE_FULL;
	default:
		return TROUBLE_OTHER;
	}
}

static const char *
time_of_day(char *text, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL || strftime(text, size, "%H:%M:%S", &tm) == 0)
		text[0] = '\0';
	return text;
}

void
trouble_say(struct trouble *trouble, int err, const char *sentence, const char *then)
{
	unsigned n = (unsigned)-err < 192 ? (unsigned)-err : 0;
	uint64_t bit = UINT64_C(1) << (n % 64);
	char text[16];

	if ((trouble->said[n / 64] & bit) != 0)
		return;
	trouble->said[n / 64] |= bit;
	fprintf(stderr, "plx-capture: %s %s; %s\n", time_of_day(text, sizeof(text)), sentence,
		then);
}

void
trouble_over(struct trouble *trouble, const char *path, uint64_t lost)
{
	char text[16];

	if (trouble->ended_said)
		return;
	trouble->ended_said = true;
	fprintf(stderr, "plx-capture: %s '%s' is written again; %s packets were lost\n",
		time_of_day(text, sizeof(text)), path, units_count(lost).text);
}

bool
trouble_room(const char *path)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	struct statvfs about;

	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
		 slash == NULL ? "." : path);
	return statvfs(folder, &about) != 0 || (uint64_t)about.f_bavail * about.f_frsize >= ROOM;
}
