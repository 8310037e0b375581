/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's interface for this (Documentation/ABI/testing/sysfs-bus-pci): driver_override names the only driver that may
 * have a device, "\n" lifts that; unbind and bind of a driver take an address; drivers_probe lets the kernel choose.
 */
#include "change.h"

#include "memo.h"
#include "ready.h"
#include "use.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DRIVERS	    "/sys/bus/pci/drivers"
#define NO_OVERRIDE "\n"
#define WAIT_MS	    2000 /* for what the kernel does behind a write */

static int
explain(int err, const char *what, struct plx_why *why)
{
	if (err == -EACCES || err == -EPERM)
		return plx_why(why, err, "%s is for root: sudo plx-devbind ...", what);
	if (err == -EROFS)
		return plx_why(why, err, "%s: /sys is read-only here, as in a container", what);
	return plx_why(why, err, "%s: %s", what, strerror(-err));
}

static void
read_driver(const struct machine *m, const char *address, char *driver, size_t size)
{
	machine_target(m, driver, size, CARD_DEVICES "/%s/driver", address);
}

/* True as soon as that driver, or with "" none, has the device. */
static bool
wait_for(const struct machine *m, const char *address, const char *driver)
{
	const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	char now[64];

	for (int ms = 0;; ms += 10) {
		read_driver(m, address, now, sizeof(now));
		if (strcmp(now, driver) == 0)
			return true;
		if (ms >= WAIT_MS)
			return false;
		nanosleep(&pause, NULL);
	}
}

static int
set_override(const struct machine *m, const char *address, const char *driver, struct plx_why *why)
{
	int err = machine_write(m, driver, CARD_DEVICES "/%s/driver_override", address);

	return err != 0 ? explain(err, "choosing its driver (driver_override)", why) : 0;
}

static int
release(const struct machine *m, const char *address, const char *driver, struct plx_why *why)
{
	int err;

	if (driver[0] == '\0')
		return 0;
	err = machine_write(m, address, CARD_DEVICES "/%s/driver/unbind", address);
	if (err != 0)
		return explain(err, "taking it from its driver (unbind)", why);
	if (!wait_for(m, address, ""))
		return plx_why(why, -EBUSY, "%s does not let go of it", driver);
	return 0;
}

/* Lets the kernel choose; what that was is in `driver`. */
static void
probe_again(const struct machine *m, const char *address, char *driver, size_t size)
{
	machine_write(m, NO_OVERRIDE, CARD_DEVICES "/%s/driver_override", address);
	machine_write(m, address, "/sys/bus/pci/drivers_probe");
	read_driver(m, address, driver, size);
}

static int
judge_use(const struct machine *m, const struct plx_pci_card *card, bool force, struct plx_why *why)
{
	char text[320];

	if (force || use_of(m, card, text, sizeof(text))[0] == '\0')
		return 0;
	return plx_why(why, -EBUSY, "%s; --force takes it all the same", text);
}

static void
begin(const struct plx_pci_card *card, struct change *change)
{
	*change = (struct change){.from = ""};
	snprintf(change->address, sizeof(change->address), "%s", card->address);
	snprintf(change->from, sizeof(change->from), "%s", card->driver);
	snprintf(change->to, sizeof(change->to), "%s", card->driver);
}

/* The steps from one driver to another; what failed half way is taken back. */
static int
move(const struct machine *m, const char *address, const char *driver, struct change *change)
{
	struct plx_why *why = &change->why;
	int err = set_override(m, address, driver, why);

	if (err != 0)
		return err;
	err = release(m, address, change->from, why);
	if (err != 0)
		goto give_back;
	err = machine_write(m, address, DRIVERS "/%s/bind", driver);
	if (err == 0 && !wait_for(m, address, driver))
		err = -ENODEV;
	if (err != 0) {
		explain(err, "the driver does not take it (dmesg may say why)", why);
		goto give_back;
	}
	snprintf(change->to, sizeof(change->to), "%s", driver);
	/* It stays where it is; only what comes later is the kernel's choice again. */
	return set_override(m, address, NO_OVERRIDE, why);

give_back:
	probe_again(m, address, change->to, sizeof(change->to));
	return err;
}

int
change_bind(const struct machine *m, const struct plx_pci_card *card, const char *driver,
	    const struct cards *given, bool force, struct change *ret_change)
{
	bool hands_over = plx_pci_hands_over(driver);
	struct plx_why *why = &ret_change->why;
	int err;

	begin(card, ret_change);
	if (strcmp(card->driver, driver) == 0)
		return 0;
	err = judge_use(m, card, force, why);
	if (err != 0)
		return err;
	err = ready_for(m, card, driver, given, why);
	if (err == -EBUSY && force)
		err = 0;
	if (err != 0)
		return err;
	if (hands_over && card->driver[0] != '\0' && !card->handed_to_programs) {
		err = memo_keep(m, card->address, card->driver);
		if (err != 0)
			return explain(err, "remembering its driver in /run/pollux/devbind", why);
	}
	err = move(m, card->address, driver, ret_change);
	if (err == 0 && !hands_over)
		memo_forget(m, card->address);
	return err;
}

int
change_unbind(const struct machine *m, const struct plx_pci_card *card, bool force,
	      struct change *ret_change)
{
	struct plx_why *why = &ret_change->why;
	int err;

	begin(card, ret_change);
	if (card->driver[0] == '\0')
		return 0;
	err = judge_use(m, card, force, why);
	if (err == 0 && !card->handed_to_programs) {
		err = memo_keep(m, card->address, card->driver);
		if (err != 0)
			explain(err, "remembering its driver in /run/pollux/devbind", why);
	}
	if (err == 0)
		err = release(m, card->address, card->driver, why);
	if (err == 0)
		ret_change->to[0] = '\0';
	return err;
}

int
change_restore(const struct machine *m, const struct plx_pci_card *card, bool force,
	       struct change *ret_change)
{
	bool own = card->driver[0] != '\0' && !card->handed_to_programs;
	struct plx_why *why = &ret_change->why;
	char former[64] = "";
	int err;

	begin(card, ret_change);
	if (own) {
		memo_forget(m, card->address);
		return 0;
	}
	memo_read(m, card->address, former, sizeof(former));
	err = judge_use(m, card, force, why);
	if (err == 0)
		err = set_override(m, card->address, NO_OVERRIDE, why);
	if (err == 0)
		err = release(m, card->address, card->driver, why);
	if (err != 0)
		return err;
	machine_write(m, card->address, "/sys/bus/pci/drivers_probe");
	if (former[0] != '\0' && !wait_for(m, card->address, former))
		machine_write(m, card->address, DRIVERS "/%s/bind", former);
	read_driver(m, card->address, ret_change->to, sizeof(ret_change->to));
	if (ret_change->to[0] == '\0')
		return plx_why(why, -ENODEV, "no kernel driver takes it: sudo modprobe %s",
			       former[0] != '\0' ? former : "DRIVER");
	if (former[0] != '\0' && strcmp(former, ret_change->to) != 0)
		return plx_why(why, -ENODEV, "%s has it, not %s as before", ret_change->to, former);
	memo_forget(m, card->address);
	return 0;
}
