/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake device as a PCI transport: opening, accesses, interrupts, and the thread that polls doorbells in memory. */
#include "plx_byteorder.h"
#include "virtio_fake_priv.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define COMMAND	       0x04 /* PCI Local Bus 3.0, 6.2.2 */
#define COMMAND_MASTER 0x0004
#define NOT_RUNG       UINT32_MAX
#define NAP_NS	       20000

/* -- the thread ---------------------------------------------------------------------------------------------------- */

void
vfake_hear_doorbells(struct vfake *fake)
{
	for (uint16_t i = 0; fake->doorbells != NULL && i < VFAKE_NOTIFY_LEN / VFAKE_MULTIPLIER;
	     i++) {
		uint32_t value = __atomic_load_n(&fake->doorbells[i], __ATOMIC_RELAXED);

		if (value == NOT_RUNG)
			continue;
		value = __atomic_exchange_n(&fake->doorbells[i], NOT_RUNG, __ATOMIC_ACQ_REL);
		/* Narrow stores leave the upper half as it was; a store between the two above is the same bell. */
		vfake_log(fake, VFAKE_NOTIFY, true, i * VFAKE_MULTIPLIER, 2, value);
		vfake_notified(fake, i, value, vfake_has(fake, VIRTIO_F_NOTIFICATION_DATA) ? 4 : 2);
	}
}

static void *
run(void *arg)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	struct vfake *fake = arg;

	while (!__atomic_load_n(&fake->stop, __ATOMIC_ACQUIRE)) {
		pthread_mutex_lock(&fake->lock);
		if (!fake->faults.dead) {
			vfake_hear_doorbells(fake);
			if (fake->options.polls && !fake->faults.idle)
				vfake_work(fake);
		}
		pthread_mutex_unlock(&fake->lock);
		nanosleep(&nap, NULL);
	}
	return NULL;
}

static int
start_thread(struct vfake *fake)
{
	if (!fake->options.mapped && !fake->options.polls)
		return 0;
	fake->stop = false;
	fake->has_thread = pthread_create(&fake->thread, NULL, run, fake) == 0;
	return fake->has_thread ? 0 : -EAGAIN;
}

static void
stop_thread(struct vfake *fake)
{
	if (!fake->has_thread)
		return;
	__atomic_store_n(&fake->stop, true, __ATOMIC_RELEASE);
	pthread_join(fake->thread, NULL);
	fake->has_thread = false;
}

/* -- opening ------------------------------------------------------------------------------------------------------- */

static void
unmap_doorbells(struct vfake *fake)
{
	if (fake->doorbells != NULL)
		munmap(fake->doorbells, VFAKE_NOTIFY_LEN);
	if (fake->drivers_doorbells != NULL)
		munmap(fake->drivers_doorbells, VFAKE_NOTIFY_LEN);
	if (fake->doorbell_fd >= 0)
		close(fake->doorbell_fd);
	fake->doorbells = fake->drivers_doorbells = NULL;
	fake->doorbell_fd = -1;
}

static uint32_t *
map_once(const struct vfake *fake)
{
	void *at = mmap(NULL, VFAKE_NOTIFY_LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
			fake->doorbell_fd, 0);

	return at != MAP_FAILED ? at : NULL;
}

static int
map_doorbells(struct vfake *fake)
{
	if (!fake->options.mapped)
		return 0;
	fake->doorbell_fd = memfd_create("doorbells", MFD_CLOEXEC);
	if (fake->doorbell_fd < 0 || ftruncate(fake->doorbell_fd, VFAKE_NOTIFY_LEN) != 0)
		return -errno;
	fake->doorbells = map_once(fake);
	fake->drivers_doorbells = map_once(fake);
	if (fake->doorbells == NULL || fake->drivers_doorbells == NULL)
		return -ENOMEM;
	memset(fake->doorbells, 0xff, VFAKE_NOTIFY_LEN);
	return 0;
}

static void
size_bars(struct vfake *fake, struct plx_pci *pci)
{
	if (fake->options.kind != VFAKE_KIND_MODERN)
		pci->bar[VFAKE_BAR_LEGACY] =
			(struct plx_pci_bar){.size = VFAKE_BAR_LEGACY_LEN, .io = true};
	if (fake->options.kind != VFAKE_KIND_LEGACY)
		pci->bar[VFAKE_BAR_MODERN].size = VFAKE_BAR_MODERN_LEN;
	if (fake->options.mapped)
		pci->bar[VFAKE_BAR_DOORBELL].size = VFAKE_NOTIFY_LEN;
}

static int
fake_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	struct vfake *fake = vfake_find(address);
	int ret;

	if (fake == NULL)
		return plx_why(why, -ENODEV, "there is no fake device %s", address);
	if (fake->pci != NULL)
		return plx_why(why, -EBUSY, "the fake device %s is open", address);
	ret = vfake_memory_open(fake, why);
	if (ret != 0)
		return ret;
	ret = map_doorbells(fake);
	if (ret != 0)
		goto close_memory;
	size_bars(fake, pci);
	pci->msix_vectors = fake->options.vectors;
	pci->intx = true;
	pci->handle = fake;
	fake->pci = pci;
	ret = start_thread(fake);
	if (ret != 0)
		goto forget_pci;
	return 0;

forget_pci:
	fake->pci = NULL;
close_memory:
	unmap_doorbells(fake);
	vfake_memory_close(fake);
	return plx_why(why, ret, "the fake device %s cannot be opened", address);
}

static void
fake_close(struct plx_pci *pci)
{
	struct vfake *fake = pci->handle;

	stop_thread(fake);
	pthread_mutex_lock(&fake->lock);
	/* Who closes the device while it could still write has nothing that keeps it from doing so. */
	for (unsigned i = 0; i < VFAKE_QUEUES_MAX; i++)
		if (fake->queue[i].enabled && !fake->faults.dead && !fake->faults.reset_stuck &&
		    !(fake->state.status & VIRTIO_STATUS_DEVICE_NEEDS_RESET))
			vfake_violation(fake, "queue %u is enabled when the device is closed", i);
	if ((fake->space[COMMAND] & COMMAND_MASTER) != 0 && !fake->faults.dead)
		vfake_violation(fake, "%s", VFAKE_MASTER_LEFT);
	vfake_reset(fake);
	fake->nb_fds = 0;
	fake->irq_kind = PLX_PCI_IRQ_NONE;
	fake->space[COMMAND] &= (uint8_t)~COMMAND_MASTER;
	fake->pci = NULL;
	pthread_mutex_unlock(&fake->lock);
	unmap_doorbells(fake);
	vfake_memory_close(fake);
}

/* -- accesses --------------------------------------------------------------------------------------------------------- */

static bool
is_dead(struct vfake *fake)
{
	if (fake->faults.dies_after > 0 && --fake->faults.dies_after == 0)
		fake->faults.dead = true;
	return fake->faults.dead;
}

static int
fake_config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	struct vfake *fake = pci->handle;

	if (off > PLX_PCI_CONFIG_SIZE || len > PLX_PCI_CONFIG_SIZE - off)
		return -EINVAL;
	pthread_mutex_lock(&fake->lock);
	if (is_dead(fake))
		memset(to, 0xff, len);
	else
		memcpy(to, fake->space + off, len);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_config_write(struct plx_pci *pci, uint32_t off, const void *from, uint32_t len)
{
	struct vfake *fake = pci->handle;

	if (off > PLX_PCI_CONFIG_SIZE || len > PLX_PCI_CONFIG_SIZE - off)
		return -EINVAL;
	pthread_mutex_lock(&fake->lock);
	if (off != COMMAND || len != 2)
		vfake_violation(fake, "configuration space: %u bytes are written at 0x%x", len,
				off);
	else if (!is_dead(fake))
		memcpy(fake->space + off, from, len);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_bar_map(struct plx_pci *pci, unsigned bar, struct plx_why *why)
{
	struct vfake *fake = pci->handle;

	if (bar == VFAKE_BAR_DOORBELL && fake->drivers_doorbells != NULL)
		pci->bar[bar].map = (uint8_t *)fake->drivers_doorbells;
	return 0;
}

static uint8_t
read_isr(struct vfake *fake)
{
	uint8_t isr = fake->isr;

	fake->isr = 0;
	return isr;
}

static uint32_t
modern_read(struct vfake *fake, uint64_t off, unsigned len, enum vfake_area *area)
{
	*area = VFAKE_COMMON;
	if (off < VFAKE_ISR_OFF)
		return vfake_common_read(fake, off, len);
	*area = VFAKE_ISR;
	if (off < VFAKE_DEVICE_OFF)
		return read_isr(fake);
	*area = VFAKE_DEVICE;
	if (off < VFAKE_NOTIFY_OFF)
		return vfake_config_get(fake, off - VFAKE_DEVICE_OFF, len);
	vfake_violation(fake, "a doorbell is read");
	return UINT32_MAX;
}

static int
fake_bar_read(struct plx_pci *pci, unsigned bar, uint64_t off, void *value, unsigned len)
{
	struct vfake *fake = pci->handle;
	enum vfake_area area = VFAKE_BAR0;
	uint32_t read = UINT32_MAX;

	pthread_mutex_lock(&fake->lock);
	memset(value, 0xff, len);
	if (!is_dead(fake) && len <= 4) {
		if (bar == VFAKE_BAR_LEGACY)
			read = vfake_legacy_read(fake, off, len);
		else if (bar == VFAKE_BAR_MODERN)
			read = modern_read(fake, off, len, &area);
		memcpy(value, &read, len);
		vfake_log(fake, area, false, off & 0xfff, len, read);
	}
	if (len > 4)
		vfake_violation(fake, "%u bytes are read at once", len);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static void
modern_write(struct vfake *fake, uint64_t off, uint32_t value, unsigned len)
{
	vfake_log(fake,
		  off < VFAKE_ISR_OFF	   ? VFAKE_COMMON
		  : off < VFAKE_DEVICE_OFF ? VFAKE_ISR
		  : off < VFAKE_NOTIFY_OFF ? VFAKE_DEVICE
					   : VFAKE_NOTIFY,
		  true, off & 0xfff, len, value);
	if (off < VFAKE_ISR_OFF)
		vfake_common_write(fake, off, value, len);
	else if (off >= VFAKE_NOTIFY_OFF && off % VFAKE_MULTIPLIER == 0)
		vfake_notified(fake, (uint16_t)((off - VFAKE_NOTIFY_OFF) / VFAKE_MULTIPLIER), value,
			       len);
	else if (off >= VFAKE_DEVICE_OFF && off < VFAKE_NOTIFY_OFF)
		vfake_config_set(fake, off - VFAKE_DEVICE_OFF, value, len);
	else
		vfake_violation(fake, "a write at 0x%x of BAR 4", (unsigned)off);
}

static int
fake_bar_write(struct plx_pci *pci, unsigned bar, uint64_t off, const void *value, unsigned len)
{
	struct vfake *fake = pci->handle;
	uint32_t written = 0;

	pthread_mutex_lock(&fake->lock);
	memcpy(&written, value, len < 4 ? len : 4);
	if (len > 4) {
		vfake_violation(fake, "%u bytes are written at once", len);
	} else if (!is_dead(fake) && bar == VFAKE_BAR_LEGACY) {
		vfake_log(fake, VFAKE_BAR0, true, off, len, written);
		vfake_legacy_write(fake, off, written, len);
	} else if (!fake->faults.dead && bar == VFAKE_BAR_MODERN) {
		modern_write(fake, off, written, len);
	}
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

/* -- interrupts ----------------------------------------------------------------------------------------------------------- */

static void
tell_fd(struct vfake *fake, unsigned i)
{
	const uint64_t one = 1;

	if (i >= fake->nb_fds || fake->fds[i] < 0)
		return;
	if (write(fake->fds[i], &one, sizeof(one)) != (ssize_t)sizeof(one))
		vfake_violation(fake, "the eventfd of vector %u takes nothing", i);
}

/* The line is up as long as the ISR says something; who is told masks it, as vfio and uio do. */
static void
look_at_line(struct vfake *fake)
{
	if (fake->irq_kind != PLX_PCI_IRQ_INTX || fake->isr == 0 || fake->intx_masked)
		return;
	fake->intx_masked = true;
	tell_fd(fake, 0);
}

static int
fake_irq_set(struct plx_pci *pci, enum plx_pci_irq_kind kind, const int *fds, unsigned n,
	     struct plx_why *why)
{
	struct vfake *fake = pci->handle;

	pthread_mutex_lock(&fake->lock);
	fake->irq_kind = n > 0 ? kind : PLX_PCI_IRQ_NONE;
	fake->nb_fds = n;
	for (unsigned i = 0; i < n; i++)
		fake->fds[i] = fds[i];
	fake->intx_masked = false;
	look_at_line(fake);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static int
fake_irq_unmask(struct plx_pci *pci)
{
	struct vfake *fake = pci->handle;

	pthread_mutex_lock(&fake->lock);
	fake->intx_masked = false;
	look_at_line(fake);
	pthread_mutex_unlock(&fake->lock);
	return 0;
}

static void
fire(struct vfake *fake, uint16_t vector, uint8_t isr)
{
	if (fake->irq_kind == PLX_PCI_IRQ_MSIX) {
		tell_fd(fake, vector);
		return;
	}
	fake->isr |= isr;
	look_at_line(fake);
}

void
vfake_interrupt_config(struct vfake *fake)
{
	fake->generation++;
	fire(fake, fake->config_vector, VIRTIO_ISR_CONFIG);
}

void
vfake_interrupt_queue(struct vfake *fake, const struct vfake_queue *q)
{
	fire(fake, q->vector, VIRTIO_ISR_QUEUE);
}

const struct plx_pci_transport vfake_transport = {
	.name = "fake",
	.about = "a device of this test",
	.open = fake_open,
	.close = fake_close,
	.config_read = fake_config_read,
	.config_write = fake_config_write,
	.bar_map = fake_bar_map,
	.bar_read = fake_bar_read,
	.bar_write = fake_bar_write,
	.irq_set = fake_irq_set,
	.irq_unmask = fake_irq_unmask,
	.virtual_addresses = true,
};

void
vfake_transport_add(void)
{
	plx_pci_transport_add(&vfake_transport);
}
