/* SPDX-License-Identifier: BSD-3-Clause */
/* The program's container: opened for the first device, closed after the last. Thread: main. */
#include "pci/vfio_priv.h"
#include "plx_log.h"
#include "plx_pci_card.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "eal.vfio");

#define NO_TYPE 0 /* of an IOMMU: before the first group */

static struct {
	int fd;
	unsigned type; /* VFIO_TYPE1v2_IOMMU, ... */
	struct plx_list groups;
	struct plx_vfio_dma dma;
} container = {.fd = -1, .groups = PLX_LIST_INIT(container.groups)};

static int
check_version(int fd, const char *path, struct plx_why *why)
{
	int version = plx_vfio_ioctl(fd, VFIO_GET_API_VERSION, NULL);

	if (version == VFIO_API_VERSION)
		return 0;
	return plx_why(why, -ENOTSUP, "%s speaks version %d of vfio, not %d", path, version,
		       VFIO_API_VERSION);
}

static int
open_container(struct plx_why *why)
{
	char path[PLX_SYSFS_PATH_MAX];
	int ret, fd;

	if (container.fd >= 0)
		return 0;
	plx_sysfs_path(path, "/dev/vfio/vfio");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return plx_why(why, -errno, "%s: %s: %s" PLX_DOCTOR("vfio"), path, strerror(errno),
			       errno == ENOENT ? "modprobe vfio-pci"
					       : "run as root, or chmod 0666 it, which is safe: a "
						 "group's own file decides");
	ret = check_version(fd, path, why);
	if (ret != 0) {
		close(fd);
		return ret;
	}
	container.fd = fd;
	container.type = NO_TYPE;
	return 0;
}

/* With its last group goes the container. */
static void
close_container(void)
{
	if (container.fd < 0 || !plx_list_empty(&container.groups))
		return;
	close(container.fd);
	container.fd = -1;
}

static bool
has_type(unsigned type)
{
	return plx_vfio_ioctl(container.fd, VFIO_CHECK_EXTENSION, (void *)(uintptr_t)type) == 1;
}

static unsigned
type_for(const struct plx_vfio_group *group)
{
	static const unsigned types[] = {VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU};

	if (group->noiommu)
		return has_type(VFIO_NOIOMMU_IOMMU) ? VFIO_NOIOMMU_IOMMU : NO_TYPE;
	for (unsigned i = 0; i < PLX_ARRAY_LEN(types); i++)
		if (has_type(types[i]))
			return types[i];
	return NO_TYPE;
}

/* The first group in the container says which IOMMU it is for. */
static int
set_type(const struct plx_vfio_group *group, struct plx_why *why)
{
	unsigned type = type_for(group);

	if (type == NO_TYPE && group->noiommu)
		return plx_why(why, -ENOTSUP,
			       "vfio does without an IOMMU no longer, as it did when the card was "
			       "bound: echo 1 | sudo tee " PLX_PCI_NOIOMMU PLX_DOCTOR("iommu"));
	if (type == NO_TYPE)
		return plx_why(why, -ENOTSUP,
			       "vfio knows no IOMMU of a kind that we do: modprobe "
			       "vfio_iommu_type1" PLX_DOCTOR("iommu"));
	if (plx_vfio_ioctl(container.fd, VFIO_SET_IOMMU, (void *)(uintptr_t)type) == 0) {
		container.type = type;
		return 0;
	}
	if (errno == EPERM && !group->noiommu)
		return plx_why(why, -EPERM,
			       "the IOMMU does not remap interrupts, which vfio insists on: enable "
			       "it in the firmware, or modprobe vfio_iommu_type1 "
			       "allow_unsafe_interrupts=1 if nobody can do harm by it" PLX_DOCTOR(
				       "iommu"));
	return plx_why(why, -errno, "VFIO_SET_IOMMU: %s", strerror(errno));
}

static int
check_kind(const struct plx_vfio_group *group, struct plx_why *why)
{
	if (container.type == NO_TYPE || group->noiommu == (container.type == VFIO_NOIOMMU_IOMMU))
		return 0;
	return plx_why(
		why, -EXDEV,
		"it is %s an IOMMU, other devices of the program are not: a program can have "
		"one or the other",
		group->noiommu ? "without" : "behind");
}

/* Devices without IOMMU: nothing translates, nothing is mapped. */
static int
reach_memory(struct plx_why *why)
{
	int ret;

	if (container.type == VFIO_NOIOMMU_IOMMU)
		return plx_dma_need_pa(why);
	plx_vfio_dma_init(&container.dma, container.fd);
	ret = plx_dma_add(&container.dma.mapper, why);
	return ret == 0 ? 0 : plx_why_prefix(why, ret, "memory there is already: ");
}

/* Puts the group into the container: the kernel then maps for it what is mapped already. */
static int
attach(struct plx_vfio_group *group, struct plx_why *why)
{
	bool first = plx_list_empty(&container.groups);
	int ret = check_kind(group, why);

	if (ret != 0)
		return ret;
	if (plx_vfio_ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &container.fd) != 0)
		return plx_why(why, -errno,
			       "group %u cannot join the devices that are open already (%s): its "
			       "IOMMU does not reach all of their memory, perhaps",
			       group->number, strerror(errno));
	if (first) {
		ret = set_type(group, why);
		if (ret == 0)
			ret = reach_memory(why);
	}
	if (ret != 0) {
		plx_vfio_ioctl(group->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
		return ret;
	}
	plx_list_append(&container.groups, &group->link);
	plx_log_debug(&logger, "group %u joined, IOMMU type %u", group->number, container.type);
	return 0;
}

/* Memory is unmapped while there is still an IOMMU to unmap it from. */
static void
detach(struct plx_vfio_group *group)
{
	plx_list_remove(&group->link);
	if (plx_list_empty(&container.groups))
		plx_dma_remove(&container.dma.mapper);
	plx_vfio_ioctl(group->fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
}

static struct plx_vfio_group *
find(unsigned number)
{
	PLX_LIST_FOREACH(link, &container.groups) {
		struct plx_vfio_group *group = PLX_LIST_ITEM(link, struct plx_vfio_group, link);

		if (group->number == number)
			return group;
	}
	return NULL;
}

int
plx_vfio_group_get(const char *address, struct plx_vfio_group **ret_group, struct plx_why *why)
{
	struct plx_vfio_group *group;
	unsigned number;
	bool noiommu;
	int ret = plx_vfio_group_find(address, &number, &noiommu, why);

	if (ret != 0)
		return ret;
	group = find(number);
	if (group != NULL)
		goto found;
	ret = open_container(why);
	if (ret != 0)
		return ret;
	ret = plx_vfio_group_create(number, noiommu, &group, why);
	if (ret != 0)
		goto close_container;
	ret = attach(group, why);
	if (ret != 0)
		goto destroy_group;
found:
	group->nb_devices++;
	*ret_group = group;
	return 0;

destroy_group:
	plx_vfio_group_destroy(group);
close_container:
	close_container();
	return ret;
}

void
plx_vfio_group_put(struct plx_vfio_group *group)
{
	if (--group->nb_devices > 0)
		return;
	detach(group);
	plx_vfio_group_destroy(group);
	close_container();
}
