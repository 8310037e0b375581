/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the fake 82540EM share. Everything under its lock. */
#ifndef PLX_TESTS_FAKES_E1000_FAKE_PRIV_H
#define PLX_TESTS_FAKES_E1000_FAKE_PRIV_H

#include "e1000_fake.h"
#include "plx_dma_driver.h"
#include "plx_e1000_model.h"

#include <pthread.h>

#define EFAKE_ZONES	     64
#define EFAKE_COMMAND	     0x04 /* PCI Local Bus 3.0, 6.2.2 */
#define EFAKE_COMMAND_MEMORY 0x0002
#define EFAKE_COMMAND_MASTER 0x0004

struct efake_frame {
	struct efake_frame *next;
	size_t len;
	uint8_t bytes[];
};

struct efake {
	char name[32];
	pthread_mutex_t lock;
	struct plx_e1000_model *model;
	uint64_t now_ns; /* of the model */
	struct plx_pci *pci;
	struct plx_dma_mapper mapper;
	struct {
		uint8_t *addr;
		size_t len;
	} zone[EFAKE_ZONES];
	unsigned nb_zones;

	struct efake_faults faults;
	bool line; /* INTx */
	int irq_fd;
	bool irq_masked;
	struct { /* of the ring to send: where to look next, and whether that is within a packet */
		uint32_t checked;
		bool begun;
	} tx;
	unsigned reads, writes;
	char violations[2048];
	struct efake_frame *sent, **sent_end;
};

/* The one there is; NULL if there is none. */
extern struct efake *efake_only;

void efake_violation(struct efake *fake, const char *format, ...) PLX_PRINTF(2, 3);
/* Where that bus address is and how much of its zone follows; NULL, and a violation, where the card may not reach. */
uint8_t *efake_dma(struct efake *fake, uint64_t addr, uint64_t *ret_len);
/* The line, the mask or the faults may have changed: who waits is told. */
void efake_drive_line(struct efake *fake);
/* What the driver asked for is done, and what takes time has taken it. */
void efake_settle(struct efake *fake);
uint16_t efake_command(struct efake *fake);
void efake_set_command(struct efake *fake, uint16_t command);

#endif
