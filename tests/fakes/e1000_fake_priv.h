/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the fake 82540EM share. Everything under its lock. */
#ifndef PLX_TESTS_FAKES_E1000_FAKE_PRIV_H
#define PLX_TESTS_FAKES_E1000_FAKE_PRIV_H

#include "e1000_fake.h"
#include "plx_dma_driver.h"

#include <pthread.h>

#define EFAKE_ZONES	64
#define EFAKE_FRAME_MAX (1u << 20)

struct efake_frame {
	struct efake_frame *next;
	size_t len;
	uint8_t bytes[];
};

struct efake {
	char name[32];
	pthread_mutex_t lock;
	struct plx_pci *pci;
	struct plx_dma_mapper mapper;
	struct {
		uint8_t *addr;
		size_t len;
	} zone[EFAKE_ZONES];
	unsigned nb_zones;

	uint8_t config[PLX_PCI_CONFIG_SIZE];
	uint32_t regs[E1000_BAR_LEN / 4];
	uint16_t eeprom[E1000_EEPROM_WORDS];
	uint16_t phy[32];
	struct efake_faults faults;
	int irq_fd;
	bool irq_masked;
	unsigned reads, writes;
	char violations[2048];

	struct { /* Microwire */
		unsigned bits, in, out;
	} wire;
	struct { /* sending: a frame that is being gathered, the two contexts (3.3.6) */
		uint8_t *bytes;
		size_t len;
		uint8_t popts;
		bool tse, begun;
		struct e1000_tx_context_desc sums, cuts;
	} tx;
	struct efake_frame *sent, **sent_end;
};

void efake_violation(struct efake *fake, const char *format, ...) PLX_PRINTF(2, 3);
/* Where that bus address is; NULL, and a violation, where the card may not reach. */
uint8_t *efake_dma(struct efake *fake, uint64_t addr, uint64_t len);
/* A cause of interrupts comes up (13.4.17). */
void efake_cause(struct efake *fake, uint32_t causes);
static inline uint32_t *
efake_reg(struct efake *fake, uint32_t reg)
{
	return &fake->regs[reg / 4];
}

/* e1000_fake_rings.c: TDT was written; a frame comes in. */
void efake_send(struct efake *fake);
void efake_receive(struct efake *fake, const uint8_t *frame, size_t len);
bool efake_write_back(struct efake *fake, const void *bytes, size_t room,
		      const struct e1000_rx_desc *desc);

#endif
