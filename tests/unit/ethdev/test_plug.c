/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports that come and go, with a driver that makes toys. */
#include "eal_pool_fixture.h"
#include "plx_zone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "eal/sysfs_tree.h"
#include "plx_pci_driver.h"
#include "toy.h"

static unsigned nb_toys;
static bool without_port;

static int
toy_probe(struct plx_device *device, struct plx_why *why)
{
	struct toy *toy = calloc(1, sizeof(*toy));

	toy_init(toy, device->name);
	toy->dev.device = device;
	if (!without_port)
		assert_int_equal(plx_ethdev_register(&toy->dev, why), 0);
	device->data = toy;
	nb_toys++;
	return 0;
}

static void
toy_remove(struct plx_device *device)
{
	struct toy *toy = device->data;

	plx_ethdev_unregister(&toy->dev);
	assert_int_equal(toy->queues, 0);
	free(toy);
	nb_toys--;
}

static const struct plx_driver toy_driver = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_VDEV,
	.name = "net_toy",
	.about = "toys",
	.probe = toy_probe,
	.remove = toy_remove,
};

static void
an_attached_port_goes_with_all_it_had_and_its_number_is_free_again(void **state)
{
	struct plx_ethdev_info info;
	struct toy *toy;
	uint16_t port;

	assert_int_equal(plx_ethdev_attach("net_toy7", &port, NULL), 0);
	assert_int_equal(port, 0);
	assert_int_equal(plx_ethdev_info(0, &info), 0);
	assert_string_equal(info.name, "net_toy7");
	assert_int_equal(info.state, PLX_ETHDEV_CLOSED);
	toy = toy_of(plx_ethdev_at(0));
	run(toy, pool, 2, 1);
	assert_int_equal(plx_ethdev_stop(0), 0);
	assert_int_equal(plx_ethdev_detach(0, NULL), 0);
	assert_int_equal(nb_toys, 0);
	assert_int_equal(plx_ethdev_count(), 0);
	assert_int_equal(plx_ethdev_attach("net_toy8", &port, NULL), 0);
	assert_int_equal(port, 0);
	assert_int_equal(plx_ethdev_detach(port, NULL), 0);
}

static void
a_running_port_stays(void **state)
{
	struct plx_why why = {""};
	uint16_t port;

	assert_int_equal(plx_ethdev_attach("net_toy0", &port, NULL), 0);
	run(toy_of(plx_ethdev_at(port)), pool, 1, 1);
	assert_int_equal(plx_ethdev_detach(port, &why), -EBUSY);
	assert_non_null(strstr(why.text, "stop it before detaching"));
	assert_int_equal(nb_toys, 1);
	assert_int_equal(plx_ethdev_stop(port), 0);
	assert_int_equal(plx_ethdev_detach(port, NULL), 0);
	assert_int_equal(plx_ethdev_detach(port, &why), -ENODEV);
}

static void
what_is_no_port_is_refused_and_leaves_nothing(void **state)
{
	struct plx_why why = {""};
	uint16_t port = 77;

	assert_int_equal(plx_ethdev_attach("net_nosuch0", &port, &why), -ENODEV);
	assert_int_equal(plx_ethdev_attach("", &port, &why), -EINVAL);
	without_port = true;
	assert_int_equal(plx_ethdev_attach("net_toy0", &port, &why), -ENOTSUP);
	without_port = false;
	assert_non_null(strstr(why.text, "has no port"));
	assert_int_equal(nb_toys, 0);
	assert_int_equal(port, 77);
}

static int
card_open(struct plx_pci *pci, const char *address, struct plx_why *why)
{
	return 0;
}

static void
card_close(struct plx_pci *pci)
{
}

static int
card_config(struct plx_pci *pci, uint32_t off, void *to, uint32_t len)
{
	static const uint8_t ids[] = {0xf4, 0x1a, 0x77, 0x77};

	memset(to, 0, len);
	memcpy(to, ids, len < sizeof(ids) ? len : sizeof(ids));
	return 0;
}

/* By the name of the kernel driver that it stands for. */
static const struct plx_pci_transport card_transport = {
	.name = "vfio-pci",
	.about = "of a test",
	.open = card_open,
	.close = card_close,
	.config_read = card_config,
};

static const struct plx_driver card_driver = {
	.api = PLX_DRIVER_API,
	.bus = PLX_BUS_PCI,
	.name = "net_card",
	.about = "toys on PCI",
	.probe = toy_probe,
	.remove = toy_remove,
	.ids = (const struct plx_pci_id[]){{0x1af4, 0x7777}, {0, 0}},
};

static void
a_card_is_plugged_by_either_spelling_of_its_address(void **state)
{
	static const char *const spellings[] = {"0000:00:08.0", "00:08.0"};
	struct plx_ethdev_info info;
	struct plx_why why;
	uint16_t port;

	assert_int_equal(sysfs_setup(state), 0);
	sysfs_device("0000:00:08.0", "0x1af4\n", "0x7777\n", "0x020000\n", "vfio-pci");
	assert_int_equal(plx_pci_transport_add(&card_transport), 0);
	assert_int_equal(plx_driver_add(&card_driver, NULL), 0);
	for (unsigned i = 0; i < PLX_ARRAY_LEN(spellings); i++) {
		if (plx_ethdev_attach(spellings[i], &port, &why) != 0)
			fail_msg("%s", why.text);
		assert_int_equal(plx_ethdev_info(port, &info), 0);
		assert_string_equal(info.name, "0000:00:08.0");
		assert_int_equal(plx_ethdev_attach(spellings[1 - i], &port, &why), -EEXIST);
		assert_int_equal(plx_ethdev_detach(port, NULL), 0);
	}
	assert_int_equal(nb_toys, 0);
	assert_int_equal(sysfs_teardown(state), 0);
}

static int
set_up(void **state)
{
	const struct plx_pool_params params = {.name = "ports", .n = 128, .node = PLX_NODE_ANY};

	if (eal_pool_init(&params) != 0)
		return -1;
	return plx_driver_add(&toy_driver, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_attached_port_goes_with_all_it_had_and_its_number_is_free_again),
		cmocka_unit_test(a_running_port_stays),
		cmocka_unit_test(what_is_no_port_is_refused_and_leaves_nothing),
		cmocka_unit_test(a_card_is_plugged_by_either_spelling_of_its_address),
	};

	return cmocka_run_group_tests(tests, set_up, eal_pool_fini);
}
