/* SPDX-License-Identifier: BSD-3-Clause */
#include "device_priv.h"
#include "driver_priv.h"
#include "plx_eal.h"
#include "own.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct plx_why why;
static char trace[256];

static void
note(const char *what, const char *name)
{
	size_t len = strlen(trace);

	snprintf(trace + len, sizeof(trace) - len, "%s%s ", what, name);
}

static int
probe(struct plx_device *dev, struct plx_why *reason)
{
	if (strcmp(dev->args, "fail") == 0)
		return plx_why(reason, -EIO, "told to fail");
	if (strcmp(dev->args, "mute") == 0)
		return -EBUSY;
	note("+", dev->name);
	return 0;
}

static void
remove_device(struct plx_device *dev)
{
	note("-", dev->name);
}

#define DRIVER(n)                                                                      \
	{                                                                              \
		.api = PLX_DRIVER_API, .bus = PLX_BUS_VDEV, .name = n, .probe = probe, \
		.remove = remove_device,                                               \
	}

static const struct plx_driver drivers[] = {
	DRIVER("net_af_xdp"),
	DRIVER("net_af"),
	DRIVER("net_ring"),
};

static int
add_drivers(void **state)
{
	trace[0] = '\0';
	for (unsigned i = 0; i < PLX_ARRAY_LEN(drivers); i++)
		if (plx_driver_add(&drivers[i], &why) != 0)
			return -1;
	return 0;
}

static int
drop_all(void **state)
{
	plx_device_remove_all();
	plx_driver_drop(0);
	return 0;
}

static const char *
driver_of(const char *devargs)
{
	char name[PLX_DEVICE_NAME_MAX];

	if (plx_device_attach(devargs, &why) != 0)
		fail_msg("%s: %s", devargs, why.text);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(devargs, ","), devargs);
	return plx_device_find(name)->driver->name;
}

static void
the_longest_driver_name_wins(void **state)
{
	assert_string_equal(driver_of("net_af0"), "net_af");
	assert_string_equal(driver_of("net_af_xdp12,iface=eth1"), "net_af_xdp");
	assert_string_equal(driver_of("net_af_packet0"), "net_af");
	assert_string_equal(driver_of("net_ring_a"), "net_ring");
	assert_string_equal(driver_of("net_ring"), "net_ring");
}

static void
a_device_knows_its_name_and_arguments(void **state)
{
	const struct plx_device *dev;

	driver_of("net_ring0,size=64,x=y");
	dev = plx_device_find("net_ring0");
	assert_string_equal(dev->name, "net_ring0");
	assert_string_equal(dev->args, "size=64,x=y");
	assert_int_equal(dev->bus, PLX_BUS_VDEV);
	assert_int_equal(dev->node, -1);
	driver_of("net_ring1");
	assert_string_equal(plx_device_find("net_ring1")->args, "");
	assert_ptr_equal(plx_device_at(0), dev);
	assert_string_equal(plx_device_at(1)->name, "net_ring1");
	assert_null(plx_device_at(2));
}

static void
devices_go_in_reverse_order(void **state)
{
	driver_of("net_ring0");
	driver_of("net_ring1");
	driver_of("net_ring2");
	assert_int_equal(plx_device_detach("net_ring1", &why), 0);
	assert_null(plx_device_find("net_ring1"));
	assert_int_equal(plx_device_detach("net_ring1", &why), -ENODEV);
	driver_of("net_ring1");
	plx_device_remove_all();
	assert_string_equal(trace, "+net_ring0 +net_ring1 +net_ring2 -net_ring1 +net_ring1 "
				   "-net_ring1 -net_ring2 -net_ring0 ");
	assert_null(plx_device_at(0));
}

static void
refused(const char *devargs, int ret, const char *sentence)
{
	why.text[0] = '\0';
	assert_int_equal(plx_device_attach(devargs, &why), ret);
	if (strstr(why.text, sentence) == NULL)
		fail_msg("%s: '%s' lacks '%s'", devargs, why.text, sentence);
}

static void
what_cannot_be_attached_is_explained(void **state)
{
	driver_of("net_ring0");
	refused("net_ring0,x=y", -EEXIST, "net_ring0");
	refused("net_ring1,fail", -EIO, "net_ring1: told to fail");
	refused("net_ring1,mute", -EBUSY, "net_ring1: Device or resource busy");
	refused("crypto0", -ENODEV, "net_af_xdp net_af net_ring");
	refused("0000:7f:1f.7", -ENODEV, "no such PCI device");
	refused("", -EINVAL, "device ''");
	refused(",size=3", -EINVAL, "device ',size=3'");
	refused("net ring", -EINVAL, "device 'net ring'");
	assert_null(plx_device_find("net_ring1"));
	assert_null(plx_device_at(1));
}

static void
drivers_are_listed_and_checked(void **state)
{
	struct plx_driver other = drivers[0];

	assert_ptr_equal(plx_driver_at(0), &drivers[0]);
	assert_null(plx_driver_at(3));
	assert_int_equal(plx_driver_add(&drivers[0], &why), -EEXIST);
	other.name = "net_other";
	other.api = PLX_DRIVER_API + 1;
	assert_int_equal(plx_driver_add(&other, &why), -EINVAL);
	assert_non_null(strstr(why.text, "interface"));
	other.api = PLX_DRIVER_API;
	other.probe = NULL;
	assert_int_equal(plx_driver_add(&other, &why), -EINVAL);
	assert_null(plx_driver_at(3));
}

/* Plugins are built into the folder eal/ beside this program. */
static const char *
plugin(const char *file)
{
	static char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	assert_true(len > 0);
	path[len] = '\0';
	snprintf(strrchr(path, '/'), 64, "/eal/%s", file);
	return path;
}

static void
a_plugin_brings_its_driver(void **state)
{
	if (plx_plugin_load(plugin("plx_good.so"), &why) != 0)
		fail_msg("%s", why.text);
	assert_string_equal(driver_of("net_good0"), "net_good");
	refused("net_good1,x=y", -EINVAL, "net_good1");
	assert_int_equal(plx_plugin_load(plugin("plx_good.so"), &why), -EEXIST);
	assert_non_null(strstr(why.text, "net_good"));
}

static void
a_shared_object_that_is_no_driver_is_refused(void **state)
{
	assert_int_equal(plx_plugin_load(plugin("plx_no_driver.so"), &why), -ENOENT);
	assert_non_null(strstr(why.text, "plx_plugin_driver"));
	assert_int_equal(plx_plugin_load(plugin("plx_other_api.so"), &why), -EINVAL);
	assert_non_null(strstr(why.text, "plx_other_api.so"));
	assert_non_null(strstr(why.text, "interface 9"));
	assert_int_equal(plx_plugin_load("/proc/self/status", &why), -ENOEXEC);
	assert_int_equal(plx_plugin_load("/nowhere/x.so", &why), -ENOENT);
	assert_null(plx_driver_at(3));
}

static void
a_folder_is_loaded_but_for_what_is_no_driver(void **state)
{
	char folder[OWN_PATH], good[PATH_MAX], bad[PATH_MAX];

	assert_non_null(own_folder(folder));
	snprintf(good, sizeof(good), "%s/good.so", folder);
	snprintf(bad, sizeof(bad), "%s/bad.so", folder);
	assert_int_equal(symlink(plugin("plx_good.so"), good), 0);
	assert_int_equal(symlink(plugin("plx_no_driver.so"), bad), 0);
	assert_int_equal(plx_plugin_load(folder, &why), 0);
	assert_string_equal(plx_driver_at(3)->name, "net_good");
	assert_null(plx_driver_at(4));
	unlink(good);
	unlink(bad);
	rmdir(folder);
}

static void
devices_can_be_listed_as_they_were_named(void **state)
{
	struct plx_device_info devices[2] = {{.name = ""}, {.name = "untouched"}};

	assert_int_equal(plx_device_list(devices, 2), 0);
	assert_int_equal(plx_device_attach("net_ring0,size=64,loop", &why), 0);
	assert_int_equal(plx_device_attach("net_ring1", &why), 0);
	assert_int_equal(plx_device_list(devices, 1), 2);
	assert_string_equal(devices[1].name, "untouched");
	assert_string_equal(devices[0].name, "net_ring0");
	assert_string_equal(devices[0].driver, "net_ring");
	assert_string_equal(devices[0].args, "size=64,loop");
	assert_true(devices[0].is_vdev);
	assert_int_equal(plx_device_list(devices, 2), 2);
	assert_string_equal(devices[1].name, "net_ring1");
	assert_string_equal(devices[1].args, "");
}

#define DEVICE_TEST(f) cmocka_unit_test_setup_teardown(f, add_drivers, drop_all)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVICE_TEST(the_longest_driver_name_wins),
		DEVICE_TEST(a_device_knows_its_name_and_arguments),
		DEVICE_TEST(devices_go_in_reverse_order),
		DEVICE_TEST(devices_can_be_listed_as_they_were_named),
		DEVICE_TEST(what_cannot_be_attached_is_explained),
		DEVICE_TEST(drivers_are_listed_and_checked),
		DEVICE_TEST(a_plugin_brings_its_driver),
		DEVICE_TEST(a_shared_object_that_is_no_driver_is_refused),
		DEVICE_TEST(a_folder_is_loaded_but_for_what_is_no_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
