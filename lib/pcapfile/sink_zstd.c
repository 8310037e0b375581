/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sink that compresses for another one. Each write becomes a frame of its own, whole with length and
 * checksum: what is on the disk when a program is killed can be unpacked up to its last write.
 */
#include "plx_pcapfile_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

struct zstd_sink {
	struct plx_pcapfile_sink sink;
	struct plx_pcapfile_sink *inner;
	ZSTD_CCtx *context;
	uint8_t *frame;
	size_t frame_size;
	uint64_t in, out; /* bytes that were taken, bytes of the whole frames on the inner sink */
	bool broken;	  /* the inner sink ends within a frame */
};

static struct zstd_sink *
to_zstd_sink(struct plx_pcapfile_sink *sink)
{
	return PLX_CONTAINER_OF(sink, struct zstd_sink, sink);
}

static int
make_room(struct zstd_sink *s, size_t len)
{
	size_t size = ZSTD_compressBound(len);
	uint8_t *more;

	if (size <= s->frame_size)
		return 0;
	more = realloc(s->frame, size);
	if (more == NULL)
		return -ENOMEM;
	s->frame = more;
	s->frame_size = size;
	return 0;
}

/* Nothing of a frame that is cut is of use: it is taken back as a whole. */
static void
take_back(struct zstd_sink *s, size_t done)
{
	s->broken = done > 0 && (s->inner->ops->truncate == NULL ||
				 s->inner->ops->truncate(s->inner, s->out) != 0);
}

static int
zstd_write(struct plx_pcapfile_sink *sink, const void *data, size_t len, size_t *ret_done)
{
	struct zstd_sink *s = to_zstd_sink(sink);
	size_t frame, done = 0;
	int err;

	*ret_done = 0;
	if (s->broken)
		return -EIO;
	err = make_room(s, len);
	if (err != 0)
		return err;
	frame = ZSTD_compress2(s->context, s->frame, s->frame_size, data, len);
	if (ZSTD_isError(frame))
		return -EIO;
	err = s->inner->ops->write(s->inner, s->frame, frame, &done);
	if (err != 0) {
		take_back(s, done);
		return err;
	}
	s->in += len;
	s->out += frame;
	*ret_done = len;
	return 0;
}

/* Frames cannot be cut: all of them, or none. */
static int
zstd_truncate(struct plx_pcapfile_sink *sink, uint64_t size)
{
	struct zstd_sink *s = to_zstd_sink(sink);
	int err;

	if (s->broken)
		return -EIO;
	if (size == s->in)
		return 0;
	if (size != 0 || s->inner->ops->truncate == NULL)
		return -ESPIPE;
	err = s->inner->ops->truncate(s->inner, 0);
	if (err == 0)
		s->in = s->out = 0;
	return err;
}

static void
zstd_free(struct zstd_sink *s)
{
	ZSTD_freeCCtx(s->context);
	free(s->frame);
	free(s);
}

static int
zstd_close(struct plx_pcapfile_sink *sink)
{
	struct zstd_sink *s = to_zstd_sink(sink);
	int err = s->inner->ops->close(s->inner);

	zstd_free(s);
	return err;
}

static const struct plx_pcapfile_sink_ops zstd_ops = {zstd_write, zstd_truncate, zstd_close};

int
plx_pcapfile_sink_zstd(struct plx_pcapfile_sink *inner, int level,
		       struct plx_pcapfile_sink **ret_sink, struct plx_why *why)
{
	struct zstd_sink *s;

	if (level < 1 || level > PLX_PCAPFILE_ZSTD_MAX)
		return plx_why(why, -EINVAL, "zstd level %d: allowed is 1 to %d", level,
			       PLX_PCAPFILE_ZSTD_MAX);
	s = calloc(1, sizeof(*s));
	if (s != NULL)
		s->context = ZSTD_createCCtx();
	if (s == NULL || s->context == NULL) {
		free(s);
		return plx_why(why, -ENOMEM, "'%s': no memory to compress", inner->name);
	}
	ZSTD_CCtx_setParameter(s->context, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(s->context, ZSTD_c_checksumFlag, 1);
	s->sink.ops = &zstd_ops;
	s->sink.name = inner->name;
	s->inner = inner;
	*ret_sink = &s->sink;
	return 0;
}
