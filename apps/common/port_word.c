/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_word.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "interfaces.h"

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
		       "is a port, and there may be several. Those that are up:%s",
		       all);
}

/* A second port on it would bring each packet twice. */
static int
check_new(const struct eal_args *args, const struct port_habit *habit, const char *driver,
	  const char *name, struct plx_why *why)
{
	char iface[IF_NAMESIZE + 16];

	snprintf(iface, sizeof(iface), "iface='%s'", name);
	for (unsigned i = 0; i < args->nb_texts; i++) {
		if (strncmp(args->texts[i], driver, strlen(driver)) == 0 &&
		    strstr(args->texts[i], iface) != NULL)
			return plx_why(why, -EEXIST, "%s is named twice: %s", name, habit->twice);
	}
	return 0;
}

static int
add_interface(struct eal_args *args, const struct port_habit *habit, const char *name, bool xdp,
	      struct plx_why *why)
{
	const char *driver = xdp ? "net_af_xdp" : "net_af_packet";
	struct interface interface;
	int err;

	if (name[0] == '\0')
		return plx_why(why, -EINVAL, "which interface? xdp:eth1 is one by AF_XDP");
	if (strcmp(name, "any") == 0)
		return refuse_any(why);
	if (habit->refusal != NULL)
		return plx_why(why, -ENOTSUP, "%s", habit->refusal);
	err = interfaces_find(name, &interface, why);
	if (err != 0)
		return err;
	if (!interface.ethernet)
		return plx_why(why, -ENOTSUP,
			       "%s is no Ethernet interface: its packets have other headers",
			       interface.name);
	err = check_new(args, habit, driver, interface.name, why);
	if (err != 0)
		return err;
	if (xdp)
		return eal_args_add_vdev(args, why, "%s%u,iface='%s'", driver, args->next++,
					 interface.name);
	return eal_args_add_vdev(args, why, "%s%u,iface='%s',outgoing=%d", driver, args->next++,
				 interface.name, habit->outgoing && !interface.loopback);
}

static bool
is_driver_name(const char *name)
{
	return strncmp(name, "net_", 4) == 0;
}

int
port_word_add(struct eal_args *args, const struct port_habit *habit, const char *word,
	      struct plx_why *why)
{
	struct interface interface;

	if (strncmp(word, "cluster:", 8) ==
	    0) /* whose master is another program; that knows who came twice */
		return eal_args_add_vdev(args, why, "net_cluster%u,cluster='%s'", args->next++,
					 word + 8);
	if (strncmp(word, "xdp:", 4) == 0)
		return add_interface(args, habit, word + 4, true, why);
	/* An interface may be called as a driver is; then it is the interface. */
	if (is_driver_name(word) && interfaces_find(word, &interface, NULL) != 0)
		return eal_args_add_vdev(args, why, "%s", word);
	return add_interface(args, habit, word, habit->xdp, why);
}

/* -- PCI addresses --------------------------------------------------------------------------------- */

/* What the kernel has can be had there; what it has not goes to the EAL, which knows more. */
static int
add_address(struct eal_args *args, const char *address, const char *rest, struct plx_why *why)
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
	args->pci = true;
	return eal_args_add(args, why, "-a") != 0 ? -ENOMEM
						  : eal_args_add(args, why, "%s%s", address, rest);
}

int
port_word_add_device(struct eal_args *args, const struct port_habit *habit, const char *word,
		     struct plx_why *why)
{
	char name[PLX_PCI_ADDRESS_MAX], address[PLX_PCI_ADDRESS_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, ","), word);
	if (card_address_read(name, address))
		return add_address(args, address, word + strlen(name), why);
	return port_word_add(args, habit, word, why);
}
