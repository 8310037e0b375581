/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two formats, as draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng lay them down. Files are in the
 * byte order of who wrote them; the magic numbers tell.
 */
#ifndef PLX_LIB_PCAPFILE_PCAPFILE_SPEC_H
#define PLX_LIB_PCAPFILE_PCAPFILE_SPEC_H

#include "plx_base.h"

#define PCAP_MAGIC_US	    0xa1b2c3d4u
#define PCAP_MAGIC_NS	    0xa1b23c4du
#define PCAP_MAGIC_MODIFIED 0xa1b2cd34u /* an old patch's, with longer record headers */
#define PCAP_VERSION_MAJOR  2
#define PCAP_VERSION_MINOR  4
#define PCAP_LINK_MASK	    0x03ffffffu /* the bits above tell the length of the FCS */

struct pcap_file_header {
	uint32_t magic;
	uint16_t version_major;
	uint16_t version_minor;
	uint32_t reserved[2];
	uint32_t snaplen;
	uint32_t link_type;
};
PLX_STATIC_ASSERT(sizeof(struct pcap_file_header) == 24, "pcap file header");

struct pcap_record_header {
	uint32_t seconds;
	uint32_t fraction;
	uint32_t cap_len;
	uint32_t wire_len;
};
PLX_STATIC_ASSERT(sizeof(struct pcap_record_header) == 16, "pcap record header");

/* pcapng: every block is {type, total length, body, total length again}, a multiple of 4 bytes. */
#define NG_SHB		 0x0a0d0d0au
#define NG_IDB		 1u
#define NG_PB		 2u /* obsolete, still met */
#define NG_SPB		 3u
#define NG_ISB		 5u
#define NG_EPB		 6u
#define NG_ORDER_MAGIC	 0x1a2b3c4du
#define NG_VERSION_MAJOR 1
#define NG_BLOCK_MIN	 12u

struct ng_shb {
	uint32_t type, len, order_magic;
	uint16_t version_major, version_minor;
	uint32_t section_len[2];
};
PLX_STATIC_ASSERT(sizeof(struct ng_shb) == 24, "section header block");

struct ng_idb {
	uint32_t type, len;
	uint16_t link_type, reserved;
	uint32_t snaplen;
};
PLX_STATIC_ASSERT(sizeof(struct ng_idb) == 16, "interface description block");

struct ng_epb {
	uint32_t type, len, interface, time_high, time_low, cap_len, wire_len;
};
PLX_STATIC_ASSERT(sizeof(struct ng_epb) == 28, "enhanced packet block");

struct ng_pb {
	uint32_t type, len;
	uint16_t interface, drops;
	uint32_t time_high, time_low, cap_len, wire_len;
};
PLX_STATIC_ASSERT(sizeof(struct ng_pb) == 28, "packet block");

struct ng_spb {
	uint32_t type, len, wire_len;
};

struct ng_isb {
	uint32_t type, len, interface, time_high, time_low;
};
PLX_STATIC_ASSERT(sizeof(struct ng_isb) == 20, "interface statistics block");

/* Options: {code, length, value padded to 4 bytes}. */
#define NG_OPT_END	   0
#define NG_OPT_COMMENT	   1
#define NG_SHB_HARDWARE	   2
#define NG_SHB_OS	   3
#define NG_SHB_APPLICATION 4
#define NG_IF_NAME	   2
#define NG_IF_DESCRIPTION  3
#define NG_IF_SPEED	   8
#define NG_IF_TSRESOL	   9
#define NG_IF_FILTER	   11 /* a zero byte, then the text of a libpcap filter */
#define NG_IF_OS	   12
#define NG_IF_TSOFFSET	   14
#define NG_IF_HARDWARE	   15
#define NG_EPB_FLAGS	   2
#define NG_EPB_HASH	   3 /* one byte algorithm, then the value */
#define NG_EPB_DROPCOUNT   4
#define NG_EPB_QUEUE	   6
#define NG_ISB_STARTTIME   2
#define NG_ISB_ENDTIME	   3
#define NG_ISB_IFRECV	   4
#define NG_ISB_IFDROP	   5
#define NG_ISB_ACCEPT	   6
#define NG_ISB_OSDROP	   7
#define NG_ISB_USRDELIV	   8
#define NG_HASH_TOEPLITZ   5

#endif
