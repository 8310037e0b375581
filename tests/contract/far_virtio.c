/* SPDX-License-Identifier: BSD-3-Clause */
/* The far end of net_virtio: a fake device (tests/fakes), of the kind that the row's name says, here or behind a socket. */
#include "contract.h"
#include "virtio_fake.h"
#include "own.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAIRS	2
#define VECTORS (2 * PAIRS + 2)
/* A legacy device has the size of its queues, and cases count on few descriptors. */
#define LEGACY_SIZE 64
/* Single queues can be reset. */
#define ALONE VIRTIO_BIT(VIRTIO_F_RING_RESET)

static const struct {
	const char *row;
	struct vfake_options options;
	bool served; /* by vfio-user, from another thread that knows no memory but what it is given */
} kinds[] = {
	{"net_virtio_split", {.features = VFAKE_MODERN | ALONE, .vectors = VECTORS}},
	{"net_virtio_packed", {.features = VFAKE_MODERN_PACKED | ALONE, .vectors = VECTORS}},
	{"net_virtio_legacy",
	 {.kind = VFAKE_KIND_LEGACY, .features = VFAKE_LEGACY, .queue_size = LEGACY_SIZE}},
	{"net_virtio_order",
	 {.features = VFAKE_MODERN_PACKED | VIRTIO_BIT(VIRTIO_F_IN_ORDER) | ALONE,
	  .vectors = VECTORS,
	  .batches = true}},
	{"net_virtio_thread",
	 {.features = VFAKE_MODERN | VIRTIO_BIT(VIRTIO_NET_F_RSS) |
		      VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA) | ALONE,
	  .vectors = VECTORS,
	  .mapped = true}},
	{"net_virtio_vfio_user",
	 {.features = VFAKE_MODERN_PACKED | ALONE, .vectors = VECTORS},
	 true},
	{"net_virtio_vfio_user_mapped",
	 {.features = VFAKE_MODERN | VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA),
	  .vectors = VECTORS,
	  .mapped = true},
	 true},
};

static struct vfake *fake;
static struct vfake_served *served;

static int
serve(struct wire *wire)
{
	struct plx_why why = {""};
	static char
		path[OWN_PATH + 12]; /* the same for all cases, as the device is to the program */

	if (path[0] == '\0')
		own_name(path, sizeof(path));
	served = vfake_serve(fake, path, &why);
	if (served == NULL)
		print_error("%s\n", why.text);
	snprintf(wire->name, sizeof(wire->name), "vfio-user:%s", path);
	snprintf(wire->devargs, sizeof(wire->devargs), "vfio-user:%s", path);
	return served != NULL ? 0 : -1;
}

int
virtio_open(struct wire *wire)
{
	for (size_t i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		struct vfake_options options = kinds[i].options;

		if (strcmp(kinds[i].row, wire->pmd->name) != 0)
			continue;
		options.pairs = PAIRS;
		options.mtu = 9000;
		vfake_transport_add();
		fake = vfake_create(kinds[i].row, &options);
		snprintf(wire->name, sizeof(wire->name), "fake:%s", kinds[i].row);
		snprintf(wire->devargs, sizeof(wire->devargs), "fake:%s", kinds[i].row);
		if (fake != NULL && kinds[i].served && serve(wire) != 0)
			return -1;
	}
	return fake != NULL ? 0 : -1;
}

/* Only of those that are served: its process is killed, and another one has a device that nobody drives yet. */
void
virtio_die(struct wire *wire)
{
	vfake_kill(served);
	served = NULL;
}

int
virtio_begin(struct wire *wire)
{
	return serve(wire);
}

/* Whatever the case was about, the driver kept to the specification and the device reached no memory but its own. */
void
virtio_close(struct wire *wire)
{
	char violations[1024];

	vfake_unserve(served);
	served = NULL;
	snprintf(violations, sizeof(violations), "%s", vfake_violations(fake));
	vfake_destroy(fake);
	fake = NULL;
	if (violations[0] != '\0')
		wire->complaint = "the device found that the driver broke a rule";
	print_error("%s", violations);
}

int
virtio_put(struct wire *wire, const void *frame, size_t len)
{
	return vfake_put(fake, VFAKE_ANY, frame, len);
}

size_t
virtio_get(struct wire *wire, void *frame, size_t size)
{
	return vfake_take(fake, VFAKE_ANY, frame, size, NULL);
}
