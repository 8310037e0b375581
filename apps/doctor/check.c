/* SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <string.h>

const struct check checks[] = {
	{"capabilities", "capabilities of this user", FOR_ALL, check_capabilities},
	{"memlock", "memory that may be locked", FOR_AF_XDP | FOR_PCI, check_memlock},
	{"kernel", "what the kernel can", FOR_ALL, check_kernel},
	{"interfaces", "network interfaces", FOR_AF_XDP | FOR_AF_PACKET, check_interfaces},
	{"tun", "taps", FOR_TAP, check_tun},
	{"hugepages", "huge pages", FOR_ALL, check_hugepages},
	{"memory", "memory", FOR_ALL, check_memory},
	{"cpus", "CPUs", FOR_ALL, check_cpus},
	{"numa", "NUMA nodes", FOR_ALL, check_numa},
	{"clock", "clock", FOR_ALL, check_clock},
	{"governor", "frequency governor", FOR_ALL, check_governor},
	{"pci", "network cards on PCI", FOR_PCI, check_pci},
	{"iommu", "IOMMU", FOR_PCI, check_iommu},
	{"vfio", "VFIO", FOR_PCI, check_vfio},
	{"leftovers", "leftovers of programs that died", FOR_ALL, check_leftovers},
	{NULL},
};

const struct check *
check_find(const char *id)
{
	for (const struct check *check = checks; check->id != NULL; check++) {
		if (strcmp(check->id, id) == 0)
			return check;
	}
	return NULL;
}

enum level
exam_lack(const struct exam *exam, unsigned purposes)
{
	if (exam->purposes == FOR_ALL || (exam->purposes & purposes) == 0)
		return LEVEL_NOTE;
	return LEVEL_PROBLEM;
}
