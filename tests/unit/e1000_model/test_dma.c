/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver's memory as the card reaches it. */
#include "driver_memory.h"

static struct emodel_window *window;

static int
set_up(void **state)
{
	make_card();
	window = &model->tx.window;
	return 0;
}

static int
tear_down(void **state)
{
	free_card();
	return 0;
}

static void
a_window_asks_once(void **state)
{
	uint8_t *bytes = memory_add(&memory, 0x10000, 4 * PAGE);

	assert_ptr_equal(emodel_dma_find(model, window, 0x10100, 64, false), bytes + 0x100);
	assert_int_equal(memory.finds, 1);
	assert_ptr_equal(emodel_dma_find(model, window, 0x10101, 1, false), bytes + 0x101);
	assert_ptr_equal(emodel_dma_find(model, window, 0x13fff, 1, false), bytes + 0x3fff);
	assert_ptr_equal(emodel_dma_find(model, window, 0x10100, 0x3f00, false), bytes + 0x100);
	assert_int_equal(memory.finds, 1);
	/* Below it: asked for, and then it reaches from there to the end. */
	assert_ptr_equal(emodel_dma_find(model, window, 0x10000, 16, false), bytes);
	assert_ptr_equal(emodel_dma_find(model, window, 0x10000, 4 * PAGE, false), bytes);
	assert_int_equal(memory.finds, 2);
}

/* The byte behind a window is the next map's, or nobody's; it is never a piece of nothing. */
static void
a_piece_begins_where_the_window_ends(void **state)
{
	uint8_t *first = memory_add(&memory, 0x10000, PAGE), *second;
	uint64_t len = PAGE;

	second = memory_add(&memory, 0x11000, PAGE);
	assert_ptr_equal(emodel_dma_piece(model, window, 0x10000, &len, false), first);
	assert_int_equal(len, PAGE);
	len = 16;
	assert_ptr_equal(emodel_dma_piece(model, window, 0x10000, &len, false), first);
	assert_int_equal(memory.finds, 1);
	assert_ptr_equal(emodel_dma_piece(model, window, 0x11000, &len, false), second);
	assert_int_equal(len, 16);
	assert_null(emodel_dma_piece(model, window, 0x12000, &len, false));
}

static void
a_window_ends_with_its_map(void **state)
{
	memory_add(&memory, 0x10000, PAGE);
	memory_add(&memory, 0x11000, PAGE);
	memory_add(&memory, UINT64_MAX - 0xfff, PAGE);
	assert_non_null(emodel_dma_find(model, window, 0x10000, PAGE, false));
	assert_null(emodel_dma_find(model, window, 0x10ff0, 17, false));
	assert_null(emodel_dma_find(model, window, 0x10000, UINT64_MAX, false));
	assert_null(emodel_dma_find(model, window, 0xffff, 1, false));
	assert_null(emodel_dma_find(model, window, 0x12000, 1, false));
	assert_null(emodel_dma_find(model, window, UINT64_MAX, 1, false));
	assert_null(emodel_dma_find(model, window, UINT64_MAX - 3, 16, false));
	assert_int_equal(errors(), 0); /* looking is no access */
}

static void
what_is_read_only_is_not_written(void **state)
{
	const char text[4] = "abc";
	char back[4];
	uint8_t *bytes = memory_add(&memory, 0x10000, PAGE);

	memory.maps[0].read_only = true;
	assert_non_null(emodel_dma_find(model, window, 0x10000, 16, false));
	assert_null(emodel_dma_find(model, window, 0x10000, 16, true));
	assert_int_equal(emodel_dma_write(model, window, 0x10000, text, 4), -EFAULT);
	assert_int_equal(emodel_dma_read(model, window, 0x10000, back, 4), 0);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(errors(), 1);
}

static void
copies_go_over_borders(void **state)
{
	const char text[32] = "across the borders of four maps";
	char back[32];

	/* 16 bytes, a page to be asked for, one found, one asked for. */
	memory_add(&memory, 0x10000, PAGE);
	memory_add(&memory, 0x11000, PAGE);
	memory_add(&memory, 0x12000, 16);
	memory.maps[1].asked = true;
	assert_int_equal(emodel_dma_write(model, window, 0x10ff0, text, 32), 0);
	assert_memory_equal(memory_at(&memory, 0x10ff0), text, 16);
	assert_memory_equal(memory_at(&memory, 0x11000), text + 16, 16);
	assert_int_equal(emodel_dma_read(model, window, 0x10ff0, back, 32), 0);
	assert_memory_equal(back, text, 32);
	assert_int_equal(emodel_dma_write(model, window, 0x11ff8, text, 24), 0);
	assert_int_equal(emodel_dma_read(model, window, 0x11ff8, back, 24), 0);
	assert_memory_equal(back, text, 24);
	assert_int_equal(memory.writes, 2);
	assert_int_equal(memory.reads, 2);
	assert_int_equal(errors(), 0);
	/* One byte more is nowhere. */
	assert_int_equal(emodel_dma_read(model, window, 0x11ff8, back, 25), -EFAULT);
	assert_int_equal(emodel_dma_write(model, window, 0x11ff8, text, 25), -EFAULT);
	assert_int_equal(errors(), 2);
}

static void
pages_are_asked_for_one_by_one(void **state)
{
	uint8_t *bytes = memory_add(&memory, 0x10000, 3 * PAGE), back[2 * PAGE];

	memory.maps[0].asked = true;
	for (unsigned i = 0; i < 3 * PAGE; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	assert_int_equal(emodel_dma_read(model, window, 0x10080, back, sizeof(back)), 0);
	assert_memory_equal(back, bytes + 0x80, sizeof(back));
	assert_int_equal(memory.reads, 3);
}

static void
an_address_beyond_all_is_nowhere(void **state)
{
	uint8_t back[16];

	memory_add(&memory, 0, PAGE);
	memory_add(&memory, UINT64_MAX - 0xfff, PAGE);
	assert_int_equal(emodel_dma_read(model, window, UINT64_MAX - 20, back, 16), 0);
	/* Though there is something at 0. */
	memory.maps[1].asked = true;
	emodel_dma_forget(model);
	assert_int_equal(emodel_dma_read(model, window, UINT64_MAX - 7, back, 16), -EFAULT);
	assert_int_equal(emodel_dma_write(model, window, UINT64_MAX - 7, back, 16), -EFAULT);
	assert_int_equal(errors(), 2);
}

static void
who_only_finds_need_not_copy(void **state)
{
	uint8_t back[16];

	memory_add(&memory, 0x10000, PAGE);
	model->ops.read = NULL;
	model->ops.write = NULL;
	assert_int_equal(emodel_dma_read(model, window, 0x10000, back, 16), 0);
	assert_int_equal(emodel_dma_read(model, window, 0x9000, back, 16), -EFAULT);
	assert_int_equal(emodel_dma_write(model, window, 0x9000, back, 16), -EFAULT);
}

static void
pieces_end_where_maps_do(void **state)
{
	uint8_t *low = memory_add(&memory, 0x10000, PAGE), *high = memory_add(&memory, 0x11000, 8);
	uint64_t len = 32;

	assert_ptr_equal(emodel_dma_piece(model, window, 0x10ff0, &len, false), low + 0xff0);
	assert_int_equal(len, 16);
	len = 32;
	assert_ptr_equal(emodel_dma_piece(model, window, 0x11004, &len, false), high + 4);
	assert_int_equal(len, 4);
	len = 2;
	assert_ptr_equal(emodel_dma_piece(model, window, 0x11004, &len, false), high + 4);
	assert_int_equal(len, 2);
	assert_null(emodel_dma_piece(model, window, 0x11008, &len, false));
}

static void
what_is_unmapped_is_forgotten(void **state)
{
	struct emodel_window *all[] = {&model->tx.window, &model->tx.ring.window, &model->rx.window,
				       &model->rx.ring.window};

	memory_add(&memory, 0x10000, PAGE);
	for (unsigned i = 0; i < 4; i++) {
		assert_non_null(emodel_dma_find(model, all[i], 0x10000, 16, true));
		plx_e1000_model_unmapped(model, 0xf000, PAGE);
		plx_e1000_model_unmapped(model, 0x11000, UINT64_MAX - 0x11000);
		assert_int_equal(all[i]->len, PAGE);
		plx_e1000_model_unmapped(model, i % 2 == 0 ? 0x10fff : 0xf000, 0x1001);
		assert_int_equal(all[i]->len, 0);
	}
	assert_int_equal(memory.finds, 4);
	free(memory.maps[0].bytes);
	memory.nb = 0;
	for (unsigned i = 0; i < 4; i++)
		assert_null(emodel_dma_find(model, all[i], 0x10000, 16, true));
}

static void
faults_spoil_one_access_of_so_many(void **state)
{
	struct plx_e1000_model_faults faults = {.dma_error = 4};
	unsigned bad = 0;
	uint8_t byte;

	memory_add(&memory, 0x10000, PAGE);
	assert_non_null(emodel_dma_find(model, window, 0x10000, 1, false));
	plx_e1000_model_fault(model, &faults);
	assert_null(emodel_dma_find(model, window, 0x10000, 1, false));
	for (unsigned i = 0; i < 40; i++)
		bad += emodel_dma_read(model, window, 0x10000, &byte, 1) != 0;
	assert_int_equal(bad, 10);
	assert_int_equal(errors(), 10);
	faults.dma_error = 0;
	plx_e1000_model_fault(model, &faults);
	assert_non_null(emodel_dma_find(model, window, 0x10000, 1, false));
	assert_int_equal(emodel_dma_read(model, window, 0x10000, &byte, 1), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_window_asks_once),
		TEST(a_piece_begins_where_the_window_ends),
		TEST(a_window_ends_with_its_map),
		TEST(what_is_read_only_is_not_written),
		TEST(copies_go_over_borders),
		TEST(pages_are_asked_for_one_by_one),
		TEST(an_address_beyond_all_is_nowhere),
		TEST(who_only_finds_need_not_copy),
		TEST(pieces_end_where_maps_do),
		TEST(what_is_unmapped_is_forgotten),
		TEST(faults_spoil_one_access_of_so_many),
	};

	return cmocka_run_group_tests_name("e1000_model_dma", tests, NULL, NULL);
}
