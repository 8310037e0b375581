/* SPDX-License-Identifier: BSD-3-Clause */
/* Network cards on PCI: who has them, and what a program would need to get one. Looked at, never touched. */
#include "check.h"

#include "card.h"
#include "route.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DMA_LIMIT      "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"
#define DMA_MAPS       4096
#define DMA_MAPS_USUAL 65535 /* the kernel's own */

/* One that a program can have, or could if we knew its ids. Returns if it can. */
static bool
tell_handed(const struct plx_pci_card *card, const char *name, struct report *report)
{
	if (card->known_to == NULL) {
		report_add(report, LEVEL_NOTE,
			   "%s is handed to programs by %s, but no driver knows it", name,
			   card->driver);
		report_mend(report, "sudo plx-devbind restore %s", card->address);
		return false;
	}
	report_add(report, LEVEL_OK, "%s is handed to programs by %s, for %s", name, card->driver,
		   card->known_to);
	return true;
}

static void
tell_kernels(const struct machine *m, const struct plx_pci_card *card, const char *name,
	     struct report *report)
{
	bool routes = card->interfaces[0] != '\0' && route_uses(m, card->interfaces);
	int len = (int)strcspn(card->interfaces, " ");

	if (card->interfaces[0] == '\0')
		report_add(report, LEVEL_NOTE,
			   "%s is held by the kernel's %s, without an interface here", name,
			   card->driver);
	else
		report_add(report, LEVEL_NOTE, "%s is %s, by the kernel's %s%s", name,
			   card->interfaces, card->driver, routes ? ", and carries a route" : "");
	if (card_is_free(m, card))
		report_mend(report, "sudo plx-devbind bind --driver %s %s", card->bind_to,
			    card->address);
	else if (card->interfaces[0] != '\0')
		report_mend(report,
			    "--vdev net_af_packet0,iface=%.*s (copies), or net_af_xdp0 (takes)",
			    len, card->interfaces);
}

/* Returns if a program can have it. */
static bool
tell_card(const struct machine *m, const struct plx_pci_card *card, struct report *report)
{
	char name[64];

	snprintf(name, sizeof(name), "%s (%04x:%04x)", card->address, card->vendor,
		 card->device_id);
	if (card->handed_to_programs)
		return tell_handed(card, name, report);
	if (card->driver[0] != '\0') {
		tell_kernels(m, card, name, report);
		return false;
	}
	report_add(report, LEVEL_NOTE, "%s has no driver%s", name,
		   card->known_to != NULL ? "" : ", and none of ours knows it");
	if (card->known_to != NULL)
		report_mend(report, "sudo plx-devbind bind --driver %s %s", card->bind_to,
			    card->address);
	else
		report_mend(report, "sudo plx-devbind restore %s", card->address);
	return false;
}

void
check_pci(const struct exam *exam, struct report *report)
{
	unsigned n = 0, ready = 0;
	struct cards cards;

	cards_list(&exam->machine, &cards);
	for (unsigned i = 0; i < cards.n; i++) {
		if (!plx_pci_card_is_network(&cards.card[i]))
			continue;
		ready += tell_card(&exam->machine, &cards.card[i], report);
		n++;
	}
	if (n == 0)
		report_add(report, exam->purposes == FOR_ALL ? LEVEL_OK : exam_lack(exam, FOR_PCI),
			   "no network card on PCI");
	else if (ready == 0)
		report_add(report, exam_lack(exam, FOR_PCI), "none of them is handed to programs%s",
			   exam->purposes == FOR_ALL ? "; drivers of interfaces need none" : "");
	report_fact(report, "cards", json_count(n));
	report_fact(report, "ready", json_count(ready));
	cards_free(&cards);
}

static bool
has_uio(const struct machine *m)
{
	return machine_has(m, "/sys/bus/pci/drivers/uio_pci_generic");
}

/* Of an IOMMU: VFIO makes some without. */
static unsigned
count_groups(const struct machine *m)
{
	struct names groups;
	unsigned n = 0;

	machine_list(m, &groups, "/sys/kernel/iommu_groups");
	for (unsigned i = 0; i < groups.n; i++)
		n += !plx_pci_group_noiommu(m->root, (unsigned)strtoul(groups.name[i], NULL, 10));
	names_free(&groups);
	return n;
}

void
check_iommu(const struct exam *exam, struct report *report)
{
	const struct machine *m = &exam->machine;
	unsigned n = count_groups(m);

	report_fact(report, "groups", json_count(n));
	report_fact(report, "noiommu", plx_pci_noiommu(m->root) ? json_true() : json_false());
	if (n != 0) {
		report_add(report, LEVEL_OK, "on, %u groups", n);
	} else if (plx_pci_noiommu(m->root)) {
		report_add(report, LEVEL_NOTE,
			   "none; VFIO runs without (a device may write anywhere; needs "
			   "CAP_SYS_RAWIO, and huge pages)");
	} else {
		report_add(report, has_uio(m) ? LEVEL_NOTE : exam_lack(exam, FOR_PCI),
			   "none, or switched off: devices cannot be lent to a program safely");
		report_mend(
			report,
			"intel_iommu=on or amd_iommu=on on the kernel's command line, and in the "
			"firmware; or, unsafe: sudo modprobe uio_pci_generic%s",
			card_may_noiommu(m) ? ", or for VFIO: echo 1 | sudo tee " PLX_PCI_NOIOMMU
					    : "");
	}
}

/* /dev/vfio/17, or noiommu-0, which only root's rights open. */
static void
tell_group(const struct exam *exam, const char *name, struct report *report)
{
	char path[128];

	snprintf(path, sizeof(path), "/dev/vfio/%.64s", name);
	if (machine_may_use(&exam->machine, path) == 0) {
		report_add(report, LEVEL_OK, "%s may be opened", path);
		return;
	}
	report_add(report, exam_lack(exam, FOR_PCI), "%s may not be opened by you", path);
	if (strncmp(name, "noiommu-", 8) == 0)
		report_mend(report, "run as root: without an IOMMU it takes CAP_SYS_RAWIO");
	else if (strcmp(name, "vfio") == 0)
		report_mend(report, "sudo chmod 0666 %s: it gives no device away", path);
	else
		report_mend(report, "sudo chown $USER %s", path);
}

static void
tell_absent(const struct exam *exam, struct report *report)
{
	const struct machine *m = &exam->machine;
	enum level level = has_uio(m) ? LEVEL_NOTE : exam_lack(exam, FOR_PCI);

	if (machine_has(m, "/sys/bus/pci/drivers/vfio-pci")) {
		report_add(report, level,
			   "vfio-pci is loaded, but /dev/vfio/vfio is not here, as in a container");
		report_mend(report, "podman run --device /dev/vfio/vfio --device /dev/vfio/GROUP");
	} else if (count_groups(m) != 0 || plx_pci_noiommu(m->root)) {
		report_add(report, level, "not loaded: no device can be handed to programs by it");
		report_mend(report, "sudo modprobe vfio-pci");
	} else {
		report_add(report, level,
			   "not loaded, and of no use without an IOMMU: uio_pci_generic is%s",
			   has_uio(m) ? "" : ", and is not loaded");
		if (!has_uio(m))
			report_mend(report, "sudo modprobe uio_pci_generic");
	}
}

/* Each zone, or in IOVA mode PA each run of its pages, is a map. */
static void
tell_limit(const struct machine *m, struct report *report)
{
	uint64_t limit;

	if (!machine_number(m, &limit, DMA_LIMIT))
		return;
	report_fact(report, "dma_entry_limit", json_count(limit));
	if (limit >= DMA_MAPS)
		report_add(report, LEVEL_OK, "%" PRIu64 " DMA maps for a program", limit);
	else {
		report_add(report, LEVEL_NOTE,
			   "%" PRIu64 " DMA maps for a program: with --iova-mode pa each run of "
			   "pages takes one",
			   limit);
		report_mend(report, "echo %d | sudo tee " DMA_LIMIT, DMA_MAPS_USUAL);
	}
}

void
check_vfio(const struct exam *exam, struct report *report)
{
	const bool there = machine_has(&exam->machine, "/dev/vfio/vfio");
	struct names groups;

	report_fact(report, "loaded", there ? json_true() : json_false());
	if (!there) {
		tell_absent(exam, report);
		return;
	}
	tell_limit(&exam->machine, report);
	machine_list(&exam->machine, &groups, "/dev/vfio");
	for (unsigned i = 0; i < groups.n; i++)
		tell_group(exam, groups.name[i], report);
	names_free(&groups);
	if (!machine_has(&exam->machine, "/sys/bus/pci/drivers/vfio-pci")) {
		report_add(report, LEVEL_NOTE, "the driver vfio-pci is not loaded");
		report_mend(report, "sudo modprobe vfio-pci");
	}
}
