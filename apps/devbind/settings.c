/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <pollux/plx_kvargs.h>

#define AT(field)  offsetof(struct settings, field)
#define DRIVER_MAX 48

static const char *const commands[] = {"status", "bind", "unbind", "restore", NULL};

static const struct option_row rows[] = {
	{"", 0, OPTION_HEADING, .help = "Changing"},
	{"driver", 'd', OPTION_TEXT, AT(driver), .value = "DRIVER",
	 .help = "of bind: vfio-pci, or uio_pci_generic; one of the kernel's own takes it back"},
	{"force", 0, OPTION_ON, AT(force),
	 .help = "also what is in use: its connections end, yours perhaps among them"},
	{"", 0, OPTION_HEADING, .help = "dpdk-devbind's words for the commands"},
	{"status", 's', OPTION_ON, AT(status), .help = "status"},
	{"bind", 'b', OPTION_TEXT, AT(bind), .value = "DRIVER", .help = "bind --driver DRIVER"},
	{"unbind", 'u', OPTION_ON, AT(unbind), .help = "unbind"},
	{"", 0, OPTION_HEADING, .help = "How it is told"},
	{"json", 'j', OPTION_ON, AT(json), .help = "for programs"},
	{"root", 0, OPTION_TEXT, AT(root), .value = "PATH",
	 .help = "another machine: the folder that has its sys, proc, dev and run"},
	{"help", 'h', OPTION_ON, AT(help), .help = "this text"},
	{"version", 'V', OPTION_ON, AT(version), .help = "the version"},
	{NULL},
};

/* The first word is the command, unless an option was it. */
static int
read_command(struct settings *s, struct plx_why *why)
{
	bool by_option = s->status || s->unbind || s->bind != NULL;
	const char *near;

	if (s->status + s->unbind + (s->bind != NULL) > 1)
		return plx_why(why, -EINVAL,
			       "--status, --bind and --unbind contradict each other; give one");
	if (by_option) {
		s->command = s->status ? COMMAND_STATUS : s->unbind ? COMMAND_UNBIND : COMMAND_BIND;
		return 0;
	}
	if (s->nb_cards == 0)
		return 0;
	for (unsigned i = 0; commands[i] != NULL; i++) {
		if (strcmp(s->cards[0], commands[i]) == 0) {
			s->command = (enum command)i;
			s->cards++;
			s->nb_cards--;
			return 0;
		}
	}
	near = plx_kvargs_nearest(s->cards[0], commands);
	return plx_why(
		why, -EINVAL,
		"there is no command '%.64s'%s%s%s; there are: status, bind, unbind, restore",
		s->cards[0], near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
		near != NULL ? "'?" : "");
}

/* The real machine is meant by leaving the option out: then it is known what may be written. */
static int
judge_root(const char *root, struct plx_why *why)
{
	struct stat here, there;

	if (root[0] != '/')
		return plx_why(why, -EINVAL, "--root: '%.64s' does not begin with '/'", root);
	if (stat(root, &there) != 0)
		return plx_why(why, -EINVAL, "--root: '%.64s': %s", root, strerror(errno));
	if (!S_ISDIR(there.st_mode))
		return plx_why(why, -EINVAL, "--root: '%.64s' is no folder", root);
	if (stat("/", &here) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino)
		return plx_why(why, -EINVAL,
			       "--root: '%.64s' is this machine; leave the option out", root);
	return 0;
}

/* It becomes a part of paths. */
static int
judge_driver(const char *driver, struct plx_why *why)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	if (driver[0] == '\0' || strlen(driver) > DRIVER_MAX ||
	    driver[strspn(driver, letters)] != '\0')
		return plx_why(why, -EINVAL,
			       "--driver: '%.64s' is no name of a kernel driver such as vfio-pci",
			       driver);
	return 0;
}

static int
judge(struct settings *s, struct plx_why *why)
{
	if (s->bind != NULL && s->driver != NULL)
		return plx_why(why, -EINVAL, "--bind contradicts --driver; give one of them");
	if (s->bind != NULL)
		s->driver = s->bind;
	if (s->driver != NULL && s->command != COMMAND_BIND)
		return plx_why(why, -EINVAL, "--driver goes with bind");
	if (s->force && s->command == COMMAND_STATUS)
		return plx_why(why, -EINVAL, "--force goes with bind, unbind and restore");
	if (s->command == COMMAND_BIND && s->driver == NULL)
		return plx_why(why, -EINVAL,
			       "bind needs a driver: --driver vfio-pci, or uio_pci_generic where "
			       "there is no IOMMU");
	if ((s->command == COMMAND_BIND || s->command == COMMAND_UNBIND) && s->nb_cards == 0)
		return plx_why(why, -EINVAL,
			       "%s which device? 0000:00:08.0, 00:08.0 or its interface; "
			       "plx-devbind status lists them",
			       commands[s->command]);
	return s->driver != NULL ? judge_driver(s->driver, why) : 0;
}

int
settings_read(struct settings *settings, int argc, char **argv, struct plx_why *why)
{
	struct options_found found = {.program = NULL};
	int err;

	*settings = (struct settings){.words = NULL};
	err = options_parse(rows, argc, argv, settings, &found, why);
	settings->words = settings->cards = found.words;
	settings->nb_cards = found.nb_words;
	if (err != 0 || settings->help || settings->version)
		return err;
	err = read_command(settings, why);
	if (err == 0)
		err = judge(settings, why);
	if (err == 0 && settings->root != NULL)
		err = judge_root(settings->root, why);
	return err;
}

void
settings_fini(struct settings *settings)
{
	free(settings->words);
	settings->words = NULL;
}

void
settings_usage(FILE *out)
{
	fprintf(out,
		"Usage: plx-devbind [options] [COMMAND] [DEVICE...]\n"
		"Says which kernel driver has each network device, and hands devices to "
		"programs and back.\n"
		"A DEVICE is 0000:00:08.0, 00:08.0 or the name of its interface.\n\n"
		"Commands\n"
		"  status                     what there is (also without a command)\n"
		"  bind --driver DRIVER DEVICE...\n"
		"                             give them to that driver, which hands them to "
		"programs\n"
		"  unbind DEVICE...           take them from their driver, and give them to "
		"none\n"
		"  restore [DEVICE...]        give them, or all, back to the driver they had\n");
	options_usage(rows, out);
	fprintf(out, "\nExit status: 0 done, 1 a device was refused or failed, 2 wrong usage.\n"
		     "Example: sudo plx-devbind bind --driver vfio-pci 0000:00:08.0\n");
}
