/* SPDX-License-Identifier: BSD-3-Clause */
/* A machine in a folder of its own: a test puts the files there that /proc, /sys and /dev would have. */
#ifndef PLX_TESTS_UNIT_DOCTOR_FAKE_MACHINE_H
#define PLX_TESTS_UNIT_DOCTOR_FAKE_MACHINE_H

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "check.h"
#include "link.h"

#include <net/if.h>
#include <net/if_arp.h>

static char fake_root[64];
static struct link_facts fake_link; /* what any interface is */

static inline int
fake_link_read(const char *name, struct link_facts *ret_facts)
{
	*ret_facts = fake_link;
	return strcmp(name, "gone0") == 0 ? -ENODEV : 0;
}

static inline void
fake_folders(char *path)
{
	for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
}

static inline void
fake_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s%s", fake_root, name);
	fake_folders(path);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static inline void
fake_symlink(const char *name, const char *target)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", fake_root, name);
	fake_folders(path);
	assert_int_equal(symlink(target, path), 0);
}

static inline int
fake_setup(void **state)
{
	snprintf(fake_root, sizeof(fake_root), "/tmp/plx-doctor-XXXXXX");
	fake_link = (struct link_facts){.index = 3,
					.flags = IFF_UP,
					.mtu = 1500,
					.type = ARPHRD_ETHER,
					.driver = "fake",
					.rx_queues = 2,
					.max_queues = 4,
					.features_known = true,
					.features = LINK_XDP_BASIC};
	unsetenv("XDG_RUNTIME_DIR");
	return mkdtemp(fake_root) != NULL ? 0 : -1;
}

static inline int
fake_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static inline int
fake_teardown(void **state)
{
	return nftw(fake_root, fake_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct exam
fake_exam(unsigned purposes)
{
	return (struct exam){.machine = {.root = fake_root, .link = fake_link_read},
			     .purposes = purposes};
}

/* The first finding whose text or mending command has `text` in it; fails if there is none. */
static inline const struct finding *
fake_found(const struct report *report, const char *text)
{
	for (unsigned i = 0; i < report->n; i++) {
		if (strstr(report->finding[i].text, text) != NULL ||
		    strstr(report->finding[i].mend, text) != NULL)
			return &report->finding[i];
	}
	for (unsigned i = 0; i < report->n; i++)
		print_error("found: %s | %s\n", report->finding[i].text, report->finding[i].mend);
	fail_msg("no finding has '%s'", text);
	return NULL;
}

static inline bool
fake_tells(const struct report *report, const char *text)
{
	for (unsigned i = 0; i < report->n; i++) {
		if (strstr(report->finding[i].text, text) != NULL)
			return true;
	}
	return false;
}

#endif
