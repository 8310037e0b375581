/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fake device served by vfio-user. A thread waits for the client's messages and for the device's interrupts, and carries both
 * on; it holds the device's lock while it does, as the client's memory comes and goes in there. It has a table of file descriptors
 * of its own, so that a test that counts the program's sees none of the server's, as if it were another program.
 */
#include "plx_vfio_user_server.h"
#include "virtio_fake_priv.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct vfake_served {
	struct vfake *fake;
	struct plx_pci pci; /* the device as its transport knows it */
	struct plx_vfio_user_device device;
	struct plx_vfio_user_server *server;
	unsigned nb_vectors;
	enum plx_pci_irq_kind kind;
	int fds[PLX_PCI_VECTORS_MAX]; /* the device's interrupts */
	char path[108];		      /* of a UNIX socket */
	int stop;
	sem_t ready;
	struct plx_why why;
	pthread_t thread;
};

static uint8_t *
reach(void *arg, uint64_t addr, uint64_t len)
{
	struct vfake_served *served = arg;
	uint64_t there = 0;
	uint8_t *at = NULL;

	if (served->server != NULL)
		at = plx_vfio_user_server_find(served->server, addr, len, true, &there);
	return there >= len ? at : NULL;
}

static int
access_device(void *arg, unsigned region, uint64_t off, void *data, uint32_t len, bool write)
{
	struct vfake_served *served = arg;
	const struct plx_pci_transport *transport = &vfake_transport;
	struct plx_pci *pci = &served->pci;

	if (region == PLX_VFIO_USER_REGION_CONFIG)
		return write ? transport->config_write(pci, (uint32_t)off, data, len)
			     : transport->config_read(pci, (uint32_t)off, data, len);
	if (len > 8)
		return -EINVAL;
	return write ? transport->bar_write(pci, region, off, data, len)
		     : transport->bar_read(pci, region, off, data, len);
}

static void
reset(void *arg)
{
	struct vfake_served *served = arg;

	vfake_reset(served->fake);
}

static void
unmapped(void *arg, uint64_t address, uint64_t size)
{
	struct vfake *fake = ((struct vfake_served *)arg)->fake;

	for (unsigned i = 0; i < VFAKE_QUEUES_MAX; i++)
		if (fake->queue[i].enabled && fake->queue[i].desc - address < size &&
		    plx_vfio_user_server_connected(((struct vfake_served *)arg)->server))
			vfake_violation(fake, "the memory of queue %u goes while it is enabled", i);
}

/* Nobody drives it any more. */
static void
gone(void *arg, const char *why)
{
	struct vfake_served *served = arg;

	vfake_reset(served->fake);
}

static void
describe(struct vfake_served *served)
{
	struct plx_vfio_user_device *device = &served->device;

	*device = (struct plx_vfio_user_device){.arg = served,
						.access = access_device,
						.reset = reset,
						.unmapped = unmapped,
						.gone = gone};
	for (unsigned i = 0; i < PLX_PCI_BARS; i++)
		if (served->pci.bar[i].size > 0)
			device->region[i] = (struct plx_vfio_user_region){
				.size = served->pci.bar[i].size,
				.flags = PLX_VFIO_USER_REGION_READABLE |
					 PLX_VFIO_USER_REGION_WRITEABLE};
	device->region[PLX_VFIO_USER_REGION_CONFIG] = (struct plx_vfio_user_region){
		.size = PLX_PCI_CONFIG_SIZE,
		.flags = PLX_VFIO_USER_REGION_READABLE | PLX_VFIO_USER_REGION_WRITEABLE};
	if (served->fake->doorbells != NULL) {
		struct plx_vfio_user_region *bar = &device->region[VFAKE_BAR_DOORBELL];

		bar->fd = served->fake->doorbell_fd;
		bar->nb_areas = 1;
		bar->area[0] = (struct plx_vfio_user_area){0, VFAKE_NOTIFY_LEN};
	}
	device->irqs[PLX_VFIO_USER_IRQ_INTX] = 1;
	device->irqs[PLX_VFIO_USER_IRQ_MSIX] = served->pci.msix_vectors;
}

/* The device's interrupts come by eventfds of our own, from whichever thread. */
static int
catch_interrupts(struct vfake_served *served, struct plx_why *why)
{
	served->kind = served->pci.msix_vectors > 0 ? PLX_PCI_IRQ_MSIX : PLX_PCI_IRQ_INTX;
	served->nb_vectors = served->pci.msix_vectors > 0 ? served->pci.msix_vectors : 1;
	for (unsigned i = 0; i < served->nb_vectors; i++)
		served->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return vfake_transport.irq_set(&served->pci, served->kind, served->fds, served->nb_vectors,
				       why);
}

static void
carry_interrupt(struct vfake_served *served, unsigned vector)
{
	eventfd_t count;

	if (eventfd_read(served->fds[vector], &count) != 0)
		return;
	if (served->kind == PLX_PCI_IRQ_MSIX) {
		plx_vfio_user_server_irq(served->server, PLX_VFIO_USER_IRQ_MSIX, vector);
		return;
	}
	/* The device knows edges only: each is a line that goes up and down. */
	plx_vfio_user_server_intx(served->server, true);
	plx_vfio_user_server_intx(served->server, false);
}

static void
serve(struct vfake_served *served)
{
	struct pollfd fds[PLX_PCI_VECTORS_MAX + 2] = {
		{.fd = served->stop, .events = POLLIN},
		{.fd = plx_vfio_user_server_fd(served->server), .events = POLLIN}};

	for (unsigned i = 0; i < served->nb_vectors; i++)
		fds[i + 2] = (struct pollfd){.fd = served->fds[i], .events = POLLIN};
	for (;;) {
		if (poll(fds, served->nb_vectors + 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0)
			return;
		pthread_mutex_lock(&served->fake->lock);
		if (fds[1].revents != 0)
			plx_vfio_user_server_poll(served->server);
		for (unsigned i = 0; i < served->nb_vectors; i++)
			if (fds[i + 2].revents != 0)
				carry_interrupt(served, i);
		pthread_mutex_unlock(&served->fake->lock);
	}
}

static void *
run(void *arg)
{
	struct vfake_served *served = arg;

	if (unshare(CLONE_FILES) != 0)
		plx_why(&served->why, -errno, "no file descriptors of its own");
	else
		plx_vfio_user_server_create(served->path, &served->device, &served->server,
					    &served->why);
	sem_post(&served->ready);
	if (served->server == NULL)
		return NULL;
	serve(served);
	pthread_mutex_lock(&served->fake->lock);
	plx_vfio_user_server_destroy(served->server);
	served->server = NULL;
	pthread_mutex_unlock(&served->fake->lock);
	return NULL;
}

static void
release(struct vfake_served *served)
{
	sem_destroy(&served->ready);
	for (unsigned i = 0; i < served->nb_vectors; i++)
		close(served->fds[i]);
	if (served->stop >= 0)
		close(served->stop);
	free(served);
}

struct vfake_served *
vfake_serve(struct vfake *fake, const char *path, struct plx_why *why)
{
	struct vfake_served *served = calloc(1, sizeof(*served));

	if (served == NULL)
		return NULL;
	served->fake = fake;
	served->pci.transport = &vfake_transport;
	served->stop = eventfd(0, EFD_CLOEXEC);
	snprintf(served->path, sizeof(served->path), "%s", path);
	sem_init(&served->ready, 0, 0);
	fake->reach = reach;
	fake->reach_arg = served;
	if (vfake_transport.open(&served->pci, fake->name, why) != 0)
		goto free_served;
	describe(served);
	if (catch_interrupts(served, why) != 0 ||
	    pthread_create(&served->thread, NULL, run, served) != 0)
		goto close_device;
	sem_wait(&served->ready);
	if (served->server != NULL)
		return served;
	pthread_join(served->thread, NULL);
	plx_why(why, -EIO, "%s", served->why.text);

close_device:
	vfake_transport.close(&served->pci);
free_served:
	release(served);
	return NULL;
}

static void
stop(struct vfake_served *served)
{
	eventfd_write(served->stop, 1);
	pthread_join(served->thread, NULL);
}

void
vfake_unserve(struct vfake_served *served)
{
	if (served == NULL)
		return;
	stop(served);
	vfake_transport.close(&served->pci);
	release(served);
}

void
vfake_kill(struct vfake_served *served)
{
	const uint16_t command = 0; /* at 4 of configuration space */

	stop(served);
	vfake_reset(served->fake);
	vfake_transport.config_write(&served->pci, 0x04, &command, sizeof(command));
	vfake_transport.close(&served->pci);
	release(served);
}
