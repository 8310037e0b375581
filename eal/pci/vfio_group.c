/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups: which device is in which, and why one cannot be had. */
#include "pci/vfio_priv.h"
#include "plx_pci_card.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
plx_vfio_group_find(const char *address, unsigned *ret_number, bool *ret_noiommu,
		    struct plx_why *why)
{
	char path[PLX_SYSFS_PATH_MAX], name[16], *end;
	unsigned long number;

	plx_sysfs_path(path, "/sys/bus/pci/devices/%s", address);
	if (access(path, F_OK) != 0)
		return plx_why(why, -ENODEV, "there is no such PCI device (%s)" PLX_DOCTOR("pci"),
			       path);
	plx_sysfs_path(path, "/sys/bus/pci/devices/%s/iommu_group", address);
	if (plx_sysfs_link(path, name, sizeof(name)) != 0)
		return plx_why(
			why, -ENODEV,
			"it has no IOMMU group: switch the IOMMU on (firmware: VT-d or AMD-Vi; "
			"kernel: intel_iommu=on), or bind it to uio_pci_generic" PLX_DOCTOR(
				"iommu"));
	number = strtoul(name, &end, 10);
	if (end == name || *end != '\0' || number > INT32_MAX)
		return plx_why(why, -EPROTO, "%s leads to '%s', which is no group", path, name);
	*ret_number = (unsigned)number;
	*ret_noiommu = plx_pci_group_noiommu("", *ret_number);
	return 0;
}

static int
is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

const char *
plx_vfio_group_others(unsigned number, char *text, size_t size)
{
	char path[PLX_SYSFS_PATH_MAX];
	struct plx_pci_card card;
	struct dirent **entries;
	size_t at = 0;
	int n;

	text[0] = '\0';
	plx_sysfs_path(path, "/sys/kernel/iommu_groups/%u/devices", number);
	n = scandir(path, &entries, is_name, alphasort);
	for (int i = 0; i < n; i++) {
		if (plx_pci_card_read("", entries[i]->d_name, &card) == 0 &&
		    plx_pci_card_keeps_group(&card) && at < size)
			at += (size_t)snprintf(text + at, size - at, "%s%s (%s)",
					       at > 0 ? ", " : "", card.address, card.driver);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return text;
}

static int
explain_open(const char *path, bool noiommu, int err, struct plx_why *why)
{
	if (err == ENOENT)
		return plx_why(why, -err,
			       "there is no %s: it is not bound to vfio-pci (modprobe vfio-pci; "
			       "plx-devbind)" PLX_DOCTOR("vfio"),
			       path);
	if (noiommu && (err == EACCES || err == EPERM))
		return plx_why(
			why, -err,
			"no right to open %s: without an IOMMU a device can reach all memory, so "
			"only root may drive it (CAP_SYS_RAWIO)" PLX_DOCTOR("vfio"),
			path);
	if (err == EACCES || err == EPERM)
		return plx_why(
			why, -err,
			"no right to open %s: run as root, chown USER %s, or for good a rule "
			"of udev: SUBSYSTEM==\"vfio\", GROUP=\"...\", MODE=\"0660\"" PLX_DOCTOR(
				"vfio"),
			path, path);
	if (err == EBUSY)
		return plx_why(
			why, -err,
			"%s is open in another program: a device, and all of its IOMMU group, "
			"belong to one program at a time",
			path);
	return plx_why(why, -err, "%s: %s", path, strerror(err));
}

static int
check_viable(const struct plx_vfio_group *group, struct plx_why *why)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char others[256];

	if (plx_vfio_ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status) != 0)
		return plx_why(why, -errno, "VFIO_GROUP_GET_STATUS of group %u: %s", group->number,
			       strerror(errno));
	if ((status.flags & VFIO_GROUP_FLAGS_VIABLE) != 0)
		return 0;
	plx_vfio_group_others(group->number, others, sizeof(others));
	return plx_why(why, -EBUSY,
		       "the IOMMU cannot tell it from other devices of its group %u, which drivers "
		       "of the kernel have: %s. Bind them to vfio-pci too, or unbind them "
		       "(plx-devbind)" PLX_DOCTOR("pci"),
		       group->number, others[0] != '\0' ? others : "none that /sys shows");
}

int
plx_vfio_group_create(unsigned number, bool noiommu, struct plx_vfio_group **ret_group,
		      struct plx_why *why)
{
	struct plx_vfio_group *group = calloc(1, sizeof(*group));
	char path[PLX_SYSFS_PATH_MAX];
	int ret;

	if (group == NULL)
		return plx_why(why, -ENOMEM, "no memory for a group");
	group->number = number;
	group->noiommu = noiommu;
	plx_list_init(&group->link);
	plx_sysfs_path(path, "/dev/vfio/%s%u", noiommu ? "noiommu-" : "", number);
	group->fd = open(path, O_RDWR | O_CLOEXEC);
	if (group->fd < 0) {
		ret = explain_open(path, noiommu, errno, why);
		goto free_group;
	}
	ret = check_viable(group, why);
	if (ret != 0)
		goto close_fd;
	*ret_group = group;
	return 0;

close_fd:
	close(group->fd);
free_group:
	free(group);
	return ret;
}

void
plx_vfio_group_destroy(struct plx_vfio_group *group)
{
	close(group->fd);
	free(group);
}
