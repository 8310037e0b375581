/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The far end of net_virtio_user: the rings of the fake device behind a socket, which share nothing with our drivers; of the kind
 * that the row's name says.
 */
#include "contract.h"
#include "virtio_fake.h"
#include "own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAIRS	   2
#define QUEUE_SIZE 1024

static char folder[OWN_PATH];

bool
user_is_packed(const struct wire *wire)
{
	return strstr(wire->pmd->name, "packed") != NULL;
}

int
user_socket_make(struct wire *wire, const char *name)
{
	snprintf(wire->name, sizeof(wire->name), "%s", name);
	if (own_folder(folder) == NULL)
		return -1;
	snprintf(wire->path[0], sizeof(wire->path[0]), "%s/sock", folder);
	return 0;
}

void
user_socket_remove(struct wire *wire)
{
	if (rmdir(folder) != 0)
		wire->complaint = "the socket's file is left behind";
}

static struct vfake *fake;
static struct vfake_vhost *back_end;

int
front_open(struct wire *wire)
{
	struct vfake_options options = {
		.features = VIRTIO_BIT(VIRTIO_F_VERSION_1) | VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) |
			    VIRTIO_BIT(VIRTIO_NET_F_MQ) | VIRTIO_BIT(VIRTIO_NET_F_MTU) |
			    VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC),
		.pairs = PAIRS,
		.queue_size = QUEUE_SIZE,
		.mtu = 9000};
	int err = user_socket_make(wire, "net_virtio_user0");

	snprintf(wire->devargs, sizeof(wire->devargs),
		 "%s,path=%s,queues=%d,queue_size=%d,packed_vq=%d", wire->name, wire->path[0],
		 PAIRS, QUEUE_SIZE, user_is_packed(wire));
	if (user_is_packed(wire))
		options.features |= VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	fake = vfake_create("vhost", &options);
	if (err == 0 && fake != NULL)
		back_end = vfake_vhost_serve(fake, wire->path[0]);
	return back_end != NULL ? 0 : -1;
}

int
front_put(struct wire *wire, const void *frame, size_t len)
{
	return vfake_put(fake, 0, frame, len);
}

size_t
front_get(struct wire *wire, void *frame, size_t size)
{
	return vfake_take(fake, VFAKE_ANY, frame, size, NULL);
}

void
front_close(struct wire *wire)
{
	char violations[1024];

	vfake_vhost_unserve(back_end);
	back_end = NULL;
	snprintf(violations, sizeof(violations), "%s", vfake_violations(fake));
	vfake_destroy(fake);
	fake = NULL;
	user_socket_remove(wire);
	if (violations[0] != '\0')
		wire->complaint = "the back end found that the driver broke a rule";
	print_error("%s", violations);
}
