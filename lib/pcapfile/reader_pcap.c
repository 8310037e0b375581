/* SPDX-License-Identifier: BSD-3-Clause */
/* pcap: a header of 24 bytes, then records. */
#include "pcapfile_spec.h"
#include "reader_priv.h"

#include <errno.h>

int
reader_pcap_begin(struct plx_pcapfile_reader *r, uint32_t magic)
{
	struct reader_interface *interface = NULL;
	const uint8_t *at;
	uint16_t major, minor;
	int err = reader_need(r, sizeof(struct pcap_file_header), "its header");

	if (err < 0)
		return err;
	at = reader_at(r);
	r->section.format = magic == PCAP_MAGIC_NS ? PLX_PCAPFILE_PCAP_NS : PLX_PCAPFILE_PCAP_US;
	major = reader_u16(r, at + offsetof(struct pcap_file_header, version_major));
	minor = reader_u16(r, at + offsetof(struct pcap_file_header, version_minor));
	if (major != PCAP_VERSION_MAJOR || minor != PCAP_VERSION_MINOR)
		return plx_why(&r->why, -ENOTSUP, "'%s' is pcap version %u.%u; only 2.4 is read",
			       r->source->name, major, minor);
	err = reader_add_interface(r, &interface);
	if (err != 0)
		return err;
	interface->origin.snaplen = reader_u32(r, at + offsetof(struct pcap_file_header, snaplen));
	interface->origin.link_type =
		(uint16_t)(reader_u32(r, at + offsetof(struct pcap_file_header, link_type)) &
			   PCAP_LINK_MASK);
	reader_take(r, sizeof(struct pcap_file_header));
	return 0;
}

int
reader_pcap_next(struct plx_pcapfile_reader *r, struct plx_pcapfile_record *record)
{
	const size_t head = sizeof(struct pcap_record_header);
	uint32_t cap_len, wire_len;
	uint64_t fraction;
	int err = reader_need(r, head, "a record header");

	if (err <= 0)
		return err;
	cap_len = reader_u32(r, reader_at(r) + offsetof(struct pcap_record_header, cap_len));
	if (cap_len > r->max_packet)
		return reader_fault(r, -EMSGSIZE, "it claims %u captured bytes; allowed are %u",
				    cap_len, r->max_packet);
	err = reader_need(r, head + cap_len, "a record");
	if (err <= 0)
		return err;
	wire_len = reader_u32(r, reader_at(r) + offsetof(struct pcap_record_header, wire_len));
	fraction = reader_u32(r, reader_at(r) + offsetof(struct pcap_record_header, fraction));
	if (r->section.format == PLX_PCAPFILE_PCAP_US)
		fraction *= 1000;
	*record = (struct plx_pcapfile_record){
		.packet.time_ns = reader_u32(r, reader_at(r)) * UINT64_C(1000000000) + fraction,
		.packet.wire_len = wire_len > cap_len ? wire_len : cap_len,
		.data = reader_at(r) + head,
		.len = cap_len,
		.link_type = r->interfaces[0].origin.link_type,
	};
	reader_take(r, head + cap_len);
	r->records++;
	return 1;
}
