/* SPDX-License-Identifier: BSD-3-Clause */
/* The reader's life, its input buffer and its messages. */
#include "reader_priv.h"

#include "pcapfile_spec.h"
#include "source_zstd.h"

#include <byteswap.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PACKET_LIMIT (16u << 20)
/* What a block may hold besides its packet; also what makes each read a large one. */
#define BUFFER_BESIDES (512u << 10)

uint16_t
reader_u16(const struct plx_pcapfile_reader *r, const void *at)
{
	uint16_t raw;

	memcpy(&raw, at, sizeof(raw));
	return r->swapped ? bswap_16(raw) : raw;
}

uint32_t
reader_u32(const struct plx_pcapfile_reader *r, const void *at)
{
	uint32_t raw;

	memcpy(&raw, at, sizeof(raw));
	return r->swapped ? bswap_32(raw) : raw;
}

uint64_t
reader_u64(const struct plx_pcapfile_reader *r, const void *at)
{
	uint64_t raw;

	memcpy(&raw, at, sizeof(raw));
	return r->swapped ? bswap_64(raw) : raw;
}

int
reader_fault(struct plx_pcapfile_reader *r, int err, const char *format, ...)
{
	char text[320];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return plx_why(&r->why, err, "'%.128s': %s %" PRIu64 " at offset %" PRIu64 ": %s",
		       r->source->name,
		       r->section.format == PLX_PCAPFILE_PCAPNG ? "block" : "record",
		       r->records + 1, r->offset, text);
}

/* -- input --------------------------------------------------------------------------------------- */

static const char *
why_not(const struct plx_pcapfile_reader *r, int err)
{
	if (r->unpacked != NULL && err == -EBADMSG)
		return "the compressed data is damaged";
	if (r->unpacked != NULL && err == -ENODATA)
		return "the compressed file was cut";
	return strerror(-err);
}

/* Reads what there is, as much as fits. 1, 0 at the end, or an error. */
static int
fill(struct plx_pcapfile_reader *r)
{
	ssize_t n;

	/* Less than a record is left, or we would not be here: little to move. */
	if (r->start > 0) {
		memmove(r->buffer, r->buffer + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	n = r->source->ops->read(r->source, r->buffer + r->end, r->size - r->end);
	if (n == -EAGAIN)
		return -EAGAIN;
	if (n < 0)
		return reader_fault(r, (int)n, "cannot read: %s", why_not(r, (int)n));
	r->end += (size_t)n;
	return n > 0;
}

/* Throws away what nobody needs, however long it is. */
static int
finish_skip(struct plx_pcapfile_reader *r)
{
	while (r->skip > 0) {
		size_t n = r->end - r->start;
		int err;

		if (n > r->skip)
			n = (size_t)r->skip;
		reader_take(r, n);
		r->skip -= n;
		if (r->skip == 0)
			break;
		err = fill(r);
		if (err < 0)
			return err;
		if (err == 0)
			return reader_fault(r, -ENODATA,
					    "the file ends %" PRIu64
					    " bytes before the end of a block; it was cut",
					    r->skip);
	}
	return 1;
}

int
reader_need(struct plx_pcapfile_reader *r, size_t n, const char *what)
{
	int err = finish_skip(r);

	if (err < 0)
		return err;
	while (r->end - r->start < n) {
		err = fill(r);
		if (err < 0)
			return err;
		if (err == 0 && r->end == r->start)
			return 0;
		if (err == 0)
			return reader_fault(r, -ENODATA,
					    "the file ends within %s: %zu bytes of %zu are there; "
					    "it was cut",
					    what, r->end - r->start, n);
	}
	return 1;
}

/* -- interfaces and time --------------------------------------------------------------------------- */

int
reader_add_interface(struct plx_pcapfile_reader *r, struct reader_interface **ret_interface)
{
	uint32_t n = r->section.nb_interfaces;

	if (n == PLX_PCAPFILE_INTERFACES_MAX)
		return reader_fault(r, -EBADMSG, "more than %d interfaces in one section",
				    PLX_PCAPFILE_INTERFACES_MAX);
	if (n == r->interfaces_size) {
		uint32_t size = n == 0 ? 4 : 2 * n;
		struct reader_interface *grown = reallocarray(r->interfaces, size, sizeof(*grown));

		if (grown == NULL)
			return reader_fault(r, -ENOMEM, "no memory for %u interfaces", size);
		r->interfaces = grown;
		r->interfaces_size = size;
	}
	*ret_interface = &r->interfaces[n];
	memset(*ret_interface, 0, sizeof(**ret_interface));
	r->section.nb_interfaces++;
	return 0;
}

static uint64_t
power_of_ten(unsigned exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* Bounded at both ends: a file may claim any unit and any offset. */
uint64_t
reader_time_ns(const struct reader_clock *clock, uint64_t ticks)
{
	unsigned __int128 ns = ticks;
	unsigned __int128 offset;

	if (clock->binary)
		ns = ns * 1000000000 >> clock->exponent;
	else if (clock->exponent <= 9)
		ns *= power_of_ten(9u - clock->exponent);
	else
		ns = clock->exponent - 9 > 19 ? 0 : ns / power_of_ten(clock->exponent - 9u);
	if (clock->offset_s < 0) {
		offset = (unsigned __int128)(-(clock->offset_s + 1)) + 1;
		offset *= 1000000000;
		return offset > ns		  ? 0
		       : ns - offset > UINT64_MAX ? UINT64_MAX
						  : (uint64_t)(ns - offset);
	}
	ns += (unsigned __int128)clock->offset_s * 1000000000;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/* -- life ------------------------------------------------------------------------------------------ */

static const char *
compression(const uint8_t *at)
{
	static const struct {
		uint8_t magic[4];
		uint8_t len;
		const char *name;
	} kinds[] = {
		{{0x1f, 0x8b}, 2, "gzip"},	  {{0x28, 0xb5, 0x2f, 0xfd}, 4, "zstd"},
		{{0xfd, '7', 'z', 'X'}, 4, "xz"}, {{0x04, 0x22, 0x4d, 0x18}, 4, "lz4"},
		{{'B', 'Z', 'h'}, 3, "bzip2"},
	};

	for (size_t i = 0; i < PLX_ARRAY_LEN(kinds); i++) {
		if (memcmp(at, kinds[i].magic, kinds[i].len) == 0)
			return kinds[i].name;
	}
	return NULL;
}

static int
refuse(struct plx_pcapfile_reader *r, uint32_t magic)
{
	const char *name = r->source->name;
	const char *packer = compression(reader_at(r));

	if (packer != NULL)
		return plx_why(&r->why, -ENOTSUP,
			       "'%s' is compressed; unpack it: %s -dc '%s' | ... -", name, packer,
			       name);
	if (magic == PCAP_MAGIC_MODIFIED || magic == bswap_32(PCAP_MAGIC_MODIFIED))
		return plx_why(
			&r->why, -ENOTSUP,
			"'%s' is in a modified pcap format; convert it: editcap '%s' new.pcap",
			name, name);
	return plx_why(&r->why, -EINVAL,
		       "'%s' is neither pcap nor pcapng: it begins with 0x%08" PRIx32, name, magic);
}

static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

/* Goes on with what is inside. */
static int
unpack(struct plx_pcapfile_reader *r)
{
	int err = source_zstd_create(r->source, reader_at(r), r->end - r->start, &r->unpacked);

	if (err != 0)
		return plx_why(&r->why, err, "'%s': no memory to unpack", r->source->name);
	r->source = r->unpacked;
	r->start = 0;
	r->end = 0;
	return 0;
}

/* The first four bytes decide; pcapng's are the same in both byte orders. */
static int
begin(struct plx_pcapfile_reader *r)
{
	uint32_t magic;
	int err = reader_need(r, sizeof(magic), "its magic number");

	if (err == 0)
		return plx_why(&r->why, -ENODATA, "'%s' is empty", r->source->name);
	if (err < 0)
		return err;
	memcpy(&magic, reader_at(r), sizeof(magic));
	if (memcmp(reader_at(r), zstd_magic, sizeof(zstd_magic)) == 0 && r->unpacked == NULL) {
		err = unpack(r);
		return err != 0 ? err : begin(r);
	}
	if (magic == NG_SHB)
		return reader_ng_begin(r);
	r->swapped = magic == bswap_32(PCAP_MAGIC_US) || magic == bswap_32(PCAP_MAGIC_NS);
	if (r->swapped || magic == PCAP_MAGIC_US || magic == PCAP_MAGIC_NS)
		return reader_pcap_begin(r, r->swapped ? bswap_32(magic) : magic);
	return refuse(r, magic);
}

int
plx_pcapfile_reader_create(struct plx_pcapfile_source *source,
			   const struct plx_pcapfile_reader_params *params,
			   struct plx_pcapfile_reader **ret_reader, struct plx_why *why)
{
	uint32_t max_packet = params != NULL && params->max_packet != 0 ? params->max_packet
									: PLX_PCAPFILE_SNAPLEN_MAX;
	struct plx_pcapfile_reader *r;
	int err;

	if (max_packet > MAX_PACKET_LIMIT)
		return plx_why(why, -EINVAL, "packets of up to %u bytes: allowed are %u",
			       max_packet, MAX_PACKET_LIMIT);
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return plx_why(why, -ENOMEM, "out of memory");
	r->source = source;
	r->max_packet = max_packet;
	r->size = max_packet + BUFFER_BESIDES;
	r->buffer = malloc(r->size);
	err = r->buffer != NULL ? begin(r) : plx_why(&r->why, -ENOMEM, "out of memory");
	if (err < 0) {
		plx_why(why, err, "%s", r->why.text);
		plx_pcapfile_reader_destroy(r);
		return err;
	}
	*ret_reader = r;
	return 0;
}

void
plx_pcapfile_reader_destroy(struct plx_pcapfile_reader *r)
{
	if (r == NULL)
		return;
	plx_pcapfile_source_close(r->unpacked);
	free(r->interfaces);
	free(r->buffer);
	free(r);
}

int
plx_pcapfile_reader_next(struct plx_pcapfile_reader *r, struct plx_pcapfile_record *ret_record,
			 struct plx_why *why)
{
	int err = r->error;

	if (PLX_LIKELY(err == 0)) {
		if (r->section.format == PLX_PCAPFILE_PCAPNG)
			err = reader_ng_next(r, ret_record);
		else
			err = reader_pcap_next(r, ret_record);
		if (PLX_LIKELY(err >= 0) || err == -EAGAIN)
			return err;
		r->error = err;
	}
	return plx_why(why, err, "%s", r->why.text);
}

void
plx_pcapfile_reader_section(const struct plx_pcapfile_reader *r,
			    struct plx_pcapfile_section *ret_section)
{
	*ret_section = r->section;
	ret_section->swapped = r->swapped;
}

int
plx_pcapfile_reader_interface(const struct plx_pcapfile_reader *r, uint32_t interface,
			      struct plx_pcapfile_origin *ret_origin)
{
	if (interface >= r->section.nb_interfaces)
		return -ENOENT;
	*ret_origin = r->interfaces[interface].origin;
	return 0;
}
