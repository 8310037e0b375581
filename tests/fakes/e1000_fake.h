/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An 82540EM that lives in a test: the emulated card of lib/e1000_model as a PCI transport, with a far end that frames are put into and
 * taken out of. The model is written from the manual and knows nothing of the driver; what it complains of is written down as
 * a violation, and so is every access to memory that no zone for devices holds, and what a card may mind that the model does not.
 *
 *	struct efake *fake = efake_create("x");
 *	plx_device_attach("fake8254x:x", &why);
 *
 * The card does at once what a register asks for, and whatever takes time has taken it: its clock jumps to the next timer. The far end
 * can do all speeds and symmetric pauses; pause frames of the card it keeps to itself. All functions may be called by any thread.
 */
#ifndef PLX_TESTS_FAKES_E1000_FAKE_H
#define PLX_TESTS_FAKES_E1000_FAKE_H

#include "plx_e1000_spec.h"
#include "plx_pci_driver.h"

#define EFAKE_TRANSPORT "fake8254x"

struct efake;

/* What is wrong with it. May change while a port runs. */
struct efake_faults {
	bool dead;	     /* reads all ones */
	bool reset_stuck;    /* RST stays */
	bool no_eerd;	     /* as the 82544: words by Microwire only */
	bool eeprom_stuck;   /* neither way */
	bool eeprom_damaged; /* the sum is wrong */
	bool phy_stuck;	     /* MDIC never is ready */
	bool no_interrupts;  /* none can be had */
	bool irq_storm;	     /* the line is up whatever is read and masked */
	bool sends_nothing;  /* what is to be sent stays in its ring */
};

/* Makes the device "fake8254x:<name>", the only one there is. NULL if there is no memory. */
struct efake *efake_create(const char *name);
/* After detaching. NULL is fine. */
void efake_destroy(struct efake *fake);
/* Makes "fake8254x:" known to the EAL; again is fine. */
void efake_transport_add(void);

void efake_fault(struct efake *fake, const struct efake_faults *faults);
void efake_set_link(struct efake *fake, bool up);

/* A frame comes in on the wire: filtered, stripped of its tag, received or missed as the registers say. */
void efake_put(struct efake *fake, const void *frame, size_t len);
/* Writes one descriptor as it stands, and the bytes (of `room` at most) before it; false if there is none. */
bool
efake_put_raw(struct efake *fake, const void *bytes, size_t room, const struct e1000_rx_desc *desc);
/* Takes out what was sent: its length, 0 if there is nothing. */
size_t efake_take(struct efake *fake, void *frame, size_t size);

/* Somebody left it running: it is a bus master. Before it is attached. */
void efake_leave_running(struct efake *fake);
/* Words 0 to 2 of the EEPROM, and a sum that is right. */
void efake_set_mac_words(struct efake *fake, uint16_t first, uint16_t second, uint16_t third);
uint32_t efake_register(struct efake *fake, uint32_t reg);
void efake_set_register(struct efake *fake, uint32_t reg, uint32_t value);
/* Accesses to registers since the last time. */
void efake_accesses(struct efake *fake, unsigned *ret_reads, unsigned *ret_writes);
/* "" if there are none. */
const char *efake_violations(struct efake *fake);

#endif
