/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capabilities belong to threads. Each thread of the EAL gives up its own: workers by a function launched on them, the
 * control thread by an alarm; then /proc says whether all did.
 */
#include "privilege.h"

#include <cap-ng.h>
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <pollux/plx_event.h>
#include <pollux/plx_lcore.h>

#define CONTROL_WAIT_S 60 /* on a busy machine the control thread may be that late */

/* -- names -------------------------------------------------------------------------------------------- */

static const char *
join(uint64_t caps, const char *between, bool upper, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned cap = 0; cap <= CAP_LAST_CAP && len + 1 < size; cap++) {
		const char *known =
			(caps & PRIVILEGE_BIT(cap)) != 0 ? capng_capability_to_name(cap) : NULL;
		char name[40];
		unsigned i = 0;
		int more;

		if (known == NULL)
			continue;
		for (; known[i] != '\0' && i + 1 < sizeof(name); i++)
			name[i] = (char)(upper && known[i] >= 'a' && known[i] <= 'z' ? known[i] - 32
										     : known[i]);
		name[i] = '\0';
		more = snprintf(text + len, size - len, "%s%s%s", len > 0 ? between : "",
				upper ? "CAP_" : "cap_", name);
		len = (size_t)more < size - len ? len + (size_t)more : size - 1;
	}
	return text;
}

const char *
privilege_names(uint64_t caps, char *text, size_t size)
{
	const uint64_t all = (PRIVILEGE_BIT(CAP_LAST_CAP) << 1) - 1;

	if ((caps & all) == all)
		snprintf(text, size, "all");
	else if ((caps & all) == 0)
		snprintf(text, size, "none");
	else
		join(caps, ", ", true, text, size);
	return text;
}

const char *
privilege_setcap(uint64_t caps, char *text, size_t size)
{
	return join(caps, ",", false, text, size);
}

/* -- files -------------------------------------------------------------------------------------------- */

/* As the kernel judges without the capability: the first of owner, group, others that fits decides. */
static bool
may_write_plainly(const struct stat *folder)
{
	if (folder->st_uid == geteuid())
		return (folder->st_mode & 0300) == 0300;
	if (folder->st_gid == getegid())
		return (folder->st_mode & 0030) == 0030;
	return (folder->st_mode & 0003) == 0003;
}

uint64_t
privilege_for_files(const char *path)
{
	char copy[PATH_MAX];
	struct stat folder, file;
	bool plainly;

	snprintf(copy, sizeof(copy), "%s", path);
	if (stat(dirname(copy), &folder) != 0)
		return 0;
	plainly = may_write_plainly(&folder);
	if (plainly && stat(path, &file) == 0)
		plainly = file.st_uid == geteuid() || (file.st_mode & 0002) != 0;
	return plainly ? 0 : PRIVILEGE_BIT(CAP_DAC_OVERRIDE);
}

/* -- dropping ----------------------------------------------------------------------------------------- */

/* Of the calling thread. The bounding set needs CAP_SETPCAP: without it no_new_privs does as well. */
static int
drop_own(uint64_t keep)
{
	bool bounds;

	if (capng_get_caps_process() != 0)
		return -EPERM;
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1;
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if ((keep & PRIVILEGE_BIT(cap)) != 0)
			continue;
		capng_update(CAPNG_DROP,
			     CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE |
				     (bounds ? CAPNG_BOUNDING_SET : 0),
			     cap);
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (capng_apply(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) != 0)
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

static int
drop_on_worker(void *arg)
{
	return drop_own(*(const uint64_t *)arg);
}

struct on_control {
	uint64_t keep;
	int err;
	bool ran;
	sem_t done;
};

static void
drop_on_control(void *arg)
{
	struct on_control *job = arg;

	job->err = drop_own(job->keep);
	job->ran = true;
	sem_post(&job->done);
}

static int
drop_control(uint64_t keep)
{
	struct on_control job = {.keep = keep};
	struct timespec end;
	plx_event_id id;
	int err;

	sem_init(&job.done, 0, 0);
	err = plx_event_alarm_add(1, 0, drop_on_control, &job, &id);
	if (err != 0)
		return err;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += CONTROL_WAIT_S;
	while (sem_timedwait(&job.done, &end) != 0 && errno == EINTR)
		;
	/* Behind this the callback is over, or will never run. */
	(void)plx_event_remove(id);
	err = job.ran ? job.err : -ETIMEDOUT;
	sem_destroy(&job.done);
	return err;
}

/* -- the proof ---------------------------------------------------------------------------------------- */

static uint64_t
caps_of_thread(const char *tid)
{
	char path[300], line[128];
	unsigned long long caps = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", tid);
	in = fopen(path, "re");
	if (in == NULL)
		return 0; /* it has ended */
	while (fgets(line, sizeof(line), in) != NULL && sscanf(line, "CapPrm: %llx", &caps) != 1)
		;
	fclose(in);
	return caps;
}

static uint64_t
caps_of_all(void)
{
	DIR *threads = opendir("/proc/self/task");
	struct dirent *entry;
	uint64_t caps = 0;

	if (threads == NULL)
		return 0;
	while ((entry = readdir(threads)) != NULL) {
		if (entry->d_name[0] != '.')
			caps |= caps_of_thread(entry->d_name);
	}
	closedir(threads);
	return caps;
}

int
privilege_drop(uint64_t keep, struct plx_why *why)
{
	char names[400];
	uint64_t rest;
	int err = 0, ret;

	ret = plx_lcore_launch_all(drop_on_worker, &keep, false);
	if (ret != 0)
		return plx_why(why, ret, "rights cannot be given up while lcores work");
	err = plx_lcore_wait_all();
	ret = drop_control(keep);
	err = err != 0 ? err : ret;
	ret = drop_own(keep);
	err = err != 0 ? err : ret;
	rest = caps_of_all() & ~keep;
	if (err == 0 && rest != 0)
		err = -EPERM;
	if (err == 0)
		return 0;
	return plx_why(why, err,
		       "capabilities cannot be given up on every thread: %s; left: %s; "
		       "--keep-privileges goes without",
		       strerror(-err), privilege_names(rest, names, sizeof(names)));
}
