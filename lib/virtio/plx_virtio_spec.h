/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Facts of the virtio specification (Virtual I/O Device, version 1.3) that drivers and devices share: feature bits,
 * rings, the network header, the control queue. Names are the specification's. All fields are little endian, except
 * that a legacy device uses the machine's order (which on the machines we run on is the same).
 */
#ifndef PLX_LIB_VIRTIO_PLX_VIRTIO_SPEC_H
#define PLX_LIB_VIRTIO_PLX_VIRTIO_SPEC_H

#include "plx_base.h"

/* -- device status (2.1) --------------------------------------------------------------------------------- */

#define VIRTIO_STATUS_ACKNOWLEDGE	 0x01
#define VIRTIO_STATUS_DRIVER		 0x02
#define VIRTIO_STATUS_DRIVER_OK		 0x04
#define VIRTIO_STATUS_FEATURES_OK	 0x08
#define VIRTIO_STATUS_DEVICE_NEEDS_RESET 0x40
#define VIRTIO_STATUS_FAILED		 0x80

/* -- feature bits (2.2, 5.1.3, 6) -------------------------------------------------------------------------- */

#define VIRTIO_NET_F_CSUM		 0
#define VIRTIO_NET_F_GUEST_CSUM		 1
#define VIRTIO_NET_F_CTRL_GUEST_OFFLOADS 2
#define VIRTIO_NET_F_MTU		 3
#define VIRTIO_NET_F_MAC		 5
#define VIRTIO_NET_F_GUEST_TSO4		 7
#define VIRTIO_NET_F_GUEST_TSO6		 8
#define VIRTIO_NET_F_GUEST_ECN		 9
#define VIRTIO_NET_F_GUEST_UFO		 10
#define VIRTIO_NET_F_HOST_TSO4		 11
#define VIRTIO_NET_F_HOST_TSO6		 12
#define VIRTIO_NET_F_HOST_ECN		 13
#define VIRTIO_NET_F_HOST_UFO		 14
#define VIRTIO_NET_F_MRG_RXBUF		 15
#define VIRTIO_NET_F_STATUS		 16
#define VIRTIO_NET_F_CTRL_VQ		 17
#define VIRTIO_NET_F_CTRL_RX		 18
#define VIRTIO_NET_F_CTRL_VLAN		 19
#define VIRTIO_NET_F_CTRL_RX_EXTRA	 20
#define VIRTIO_NET_F_GUEST_ANNOUNCE	 21
#define VIRTIO_NET_F_MQ			 22
#define VIRTIO_NET_F_CTRL_MAC_ADDR	 23
#define VIRTIO_F_NOTIFY_ON_EMPTY	 24
#define VIRTIO_F_ANY_LAYOUT		 27
#define VIRTIO_F_INDIRECT_DESC		 28
#define VIRTIO_F_EVENT_IDX		 29
#define VIRTIO_F_VERSION_1		 32
#define VIRTIO_F_ACCESS_PLATFORM	 33
#define VIRTIO_F_RING_PACKED		 34
#define VIRTIO_F_IN_ORDER		 35
#define VIRTIO_F_ORDER_PLATFORM		 36
#define VIRTIO_F_SR_IOV			 37
#define VIRTIO_F_NOTIFICATION_DATA	 38
#define VIRTIO_F_NOTIF_CONFIG_DATA	 39
#define VIRTIO_F_RING_RESET		 40
#define VIRTIO_NET_F_HASH_REPORT	 57
#define VIRTIO_NET_F_RSS		 60
#define VIRTIO_NET_F_STANDBY		 62
#define VIRTIO_NET_F_SPEED_DUPLEX	 63

#define VIRTIO_BIT(feature) (1ULL << (feature))

/* -- split rings (2.7) ------------------------------------------------------------------------------------- */

#define VIRTIO_QUEUE_SIZE_MAX 32768

struct virtio_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};
PLX_STATIC_ASSERT(sizeof(struct virtio_desc) == 16, "2.7.5");

#define VIRTIO_DESC_F_NEXT     0x1
#define VIRTIO_DESC_F_WRITE    0x2
#define VIRTIO_DESC_F_INDIRECT 0x4

struct virtio_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[]; /* then used_event */
};
#define VIRTIO_AVAIL_F_NO_INTERRUPT 1

struct virtio_used_elem {
	uint32_t id;
	uint32_t len;
};
struct virtio_used {
	uint16_t flags;
	uint16_t idx;
	struct virtio_used_elem ring[]; /* then avail_event */
};
#define VIRTIO_USED_F_NO_NOTIFY 1

/* Alignment of each part, and of the used ring in a legacy device's single block (2.7.2). */
#define VIRTIO_DESC_ALIGN	 16
#define VIRTIO_AVAIL_ALIGN	 2
#define VIRTIO_USED_ALIGN	 4
#define VIRTIO_LEGACY_USED_ALIGN 4096

/* -- packed rings (2.8) ------------------------------------------------------------------------------------ */

struct virtio_packed_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t id;
	uint16_t flags;
};
PLX_STATIC_ASSERT(sizeof(struct virtio_packed_desc) == 16, "2.8.14");

#define VIRTIO_PACKED_F_AVAIL 0x0080
#define VIRTIO_PACKED_F_USED  0x8000

struct virtio_packed_event {
	uint16_t off_wrap; /* bit 15: wrap counter */
	uint16_t flags;
};
#define VIRTIO_EVENT_F_ENABLE  0
#define VIRTIO_EVENT_F_DISABLE 1
#define VIRTIO_EVENT_F_DESC    2

/* -- network device (5.1) ----------------------------------------------------------------------------------- */

struct virtio_net_hdr_full {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers; /* with MRG_RXBUF, VERSION_1 or packed rings */
	uint32_t hash_value;  /* with HASH_REPORT */
	uint16_t hash_report;
	uint16_t padding;
};
#define VIRTIO_NET_HDR_LEN_LEGACY 10
#define VIRTIO_NET_HDR_LEN	  12
#define VIRTIO_NET_HDR_LEN_HASH	  20
PLX_STATIC_ASSERT(sizeof(struct virtio_net_hdr_full) == VIRTIO_NET_HDR_LEN_HASH, "5.1.6");

#define VIRTIO_NET_HDR_NEEDS_CSUM 1
#define VIRTIO_NET_HDR_DATA_VALID 2
#define VIRTIO_NET_HDR_RSC_INFO	  4
#define VIRTIO_NET_GSO_NONE	  0
#define VIRTIO_NET_GSO_TCPV4	  1
#define VIRTIO_NET_GSO_UDP	  3
#define VIRTIO_NET_GSO_TCPV6	  4
#define VIRTIO_NET_GSO_UDP_L4	  5
#define VIRTIO_NET_GSO_ECN	  0x80

/* Device configuration: offsets, since which of them exist depends on features. */
#define VIRTIO_NET_CFG_MAC	     0x00
#define VIRTIO_NET_CFG_STATUS	     0x06
#define VIRTIO_NET_CFG_MAX_PAIRS     0x08
#define VIRTIO_NET_CFG_MTU	     0x0a
#define VIRTIO_NET_CFG_SPEED	     0x0c
#define VIRTIO_NET_CFG_DUPLEX	     0x10
#define VIRTIO_NET_CFG_RSS_MAX_KEY   0x11
#define VIRTIO_NET_CFG_RSS_MAX_TABLE 0x12
#define VIRTIO_NET_CFG_HASH_TYPES    0x14
#define VIRTIO_NET_S_LINK_UP	     1
#define VIRTIO_NET_S_ANNOUNCE	     2
#define VIRTIO_NET_PAIRS_MAX	     0x8000

/* Control queue (5.1.6.5). */
#define VIRTIO_NET_CTRL_RX	      0
#define VIRTIO_NET_CTRL_RX_PROMISC    0
#define VIRTIO_NET_CTRL_RX_ALLMULTI   1
#define VIRTIO_NET_CTRL_MAC	      1
#define VIRTIO_NET_CTRL_MAC_TABLE_SET 0
#define VIRTIO_NET_CTRL_MAC_ADDR_SET  1
#define VIRTIO_NET_CTRL_VLAN	      2
#define VIRTIO_NET_CTRL_VLAN_ADD      0
#define VIRTIO_NET_CTRL_VLAN_DEL      1
#define VIRTIO_NET_CTRL_ANNOUNCE      3
#define VIRTIO_NET_CTRL_ANNOUNCE_ACK  0
#define VIRTIO_NET_CTRL_MQ	      4
#define VIRTIO_NET_CTRL_MQ_PAIRS_SET  0
#define VIRTIO_NET_CTRL_MQ_RSS	      1
#define VIRTIO_NET_CTRL_MQ_HASH	      2
#define VIRTIO_NET_OK		      0
#define VIRTIO_NET_ERR		      1

#define VIRTIO_NET_HASH_IPV4  (1u << 0)
#define VIRTIO_NET_HASH_TCPV4 (1u << 1)
#define VIRTIO_NET_HASH_UDPV4 (1u << 2)
#define VIRTIO_NET_HASH_IPV6  (1u << 3)
#define VIRTIO_NET_HASH_TCPV6 (1u << 4)
#define VIRTIO_NET_HASH_UDPV6 (1u << 5)

/* -- PCI (4.1) ------------------------------------------------------------------------------------------------ */

#define VIRTIO_PCI_VENDOR     0x1af4
#define VIRTIO_PCI_NET_LEGACY 0x1000 /* and transitional */
#define VIRTIO_PCI_NET_MODERN 0x1041

/* cfg_type of a vendor capability. */
#define VIRTIO_PCI_CAP_COMMON 1
#define VIRTIO_PCI_CAP_NOTIFY 2
#define VIRTIO_PCI_CAP_ISR    3
#define VIRTIO_PCI_CAP_DEVICE 4
#define VIRTIO_PCI_CAP_PCI    5

/* Offsets inside a vendor capability. */
#define VIRTIO_PCI_CAP_LEN	  2
#define VIRTIO_PCI_CAP_TYPE	  3
#define VIRTIO_PCI_CAP_BAR	  4
#define VIRTIO_PCI_CAP_OFFSET	  8
#define VIRTIO_PCI_CAP_LENGTH	  12
#define VIRTIO_PCI_CAP_MULTIPLIER 16

/* Common configuration (4.1.4.3). */
#define VIRTIO_COMMON_DEVICE_FEATURE_SELECT 0x00
#define VIRTIO_COMMON_DEVICE_FEATURE	    0x04
#define VIRTIO_COMMON_DRIVER_FEATURE_SELECT 0x08
#define VIRTIO_COMMON_DRIVER_FEATURE	    0x0c
#define VIRTIO_COMMON_CONFIG_MSIX	    0x10
#define VIRTIO_COMMON_NUM_QUEUES	    0x12
#define VIRTIO_COMMON_STATUS		    0x14
#define VIRTIO_COMMON_GENERATION	    0x15
#define VIRTIO_COMMON_QUEUE_SELECT	    0x16
#define VIRTIO_COMMON_QUEUE_SIZE	    0x18
#define VIRTIO_COMMON_QUEUE_MSIX	    0x1a
#define VIRTIO_COMMON_QUEUE_ENABLE	    0x1c
#define VIRTIO_COMMON_QUEUE_NOTIFY_OFF	    0x1e
#define VIRTIO_COMMON_QUEUE_DESC	    0x20
#define VIRTIO_COMMON_QUEUE_DRIVER	    0x28
#define VIRTIO_COMMON_QUEUE_DEVICE	    0x30
#define VIRTIO_COMMON_QUEUE_NOTIF_DATA	    0x38
#define VIRTIO_COMMON_QUEUE_RESET	    0x3a
#define VIRTIO_COMMON_LEN_MIN		    0x38
#define VIRTIO_MSIX_NO_VECTOR		    0xffff

/* Legacy interface (4.1.4.10): registers of BAR 0. */
#define VIRTIO_LEGACY_DEVICE_FEATURES  0x00
#define VIRTIO_LEGACY_DRIVER_FEATURES  0x04
#define VIRTIO_LEGACY_QUEUE_PFN	       0x08
#define VIRTIO_LEGACY_QUEUE_SIZE       0x0c
#define VIRTIO_LEGACY_QUEUE_SELECT     0x0e
#define VIRTIO_LEGACY_QUEUE_NOTIFY     0x10
#define VIRTIO_LEGACY_STATUS	       0x12
#define VIRTIO_LEGACY_ISR	       0x13
#define VIRTIO_LEGACY_CONFIG	       0x14 /* of the device; 4 bytes on with MSI-X enabled */
#define VIRTIO_LEGACY_CONFIG_MSIX      0x14
#define VIRTIO_LEGACY_QUEUE_MSIX       0x16
#define VIRTIO_LEGACY_CONFIG_WITH_MSIX 0x18
#define VIRTIO_LEGACY_PFN_SHIFT	       12

#define VIRTIO_ISR_QUEUE  1
#define VIRTIO_ISR_CONFIG 2

#endif
