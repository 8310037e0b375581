/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a vfio-user server's side of a conversation: the first says how many files ride on them, the rest is the stream.
 * Whatever it is, opening a device fails or gives values in range, the server gets no memory but the zone's, no descriptor is left.
 */
#include "pci/vfio_user_priv.h"
#include "plx_unixsock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ZONE_LEN 4096

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* Everything is said at once, and what we say is swallowed. */
static void
say_all(int sock, const uint8_t *data, size_t size)
{
	const int room = 1 << 20;
	int fds[VFIO_USER_FDS_MAX];
	unsigned n = data[0] % VFIO_USER_FDS_MAX;

	for (unsigned i = 0; i < n; i++)
		fds[i] = sock;
	setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	plx_unixsock_send(sock, data + 1, size - 1, NULL, 0, fds, n, 10);
	shutdown(sock, SHUT_WR);
}

static void
talk(struct plx_pci *pci)
{
	struct plx_vfio_user *dev = pci->handle;
	int fds[3] = {0, -1, 0};
	uint8_t space[PLX_PCI_CONFIG_SIZE];

	for (unsigned i = 0; i < PLX_PCI_BARS && !dev->broken; i++) {
		struct plx_vfio_user_bar *bar = &dev->bar[i];

		if (plx_vfio_user_region(dev, i, &bar->region, &bar->fd) != 0)
			continue;
		must(bar->region.size <= INT64_MAX);
		for (unsigned k = 0; k < bar->region.nb_areas; k++)
			must(bar->region.area[k].len <= bar->region.size &&
			     bar->region.area[k].off <= bar->region.size - bar->region.area[k].len);
		pci->bar[i].size = bar->region.size;
		if (bar->region.size < 1u << 20)
			plx_vfio_user_bar_map(pci, i, NULL);
	}
	plx_vfio_user_irq_count(pci, NULL);
	plx_vfio_user_access(dev, VFIO_USER_REGION_CONFIG, 0, space, NULL, sizeof(space), false);
	plx_vfio_user_irq_set(pci, PLX_PCI_IRQ_MSIX, fds, 3, NULL);
	plx_vfio_user_irq_unmask(pci);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[VFIO_USER_DATA_MAX], memory[3 * ZONE_LEN];
	struct plx_vfio_user_map map = {memory + ZONE_LEN, 0x10000, ZONE_LEN};
	struct plx_vfio_user dev = {
		.path = "fuzz", .twin = -1, .nb_maps = 1, .map = &map, .buf = buf};
	struct plx_pci pci = {.handle = &dev};
	int before, sock[2];

	if (size < 1)
		return 0;
	before = dup(0);
	close(before);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) == 0);
	pthread_mutex_init(&dev.lock, NULL);
	dev.sock = sock[0];
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		dev.bar[i].fd = -1;
	say_all(sock[1], data, size);
	if (plx_vfio_user_agree(&dev, NULL) == 0)
		talk(&pci);
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		plx_vfio_user_bar_unmap(&pci, i);
	plx_vfio_user_disconnect(&dev);
	close(sock[1]);
	pthread_mutex_destroy(&dev.lock);
	for (unsigned i = 0; i < ZONE_LEN; i++)
		must(memory[i] == 0 && memory[2 * ZONE_LEN + i] == 0);
	must(dup(0) == before); /* the lowest number that is free is the one that was */
	close(before);
	return 0;
}
