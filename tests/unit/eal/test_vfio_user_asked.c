/* SPDX-License-Identifier: BSD-3-Clause */
/* The transport vfio-user: our memory as a server asks for it, by right and by wrong, and as it comes and goes. */
#include "vfio_user_liar.h"

#define FILL 0x5a

static const struct plx_zone *zone;

/* A device that is open, and memory it was told of. */
static void
opens_with_memory(void)
{
	assert_int_equal(plx_zone_reserve_dma("asked", ZONE_LEN, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &zone, &why),
			 0);
	memset(zone->addr, FILL, zone->len);
	opens();
}

/* While a command of ours waits for its answer. */
static int
is_asked(struct asking ask)
{
	liar.ask = ask;
	liar.ask.address += (uintptr_t)zone->addr;
	liar.fault = ASKS;
	liar.command = VFIO_USER_DEVICE_RESET;
	memset(liar.asked_data, 0, sizeof(liar.asked_data));
	return plx_pci_vfio_user.reset(&pci);
}

/* It is answered with this error, and so are we. */
static void
gets(struct asking ask, uint32_t error)
{
	assert_int_equal(is_asked(ask), 0);
	if (liar.asked_error != error)
		fail_msg("%u in place of %u", liar.asked_error, error);
}

static void
ends(void)
{
	plx_pci_vfio_user.close(&pci);
	plx_zone_free(zone);
}

static void
twins(void)
{
	liar.twins = true;
	liar.text = "{\"capabilities\":{\"max_msg_fds\":8,\"twin_socket\":{\"supported\":true,"
		    "\"fd_index\":0}}}";
}

/* -- by right -------------------------------------------------------------------------------------------------------------- */

static void
reads_and_writes(void)
{
	const uint8_t *bytes;

	opens_with_memory();
	bytes = zone->addr;
	gets((struct asking){.command = VFIO_USER_DMA_READ, .address = 8, .count = 8}, 0);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(liar.asked_data[i], FILL);
	gets((struct asking){VFIO_USER_DMA_WRITE, .address = 8, .count = 8, .sent = 8}, 0);
	assert_int_equal(bytes[7], FILL);
	for (unsigned i = 8; i < 16; i++)
		assert_int_equal(bytes[i], 0x77);
	assert_int_equal(bytes[16], FILL);
	/* All of it. */
	gets((struct asking){VFIO_USER_DMA_WRITE, .count = ZONE_LEN, .sent = ZONE_LEN}, 0);
	assert_int_equal(bytes[0], 0x77);
	assert_int_equal(bytes[ZONE_LEN - 1], 0x77);
	ends();
}

static void
a_server_may_ask_before_it_answers(void **state)
{
	reads_and_writes();
}

static void
a_server_may_ask_by_a_twin(void **state)
{
	twins();
	reads_and_writes();
	assert_true(liar.twin >= 0);
}

static void
who_wants_no_answer_gets_none(void **state)
{
	opens_with_memory();
	assert_int_equal(is_asked((struct asking){VFIO_USER_DMA_WRITE, VFIO_USER_NO_REPLY,
						  .count = 8, .sent = 8}),
			 0);
	assert_int_equal(*(uint8_t *)zone->addr, 0x77);
	/* Not even one that says what is wrong. */
	assert_int_equal(is_asked((struct asking){VFIO_USER_DMA_READ, VFIO_USER_NO_REPLY,
						  .address = 1ull << 46, .count = 8}),
			 0);
	assert_int_equal(read_bar(0), 0);
	assert_int_equal(liar.strays, 0);
	ends();
}

/* -- by wrong -------------------------------------------------------------------------------------------------------------- */

static void
no_more_than_zones_is_reached(void **state)
{
	static const struct {
		uint64_t address, count;
	} cases[] = {
		{1ull << 46, 8},	 {ZONE_LEN - 4, 8}, {ZONE_LEN, 1},
		{ZONE_LEN + 1, 0},	 {0, ZONE_LEN + 1}, {0, VFIO_USER_DATA_MAX},
		{UINT64_MAX - 0xfff, 8},
	};

	opens_with_memory();
	for (size_t i = 0; i < PLX_ARRAY_LEN(cases); i++) {
		gets((struct asking){.command = VFIO_USER_DMA_READ,
				     .address = cases[i].address,
				     .count = cases[i].count},
		     EFAULT);
		gets((struct asking){VFIO_USER_DMA_WRITE, .address = cases[i].address,
				     .count = cases[i].count, .sent = (uint32_t)cases[i].count},
		     EFAULT);
	}
	for (unsigned i = 0; i < ZONE_LEN; i++)
		assert_int_equal(((uint8_t *)zone->addr)[i], FILL);
	ends();
}

static void
lengths_that_lie_are_refused(void **state)
{
	opens_with_memory();
	gets((struct asking){VFIO_USER_DMA_WRITE, .count = 8, .sent = 7}, EINVAL);
	gets((struct asking){VFIO_USER_DMA_WRITE, .count = 8, .sent = 9}, EINVAL);
	gets((struct asking){VFIO_USER_DMA_WRITE, .count = 8}, EINVAL);
	gets((struct asking){VFIO_USER_DMA_READ, .count = 8, .sent = 8}, EINVAL);
	gets((struct asking){VFIO_USER_DMA_READ, .count = VFIO_USER_DATA_MAX + 1}, E2BIG);
	gets((struct asking){VFIO_USER_DMA_READ, .count = UINT64_MAX}, E2BIG);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(((uint8_t *)zone->addr)[i], FILL);
	ends();
}

static void
commands_of_a_driver_are_not_a_servers(void **state)
{
	opens_with_memory();
	for (uint16_t command = 0; command < 32; command++)
		if (command != VFIO_USER_DMA_READ && command != VFIO_USER_DMA_WRITE)
			gets((struct asking){.command = command}, ENOSYS);
	ends();
}

/* The connection is lost, with all files that came, and nothing hangs. */
static void
breaks(struct asking ask)
{
	opens_with_memory();
	assert_int_equal(is_asked(ask), -EIO);
	is_dead();
	plx_zone_free(zone);
}

static void
a_command_with_a_file_ends_it(void **state)
{
	const unsigned before = open_fds();

	breaks((struct asking){.command = VFIO_USER_DMA_READ, .count = 8, .file = true});
	pthread_join(liar.thread, NULL);
	liar.joined = true;
	assert_int_equal(open_fds(), before);
}

static void
a_command_too_short_ends_it(void **state)
{
	breaks((struct asking){.command = VFIO_USER_DMA_READ, .count = 8, .cut = true});
}

static void
a_command_too_long_ends_it(void **state)
{
	breaks((struct asking){VFIO_USER_DMA_WRITE, .count = 8, .sent = VFIO_USER_DATA_MAX + 1});
}

static void
a_command_beside_the_twin_ends_it(void **state)
{
	twins();
	breaks((struct asking){.command = VFIO_USER_DMA_READ, .count = 8, .by_wrong_socket = true});
}

static void
an_answer_by_the_twin_ends_it(void **state)
{
	twins();
	opens();
	liar.fault = ANSWERS_BY_TWIN;
	liar.command = VFIO_USER_DEVICE_RESET;
	assert_int_equal(plx_pci_vfio_user.reset(&pci), -EIO);
	is_dead();
}

/* -- memory that comes and goes ------------------------------------------------------------------------------------------------ */

static void
a_server_with_few_maps_is_given_no_more(void **state)
{
	const struct plx_zone *first, *second = NULL;

	liar.text = "{\"capabilities\":{\"max_msg_fds\":8,\"max_dma_maps\":1}}";
	opens();
	assert_int_equal(liar.maps, 0);
	assert_int_equal(
		plx_zone_reserve_dma("one", ZONE_LEN, PLX_NODE_ANY, PLX_ZONE_BUFFERS, &first, &why),
		0);
	assert_int_equal(plx_zone_reserve_dma("two", ZONE_LEN, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &second, &why),
			 -ENOSPC);
	assert_non_null(strstr(why.text, "the server takes 1 zones at most"));
	assert_null(second);
	assert_int_equal(read_bar(0), 0);
	plx_zone_free(first);
	assert_int_equal(plx_zone_reserve_dma("two", ZONE_LEN, PLX_NODE_ANY, PLX_ZONE_BUFFERS,
					      &second, &why),
			 0);
	plx_zone_free(second);
	plx_pci_vfio_user.close(&pci);
}

#define STORM 200

static bool over;

/* What a lcore does meanwhile. */
static void *
use_registers(void *arg)
{
	uint32_t n = 0;

	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		n++;
		if (plx_pci_vfio_user.bar_write(&pci, 0, 0x40, &n, 4) != 0 || read_bar(0x40) != n)
			return NULL;
	}
	return &over;
}

static void
storms_of_zones_disturb_no_register(void **state)
{
	pthread_t lcore;
	void *all_well;

	opens();
	__atomic_store_n(&over, false, __ATOMIC_RELAXED);
	assert_int_equal(pthread_create(&lcore, NULL, use_registers, NULL), 0);
	for (unsigned i = 0; i < STORM; i++) {
		assert_int_equal(plx_zone_reserve_dma("storm", ZONE_LEN, PLX_NODE_ANY,
						      PLX_ZONE_BUFFERS, &zone, &why),
				 0);
		plx_zone_free(zone);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	pthread_join(lcore, &all_well);
	assert_non_null(all_well);
	assert_int_equal(liar.maps, STORM);
	assert_int_equal(liar.unmaps, STORM);
	plx_pci_vfio_user.close(&pci);
}

static int
start(void **state)
{
	return eal_fixture_init("0");
}

static int
stop(void **state)
{
	plx_eal_cleanup();
	return 0;
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_server_may_ask_before_it_answers),
		CASE(a_server_may_ask_by_a_twin),
		CASE(who_wants_no_answer_gets_none),
		CASE(no_more_than_zones_is_reached),
		CASE(lengths_that_lie_are_refused),
		CASE(commands_of_a_driver_are_not_a_servers),
		CASE(a_command_with_a_file_ends_it),
		CASE(a_command_too_short_ends_it),
		CASE(a_command_too_long_ends_it),
		CASE(a_command_beside_the_twin_ends_it),
		CASE(an_answer_by_the_twin_ends_it),
		CASE(a_server_with_few_maps_is_given_no_more),
		CASE(storms_of_zones_disturb_no_register),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
