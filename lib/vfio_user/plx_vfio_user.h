/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vfio-user protocol (QEMU, docs/interop/vfio-user.rst) as both ends need it: names, payloads, negotiation, and sending
 * and receiving one message with its file descriptors. The client drives a PCI device that the server has; the server is
 * plx_vfio_user_server.h, our client the PCI transport of the EAL.
 *
 *	[id u16][command u16][size u32, with this header][flags u32][errno u32][payload]    host byte order
 *
 * Descriptors ride on the first byte; header and payload leave in one piece, as some servers read them so.
 */
#ifndef PLX_LIB_VFIO_USER_PLX_VFIO_USER_H
#define PLX_LIB_VFIO_USER_PLX_VFIO_USER_H

#include "plx_base.h"

enum vfio_user_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_DEVICE_GET_INFO = 4,
	VFIO_USER_DEVICE_GET_REGION_INFO = 5,
	VFIO_USER_DEVICE_GET_REGION_IO_FDS = 6,
	VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
	VFIO_USER_DEVICE_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DMA_READ = 11,
	VFIO_USER_DMA_WRITE = 12,
	VFIO_USER_DEVICE_RESET = 13,
	VFIO_USER_REGION_WRITE_MULTI = 15,
	VFIO_USER_COMMAND_MAX,
};

/* Of a header. */
#define VFIO_USER_TYPE_MASK    0xfu
#define VFIO_USER_TYPE_COMMAND 0x0u
#define VFIO_USER_TYPE_REPLY   0x1u
#define VFIO_USER_NO_REPLY     0x10u
#define VFIO_USER_ERROR	       0x20u

#define VFIO_USER_MAJOR 0

#define VFIO_USER_DMA_READABLE	0x1u
#define VFIO_USER_DMA_WRITEABLE 0x2u
#define VFIO_USER_UNMAP_ALL	0x2u

#define VFIO_USER_DEVICE_RESETS 0x1u
#define VFIO_USER_DEVICE_PCI	0x2u

#define VFIO_USER_REGION_READABLE  0x1u
#define VFIO_USER_REGION_WRITEABLE 0x2u
#define VFIO_USER_REGION_MMAP	   0x4u
#define VFIO_USER_REGION_CAPS	   0x8u
#define VFIO_USER_CAP_SPARSE_MMAP  1

#define VFIO_USER_IRQ_EVENTFD	 0x1u
#define VFIO_USER_IRQ_MASKABLE	 0x2u
#define VFIO_USER_IRQ_AUTOMASKED 0x4u
#define VFIO_USER_IRQ_NORESIZE	 0x8u

#define VFIO_USER_SET_NONE    0x01u
#define VFIO_USER_SET_BOOL    0x02u
#define VFIO_USER_SET_EVENTFD 0x04u
#define VFIO_USER_SET_MASK    0x08u
#define VFIO_USER_SET_UNMASK  0x10u
#define VFIO_USER_SET_TRIGGER 0x20u
#define VFIO_USER_SET_DATA    (VFIO_USER_SET_NONE | VFIO_USER_SET_BOOL | VFIO_USER_SET_EVENTFD)
#define VFIO_USER_SET_ACTION  (VFIO_USER_SET_MASK | VFIO_USER_SET_UNMASK | VFIO_USER_SET_TRIGGER)

#define VFIO_USER_REGION_ROM	6 /* 0 to 5 are the BARs */
#define VFIO_USER_REGION_CONFIG 7
#define VFIO_USER_REGIONS	9

enum vfio_user_irq {
	VFIO_USER_IRQ_INTX,
	VFIO_USER_IRQ_MSI,
	VFIO_USER_IRQ_MSIX,
	VFIO_USER_IRQ_ERR,
	VFIO_USER_IRQ_REQ,
	VFIO_USER_IRQS,
};

struct vfio_user_head {
	uint16_t id;
	uint16_t command;
	uint32_t size; /* of the message, this included */
	uint32_t flags;
	uint32_t error;
};

struct vfio_user_version { /* and text, ended by a NUL */
	uint16_t major, minor;
};

struct vfio_user_dma_map {
	uint32_t argsz, flags;
	uint64_t offset, address, size;
};

struct vfio_user_dma_unmap {
	uint32_t argsz, flags;
	uint64_t address, size;
};

struct vfio_user_device_info {
	uint32_t argsz, flags, num_regions, num_irqs;
};

struct vfio_user_region_info {
	uint32_t argsz, flags, index, cap_offset;
	uint64_t size, offset;
};

struct vfio_user_area {
	uint64_t offset, size;
};

/* All areas are of the one file that comes with the reply, from the region's offset on. */
struct vfio_user_sparse_mmap {
	uint16_t id, version;
	uint32_t next;
	uint32_t nr_areas, reserved;
	struct vfio_user_area areas[];
};

struct vfio_user_irq_info {
	uint32_t argsz, flags, index, count;
};

struct vfio_user_irq_set { /* and bytes, if BOOL */
	uint32_t argsz, flags, index, start, count;
};

struct vfio_user_region_access { /* and data */
	uint64_t offset;
	uint32_t region, count;
};

struct vfio_user_write_multi { /* wr_cnt of them behind a u64 wr_cnt */
	uint64_t offset;
	uint32_t region, count;
	uint8_t data[8];
};

struct vfio_user_dma_access { /* and data */
	uint64_t address, count;
};

PLX_STATIC_ASSERT(sizeof(struct vfio_user_head) == 16, "as on the wire");
PLX_STATIC_ASSERT(sizeof(struct vfio_user_dma_map) == 32, "as on the wire");
PLX_STATIC_ASSERT(sizeof(struct vfio_user_dma_unmap) == 24, "as on the wire");
PLX_STATIC_ASSERT(sizeof(struct vfio_user_region_info) == 32, "as on the wire");
PLX_STATIC_ASSERT(sizeof(struct vfio_user_irq_set) == 20, "as on the wire");
PLX_STATIC_ASSERT(sizeof(struct vfio_user_write_multi) == 24, "as on the wire");
PLX_STATIC_ASSERT(sizeof(struct vfio_user_sparse_mmap) == 16, "as on the wire");

/* -- messages ------------------------------------------------------------------------------------------------------ */

#define VFIO_USER_FDS_MAX      16	 /* with a message; more than 16 is an error to QEMU */
#define VFIO_USER_DATA_MAX     (1 << 20) /* of an access to a region or to memory */
#define VFIO_USER_BODY_MAX     (VFIO_USER_DATA_MAX + 32)
#define VFIO_USER_DATA_MIN     4096 /* the smallest limit that we agree to */
#define VFIO_USER_VERSION_ROOM 4096 /* bytes of the longest text of a negotiation */

struct vfio_user_msg {
	struct vfio_user_head head;
	uint32_t len; /* of the payload */
	unsigned nb_fds;
	int fds[VFIO_USER_FDS_MAX];
};

/* "DMA_MAP"; "?" for a number that is none. */
const char *vfio_user_name(uint32_t command);

/*
 * Sends head and two pieces of payload, the size filled in, with one call if the socket takes it. Errors as
 * plx_unixsock_send; then the stream is lost.
 */
struct vfio_user_piece {
	const void *at;
	size_t len;
};
int vfio_user_send(int sock, struct vfio_user_head head, struct vfio_user_piece first,
		   struct vfio_user_piece second, const int *fds, unsigned nb_fds, int timeout_ms);

/*
 * Receives a header and its descriptors, and checks the size: len is what follows and at most VFIO_USER_BODY_MAX. -ECONNRESET at
 * the end of the stream, -EPROTO, -EMFILE, -ETIMEDOUT; on an error no descriptor is left open and the stream is lost.
 */
int vfio_user_recv_head(int sock, struct vfio_user_msg *msg, int timeout_ms, struct plx_why *why);

/* The second half of that, for who reads in another way: `ret` is how that went, without a descriptor left open where it failed. */
int vfio_user_head_came(struct vfio_user_msg *msg, int ret, struct plx_why *why);

/* The payload, or the first `len` bytes of it. On an error the message's descriptors are closed. */
int vfio_user_recv_body(int sock, struct vfio_user_msg *msg, void *body, size_t len, int timeout_ms,
			struct plx_why *why);

/* -- negotiation ------------------------------------------------------------------------------------------------------ */

struct vfio_user_caps {
	uint64_t max_msg_fds;
	uint64_t max_data_xfer_size;
	uint64_t max_dma_maps;
	uint64_t pgsizes;
	bool write_multiple;
	bool twin_socket;
	bool has_fd_index; /* of the twin socket, in a server's answer */
	uint64_t fd_index;
};

/* What holds for a peer that says nothing. */
void vfio_user_caps_default(struct vfio_user_caps *ret_caps);

/* The text, NUL included: its length. `size` of VFIO_USER_VERSION_ROOM always does. */
size_t vfio_user_caps_write(const struct vfio_user_caps *caps, char *text, size_t size);

/*
 * Reads the text of a peer, `len` bytes with the NUL; none at all is fine. Keys it does not know are skipped, whatever they
 * hold; those it knows must be of their type and in range. -EINVAL with what is wrong.
 */
int vfio_user_caps_read(const char *text, size_t len, struct vfio_user_caps *ret_caps,
			struct plx_why *why);

#endif
