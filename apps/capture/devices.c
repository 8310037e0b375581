/* SPDX-License-Identifier: BSD-3-Clause */
#include "devices.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attach.h"
#include "card.h"
#include "interfaces.h"

#define LCORES_USUAL 5 /* one writes, four receive */

static int add_format(struct devices *d, struct plx_why *why, const char *format, va_list args)
	PLX_PRINTF(3, 0);

static int
add_format(struct devices *d, struct plx_why *why, const char *format, va_list args)
{
	char *text = NULL;

	if (d->nb_texts == DEVICES_ARGS_MAX || vasprintf(&text, format, args) < 0)
		return plx_why(why, -ENOMEM, "no memory for the EAL's arguments");
	d->texts[d->nb_texts++] = text;
	return 0;
}

static int
add_text(struct devices *d, struct plx_why *why, const char *format, ...) PLX_PRINTF(3, 4);

static int
add_text(struct devices *d, struct plx_why *why, const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = add_format(d, why, format, args);
	va_end(args);
	return err;
}

int
devices_add_vdev(struct devices *devices, struct plx_why *why, const char *format, ...)
{
	int err = add_text(devices, why, "--vdev");
	va_list args;

	va_start(args, format);
	if (err == 0)
		err = add_format(devices, why, format, args);
	va_end(args);
	return err;
}

/* -- interfaces ------------------------------------------------------------------------------------ */

static int
refuse_any(struct plx_why *why)
{
	struct interface *list;
	char all[256] = "";
	int n = interfaces_list(&list);

	for (int i = 0; i < n; i++) {
		if (list[i].up && list[i].ethernet && strlen(all) + IF_NAMESIZE + 8 < sizeof(all))
			snprintf(all + strlen(all), sizeof(all) - strlen(all), " -i %s",
				 list[i].name);
	}
	if (n >= 0)
		free(list);
	return plx_why(why, -ENOTSUP,
		       "-i any: that is tcpdump's and has headers of its own; here each interface "
		       "is a port, and several go into one file. Those that are up:%s",
		       all);
}

/* A second port on it would bring each packet twice. */
static int
check_new(const struct devices *d, const char *driver, const char *name, struct plx_why *why)
{
	char iface[IF_NAMESIZE + 16];

	snprintf(iface, sizeof(iface), "iface='%s'", name);
	for (unsigned i = 0; i < d->nb_texts; i++) {
		if (strncmp(d->texts[i], driver, strlen(driver)) == 0 &&
		    strstr(d->texts[i], iface) != NULL)
			return plx_why(why, -EEXIST,
				       "%s is named twice: each of its packets would be in the "
				       "file twice",
				       name);
	}
	return 0;
}

/* A copy of both directions, as tcpdump shows them; on lo each packet would come twice. */
static int
add_interface(struct devices *d, const struct settings *s, const char *name, bool xdp,
	      struct plx_why *why)
{
	struct interface interface;
	int err;

	if (strcmp(name, "any") == 0)
		return refuse_any(why);
	if (s->direction == DIRECTION_OUT)
		return plx_why(
			why, -ENOTSUP,
			"-Q out: an interface shows what it receives, or both; only --attach "
			"can leave out what is received");
	err = interfaces_find(name, &interface, why);
	if (err != 0)
		return err;
	if (!interface.ethernet)
		return plx_why(why, -ENOTSUP,
			       "%s is no Ethernet interface: its packets have other headers",
			       interface.name);
	err = check_new(d, xdp ? "net_af_xdp" : "net_af_packet", interface.name, why);
	if (err != 0)
		return err;
	if (xdp)
		return devices_add_vdev(d, why, "net_af_xdp%u,iface='%s'", d->next++,
					interface.name);
	return devices_add_vdev(d, why, "net_af_packet%u,iface='%s',outgoing=%d", d->next++,
				interface.name,
				s->direction != DIRECTION_IN && !interface.loopback);
}

static bool
is_driver_name(const char *name)
{
	return strncmp(name, "net_", 4) == 0;
}

static int
add_named(struct devices *d, const struct settings *s, const char *name, struct plx_why *why)
{
	struct interface interface;

	if (strncmp(name, "xdp:", 4) == 0)
		return add_interface(d, s, name + 4, true, why);
	/* An interface may be called as a driver is; then it is the interface. */
	if (is_driver_name(name) && interfaces_find(name, &interface, NULL) != 0)
		return devices_add_vdev(d, why, "%s", name);
	return add_interface(d, s, name, s->driver == DRIVER_AF_XDP, why);
}

/* -- PCI addresses --------------------------------------------------------------------------------- */

/* What the kernel has can be captured there; what it has not goes to the EAL, which knows more. */
static int
add_address(struct devices *d, const char *address, const char *args, struct plx_why *why)
{
	struct plx_pci_card card;

	if (plx_pci_card_read("", address, &card) == 0 && card.interfaces[0] != '\0')
		return plx_why(
			why, -EBUSY,
			"%s is held by the kernel's %s: capture its interface, -i %.*s or -i "
			"xdp:%.*s, or hand it over: sudo plx-devbind bind --driver %s "
			"%s" PLX_DOCTOR("pci"),
			address, card.driver, (int)strcspn(card.interfaces, " "), card.interfaces,
			(int)strcspn(card.interfaces, " "), card.interfaces, card.bind_to, address);
	d->pci = true;
	return add_text(d, why, "-a") != 0 ? -ENOMEM : add_text(d, why, "%s%s", address, args);
}

static int
add_device(struct devices *d, const struct settings *s, const char *name, struct plx_why *why)
{
	char word[PLX_PCI_ADDRESS_MAX], address[PLX_PCI_ADDRESS_MAX];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(name, ","), name);
	if (card_address_read(word, address))
		return add_address(d, address, name + strlen(word), why);
	return add_named(d, s, name, why);
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
add_file(struct devices *d, const struct settings *s, const char *path, struct plx_why *why)
{
	if (strchr(path, '\'') != NULL)
		return plx_why(why, -EINVAL, "-r %.128s: names with a ' cannot be read; rename it",
			       path);
	if (s->output != NULL && same_file(path, s->output))
		return plx_why(why, -EINVAL,
			       "'%.128s' is read and would be overwritten; write to another file",
			       path);
	return devices_add_vdev(d, why, "net_pcap%u,rx_pcap='%s',eof=1", d->next++, path);
}

/* -- all of it ------------------------------------------------------------------------------------- */

/* The first n of the CPUs this program may run on, as an argument of -l. */
static int
add_lcores(struct devices *d, unsigned n, struct plx_why *why)
{
	char list[128] = "";
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return 0;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && n > 0; cpu++) {
		if (!CPU_ISSET(cpu, &cpus))
			continue;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%u",
			 list[0] != '\0' ? "," : "", cpu);
		n--;
	}
	return add_text(d, why, "-l") != 0 ? -ENOMEM : add_text(d, why, "%s", list);
}

/* Without options of the EAL: few lcores, no load while nothing comes, no remark on huge pages (with -q, none at all). */
static int
add_defaults(struct devices *d, const struct settings *s, struct plx_why *why)
{
	bool only_files = s->interfaces.n + s->devices.n + s->attaches.n == 0;
	int err = add_text(d, why, "--idle=sleep");

	if (err == 0)
		err = add_text(d, why, "--log-level=%s", s->quiet ? "error" : "eal.zone:warning");
	if (err == 0)
		err = add_lcores(d, only_files ? 1 : LCORES_USUAL, why);
	return err;
}

static int
add_all(struct devices *d, const struct settings *s, struct plx_why *why)
{
	int err = 0;

	for (unsigned i = 0; i < s->interfaces.n && err == 0; i++)
		err = add_named(d, s, s->interfaces.item[i], why);
	for (unsigned i = 0; i < s->devices.n && err == 0; i++)
		err = add_device(d, s, s->devices.item[i], why);
	for (unsigned i = 0; i < s->attaches.n && err == 0; i++)
		err = attach_add(d, s, s->attaches.item[i], why);
	for (unsigned i = 0; i < s->files.n && err == 0; i++)
		err = add_file(d, s, s->files.item[i], why);
	return err;
}

int
devices_make(struct devices *devices, const struct settings *settings, int at, char **argv,
	     struct plx_why *why)
{
	struct devices *d = devices;
	int err = 0;

	/* With options of the EAL there may be a net_af_packet0 among them. */
	*d = (struct devices){.next = settings->short_form ? 0 : (unsigned)at};
	if (settings->short_form)
		err = add_defaults(d, settings, why);
	if (err == 0)
		err = add_all(d, settings, why);
	/* Cards that were handed over are for the program that they were handed over for. */
	if (err == 0 && settings->short_form && !d->pci)
		err = add_text(d, why, "--no-pci");
	if (err != 0)
		return err;
	d->argv = calloc((size_t)at + d->nb_texts + 2, sizeof(*d->argv));
	if (d->argv == NULL)
		return plx_why(why, -ENOMEM, "no memory for the EAL's arguments");
	for (int i = 0; i < at; i++)
		d->argv[d->argc++] = argv[i];
	for (unsigned i = 0; i < d->nb_texts; i++)
		d->argv[d->argc++] = d->texts[i];
	return 0;
}

void
devices_fini(struct devices *devices)
{
	for (unsigned i = 0; i < devices->nb_texts; i++)
		free(devices->texts[i]);
	free(devices->argv);
	*devices = (struct devices){0};
}
