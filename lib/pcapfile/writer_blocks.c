/* SPDX-License-Identifier: BSD-3-Clause */
/* File headers, interface descriptions and interface statistics. */
#include "pcapfile_spec.h"
#include "writer_priv.h"

#include <string.h>

static void
add_pcap_header(struct bytes *bytes, const struct plx_pcapfile_writer_params *params)
{
	struct pcap_file_header header = {
		.magic = params->format == PLX_PCAPFILE_PCAP_NS ? PCAP_MAGIC_NS : PCAP_MAGIC_US,
		.version_major = PCAP_VERSION_MAJOR,
		.version_minor = PCAP_VERSION_MINOR,
		.snaplen = params->snaplen,
		.link_type = params->link_type,
	};

	bytes_add(bytes, &header, sizeof(header));
}

static void
add_section(struct bytes *bytes, const struct plx_pcapfile_writer_params *params)
{
	struct ng_shb shb = {
		.type = NG_SHB,
		.order_magic = NG_ORDER_MAGIC,
		.version_major = NG_VERSION_MAJOR,
		.section_len = {UINT32_MAX, UINT32_MAX}, /* unknown: the file is still growing */
	};
	size_t start = bytes->len;

	bytes_add(bytes, &shb, sizeof(shb));
	bytes_add_text(bytes, NG_OPT_COMMENT, params->comment);
	for (const char *const *c = params->comments; c != NULL && *c != NULL; c++)
		bytes_add_text(bytes, NG_OPT_COMMENT, *c);
	bytes_add_text(bytes, NG_SHB_HARDWARE, params->hardware);
	bytes_add_text(bytes, NG_SHB_OS, params->os);
	bytes_add_text(bytes, NG_SHB_APPLICATION, params->application);
	bytes_end_block(bytes, start, sizeof(shb));
}

void
blocks_add_file_header(struct bytes *bytes, const struct plx_pcapfile_writer_params *params)
{
	if (params->format == PLX_PCAPFILE_PCAPNG)
		add_section(bytes, params);
	else
		add_pcap_header(bytes, params);
}

static void
add_filter(struct bytes *bytes, const char *filter)
{
	char value[1 + PLX_PCAPFILE_TEXT_MAX] = {0};
	size_t len;

	if (filter == NULL || filter[0] == '\0')
		return;
	len = strnlen(filter, PLX_PCAPFILE_TEXT_MAX);
	memcpy(value + 1, filter, len);
	bytes_add_option(bytes, NG_IF_FILTER, value, 1 + len);
}

void
blocks_add_interface(struct bytes *bytes, const struct plx_pcapfile_interface *interface,
		     uint32_t snaplen)
{
	struct ng_idb idb = {
		.type = NG_IDB,
		.link_type = interface->link_type,
		.snaplen = snaplen,
	};
	uint8_t nanoseconds = 9;
	size_t start = bytes->len;

	bytes_add(bytes, &idb, sizeof(idb));
	bytes_add_text(bytes, NG_OPT_COMMENT, interface->comment);
	bytes_add_text(bytes, NG_IF_NAME, interface->name);
	bytes_add_text(bytes, NG_IF_DESCRIPTION, interface->description);
	if (interface->speed_bps != 0)
		bytes_add_u64(bytes, NG_IF_SPEED, interface->speed_bps);
	bytes_add_option(bytes, NG_IF_TSRESOL, &nanoseconds, 1);
	add_filter(bytes, interface->filter);
	bytes_add_text(bytes, NG_IF_OS, interface->os);
	bytes_add_text(bytes, NG_IF_HARDWARE, interface->hardware);
	bytes_end_block(bytes, start, sizeof(idb));
}

/* Times in options are two words, high first, in any byte order. */
static void
add_time(struct bytes *bytes, uint16_t code, uint64_t time_ns)
{
	uint32_t words[2] = {(uint32_t)(time_ns >> 32), (uint32_t)time_ns};

	bytes_add_option(bytes, code, words, sizeof(words));
}

void
blocks_add_stats(struct bytes *bytes, uint32_t interface, uint64_t time_ns,
		 const struct plx_pcapfile_stats *stats)
{
	struct ng_isb isb = {
		.type = NG_ISB,
		.interface = interface,
		.time_high = (uint32_t)(time_ns >> 32),
		.time_low = (uint32_t)time_ns,
	};
	const struct {
		uint32_t has;
		uint16_t code;
		uint64_t value;
	} counters[] = {
		{PLX_PCAPFILE_HAS_RECEIVED, NG_ISB_IFRECV, stats->received},
		{PLX_PCAPFILE_HAS_DROPPED, NG_ISB_IFDROP, stats->dropped},
		{PLX_PCAPFILE_HAS_ACCEPTED, NG_ISB_ACCEPT, stats->accepted},
		{PLX_PCAPFILE_HAS_OSDROPPED, NG_ISB_OSDROP, stats->os_dropped},
		{PLX_PCAPFILE_HAS_DELIVERED, NG_ISB_USRDELIV, stats->delivered},
	};
	size_t start = bytes->len;

	bytes_add(bytes, &isb, sizeof(isb));
	bytes_add_text(bytes, NG_OPT_COMMENT, stats->comment);
	if (stats->has & PLX_PCAPFILE_HAS_START)
		add_time(bytes, NG_ISB_STARTTIME, stats->start_ns);
	if (stats->has & PLX_PCAPFILE_HAS_END)
		add_time(bytes, NG_ISB_ENDTIME, stats->end_ns);
	for (size_t i = 0; i < PLX_ARRAY_LEN(counters); i++) {
		if (stats->has & counters[i].has)
			bytes_add_u64(bytes, counters[i].code, counters[i].value);
	}
	bytes_end_block(bytes, start, sizeof(isb));
}
