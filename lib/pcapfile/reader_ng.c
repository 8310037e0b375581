/* SPDX-License-Identifier: BSD-3-Clause */
/* pcapng: sections of blocks. Blocks that are not understood are stepped over, whatever their length. */
#include "pcapfile_spec.h"
#include "plx_bits.h"
#include "reader_priv.h"

#include <byteswap.h>
#include <errno.h>
#include <string.h>

/* A block whose lengths were checked: the body is `len` bytes at `body`, within the buffer. */
struct block {
	const uint8_t *body;
	uint32_t len;
};

struct option {
	uint16_t code;
	uint16_t len;
	const uint8_t *value;
};

/*
 * The next option in [*at, *at + *left). 1, 0 at the end, -EBADMSG.
 */
static int
next_option(struct plx_pcapfile_reader *r, struct block *rest, struct option *ret_option)
{
	uint32_t padded;

	if (rest->len == 0)
		return 0;
	if (rest->len < 4)
		return reader_fault(r, -EBADMSG, "%u bytes are left where an option has 4 or more",
				    rest->len);
	ret_option->code = reader_u16(r, rest->body);
	ret_option->len = reader_u16(r, rest->body + 2);
	ret_option->value = rest->body + 4;
	if (ret_option->code == NG_OPT_END)
		return 0;
	padded = (uint32_t)plx_align_up(ret_option->len, 4);
	if (padded > rest->len - 4)
		return reader_fault(r, -EBADMSG, "option %u claims %u bytes; its block has %u left",
				    ret_option->code, ret_option->len, rest->len - 4);
	rest->body += 4 + padded;
	rest->len -= 4 + padded;
	return 1;
}

/* A copy for people: cut, ended, without control characters. */
static void
keep_text(char *to, size_t size, const uint8_t *text, size_t len)
{
	size_t n = len < size - 1 ? len : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = text[i] < 0x20 || text[i] == 0x7f ? '?' : (char)text[i];
	to[n] = '\0';
}

#define KEEP_TEXT(field, option) keep_text(field, sizeof(field), (option).value, (option).len)

/* -- sections and interfaces ----------------------------------------------------------------------- */

static int
read_section(struct plx_pcapfile_reader *r, struct block rest)
{
	struct plx_pcapfile_section *s = &r->section;
	struct option option = {0};
	uint16_t major, minor;
	int err;

	if (rest.len < sizeof(struct ng_shb) - 8)
		return reader_fault(r, -EBADMSG, "a section header of %u bytes is too short",
				    rest.len);
	major = reader_u16(r, rest.body + 4);
	minor = reader_u16(r, rest.body + 6);
	if (major != NG_VERSION_MAJOR)
		return reader_fault(r, -ENOTSUP, "pcapng version %u.%u; only 1.x is read", major,
				    minor);
	*s = (struct plx_pcapfile_section){.format = PLX_PCAPFILE_PCAPNG, .number = s->number + 1};
	rest.body += sizeof(struct ng_shb) - 8;
	rest.len -= (uint32_t)sizeof(struct ng_shb) - 8;
	while ((err = next_option(r, &rest, &option)) == 1) {
		if (option.code == NG_OPT_COMMENT)
			KEEP_TEXT(s->comment, option);
		else if (option.code == NG_SHB_HARDWARE)
			KEEP_TEXT(s->hardware, option);
		else if (option.code == NG_SHB_OS)
			KEEP_TEXT(s->os, option);
		else if (option.code == NG_SHB_APPLICATION)
			KEEP_TEXT(s->application, option);
	}
	return err;
}

static int
read_tsresol(struct plx_pcapfile_reader *r, struct reader_interface *interface,
	     const struct option *option)
{
	if (option->len != 1)
		return reader_fault(r, -EBADMSG, "a time resolution of %u bytes; it has 1",
				    option->len);
	interface->clock.binary = (option->value[0] & 0x80) != 0;
	interface->clock.exponent = option->value[0] & 0x7f;
	return 1;
}

static int
read_interface_option(struct plx_pcapfile_reader *r, struct reader_interface *interface,
		      const struct option *option)
{
	struct plx_pcapfile_origin *origin = &interface->origin;

	switch (option->code) {
	case NG_IF_NAME:
		KEEP_TEXT(origin->name, *option);
		break;
	case NG_IF_DESCRIPTION:
		KEEP_TEXT(origin->description, *option);
		break;
	case NG_IF_FILTER:
		if (option->len > 0 && option->value[0] == 0)
			keep_text(origin->filter, sizeof(origin->filter), option->value + 1,
				  option->len - 1u);
		break;
	case NG_IF_SPEED:
		if (option->len == 8)
			origin->speed_bps = reader_u64(r, option->value);
		break;
	case NG_IF_TSOFFSET:
		if (option->len != 8)
			return reader_fault(r, -EBADMSG, "a time offset of %u bytes; it has 8",
					    option->len);
		interface->clock.offset_s = (int64_t)reader_u64(r, option->value);
		break;
	case NG_IF_TSRESOL:
		return read_tsresol(r, interface, option);
	default:
		break;
	}
	return 1;
}

static int
read_interface(struct plx_pcapfile_reader *r, struct block rest)
{
	struct reader_interface *interface = NULL;
	struct option option = {0};
	int err;

	if (rest.len < sizeof(struct ng_idb) - 8)
		return reader_fault(r, -EBADMSG,
				    "an interface description of %u bytes is too short", rest.len);
	err = reader_add_interface(r, &interface);
	if (err != 0)
		return err;
	interface->clock.exponent = 6;
	interface->origin.link_type = reader_u16(r, rest.body);
	interface->origin.snaplen = reader_u32(r, rest.body + 4);
	rest.body += sizeof(struct ng_idb) - 8;
	rest.len -= (uint32_t)sizeof(struct ng_idb) - 8;
	while ((err = next_option(r, &rest, &option)) == 1) {
		err = read_interface_option(r, interface, &option);
		if (err < 0)
			return err;
	}
	return err;
}

/* -- statistics -------------------------------------------------------------------------------------- */

static uint64_t
option_time(const struct plx_pcapfile_reader *r, const struct reader_interface *interface,
	    const struct option *option)
{
	uint64_t high = reader_u32(r, option->value);

	return reader_time_ns(&interface->clock, high << 32 | reader_u32(r, option->value + 4));
}

static void
read_statistic(const struct plx_pcapfile_reader *r, struct reader_interface *interface,
	       const struct option *option)
{
	struct plx_pcapfile_stats *s = &interface->origin.stats;
	uint64_t *counters[] = {&s->received, &s->dropped, &s->accepted, &s->os_dropped,
				&s->delivered};

	if (option->len != 8)
		return;
	if (option->code == NG_ISB_STARTTIME) {
		s->start_ns = option_time(r, interface, option);
		s->has |= PLX_PCAPFILE_HAS_START;
	} else if (option->code == NG_ISB_ENDTIME) {
		s->end_ns = option_time(r, interface, option);
		s->has |= PLX_PCAPFILE_HAS_END;
	} else if (option->code >= NG_ISB_IFRECV && option->code <= NG_ISB_USRDELIV) {
		*counters[option->code - NG_ISB_IFRECV] = reader_u64(r, option->value);
		s->has |= PLX_PCAPFILE_HAS_RECEIVED << (option->code - NG_ISB_IFRECV);
	}
}

static int
find_interface(struct plx_pcapfile_reader *r, uint32_t number,
	       struct reader_interface **ret_interface)
{
	if (number >= r->section.nb_interfaces)
		return reader_fault(r, -EBADMSG, "it names interface %u; %u were described", number,
				    r->section.nb_interfaces);
	*ret_interface = &r->interfaces[number];
	return 0;
}

static int
read_statistics(struct plx_pcapfile_reader *r, struct block rest)
{
	struct reader_interface *interface = NULL;
	struct option option = {0};
	int err;

	if (rest.len < sizeof(struct ng_isb) - 8)
		return reader_fault(r, -EBADMSG, "interface statistics of %u bytes are too short",
				    rest.len);
	err = find_interface(r, reader_u32(r, rest.body), &interface);
	if (err != 0)
		return err;
	interface->origin.stats = (struct plx_pcapfile_stats){0};
	rest.body += sizeof(struct ng_isb) - 8;
	rest.len -= (uint32_t)sizeof(struct ng_isb) - 8;
	while ((err = next_option(r, &rest, &option)) == 1)
		read_statistic(r, interface, &option);
	return err;
}

/* -- packets ----------------------------------------------------------------------------------------- */

static void
read_packet_option(const struct plx_pcapfile_reader *r, struct plx_pcapfile_packet *packet,
		   const struct option *option)
{
	if (option->code == NG_OPT_COMMENT && packet->comment == NULL) {
		packet->comment = (const char *)option->value;
		packet->comment_len = option->len;
	} else if (option->code == NG_EPB_FLAGS && option->len == 4) {
		packet->flags = reader_u32(r, option->value);
		packet->has |= PLX_PCAPFILE_HAS_FLAGS;
	} else if (option->code == NG_EPB_HASH && option->len == 5 &&
		   option->value[0] == NG_HASH_TOEPLITZ) {
		packet->hash = reader_u32(r, option->value + 1);
		packet->has |= PLX_PCAPFILE_HAS_HASH;
	} else if (option->code == NG_EPB_DROPCOUNT && option->len == 8) {
		packet->drops = reader_u64(r, option->value);
		packet->has |= PLX_PCAPFILE_HAS_DROPS;
	} else if (option->code == NG_EPB_QUEUE && option->len == 4) {
		packet->queue = reader_u32(r, option->value);
		packet->has |= PLX_PCAPFILE_HAS_QUEUE;
	}
}

/* Points the record at its bytes and steps `rest` to the options. */
static int
read_bytes(struct plx_pcapfile_reader *r, struct block *rest, uint32_t cap_len, uint32_t wire_len,
	   struct plx_pcapfile_record *record)
{
	uint32_t padded;

	if (cap_len > r->max_packet)
		return reader_fault(r, -EMSGSIZE, "it claims %u captured bytes; allowed are %u",
				    cap_len, r->max_packet);
	if (cap_len > rest->len)
		return reader_fault(r, -EBADMSG, "it claims %u captured bytes; the block has %u",
				    cap_len, rest->len);
	padded = (uint32_t)plx_align_up(cap_len, 4);
	record->data = rest->body;
	record->len = cap_len;
	record->packet.wire_len = wire_len > cap_len ? wire_len : cap_len;
	rest->body += padded;
	rest->len -= padded; /* a block is a multiple of 4 bytes: the padding is there */
	return 0;
}

/* Enhanced and obsolete packet blocks differ only in how they write the interface. */
static int
read_packet(struct plx_pcapfile_reader *r, uint32_t type, struct block rest,
	    struct plx_pcapfile_record *record)
{
	struct plx_pcapfile_packet *packet = &record->packet;
	struct reader_interface *interface = NULL;
	struct option option = {0};
	const uint8_t *head = rest.body;
	uint64_t high;
	int err;

	if (rest.len < sizeof(struct ng_epb) - 8)
		return reader_fault(r, -EBADMSG, "a packet block of %u bytes is too short",
				    rest.len);
	packet->interface = type == NG_EPB ? reader_u32(r, head) : reader_u16(r, head);
	if (type == NG_PB && reader_u16(r, head + 2) != UINT16_MAX) {
		packet->drops = reader_u16(r, head + 2);
		packet->has |= PLX_PCAPFILE_HAS_DROPS;
	}
	err = find_interface(r, packet->interface, &interface);
	if (err != 0)
		return err;
	high = reader_u32(r, head + 4);
	packet->time_ns = reader_time_ns(&interface->clock, high << 32 | reader_u32(r, head + 8));
	record->link_type = interface->origin.link_type;
	rest.body += sizeof(struct ng_epb) - 8;
	rest.len -= (uint32_t)sizeof(struct ng_epb) - 8;
	err = read_bytes(r, &rest, reader_u32(r, head + 12), reader_u32(r, head + 16), record);
	if (err != 0)
		return err;
	while ((err = next_option(r, &rest, &option)) == 1)
		read_packet_option(r, packet, &option);
	return err < 0 ? err : 1;
}

/* No time, no interface, no captured length: what the block and the snaplen leave. */
static int
read_simple_packet(struct plx_pcapfile_reader *r, struct block rest,
		   struct plx_pcapfile_record *record)
{
	struct reader_interface *interface = NULL;
	uint32_t wire_len, cap_len;
	int err = find_interface(r, 0, &interface);

	if (err != 0)
		return err;
	if (rest.len < 4)
		return reader_fault(r, -EBADMSG, "a simple packet block without a length");
	wire_len = reader_u32(r, rest.body);
	cap_len = wire_len;
	if (interface->origin.snaplen != 0 && cap_len > interface->origin.snaplen)
		cap_len = interface->origin.snaplen;
	record->link_type = interface->origin.link_type;
	rest.body += 4;
	rest.len -= 4;
	err = read_bytes(r, &rest, cap_len, wire_len, record);
	return err < 0 ? err : 1;
}

/* -- blocks -------------------------------------------------------------------------------------------- */

static bool
is_understood(uint32_t type)
{
	return type == NG_SHB || type == NG_IDB || type == NG_EPB || type == NG_PB ||
	       type == NG_SPB || type == NG_ISB;
}

/* A section header says in which byte order its own length is. */
static int
read_byte_order(struct plx_pcapfile_reader *r)
{
	uint32_t magic;
	int err = reader_need(r, 12, "a section header");

	if (err <= 0)
		return err;
	memcpy(&magic, reader_at(r) + 8, sizeof(magic));
	if (magic != NG_ORDER_MAGIC && magic != bswap_32(NG_ORDER_MAGIC))
		return reader_fault(r, -EBADMSG,
				    "the byte-order magic is 0x%08x; expected 0x1a2b3c4d either "
				    "way round",
				    magic);
	r->swapped = magic != NG_ORDER_MAGIC;
	return 1;
}

/* Brings a whole block into the buffer. 1 and its type, length and body; 0 at the end of the file. */
static int
need_block(struct plx_pcapfile_reader *r, uint32_t *ret_type, uint32_t *ret_total)
{
	uint32_t total, again;
	int err = reader_need(r, 8, "a block header");

	if (err <= 0)
		return err;
	*ret_type = reader_u32(r, reader_at(r));
	if (*ret_type == NG_SHB) {
		err = read_byte_order(r);
		if (err <= 0)
			return err;
	}
	total = *ret_total = reader_u32(r, reader_at(r) + 4);
	if (total < NG_BLOCK_MIN || total % 4 != 0)
		return reader_fault(r, -EBADMSG,
				    "a block length of %u; it is a multiple of 4 from 12 on",
				    total);
	if (!is_understood(*ret_type))
		return 1;
	if (total > r->size)
		return reader_fault(r, -EMSGSIZE, "a block of %u bytes; allowed are %zu", total,
				    r->size);
	err = reader_need(r, total, "a block");
	if (err <= 0)
		return err;
	again = reader_u32(r, reader_at(r) + total - 4);
	if (again != total)
		return reader_fault(r, -EBADMSG,
				    "the length at its end is %u, that at its beginning %u", again,
				    total);
	return 1;
}

static int
read_block(struct plx_pcapfile_reader *r, uint32_t type, struct block block,
	   struct plx_pcapfile_record *record)
{
	*record = (struct plx_pcapfile_record){.data = NULL};
	switch (type) {
	case NG_SHB:
		return read_section(r, block);
	case NG_IDB:
		return read_interface(r, block);
	case NG_ISB:
		return read_statistics(r, block);
	case NG_SPB:
		return read_simple_packet(r, block, record);
	default:
		return read_packet(r, type, block, record);
	}
}

int
reader_ng_next(struct plx_pcapfile_reader *r, struct plx_pcapfile_record *record)
{
	for (;;) {
		uint32_t type, total;
		int err = need_block(r, &type, &total);

		if (err <= 0)
			return err;
		if (is_understood(type)) {
			struct block block = {reader_at(r) + 8, total - NG_BLOCK_MIN};

			err = read_block(r, type, block, record);
			if (err < 0)
				return err;
			reader_take(r, total);
		} else {
			r->skip = total;
			err = 0;
		}
		r->records++;
		if (err == 1)
			return 1;
	}
}

int
reader_ng_begin(struct plx_pcapfile_reader *r)
{
	struct block block;
	uint32_t type, total;
	int err;

	r->section.format = PLX_PCAPFILE_PCAPNG;
	err = need_block(r, &type, &total);
	if (err <= 0)
		return err;
	block = (struct block){reader_at(r) + 8, total - NG_BLOCK_MIN};
	err = read_section(r, block);
	if (err < 0)
		return err;
	r->section.number = 0;
	reader_take(r, total);
	r->records++;
	return 0;
}
