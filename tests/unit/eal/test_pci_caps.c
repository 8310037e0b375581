/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk over the list of capabilities, as devices and as liars make it. */
#include "plx_byteorder.h"
#include "plx_pci_driver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The offsets are those of PCI Local Bus 3.0, 6.1 and 6.7. */
#define STATUS	     0x06
#define STATUS_CAPS  0x10
#define CAPS_POINTER 0x34

static uint8_t space[PLX_PCI_CONFIG_SIZE];
static int read_result;
static char walked[2048]; /* "id@off/len " of each */
static uint8_t stop_at;	  /* the offset where the walker has enough */

static int
config_read(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	if (read_result != 0)
		return read_result;
	memcpy(to, space + off, len);
	return 0;
}

static const struct plx_pci_transport transport = {.name = "test", .config_read = config_read};

static int
note(void *arg, uint8_t id, uint8_t off, const uint8_t *bytes, unsigned len)
{
	size_t used = strlen(walked);

	assert_memory_equal(bytes, space + off, len);
	snprintf(walked + used, sizeof(walked) - used, "%02x@%02x/%u ", id, off, len);
	return off == stop_at ? 77 : 0;
}

static int
setup(void **state)
{
	memset(space, 0, sizeof(space));
	space[STATUS] = STATUS_CAPS;
	read_result = 0;
	stop_at = 0;
	return 0;
}

static void
cap(uint8_t off, uint8_t id, uint8_t next)
{
	space[off] = id;
	space[off + 1] = next;
}

static int
walk(void)
{
	struct plx_pci pci = {.transport = &transport};

	walked[0] = '\0';
	return plx_pci_each_cap(&pci, note, NULL);
}

/* The transport is not asked for what is not there. */
static void
nothing_is_read_or_written_behind_the_space(void **state)
{
	static const struct {
		uint32_t off, len;
	} bad[] = {{PLX_PCI_CONFIG_SIZE, 1},
		   {PLX_PCI_CONFIG_SIZE - 1, 2},
		   {0, PLX_PCI_CONFIG_SIZE + 1},
		   {4, UINT32_MAX - 2},
		   {UINT32_MAX, 2}};
	struct plx_pci pci = {.transport = &transport};
	uint8_t bytes[PLX_PCI_CONFIG_SIZE];

	read_result = -ENXIO; /* who asks gets this */
	for (unsigned i = 0; i < PLX_ARRAY_LEN(bad); i++) {
		assert_int_equal(plx_pci_config_read(&pci, bad[i].off, bytes, bad[i].len), -EINVAL);
		assert_int_equal(plx_pci_config_write(&pci, bad[i].off, bytes, bad[i].len),
				 -EINVAL);
	}
	assert_int_equal(plx_pci_config_read(&pci, 0, bytes, PLX_PCI_CONFIG_SIZE), -ENXIO);
}

static void
a_list_is_walked_to_its_end(void **state)
{
	space[CAPS_POINTER] = 0x40;
	cap(0x40, 0x09, 0x50);
	cap(0x50, 0x11, 0x44);
	cap(0x44, 0x05, 0x00);
	assert_int_equal(walk(), 0);
	assert_string_equal(walked, "09@40/32 11@50/32 05@44/32 ");
}

static void
a_device_without_a_list_has_none(void **state)
{
	space[CAPS_POINTER] = 0x40;
	space[STATUS] = 0;
	assert_int_equal(walk(), 0);
	assert_string_equal(walked, "");
	space[STATUS] = STATUS_CAPS;
	space[CAPS_POINTER] = 0;
	assert_int_equal(walk(), 0);
	assert_string_equal(walked, "");
}

/* The low two bits are reserved and must be masked. */
static void
pointers_that_are_not_aligned_are_rounded_down(void **state)
{
	space[CAPS_POINTER] = 0x43;
	cap(0x40, 0x09, 0x52);
	cap(0x50, 0x11, 0x03);
	assert_int_equal(walk(), 0);
	assert_string_equal(walked, "09@40/32 11@50/32 ");
}

static void
the_last_capability_is_cut_at_the_end_of_the_space(void **state)
{
	space[CAPS_POINTER] = 0xe4;
	cap(0xe4, 0x09, 0xfc);
	cap(0xfc, 0x11, 0x00);
	assert_int_equal(walk(), 0);
	assert_string_equal(walked, "09@e4/28 11@fc/4 ");
}

static void
a_loop_ends_where_it_closes(void **state)
{
	space[CAPS_POINTER] = 0x40;
	cap(0x40, 0x09, 0x50);
	cap(0x50, 0x11, 0x60);
	cap(0x60, 0x05, 0x50);
	assert_int_equal(walk(), -ELOOP);
	assert_string_equal(walked, "09@40/32 11@50/32 05@60/32 ");
	cap(0x40, 0x09, 0x40);
	assert_int_equal(walk(), -ELOOP);
	assert_string_equal(walked, "09@40/32 ");
}

static void
a_pointer_into_the_header_ends_the_walk(void **state)
{
	space[CAPS_POINTER] = 0x40;
	cap(0x40, 0x09, 0x3c);
	assert_int_equal(walk(), -ERANGE);
	assert_string_equal(walked, "09@40/32 ");
	space[CAPS_POINTER] = 0x04;
	assert_int_equal(walk(), -ERANGE);
	assert_string_equal(walked, "");
}

static void
as_many_as_fit_are_no_loop(void **state)
{
	unsigned n = 0;

	space[CAPS_POINTER] = 0x40;
	for (unsigned off = 0x40; off < 0x100; off += 4)
		cap((uint8_t)off, 0x09, (uint8_t)(off + 4));
	assert_int_equal(walk(), 0);
	for (const char *at = walked; (at = strchr(at, '@')) != NULL; at++)
		n++;
	assert_int_equal(n, 48);
}

static void
the_walker_may_stop_it(void **state)
{
	space[CAPS_POINTER] = 0x40;
	cap(0x40, 0x09, 0x50);
	cap(0x50, 0x11, 0x60);
	stop_at = 0x50;
	assert_int_equal(walk(), 77);
	assert_string_equal(walked, "09@40/32 11@50/32 ");
}

static void
a_device_that_went_away_ends_it(void **state)
{
	memset(space, 0xff, sizeof(space));
	assert_int_equal(walk(), -ELOOP);
	assert_string_equal(walked, "ff@fc/4 ");
	read_result = -EIO;
	assert_int_equal(walk(), -EIO);
	assert_string_equal(walked, "");
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_is_read_or_written_behind_the_space),
		CASE(a_list_is_walked_to_its_end),
		CASE(a_device_without_a_list_has_none),
		CASE(pointers_that_are_not_aligned_are_rounded_down),
		CASE(the_last_capability_is_cut_at_the_end_of_the_space),
		CASE(a_loop_ends_where_it_closes),
		CASE(a_pointer_into_the_header_ends_the_walk),
		CASE(as_many_as_fit_are_no_loop),
		CASE(the_walker_may_stop_it),
		CASE(a_device_that_went_away_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
