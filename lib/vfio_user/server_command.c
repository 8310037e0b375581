/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands of the client: a table of them, each checked and answered. */
#include "plx_unixsock.h"
#include "server_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* What embedders see has names of its own. */
PLX_STATIC_ASSERT(PLX_VFIO_USER_REGIONS == VFIO_USER_REGIONS &&
			  PLX_VFIO_USER_REGION_CONFIG == VFIO_USER_REGION_CONFIG &&
			  PLX_VFIO_USER_REGION_ROM == VFIO_USER_REGION_ROM,
		  "as on the wire");
PLX_STATIC_ASSERT(PLX_VFIO_USER_REGION_READABLE == VFIO_USER_REGION_READABLE &&
			  PLX_VFIO_USER_REGION_WRITEABLE == VFIO_USER_REGION_WRITEABLE,
		  "as on the wire");
PLX_STATIC_ASSERT((int)PLX_VFIO_USER_IRQ_MSIX == (int)VFIO_USER_IRQ_MSIX &&
			  (int)PLX_VFIO_USER_IRQS == (int)VFIO_USER_IRQS,
		  "as on the wire");
PLX_STATIC_ASSERT(sizeof(struct plx_vfio_user_area) == sizeof(struct vfio_user_area),
		  "as on the wire");

/* What a command answers with: so many bytes of server->out, and files. */
struct answer {
	size_t len;
	unsigned nb_fds;
	int fds[1]; /* the server's own */
};

struct command {
	struct plx_vfio_user_server *server;
	struct vfio_user_msg *msg;
	const uint8_t *body;
	uint64_t failed; /* of many writes in one message */
	struct answer answer;
};

/* Copies the fixed part of the payload; -EINVAL if there is less, or argsz says less. */
static int
take(const struct command *command, void *to, size_t size)
{
	if (command->msg->len < size)
		return -EINVAL;
	memcpy(to, command->body, size);
	return 0;
}

static int
take_argsz(const struct command *command, void *to, size_t size)
{
	uint32_t argsz;
	int ret = take(command, to, size);

	if (ret != 0)
		return ret;
	memcpy(&argsz, to, sizeof(argsz));
	return argsz >= size ? 0 : -EINVAL;
}

static void
put(struct command *command, const void *from, size_t len)
{
	memcpy(command->server->out + command->answer.len, from, len);
	command->answer.len += len;
}

/* -- negotiation -------------------------------------------------------------------------------------------------- */

static int
offer_twin(struct plx_vfio_user_server *server, struct vfio_user_caps *ours, struct answer *answer)
{
	int pair[2];

	if (!server->peer.twin_socket || server->peer.max_msg_fds == 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	server->twin.sock = pair[0];
	answer->fds[answer->nb_fds++] = pair[1];
	ours->twin_socket = ours->has_fd_index = true;
	return 0;
}

static int
do_version(struct command *command)
{
	struct plx_vfio_user_server *server = command->server;
	struct vfio_user_version said;
	struct vfio_user_caps ours = {.max_msg_fds = VFIO_USER_FDS_MAX,
				      .max_data_xfer_size = VFIO_USER_DATA_MAX,
				      .max_dma_maps = PLX_VFIO_USER_SERVER_MAPS_MAX,
				      .pgsizes = 4096,
				      .write_multiple = true};
	char text[VFIO_USER_VERSION_ROOM];
	struct plx_why why;
	int ret = take(command, &said, sizeof(said));

	if (ret == 0 && server->agreed)
		return -EINVAL;
	if (ret == 0 && said.major != VFIO_USER_MAJOR)
		ret = plx_why(&why, -EINVAL, "it speaks version %u.%u, we 0.0", said.major,
			      said.minor);
	else if (ret == 0)
		ret = vfio_user_caps_read((const char *)command->body + sizeof(said),
					  command->msg->len - sizeof(said), &server->peer, &why);
	else
		plx_why(&why, ret, "a version of %u bytes", command->msg->len);
	if (ret == 0)
		ret = offer_twin(server, &ours, &command->answer);
	if (ret != 0) {
		vfio_user_server_break(server, ret, &why);
		return ret;
	}
	server->agreed = true;
	server->stats.clients++;
	put(command, &(struct vfio_user_version){VFIO_USER_MAJOR, 0}, sizeof(said));
	put(command, text, vfio_user_caps_write(&ours, text, sizeof(text)));
	return 0;
}

/* -- memory --------------------------------------------------------------------------------------------------------- */

static int
do_dma_map(struct command *command)
{
	struct vfio_user_dma_map said;
	int ret = take_argsz(command, &said, sizeof(said));

	if (ret != 0 || command->msg->nb_fds > 1)
		return -EINVAL;
	return vfio_user_server_map(command->server, &said,
				    command->msg->nb_fds > 0 ? command->msg->fds[0] : -1);
}

static int
do_dma_unmap(struct command *command)
{
	struct vfio_user_dma_unmap said;
	int ret = take_argsz(command, &said, sizeof(said));

	if (ret != 0)
		return ret;
	if (said.flags == VFIO_USER_UNMAP_ALL && said.address == 0 && said.size == 0)
		vfio_user_server_unmap_all(command->server);
	else if (said.flags != 0)
		return -EINVAL;
	else
		ret = vfio_user_server_unmap(command->server, said.address, said.size);
	if (ret == 0)
		put(command, &said, sizeof(said));
	return ret;
}

/* -- what the device is --------------------------------------------------------------------------------------------- */

static int
do_get_info(struct command *command)
{
	struct vfio_user_device_info info;
	int ret = take_argsz(command, &info, sizeof(info));

	if (ret != 0)
		return ret;
	info = (struct vfio_user_device_info){.argsz = sizeof(info),
					      .flags = VFIO_USER_DEVICE_RESETS |
						       VFIO_USER_DEVICE_PCI,
					      .num_regions = PLX_VFIO_USER_REGIONS,
					      .num_irqs = PLX_VFIO_USER_IRQS};
	put(command, &info, sizeof(info));
	return 0;
}

static void
put_areas(struct command *command, const struct plx_vfio_user_region *region)
{
	struct vfio_user_sparse_mmap cap = {
		.id = VFIO_USER_CAP_SPARSE_MMAP, .version = 1, .nr_areas = region->nb_areas};

	put(command, &cap, sizeof(cap));
	put(command, region->area, region->nb_areas * sizeof(region->area[0]));
	command->answer.fds[0] = region->fd;
	command->answer.nb_fds = 1;
}

/* Who has no room for the areas is told how much it takes, and asks again. */
static int
do_get_region_info(struct command *command)
{
	struct vfio_user_region_info info;
	const struct plx_vfio_user_region *region;
	size_t full = sizeof(info);
	uint32_t room;
	int ret = take_argsz(command, &info, sizeof(info));

	if (ret != 0 || info.index >= PLX_VFIO_USER_REGIONS)
		return -EINVAL;
	region = &command->server->device->region[info.index];
	if (region->nb_areas > 0)
		full += sizeof(struct vfio_user_sparse_mmap) +
			region->nb_areas * sizeof(region->area[0]);
	room = info.argsz;
	info = (struct vfio_user_region_info){.argsz = (uint32_t)full,
					      .flags = region->size > 0 ? region->flags : 0,
					      .index = info.index,
					      .size = region->size,
					      .offset = region->fd_offset};
	if (region->nb_areas > 0)
		info.flags |= VFIO_USER_REGION_MMAP;
	if (region->nb_areas > 0 && room >= full) {
		info.flags |= VFIO_USER_REGION_CAPS;
		info.cap_offset = sizeof(info);
	}
	put(command, &info, sizeof(info));
	if (info.cap_offset != 0)
		put_areas(command, region);
	return 0;
}

static int
do_get_irq_info(struct command *command)
{
	struct vfio_user_irq_info info;
	int ret = take_argsz(command, &info, sizeof(info));

	if (ret != 0 || info.index >= PLX_VFIO_USER_IRQS)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.count = command->server->device->irqs[info.index];
	info.flags = VFIO_USER_IRQ_EVENTFD;
	if (info.index == PLX_VFIO_USER_IRQ_INTX)
		info.flags |= VFIO_USER_IRQ_MASKABLE | VFIO_USER_IRQ_AUTOMASKED;
	put(command, &info, sizeof(info));
	return 0;
}

static int
do_set_irqs(struct command *command)
{
	struct vfio_user_irq_set set;
	int ret = take_argsz(command, &set, sizeof(set));

	if (ret != 0)
		return ret;
	if ((set.flags & VFIO_USER_SET_BOOL) != 0 && command->msg->len - sizeof(set) < set.count)
		return -EINVAL;
	return vfio_user_server_set_irqs(command->server, &set, command->body + sizeof(set),
					 command->msg->fds, command->msg->nb_fds);
}

/* -- accesses ------------------------------------------------------------------------------------------------------ */

static int
access_region(struct plx_vfio_user_server *server, uint64_t offset, uint32_t index, uint32_t count,
	      void *data, bool write)
{
	const struct plx_vfio_user_device *device = server->device;
	const uint32_t needed =
		write ? PLX_VFIO_USER_REGION_WRITEABLE : PLX_VFIO_USER_REGION_READABLE;

	if (index >= PLX_VFIO_USER_REGIONS || offset > device->region[index].size ||
	    count > device->region[index].size - offset)
		return -EINVAL;
	if ((device->region[index].flags & needed) == 0)
		return -EPERM;
	return count == 0 ? 0 : device->access(device->arg, index, offset, data, count, write);
}

static int
do_region_read(struct command *command)
{
	struct vfio_user_region_access said;
	uint8_t *data = command->server->out + sizeof(said);
	int ret = take(command, &said, sizeof(said));

	if (ret != 0 || said.count > VFIO_USER_DATA_MAX)
		return ret != 0 ? ret : -E2BIG;
	memset(data, 0, said.count);
	ret = access_region(command->server, said.offset, said.region, said.count, data, false);
	if (ret != 0)
		return ret;
	put(command, &said, sizeof(said));
	command->answer.len += said.count;
	return 0;
}

/* The device gets a copy: what is in the queue is not to be written to, and server->out has room. */
static int
do_region_write(struct command *command)
{
	struct vfio_user_region_access said;
	int ret = take(command, &said, sizeof(said));

	if (ret != 0 || command->msg->len - sizeof(said) != said.count)
		return -EINVAL;
	memcpy(command->server->out, command->body + sizeof(said), said.count);
	ret = access_region(command->server, said.offset, said.region, said.count,
			    command->server->out, true);
	if (ret == 0)
		put(command, &said, sizeof(said));
	return ret;
}

static int
write_one(struct plx_vfio_user_server *server, const uint8_t *at)
{
	struct vfio_user_write_multi write;

	memcpy(&write, at, sizeof(write));
	if (write.count > sizeof(write.data))
		return -EINVAL;
	return access_region(server, write.offset, write.region, write.count, write.data, true);
}

/* Each stands for itself: one that fails takes none with it, and the first error is the answer. */
static int
do_region_write_multi(struct command *command)
{
	uint64_t count;
	int ret = take(command, &count, sizeof(count));

	if (ret != 0 ||
	    count > (command->msg->len - sizeof(count)) / sizeof(struct vfio_user_write_multi))
		return -EINVAL;
	for (uint64_t i = 0; i < count; i++) {
		const size_t at = sizeof(count) + i * sizeof(struct vfio_user_write_multi);
		const int err = write_one(command->server, command->body + at);

		command->failed += err != 0;
		ret = ret != 0 ? ret : err;
	}
	if (ret == 0)
		put(command, &count, sizeof(count));
	return ret;
}

static int
do_reset(struct command *command)
{
	const struct plx_vfio_user_device *device = command->server->device;

	plx_vfio_user_server_intx(command->server, false);
	if (device->reset != NULL)
		device->reset(device->arg);
	return 0;
}

/* -- the table -------------------------------------------------------------------------------------------------------- */

static int (*const commands[VFIO_USER_COMMAND_MAX])(struct command *) = {
	[VFIO_USER_VERSION] = do_version,
	[VFIO_USER_DMA_MAP] = do_dma_map,
	[VFIO_USER_DMA_UNMAP] = do_dma_unmap,
	[VFIO_USER_DEVICE_GET_INFO] = do_get_info,
	[VFIO_USER_DEVICE_GET_REGION_INFO] = do_get_region_info,
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = do_get_irq_info,
	[VFIO_USER_DEVICE_SET_IRQS] = do_set_irqs,
	[VFIO_USER_REGION_READ] = do_region_read,
	[VFIO_USER_REGION_WRITE] = do_region_write,
	[VFIO_USER_DEVICE_RESET] = do_reset,
	[VFIO_USER_REGION_WRITE_MULTI] = do_region_write_multi,
};

static int
carry_out(struct command *command)
{
	const uint16_t number = command->msg->head.command;
	struct plx_why why;

	if (!command->server->agreed && number != VFIO_USER_VERSION) {
		plx_why(&why, -EPROTO, "message %u (%s) came before a version", number,
			vfio_user_name(number));
		return vfio_user_server_break(command->server, -EPROTO, &why);
	}
	if (number >= VFIO_USER_COMMAND_MAX || commands[number] == NULL)
		return -ENOSYS;
	return commands[number](command);
}

/* An error is a header alone. */
static void
answer(struct command *command, int ret)
{
	struct plx_vfio_user_server *server = command->server;
	const struct vfio_user_head head = {.id = command->msg->head.id,
					    .command = command->msg->head.command,
					    .flags = VFIO_USER_TYPE_REPLY |
						     (ret != 0 ? VFIO_USER_ERROR : 0),
					    .error = (uint32_t)-ret};
	struct vfio_user_piece none = {NULL, 0}, body = {server->out, command->answer.len};
	struct plx_why why;

	ret = vfio_user_send(server->client.sock, head, none, ret == 0 ? body : none,
			     command->answer.fds, ret == 0 ? command->answer.nb_fds : 0,
			     PLX_VFIO_USER_SERVER_WAIT_MS);
	if (ret != 0) {
		plx_why(&why, ret, "it does not take its answers: %s", strerror(-ret));
		vfio_user_server_break(server, ret, &why);
	}
}

void
vfio_user_server_command(struct plx_vfio_user_server *server, struct vfio_user_msg *msg,
			 const uint8_t *body)
{
	struct command command = {.server = server, .msg = msg, .body = body};
	const bool before = server->agreed, posted = (msg->head.flags & VFIO_USER_NO_REPLY) != 0;
	int ret = carry_out(&command);

	server->stats.commands++;
	server->stats.refused += ret != 0 && !posted;
	if (ret != 0 && posted)
		server->stats.posted_failed += command.failed > 0 ? command.failed : 1;
	if (!posted)
		answer(&command, ret);
	if (server->agreed && !before && server->device->came != NULL)
		server->device->came(server->device->arg);
	/* The other end of a twin was the client's. */
	if (msg->head.command == VFIO_USER_VERSION)
		plx_unixsock_close_fds(command.answer.fds, command.answer.nb_fds);
	plx_unixsock_close_fds(msg->fds, msg->nb_fds);
}
