/* SPDX-License-Identifier: BSD-3-Clause */
/* Words of the EEPROM: by EERD where the card has it, else bit by bit. */
#include "e1000.h"

#include "plx_byteorder.h"
#include "plx_clock.h"

#include <errno.h>
#include <string.h>

#define EERD_US	      10000
#define GRANT_US      10000
#define HALF_CLOCK_US 1 /* Microwire: 1 MHz at most, and each access to a register takes its time */
#define WORD_BITS     16
#define SMALL_BITS    6 /* of a word's address, in an EEPROM of 64 words */
#define LARGE_BITS    8

/* 13.4.4 */
static int
read_by_eerd(const struct e1000_dev *dev, unsigned word, uint16_t *ret_value)
{
	uint32_t eerd;
	int ret;

	e1000_write(dev, E1000_EERD, E1000_EERD_START | word << E1000_EERD_ADDR_SHIFT);
	ret = e1000_hw_wait(dev, E1000_EERD, E1000_EERD_DONE, E1000_EERD_DONE, EERD_US, &eerd);
	*ret_value = (uint16_t)(eerd >> E1000_EERD_DATA_SHIFT);
	return ret;
}

/* -- Microwire (5.3, 13.4.3) ----------------------------------------------------------------------------------------- */

static void
set_pins(const struct e1000_dev *dev, uint32_t eecd)
{
	e1000_write(dev, E1000_EECD, eecd);
	e1000_read(dev, E1000_STATUS);
	plx_clock_delay_us(HALF_CLOCK_US);
}

/* The EEPROM takes DI, and puts out DO, when SK rises. */
static void
clock_once(const struct e1000_dev *dev, uint32_t eecd)
{
	set_pins(dev, eecd | E1000_EECD_SK);
	set_pins(dev, eecd);
}

static void
shift_out(const struct e1000_dev *dev, uint32_t eecd, unsigned value, unsigned bits)
{
	while (bits-- > 0)
		clock_once(dev, eecd | ((value >> bits & 1) != 0 ? E1000_EECD_DI : 0));
}

static uint16_t
shift_in(const struct e1000_dev *dev, uint32_t eecd)
{
	uint16_t value = 0;

	for (unsigned i = 0; i < WORD_BITS; i++) {
		clock_once(dev, eecd);
		value = (uint16_t)(value << 1 |
				   ((e1000_read(dev, E1000_EECD) & E1000_EECD_DO) != 0 ? 1 : 0));
	}
	return value;
}

static int
read_by_microwire(const struct e1000_dev *dev, unsigned word, uint16_t *ret_value)
{
	const uint32_t pins = E1000_EECD_SK | E1000_EECD_CS | E1000_EECD_DI;
	uint32_t eecd = e1000_read(dev, E1000_EECD) & ~pins;
	const unsigned bits = (eecd & E1000_EECD_SIZE) != 0 ? LARGE_BITS : SMALL_BITS;
	int ret;

	e1000_write(dev, E1000_EECD, eecd | E1000_EECD_REQ);
	ret = e1000_hw_wait(dev, E1000_EECD, E1000_EECD_GNT, E1000_EECD_GNT, GRANT_US, &eecd);
	if (ret == 0) {
		eecd = (eecd & ~pins) | E1000_EECD_CS;
		set_pins(dev, eecd);
		shift_out(dev, eecd, E1000_MICROWIRE_READ, E1000_MICROWIRE_OPCODE_BITS);
		shift_out(dev, eecd, word, bits);
		*ret_value = shift_in(dev, eecd);
		set_pins(dev, eecd & ~E1000_EECD_CS);
	}
	e1000_write(dev, E1000_EECD, eecd & ~(pins | E1000_EECD_REQ));
	return ret;
}

/* -- the whole ---------------------------------------------------------------------------------------------------------- */

typedef int (*read_word_fn)(const struct e1000_dev *dev, unsigned word, uint16_t *ret_value);

static int
read_all(const struct e1000_dev *dev, read_word_fn read_word, uint16_t words[E1000_EEPROM_WORDS])
{
	int ret = 0;

	for (unsigned i = 0; i < E1000_EEPROM_WORDS && ret == 0; i++)
		ret = read_word(dev, i, &words[i]);
	return ret;
}

/* 5.6: words 0 to 3f, the checksum among them. */
static uint16_t
sum_of(const uint16_t words[E1000_EEPROM_WORDS])
{
	uint16_t sum = 0;

	for (unsigned i = 0; i < E1000_EEPROM_WORDS; i++)
		sum = (uint16_t)(sum + words[i]);
	return sum;
}

int
e1000_eeprom_mac(const struct e1000_dev *dev, uint8_t ret_mac[6], struct plx_why *why)
{
	uint16_t words[E1000_EEPROM_WORDS] = {0};
	int ret = read_all(dev, read_by_eerd, words);

	if (ret == -ETIMEDOUT) /* parts without EERD */
		ret = read_all(dev, read_by_microwire, words);
	if (ret != 0)
		return plx_why(why, ret, "the EEPROM cannot be read: %s", strerror(-ret));
	if (sum_of(words) != E1000_EEPROM_SUM)
		return plx_why(why, -EBADMSG,
			       "the words of the EEPROM add up to %#x, not %#x: its contents, the "
			       "address among them, are damaged; mac= gives the card one",
			       sum_of(words), E1000_EEPROM_SUM);
	for (unsigned i = 0; i < 3; i++)
		plx_store_le16(ret_mac + 2 * i, words[E1000_EEPROM_MAC + i]);
	return 0;
}
