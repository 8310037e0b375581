/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the two: the regions and callbacks that the server wants, those that the model wants. */
#include "nicemu_priv.h"

#include "plx_e1000_spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ACCESS_MAX 8u /* bytes of one access, to the card */
#define PIECE	   4u /* ... of each, where a client asks for more */

/* -- what the server wants --------------------------------------------------------------------------------------------- */

static int
access_piece(struct plx_nicemu *nic, unsigned region, uint64_t offset, void *data, uint32_t len,
	     bool write)
{
	if (region == PLX_VFIO_USER_REGION_CONFIG)
		return plx_e1000_model_config(nic->model, offset, data, len, write);
	return plx_e1000_model_access(nic->model, region, offset, data, len, write);
}

/* A client may ask for more than a bus can: all of configuration space, for one. Word by word then. */
static int
access_device(void *arg, unsigned region, uint64_t offset, void *data, uint32_t len, bool write)
{
	uint8_t *at = data;
	int ret = 0;

	if (len <= ACCESS_MAX)
		return access_piece(arg, region, offset, data, len, write);
	while (len > 0 && ret == 0) {
		uint32_t piece = PIECE - (uint32_t)(offset % PIECE);

		if (piece > len)
			piece = len;
		ret = access_piece(arg, region, offset, at, piece, write);
		offset += piece;
		at += piece;
		len -= piece;
	}
	return ret;
}

static void
reset_device(void *arg)
{
	plx_e1000_model_reset(((struct plx_nicemu *)arg)->model);
}

static void
memory_unmapped(void *arg, uint64_t address, uint64_t size)
{
	plx_e1000_model_unmapped(((struct plx_nicemu *)arg)->model, address, size);
}

static void
driver_came(void *arg)
{
	struct plx_nicemu *nic = arg;

	nic->drivers++;
	if (nic->options.changed != NULL)
		nic->options.changed(nic->options.arg, true, "");
}

/* Descriptors that a driver handed over and that nobody will look at any more. */
static uint32_t
left_in_ring(const struct plx_e1000_model *model)
{
	const uint32_t size = plx_e1000_model_peek(model, E1000_TDLEN) / 16;
	const uint32_t head = plx_e1000_model_peek(model, E1000_TDH);
	const uint32_t tail = plx_e1000_model_peek(model, E1000_TDT);

	if (head >= size || tail >= size)
		return 0;
	return (tail + size - head) % size;
}

/* The card is as after a reset of the bus; who had it cannot write to its pages any more. */
static void
driver_gone(void *arg, const char *why)
{
	struct plx_nicemu *nic = arg;
	char what[128];
	int ret;

	nic->unsent += left_in_ring(nic->model);
	if (nic->pages != NULL) {
		ret = nicemu_pages_renew(nic);
		if (ret != 0 && nic->options.complain != NULL) {
			snprintf(what, sizeof(what),
				 "the next driver gets the pages of the last: %s", strerror(-ret));
			nic->options.complain(nic->options.arg, what);
		}
	}
	plx_e1000_model_reset(nic->model);
	if (nic->options.changed != NULL)
		nic->options.changed(nic->options.arg, false, why);
}

void
nicemu_device_init(struct plx_nicemu *nic)
{
	const uint32_t both = PLX_VFIO_USER_REGION_READABLE | PLX_VFIO_USER_REGION_WRITEABLE;
	struct plx_vfio_user_region *region = nic->device.region;

	nic->device = (struct plx_vfio_user_device){.arg = nic,
						    .access = access_device,
						    .reset = reset_device,
						    .unmapped = memory_unmapped,
						    .came = driver_came,
						    .gone = driver_gone};
	region[PLX_E1000_MODEL_BAR_REGS] =
		(struct plx_vfio_user_region){.size = PLX_E1000_MODEL_REGS_LEN, .flags = both};
	region[PLX_E1000_MODEL_BAR_FLASH] =
		(struct plx_vfio_user_region){.size = PLX_E1000_MODEL_FLASH_LEN, .flags = both};
	region[PLX_E1000_MODEL_BAR_IO] =
		(struct plx_vfio_user_region){.size = PLX_E1000_MODEL_IO_LEN, .flags = both};
	region[PLX_VFIO_USER_REGION_CONFIG] =
		(struct plx_vfio_user_region){.size = PLX_E1000_MODEL_CONFIG_LEN, .flags = both};
	nic->device.irqs[PLX_VFIO_USER_IRQ_INTX] = 1;
	/* Clients give eventfds for these two, and would rather not be refused; nothing is ever signalled. */
	nic->device.irqs[PLX_VFIO_USER_IRQ_ERR] = 1;
	nic->device.irqs[PLX_VFIO_USER_IRQ_REQ] = 1;
}

/* -- what the model wants ------------------------------------------------------------------------------------------------ */

static void *
model_find(void *arg, uint64_t address, uint64_t len, bool write, uint64_t *ret_len)
{
	return plx_vfio_user_server_find(((struct plx_nicemu *)arg)->server, address, len, write,
					 ret_len);
}

static int
model_read(void *arg, uint64_t address, void *to, size_t len)
{
	return plx_vfio_user_server_read(((struct plx_nicemu *)arg)->server, address, to, len);
}

static int
model_write(void *arg, uint64_t address, const void *from, size_t len)
{
	return plx_vfio_user_server_write(((struct plx_nicemu *)arg)->server, address, from, len);
}

static bool
model_send(void *arg, const struct plx_e1000_model_frame *frame)
{
	struct plx_nicemu *nic = arg;

	return nic->options.send(nic->options.arg, frame);
}

/* Before there is a server, the card comes up with its line down. */
static void
model_intx(void *arg, bool up)
{
	struct plx_nicemu *nic = arg;

	if (nic->server != NULL)
		plx_vfio_user_server_intx(nic->server, up);
}

static void
model_complain(void *arg, const char *what)
{
	struct plx_nicemu *nic = arg;

	if (nic->options.complain != NULL)
		nic->options.complain(nic->options.arg, what);
}

const struct plx_e1000_model_ops nicemu_model_ops = {
	.find = model_find,
	.read = model_read,
	.write = model_write,
	.send = model_send,
	.intx = model_intx,
	.complain = model_complain,
};
