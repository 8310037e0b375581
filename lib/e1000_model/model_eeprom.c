/* SPDX-License-Identifier: BSD-3-Clause */
/* The EEPROM, by EERD and by Microwire (5.3, 5.6, 13.4.3, 13.4.4). */
#include "model_priv.h"

#include "plx_byteorder.h"

#include <string.h>

#define ADDRESS_BITS 6u
#define ADDRESS_MASK 0x3fu
#define WORD_BITS    16u
#define HEAD_BITS    (E1000_MICROWIRE_OPCODE_BITS + ADDRESS_BITS)
#define WRITE_BITS   (HEAD_BITS + WORD_BITS)
#define PINS	     (E1000_EECD_SK | E1000_EECD_CS | E1000_EECD_DI)
#define BLANK	     0xffffu

/* -- words (5.6) ---------------------------------------------------------------------------------------------------------- */

static uint16_t
checksum(const uint16_t words[PLX_E1000_MODEL_EEPROM_WORDS])
{
	uint16_t sum = 0;

	for (unsigned i = 0; i < E1000_EEPROM_CHECKSUM; i++)
		sum = (uint16_t)(sum + words[i]);
	return (uint16_t)(E1000_EEPROM_SUM - sum);
}

void
emodel_eeprom_init(struct plx_e1000_model *model)
{
	uint16_t *words = model->eeprom;

	for (unsigned i = 0; i < PLX_E1000_MODEL_EEPROM_WORDS; i++)
		words[i] = BLANK;
	for (unsigned i = 0; i < 3; i++)
		words[E1000_EEPROM_MAC + i] = plx_load_le16(model->options.mac + 2 * i);
	words[E1000_EEPROM_PBA] = 0xa784;
	words[E1000_EEPROM_PBA + 1] = 0x0810;
	words[E1000_EEPROM_CONTROL_1] =
		E1000_EEPROM_1_SIGNATURE | E1000_EEPROM_1_FD | E1000_EEPROM_1_LOAD;
	words[E1000_EEPROM_SUBSYSTEM] = E1000_PCI_SUBSYSTEM;
	words[E1000_EEPROM_SUBVENDOR] = E1000_PCI_VENDOR;
	words[E1000_EEPROM_DEVICE] = E1000_PCI_82540EM;
	words[E1000_EEPROM_VENDOR] = E1000_PCI_VENDOR;
	words[E1000_EEPROM_CONTROL_2] = E1000_EEPROM_2_PAUSE;
	words[E1000_EEPROM_CONTROL_3] = E1000_EEPROM_3_APM;
	words[E1000_EEPROM_CONTROL_3_A] = E1000_EEPROM_3_APM;
	words[E1000_EEPROM_CHECKSUM] = checksum(words);
}

uint16_t *
plx_e1000_model_eeprom(struct plx_e1000_model *model)
{
	return model->eeprom;
}

uint16_t
emodel_eeprom_word(const struct plx_e1000_model *model, unsigned word)
{
	const bool spoilt = model->faults.eeprom_damaged && word == E1000_EEPROM_CHECKSUM;

	return word < PLX_E1000_MODEL_EEPROM_WORDS ? (uint16_t)(model->eeprom[word] ^ spoilt)
						   : BLANK;
}

/* 5.6.7: without the signature there is nothing in it. */
void
emodel_eeprom_load(struct plx_e1000_model *model)
{
	const uint16_t *words = model->eeprom + E1000_EEPROM_MAC;

	if ((model->eeprom[E1000_EEPROM_CONTROL_1] & 0xc000) != E1000_EEPROM_1_SIGNATURE)
		return;
	emodel_set(model, E1000_RAL(0), words[0] | (uint32_t)words[1] << 16);
	emodel_set(model, E1000_RAH(0), words[2] | E1000_RAH_AV);
}

/* -- EERD (13.4.4) ---------------------------------------------------------------------------------------------------------- */

static bool
is_granted(const struct plx_e1000_model *model)
{
	return (emodel_get(model, E1000_EECD) & E1000_EECD_REQ) != 0 && !model->faults.eeprom_stuck;
}

/* Done when it is looked at, unless software has the pins. */
uint32_t
emodel_eerd_read(struct plx_e1000_model *model, uint32_t reg)
{
	const uint32_t asked = emodel_get(model, reg);
	const unsigned word = asked >> E1000_EERD_ADDR_SHIFT & 0xff;

	if ((asked & E1000_EERD_START) == 0 || model->faults.no_eerd ||
	    model->faults.eeprom_stuck || is_granted(model))
		return asked;
	emodel_set(model, reg,
		   E1000_EERD_DONE | word << E1000_EERD_ADDR_SHIFT |
			   (uint32_t)emodel_eeprom_word(model, word) << E1000_EERD_DATA_SHIFT);
	return emodel_get(model, reg);
}

/* -- Microwire (5.3): a chip of 64 words behind four pins ---------------------------------------------------------------------- */

static uint32_t
opcode(const struct plx_e1000_model *model)
{
	return model->wire.command >> ADDRESS_BITS;
}

/* A zero behind the address, then words, as long as there are clocks. */
static void
put_out(struct plx_e1000_model *model)
{
	const uint32_t bit = model->wire.bits - HEAD_BITS - 1;
	const uint32_t word = (model->wire.command + bit / WORD_BITS) & ADDRESS_MASK;

	if (model->wire.bits == HEAD_BITS)
		model->wire.out = false;
	else
		model->wire.out =
			(emodel_eeprom_word(model, word) >> (WORD_BITS - 1 - bit % WORD_BITS) &
			 1) != 0;
}

/* SK rises. */
static void
clock_in(struct plx_e1000_model *model, bool bit)
{
	if (model->wire.bits == 0 && !bit)
		return; /* the start bit is still to come */
	model->wire.in = model->wire.in << 1 | bit;
	model->wire.bits++;
	if (model->wire.bits == HEAD_BITS)
		model->wire.command = model->wire.in & ((1u << HEAD_BITS) - 1);
	if (model->wire.bits < HEAD_BITS)
		return;
	if (opcode(model) == E1000_MICROWIRE_READ)
		put_out(model);
	else if (model->wire.bits > WRITE_BITS)
		model->wire.bits = WRITE_BITS + 1; /* too many: no command */
}

static void
fill(struct plx_e1000_model *model, uint16_t value)
{
	for (unsigned i = 0; i < PLX_E1000_MODEL_EEPROM_WORDS; i++)
		model->eeprom[i] = value;
}

static void
carry_out_more(struct plx_e1000_model *model, bool with_word)
{
	const bool unlocked = model->wire.unlocked;

	switch (model->wire.command >> (ADDRESS_BITS - 2) & 3) {
	case E1000_MICROWIRE_LOCK:
		model->wire.unlocked = false;
		break;
	case E1000_MICROWIRE_UNLOCK:
		model->wire.unlocked = true;
		break;
	case E1000_MICROWIRE_WRITE_ALL:
		if (unlocked && with_word)
			fill(model, (uint16_t)model->wire.in);
		break;
	case E1000_MICROWIRE_ERASE_ALL:
		if (unlocked)
			fill(model, BLANK);
		break;
	}
}

/* CS falls: what writes is carried out, at once. */
static void
carry_out(struct plx_e1000_model *model)
{
	const uint32_t word = model->wire.command & ADDRESS_MASK;
	const bool with_word = model->wire.bits == WRITE_BITS;

	if (opcode(model) == E1000_MICROWIRE_MORE)
		carry_out_more(model, with_word);
	else if (opcode(model) == E1000_MICROWIRE_WRITE && with_word && model->wire.unlocked)
		model->eeprom[word] = (uint16_t)model->wire.in;
	else if (opcode(model) == E1000_MICROWIRE_ERASE && model->wire.unlocked)
		model->eeprom[word] = BLANK;
}

/* DO stands at one while the chip is ready, which it always is. */
static void
deselect(struct plx_e1000_model *model)
{
	carry_out(model);
	model->wire.bits = 0;
	model->wire.command = 0;
	model->wire.out = true;
}

static void
move_pins(struct plx_e1000_model *model, uint32_t before, uint32_t now)
{
	const uint32_t risen = now & ~before;

	if ((now & E1000_EECD_CS) == 0)
		deselect(model);
	else if ((risen & E1000_EECD_SK) != 0)
		clock_in(model, (now & E1000_EECD_DI) != 0);
}

uint32_t
emodel_eecd_read(struct plx_e1000_model *model, uint32_t reg)
{
	return emodel_get(model, reg) | E1000_EECD_PRES | (is_granted(model) ? E1000_EECD_GNT : 0) |
	       (model->wire.out ? E1000_EECD_DO : 0);
}

/* Pins move only for who asked for them and got them. */
void
emodel_eecd_write(struct plx_e1000_model *model, uint32_t reg, uint32_t value)
{
	const uint32_t before = emodel_get(model, reg);
	const bool had = is_granted(model);

	emodel_set(model, reg, value);
	if (had)
		move_pins(model, before, value);
	else if (((before ^ value) & PINS) != 0)
		emodel_complain(model, "EECD moves pins that it was not granted");
}
