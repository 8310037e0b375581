/* SPDX-License-Identifier: BSD-3-Clause */
/* A source that unpacks another one. What it is given is hostile: memory is bounded by WINDOW_LOG_MAX. */
#include "source_zstd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define PACKED_SIZE    (128u << 10)
#define WINDOW_LOG_MAX 25 /* 32 MiB: what zstd -20 makes */

struct zstd_source {
	struct plx_pcapfile_source source;
	struct plx_pcapfile_source *inner; /* the caller's */
	ZSTD_DCtx *context;
	ZSTD_inBuffer in;
	uint8_t *packed;
	bool within; /* a frame */
	bool ended;
};

static ssize_t
refill(struct zstd_source *s)
{
	ssize_t n;

	if (s->in.pos < s->in.size || s->ended)
		return 0;
	n = s->inner->ops->read(s->inner, s->packed, PACKED_SIZE);
	if (n < 0)
		return n;
	s->ended = n == 0;
	s->in = (ZSTD_inBuffer){s->packed, (size_t)n, 0};
	return 0;
}

static ssize_t
zstd_read(struct plx_pcapfile_source *source, void *buffer, size_t len)
{
	struct zstd_source *s = PLX_CONTAINER_OF(source, struct zstd_source, source);
	ZSTD_outBuffer out = {buffer, len, 0};

	while (out.pos == 0 && len > 0) {
		size_t before, state;
		ssize_t err = refill(s);

		if (err < 0)
			return err;
		before = s->in.pos;
		if (s->ended && !s->within)
			return 0;
		state = ZSTD_decompressStream(s->context, &out, &s->in);
		if (ZSTD_isError(state))
			return -EBADMSG;
		s->within = state != 0;
		if (s->ended && out.pos == 0 && s->in.pos == before)
			return s->within ? -ENODATA : 0;
	}
	return (ssize_t)out.pos;
}

static void
zstd_close(struct plx_pcapfile_source *source)
{
	struct zstd_source *s = PLX_CONTAINER_OF(source, struct zstd_source, source);

	ZSTD_freeDCtx(s->context);
	free(s->packed);
	free(s);
}

static const struct plx_pcapfile_source_ops zstd_ops = {zstd_read, zstd_close};

int
source_zstd_create(struct plx_pcapfile_source *inner, const void *first, size_t len,
		   struct plx_pcapfile_source **ret_source)
{
	size_t size = len > PACKED_SIZE ? len : PACKED_SIZE;
	struct zstd_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->source.ops = &zstd_ops;
	s->source.name = inner->name;
	s->inner = inner;
	s->packed = malloc(size);
	s->context = ZSTD_createDCtx();
	if (s->packed == NULL || s->context == NULL) {
		zstd_close(&s->source);
		return -ENOMEM;
	}
	ZSTD_DCtx_setParameter(s->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	memcpy(s->packed, first, len);
	s->in = (ZSTD_inBuffer){s->packed, len, 0};
	*ret_source = &s->source;
	return 0;
}
