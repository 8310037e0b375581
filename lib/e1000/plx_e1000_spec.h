/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Facts of Intel's 8254x gigabit Ethernet controllers (Software Developer's Manual 317453) that drivers and devices share:
 * registers, descriptors, EEPROM, PHY. Names are the manual's, numbers in parentheses its sections. All fields are little
 * endian; registers are 32 bits wide and are read and written whole.
 */
#ifndef PLX_LIB_E1000_PLX_E1000_SPEC_H
#define PLX_LIB_E1000_PLX_E1000_SPEC_H

#include "plx_base.h"

/* -- PCI (4, 5.2) ---------------------------------------------------------------------------------------------- */

#define E1000_PCI_VENDOR      0x8086
#define E1000_PCI_82544EI     0x1008
#define E1000_PCI_82544GC     0x100c
#define E1000_PCI_82540EM     0x100e
#define E1000_PCI_82545EM     0x100f
#define E1000_PCI_82540EM_LOM 0x1015

#define E1000_PCI_82540EM_REVISION 3
#define E1000_PCI_SUBSYSTEM	   0x001e /* PRO/1000 MT Desktop */
#define E1000_PCI_CLASS		   0x020000
#define E1000_BAR_REGISTERS	   0
#define E1000_BAR_LEN		   0x20000

/* The window of I/O ports, and what addresses in it mean (13.2.2). */
#define E1000_IOADDR	   0x0
#define E1000_IODATA	   0x4
#define E1000_IO_REGISTERS 0x00000
#define E1000_IO_FLASH	   0x80000

/* -- general registers (13.4.1 - 13.4.16) ------------------------------------------------------------------------ */

#define E1000_CTRL	       0x0000
#define E1000_CTRL_FD	       (1u << 0)
#define E1000_CTRL_LRST	       (1u << 3)
#define E1000_CTRL_ASDE	       (1u << 5)
#define E1000_CTRL_SLU	       (1u << 6)
#define E1000_CTRL_ILOS	       (1u << 7)
#define E1000_CTRL_SPEED_SHIFT 8 /* as in STATUS */
#define E1000_CTRL_FRCSPD      (1u << 11)
#define E1000_CTRL_FRCDPLX     (1u << 12)
#define E1000_CTRL_SWDPIN0     (1u << 18)
#define E1000_CTRL_SWDPIN2     (1u << 20)
#define E1000_CTRL_RST	       (1u << 26)
#define E1000_CTRL_RFCE	       (1u << 27)
#define E1000_CTRL_TFCE	       (1u << 28)
#define E1000_CTRL_VME	       (1u << 30)
#define E1000_CTRL_PHY_RST     (1u << 31)
#define E1000_CTRL_TWIN	       0x0004 /* the same register again */

#define E1000_STATUS		 0x0008
#define E1000_STATUS_FD		 (1u << 0)
#define E1000_STATUS_LU		 (1u << 1)
#define E1000_STATUS_TXOFF	 (1u << 4)
#define E1000_STATUS_SPEED_SHIFT 6 /* 0: 10, 1: 100, 2 and 3: 1000 Mb/s */
#define E1000_STATUS_SPEED_MASK	 0x3u
#define E1000_STATUS_ASDV_SHIFT	 8 /* speed as the MAC senses it */

/* Microwire by hand (13.4.3, 5.3). */
#define E1000_EECD	     0x0010
#define E1000_EECD_SK	     (1u << 0)
#define E1000_EECD_CS	     (1u << 1)
#define E1000_EECD_DI	     (1u << 2) /* into the EEPROM */
#define E1000_EECD_DO	     (1u << 3) /* out of it */
#define E1000_EECD_FWE_SHIFT 4	       /* of the flash: */
#define E1000_EECD_FWE_MASK  (3u << E1000_EECD_FWE_SHIFT)
#define E1000_EECD_FWE_OFF   (1u << E1000_EECD_FWE_SHIFT)
#define E1000_EECD_FWE_ON    (2u << E1000_EECD_FWE_SHIFT)
#define E1000_EECD_REQ	     (1u << 6)
#define E1000_EECD_GNT	     (1u << 7)
#define E1000_EECD_PRES	     (1u << 8)
#define E1000_EECD_SIZE	     (1u << 9) /* 256 words, not 64 */

/* A word of the EEPROM (13.4.4). */
#define E1000_EERD	      0x0014
#define E1000_EERD_START      (1u << 0)
#define E1000_EERD_DONE	      (1u << 4)
#define E1000_EERD_ADDR_SHIFT 8
#define E1000_EERD_DATA_SHIFT 16

#define E1000_CTRL_EXT	      0x0018
#define E1000_CTRL_EXT_EE_RST (1u << 13) /* the EEPROM is read again */

/* A register of the PHY (13.4.7). */
#define E1000_MDIC	     0x0020
#define E1000_MDIC_DATA_MASK 0xffffu
#define E1000_MDIC_REG_SHIFT 16
#define E1000_MDIC_PHY_SHIFT 21
#define E1000_MDIC_ADDR_MASK 0x1fu
#define E1000_MDIC_OP_WRITE  (1u << 26)
#define E1000_MDIC_OP_READ   (2u << 26)
#define E1000_MDIC_READY     (1u << 28)
#define E1000_MDIC_INT	     (1u << 29)
#define E1000_MDIC_ERROR     (1u << 30)
#define E1000_MDIC_OP_MASK   (3u << 26)
#define E1000_PHY_ADDRESS    1u

/* Pause frames and VLAN tags (13.4.8 - 13.4.12). */
#define E1000_FCAL	 0x0028
#define E1000_FCAH	 0x002c
#define E1000_FCT	 0x0030
#define E1000_VET	 0x0038
#define E1000_FCTTV	 0x0170
#define E1000_FCAL_VALUE 0x00c28001u /* 01:80:c2:00:00:01 */
#define E1000_FCAH_VALUE 0x00000100u
#define E1000_FCT_VALUE	 0x8808u
#define E1000_VET_VALUE	 0x8100u

#define E1000_TXCW	   0x0178 /* of cards with fibre */
#define E1000_RXCW	   0x0180
#define E1000_LEDCTL	   0x0e00
#define E1000_PBA	   0x1000 /* KiB for receiving in bits 15:0, the rest of 64 for sending */
#define E1000_PBA_ALL	   64u
#define E1000_PBA_TX_SHIFT 16

/* Interrupts (13.4.17 - 13.4.21). ICR clears when it is read. */
#define E1000_ICR	  0x00c0
#define E1000_ITR	  0x00c4 /* least time between two, in 256 ns */
#define E1000_ICS	  0x00c8
#define E1000_IMS	  0x00d0
#define E1000_IMC	  0x00d8
#define E1000_INT_TXDW	  (1u << 0)
#define E1000_INT_TXQE	  (1u << 1)
#define E1000_INT_LSC	  (1u << 2)
#define E1000_INT_RXSEQ	  (1u << 3)
#define E1000_INT_RXDMT0  (1u << 4)
#define E1000_INT_RXO	  (1u << 6)
#define E1000_INT_RXT0	  (1u << 7)
#define E1000_INT_MDAC	  (1u << 9)
#define E1000_INT_PHYINT  (1u << 12)
#define E1000_INT_TXD_LOW (1u << 15)
#define E1000_INT_ALL	  0x1ffffu
#define E1000_ITR_NS	  256u

/* -- receiving (13.4.22 - 13.4.31, 13.4.46 and on) ------------------------------------------------------------------ */

#define E1000_RCTL	       0x0100
#define E1000_RCTL_EN	       (1u << 1)
#define E1000_RCTL_SBP	       (1u << 2)
#define E1000_RCTL_UPE	       (1u << 3)
#define E1000_RCTL_MPE	       (1u << 4)
#define E1000_RCTL_LPE	       (1u << 5)
#define E1000_RCTL_LBM_MASK    (3u << 6)
#define E1000_RCTL_LBM_MAC     (1u << 6)
#define E1000_RCTL_RDMTS_SHIFT 8
#define E1000_RCTL_RDMTS_MASK  (3u << E1000_RCTL_RDMTS_SHIFT)
#define E1000_RCTL_MO_SHIFT    12
#define E1000_RCTL_MO_MASK     (3u << E1000_RCTL_MO_SHIFT)
#define E1000_RCTL_BAM	       (1u << 15)
#define E1000_RCTL_BSIZE_SHIFT 16
#define E1000_RCTL_BSIZE_MASK  (3u << E1000_RCTL_BSIZE_SHIFT)
#define E1000_RCTL_VFE	       (1u << 18)
#define E1000_RCTL_CFIEN       (1u << 19)
#define E1000_RCTL_CFI	       (1u << 20)
#define E1000_RCTL_DPF	       (1u << 22)
#define E1000_RCTL_PMCF	       (1u << 23)
#define E1000_RCTL_BSEX	       (1u << 25) /* BSIZE counts in sixteens */
#define E1000_RCTL_SECRC       (1u << 26)

#define E1000_RDFH		   0x2410 /* for diagnosis (13.8): the packet buffer's receive part */
#define E1000_RDFT		   0x2418
#define E1000_RDFHS		   0x2420
#define E1000_RDFTS		   0x2428
#define E1000_RDFPC		   0x2430
#define E1000_FCRTL		   0x2160
#define E1000_FCRTL_XONE	   (1u << 31)
#define E1000_FCRTH		   0x2168
#define E1000_FCRT_MASK		   0xfff8u
#define E1000_RDBAL		   0x2800
#define E1000_RDBAH		   0x2804
#define E1000_RDLEN		   0x2808
#define E1000_RDH		   0x2810
#define E1000_RDT		   0x2818
#define E1000_RDTR		   0x2820
#define E1000_RDTR_FPD		   (1u << 31) /* what waits is told at once */
#define E1000_RDTR_DELAY_MASK	   0xffffu
#define E1000_RXDCTL		   0x2828
#define E1000_RXDCTL_WTHRESH_SHIFT 16
#define E1000_RXDCTL_WTHRESH_MASK  0x3fu
#define E1000_RXDCTL_GRAN	   (1u << 24)
#define E1000_RADV		   0x282c
#define E1000_RSRPD		   0x2c00
#define E1000_RXCSUM		   0x5000
#define E1000_RXCSUM_PCSS_MASK	   0xffu
#define E1000_RXCSUM_IPOFL	   (1u << 8)
#define E1000_RXCSUM_TUOFL	   (1u << 9)
#define E1000_RFCTL		   0x5008
#define E1000_RFCTL_IPV6_DIS	   (1u << 10)
#define E1000_RFCTL_IPV6_XSUM_DIS  (1u << 11)

/* -- sending (13.4.33 - 13.4.44) ------------------------------------------------------------------------------------ */

#define E1000_TCTL		   0x0400
#define E1000_TCTL_EN		   (1u << 1)
#define E1000_TCTL_PSP		   (1u << 3)
#define E1000_TCTL_CT_SHIFT	   4
#define E1000_TCTL_COLD_SHIFT	   12
#define E1000_TCTL_RTLC		   (1u << 24)
#define E1000_TCTL_SWXOFF	   (1u << 22)
#define E1000_TIPG		   0x0410
#define E1000_TIPG_COPPER	   0x00602008u /* IPGT 8, IPGR1 8, IPGR2 6 */
#define E1000_TBT		   0x0448
#define E1000_AIT		   0x0458
#define E1000_TXDMAC		   0x3000
#define E1000_TDFH		   0x3410 /* for diagnosis (13.8): the packet buffer's transmit part */
#define E1000_TDFT		   0x3418
#define E1000_TDFHS		   0x3420
#define E1000_TDFTS		   0x3428
#define E1000_TDFPC		   0x3430
#define E1000_TDBAL		   0x3800
#define E1000_TDBAH		   0x3804
#define E1000_TDLEN		   0x3808
#define E1000_TDH		   0x3810
#define E1000_TDT		   0x3818
#define E1000_TIDV		   0x3820
#define E1000_TXDCTL		   0x3828
#define E1000_TADV		   0x382c
#define E1000_TSPMT		   0x3830
#define E1000_TXDCTL_GRAN	   (1u << 24) /* thresholds count descriptors, not cache lines */
#define E1000_TXDCTL_WTHRESH_SHIFT 16

/* -- filters (13.5) --------------------------------------------------------------------------------------------------- */

#define E1000_MTA	    0x5200
#define E1000_MTA_WORDS	    128u
#define E1000_RAL(i)	    (0x5400 + 8 * (i))
#define E1000_RAH(i)	    (0x5404 + 8 * (i))
#define E1000_RAH_ADDR_MASK 0xffffu
#define E1000_RAH_AS_SHIFT  16
#define E1000_RAH_AS_MASK   (3u << E1000_RAH_AS_SHIFT)
#define E1000_RAH_AV	    (1u << 31)
#define E1000_RA_ENTRIES    16u
#define E1000_VFTA	    0x5600
#define E1000_VFTA_WORDS    128u

/* -- wake-up and management (13.6) -------------------------------------------------------------------------------------- */

#define E1000_WUC	  0x5800
#define E1000_WUC_APME	  (1u << 0)
#define E1000_WUFC	  0x5808
#define E1000_WUS	  0x5810
#define E1000_MANC	  0x5820
#define E1000_MANC_ARP_EN (1u << 13)
#define E1000_IPAV	  0x5838
#define E1000_IP4AT	  0x5840
#define E1000_IP6AT	  0x5880
#define E1000_WUPL	  0x5900
#define E1000_WUPM	  0x5a00
#define E1000_FFLT	  0x5f00
#define E1000_FFMT	  0x9000
#define E1000_FFVT	  0x9800
#define E1000_PBM	  0x10000 /* the packet buffer itself, for diagnosis */
#define E1000_PBM_WORDS	  0x4000u

/* -- statistics (13.7): each clears when it is read; of pairs the upper half clears both ----------------------------------- */

#define E1000_CRCERRS  0x4000
#define E1000_ALGNERRC 0x4004
#define E1000_SYMERRS  0x4008
#define E1000_RXERRC   0x400c
#define E1000_MPC      0x4010
#define E1000_SCC      0x4014
#define E1000_ECOL     0x4018
#define E1000_MCC      0x401c
#define E1000_LATECOL  0x4020
#define E1000_COLC     0x4028
#define E1000_DC       0x4030
#define E1000_TNCRS    0x4034
#define E1000_SEC      0x4038
#define E1000_CEXTERR  0x403c
#define E1000_RLEC     0x4040
#define E1000_XONRXC   0x4048
#define E1000_XONTXC   0x404c
#define E1000_XOFFRXC  0x4050
#define E1000_XOFFTXC  0x4054
#define E1000_FCRUC    0x4058
#define E1000_PRC64    0x405c
#define E1000_PRC127   0x4060
#define E1000_PRC255   0x4064
#define E1000_PRC511   0x4068
#define E1000_PRC1023  0x406c
#define E1000_PRC1522  0x4070
#define E1000_GPRC     0x4074
#define E1000_BPRC     0x4078
#define E1000_MPRC     0x407c
#define E1000_GPTC     0x4080
#define E1000_GORCL    0x4088
#define E1000_GORCH    0x408c
#define E1000_GOTCL    0x4090
#define E1000_GOTCH    0x4094
#define E1000_RNBC     0x40a0
#define E1000_RUC      0x40a4
#define E1000_RFC      0x40a8
#define E1000_ROC      0x40ac
#define E1000_RJC      0x40b0
#define E1000_MGTPRC   0x40b4
#define E1000_MGTPDC   0x40b8
#define E1000_MGTPTC   0x40bc
#define E1000_TORL     0x40c0
#define E1000_TORH     0x40c4
#define E1000_TOTL     0x40c8
#define E1000_TOTH     0x40cc
#define E1000_TPR      0x40d0
#define E1000_TPT      0x40d4
#define E1000_PTC64    0x40d8
#define E1000_PTC127   0x40dc
#define E1000_PTC255   0x40e0
#define E1000_PTC511   0x40e4
#define E1000_PTC1023  0x40e8
#define E1000_PTC1522  0x40ec
#define E1000_MPTC     0x40f0
#define E1000_BPTC     0x40f4
#define E1000_TSCTC    0x40f8
#define E1000_TSCTFC   0x40fc

/* -- receive descriptors (3.2.3) ------------------------------------------------------------------------------------------- */

struct e1000_rx_desc {
	uint64_t addr;
	uint16_t length;
	uint16_t csum;
	uint8_t status;
	uint8_t errors;
	uint16_t special; /* the VLAN tag */
};
PLX_STATIC_ASSERT(sizeof(struct e1000_rx_desc) == 16, "3.2.3");

#define E1000_RXD_STAT_DD    0x01
#define E1000_RXD_STAT_EOP   0x02
#define E1000_RXD_STAT_IXSM  0x04 /* ignore the checksum bits */
#define E1000_RXD_STAT_VP    0x08 /* a tag was taken out */
#define E1000_RXD_STAT_TCPCS 0x20 /* TCP or UDP was checked */
#define E1000_RXD_STAT_IPCS  0x40
#define E1000_RXD_STAT_PIF   0x80 /* by the multicast hash only */
#define E1000_RXD_ERR_CE     0x01
#define E1000_RXD_ERR_SE     0x02
#define E1000_RXD_ERR_SEQ    0x04
#define E1000_RXD_ERR_CXE    0x10
#define E1000_RXD_ERR_TCPE   0x20
#define E1000_RXD_ERR_IPE    0x40
#define E1000_RXD_ERR_RXE    0x80

/* -- transmit descriptors (3.3) ---------------------------------------------------------------------------------------------- */

/* 3.3.3 */
struct e1000_tx_desc {
	uint64_t addr;
	uint16_t length;
	uint8_t cso;
	uint8_t cmd;
	uint8_t sta;
	uint8_t css;
	uint16_t special;
};
PLX_STATIC_ASSERT(sizeof(struct e1000_tx_desc) == 16, "3.3.3");

/* 3.3.6 */
struct e1000_tx_context_desc {
	uint8_t ipcss;
	uint8_t ipcso;
	uint16_t ipcse;
	uint8_t tucss;
	uint8_t tucso;
	uint16_t tucse;
	uint32_t cmd_paylen; /* PAYLEN 19:0, DTYP 23:20, TUCMD 31:24 */
	uint8_t sta;
	uint8_t hdrlen;
	uint16_t mss;
};
PLX_STATIC_ASSERT(sizeof(struct e1000_tx_context_desc) == 16, "3.3.6");

/* 3.3.7 */
struct e1000_tx_data_desc {
	uint64_t addr;
	uint32_t cmd_dtalen; /* DTALEN 19:0, DTYP 23:20, DCMD 31:24 */
	uint8_t sta;
	uint8_t popts;
	uint16_t special;
};
PLX_STATIC_ASSERT(sizeof(struct e1000_tx_data_desc) == 16, "3.3.7");

#define E1000_TXD_LEN_MASK     0xfffffu
#define E1000_TXD_DTYP_CONTEXT 0u
#define E1000_TXD_DTYP_DATA    (1u << 20)
#define E1000_TXD_CMD_SHIFT    24
#define E1000_TXD_CMD_EOP      0x01
#define E1000_TXD_CMD_IFCS     0x02
#define E1000_TXD_CMD_IC       0x04 /* of legacy descriptors */
#define E1000_TXD_CMD_TSE      0x04 /* of the others */
#define E1000_TXD_CMD_RS       0x08
#define E1000_TXD_CMD_RPS      0x10
#define E1000_TXD_CMD_DEXT     0x20
#define E1000_TXD_CMD_VLE      0x40
#define E1000_TXD_CMD_IDE      0x80
#define E1000_TXD_TUCMD_TCP    0x01
#define E1000_TXD_TUCMD_IP     0x02 /* IPv4 */
#define E1000_TXD_STA_DD       0x01
#define E1000_TXD_POPTS_IXSM   0x01
#define E1000_TXD_POPTS_TXSM   0x02

/* -- rings (3.2.6, 3.4) -------------------------------------------------------------------------------------------------------- */

#define E1000_RING_LEN_UNIT 128u  /* bytes: eight descriptors */
#define E1000_RING_MAX	    4096u /* descriptors */

#define E1000_FRAME_MAX	     1518u /* with its FCS, without tags */
#define E1000_TX_FRAME_MAX   16288u
#define E1000_LONG_FRAME_MAX 16128u /* with its FCS */

/* -- EEPROM (5.6) ---------------------------------------------------------------------------------------------------------------- */

#define E1000_EEPROM_WORDS	    64u
#define E1000_EEPROM_MAC	    0x00 /* three words, low byte first */
#define E1000_EEPROM_LEDS	    0x04
#define E1000_EEPROM_PBA	    0x08 /* two words: the board's number */
#define E1000_EEPROM_CONTROL_1	    0x0a
#define E1000_EEPROM_SUBSYSTEM	    0x0b
#define E1000_EEPROM_SUBVENDOR	    0x0c
#define E1000_EEPROM_DEVICE	    0x0d
#define E1000_EEPROM_VENDOR	    0x0e
#define E1000_EEPROM_CONTROL_2	    0x0f
#define E1000_EEPROM_CONTROL_3	    0x14 /* and 0x24 */
#define E1000_EEPROM_CONTROL_3_A    0x24
#define E1000_EEPROM_CHECKSUM	    0x3f
#define E1000_EEPROM_1_SIGNATURE    0x4000 /* of 0xc000: it holds anything */
#define E1000_EEPROM_1_FD	    0x0400
#define E1000_EEPROM_1_LOAD	    0x0003  /* the ids of configuration space are here */
#define E1000_EEPROM_2_PAUSE	    0x3000  /* both ways */
#define E1000_EEPROM_3_APM	    0x0400  /* CTRL.SLU and WUC.APME are set after a reset */
#define E1000_EEPROM_SUM	    0xbabau /* of words 0 to 3f */
#define E1000_MICROWIRE_READ	    0x6u
#define E1000_MICROWIRE_WRITE	    0x5u
#define E1000_MICROWIRE_ERASE	    0x7u
#define E1000_MICROWIRE_MORE	    0x4u /* the address' two upper bits say what: */
#define E1000_MICROWIRE_LOCK	    0x0u
#define E1000_MICROWIRE_WRITE_ALL   0x1u
#define E1000_MICROWIRE_ERASE_ALL   0x2u
#define E1000_MICROWIRE_UNLOCK	    0x3u
#define E1000_MICROWIRE_OPCODE_BITS 3u

/* -- PHY (13.4.7, IEEE 802.3 clause 22) -------------------------------------------------------------------------------------------- */

#define E1000_PHY_CTRL		   0
#define E1000_PHY_CTRL_SPEED_1000  0x0040 /* with SPEED_100: reserved */
#define E1000_PHY_CTRL_FD	   0x0100
#define E1000_PHY_CTRL_RESTART_AN  0x0200
#define E1000_PHY_CTRL_ISOLATE	   0x0400
#define E1000_PHY_CTRL_POWER_DOWN  0x0800
#define E1000_PHY_CTRL_AN_ENABLE   0x1000
#define E1000_PHY_CTRL_SPEED_100   0x2000
#define E1000_PHY_CTRL_LOOPBACK	   0x4000
#define E1000_PHY_CTRL_RESET	   0x8000
#define E1000_PHY_STATUS	   1
#define E1000_PHY_STATUS_LINK	   0x0004 /* latched low */
#define E1000_PHY_STATUS_AN_DONE   0x0020
#define E1000_PHY_ID1		   2
#define E1000_PHY_ID2		   3
#define E1000_PHY_AN_ADV	   4 /* 5 has the same bits */
#define E1000_PHY_AN_10_HD	   0x0020
#define E1000_PHY_AN_10_FD	   0x0040
#define E1000_PHY_AN_100_HD	   0x0080
#define E1000_PHY_AN_100_FD	   0x0100
#define E1000_PHY_AN_PAUSE	   0x0400
#define E1000_PHY_AN_ASM_DIR	   0x0800
#define E1000_PHY_LP_ABILITY	   5
#define E1000_PHY_AN_EXPANSION	   6
#define E1000_PHY_AN_NEXT	   7
#define E1000_PHY_LP_NEXT	   8
#define E1000_PHY_1000_CTRL	   9
#define E1000_PHY_1000_HD	   0x0100
#define E1000_PHY_1000_FD	   0x0200
#define E1000_PHY_1000_STATUS	   10
#define E1000_PHY_EXT_STATUS	   15
#define E1000_PHY_SPEC_CTRL	   16 /* from here on the 88E1000's own */
#define E1000_PHY_SPEC_STATUS	   17
#define E1000_PHY_SPEC_LINK	   0x0400
#define E1000_PHY_SPEC_RESOLVED	   0x0800
#define E1000_PHY_SPEC_FD	   0x2000
#define E1000_PHY_SPEC_SPEED_SHIFT 14
#define E1000_PHY_INT_ENABLE	   18
#define E1000_PHY_INT_STATUS	   19
#define E1000_PHY_INT_LINK	   0x0400
#define E1000_PHY_INT_AN_DONE	   0x0800
#define E1000_PHY_INT_SPEED	   0x4000
#define E1000_PHY_EXT_SPEC_CTRL	   20
#define E1000_PHY_RX_ERRORS	   21
#define E1000_PHY_EXT_ADDRESS	   22
#define E1000_PHY_LED_CTRL	   24
#define E1000_PHY_LED_OVERRIDE	   25
#define E1000_PHY_PAGE		   29
#define E1000_PHY_PAGED		   30
#define E1000_PHY_ID1_88E1000	   0x0141
#define E1000_PHY_ID2_82540	   0x0c20

#endif
