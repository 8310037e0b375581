/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap_region.h"

#include "plx_bits.h"
#include "plx_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096

/* Linux 5.1: whoever has it mapped already may go on writing, nobody else begins. */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static size_t
rings_offset(unsigned nb_lanes)
{
	return plx_align_up(sizeof(struct tap_head) + nb_lanes * sizeof(struct tap_lane_head),
			    PAGE);
}

size_t
tap_region_data_bytes(unsigned nb_lanes, uint64_t lane_bytes)
{
	return rings_offset(nb_lanes) + nb_lanes * lane_bytes;
}

size_t
tap_region_tails_bytes(unsigned nb_lanes)
{
	return plx_align_up(sizeof(struct tap_tails) + nb_lanes * sizeof(struct tap_tail), PAGE);
}

static int
make_file(const char *name, size_t bytes)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) != 0) {
		const int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static void *
map(int fd, size_t bytes, int protection, int flags)
{
	void *memory = mmap(NULL, bytes, protection, MAP_SHARED | flags, fd, 0);

	return memory != MAP_FAILED ? memory : NULL;
}

/* With what it says itself about its lanes left out. */
static void
point(struct tap_region *region, unsigned nb_lanes)
{
	uint8_t *data = (uint8_t *)region->head;

	region->lanes = (struct tap_lane_head *)(void *)(data + sizeof(struct tap_head));
	region->rings = data + rings_offset(nb_lanes);
}

/* The sizes must stay, or the other side could cut us off. Without the last seal the reader could spoil what it reads. */
static int
seal(const int fds[2])
{
	const int sizes = F_SEAL_SHRINK | F_SEAL_GROW;

	fcntl(fds[0], F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	if (fcntl(fds[0], F_ADD_SEALS, sizes | F_SEAL_SEAL) != 0 ||
	    fcntl(fds[1], F_ADD_SEALS, sizes | F_SEAL_SEAL) != 0)
		return -errno;
	return 0;
}

int
tap_region_make(unsigned nb_lanes, uint64_t lane_bytes, struct tap_region *ret_region,
		int ret_fds[2], struct plx_why *why)
{
	struct tap_region region = {
		.data_bytes = tap_region_data_bytes(nb_lanes, lane_bytes),
		.tails_bytes = tap_region_tails_bytes(nb_lanes),
	};
	int fds[2], ret;

	fds[0] = make_file("plx-tap-data", region.data_bytes);
	fds[1] = make_file("plx-tap-tails", region.tails_bytes);
	ret = fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;
	if (ret != 0)
		goto close_fds;
	/* Pages that are not there yet would be a fault in the middle of a burst. */
	region.head = map(fds[0], region.data_bytes, PROT_READ | PROT_WRITE, MAP_POPULATE);
	region.tails = map(fds[1], region.tails_bytes, PROT_READ | PROT_WRITE, MAP_POPULATE);
	ret = region.head == NULL || region.tails == NULL ? -errno : seal(fds);
	if (ret != 0)
		goto unmap;
	point(&region, nb_lanes);
	*ret_region = region;
	memcpy(ret_fds, fds, sizeof(fds));
	return 0;

unmap:
	tap_region_free(&region);
close_fds:
	for (unsigned i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return plx_why(why, ret, "no memory to tap into, %zu MiB: %s", region.data_bytes >> 20,
		       strerror(-ret));
}

/* -- of another process ------------------------------------------------------------------------------- */

static int
size_of(int fd, size_t *ret_bytes)
{
	const int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat(fd, &st) != 0 || st.st_size <= 0)
		return -EPROTO;
	*ret_bytes = (size_t)st.st_size;
	return 0;
}

static bool
is_sound(const struct tap_head *head, size_t data_bytes, size_t tails_bytes)
{
	const uint64_t lane_bytes = head->lane_bytes;
	const uint32_t nb_lanes = head->nb_lanes;

	return head->magic == TAP_MAGIC && head->version == TAP_VERSION && nb_lanes > 0 &&
	       nb_lanes <= TAP_LANES_MAX && plx_is_pow2(lane_bytes) &&
	       lane_bytes >= PLX_TAP_LANE_MIN && lane_bytes <= PLX_TAP_LANE_MAX &&
	       tap_region_data_bytes(nb_lanes, lane_bytes) == data_bytes &&
	       tap_region_tails_bytes(nb_lanes) == tails_bytes;
}

int
tap_region_take(const int fds[2], struct tap_region *ret_region, unsigned *ret_nb_lanes,
		uint64_t *ret_lane_bytes, struct plx_why *why)
{
	struct tap_region region = {0};
	struct tap_head head;
	int ret = size_of(fds[0], &region.data_bytes);

	if (ret == 0)
		ret = size_of(fds[1], &region.tails_bytes);
	if (ret != 0 || region.data_bytes < sizeof(struct tap_head))
		return plx_why(why, -EPROTO, "these are no sealed files of a tap");
	region.head = map(fds[0], region.data_bytes, PROT_READ, 0);
	region.tails = map(fds[1], region.tails_bytes, PROT_READ | PROT_WRITE, 0);
	if (region.head == NULL || region.tails == NULL) {
		ret = plx_why(why, -errno, "the tap's memory cannot be mapped: %s",
			      strerror(errno));
		tap_region_free(&region);
		return ret;
	}
	/* A copy, for it may change. */
	memcpy(&head, region.head, sizeof(head));
	if (!is_sound(&head, region.data_bytes, region.tails_bytes)) {
		tap_region_free(&region);
		return plx_why(why, -EPROTO,
			       "this is no tap that we know; are both programs of one version?");
	}
	point(&region, head.nb_lanes);
	*ret_region = region;
	*ret_nb_lanes = head.nb_lanes;
	*ret_lane_bytes = head.lane_bytes;
	return 0;
}

void
tap_region_free(struct tap_region *region)
{
	if (region->head != NULL)
		munmap(region->head, region->data_bytes);
	if (region->tails != NULL)
		munmap(region->tails, region->tails_bytes);
	*region = (struct tap_region){0};
}
