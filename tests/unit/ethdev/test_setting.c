/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be asked of a port and changed on it, over a driver that only remembers; and the words for bits. */
#include "eal_pool_fixture.h"
#include "plx_zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "toy.h"

static void
every_bit_has_a_word_and_every_word_its_bit(void **state)
{
	static const struct {
		enum plx_ethdev_names names;
		unsigned nb_bits;
	} sets[] = {{PLX_ETHDEV_RX_OFFLOADS, 10},
		    {PLX_ETHDEV_TX_OFFLOADS, 7},
		    {PLX_ETHDEV_RSS_TYPES, 5}};

	for (unsigned s = 0; s < PLX_ARRAY_LEN(sets); s++) {
		for (unsigned i = 0; i < sets[s].nb_bits; i++) {
			const char *name = plx_ethdev_bit_name(sets[s].names, i);

			assert_non_null(name);
			assert_int_equal(plx_ethdev_bit_by_name(sets[s].names, name), 1u << i);
		}
		assert_null(plx_ethdev_bit_name(sets[s].names, sets[s].nb_bits));
		assert_null(plx_ethdev_bit_name(sets[s].names, 64));
		assert_int_equal(plx_ethdev_bit_by_name(sets[s].names, "nosuch"), 0);
	}
	assert_int_equal(plx_ethdev_bit_by_name(PLX_ETHDEV_RX_OFFLOADS, "VLAN_STRIP"),
			 PLX_ETH_RX_OFFLOAD_VLAN_STRIP);
	assert_int_equal(plx_ethdev_bit_by_name(PLX_ETHDEV_TX_OFFLOADS, "vlan_strip"), 0);
}

static void
bits_are_listed_in_words_and_cut_at_the_end_of_the_text(void **state)
{
	const uint32_t bits = PLX_ETH_RX_OFFLOAD_VLAN_STRIP | PLX_ETH_RX_OFFLOAD_LRO;
	char text[64];

	assert_string_equal(plx_ethdev_bits_text(PLX_ETHDEV_RX_OFFLOADS, bits, text, sizeof(text)),
			    "vlan_strip tcp_lro");
	assert_string_equal(plx_ethdev_bits_text(PLX_ETHDEV_TX_OFFLOADS, 0, text, sizeof(text)),
			    "none");
	memset(text, '#', sizeof(text));
	assert_string_equal(plx_ethdev_bits_text(PLX_ETHDEV_RX_OFFLOADS, bits, text, 5), "vlan");
	assert_int_equal(text[5], '#');
}

static void
flow_control_is_the_drivers_or_not_supported(void **state)
{
	const struct plx_ethdev_flow_ctrl wanted = {.rx = true, .autoneg = true};
	struct plx_ethdev_flow_ctrl flow;
	struct plx_ethdev_ops without;
	struct toy toy;

	assert_int_equal(plx_ethdev_flow_ctrl(0, &flow), -ENODEV);
	assert_int_equal(plx_ethdev_set_flow_ctrl(0, &wanted), -ENODEV);
	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_set_flow_ctrl(0, &wanted), 0);
	assert_int_equal(plx_ethdev_flow_ctrl(0, &flow), 0);
	assert_true(flow.rx && flow.autoneg && !flow.tx);
	toy.fail = -EIO;
	assert_int_equal(plx_ethdev_set_flow_ctrl(0, &wanted), -EIO);
	without = *toy.dev.ops;
	without.flow_ctrl = NULL;
	without.set_flow_ctrl = NULL;
	toy.dev.ops = &without;
	assert_int_equal(plx_ethdev_flow_ctrl(0, &flow), -ENOTSUP);
	assert_int_equal(plx_ethdev_set_flow_ctrl(0, &wanted), -ENOTSUP);
	plx_ethdev_unregister(&toy.dev);
}

static void
registers_are_the_drivers_or_not_supported(void **state)
{
	struct plx_ethdev_ops without;
	struct plx_ethdev_reg reg;
	struct toy toy;

	assert_int_equal(plx_ethdev_registers(0, &reg, 1), -ENODEV);
	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_registers(0, NULL, 0), 1);
	assert_int_equal(plx_ethdev_registers(0, &reg, 1), 1);
	assert_string_equal(reg.name, "TOY");
	assert_int_equal(reg.value, 77);
	toy.fail = -EIO;
	assert_int_equal(plx_ethdev_registers(0, &reg, 1), -EIO);
	without = *toy.dev.ops;
	without.registers = NULL;
	toy.dev.ops = &without;
	assert_int_equal(plx_ethdev_registers(0, &reg, 1), -ENOTSUP);
	plx_ethdev_unregister(&toy.dev);
}

static void
a_queue_tells_what_it_was_set_up_with(void **state)
{
	struct plx_ethdev_queue_info info;
	struct toy toy;

	assert_int_equal(plx_ethdev_rx_queue_info(0, 0, &info), -ENODEV);
	assert_int_equal(plx_ethdev_tx_queue_info(0, 0, &info), -ENODEV);
	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_configure(0, 1, 1, NULL, NULL), 0);
	assert_int_equal(plx_ethdev_rx_queue_info(0, 0, &info), -EINVAL);
	assert_int_equal(plx_ethdev_tx_queue_info(0, 0, &info), -EINVAL);
	run(&toy, pool, 2, 1);
	assert_int_equal(plx_ethdev_rx_queue_info(0, 1, &info), 0);
	assert_int_equal(info.descs, 32);
	assert_ptr_equal(info.pool, pool);
	assert_int_equal(plx_ethdev_rx_queue_info(0, 2, &info), -EINVAL);
	assert_int_equal(plx_ethdev_tx_queue_info(0, 0, &info), 0);
	assert_null(info.pool);
	assert_int_equal(plx_ethdev_tx_queue_info(0, 1, &info), -EINVAL);
	assert_int_equal(plx_ethdev_close(0), 0);
	assert_int_equal(plx_ethdev_rx_queue_info(0, 1, &info), -EINVAL);
	plx_ethdev_unregister(&toy.dev);
}

static void
only_a_loop_that_sleeps_asks_a_queue_for_its_fd(void **state)
{
	static const enum plx_idle_policy awake[] = {PLX_IDLE_POLL, PLX_IDLE_YIELD};
	struct plx_idle idle;
	struct toy toy;

	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_configure(0, 1, 1, NULL, NULL), 0);
	run(&toy, pool, 1, 1);
	plx_idle_init(&idle);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(awake); i++) {
		idle.policy = awake[i];
		plx_ethdev_idle_add(&idle, 0, 0);
		assert_int_equal(toy.fds_asked, 0);
	}
	plx_idle_init(&idle);
	idle.policy = PLX_IDLE_SLEEP;
	plx_ethdev_idle_add(&idle, 0, 0);
	assert_int_equal(toy.fds_asked, 1);
	assert_int_equal(idle.nb_fds, 1);
	assert_int_equal(idle.fd[0], 100);
	assert_false(idle.blind);
	plx_ethdev_idle_add(&idle, 0, 1); /* no such queue: sleep only briefly */
	assert_int_equal(idle.nb_fds, 1);
	assert_true(idle.blind);
	assert_int_equal(plx_ethdev_close(0), 0);
	plx_ethdev_unregister(&toy.dev);
}

static void
the_list_of_addresses_outlives_close_and_is_cut_at_the_callers_room(void **state)
{
	static const uint8_t one[6] = {0x02, 0, 0, 0, 0, 1}, two[6] = {0x01, 0, 0x5e, 0, 0, 2};
	uint8_t macs[2][6] = {{0}};
	struct toy toy;

	assert_int_equal(plx_ethdev_mac_list(0, NULL, 0), -ENODEV);
	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	assert_int_equal(plx_ethdev_mac_list(0, NULL, 0), 0);
	assert_int_equal(plx_ethdev_mac_add(0, one), 0);
	assert_int_equal(plx_ethdev_mac_add(0, two), 0);
	run(&toy, pool, 1, 1);
	assert_int_equal(plx_ethdev_close(0), 0);
	assert_int_equal(plx_ethdev_mac_list(0, macs, 1), 2);
	assert_memory_equal(macs[0], one, 6);
	assert_int_equal(macs[1][0], 0);
	assert_int_equal(plx_ethdev_mac_remove(0, one), 0);
	assert_int_equal(plx_ethdev_mac_list(0, macs, 2), 1);
	assert_memory_equal(macs[0], two, 6);
	plx_ethdev_unregister(&toy.dev);
}

static int
set_up(void **state)
{
	const struct plx_pool_params params = {.name = "ports", .n = 128, .node = PLX_NODE_ANY};

	return eal_pool_init(&params);
}

struct news {
	unsigned ups, downs;
	uint16_t port;
};

static void
hear(void *arg, uint16_t port, bool up)
{
	struct news *news = arg;

	news->port = port;
	if (up)
		news->ups++;
	else
		news->downs++;
}

static void
a_driver_tells_who_watches_that_its_link_changed(void **state)
{
	struct news news = {.port = 99};
	struct toy toy;

	toy_init(&toy, "toy0");
	assert_int_equal(plx_ethdev_register(&toy.dev, NULL), 0);
	plx_ethdev_link_changed(&toy.dev, false); /* nobody listens */
	assert_int_equal(plx_ethdev_watch_links(hear, &news, NULL), 0);
	plx_ethdev_link_changed(&toy.dev, false);
	plx_ethdev_link_changed(&toy.dev, true);
	assert_int_equal(news.downs, 1);
	assert_int_equal(news.ups, 1);
	assert_int_equal(news.port, toy.dev.port);
	plx_ethdev_unwatch_links();
	plx_ethdev_link_changed(&toy.dev, false);
	assert_int_equal(news.downs, 1);
	plx_ethdev_unregister(&toy.dev);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit_has_a_word_and_every_word_its_bit),
		cmocka_unit_test(bits_are_listed_in_words_and_cut_at_the_end_of_the_text),
		cmocka_unit_test(flow_control_is_the_drivers_or_not_supported),
		cmocka_unit_test(registers_are_the_drivers_or_not_supported),
		cmocka_unit_test(a_queue_tells_what_it_was_set_up_with),
		cmocka_unit_test(only_a_loop_that_sleeps_asks_a_queue_for_its_fd),
		cmocka_unit_test(a_driver_tells_who_watches_that_its_link_changed),
		cmocka_unit_test(
			the_list_of_addresses_outlives_close_and_is_cut_at_the_callers_room),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
