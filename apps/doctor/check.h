/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks: a const table of what can be looked at. A new one is a check_<noun>.c and a row in check.c; its id is
 * what errors of the library name (PLX_DOCTOR in plx_base.h).
 */
#ifndef PLX_APPS_DOCTOR_CHECK_H
#define PLX_APPS_DOCTOR_CHECK_H

#include "machine.h"
#include "report.h"

/* What somebody wants to do here: the drivers. */
enum purpose {
	FOR_AF_XDP = 1 << 0,
	FOR_AF_PACKET = 1 << 1,
	FOR_TAP = 1 << 2,
	FOR_PCI = 1 << 3,
	FOR_ALL = FOR_AF_XDP | FOR_AF_PACKET | FOR_TAP | FOR_PCI,
};

/* One examination. */
struct exam {
	struct machine machine;
	unsigned purposes;     /* of enum purpose */
	const char *interface; /* NULL: all */
};

struct check {
	const char *id;
	const char *title;
	unsigned purposes; /* looked at for these */
	void (*run)(const struct exam *exam, struct report *report);
};

/* The last has no id. */
extern const struct check checks[];

/* NULL if there is none. */
const struct check *check_find(const char *id);

/*
 * How bad it is that drivers of these purposes cannot start: a problem for who asked for one of them (--for), a note
 * for who asked for none in particular, since the others work.
 */
enum level exam_lack(const struct exam *exam, unsigned purposes);

/* What this process may do, as /proc tells; CAP_SYS_ADMIN includes CAP_BPF. False if it does not. */
bool exam_capabilities(const struct exam *exam, uint64_t *ret_caps);

void check_hugepages(const struct exam *exam, struct report *report);
void check_memory(const struct exam *exam, struct report *report);
void check_memlock(const struct exam *exam, struct report *report);
void check_capabilities(const struct exam *exam, struct report *report);
void check_cpus(const struct exam *exam, struct report *report);
void check_numa(const struct exam *exam, struct report *report);
void check_clock(const struct exam *exam, struct report *report);
void check_governor(const struct exam *exam, struct report *report);
void check_kernel(const struct exam *exam, struct report *report);
void check_interfaces(const struct exam *exam, struct report *report);
void check_tun(const struct exam *exam, struct report *report);
void check_pci(const struct exam *exam, struct report *report);
void check_iommu(const struct exam *exam, struct report *report);
void check_vfio(const struct exam *exam, struct report *report);
void check_leftovers(const struct exam *exam, struct report *report);

#endif
