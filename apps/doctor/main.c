/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plx-doctor: says what this machine lacks and the command that mends it. It starts nothing, and changes nothing unless told
 * to sweep. Exit status: 0 no problems, 1 problems, 2 wrong usage.
 */
#include "doctor.h"
#include "link.h"
#include "settings.h"
#include "stdfds.h"
#include "sweep.h"

#include <pollux/plx_eal.h>

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Control sockets take packets, other sockets of ours streams: each tells the other kind that it lives. */
static bool
listens(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes;

	if (fd < 0)
		return true; /* not known to be dead */
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	yes = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 || errno != ECONNREFUSED;
	close(fd);
	return yes;
}

static void
list_checks(FILE *out)
{
	for (const struct check *check = checks; check->id != NULL; check++)
		fprintf(out, "%-14s %s\n", check->id, check->title);
}

static int
examine(const struct settings *settings)
{
	const struct exam exam = {
		.machine = {.root = "", .link = link_facts_read, .listens = listens},
		.purposes = settings_purposes(settings),
		.interface = settings->interface,
	};

	if (settings->sweep)
		return sweep_run(&exam.machine, settings->yes);
	return doctor_run(&exam, settings->checks, settings->nb_checks, settings->json, stdout) !=
	       0;
}

int
main(int argc, char **argv)
{
	struct settings settings;
	struct plx_why why;
	int status = 0;

	stdfds_open();
	libbpf_set_print(NULL);
	if (settings_read(&settings, argc, argv, &why) != 0) {
		fprintf(stderr, "plx-doctor: %s\n", why.text);
		status = 2;
	} else if (settings.help) {
		settings_usage(stdout);
	} else if (settings.version) {
		printf("plx-doctor (Pollux) %s\n", plx_version());
	} else if (settings.list) {
		list_checks(stdout);
	} else {
		status = examine(&settings);
	}
	settings_fini(&settings);
	return stdfds_end("plx-doctor", NULL, status);
}
