/* SPDX-License-Identifier: BSD-3-Clause */
/* What is counted: on the way, by us, and by the card (13.7), whose registers clear when they are read and are added up here. */
#include "e1000.h"

#define INFO   PLX_COUNTER_INFO
#define MISSED PLX_COUNTER_RX_MISSED
#define ERROR  PLX_COUNTER_RX_ERROR

/* name, what it counts, part in the ledger, register, or the lower one of a pair */
#define CARD_COUNTS(X)                                                                    \
	X("rx_crc_errors", "wrong FCS", ERROR, E1000_CRCERRS)                             \
	X("rx_align_errors", "not a whole number of bytes", INFO, E1000_ALGNERRC)         \
	X("rx_symbol_errors", "bad symbols", INFO, E1000_SYMERRS)                         \
	X("rx_line_errors", "errors of the PHY", INFO, E1000_RXERRC)                      \
	X("rx_missed_card_full", "the card had no room", MISSED, E1000_MPC)               \
	X("tx_single_collisions", "sent after one collision", INFO, E1000_SCC)            \
	X("tx_excessive_collisions", "given up after 16 collisions", INFO, E1000_ECOL)    \
	X("tx_multiple_collisions", "sent after several collisions", INFO, E1000_MCC)     \
	X("tx_late_collisions", "collisions that came late", INFO, E1000_LATECOL)         \
	X("tx_collisions", "collisions", INFO, E1000_COLC)                                \
	X("tx_deferred", "waited for the line", INFO, E1000_DC)                           \
	X("tx_no_carrier", "sent without carrier", INFO, E1000_TNCRS)                     \
	X("sequence_errors", "sequence errors", INFO, E1000_SEC)                          \
	X("rx_carrier_extension_errors", "carrier extension errors", INFO, E1000_CEXTERR) \
	X("rx_length_errors", "length field is not the length", INFO, E1000_RLEC)         \
	X("rx_xon", "XON received", INFO, E1000_XONRXC)                                   \
	X("tx_xon", "XON sent", INFO, E1000_XONTXC)                                       \
	X("rx_xoff", "XOFF received", INFO, E1000_XOFFRXC)                                \
	X("tx_xoff", "XOFF sent", INFO, E1000_XOFFTXC)                                    \
	X("rx_flow_control_unsupported", "other MAC control frames", INFO, E1000_FCRUC)   \
	X("rx_size_64", "received, 64 bytes", INFO, E1000_PRC64)                          \
	X("rx_size_65_to_127", "received, 65 to 127 bytes", INFO, E1000_PRC127)           \
	X("rx_size_128_to_255", "received, 128 to 255 bytes", INFO, E1000_PRC255)         \
	X("rx_size_256_to_511", "received, 256 to 511 bytes", INFO, E1000_PRC511)         \
	X("rx_size_512_to_1023", "received, 512 to 1023 bytes", INFO, E1000_PRC1023)      \
	X("rx_size_1024_to_max", "received, 1024 bytes or more", INFO, E1000_PRC1522)     \
	X("rx_card_good_packets", "received by the card", INFO, E1000_GPRC)               \
	X("rx_broadcast", "received broadcasts", INFO, E1000_BPRC)                        \
	X("rx_multicast", "received to groups", INFO, E1000_MPRC)                         \
	X("tx_card_good_packets", "sent by the card", INFO, E1000_GPTC)                   \
	X("rx_card_good_bytes", "bytes received by the card", INFO, E1000_GORCL)          \
	X("tx_card_good_bytes", "bytes sent by the card", INFO, E1000_GOTCL)              \
	X("rx_no_descriptor", "found no descriptor at first", INFO, E1000_RNBC)           \
	X("rx_undersize", "too short", ERROR, E1000_RUC)                                  \
	X("rx_fragments", "too short, wrong FCS", ERROR, E1000_RFC)                       \
	X("rx_oversize", "too long", ERROR, E1000_ROC)                                    \
	X("rx_jabber", "too long, wrong FCS", ERROR, E1000_RJC)                           \
	X("rx_management", "management frames received", INFO, E1000_MGTPRC)              \
	X("rx_management_dropped", "management frames dropped", INFO, E1000_MGTPDC)       \
	X("tx_management", "management frames sent", INFO, E1000_MGTPTC)                  \
	X("rx_card_bytes", "bytes received, good or bad", INFO, E1000_TORL)               \
	X("tx_card_bytes", "bytes sent, good or bad", INFO, E1000_TOTL)                   \
	X("rx_card_packets", "received, good or bad", INFO, E1000_TPR)                    \
	X("tx_card_packets", "sent, good or bad", INFO, E1000_TPT)                        \
	X("tx_size_64", "sent, 64 bytes", INFO, E1000_PTC64)                              \
	X("tx_size_65_to_127", "sent, 65 to 127 bytes", INFO, E1000_PTC127)               \
	X("tx_size_128_to_255", "sent, 128 to 255 bytes", INFO, E1000_PTC255)             \
	X("tx_size_256_to_511", "sent, 256 to 511 bytes", INFO, E1000_PTC511)             \
	X("tx_size_512_to_1023", "sent, 512 to 1023 bytes", INFO, E1000_PTC1023)          \
	X("tx_size_1024_to_max", "sent, 1024 bytes or more", INFO, E1000_PTC1522)         \
	X("tx_multicast", "sent to groups", INFO, E1000_MPTC)                             \
	X("tx_broadcast", "sent broadcasts", INFO, E1000_BPTC)                            \
	X("tx_segmented", "packets that were cut (TSO)", INFO, E1000_TSCTC)               \
	X("tx_segmentation_failed", "packets that could not be cut", INFO, E1000_TSCTFC)

#define COUNTER(word, what, part, reg)	{.name = word, .about = what, .kind = part},
#define REGISTER(word, what, part, reg) reg,

/* What the queues' own errors count already is only told by name here. */
static const struct plx_ethdev_counter counters[] = {
	[E1000_RX_BAD_LENGTH] = {"rx_bad_length", "descriptors with an impossible length", INFO},
	[E1000_RX_BAD_FRAME] = {"rx_bad_frame", "frames that the card marked bad", INFO},
	[E1000_RX_TOO_LONG] = {"rx_too_long", "frames longer than a buffer, or than any", INFO},
	[E1000_RX_AT_STOP] = {"rx_missed_at_stop", "received, not asked for before a stop", MISSED},
	[E1000_RX_STARVED] = {"rx_pool_empty", "times the pool had too few buffers", INFO},
	[E1000_TX_COPIED] = {"tx_copied", "packets copied to where the card reaches", INFO},
	[E1000_TX_REFUSED] = {"tx_refused", "packets that no descriptors can say", INFO},
	[E1000_TX_AT_STOP] = {"tx_lost_at_stop", "not sent before a stop", INFO},
	[E1000_LINK_CHANGES] = {"link_changes", "times the link went or came", INFO},
	[E1000_STORMS] = {"irq_storms", "times its interrupts were too many", INFO},
	[E1000_FULL_REGISTERS] = {"card_counters_full",
				  "registers found full: they count to 2^32 - 1", INFO},
	CARD_COUNTS(COUNTER)};

static const uint16_t registers[] = {CARD_COUNTS(REGISTER)};

PLX_STATIC_ASSERT(PLX_ARRAY_LEN(counters) == E1000_OWN_COUNTS + PLX_ARRAY_LEN(registers),
		  "a counter a register");
PLX_STATIC_ASSERT(PLX_ARRAY_LEN(counters) <= E1000_COUNTS, "room for all");
PLX_STATIC_ASSERT(PLX_ARRAY_LEN(counters) <= PLX_ETHDEV_COUNTERS_MAX, "ethdev has room");

static bool
is_pair(uint16_t reg)
{
	return reg == E1000_GORCL || reg == E1000_GOTCL || reg == E1000_TORL || reg == E1000_TOTL;
}

static uint64_t
fetch(const struct e1000_dev *dev, uint16_t reg)
{
	uint64_t value = e1000_read(dev, reg);

	/* The upper half clears both: it is read last. */
	return is_pair(reg) ? value | (uint64_t)e1000_read(dev, reg + 4u) << 32 : value;
}

/* 13.7: they stay at all ones, and what comes on top is not counted. */
static bool
is_full(uint16_t reg, uint64_t value)
{
	return value == (is_pair(reg) ? UINT64_MAX : UINT32_MAX);
}

void
e1000_stats_describe(struct e1000_dev *dev)
{
	dev->eth.counters = counters;
	dev->eth.nb_counters = PLX_ARRAY_LEN(counters);
}

void
e1000_stats_collect(struct e1000_dev *dev, bool keep)
{
	for (unsigned i = 0; i < PLX_ARRAY_LEN(registers); i++) {
		const uint64_t value = fetch(dev, registers[i]);

		/* All ones: a counter that is full, or no card. The second is asked for then only. */
		if ((uint32_t)value == E1000_GONE && e1000_hw_gone(dev))
			return;
		if (!keep || value == 0)
			continue;
		plx_ethdev_add(&dev->counts[E1000_OWN_COUNTS + i], value);
		if (is_full(registers[i], value))
			plx_ethdev_add(&dev->counts[E1000_FULL_REGISTERS], 1);
	}
}

int
e1000_stats_counters(struct plx_ethdev *eth, uint64_t *values, uint64_t *ret_received)
{
	struct e1000_dev *dev = e1000_dev(eth);

	pthread_mutex_lock(&dev->lock);
	if (dev->running)
		e1000_stats_collect(dev, true);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(counters); i++)
		values[i] = plx_ethdev_read(&dev->counts[i]);
	pthread_mutex_unlock(&dev->lock);
	return 0;
}
