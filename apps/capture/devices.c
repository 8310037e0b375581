/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "attach.h"
#include "clusters.h"
#include "port_word.h"

#define LCORES_USUAL 5 /* one writes, four receive */

/* A copy of both directions, as tcpdump shows them. */
static struct port_habit
habit_of(const struct settings *s)
{
	return (struct port_habit){
		.xdp = s->driver == DRIVER_AF_XDP,
		.outgoing = s->direction != DIRECTION_IN,
		.twice = "each of its packets would be in the file twice",
		.refusal = s->direction != DIRECTION_OUT
				   ? NULL
				   : "-Q out: an interface shows what it receives, or both; only "
				     "--attach can leave out what is received",
	};
}

/* -- files ----------------------------------------------------------------------------------------- */

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino && S_ISREG(x.st_mode);
}

static int
add_file(struct eal_args *d, const struct settings *s, const char *path, struct plx_why *why)
{
	if (strchr(path, '\'') != NULL)
		return plx_why(why, -EINVAL, "-r %.128s: names with a ' cannot be read; rename it",
			       path);
	if (s->output != NULL && same_file(path, s->output))
		return plx_why(why, -EINVAL,
			       "'%.128s' is read and would be overwritten; write to another file",
			       path);
	return eal_args_add_vdev(d, why, "net_pcap%u,rx_pcap='%s',eof=1", d->next++, path);
}

/* -- all of it ------------------------------------------------------------------------------------- */

/* Without options of the EAL: few lcores, no load while nothing comes, no remark on huge pages (with -q, none at all). */
static int
add_defaults(struct eal_args *d, const struct settings *s, struct plx_why *why)
{
	bool only_files = s->interfaces.n + s->devices.n + s->attaches.n == 0;
	int err = eal_args_add(d, why, "--idle=sleep");

	if (err == 0)
		err = eal_args_add(d, why, "--log-level=%s",
				   s->quiet ? "error" : "eal.zone:warning");
	if (err == 0)
		err = eal_args_add_lcores(d, only_files ? 1 : LCORES_USUAL, why);
	return err;
}

static int
add_named(struct eal_args *d, const struct settings *s, const struct port_habit *habit,
	  const char *name, struct plx_why *why)
{
	return clusters_is_name(name) ? clusters_add(d, s, name, why)
				      : port_word_add(d, habit, name, why);
}

static int
add_all(struct eal_args *d, const struct settings *s, struct plx_why *why)
{
	const struct port_habit habit = habit_of(s);
	int err = 0;

	for (unsigned i = 0; i < s->interfaces.n && err == 0; i++)
		err = add_named(d, s, &habit, s->interfaces.item[i], why);
	for (unsigned i = 0; i < s->devices.n && err == 0; i++)
		err = port_word_add_device(d, &habit, s->devices.item[i], why);
	for (unsigned i = 0; i < s->attaches.n && err == 0; i++)
		err = attach_add(d, s, s->attaches.item[i], why);
	for (unsigned i = 0; i < s->files.n && err == 0; i++)
		err = add_file(d, s, s->files.item[i], why);
	return err;
}

int
devices_make(struct eal_args *d, const struct settings *settings, int at, char **argv,
	     struct plx_why *why)
{
	int err = 0;

	/* With options of the EAL there may be a net_af_packet0 among them. */
	*d = (struct eal_args){.next = settings->short_form ? 0 : (unsigned)at};
	if (settings->short_form)
		err = add_defaults(d, settings, why);
	if (err == 0)
		err = add_all(d, settings, why);
	/* Cards that were handed over are for the program that they were handed over for. */
	if (err == 0 && settings->short_form && !d->pci)
		err = eal_args_add(d, why, "--no-pci");
	if (err != 0)
		return err;
	return eal_args_finish(d, at, argv, why);
}
