/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What vfio tells of a device beside its interrupts: that the kernel asks for it back (it was unplugged, or is being unbound, which
 * waits until it is closed here), and that it met a PCI error.
 */
#include "device_priv.h"
#include "pci/vfio_priv.h"
#include "plx_log.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

PLX_LOG_COMPONENT(logger, "eal.pci");

static const unsigned indexes[PLX_VFIO_REQUESTS] = {VFIO_PCI_REQ_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX};

static int
signal_by(const struct plx_vfio_device *dev, unsigned index, int fd)
{
	union {
		struct vfio_irq_set set;
		uint8_t room[sizeof(struct vfio_irq_set) + sizeof(int32_t)];
	} request = {.set = {.argsz = sizeof(request),
			     .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			     .index = index,
			     .count = 1}};

	memcpy(request.room + sizeof(request.set), &fd, sizeof(fd));
	return plx_vfio_ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &request);
}

/* The kernel asks again and again; once is enough to tell. */
static void
on_request(void *arg, int fd, uint32_t events)
{
	const struct plx_vfio_request *request = arg;
	eventfd_t count;
	bool gone = request->index == VFIO_PCI_REQ_IRQ_INDEX;

	if (eventfd_read(fd, &count) != 0 ||
	    __atomic_exchange_n(&request->dev->told[gone], true, __ATOMIC_RELAXED))
		return;
	if (gone)
		plx_log_warn(&logger,
			     "%s: the kernel asks for the device back, and waits for it: stop its "
			     "port and detach it",
			     request->dev->address);
	else
		plx_log_err(&logger,
			    "%s: the device met a PCI error that it cannot mend: stop its port and "
			    "detach it",
			    request->dev->address);
	plx_device_tell_removal(request->dev->address);
}

static void
watch(struct plx_vfio_device *dev, struct plx_vfio_request *request)
{
	request->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (request->fd < 0)
		return;
	if (signal_by(dev, request->index, request->fd) == 0 &&
	    plx_event_fd_add(request->fd, EPOLLIN, on_request, request, &request->event) == 0)
		return;
	close(request->fd);
	request->fd = -1;
}

/* A kernel that cannot tell, or an EAL without a control thread: the device works all the same. */
void
plx_vfio_requests_watch(struct plx_vfio_device *dev)
{
	for (unsigned i = 0; i < PLX_VFIO_REQUESTS; i++) {
		struct plx_vfio_request *request = &dev->request[i];

		*request = (struct plx_vfio_request){.dev = dev, .index = indexes[i], .fd = -1};
		if (plx_vfio_irqs_of(dev->fd, request->index) > 0)
			watch(dev, request);
	}
}

void
plx_vfio_requests_unwatch(struct plx_vfio_device *dev)
{
	for (unsigned i = 0; i < PLX_VFIO_REQUESTS; i++) {
		struct plx_vfio_request *request = &dev->request[i];

		if (request->fd < 0)
			continue;
		plx_event_remove(request->event);
		signal_by(dev, request->index, -1);
		close(request->fd);
		request->fd = -1;
	}
}
